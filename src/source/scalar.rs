//! What an unquoted word of YAML means: the core schema of YAML 1.2.
//!
//! Where YAML 1.1 and 1.2 differ, or where a number would lose what was written, the text wins:
//! `yes`, `no`, `on` and `off` are strings; `2012-10-17` is a string; a number with a leading zero (`0755`,
//! an account id such as `012345678901`) is a string; so is an integer that does not fit 64 bits, and `.inf` and `.nan`,
//! which JSON does not have.
//!
//! Source: <https://yaml.org/spec/1.2.2/#1032-tag-resolution>

use serde_json::Number;

use super::Kind;

/// The value of a plain (unquoted, untagged) scalar.
pub(super) fn plain(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Kind::Null,
        "true" | "True" | "TRUE" => Kind::Bool(true),
        "false" | "False" | "FALSE" => Kind::Bool(false),
        _ => number(text).map_or_else(|| Kind::String(text.to_owned()), Kind::Number),
    }
}

/// The number that a plain scalar spells, if it does.
pub(super) fn number(text: &str) -> Option<Number> {
    let first = *text.as_bytes().first()?;
    if !(first.is_ascii_digit() || matches!(first, b'-' | b'+' | b'.')) {
        return None;
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return u64::from_str_radix(digits, 16).ok().map(Number::from);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return u64::from_str_radix(digits, 8).ok().map(Number::from);
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let leading_zero = unsigned.len() > 1 && unsigned.starts_with('0') && unsigned.as_bytes()[1].is_ascii_digit();
    if leading_zero || unsigned.is_empty() {
        return None;
    }
    if unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        let text = text.strip_prefix('+').unwrap_or(text);
        return text.parse::<i64>().map(Number::from).or_else(|_| text.parse::<u64>().map(Number::from)).ok();
    }
    if is_float(unsigned) { text.parse::<f64>().ok().and_then(Number::from_f64) } else { None }
}

/// `digits [. digits] [e digits]` or `. digits [e digits]`.
fn is_float(unsigned: &str) -> bool {
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa_ok = match mantissa.split_once('.') {
        Some((whole, part)) => digits(whole) && digits(part) && !(whole.is_empty() && part.is_empty()),
        None => !mantissa.is_empty() && digits(mantissa),
    };
    let exponent_ok = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    mantissa_ok && exponent_ok
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(of: &str) -> Kind {
        Kind::String(of.to_owned())
    }

    #[test]
    fn words_that_yaml_1_1_calls_booleans_are_text() {
        for word in ["yes", "no", "on", "off", "y", "n", "Yes", "NO"] {
            assert_eq!(plain(word), text(word));
        }
        assert_eq!(plain("true"), Kind::Bool(true));
        assert_eq!(plain("FALSE"), Kind::Bool(false));
    }

    #[test]
    fn numbers_that_would_lose_what_was_written_are_text() {
        for word in ["0755", "012345678901", "2012-10-17", "1_000", "12:30", "123456789012345678901234567890", ".inf"] {
            assert_eq!(plain(word), text(word));
        }
    }

    #[test]
    fn numbers_are_numbers() {
        assert_eq!(plain("24"), Kind::Number(24.into()));
        assert_eq!(plain("-7"), Kind::Number((-7).into()));
        assert_eq!(plain("+7"), Kind::Number(7.into()));
        assert_eq!(plain("0"), Kind::Number(0.into()));
        assert_eq!(plain("0x1F"), Kind::Number(31.into()));
        assert_eq!(plain("0o755"), Kind::Number(493.into()));
        assert_eq!(plain("18446744073709551615"), Kind::Number(u64::MAX.into()));
        for (word, value) in [("0.5", 0.5), (".5", 0.5), ("1e3", 1000.0), ("-1.5E-2", -0.015), ("2.", 2.0)] {
            assert_eq!(plain(word), Number::from_f64(value).map_or(Kind::Null, Kind::Number), "{word}");
        }
    }

    #[test]
    fn lone_signs_and_points_are_text() {
        for word in ["-", "+", ".", "-.", "e3", "1e", "1e+", "1.2.3", "--1", "0x", "0xZZ"] {
            assert_eq!(plain(word), text(word));
        }
    }
}
