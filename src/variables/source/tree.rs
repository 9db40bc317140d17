//! `self:`, and the way from an address to a value in any tree.

use super::{Call, Found};
use crate::diagnostic::{listed, nearest};
use crate::source::{Kind, Node};
use crate::variables::resolver::{Dug, Missing, Resolver, Shallow, Stop, keys_of};
use crate::variables::world::World;

impl<'a, W: World> Resolver<'a, '_, W> {
    /// `self:address`, or the whole configuration.
    pub(super) fn own(&mut self, call: &Call<'_>) -> Result<Found<'a>, Stop> {
        match call.address.as_deref() {
            Some("provider.stage") if !self.is_given("stage")? => {
                let stage = self.stage()?;
                Ok(self.outside(call, stage, false))
            }
            Some("provider.region") if !self.is_given("region")? => {
                let region = self.region()?;
                Ok(self.outside(call, region, false))
            }
            _ => self.in_tree(call, self.root),
        }
    }

    /// Whether the file itself sets a key of `provider`.
    fn is_given(&mut self, key: &str) -> Result<bool, Stop> {
        let found = self.dig(self.root, &["provider", key])?;
        Ok(matches!(found, Dug::Found(value) if value.node.kind != Kind::Null))
    }

    /// What the call's address names in a tree; the whole tree without an address.
    pub(super) fn in_tree(&mut self, call: &Call<'_>, tree: &'a Node) -> Result<Found<'a>, Stop> {
        let keys: Vec<&str> = call.address.as_deref().map(|address| address.split('.').collect()).unwrap_or_default();
        match self.dig(tree, &keys)? {
            Dug::Found(value) if value.node.kind == Kind::Null => {
                let mut missing =
                    Missing::new(format!("`{}` is nothing (null){}", keys.join("."), self.in_file(&value)));
                missing.at.clone_from(&call.address_at);
                missing.notes.push((value.node.span, "it is here".to_owned()));
                Ok(Found::Missing(missing))
            }
            Dug::Found(value) => Ok(Found::Value(value)),
            Dug::Absent { parent, depth, named } => {
                let mut missing = Missing::new(format!("`{}` is not defined{}", keys.join("."), self.in_file(&parent)));
                missing.at.clone_from(&call.address_at);
                let name = keys[..depth].join(".");
                let known = keys_of(parent.node);
                let note = match (&parent.node.kind, name.is_empty()) {
                    (Kind::Mapping(_), true) if known.is_empty() => "there are no keys".to_owned(),
                    (Kind::Mapping(_), true) => format!(
                        "there {} {}",
                        if known.len() == 1 { "is the key" } else { "are the keys" },
                        listed(known.iter().copied())
                    ),
                    (Kind::Mapping(_), false) if known.is_empty() => format!("`{name}` is defined here, without keys"),
                    (Kind::Mapping(_), false) => {
                        format!(
                            "`{name}` is defined here, with {} {}",
                            keys_word(&known),
                            listed(known.iter().copied())
                        )
                    }
                    (Kind::Sequence(items), _) => format!("`{name}` is a list of {} items here", items.len()),
                    (_, true) => format!("this is {}, which has no keys", parent.node.noun()),
                    (_, false) => format!("`{name}` is {} here, which has no keys", parent.node.noun()),
                };
                missing.notes.push((named, note));
                missing.hint = nearest(keys[depth], known.iter().copied()).map(|found| {
                    let address =
                        keys[..depth].iter().chain([&found]).chain(&keys[depth + 1..]).copied().collect::<Vec<_>>();
                    format!("did you mean `{}`?", address.join("."))
                });
                Ok(Found::Missing(missing))
            }
        }
    }

    /// ` in \`file\``, for messages.
    fn in_file(&self, value: &Shallow<'_>) -> String {
        format!(" in `{}`", self.memory.sources.file(value.node.span.file).shown_path())
    }
}

fn keys_word(known: &[&str]) -> &'static str {
    if known.len() == 1 { "the key" } else { "keys" }
}
