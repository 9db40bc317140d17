//! The conditions of a JSONPath filter, `[?(@.price < 10 && @.name =~ /a.*/i)]`.

use super::path::{Path, Reader, SyntaxError};
use super::text::same;
use regex::Regex;
use serde_json::Value;
use std::cmp::Ordering;

#[derive(Clone, Debug)]
pub(crate) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    /// A path alone: something is there.
    Exists(Operand),
    Compare(Operand, Comparison, Operand),
    Matches(Operand, Regex),
}

#[derive(Clone, Debug)]
pub(crate) enum Operand {
    /// `@…`
    Item(Path),
    /// `$…`
    Document(Path),
    Literal(Value),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    NotIn,
    SubsetOf,
    AnyOf,
    NoneOf,
    Size,
    Empty,
    Contains,
}

/// Longer spellings first.
const COMPARISONS: [(&str, Comparison); 16] = [
    ("===", Comparison::Equal),
    ("!==", Comparison::NotEqual),
    ("==", Comparison::Equal),
    ("!=", Comparison::NotEqual),
    ("<=", Comparison::LessEqual),
    (">=", Comparison::GreaterEqual),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
    ("nin", Comparison::NotIn),
    ("in", Comparison::In),
    ("subsetof", Comparison::SubsetOf),
    ("anyof", Comparison::AnyOf),
    ("noneof", Comparison::NoneOf),
    ("size", Comparison::Size),
    ("empty", Comparison::Empty),
    ("contains", Comparison::Contains),
];

impl Filter {
    pub fn read(reader: &mut Reader<'_>) -> Result<Filter, SyntaxError> {
        let mut any = vec![Filter::conjunction(reader)?];
        while {
            reader.space();
            reader.eat("||")
        } {
            any.push(Filter::conjunction(reader)?);
        }
        Ok(if any.len() == 1 { any.remove(0) } else { Filter::Any(any) })
    }

    fn conjunction(reader: &mut Reader<'_>) -> Result<Filter, SyntaxError> {
        let mut all = vec![Filter::term(reader)?];
        while {
            reader.space();
            reader.eat("&&")
        } {
            all.push(Filter::term(reader)?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Filter::All(all) })
    }

    fn term(reader: &mut Reader<'_>) -> Result<Filter, SyntaxError> {
        reader.space();
        if reader.eat("!") {
            return Ok(Filter::Not(Box::new(reader.deeper(Filter::term)?)));
        }
        if reader.eat("(") {
            let inner = reader.deeper(Filter::read)?;
            reader.expect(")")?;
            return Ok(inner);
        }
        let left = Operand::read(reader)?;
        reader.space();
        if reader.eat("=~") {
            return Ok(Filter::Matches(left, pattern(reader)?));
        }
        let Some((word, comparison)) = COMPARISONS.into_iter().find(|(word, _)| reader.rest().starts_with(word)) else {
            return Ok(Filter::Exists(left));
        };
        reader.eat(word);
        Ok(Filter::Compare(left, comparison, Operand::read(reader)?))
    }

    /// Whether `item` meets the condition; `document` is what `$` means inside it.
    pub fn accepts(&self, item: &Value, document: &Value) -> bool {
        match self {
            Filter::All(all) => all.iter().all(|filter| filter.accepts(item, document)),
            Filter::Any(any) => any.iter().any(|filter| filter.accepts(item, document)),
            Filter::Not(inner) => !inner.accepts(item, document),
            Filter::Exists(operand) => operand.value(item, document).is_some(),
            Filter::Compare(left, comparison, right) => {
                holds(*comparison, left.value(item, document), right.value(item, document))
            }
            Filter::Matches(operand, pattern) => match operand.value(item, document) {
                Some(Value::String(text)) => whole_match(pattern, &text),
                Some(Value::Number(number)) => whole_match(pattern, &number.to_string()),
                Some(Value::Array(items)) => {
                    items.iter().any(|item| item.as_str().is_some_and(|text| whole_match(pattern, text)))
                }
                _ => false,
            },
        }
    }
}

/// Java's `matches`: the pattern has to cover the text.
fn whole_match(pattern: &Regex, text: &str) -> bool {
    pattern.is_match(text)
}

fn pattern(reader: &mut Reader<'_>) -> Result<Regex, SyntaxError> {
    reader.expect("/")?;
    let mut source = String::new();
    loop {
        match reader.next() {
            None => return Err(reader.error("the regular expression does not end")),
            Some('/') => break,
            Some('\\') if reader.eat("/") => source.push('/'),
            Some('\\') => {
                source.push('\\');
                source.extend(reader.next());
            }
            Some(c) => source.push(c),
        }
    }
    let flags: String =
        reader.take_while(|c| c.is_ascii_alphabetic()).chars().filter(|c| "imsux".contains(*c)).collect();
    let flags = if flags.is_empty() { String::new() } else { format!("(?{flags})") };
    Regex::new(&format!("{flags}^(?:{source})$")).map_err(|_| reader.error("the regular expression is not valid"))
}

impl Operand {
    fn read(reader: &mut Reader<'_>) -> Result<Operand, SyntaxError> {
        reader.space();
        match reader.peek() {
            Some('@') => {
                reader.next();
                Ok(Operand::Item(reader.deeper(Reader::path)?))
            }
            Some('$') => {
                reader.next();
                Ok(Operand::Document(reader.deeper(Reader::path)?))
            }
            Some('\'' | '"') => Ok(Operand::Literal(Value::String(reader.quoted()?))),
            Some('[') => Ok(Operand::Literal(reader.deeper(list)?)),
            _ => Ok(Operand::Literal(word(reader)?)),
        }
    }

    fn value(&self, item: &Value, document: &Value) -> Option<Value> {
        match self {
            Operand::Item(path) => selected(path, item, document),
            Operand::Document(path) => selected(path, document, document),
            Operand::Literal(value) => Some(value.clone()),
        }
    }
}

fn selected(path: &Path, root: &Value, document: &Value) -> Option<Value> {
    if path.is_definite() {
        return path.select(root).ok();
    }
    let found = path.all(root, document);
    (!found.is_empty()).then(|| Value::Array(found.into_iter().cloned().collect()))
}

fn list(reader: &mut Reader<'_>) -> Result<Value, SyntaxError> {
    reader.expect("[")?;
    let mut items = Vec::new();
    reader.space();
    while !reader.eat("]") {
        if !items.is_empty() {
            reader.expect(",")?;
            reader.space();
        }
        items.push(match reader.peek() {
            Some('\'' | '"') => Value::String(reader.quoted()?),
            Some('[') => reader.deeper(list)?,
            _ => word(reader)?,
        });
        reader.space();
    }
    Ok(Value::Array(items))
}

fn word(reader: &mut Reader<'_>) -> Result<Value, SyntaxError> {
    let text = reader.take_while(|c| c.is_alphanumeric() || "+-._".contains(c));
    match serde_json::from_str(text) {
        Ok(value) => Ok(value),
        // A bare word means itself.
        Err(_) if text.starts_with(|c: char| c.is_alphabetic() || c == '_') => Ok(Value::String(text.to_owned())),
        Err(_) => Err(reader.error("a value is missing")),
    }
}

fn holds(comparison: Comparison, left: Option<Value>, right: Option<Value>) -> bool {
    let order = |wanted: &[Ordering]| match (&left, &right) {
        (Some(left), Some(right)) => compare(left, right).is_some_and(|order| wanted.contains(&order)),
        _ => false,
    };
    match comparison {
        Comparison::Equal => match (&left, &right) {
            (Some(left), Some(right)) => same(left, right),
            (None, None) => true,
            _ => false,
        },
        Comparison::NotEqual => !holds(Comparison::Equal, left, right),
        Comparison::Less => order(&[Ordering::Less]),
        Comparison::LessEqual => order(&[Ordering::Less, Ordering::Equal]),
        Comparison::Greater => order(&[Ordering::Greater]),
        Comparison::GreaterEqual => order(&[Ordering::Greater, Ordering::Equal]),
        _ => match (left, right) {
            (Some(left), Some(right)) => relates(comparison, &left, &right),
            _ => false,
        },
    }
}

fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Number(a), Value::Number(b)) => a.as_f64()?.partial_cmp(&b.as_f64()?),
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

fn relates(comparison: Comparison, left: &Value, right: &Value) -> bool {
    let has =
        |list: &Value, item: &Value| list.as_array().is_some_and(|items| items.iter().any(|other| same(other, item)));
    let items = left.as_array().map(Vec::as_slice).unwrap_or_default();
    let length = match left {
        Value::Array(items) => Some(items.len()),
        Value::String(text) => Some(text.chars().count()),
        _ => None,
    };
    match comparison {
        Comparison::In => has(right, left),
        Comparison::NotIn => !has(right, left),
        Comparison::SubsetOf => left.is_array() && items.iter().all(|item| has(right, item)),
        Comparison::AnyOf => items.iter().any(|item| has(right, item)),
        Comparison::NoneOf => left.is_array() && !items.iter().any(|item| has(right, item)),
        Comparison::Size => length.is_some() && length.map(|n| n as u64) == right.as_u64(),
        Comparison::Empty => length.is_some() && right.as_bool() == length.map(|n| n == 0),
        Comparison::Contains => match (left, right) {
            (Value::String(text), Value::String(part)) => text.contains(part.as_str()),
            _ => has(left, right),
        },
        _ => false,
    }
}
