//! Patterns over JSON messages: `{ $.level = "error" && $.n > 3 }`.

use regex::Regex;
use serde_json::Value;

use super::terms::{quoted, regex};

/// How deep parentheses may nest.
const DEEPEST: usize = 32;

/// A condition on a JSON message.
#[derive(Debug)]
pub enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Test(Path, Test),
}

/// A selector: `$.a.b[0]`, `$.list[*].a`, `$['a b']`.
type Path = Vec<Step>;

#[derive(Debug)]
pub enum Step {
    Member(String),
    Index(usize),
    Each,
}

/// What is asked of the selected value.
#[derive(Debug)]
pub enum Test {
    Text { equal: bool, pieces: Vec<String> },
    Regex { equal: bool, regex: Regex },
    Number(Comparison, f64),
    True,
    False,
    Null,
    Exists(bool),
}

#[derive(Clone, Copy, Debug)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// The condition between the braces of `text`.
pub fn parse(text: &str) -> Option<Condition> {
    let inner = text.trim().strip_prefix('{')?.strip_suffix('}')?;
    let mut parser = Parser { rest: inner, depth: 0 };
    let condition = parser.any()?;
    parser.rest.trim().is_empty().then_some(condition)
}

impl Condition {
    /// True when the message fulfils the condition.
    pub fn matches(&self, value: &Value) -> bool {
        match self {
            Condition::All(conditions) => conditions.iter().all(|condition| condition.matches(value)),
            Condition::Any(conditions) => conditions.iter().any(|condition| condition.matches(value)),
            Condition::Test(path, test) => {
                let mut selected = Vec::new();
                select(value, path, &mut selected);
                match test {
                    Test::Exists(wanted) => selected.is_empty() != *wanted,
                    test => selected.into_iter().any(|value| test.holds(value)),
                }
            }
        }
    }
}

fn select<'a>(value: &'a Value, path: &[Step], selected: &mut Vec<&'a Value>) {
    let Some((step, rest)) = path.split_first() else {
        selected.push(value);
        return;
    };
    match step {
        Step::Member(name) => value.get(name).into_iter().for_each(|value| select(value, rest, selected)),
        Step::Index(index) => value.get(index).into_iter().for_each(|value| select(value, rest, selected)),
        Step::Each => value.as_array().into_iter().flatten().for_each(|value| select(value, rest, selected)),
    }
}

impl Test {
    fn holds(&self, value: &Value) -> bool {
        match self {
            Test::Text { equal, pieces } => as_text(value).is_some_and(|text| wildcard(pieces, &text) == *equal),
            Test::Regex { equal, regex } => as_text(value).is_some_and(|text| regex.is_match(&text) == *equal),
            Test::Number(comparison, wanted) => value.as_f64().is_some_and(|number| comparison.holds(number, *wanted)),
            Test::True => value == &Value::Bool(true),
            Test::False => value == &Value::Bool(false),
            Test::Null => value.is_null(),
            Test::Exists(wanted) => *wanted,
        }
    }
}

fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

impl Comparison {
    fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Comparison::Equal => left == right,
            Comparison::NotEqual => left != right,
            Comparison::Less => left < right,
            Comparison::LessOrEqual => left <= right,
            Comparison::Greater => left > right,
            Comparison::GreaterOrEqual => left >= right,
        }
    }
}

/// True when `text` is the pieces with anything between them.
fn wildcard(pieces: &[String], text: &str) -> bool {
    let [first, middle @ .., last] = pieces else {
        return pieces.first().is_some_and(|only| only == text);
    };
    let Some(mut rest) = text.strip_prefix(first.as_str()) else { return false };
    for piece in middle {
        match rest.find(piece.as_str()) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last.as_str())
}

struct Parser<'a> {
    rest: &'a str,
    depth: usize,
}

impl Parser<'_> {
    fn take(&mut self, token: &str) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn any(&mut self) -> Option<Condition> {
        let mut conditions = vec![self.all()?];
        while self.take("||") {
            conditions.push(self.all()?);
        }
        Some(one_or(conditions, Condition::Any))
    }

    fn all(&mut self) -> Option<Condition> {
        let mut conditions = vec![self.single()?];
        while self.take("&&") {
            conditions.push(self.single()?);
        }
        Some(one_or(conditions, Condition::All))
    }

    fn single(&mut self) -> Option<Condition> {
        if !self.take("(") {
            let path = self.path()?;
            return Some(Condition::Test(path, self.test()?));
        }
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let condition = self.any()?;
        self.depth -= 1;
        self.take(")").then_some(condition)
    }

    fn path(&mut self) -> Option<Path> {
        if !self.take("$") {
            return None;
        }
        let mut path = Vec::new();
        loop {
            if let Some(rest) = self.rest.strip_prefix('.') {
                let end = rest.find(|c: char| !(c.is_alphanumeric() || "_-@#/".contains(c))).unwrap_or(rest.len());
                if end == 0 {
                    return None;
                }
                path.push(Step::Member(rest[..end].to_owned()));
                self.rest = &rest[end..];
            } else if let Some(rest) = self.rest.strip_prefix('[') {
                let (inner, after) = rest.split_once(']')?;
                let inner = inner.trim();
                let name = inner.strip_prefix(['\'', '"']).and_then(|name| name.strip_suffix(['\'', '"']));
                path.push(match (inner, name) {
                    ("*", _) => Step::Each,
                    (_, Some(name)) => Step::Member(name.to_owned()),
                    (digits, None) => Step::Index(digits.parse().ok()?),
                });
                self.rest = after;
            } else {
                return (!path.is_empty()).then_some(path);
            }
        }
    }

    fn test(&mut self) -> Option<Test> {
        for (words, test) in [
            ("IS TRUE", Test::True),
            ("IS FALSE", Test::False),
            ("IS NULL", Test::Null),
            ("NOT EXISTS", Test::Exists(false)),
            ("EXISTS", Test::Exists(true)),
        ] {
            if self.take(words) {
                return Some(test);
            }
        }
        let comparison = [
            ("!=", Comparison::NotEqual),
            ("<=", Comparison::LessOrEqual),
            (">=", Comparison::GreaterOrEqual),
            ("=", Comparison::Equal),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ];
        let (_, comparison) = comparison.into_iter().find(|(token, _)| self.take(token))?;
        self.value(comparison)
    }

    fn value(&mut self, comparison: Comparison) -> Option<Test> {
        self.rest = self.rest.trim_start();
        let equal = match comparison {
            Comparison::Equal => Some(true),
            Comparison::NotEqual => Some(false),
            _ => None,
        };
        if let Some(rest) = self.rest.strip_prefix('"') {
            let (text, after) = quoted(rest)?;
            self.rest = after;
            return Some(Test::Text { equal: equal?, pieces: pieces(&text) });
        }
        if let Some(rest) = self.rest.strip_prefix('%') {
            let (source, after) = rest.split_once('%')?;
            self.rest = after;
            return Some(Test::Regex { equal: equal?, regex: regex(source)? });
        }
        let end = self.rest.find(|c: char| c.is_whitespace() || "()&|=<>\"".contains(c)).unwrap_or(self.rest.len());
        let (word, after) = self.rest.split_at(end);
        if word.is_empty() {
            return None;
        }
        self.rest = after;
        match word.parse::<f64>() {
            Ok(number) if number.is_finite() => Some(Test::Number(comparison, number)),
            _ => Some(Test::Text { equal: equal?, pieces: pieces(word) }),
        }
    }
}

fn pieces(text: &str) -> Vec<String> {
    text.split('*').map(str::to_owned).collect()
}

fn one_or(mut conditions: Vec<Condition>, many: fn(Vec<Condition>) -> Condition) -> Condition {
    if conditions.len() == 1
        && let Some(only) = conditions.pop()
    {
        return only;
    }
    many(conditions)
}
