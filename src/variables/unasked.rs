//! Values of AWS that nobody could ask for: checks without an account go on without them.

use std::sync::Mutex;

use super::world::{At, Cloud, Parameter, ParameterKind, Refusal};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Kind, Node, Origin, Span};

/// What stands for a value that was not asked for. It is good in most names, so that few checks stumble over it.
pub(super) const UNASKED: &str = "not-asked-of-aws";

/// A cloud whose values are replaced by a mark when there are no credentials to ask it with.
#[derive(Debug)]
pub struct Optional<C> {
    cloud: C,
    missed: Mutex<Option<Refusal>>,
}

impl<C: Cloud> Optional<C> {
    /// Asks `cloud`.
    pub fn new(cloud: C) -> Optional<C> {
        Optional { cloud, missed: Mutex::default() }
    }

    /// Why values are missing, if some are.
    pub fn missed(&self) -> Option<Refusal> {
        self.missed.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    fn or_mark<T>(&self, answer: Result<T, Refusal>, mark: impl FnOnce(String) -> T) -> Result<T, Refusal> {
        match answer {
            Err(refusal) if refusal.without_account => {
                *self.missed.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(refusal);
                Ok(mark(UNASKED.to_owned()))
            }
            answer => answer,
        }
    }
}

impl<C: Cloud> Cloud for Optional<C> {
    fn default_region(&self, profile: Option<&str>) -> Option<String> {
        self.cloud.default_region(profile)
    }

    async fn account(&self, at: &At) -> Result<String, Refusal> {
        self.or_mark(self.cloud.account(at).await, |mark| mark)
    }

    async fn parameter(&self, at: &At, name: &str, decrypt: bool) -> Result<Option<Parameter>, Refusal> {
        let answer = self.cloud.parameter(at, name, decrypt).await;
        self.or_mark(answer, |value| Some(Parameter { kind: ParameterKind::String, value }))
    }

    async fn output(&self, at: &At, stack: &str, output: &str) -> Result<Option<String>, Refusal> {
        self.or_mark(self.cloud.output(at, stack, output).await, Some)
    }

    async fn object(&self, at: &At, bucket: &str, key: &str) -> Result<Option<String>, Refusal> {
        self.or_mark(self.cloud.object(at, bucket, key).await, Some)
    }
}

/// Whether a text is, or is built of, a value that was not asked for.
pub(super) fn is_unasked(text: &str) -> bool {
    text.contains(UNASKED)
}

/// What of a document is not known, and from which variables.
#[derive(Debug, Default)]
pub struct Gaps {
    values: Vec<Span>,
    /// The variables, each with its source as it is written.
    variables: Vec<(Span, String)>,
}

impl Gaps {
    /// The gaps of a resolved document.
    pub fn of(document: &Node) -> Gaps {
        let mut gaps = Gaps::default();
        gaps.collect(document);
        gaps.variables.sort();
        gaps.variables.dedup();
        gaps
    }

    fn collect(&mut self, node: &Node) {
        match &node.kind {
            Kind::String(text) if is_unasked(text) => {
                self.values.push(node.span);
                node.origin.iter().for_each(|origin| self.trace(origin));
            }
            Kind::Sequence(items) => items.iter().for_each(|item| self.collect(item)),
            Kind::Mapping(entries) => entries.iter().for_each(|entry| self.collect(&entry.value)),
            _ => {}
        }
    }

    fn trace(&mut self, origin: &Origin) {
        if ["aws:", "cf:", "cf(", "ssm:", "ssm(", "s3:", "s3("].iter().any(|name| origin.source.starts_with(name)) {
            self.variables.push((origin.span, origin.source.clone()));
        }
        origin.parts.iter().chain(&origin.through).for_each(|inner| self.trace(inner));
    }

    /// Whether a mistake may be there only because a value is not known.
    pub fn may_explain(&self, found: &Diagnostic) -> bool {
        let texts =
            std::iter::once(&found.message).chain(&found.hints).chain(found.notes.iter().map(|note| &note.message));
        let mut spans = found.span.into_iter().chain(found.notes.iter().filter_map(|note| note.span));
        let unknown = |span: Span| {
            self.values
                .iter()
                .any(|value| within(span, *value) || within(*value, span) && found.code != Code::UnknownKey)
        };
        texts.into_iter().any(|text| is_unasked(text)) || spans.any(unknown)
    }

    /// Says which variables have no value.
    pub fn warning(&self, refusal: &Refusal) -> Option<Diagnostic> {
        let ((span, source), others) = self.variables.split_first()?;
        let message = format!("`{source}` is not asked: {}", refusal.message);
        let mut warning = Diagnostic::warning(Code::SourceFailed, *span, message);
        for (span, source) in others {
            warning = warning.note(*span, format!("nor is `{source}`"));
        }
        Some(warning.hint("all is checked but what hangs on these values; with credentials that is checked too"))
    }
}

/// Whether `inner` lies in `outer`.
fn within(inner: Span, outer: Span) -> bool {
    inner.file == outer.file && outer.start <= inner.start && inner.end <= outer.end
}
