//! The Choice state.

use crate::data::path::PathExpression;
use crate::data::template::Template;
use crate::data::text::type_name;
use crate::execution::strand::Strand;
use crate::execution::{Execution, Flow, Step};
use crate::jsonata::Expression;
use crate::machine::{Next, QueryLanguage, State};
use crate::raise::Raise;
use crate::scope::Scope;
use serde_json::Value;
use std::cmp::Ordering;

/// One entry of `Choices`.
#[derive(Debug)]
pub(crate) struct Rule {
    pub condition: Condition,
    pub next: usize,
    pub assign: Option<Template>,
    pub output: Option<Template>,
}

#[derive(Debug)]
pub(crate) enum Condition {
    Literal(bool),
    Jsonata(Expression),
    Test(Test),
}

#[derive(Debug)]
pub(crate) enum Test {
    And(Vec<Test>),
    Or(Vec<Test>),
    Not(Box<Test>),
    Compare { variable: PathExpression, comparison: Comparison },
}

#[derive(Debug)]
pub(crate) enum Comparison {
    Is(Property, bool),
    Matches(Vec<Piece>),
    Order { kind: Kind, relation: Relation, operand: Operand },
}

/// What `IsNull` and the like ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Property {
    Null,
    Present,
    Numeric,
    String,
    Boolean,
    Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    String,
    Numeric,
    Boolean,
    Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    Equals,
    LessThan,
    GreaterThan,
    LessThanEquals,
    GreaterThanEquals,
}

#[derive(Debug)]
pub(crate) enum Operand {
    Literal(Value),
    Path(PathExpression),
}

/// A part of a `StringMatches` pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Text(String),
    Star,
}

/// The pattern's pieces: `*` stands for any text, `\*` and `\\` for themselves.
pub(crate) fn pieces(pattern: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '*' => {
                if !text.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut text)));
                }
                pieces.push(Piece::Star);
            }
            '\\' if matches!(chars.peek(), Some('*' | '\\')) => text.extend(chars.next()),
            c => text.push(c),
        }
    }
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
    pieces
}

impl Rule {
    /// Whether the rule applies.
    pub fn applies(&self, scope: &Scope<'_>) -> Result<bool, Raise> {
        match &self.condition {
            Condition::Literal(value) => Ok(*value),
            Condition::Jsonata(expression) => match expression.evaluate(scope)? {
                Value::Bool(value) => Ok(value),
                other => Err(expression.unexpected("boolean", &other)),
            },
            Condition::Test(test) => test.holds(scope),
        }
    }
}

impl Execution {
    pub(crate) fn choice(&mut self, strand: &Strand, state: &State, rules: &[Rule], default: Option<usize>) -> Step {
        let input = self.effective_input(strand, state)?;
        let mut chosen = None;
        for rule in rules {
            if self.scoped(strand, &input, |scope| rule.applies(scope))? {
                chosen = Some(rule);
                break;
            }
        }
        let Some(rule) = chosen else {
            let Some(default) = default else { return Err(no_match().into()) };
            return self.pass_on(strand, state, input, Next::State(default));
        };
        let next = Next::State(rule.next);
        let scope_input = if state.language == QueryLanguage::Jsonata { &strand.input } else { &input };
        let assigned = self.assigned(strand, rule.assign.as_ref(), scope_input, None, None)?;
        if state.language == QueryLanguage::Jsonata {
            let template = rule.output.as_ref();
            let output = self.output(strand, template, None, None, input)?;
            return Ok(Flow::Exit { output, assigned, next });
        }
        match self.pass_on(strand, state, input, next)? {
            Flow::Exit { output, next, .. } => Ok(Flow::Exit { output, assigned, next }),
            parked => Ok(parked),
        }
    }
}

fn no_match() -> Raise {
    Raise::new(
        "States.NoChoiceMatched",
        "Failed to transition out of the state. The state's choice rules did not match.",
    )
}

impl Test {
    fn holds(&self, scope: &Scope<'_>) -> Result<bool, Raise> {
        match self {
            Test::And(all) => all.iter().try_fold(true, |so_far, test| Ok(so_far && test.holds(scope)?)),
            Test::Or(any) => any.iter().try_fold(false, |so_far, test| Ok(so_far || test.holds(scope)?)),
            Test::Not(test) => Ok(!test.holds(scope)?),
            Test::Compare { variable, comparison } => comparison.holds(variable, scope),
        }
    }
}

impl Comparison {
    fn holds(&self, variable: &PathExpression, scope: &Scope<'_>) -> Result<bool, Raise> {
        let value = match (scope.select(variable), self) {
            (Ok(value), _) => value,
            (Err(_), Comparison::Is(Property::Present, wanted)) => return Ok(!wanted),
            (Err(_), _) => return Err(missing(variable)),
        };
        match self {
            Comparison::Is(property, wanted) => Ok(property.is_of(&value) == *wanted),
            Comparison::Matches(pieces) => Ok(value.as_str().is_some_and(|text| matches(pieces, text))),
            Comparison::Order { kind, relation, operand } => {
                let operand = match operand {
                    Operand::Literal(value) => value.clone(),
                    Operand::Path(path) => scope.select(path).map_err(|_| missing(path))?,
                };
                Ok(kind.compare(&value, &operand).is_some_and(|order| relation.includes(order)))
            }
        }
    }
}

fn missing(path: &PathExpression) -> Raise {
    Raise::runtime(format!(
        "Invalid path '{}': The choice state's condition path references an invalid value.",
        path.text
    ))
}

impl Property {
    fn is_of(self, value: &Value) -> bool {
        match self {
            Property::Null => value.is_null(),
            Property::Present => true,
            Property::Numeric => value.is_number(),
            Property::String => value.is_string(),
            Property::Boolean => value.is_boolean(),
            Property::Timestamp => value.as_str().and_then(timestamp).is_some(),
        }
    }
}

impl Kind {
    /// `None` when either value is not of this kind.
    fn compare(self, left: &Value, right: &Value) -> Option<Ordering> {
        match self {
            Kind::String => Some(utf16_order(left.as_str()?, right.as_str()?)),
            Kind::Numeric => left.as_f64()?.partial_cmp(&right.as_f64()?),
            Kind::Boolean => Some(left.as_bool()?.cmp(&right.as_bool()?)),
            Kind::Timestamp => Some(timestamp(left.as_str()?)?.cmp(&timestamp(right.as_str()?)?)),
        }
    }

    /// Whether a literal fits.
    pub fn takes(self, value: &Value) -> bool {
        match self {
            Kind::String => value.is_string(),
            Kind::Numeric => value.is_number(),
            Kind::Boolean => value.is_boolean(),
            Kind::Timestamp => value.as_str().and_then(timestamp).is_some(),
        }
    }
}

/// Java compares UTF-16 code units.
fn utf16_order(left: &str, right: &str) -> Ordering {
    left.encode_utf16().cmp(right.encode_utf16())
}

impl Relation {
    fn includes(self, order: Ordering) -> bool {
        match self {
            Relation::Equals => order == Ordering::Equal,
            Relation::LessThan => order == Ordering::Less,
            Relation::GreaterThan => order == Ordering::Greater,
            Relation::LessThanEquals => order != Ordering::Greater,
            Relation::GreaterThanEquals => order != Ordering::Less,
        }
    }
}

/// A timestamp of the language: RFC 3339 with `T` and an offset.
pub(crate) fn timestamp(text: &str) -> Option<jiff::Timestamp> {
    let bytes = text.as_bytes();
    let well_formed = bytes.len() >= 17
        && bytes.get(4) == Some(&b'-')
        && bytes.get(10) == Some(&b'T')
        && bytes.get(13) == Some(&b':')
        && !text.contains([' ', ',', '['])
        && (text.ends_with('Z') || has_offset(text.get(16..)?));
    if well_formed { text.parse().ok() } else { None }
}

fn has_offset(tail: &str) -> bool {
    let Some(at) = tail.rfind(['+', '-']) else { return false };
    let offset = &tail.as_bytes()[at + 1..];
    offset.len() >= 2 && offset.iter().all(|b| b.is_ascii_digit() || *b == b':')
}

fn matches(pieces: &[Piece], text: &str) -> bool {
    let Some((first, rest)) = pieces.split_first() else { return text.is_empty() };
    match first {
        Piece::Text(part) => text.strip_prefix(part.as_str()).is_some_and(|tail| matches(rest, tail)),
        Piece::Star => matches_after_star(rest, text),
    }
}

/// Takes the leftmost place for each following text; only the last one has to reach the end.
fn matches_after_star(rest: &[Piece], text: &str) -> bool {
    let mut rest = rest;
    let mut text = text;
    loop {
        match rest {
            [] => return true,
            [Piece::Star, tail @ ..] => rest = tail,
            [Piece::Text(part)] => return text.ends_with(part.as_str()),
            [Piece::Text(part), tail @ ..] => match text.find(part.as_str()) {
                Some(at) => {
                    text = &text[at + part.len()..];
                    rest = tail;
                }
                None => return false,
            },
        }
    }
}

/// For messages about literals of the wrong type.
pub(crate) fn literal_type(value: &Value) -> &'static str {
    type_name(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_matches_any_text_and_a_backslash_takes_its_meaning_away() {
        for (pattern, text, wanted) in [
            ("a*c", "abbc", true),
            ("a*c", "abb", false),
            ("*.log", "x.log", true),
            ("log-*-*.txt", "log-a-b.txt", true),
            ("a\\*b", "a*b", true),
            ("a\\*b", "axb", false),
            ("**", "", true),
            ("", "", true),
            ("a*a", "a", false),
        ] {
            assert_eq!(matches(&pieces(pattern), text), wanted, "{pattern} {text}");
        }
    }

    #[test]
    fn a_timestamp_has_date_time_and_offset() {
        for (text, wanted) in [
            ("2016-03-14T01:59:00Z", true),
            ("2016-03-14T01:59:00.123+02:00", true),
            ("2016-03-14T01:59Z", true),
            ("2016-03-14 01:59:00Z", false),
            ("2016-03-14T01:59:00", false),
            ("2016-13-14T01:59:00Z", false),
            ("", false),
        ] {
            assert_eq!(timestamp(text).is_some(), wanted, "{text}");
        }
    }
}
