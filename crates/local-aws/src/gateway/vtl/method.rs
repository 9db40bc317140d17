//! Java's methods and properties of strings, numbers, lists and maps.

use indexmap::IndexMap;
use regex::{NoExpand, Regex, RegexBuilder};

use super::TemplateError;
use super::evaluate::Evaluator;
use super::value::{SharedList, SharedMap, Value, equal};

type Found = Result<Option<Value>, TemplateError>;

/// Compiled patterns of templates stay small.
const PATTERN_BYTES: usize = 1 << 20;
/// The most that a replacement could make.
const REPLACED_BYTES: usize = 256 * 1024 * 1024;
/// A list grows by one at a time, and no longer than this.
const LIST_MOST: usize = 1_000_000;

/// `value.name`.
pub fn property(evaluator: &mut Evaluator<'_>, value: &Value, name: &str) -> Found {
    match (value, name) {
        (Value::Input, "body") => Ok(Some(evaluator.input.body())),
        (Value::Lenient(entries), _) => {
            Ok(Some(entries.borrow().get(name).cloned().unwrap_or_else(|| Value::Text(String::new()))))
        }
        (Value::Map(entries), _) => {
            let found = entries.borrow().get(name).cloned();
            Ok(found.or_else(|| (name == "empty").then(|| Value::Boolean(entries.borrow().is_empty()))))
        }
        (Value::List(items), "empty") => Ok(Some(Value::Boolean(items.borrow().is_empty()))),
        (Value::Text(text), "empty") => Ok(Some(Value::Boolean(text.is_empty()))),
        (Value::Text(text), "bytes") => Ok(Some(Value::list(text.bytes().map(|b| Value::Integer(b.into())).collect()))),
        _ => Ok(None),
    }
}

/// `value[index]`.
pub fn at(value: &Value, index: &Value) -> Option<Value> {
    match (value, index) {
        (Value::List(items), Value::Integer(index)) => {
            let items = items.borrow();
            let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
            let index = if *index < 0 { length.saturating_add(*index) } else { *index };
            usize::try_from(index).ok().and_then(|index| items.get(index).cloned())
        }
        (Value::Map(entries), key) => entries.borrow().get(&key.text()).cloned(),
        (Value::Lenient(entries), key) => {
            Some(entries.borrow().get(&key.text()).cloned().unwrap_or_else(|| Value::Text(String::new())))
        }
        _ => None,
    }
}

/// `list[index] = value`.
pub fn put_at(items: &SharedList, index: &Value, value: Value) -> Result<(), TemplateError> {
    let Value::Integer(wanted) = index else {
        return Err(TemplateError::Evaluation(format!("{} is no index of a list", index.kind())));
    };
    let mut items = items.borrow_mut();
    let place = usize::try_from(*wanted).ok().and_then(|wanted| items.get_mut(wanted));
    *place.ok_or_else(|| TemplateError::Evaluation(format!("index {wanted} is outside of the list")))? = value;
    Ok(())
}

/// `value.name(…)`.
///
/// # Errors
/// For methods that such a value has not here, by name.
pub fn call(value: &Value, name: &str, arguments: &[Value]) -> Found {
    if let Some(result) = of_everything(value, name, arguments) {
        return Ok(Some(result));
    }
    match value {
        Value::Text(text) => of_text(text, name, arguments),
        Value::List(items) => of_list(items, name, arguments),
        Value::Map(entries) => of_map(entries, name, arguments),
        Value::Lenient(entries) => {
            Ok(of_map(entries, name, arguments)?.or_else(|| (name == "get").then(|| Value::Text(String::new()))))
        }
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) => of_number(value, name, arguments),
        Value::Null | Value::Block(_) | Value::Input | Value::Util => Err(missing(value, name, arguments)),
    }
}

fn missing(value: &Value, name: &str, arguments: &[Value]) -> TemplateError {
    TemplateError::Evaluation(format!(
        "the local AWS's mapping templates have no method {name} with {} arguments on {}",
        arguments.len(),
        value.kind()
    ))
}

fn of_everything(value: &Value, name: &str, arguments: &[Value]) -> Option<Value> {
    match (name, arguments) {
        ("toString", []) => Some(Value::Text(value.text())),
        ("equals", [other]) => Some(Value::Boolean(equal(value, other))),
        _ => None,
    }
}

fn of_number(value: &Value, name: &str, arguments: &[Value]) -> Found {
    let number = value.number();
    Ok(Some(match (name, arguments, number) {
        ("intValue" | "longValue", [], Some(number)) => Value::Integer(number as i64),
        ("doubleValue" | "floatValue", [], Some(number)) => Value::Float(number),
        ("booleanValue", [], None) => value.clone(),
        ("compareTo", [other], Some(number)) => match other.number() {
            Some(other) => Value::Integer(number.partial_cmp(&other).map_or(0, |order| order as i64)),
            None => return Err(missing(value, name, arguments)),
        },
        // Java's static methods are reached through an instance: `$x.parseInt("1")`.
        ("parseInt" | "parseLong" | "valueOf", [text], Some(_)) => match text.text().trim().parse() {
            Ok(number) => Value::Integer(number),
            Err(_) => return Err(TemplateError::Evaluation(format!("`{}` is no whole number", text.text()))),
        },
        ("parseDouble" | "parseFloat", [text], Some(_)) => match text.text().trim().parse() {
            Ok(number) => Value::Float(number),
            Err(_) => return Err(TemplateError::Evaluation(format!("`{}` is no number", text.text()))),
        },
        _ => return Err(missing(value, name, arguments)),
    }))
}

fn of_text(text: &str, name: &str, arguments: &[Value]) -> Found {
    let given: Vec<String> = arguments.iter().map(Value::text).collect();
    let given: Vec<&str> = given.iter().map(String::as_str).collect();
    let string = |text: String| Ok(Some(Value::Text(text)));
    let flag = |flag: bool| Ok(Some(Value::Boolean(flag)));
    match (name, given.as_slice()) {
        ("length", []) => Ok(Some(Value::Integer(units(text)))),
        ("isEmpty", []) => flag(text.is_empty()),
        ("isBlank", []) => flag(text.trim().is_empty()),
        ("trim" | "strip", []) => string(text.trim().to_owned()),
        ("toUpperCase", []) => string(text.to_uppercase()),
        ("toLowerCase", []) => string(text.to_lowercase()),
        ("concat", [other]) => string(format!("{text}{other}")),
        ("contains", [other]) => flag(text.contains(other)),
        ("startsWith", [other]) => flag(text.starts_with(other)),
        ("endsWith", [other]) => flag(text.ends_with(other)),
        ("equalsIgnoreCase", [other]) => flag(text.to_lowercase() == other.to_lowercase()),
        ("compareTo", [other]) => Ok(Some(Value::Integer(text.cmp(other) as i64))),
        ("replace", [from, to]) => {
            bounded(text, to)?;
            string(text.replace(from, to))
        }
        ("matches", [pattern]) => flag(regex(&format!("^(?:{pattern})$"))?.is_match(text)),
        ("replaceAll", [pattern, with]) => string(replaced(text, pattern, with, true)?),
        ("replaceFirst", [pattern, with]) => string(replaced(text, pattern, with, false)?),
        ("split", [pattern]) => split(text, pattern, 0),
        ("split", [pattern, _]) => split(text, pattern, integer(&arguments[1])?),
        ("indexOf", [other]) => Ok(Some(Value::Integer(place(text, text.find(other))))),
        ("lastIndexOf", [other]) => Ok(Some(Value::Integer(place(text, text.rfind(other))))),
        ("charAt", [_]) => part(text, integer(&arguments[0])?, Some(integer(&arguments[0])?.saturating_add(1))),
        ("substring", [_]) => part(text, integer(&arguments[0])?, None),
        ("substring" | "subSequence", [_, _]) => part(text, integer(&arguments[0])?, Some(integer(&arguments[1])?)),
        ("repeat", [_]) => {
            let count = usize::try_from(integer(&arguments[0])?).unwrap_or(0);
            let fits = text.len().checked_mul(count).is_some_and(|size| size <= LIST_MOST);
            if fits {
                string(text.repeat(count))
            } else {
                Err(TemplateError::Evaluation("repeat: too long".to_owned()))
            }
        }
        _ => Err(missing(&Value::Text(String::new()), name, arguments)),
    }
}

/// Java counts UTF-16 units.
fn units(text: &str) -> i64 {
    i64::try_from(text.encode_utf16().count()).unwrap_or(i64::MAX)
}

fn place(text: &str, found: Option<usize>) -> i64 {
    found.map_or(-1, |at| units(&text[..at]))
}

fn part(text: &str, start: i64, end: Option<i64>) -> Found {
    let all: Vec<u16> = text.encode_utf16().collect();
    let end = end.unwrap_or(i64::try_from(all.len()).unwrap_or(i64::MAX));
    let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
    let found = range.and_then(|(start, end)| all.get(start..end));
    match found {
        Some(found) => Ok(Some(Value::Text(String::from_utf16_lossy(found)))),
        None => Err(TemplateError::Evaluation(format!("begin {start}, end {end}, length {}", all.len()))),
    }
}

fn integer(value: &Value) -> Result<i64, TemplateError> {
    match value {
        Value::Integer(number) => Ok(*number),
        other => Err(TemplateError::Evaluation(format!("{} is no whole number", other.kind()))),
    }
}

fn regex(pattern: &str) -> Result<Regex, TemplateError> {
    let built = RegexBuilder::new(pattern).size_limit(PATTERN_BYTES).build();
    built.map_err(|error| TemplateError::Evaluation(format!("the pattern `{pattern}` is not supported: {error}")))
}

/// Refuses replacements that could make far more text than a template may write.
fn bounded(text: &str, with: &str) -> Result<(), TemplateError> {
    match (text.len() + 1).checked_mul(with.len() + 1) {
        Some(size) if size <= REPLACED_BYTES => Ok(()),
        _ => Err(TemplateError::Evaluation("a replacement makes too much text".to_owned())),
    }
}

/// Java's replacement: `$1` is a group, a backslash takes the meaning of the next character away.
fn replaced(text: &str, pattern: &str, with: &str, every: bool) -> Result<String, TemplateError> {
    bounded(text, with)?;
    let pattern = regex(pattern)?;
    let limit = usize::from(!every);
    if !with.contains(['$', '\\']) {
        return Ok(pattern.replacen(text, limit, NoExpand(with)).into_owned());
    }
    let mut expanded = String::new();
    let mut letters = with.chars().peekable();
    while let Some(c) = letters.next() {
        match c {
            '\\' => match letters.next() {
                Some('$') => expanded.push_str("$$"),
                Some(other) => expanded.push(other),
                None => return Err(TemplateError::Evaluation("character to be escaped is missing".to_owned())),
            },
            '$' => match letters.next_if(char::is_ascii_digit) {
                Some(digit) => expanded.push_str(&format!("${{{digit}}}")),
                None => return Err(TemplateError::Evaluation("Illegal group reference".to_owned())),
            },
            other => expanded.push(other),
        }
    }
    Ok(pattern.replacen(text, limit, expanded.as_str()).into_owned())
}

/// Java's `split`: without a limit, empty pieces at the end are dropped.
fn split(text: &str, pattern: &str, limit: i64) -> Found {
    let pattern = regex(pattern)?;
    let mut pieces: Vec<String> = match usize::try_from(limit) {
        Ok(limit) if limit > 0 => pattern.splitn(text, limit).map(str::to_owned).collect(),
        _ => pattern.split(text).map(str::to_owned).collect(),
    };
    // An empty match at the beginning makes no piece in Java.
    if pieces.len() > 1 && pieces[0].is_empty() && pattern.find(text).is_some_and(|found| found.end() == 0) {
        pieces.remove(0);
    }
    if limit == 0 {
        while pieces.len() > 1 && pieces.last().is_some_and(String::is_empty) {
            pieces.pop();
        }
    }
    Ok(Some(Value::list(pieces.into_iter().map(Value::Text).collect())))
}

fn of_list(items: &SharedList, name: &str, arguments: &[Value]) -> Found {
    let value = Value::List(SharedList::clone(items));
    let length = i64::try_from(items.borrow().len()).unwrap_or(i64::MAX);
    Ok(Some(match (name, arguments) {
        ("size", []) => Value::Integer(length),
        ("isEmpty", []) => Value::Boolean(length == 0),
        ("get", [index]) => return Ok(at(&value, index)),
        ("contains", [wanted]) => Value::Boolean(items.borrow().iter().any(|item| equal(item, wanted))),
        ("indexOf", [wanted]) => {
            let found = items.borrow().iter().position(|item| equal(item, wanted));
            Value::Integer(found.map_or(-1, |at| at as i64))
        }
        ("add", [item]) => {
            room(length)?;
            items.borrow_mut().push(item.clone());
            Value::Boolean(true)
        }
        ("add", [index, item]) => {
            room(length)?;
            let index = usize::try_from(integer(index)?).unwrap_or(usize::MAX);
            if index > items.borrow().len() {
                return Err(TemplateError::Evaluation(format!("index {index} is outside of the list")));
            }
            items.borrow_mut().insert(index, item.clone());
            Value::Null
        }
        ("addAll", [Value::List(others)]) => {
            let others = others.borrow().to_vec();
            room(length.saturating_add(others.len() as i64))?;
            items.borrow_mut().extend(others);
            Value::Boolean(true)
        }
        ("set", [index, item]) => {
            let before = at(&value, index).unwrap_or(Value::Null);
            put_at(items, index, item.clone())?;
            before
        }
        ("remove", [Value::Integer(index)]) => {
            let index = usize::try_from(*index).ok().filter(|index| *index < items.borrow().len());
            index.map_or(Value::Null, |index| items.borrow_mut().remove(index))
        }
        ("clear", []) => {
            items.borrow_mut().clear();
            Value::Null
        }
        ("subList", [from, to]) => {
            let range = usize::try_from(integer(from)?).ok().zip(usize::try_from(integer(to)?).ok());
            let part = range.and_then(|(from, to)| items.borrow().get(from..to).map(<[Value]>::to_vec));
            Value::list(part.ok_or_else(|| TemplateError::Evaluation("subList is outside of the list".to_owned()))?)
        }
        _ => return Err(missing(&value, name, arguments)),
    }))
}

fn room(length: i64) -> Result<(), TemplateError> {
    if usize::try_from(length).is_ok_and(|length| length < LIST_MOST) {
        return Ok(());
    }
    Err(TemplateError::Evaluation("a list grows too long".to_owned()))
}

fn of_map(entries: &SharedMap, name: &str, arguments: &[Value]) -> Found {
    let texts = |keys: Vec<String>| Value::list(keys.into_iter().map(Value::Text).collect());
    Ok(Some(match (name, arguments) {
        ("get", [key]) => return Ok(entries.borrow().get(&key.text()).cloned()),
        ("getOrDefault", [key, other]) => entries.borrow().get(&key.text()).cloned().unwrap_or_else(|| other.clone()),
        ("put", [key, value]) => {
            let before = entries.borrow_mut().insert(key.text(), value.clone());
            // Velocity shows nothing for what `put` answers when nothing was there; it would show the source.
            before.unwrap_or_else(|| Value::Text(String::new()))
        }
        ("putAll", [Value::Map(others) | Value::Lenient(others)]) => {
            let others = (**others.borrow()).clone();
            entries.borrow_mut().extend(others);
            Value::Text(String::new())
        }
        ("remove", [key]) => entries.borrow_mut().shift_remove(&key.text()).unwrap_or(Value::Null),
        ("containsKey", [key]) => Value::Boolean(entries.borrow().contains_key(&key.text())),
        ("containsValue", [wanted]) => Value::Boolean(entries.borrow().values().any(|value| equal(value, wanted))),
        ("size", []) => Value::Integer(entries.borrow().len() as i64),
        ("isEmpty", []) => Value::Boolean(entries.borrow().is_empty()),
        ("keySet", []) => texts(entries.borrow().keys().cloned().collect()),
        ("values", []) => Value::list(entries.borrow().values().cloned().collect()),
        ("entrySet", []) => Value::list(entries.borrow().iter().map(|(key, value)| entry(key, value)).collect()),
        // An entry of `entrySet`.
        ("getKey", []) => return Ok(entries.borrow().get("key").cloned()),
        ("getValue", []) => return Ok(entries.borrow().get("value").cloned()),
        _ => return Err(missing(&Value::Map(SharedMap::clone(entries)), name, arguments)),
    }))
}

fn entry(key: &str, value: &Value) -> Value {
    let parts = [("key".to_owned(), Value::Text(key.to_owned())), ("value".to_owned(), value.clone())];
    Value::map(IndexMap::from(parts))
}
