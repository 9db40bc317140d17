//! Mistakes and warnings of a project, with their places.

use std::collections::BTreeMap;

use serde_json::json;

use super::Report;
use crate::diagnostic::{self, Diagnostic, Severity};
use crate::source::Sources;

/// The most mistakes, and the most warnings, that a person is shown at once. Machines get all.
const SHOWN: usize = 100;

impl Report {
    /// Shows diagnostics as they are, to a person the first hundred of a kind; warnings are also kept for the end.
    pub fn diagnostics(&self, diagnostics: &[Diagnostic], sources: &Sources) {
        let mut shown = BTreeMap::new();
        for found in diagnostics {
            let so_far: &mut usize = shown.entry(found.severity).or_default();
            *so_far += 1;
            if *so_far > SHOWN && !self.is_json() {
                continue;
            }
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
        for (severity, count) in shown.into_iter().filter(|(_, count)| *count > SHOWN && !self.is_json()) {
            let word = severity.as_str();
            self.terminal.err(&format!("{} more {word}s are not shown; `--json` shows all\n", count - SHOWN));
        }
    }
}
