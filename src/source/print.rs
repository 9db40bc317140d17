//! A tree as it is shown: secrets hidden unless they are wanted.

use serde_json::Value;

use super::{Kind, Node};

/// What stands in a secret's place.
pub const HIDDEN: &str = "***";

/// The value as JSON; every secret text, number and boolean is `***` unless `reveal`.
pub fn shown(node: &Node, reveal: bool) -> Value {
    match &node.kind {
        Kind::Sequence(items) => items.iter().map(|item| shown(item, reveal)).collect(),
        Kind::Mapping(entries) => {
            Value::Object(entries.iter().map(|entry| (entry.key.text.clone(), shown(&entry.value, reveal))).collect())
        }
        Kind::Null => Value::Null,
        _ if node.secret && !reveal => Value::String(HIDDEN.to_owned()),
        _ => node.to_json(),
    }
}
