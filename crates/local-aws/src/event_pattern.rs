//! Event patterns: the JSON with which rules, event source mappings and subscriptions say which events they want.
//!
//! Source: Amazon EventBridge User Guide, "Comparison operators for use in event patterns".

use std::net::IpAddr;

use serde_json::{Map, Value};

/// How deep a pattern may be nested.
const MAX_DEPTH: usize = 64;

/// A pattern that can be asked.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// All of these members have to fit.
    members: Vec<(String, Rule)>,
    /// Of each of these lists one pattern has to fit.
    alternatives: Vec<Vec<Pattern>>,
}

/// A pattern that is none.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("Event pattern is not valid. Reason: {0}")]
pub struct PatternError(String);

#[derive(Clone, Debug)]
enum Rule {
    Nested(Pattern),
    AnyOf(Vec<Matcher>),
}

#[derive(Clone, Debug)]
enum Matcher {
    Exactly(Value),
    Text(TextMatcher),
    AnythingBut(Vec<Matcher>),
    Numeric(Vec<(Comparison, f64)>),
    Exists(bool),
    Within(IpAddr, u8),
}

#[derive(Clone, Debug)]
enum TextMatcher {
    Prefix(String),
    PrefixIgnoringCase(String),
    Suffix(String),
    SuffixIgnoringCase(String),
    IgnoringCase(String),
    Wildcard(String),
}

#[derive(Clone, Copy, Debug)]
enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

fn invalid<T>(reason: impl Into<String>) -> Result<T, PatternError> {
    Err(PatternError(reason.into()))
}

impl Pattern {
    /// Reads a pattern from JSON text.
    ///
    /// # Errors
    /// It is no JSON object, or holds something that no pattern has.
    pub fn parse(text: &str) -> Result<Pattern, PatternError> {
        match serde_json::from_str(text) {
            Ok(Value::Object(members)) => Pattern::of(&members, 0),
            Ok(_) => invalid("Filter is not an object"),
            Err(error) => invalid(error.to_string()),
        }
    }

    /// Whether an event is one of those that the pattern describes.
    pub fn matches(&self, event: &Value) -> bool {
        self.members.iter().all(|(name, rule)| rule.matches(event.get(name)))
            && self.alternatives.iter().all(|one_of| one_of.iter().any(|pattern| pattern.matches(event)))
    }

    fn of(members: &Map<String, Value>, depth: usize) -> Result<Pattern, PatternError> {
        if depth > MAX_DEPTH {
            return invalid(format!("it is nested more than {MAX_DEPTH} times"));
        }
        let mut pattern = Pattern { members: Vec::new(), alternatives: Vec::new() };
        for (name, value) in members {
            match (name.as_str(), value) {
                ("$or", Value::Array(items)) if items.iter().all(Value::is_object) && items.len() > 1 => {
                    let patterns = items.iter().filter_map(Value::as_object).map(|one| Pattern::of(one, depth + 1));
                    pattern.alternatives.push(patterns.collect::<Result<_, _>>()?);
                }
                (_, Value::Object(nested)) => {
                    if nested.is_empty() {
                        return invalid("Empty objects are not allowed");
                    }
                    pattern.members.push((name.clone(), Rule::Nested(Pattern::of(nested, depth + 1)?)));
                }
                (_, Value::Array(items)) => {
                    if items.is_empty() {
                        return invalid("Empty arrays are not allowed");
                    }
                    let matchers = items.iter().map(Matcher::of).collect::<Result<_, _>>()?;
                    pattern.members.push((name.clone(), Rule::AnyOf(matchers)));
                }
                _ => return invalid(format!("\"{name}\" must be an object or an array")),
            }
        }
        Ok(pattern)
    }
}

impl Rule {
    fn matches(&self, value: Option<&Value>) -> bool {
        match (self, value) {
            (Rule::Nested(pattern), Some(Value::Array(items))) => items.iter().any(|item| pattern.matches(item)),
            (Rule::Nested(pattern), value) => pattern.matches(value.unwrap_or(&Value::Null)),
            (Rule::AnyOf(matchers), value) => matchers.iter().any(|matcher| matcher.matches_member(value)),
        }
    }
}

impl Matcher {
    fn of(item: &Value) -> Result<Matcher, PatternError> {
        let members = match item {
            Value::Object(members) => members,
            Value::Array(_) => return invalid("Match value must be String, number, true, false, or null"),
            plain => return Ok(Matcher::Exactly(plain.clone())),
        };
        let (Some((name, value)), 1) = (members.iter().next(), members.len()) else {
            return invalid("Only one key allowed in match expression");
        };
        match (name.as_str(), value) {
            ("exists", Value::Bool(exists)) => Ok(Matcher::Exists(*exists)),
            ("numeric", Value::Array(parts)) => numeric(parts),
            ("cidr", Value::String(text)) => cidr(text),
            ("anything-but", value) => anything_but(value),
            (name, value) => Ok(Matcher::Text(TextMatcher::of(name, value)?)),
        }
    }

    /// Whether a member of an event fits: one of its items where it is a list.
    fn matches_member(&self, value: Option<&Value>) -> bool {
        match (self, value) {
            // Only leaves exist: an object is none.
            (Matcher::Exists(exists), value) => value.is_some_and(|value| !value.is_object()) == *exists,
            (_, None) => false,
            (_, Some(Value::Array(items))) => items.iter().any(|item| self.matches(item)),
            (_, Some(value)) => self.matches(value),
        }
    }

    fn matches(&self, value: &Value) -> bool {
        match self {
            Matcher::Exactly(Value::Number(wanted)) => value.as_f64() == wanted.as_f64(),
            Matcher::Exactly(wanted) => wanted == value,
            Matcher::Text(matcher) => value.as_str().is_some_and(|text| matcher.matches(text)),
            Matcher::AnythingBut(matchers) => {
                !value.is_object() && !matchers.iter().any(|matcher| matcher.matches(value))
            }
            Matcher::Numeric(limits) => {
                value.as_f64().is_some_and(|number| limits.iter().all(|(is, limit)| is.holds(number, *limit)))
            }
            Matcher::Exists(exists) => *exists,
            Matcher::Within(network, bits) => {
                let address = value.as_str().and_then(|text| text.parse::<IpAddr>().ok());
                address.is_some_and(|address| same_network(address, *network, *bits))
            }
        }
    }
}

impl TextMatcher {
    fn of(name: &str, value: &Value) -> Result<TextMatcher, PatternError> {
        let ignoring = match value {
            Value::Object(inner) if inner.len() == 1 => inner.get("equals-ignore-case").and_then(Value::as_str),
            _ => None,
        };
        match (name, value, ignoring) {
            ("prefix", Value::String(text), _) => Ok(TextMatcher::Prefix(text.clone())),
            ("suffix", Value::String(text), _) => Ok(TextMatcher::Suffix(text.clone())),
            ("prefix", _, Some(text)) => Ok(TextMatcher::PrefixIgnoringCase(text.to_lowercase())),
            ("suffix", _, Some(text)) => Ok(TextMatcher::SuffixIgnoringCase(text.to_lowercase())),
            ("equals-ignore-case", Value::String(text), _) => Ok(TextMatcher::IgnoringCase(text.to_lowercase())),
            ("wildcard", Value::String(text), _) if text.contains("**") => {
                invalid("Consecutive wildcard characters are not allowed")
            }
            ("wildcard", Value::String(text), _) => Ok(TextMatcher::Wildcard(text.clone())),
            _ => invalid(format!("Unrecognized match type {name}")),
        }
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            TextMatcher::Prefix(prefix) => text.starts_with(prefix.as_str()),
            TextMatcher::Suffix(suffix) => text.ends_with(suffix.as_str()),
            TextMatcher::PrefixIgnoringCase(prefix) => text.to_lowercase().starts_with(prefix.as_str()),
            TextMatcher::SuffixIgnoringCase(suffix) => text.to_lowercase().ends_with(suffix.as_str()),
            TextMatcher::IgnoringCase(wanted) => text.to_lowercase() == *wanted,
            TextMatcher::Wildcard(pattern) => fits_wildcard(pattern, text),
        }
    }
}

impl Comparison {
    fn of(word: &str) -> Option<Comparison> {
        Some(match word {
            "=" => Comparison::Equal,
            "<" => Comparison::Less,
            "<=" => Comparison::LessOrEqual,
            ">" => Comparison::Greater,
            ">=" => Comparison::GreaterOrEqual,
            _ => return None,
        })
    }

    #[expect(clippy::float_cmp, reason = "a number in an event is equal when it is the same one")]
    fn holds(self, number: f64, limit: f64) -> bool {
        match self {
            Comparison::Equal => number == limit,
            Comparison::Less => number < limit,
            Comparison::LessOrEqual => number <= limit,
            Comparison::Greater => number > limit,
            Comparison::GreaterOrEqual => number >= limit,
        }
    }
}

/// `["anything-but": X]`, where X is a value, a list of values, or a condition on texts.
fn anything_but(value: &Value) -> Result<Matcher, PatternError> {
    let several = |name: &str, items: &[Value]| -> Result<Vec<Matcher>, PatternError> {
        items.iter().map(|item| TextMatcher::of(name, item).map(Matcher::Text)).collect()
    };
    let matchers = match value {
        Value::Array(items) if items.iter().all(|item| item.is_string() || item.is_number()) && !items.is_empty() => {
            items.iter().cloned().map(Matcher::Exactly).collect()
        }
        Value::String(_) | Value::Number(_) => vec![Matcher::Exactly(value.clone())],
        Value::Object(members) if members.len() == 1 => {
            let Some((name, inner)) = members.iter().next() else { return invalid("Empty objects are not allowed") };
            match inner {
                Value::Array(items) => several(name, items)?,
                one => several(name, std::slice::from_ref(one))?,
            }
        }
        _ => {
            return invalid(
                "Inside anything but list, either all values are number or string, mixed type is not supported",
            );
        }
    };
    Ok(Matcher::AnythingBut(matchers))
}

/// `[">=", 0, "<", 10]`
fn numeric(parts: &[Value]) -> Result<Matcher, PatternError> {
    let pairs = parts.chunks(2).map(|pair| {
        let comparison = pair.first().and_then(Value::as_str).and_then(Comparison::of);
        comparison.zip(pair.get(1).and_then(Value::as_f64))
    });
    match pairs.collect::<Option<Vec<_>>>() {
        Some(limits) if (1..=2).contains(&limits.len()) => Ok(Matcher::Numeric(limits)),
        _ => invalid("Value of numeric must be an array of comparisons and numbers"),
    }
}

/// `10.0.0.0/24`
fn cidr(text: &str) -> Result<Matcher, PatternError> {
    let parsed = text.split_once('/').and_then(|(network, bits)| {
        let network: IpAddr = network.parse().ok()?;
        let most = if network.is_ipv4() { 32 } else { 128 };
        bits.parse::<u8>().ok().filter(|bits| *bits <= most).map(|bits| (network, bits))
    });
    match parsed {
        Some((network, bits)) => Ok(Matcher::Within(network, bits)),
        None => invalid(format!("Malformed CIDR, one '/' required: {text}")),
    }
}

fn same_network(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    let (left, right, width) = match (address, network) {
        (IpAddr::V4(left), IpAddr::V4(right)) => (u128::from(left.to_bits()), u128::from(right.to_bits()), 32),
        (IpAddr::V6(left), IpAddr::V6(right)) => (left.to_bits(), right.to_bits(), 128),
        _ => return false,
    };
    let shift = width - u32::from(bits);
    left.checked_shr(shift).unwrap_or(0) == right.checked_shr(shift).unwrap_or(0)
}

/// Whether a text fits a pattern in which `*` stands for any letters and `\*` for a star.
fn fits_wildcard(pattern: &str, text: &str) -> bool {
    let mut pieces: Vec<String> = vec![String::new()];
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '*' => pieces.push(String::new()),
            '\\' => pieces.last_mut().into_iter().for_each(|piece| piece.extend(letters.next())),
            other => pieces.last_mut().into_iter().for_each(|piece| piece.push(other)),
        }
    }
    let Some((first, rest)) = pieces.split_first() else { return text.is_empty() };
    let Some((last, middle)) = rest.split_last() else { return text == first };
    let Some(mut left) = text.strip_prefix(first.as_str()) else { return false };
    for piece in middle {
        let Some(at) = left.find(piece.as_str()) else { return false };
        left = &left[at + piece.len()..];
    }
    left.ends_with(last.as_str())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn fits(pattern: Value, event: Value) -> bool {
        Pattern::parse(&pattern.to_string()).unwrap().matches(&event)
    }

    #[test]
    fn every_member_has_to_fit_and_of_each_list_one_value() {
        let pattern =
            json!({"source": ["shop"], "detail": {"state": ["paid", "sent"], "sum": [{"numeric": [">", 5, "<=", 9]}]}});
        assert!(fits(pattern.clone(), json!({"source": "shop", "detail": {"state": "sent", "sum": 9}})));
        assert!(!fits(pattern.clone(), json!({"source": "shop", "detail": {"state": "sent", "sum": 5}})));
        assert!(!fits(pattern.clone(), json!({"source": "shop", "detail": {"sum": 9}})));
        assert!(!fits(pattern, json!({"source": "other", "detail": {"state": "sent", "sum": 9}})));
    }

    #[test]
    fn operators_do_what_the_guide_says() {
        for (matcher, value, wanted) in [
            (json!({"prefix": "eu-"}), json!("eu-west-1"), true),
            (json!({"prefix": {"equals-ignore-case": "EU-"}}), json!("eu-west-1"), true),
            (json!({"suffix": ".png"}), json!("a.jpg"), false),
            (json!({"equals-ignore-case": "Alice"}), json!("aLICE"), true),
            (json!({"wildcard": "dir/*.p\\*g"}), json!("dir/a/b.p*g"), true),
            (json!({"wildcard": "a*b"}), json!("ab"), true),
            (json!({"wildcard": "a*a"}), json!("a"), false),
            (json!({"anything-but": ["a", "b"]}), json!("c"), true),
            (json!({"anything-but": ["a", "b"]}), json!("b"), false),
            (json!({"anything-but": {"prefix": "init"}}), json!("initializing"), false),
            (json!({"anything-but": {"wildcard": ["*/lib/*", "*/bin/*"]}}), json!("/a/bin/c"), false),
            (json!({"numeric": ["=", 3.0]}), json!(3), true),
            (json!({"cidr": "10.0.0.0/24"}), json!("10.0.0.255"), true),
            (json!({"cidr": "10.0.0.0/24"}), json!("10.0.1.0"), false),
            (json!({"cidr": "::/0"}), json!("fe80::1"), true),
            (json!(null), json!(null), true),
            (json!("a"), json!(["b", "a"]), true),
            (json!(""), json!(null), false),
        ] {
            assert_eq!(fits(json!({ "x": [matcher] }), json!({ "x": value })), wanted, "{matcher} {value}");
        }
        assert!(fits(json!({"x": [{"exists": false}]}), json!({})));
        assert!(fits(json!({"x": {"y": [{"exists": false}]}}), json!({})));
        assert!(!fits(json!({"x": [{"exists": true}]}), json!({"x": {}})));
        assert!(fits(json!({"$or": [{"a": [1]}, {"b": [2]}]}), json!({"b": 2})));
        assert!(!fits(json!({"c": [3], "$or": [{"a": [1]}, {"b": [2]}]}), json!({"b": 2})));
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for text in [
            "[]",
            "{",
            r#"{"a": "b"}"#,
            r#"{"a": []}"#,
            r#"{"a": {}}"#,
            r#"{"a": [{"like": "b"}]}"#,
            r#"{"a": [["b"]]}"#,
        ] {
            assert!(Pattern::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*") {
            let _ = Pattern::parse(&text);
        }

        #[test]
        fn a_wildcard_takes_whatever_its_star_stands_for(before in "[a-c]{0,4}", middle in "[a-c]{0,6}", after in "[a-c]{0,4}") {
            let whole = format!("{before}{middle}{after}");
            let pattern = format!("{before}*{after}");
            prop_assert!(fits_wildcard(&pattern, &whole));
        }
    }
}
