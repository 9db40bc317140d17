//! A recorded case: what was sent, what AWS answered.

use std::path::Path;

use serde_json::{Map, Value};

/// One file.
pub struct Case {
    pub id: String,
    pub calls: Vec<Call>,
    /// By name, in natural order of the names.
    pub recorded: Vec<(String, Value)>,
}

/// One call.
pub struct Call {
    pub operation: String,
    pub parameters: Value,
}

/// What a call came to.
pub struct Answer {
    pub operation: String,
    /// The answer in the form in which recordings hold it.
    pub shown: Value,
}

impl Case {
    pub fn read(path: &Path) -> Case {
        let text = std::fs::read_to_string(path).expect("a case can be read");
        let document: Value = serde_json::from_str(&text).expect("a case is JSON");
        let calls = document["calls"].as_array().cloned().unwrap_or_default();
        let recorded: Map<String, Value> = document["recorded"].as_object().cloned().unwrap_or_default();
        let mut recorded: Vec<(String, Value)> = recorded.into_iter().collect();
        recorded.sort_by_key(|(name, _)| natural(name));
        Case {
            id: document["id"].as_str().unwrap_or_default().to_owned(),
            calls: calls
                .into_iter()
                .map(|call| Call {
                    operation: call["operation"].as_str().unwrap_or_default().to_owned(),
                    parameters: call["parameters"].clone(),
                })
                .collect(),
            recorded,
        }
    }
}

/// A key that puts `x_9` before `x_10`.
fn natural(name: &str) -> Vec<(String, u64)> {
    let mut parts = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let split = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (word, tail) = rest.split_at(split);
        let end = tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len());
        let (digits, after) = tail.split_at(end);
        parts.push((word.to_owned(), digits.parse().unwrap_or(0)));
        rest = after;
    }
    parts
}
