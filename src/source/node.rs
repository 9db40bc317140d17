//! A YAML or JSON value that knows where it stands.

use std::sync::Arc;

use serde_json::{Number, Value};

use super::Span;

/// Where a value came from when it is not where it was written: the variable that brought it, or the text that was
/// built of several variables.
#[derive(Clone, Debug, PartialEq)]
pub struct Origin {
    /// The variable as written, `$<opt:stage, self:custom.stage>`; for a text built of variables, that text.
    pub variable: String,
    /// Where that variable stands.
    pub span: Span,
    /// The source that had the value, `self:custom.stage`; empty for a text built of variables.
    pub source: String,
    /// Where the value is written; none if it is in no file.
    pub place: Option<Span>,
    /// The sources before it that had no value.
    pub missed: Vec<Miss>,
    /// The variables inside this one's parameters, or of which the text was built.
    pub parts: Vec<Arc<Origin>>,
    /// Where that place's own value came from, if it came through a variable too.
    pub through: Option<Arc<Origin>>,
}

/// A source of a variable that had no value.
#[derive(Clone, Debug, PartialEq)]
pub struct Miss {
    /// As written, `opt:stage`.
    pub source: String,
    /// Why, in words: `there is no option --stage`.
    pub why: String,
}

/// A value and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where the value was written (for a value that a variable brought: in the file where it is defined).
    pub span: Span,
    /// The variable that brought it here, if any. Only the topmost value that a variable brought has it; what lies
    /// inside does not repeat it.
    pub origin: Option<Arc<Origin>>,
    /// It came from a secret source: shown as `***`.
    pub secret: bool,
    pub kind: Kind,
}

/// The value itself. CloudFormation's short tags are already in their long form (`!Ref X` is `{Ref: X}`).
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    Sequence(Vec<Node>),
    /// In the order of the file; keys are unique.
    Mapping(Vec<Entry>),
}

/// A key of a mapping and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    pub text: String,
    pub span: Span,
}

/// A key and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub key: Key,
    pub value: Node,
}

impl Node {
    /// A value that was written at `span`.
    pub fn new(span: Span, kind: Kind) -> Node {
        Node { span, origin: None, secret: false, kind }
    }

    /// The value of `key` in a mapping.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The entry of `key` in a mapping.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key.text == key)
    }

    /// The entries of a mapping; none for anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Mapping(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a sequence; none for anything else.
    pub fn items(&self) -> &[Node] {
        match &self.kind {
            Kind::Sequence(items) => items,
            _ => &[],
        }
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::String(text) => Some(text),
            _ => None,
        }
    }

    /// What the value is, in words: `a mapping`, `a string`.
    pub fn noun(&self) -> &'static str {
        match &self.kind {
            Kind::Null => "nothing",
            Kind::Bool(_) => "a boolean",
            Kind::Number(_) => "a number",
            Kind::String(_) => "a string",
            Kind::Sequence(_) => "a list",
            Kind::Mapping(_) => "a mapping",
        }
    }

    /// A JSON value as a tree all of which stands at `span`. JSON parsers bound how deep it nests.
    pub fn from_json(value: &Value, span: Span) -> Node {
        let kind = match value {
            Value::Null => Kind::Null,
            Value::Bool(value) => Kind::Bool(*value),
            Value::Number(number) => Kind::Number(number.clone()),
            Value::String(text) => Kind::String(text.clone()),
            Value::Array(items) => Kind::Sequence(items.iter().map(|item| Node::from_json(item, span)).collect()),
            Value::Object(members) => {
                let entry = |(key, value): (&String, &Value)| Entry {
                    key: Key { text: key.clone(), span },
                    value: Node::from_json(value, span),
                };
                Kind::Mapping(members.iter().map(entry).collect())
            }
        };
        Node::new(span, kind)
    }

    /// The same value as JSON, secrets included.
    pub fn to_json(&self) -> Value {
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(value) => Value::Bool(*value),
            Kind::Number(value) => Value::Number(value.clone()),
            Kind::String(text) => Value::String(text.clone()),
            Kind::Sequence(items) => items.iter().map(Node::to_json).collect(),
            Kind::Mapping(entries) => {
                Value::Object(entries.iter().map(|entry| (entry.key.text.clone(), entry.value.to_json())).collect())
            }
        }
    }
}

impl Key {
    /// The key's text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}
