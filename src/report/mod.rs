//! The only place that writes to the terminal: human and JSON.
//!
//! Results go to standard output, what happens on the way to standard error. With `--json` everything is one object a
//! line on standard output.

mod call;
mod comparison;
mod diagnostic;
mod drift;
mod failure;
mod history;
mod local;
mod metrics;
mod overview;
mod progress;
mod review;
mod size;
mod swap;
mod terminal;

use std::process::ExitCode;
use std::sync::Mutex;

use serde_json::{Value, json};

use crate::failure::Usage;

pub use history::Reverted;
pub use local::LocalState;
pub use overview::Deployment;
pub use swap::Swapped;
pub use terminal::Terminal;

/// Writes what a command finds and does.
pub struct Report {
    json: bool,
    verbose: bool,
    terminal: Terminal,
    progress: Mutex<progress::Progress>,
    warnings: Mutex<Vec<String>>,
}

impl Report {
    /// A report on the process's own output.
    pub fn new(json: bool, verbose: bool) -> Report {
        let terminal = Terminal::of_process();
        Report { json, verbose, terminal, progress: Mutex::default(), warnings: Mutex::default() }
    }

    /// Whether objects are wanted instead of words.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Whether more than the usual is wanted.
    pub fn is_verbose(&self) -> bool {
        self.verbose
    }

    /// Whether standard output may be coloured.
    pub fn colours(&self) -> bool {
        self.terminal.out_colours()
    }

    /// Writes a result for a person; ends with a line break if `text` does not.
    pub fn out(&self, text: &str) {
        self.terminal.out(text);
    }

    /// Writes one object on one line of standard output.
    pub fn object(&self, object: &Value) {
        self.terminal.out(&object.to_string());
    }

    /// Says on the way what happens; nothing under `--json`.
    pub fn note(&self, line: &str) {
        if !self.json {
            self.terminal.err(line);
        }
    }

    /// Shows a warning now, and again above the last line.
    pub fn warn(&self, message: &str) {
        if self.json {
            self.object(&json!({"event": "warning", "message": message}));
        } else {
            self.terminal.err(&format!("{} {message}", self.terminal.yellow("warning:")));
        }
        self.keep_warning(message.to_owned());
    }

    /// Asks a question on the terminal; everything but `y` and `yes` is no.
    ///
    /// # Errors
    /// There is no terminal to ask on: `--yes` answers instead.
    pub fn asks(&self, question: &str) -> Result<bool, Usage> {
        if self.json || !self.terminal.can_ask() {
            return Err(
                Usage::new(format!("there is no terminal to ask on: {question}")).hint("`--yes` answers with yes")
            );
        }
        let answer = self.terminal.ask(&format!("{question} [y/N] "));
        Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
    }

    /// Keeps a warning for the end.
    fn keep_warning(&self, message: String) {
        if let Ok(mut warnings) = self.warnings.lock() {
            warnings.push(message);
        }
    }

    /// Takes the warnings shown so far, each once, to repeat them above the last line.
    pub fn take_warnings(&self) -> Vec<String> {
        let mut warnings = self.warnings.lock().map(|mut held| std::mem::take(&mut *held)).unwrap_or_default();
        let mut seen = std::collections::HashSet::new();
        warnings.retain(|warning| seen.insert(warning.clone()));
        warnings
    }

    /// Ends the report of a command that did what was asked.
    pub fn close(&self) {
        self.with_progress(progress::Progress::clear);
        self.terminal.flush();
    }
}

/// Writes what clap has to say: help and version on standard output, mistakes on standard error.
pub fn usage(error: &clap::Error) -> ExitCode {
    // A closed pipe is no reason to complain.
    let _ = error.print();
    ExitCode::from(if error.use_stderr() { 2 } else { 0 })
}

/// Makes a panic say that it is our bug, and what to do with it. The process then ends with 101.
pub fn tell_of_bugs() {
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        default(panic);
        Terminal::of_process().err(
            "This is a bug in deploy, not in your project. Please report it with the lines above and the command.",
        );
    }));
}
