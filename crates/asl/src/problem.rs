//! What is wrong, or doubtful, with a definition.

use crate::parse::LABEL_REFUSED;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Whether a definition with this problem is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Severity {
    Error,
    Warning,
}

/// One finding of the static checks, in the words and with the place that ValidateStateMachineDefinition gives.
///
/// Source: Step Functions API reference, ValidateStateMachineDefinitionDiagnostic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    pub severity: Severity,
    /// `SCHEMA_VALIDATION_FAILED`, `MISSING_TRANSITION_TARGET`, …
    pub code: String,
    pub message: String,
    /// A JSON pointer into the definition, `/` for the whole of it; a workflow without an end has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
}

impl Problem {
    /// An error of the commonest code.
    pub fn schema(location: impl Into<String>, message: impl Into<String>) -> Problem {
        Problem::error("SCHEMA_VALIDATION_FAILED", location, message)
    }

    /// An error of `code`.
    pub fn error(code: &str, location: impl Into<String>, message: impl Into<String>) -> Problem {
        Problem {
            severity: Severity::Error,
            code: code.to_owned(),
            message: message.into(),
            location: Some(at(location.into())),
        }
    }

    /// A warning of `code`: the definition is accepted.
    pub fn warning(code: &str, location: impl Into<String>, message: impl Into<String>) -> Problem {
        Problem { severity: Severity::Warning, ..Problem::error(code, location, message) }
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

fn at(location: String) -> String {
    if location.is_empty() { "/".to_owned() } else { location }
}

/// `CODE: message at /location`, as inside an `InvalidDefinition` fault.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.location {
            Some(location) => write!(f, "{}: {} at {location}", self.code, self.message),
            None => write!(f, "{}: {}", self.code, self.message),
        }
    }
}

/// The message of the `InvalidDefinition` fault for these problems (warnings are left out); `definition` is the text sent.
///
/// Observed: a refused Map label is reported alone, in a sentence of its own that quotes the definition.
pub fn fault_message(problems: &[Problem], definition: &str) -> String {
    if let Some(label) = problems.iter().find(|p| p.code == LABEL_REFUSED) {
        return format!("Error=ValueError Args=[{}] in definition '{definition}'.", quoted(&label.message));
    }
    let parts: Vec<String> = problems.iter().filter(|p| p.is_error()).map(Problem::to_string).collect();
    format!("Invalid State Machine Definition: '{}'", parts.join(", "))
}

/// The text as a quoted literal: in double quotes when only single ones are inside, control characters escaped.
pub(crate) fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut literal = String::from(quote);
    for c in text.chars() {
        match c {
            '\\' => literal.push_str("\\\\"),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            c if c == quote => literal.extend(['\\', c]),
            c if c.is_control() => literal.push_str(&format!("\\x{:02x}", u32::from(c))),
            c => literal.push(c),
        }
    }
    literal.push(quote);
    literal
}
