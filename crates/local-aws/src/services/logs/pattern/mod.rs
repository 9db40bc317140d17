//! Filter patterns.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html>. Space-delimited
//! patterns (`[ip, user, …]`) are refused by name.

mod json;
mod terms;

use super::fault;
use crate::wire::Fault;
use json::Condition;
use terms::Terms;

/// The longest pattern, in bytes.
const LONGEST: usize = 1_024;

/// A filter pattern.
#[derive(Debug)]
pub enum Pattern {
    /// Every message matches.
    All,
    Terms(Terms),
    Json(Condition),
}

impl Pattern {
    /// The pattern that a text means.
    ///
    /// # Errors
    /// `InvalidParameterException`.
    pub fn parse(text: &str) -> Result<Pattern, Fault> {
        let text = text.trim();
        if text.len() > LONGEST {
            return Err(fault::invalid("filterPattern has at most 1024 characters"));
        }
        if text.is_empty() || text == "\"\"" {
            return Ok(Pattern::All);
        }
        if text.starts_with('{') {
            return json::parse(text).map(Pattern::Json).ok_or_else(|| invalid(text));
        }
        if text.starts_with('[') {
            let message = "the local AWS does not support space-delimited filter patterns; see docs/local-aws.md";
            return Err(fault::invalid(message));
        }
        Terms::parse(text).map(Pattern::Terms).ok_or_else(|| invalid(text))
    }

    /// True for a message that the pattern takes.
    pub fn matches(&self, message: &str) -> bool {
        match self {
            Pattern::All => true,
            Pattern::Terms(terms) => terms.matches(message),
            Pattern::Json(condition) => serde_json::from_str(message).is_ok_and(|value| condition.matches(&value)),
        }
    }
}

fn invalid(text: &str) -> Fault {
    fault::invalid(format!("Invalid filter pattern: {text}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matching<'a>(pattern: &str, messages: &[&'a str]) -> Vec<&'a str> {
        let pattern = Pattern::parse(pattern).unwrap();
        messages.iter().copied().filter(|message| pattern.matches(message)).collect()
    }

    /// Source: the examples of the page named above.
    #[test]
    fn terms_are_all_any_none_or_a_phrase() {
        let messages = [
            "[ERROR 400] BAD REQUEST",
            "[ERROR 401] UNAUTHORIZED REQUEST",
            "[ERROR 419] MISSING ARGUMENTS",
            "[ERROR 420] INVALID ARGUMENTS",
        ];
        assert_eq!(matching("ERROR ARGUMENTS", &messages), messages[2..]);
        assert_eq!(matching("?\"ERROR 400\" ?\"UNAUTHORIZED REQUEST\"", &messages), messages[..2]);
        assert_eq!(matching("ERROR -ARGUMENTS", &messages), messages[..2]);
        assert_eq!(matching("\"INVALID ARGUMENTS\"", &messages), messages[3..]);
        assert_eq!(matching("%4[12][19]%", &messages), messages[2..3]);
        assert_eq!(matching("error", &messages), Vec::<&str>::new());
        assert_eq!(matching("", &messages), messages);
    }

    #[test]
    fn json_conditions_look_into_the_message() {
        let event = r#"{"level":"error","n":12.5,"ip":"10.0.0.7","list":[{"a":1},{"a":2}],"none":null,"yes":true}"#;
        for (pattern, taken) in [
            (r#"{ $.level = "error" }"#, true),
            (r#"{ $.level = error }"#, true),
            (r#"{ $.level != "error" }"#, false),
            (r#"{ $.level = "err*" }"#, true),
            (r#"{ $.ip = %10\.0\.0\.[0-9]% }"#, true),
            (r#"{ $.n > 12 && $.n <= 12.5 }"#, true),
            (r#"{ $.n < 12 || $.yes IS TRUE }"#, true),
            (r#"{ ($.n < 12 || $.yes IS TRUE) && $.none IS NULL }"#, true),
            (r#"{ $.list[1].a = 2 }"#, true),
            (r#"{ $.list[*].a = 2 }"#, true),
            (r#"{ $.missing NOT EXISTS }"#, true),
            (r#"{ $.level NOT EXISTS }"#, false),
            (r#"{ $['level'] = "error" }"#, true),
            (r#"{ $.missing = "x" }"#, false),
        ] {
            assert_eq!(Pattern::parse(pattern).unwrap().matches(event), taken, "{pattern}");
        }
        assert!(!Pattern::parse("{ $.level = \"error\" }").unwrap().matches("no json"));
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for text in ["{ $.a = }", "{ a = 1 }", "{ $.a = 1", "\"open", "[a, b]", "%(%", "{ $.a == 1 }"] {
            assert_eq!(Pattern::parse(text).unwrap_err().code, "InvalidParameterException", "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_parser(text in "[{}$.a\\[\\]()\"'%?=<>!&| 0-9ISNOT*-]{0,40}", message in ".{0,30}") {
            if let Ok(pattern) = Pattern::parse(&text) {
                let _ = pattern.matches(&message);
            }
        }
    }
}
