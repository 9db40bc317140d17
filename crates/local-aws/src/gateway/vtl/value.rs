//! Values of a template: Java's, as far as templates see them. Lists and maps are shared, not copied.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};
use std::rc::Rc;

use indexmap::IndexMap;
use serde_json::Value as Json;

use super::syntax::Node;

/// A list that several references may share.
pub type SharedList = Rc<RefCell<Items>>;
/// A map that several references may share.
pub type SharedMap = Rc<RefCell<Entries>>;

/// What a list holds. Dropping it does not recurse, however deep lists are put into lists.
#[derive(Clone, Debug, Default)]
pub struct Items(Vec<Value>);

/// What a map holds; dropped like [`Items`].
#[derive(Clone, Debug, Default)]
pub struct Entries(IndexMap<String, Value>);

impl Deref for Items {
    type Target = Vec<Value>;
    fn deref(&self) -> &Vec<Value> {
        &self.0
    }
}

impl DerefMut for Items {
    fn deref_mut(&mut self) -> &mut Vec<Value> {
        &mut self.0
    }
}

impl Deref for Entries {
    type Target = IndexMap<String, Value>;
    fn deref(&self) -> &IndexMap<String, Value> {
        &self.0
    }
}

impl DerefMut for Entries {
    fn deref_mut(&mut self) -> &mut IndexMap<String, Value> {
        &mut self.0
    }
}

impl Drop for Items {
    fn drop(&mut self) {
        take_apart(std::mem::take(&mut self.0));
    }
}

impl Drop for Entries {
    fn drop(&mut self) {
        take_apart(std::mem::take(&mut self.0).into_values().collect());
    }
}

fn take_apart(mut pending: Vec<Value>) {
    while let Some(value) = pending.pop() {
        match value {
            Value::List(items) => {
                pending.extend(
                    Rc::try_unwrap(items)
                        .ok()
                        .map(|items| std::mem::take(&mut items.into_inner().0))
                        .into_iter()
                        .flatten(),
                );
            }
            Value::Map(entries) | Value::Lenient(entries) => {
                let last = Rc::try_unwrap(entries).ok();
                let last = last.map(|entries| std::mem::take(&mut entries.into_inner().0));
                pending.extend(last.into_iter().flat_map(IndexMap::into_values));
            }
            _ => {}
        }
    }
}

/// What a reference can mean.
#[derive(Clone, Debug)]
pub enum Value {
    Null,
    Boolean(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    List(SharedList),
    Map(SharedMap),
    /// A map that answers an empty text for what it has not: `$context`, `$stageVariables`.
    Lenient(SharedMap),
    /// The body of a `#define`, evaluated where it is used.
    Block(Rc<[Node]>),
    /// `$input`.
    Input,
    /// `$util`.
    Util,
}

/// Values nested deeper than this are written as `...`: a list can be put into itself.
const DEPTH: usize = 64;

impl Value {
    /// A list of its own.
    pub fn list(items: Vec<Value>) -> Value {
        Value::List(Rc::new(RefCell::new(Items(items))))
    }

    /// A map of its own.
    pub fn map(entries: IndexMap<String, Value>) -> Value {
        Value::Map(Rc::new(RefCell::new(Entries(entries))))
    }

    /// The value of a JSON document.
    pub fn of(json: &Json) -> Value {
        match json {
            Json::Null => Value::Null,
            Json::Bool(flag) => Value::Boolean(*flag),
            Json::Number(number) => match number.as_i64() {
                Some(integer) => Value::Integer(integer),
                None => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(text) => Value::Text(text.clone()),
            Json::Array(items) => Value::list(items.iter().map(Value::of).collect()),
            Json::Object(members) => {
                Value::map(members.iter().map(|(name, value)| (name.clone(), Value::of(value))).collect())
            }
        }
    }

    /// As JSON text, which is how API Gateway writes structures into the result.
    pub fn json(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, true, 0);
        out
    }

    /// As Java's `toString` shows it in the result.
    pub fn text(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, false, 0);
        out
    }

    fn write(&self, out: &mut String, json: bool, depth: usize) {
        if depth > DEPTH {
            out.push_str("...");
            return;
        }
        match self {
            Value::Null | Value::Block(_) | Value::Input | Value::Util => out.push_str("null"),
            Value::Boolean(flag) => out.push_str(if *flag { "true" } else { "false" }),
            Value::Integer(number) => out.push_str(&number.to_string()),
            Value::Float(number) => out.push_str(&float_text(*number)),
            Value::Text(text) if json || depth > 0 => out.push_str(&Json::from(text.as_str()).to_string()),
            Value::Text(text) => out.push_str(text),
            // A structure in the result of an API Gateway template is JSON, whatever Java would print.
            Value::List(items) => {
                out.push('[');
                for (index, item) in items.borrow().iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    item.write(out, json, depth + 1);
                }
                out.push(']');
            }
            Value::Map(entries) | Value::Lenient(entries) => {
                out.push('{');
                for (index, (key, value)) in entries.borrow().iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    out.push_str(&Json::from(key.as_str()).to_string());
                    out.push(':');
                    value.write(out, json, depth + 1);
                }
                out.push('}');
            }
        }
    }

    /// Whether `#if` takes it for true: everything but false and nothing.
    pub fn is_true(&self) -> bool {
        !matches!(self, Value::Null | Value::Boolean(false))
    }

    /// As a floating point number, if it is a number.
    pub fn number(&self) -> Option<f64> {
        match self {
            Value::Integer(number) => Some(*number as f64),
            Value::Float(number) => Some(*number),
            _ => None,
        }
    }

    /// What Java calls it, for error messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Boolean(_) => "a boolean",
            Value::Integer(_) | Value::Float(_) => "a number",
            Value::Text(_) | Value::Block(_) => "a string",
            Value::List(_) => "a list",
            Value::Map(_) | Value::Lenient(_) => "a map",
            Value::Input => "$input",
            Value::Util => "$util",
        }
    }
}

/// Velocity's `==`: numbers by value, the rest by what they look like.
pub fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Null, Value::Null) => true,
        (Value::Null, _) | (_, Value::Null) => false,
        _ => match (left.number(), right.number()) {
            (Some(left), Some(right)) => left == right,
            _ => left.json() == right.json() || left.text() == right.text(),
        },
    }
}

fn float_text(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e15 { format!("{number:.1}") } else { format!("{number}") }
}
