//! The values that keys hold, each with its place.

use std::fmt;

use serde_json::{Number, Value};

use crate::source::{Kind, Node, Span};

use super::reader::{Decode, Reader};
use super::shape::{Shape, Standing};

/// Text and its place.
#[derive(Clone, PartialEq)]
pub struct Text {
    pub text: String,
    pub span: Span,
    pub secret: bool,
}

/// A whole number and its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Whole {
    pub value: i64,
    pub span: Span,
}

/// A switch and its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flag {
    pub value: bool,
    pub span: Span,
}

/// Text or a CloudFormation function, as JSON, and its place.
#[derive(Clone, PartialEq)]
pub struct Expr {
    pub value: Value,
    pub span: Span,
    /// It holds a value from a secret source.
    pub secret: bool,
}

/// Any value, kept with the places of its parts.
#[derive(Clone, PartialEq)]
pub struct Any(pub Node);

/// Names that the author chose, each with a value, in the order of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Map<T> {
    pub entries: Vec<Named<T>>,
}

/// A name, its place, and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Named<T> {
    pub name: String,
    /// Where the name stands.
    pub span: Span,
    pub value: T,
}

/// A key that may be turned off by `false` or `null`.
#[derive(Clone, Debug, PartialEq)]
pub enum Setting<T> {
    Absent,
    Off,
    Is(T),
}

/// `true`, `false` or the details.
#[derive(Clone, Debug, PartialEq)]
pub enum Toggle<T> {
    Off,
    /// `true`, or the key without a value's details.
    On,
    Is(Box<T>),
}

/// A known key that changes nothing here.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WithoutEffect;

/// A known key that is not supported: using it is an error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Refused;

impl Text {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.secret { f.write_str("***") } else { self.text.fmt(f) }
    }
}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.secret { f.write_str("***") } else { write!(f, "{}", self.value) }
    }
}

impl fmt::Debug for Any {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if has_secret(&self.0) { f.write_str("***") } else { write!(f, "{}", self.0.to_json()) }
    }
}

impl Expr {
    /// The text, unless it is a CloudFormation function.
    pub fn as_str(&self) -> Option<&str> {
        self.value.as_str()
    }
}

impl Any {
    /// The value as JSON, secrets included.
    pub fn to_json(&self) -> Value {
        self.0.to_json()
    }
}

impl<T> Map<T> {
    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.entry(name).map(|entry| &entry.value)
    }

    /// The entry of a name.
    pub fn entry(&self, name: &str) -> Option<&Named<T>> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// The names, in the order of the file.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.name.as_str())
    }

    /// The entries, in the order of the file.
    pub fn iter(&self) -> std::slice::Iter<'_, Named<T>> {
        self.entries.iter()
    }

    /// Whether there is no name.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl<T> Default for Map<T> {
    fn default() -> Map<T> {
        Map { entries: Vec::new() }
    }
}

/// Whether a tree holds a value from a secret source.
pub fn has_secret(node: &Node) -> bool {
    node.secret || node.items().iter().any(has_secret) || node.entries().iter().any(|entry| has_secret(&entry.value))
}

/// The text of a scalar.
fn scalar(node: &Node) -> Option<String> {
    match &node.kind {
        Kind::String(text) => Some(text.clone()),
        Kind::Number(number) => Some(plain(number)),
        Kind::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

fn plain(number: &Number) -> String {
    number.to_string()
}

impl Decode for Text {
    fn shape() -> Shape {
        Shape::Text
    }

    fn decode(node: &Node, reader: &mut Reader) -> Option<Text> {
        match scalar(node) {
            Some(text) => Some(Text { text, span: node.span, secret: node.secret }),
            None => {
                reader.wrong(node, "text");
                None
            }
        }
    }
}

impl Decode for Whole {
    fn shape() -> Shape {
        Shape::Whole
    }

    fn decode(node: &Node, reader: &mut Reader) -> Option<Whole> {
        let value = match &node.kind {
            Kind::Number(number) => {
                number.as_i64().or_else(|| number.as_f64().filter(|x| x.fract() == 0.0).map(|x| x as i64))
            }
            Kind::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        if value.is_none() {
            reader.wrong(node, "a whole number");
        }
        value.map(|value| Whole { value, span: node.span })
    }
}

impl Decode for Flag {
    fn shape() -> Shape {
        Shape::Flag
    }

    fn decode(node: &Node, reader: &mut Reader) -> Option<Flag> {
        let value = match &node.kind {
            Kind::Bool(value) => Some(*value),
            Kind::String(text) if text == "true" => Some(true),
            Kind::String(text) if text == "false" => Some(false),
            _ => None,
        };
        if value.is_none() {
            reader.wrong(node, "true or false");
        }
        value.map(|value| Flag { value, span: node.span })
    }
}

impl Decode for Expr {
    fn shape() -> Shape {
        Shape::Expression
    }

    fn decode(node: &Node, reader: &mut Reader) -> Option<Expr> {
        if matches!(node.kind, Kind::Null | Kind::Sequence(_)) {
            reader.wrong(node, "text or a CloudFormation function");
            return None;
        }
        Some(Expr { value: node.to_json(), span: node.span, secret: has_secret(node) })
    }
}

impl Decode for Any {
    fn shape() -> Shape {
        Shape::Any
    }

    fn decode(node: &Node, _: &mut Reader) -> Option<Any> {
        Some(Any(node.clone()))
    }
}

impl<T: Decode> Decode for Option<T> {
    fn shape() -> Shape {
        T::shape()
    }

    fn standing() -> Standing {
        T::standing()
    }

    fn decode(node: &Node, reader: &mut Reader) -> Option<Option<T>> {
        match node.kind {
            Kind::Null => Some(None),
            _ => Some(T::decode(node, reader)),
        }
    }

    fn absent() -> Option<Option<T>> {
        Some(None)
    }
}

impl<T: Decode> Decode for Box<T> {
    fn shape() -> Shape {
        T::shape()
    }

    fn decode(node: &Node, reader: &mut Reader) -> Option<Box<T>> {
        T::decode(node, reader).map(Box::new)
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn shape() -> Shape {
        Shape::List(Box::new(T::shape()))
    }

    fn decode(node: &Node, reader: &mut Reader) -> Option<Vec<T>> {
        let items = match &node.kind {
            Kind::Null => return Some(Vec::new()),
            Kind::Sequence(items) => items,
            // One text stands for a list of one; a mapping in the place of a list of choices has lost its dash.
            Kind::Mapping(_) if T::shape().is_choice() => {
                reader.wrong(node, "a list");
                return None;
            }
            _ => return T::decode(node, reader).map(|item| vec![item]),
        };
        let read = |(index, item): (usize, &Node)| reader.within(&index.to_string(), |reader| T::decode(item, reader));
        Some(items.iter().enumerate().filter_map(read).collect())
    }

    fn absent() -> Option<Vec<T>> {
        Some(Vec::new())
    }
}

impl<T: Decode> Decode for Map<T> {
    fn shape() -> Shape {
        Shape::Map(Box::new(T::shape()))
    }

    fn decode(node: &Node, reader: &mut Reader) -> Option<Map<T>> {
        match &node.kind {
            Kind::Null => return Some(Map::default()),
            Kind::Mapping(_) => {}
            // Lists of mappings are merged, as the framework does for functions and resources kept in several files.
            Kind::Sequence(items) if items.iter().all(|item| matches!(item.kind, Kind::Mapping(_))) => {
                let maps = items.iter().filter_map(|item| Map::decode(item, reader));
                return Some(Map { entries: maps.flat_map(|map: Map<T>| map.entries).collect() });
            }
            _ => {
                reader.wrong(node, "a mapping");
                return None;
            }
        }
        let read = |entry: &crate::source::Entry| {
            let value = reader.within(&entry.key.text, |reader| T::decode(&entry.value, reader))?;
            Some(Named { name: entry.key.text.clone(), span: entry.key.span, value })
        };
        Some(Map { entries: node.entries().iter().filter_map(read).collect() })
    }

    fn absent() -> Option<Map<T>> {
        Some(Map::default())
    }
}

impl<T: Decode> Decode for Setting<T> {
    fn shape() -> Shape {
        Shape::OneOf(vec![T::shape(), Shape::Flag])
    }

    fn decode(node: &Node, reader: &mut Reader) -> Option<Setting<T>> {
        match node.kind {
            Kind::Null | Kind::Bool(false) => Some(Setting::Off),
            _ => T::decode(node, reader).map(Setting::Is),
        }
    }

    fn absent() -> Option<Setting<T>> {
        Some(Setting::Absent)
    }
}

impl<T> Setting<T> {
    /// The details, when there are any.
    pub fn details(&self) -> Option<&T> {
        match self {
            Setting::Is(details) => Some(details),
            Setting::Absent | Setting::Off => None,
        }
    }
}

impl<T: Decode> Decode for Toggle<T> {
    fn shape() -> Shape {
        Shape::OneOf(vec![Shape::Flag, T::shape()])
    }

    fn decode(node: &Node, reader: &mut Reader) -> Option<Toggle<T>> {
        match &node.kind {
            Kind::Bool(true) => Some(Toggle::On),
            Kind::Bool(false) | Kind::Null => Some(Toggle::Off),
            Kind::String(text) if text == "true" => Some(Toggle::On),
            Kind::String(text) if text == "false" => Some(Toggle::Off),
            _ => T::decode(node, reader).map(|details| Toggle::Is(Box::new(details))),
        }
    }

    fn absent() -> Option<Toggle<T>> {
        Some(Toggle::Off)
    }
}

impl<T> Toggle<T> {
    /// Whether it is on, with or without details.
    pub fn is_on(&self) -> bool {
        !matches!(self, Toggle::Off)
    }

    /// The details, when there are any.
    pub fn details(&self) -> Option<&T> {
        match self {
            Toggle::Is(details) => Some(details),
            Toggle::On | Toggle::Off => None,
        }
    }
}

impl Decode for WithoutEffect {
    fn shape() -> Shape {
        Shape::Any
    }

    fn standing() -> Standing {
        Standing::WithoutEffect
    }

    fn decode(_: &Node, _: &mut Reader) -> Option<WithoutEffect> {
        Some(WithoutEffect)
    }

    fn absent() -> Option<WithoutEffect> {
        Some(WithoutEffect)
    }
}

impl Decode for Refused {
    fn shape() -> Shape {
        Shape::Any
    }

    fn standing() -> Standing {
        Standing::Refused
    }

    fn decode(node: &Node, reader: &mut Reader) -> Option<Refused> {
        reader.refuse(node, "");
        Some(Refused)
    }

    fn absent() -> Option<Refused> {
        Some(Refused)
    }
}
