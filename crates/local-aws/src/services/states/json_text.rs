//! JSON texts of inputs and outputs, and the words with which AWS refuses what is no JSON.

use serde_json::Value;
use serde_json::error::Category;

use crate::wire::Fault;

/// The largest input or output, in bytes of UTF-8.
///
/// Source: Step Functions developer guide, "Quotas", maximum input or output size.
pub const LARGEST: usize = 262_144;

/// The value of an execution's input.
///
/// # Errors
/// `InvalidExecutionInput`.
pub fn input(text: &str) -> Result<Value, Fault> {
    if text.trim().is_empty() {
        return Err(refused("Invalid execution input."));
    }
    serde_json::from_str(text).map_err(|error| refused(&why(text, &error)))
}

/// The value of a task's output.
///
/// # Errors
/// `InvalidOutput`.
pub fn output(text: &str) -> Result<Value, Fault> {
    serde_json::from_str(text)
        .map_err(|error| Fault::sender("InvalidOutput", format!("Invalid Output: '{}'", why(text, &error))))
}

fn refused(why: &str) -> Fault {
    Fault::sender("InvalidExecutionInput", format!("Invalid State Machine Execution Input: '{why}'"))
}

/// The first mistake of `text`.
///
/// Observed: AWS shows the message of its JSON parser without the place.
fn why(text: &str, error: &serde_json::Error) -> String {
    let found = offset(text, error);
    let rest = text.get(found..).unwrap_or_default();
    let reason = error.to_string();
    if error.classify() == Category::Eof || rest.is_empty() {
        return "Unexpected end-of-input".to_owned();
    }
    let start = word_start(text, found);
    let word: String = text.get(start..).unwrap_or_default().chars().take_while(|c| is_word(*c)).collect();
    if !word.is_empty() && !word.starts_with(|c: char| c.is_ascii_digit()) {
        return format!(
            "Unrecognized token '{word}': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or \
             'false')"
        );
    }
    let wanted = if reason.starts_with("key must be a string") {
        "was expecting double-quote to start field name"
    } else if reason.starts_with("expected `:`") {
        "was expecting a colon to separate field name and value"
    } else if reason.starts_with("expected `,` or `}`") {
        "was expecting comma to separate Object entries"
    } else if reason.starts_with("expected `,` or `]`") {
        "was expecting comma to separate Array entries"
    } else {
        "expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
    };
    let c = rest.chars().next().unwrap_or_default();
    format!("Unexpected character ('{c}' (code {})): {wanted}", u32::from(c))
}

/// The byte at which the parser stopped.
fn offset(text: &str, error: &serde_json::Error) -> usize {
    let before: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let mut offset = (before + error.column().saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// The start of the word around `offset`.
fn word_start(text: &str, offset: usize) -> usize {
    let before = text.get(..offset).unwrap_or_default();
    before.len() - before.chars().rev().take_while(|c| is_word(*c)).map(char::len_utf8).sum::<usize>()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_that_is_no_json_is_refused_in_the_words_of_awss_parser() {
        let words = |text: &str| input(text).unwrap_err().message;
        assert_eq!(words(""), "Invalid State Machine Execution Input: 'Invalid execution input.'");
        assert_eq!(
            words("not some json"),
            "Invalid State Machine Execution Input: 'Unrecognized token 'not': was expecting (JSON String, Number, \
             Array, Object or token 'null', 'true' or 'false')'"
        );
        assert_eq!(
            words("{'not': 'json'}"),
            "Invalid State Machine Execution Input: 'Unexpected character (''' (code 39)): was expecting double-quote \
             to start field name'"
        );
    }

    #[test]
    fn scalars_are_inputs() {
        assert_eq!(input("2").unwrap(), 2);
        assert_eq!(input("\"text\"").unwrap(), "text");
        assert!(input("null").unwrap().is_null());
    }

    proptest! {
        #[test]
        fn every_text_is_parsed_or_refused(text in "\\PC{0,40}") {
            if let Err(fault) = input(&text) {
                prop_assert_eq!(fault.code, "InvalidExecutionInput");
            }
        }
    }
}
