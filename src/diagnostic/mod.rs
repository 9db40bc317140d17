//! Mistakes in a project, each with its place, as values; and how they read.

mod code;
mod json;
mod nearest;
mod render;
mod yaml;

use std::sync::Arc;

use crate::source::{Origin, Sources, Span};

pub use code::Code;
pub use json::to_json;
pub use nearest::{listed, nearest};
pub use render::render;
pub use yaml::from_yaml;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Error,
    Warning,
    /// Nothing is wrong; something is worth knowing.
    Note,
}

impl Severity {
    /// The word that people see.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }
}

/// Another place that has to do with a mistake.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    pub message: String,
    pub span: Option<Span>,
}

/// One mistake.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    pub severity: Severity,
    pub code: Code,
    /// One sentence that names the thing, what was found and what was expected.
    pub message: String,
    /// Where the carets go.
    pub span: Option<Span>,
    /// A few words beside the carets; may be empty.
    pub label: String,
    pub notes: Vec<Note>,
    /// What to do; each can be acted on as it is.
    pub hints: Vec<String>,
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic { span: Some(span), ..Diagnostic::nowhere(code, message) }
    }

    /// An error that has no place in a file.
    pub fn nowhere(code: Code, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            code,
            message: message.into(),
            span: None,
            label: String::new(),
            notes: Vec::new(),
            hints: Vec::new(),
        }
    }

    /// A warning at a place.
    pub fn warning(code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, span, message) }
    }

    /// The same with words beside the carets.
    pub fn label(mut self, label: impl Into<String>) -> Diagnostic {
        self.label = label.into();
        self
    }

    /// The same with one more place.
    pub fn note(mut self, span: Span, message: impl Into<String>) -> Diagnostic {
        self.notes.push(Note { message: message.into(), span: Some(span) });
        self
    }

    /// The same with one more remark that has no place.
    pub fn remark(mut self, message: impl Into<String>) -> Diagnostic {
        self.notes.push(Note { message: message.into(), span: None });
        self
    }

    /// The same with one more thing to do.
    pub fn hint(mut self, hint: impl Into<String>) -> Diagnostic {
        self.hints.push(hint.into());
        self
    }

    /// The same with `did you mean …?`, if a candidate is near enough to what was written.
    pub fn did_you_mean<'a>(self, word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Diagnostic {
        match nearest(word, candidates) {
            Some(found) => self.hint(format!("did you mean `{found}`?")),
            None => self,
        }
    }

    /// The same with the name that was meant, else with the names that there are, else with `none`.
    pub fn choose<'a>(self, word: &str, names: impl IntoIterator<Item = &'a str>, none: &str) -> Diagnostic {
        let names: Vec<&str> = names.into_iter().collect();
        let hint = match nearest(word, names.iter().copied()) {
            Some(found) => format!("did you mean `{found}`?"),
            None if names.is_empty() => none.to_owned(),
            None if names.len() == 1 => format!("there is only {}", listed(names)),
            None => format!("there are {}", listed(names)),
        };
        self.hint(hint)
    }

    /// The same with a note for each variable on the value's way from where it is written to where it is used.
    pub fn came_through(mut self, origin: &Option<Arc<Origin>>) -> Diagnostic {
        let mut next = origin.as_deref();
        while let Some(origin) = next {
            if Some(origin.span) == self.span {
                next = origin.through.as_deref();
                continue;
            }
            self = self.note(origin.span, format!("the value came through `{}`", origin.variable));
            next = origin.through.as_deref();
        }
        self
    }
}

/// All mistakes that a stage found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostics {
    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// How many are errors.
    pub fn errors(&self) -> usize {
        self.0.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count()
    }

    /// By place, in the order in which the files were read; of several at one place with one code, the first.
    pub fn sorted(mut self) -> Diagnostics {
        self.0.sort_by_key(|diagnostic| (diagnostic.span, diagnostic.severity));
        let mut seen = std::collections::HashSet::new();
        self.0.retain(|diagnostic| diagnostic.span.is_none() || seen.insert((diagnostic.code, diagnostic.span)));
        self
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Diagnostics {
        Diagnostics(vec![diagnostic])
    }
}

/// A project with mistakes, and the files that they are in. Stages 2 to 4 fail by it.
#[derive(Clone, Debug)]
pub struct Invalid {
    /// At least one error; warnings too.
    pub diagnostics: Diagnostics,
    pub sources: Sources,
}
