//! Mistakes and warnings of a project, with their places.

use serde_json::json;

use super::Report;
use crate::diagnostic::{self, Diagnostic, Severity};
use crate::source::Sources;

impl Report {
    /// Shows diagnostics as they are; warnings are also kept for the end.
    pub fn diagnostics(&self, diagnostics: &[Diagnostic], sources: &Sources) {
        for found in diagnostics {
            if self.is_json() {
                let object = diagnostic::to_json(found, sources);
                self.object(&json!({"event": "diagnostic", "diagnostic": object}));
            } else {
                self.terminal.err(&diagnostic::render(found, sources, self.terminal.err_colours()));
            }
            if found.severity == Severity::Warning {
                let place = found.span.map(|span| format!(" ({})", sources.place(span))).unwrap_or_default();
                self.keep_warning(format!("{}{place}", sources.masked(&found.message)));
            }
        }
    }
}
