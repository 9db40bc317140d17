//! `git:`: facts of the repository.

use super::{Call, Found, missing};
use crate::diagnostic::nearest;
use crate::source::{Kind, Node};
use crate::variables::resolver::{Resolver, Stop};
use crate::variables::world::World;

/// What can be asked, and how git is.
const FACTS: &[(&str, &[&str])] = &[
    ("sha1", &["rev-parse", "HEAD"]),
    ("commit", &["rev-parse", "--short", "HEAD"]),
    ("branch", &["rev-parse", "--abbrev-ref", "HEAD"]),
    ("message", &["log", "-1", "--pretty=%B"]),
    ("messageSubject", &["log", "-1", "--pretty=%s"]),
    ("messageBody", &["log", "-1", "--pretty=%b"]),
    ("describe", &["describe", "--always"]),
    ("describeLight", &["describe", "--always", "--tags"]),
    ("isDirty", &["status", "--porcelain", "--untracked-files=no"]),
    ("repository", &["rev-parse", "--show-toplevel"]),
    ("user", &["config", "user.name"]),
    ("email", &["config", "user.email"]),
    ("tags", &["tag", "--points-at", "HEAD"]),
];

/// What git says, in English, when there is no repository or nothing in it.
const NOTHING_THERE: &[&str] =
    &["not a git repository", "unknown revision", "does not have any commits", "bad revision"];

/// What `git:` can be asked.
pub fn git_facts() -> impl Iterator<Item = &'static str> {
    FACTS.iter().map(|(name, _)| *name)
}

impl<'a, W: World> Resolver<'a, '_, W> {
    /// `git:FACT`.
    pub(super) fn git(&mut self, call: &Call<'_>) -> Result<Found<'a>, Stop> {
        let asked = self.address(call, "git:sha1")?.to_owned();
        let Some((name, arguments)) = FACTS.iter().find(|(name, _)| *name == asked) else {
            let names: Vec<&str> = FACTS.iter().map(|(name, _)| *name).collect();
            let hint = match nearest(&asked, names.iter().copied()) {
                Some(found) => format!("did you mean `git:{found}`?"),
                None => format!("there are {}", names.join(", ")),
            };
            return self.misused(call, format!("`git:` knows no `{asked}`"), &hint);
        };
        let said = match self.world.git(arguments) {
            Ok(said) => said,
            Err(refusal) if NOTHING_THERE.iter().any(|words| refusal.message.contains(words)) => {
                let hint = "commit, or give a value for when there is nothing: `…, 'none'`".to_owned();
                return Ok(missing(call, format!("git knows no `{name}` here: {}", refusal.message), hint));
            }
            Err(refusal) => return self.refused(call, &refusal),
        };
        let text = match *name {
            "isDirty" => {
                let span = self.place(call.site, call.at.clone());
                return Ok(self.keep_outside(Node::new(span, Kind::Bool(!said.trim().is_empty()))));
            }
            "repository" => said.rsplit(['/', '\\']).next().unwrap_or_default().to_owned(),
            "tags" => said.lines().collect::<Vec<_>>().join("::"),
            _ => said.trim_end().to_owned(),
        };
        Ok(self.outside(call, text, false))
    }
}
