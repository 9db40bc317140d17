//! `deploy explain`: what a code means.

use serde_json::json;

use super::Context;
use crate::failure::Usage;
use crate::{Failure, Outcome};

/// Every code with its section.
const ERRORS: &str = include_str!("../../docs/errors.md");

/// Say what the code of an error means, and what to do
#[derive(Debug, clap::Args)]
pub struct Explain {
    /// The word in brackets, such as variable-not-found
    code: String,
}

impl Explain {
    pub fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        let code = self.code.trim_matches(['[', ']']);
        let Some(section) = section(code) else {
            return Err(Usage::unknown("code", code, codes()).into());
        };
        if context.report.is_json() {
            context.report.object(&json!({"code": code, "explanation": section}));
        } else {
            context.report.out(&format!("{code}\n\n{section}"));
        }
        Ok(Outcome::Done)
    }
}

/// Every code that has a section.
fn codes() -> impl Iterator<Item = &'static str> {
    ERRORS.lines().filter_map(|line| line.strip_prefix("## "))
}

/// What the page says of a code.
pub(super) fn section(code: &str) -> Option<&'static str> {
    let sections = ERRORS.split("\n## ").skip(1);
    sections.filter_map(|section| section.split_once('\n')).find(|(name, _)| *name == code).map(|(_, text)| text.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;

    #[test]
    fn every_code_is_explained_once() {
        for code in Code::ALL {
            let text = section(code.as_str()).unwrap_or_default();
            assert!(text.len() > 60, "{code} is not explained");
        }
        let mut all: Vec<&str> = codes().collect();
        all.sort_unstable();
        let count = all.len();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn a_code_that_there_is_not_has_no_section() {
        assert_eq!(section("no-such-code"), None);
    }
}
