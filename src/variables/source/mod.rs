//! The sources of variables: one file each, or one for those that are alike.

mod cloud;
pub(super) mod command;
mod dotenv;
mod environment;
mod file;
mod git;
mod script;
mod text;
mod tree;

use std::ops::Range;

use crate::diagnostic::{Code, Diagnostic, Note};
use crate::source::Node;

use super::resolver::{Found, Missing, Resolver, Shallow, Site, Stop, id};
use super::world::{Refusal, World};

pub(super) use file::mark_secrets;
pub use git::git_facts;
pub(super) use text::as_text;

/// A source that is asked, its parameters and its address resolved.
pub(super) struct Call<'t> {
    pub(super) site: Site<'t>,
    /// Where it stands in the site's text.
    pub(super) at: Range<usize>,
    pub(super) name: &'t str,
    pub(super) parameters: Vec<Node>,
    pub(super) address: Option<String>,
    /// Where its address stands in the site's text.
    pub(super) address_at: Option<Range<usize>>,
}

impl Call<'_> {
    /// The source as written.
    fn written(&self) -> &str {
        &self.site.text[self.at.clone()]
    }

    /// The parameters as texts; those that are no texts are left out.
    fn words(&self) -> Vec<String> {
        self.parameters.iter().filter_map(as_text).collect()
    }
}

impl<'a, W: World> Resolver<'a, '_, W> {
    /// What a source has.
    pub(super) fn call(&mut self, call: &Call<'_>) -> Result<Found<'a>, Stop> {
        match call.name {
            "file" => self.file(call),
            "self" => self.own(call),
            "opt" => self.option(call),
            "param" => self.parameter(call),
            "sls" => self.run_facts(call),
            "env" => self.environment(call),
            "git" => self.git(call),
            "strToBool" => self.text_to_boolean(call),
            "aws" => self.aws(call),
            "cf" => self.output(call),
            "ssm" => self.stored_parameter(call),
            "s3" => self.object(call),
            other => {
                let message = format!("there is no variable source `{other}`");
                self.misused(call, message, "see docs/variables.md for the sources")
            }
        }
    }

    /// A text from outside of every file. It may hold variables.
    fn outside(&mut self, call: &Call<'_>, text: String, secret: bool) -> Found<'a> {
        let span = self.place(call.site, call.at.clone());
        let node = Node { secret, ..Node::from_json(&serde_json::Value::String(text), span) };
        self.keep_outside(node)
    }

    /// A value from outside of every file.
    fn keep_outside(&mut self, node: Node) -> Found<'a> {
        let secret = node.secret;
        let node = self.trees.keep(node);
        self.memory.foreign.insert(id(node));
        Found::Value(Shallow { node, origin: None, secret })
    }

    /// The address, or the mistake that there is none.
    fn address<'c>(&mut self, call: &'c Call<'_>, example: &str) -> Result<&'c str, Stop> {
        match &call.address {
            Some(address) => Ok(address),
            None => self.misused(
                call,
                format!("`{}` does not say what it asks for", call.written()),
                &format!("write `{example}`"),
            ),
        }
    }

    /// Reports that a source is written wrong.
    fn misused<T>(&mut self, call: &Call<'_>, message: String, hint: &str) -> Result<T, Stop> {
        let span = self.place(call.site, call.at.clone());
        self.report(Diagnostic::error(Code::VariableSyntax, span, message).hint(hint))
    }

    /// Reports that a source could not be asked.
    fn refused<T>(&mut self, call: &Call<'_>, refusal: &Refusal) -> Result<T, Stop> {
        let span = self.place(call.site, call.at.clone());
        let same = |told: &&mut Diagnostic| told.code == Code::SourceFailed && told.message.ends_with(&refusal.message);
        // One cause is told once, with every place.
        if let Some(told) = self.diagnostics.0.iter_mut().find(same).filter(|_| refusal.without_account) {
            if told.span != Some(span) {
                told.notes.push(Note { message: format!("nor can `{}`", call.written()), span: Some(span) });
            }
            return Err(Stop::Failed);
        }
        let message = format!("`{}` cannot be asked: {}", call.written(), refusal.message);
        let mut diagnostic = Diagnostic::error(Code::SourceFailed, span, message);
        let hint = "a fallback does not hide that a source cannot be asked: make it reachable, or take it out";
        diagnostic.hints.push(refusal.hint.clone().unwrap_or_else(|| hint.to_owned()));
        self.report(diagnostic)
    }
}

/// Nothing is there, in one sentence.
fn missing<'a>(call: &Call<'_>, why: String, hint: impl Into<Option<String>>) -> Found<'a> {
    Found::Missing(Missing { at: call.address_at.clone(), hint: hint.into(), ..Missing::new(why) })
}
