//! How a failure reads: the headline, its causes, what is now true, what to do.

use serde_json::{Value, json};

use super::Report;
use crate::Failure;
use crate::failure::Account;

impl Report {
    /// Tells a failure, once, as the last thing.
    pub fn failure(&self, failure: &Failure) {
        self.with_progress(super::progress::Progress::clear);
        if let Failure::Invalid { diagnostics, sources } = failure {
            self.diagnostics(&diagnostics.0, sources);
        }
        let account = failure.account();
        if self.is_json() {
            self.object(&object(&account, failure.exit_code()));
        } else {
            self.terminal.err(&self.words(&account));
        }
        self.terminal.flush();
    }

    fn words(&self, account: &Account) -> String {
        let terminal = &self.terminal;
        let mut lines = vec![format!("{} {}", terminal.red(&format!("error[{}]:", account.code)), account.headline)];
        lines.extend(account.place.iter().map(|place| format!("  ──▶ {place}")));
        lines.extend(account.causes.iter().map(|cause| format!("  because {}", indented(cause, "  "))));
        lines.extend(account.excerpt.iter().map(|line| format!("  {} {line}", terminal.dim("│"))));
        lines.extend(account.now.iter().map(|now| format!("{} {}", terminal.cyan("now:"), indented(now, "     "))));
        lines.extend(
            account.hints.iter().map(|hint| format!("{} {}", terminal.cyan("hint:"), indented(hint, "      "))),
        );
        lines.join("\n")
    }
}

/// The lines after the first are set in by `margin`.
fn indented(text: &str, margin: &str) -> String {
    text.trim_end().replace('\n', &format!("\n{margin}"))
}

fn object(account: &Account, exit_code: u8) -> Value {
    json!({
        "event": "failed",
        "code": account.code,
        "message": account.headline,
        "place": account.place,
        "causes": account.causes,
        "excerpt": account.excerpt,
        "now": account.now,
        "hints": account.hints,
        "exitCode": exit_code,
    })
}
