//! What the resources of a stack are now, against what the stack believes.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use cfn::diff::{self, Difference};

use super::converge::context;
use super::run::Engine;
use super::stacks::Cell;

/// How one resource has drifted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    pub logical: String,
    pub physical: String,
    pub kind: String,
    /// `IN_SYNC`, `MODIFIED`, `DELETED` or `NOT_CHECKED`
    pub status: String,
    pub expected: Value,
    pub actual: Option<Value>,
    pub places: Vec<Place>,
    pub at_ms: i64,
}

/// One property that differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Place {
    pub path: String,
    pub expected: String,
    pub actual: String,
    /// `ADD`, `REMOVE` or `NOT_EQUAL`
    pub difference: String,
}

/// Compares every resource of a stack (or those named) with what it is now.
pub async fn detect(engine: &Engine, cell: &Arc<Cell>, only: Option<&[String]>) -> Vec<Drift> {
    let resources: Vec<_> = cell.lock().living().map(|(id, live)| (id.clone(), live.clone())).collect();
    let mut found = Vec::new();
    for (logical, live) in resources {
        if only.is_some_and(|only| !only.contains(&logical)) {
            continue;
        }
        let mut drift = Drift {
            physical: live.physical.clone(),
            kind: live.kind.clone(),
            status: "NOT_CHECKED".to_owned(),
            expected: live.properties.clone(),
            actual: None,
            places: Vec::new(),
            at_ms: engine.world.clock().now_ms(),
            logical,
        };
        if let Some(provider) = engine.world.provider(&live.kind) {
            let context = context(engine, cell, &drift.logical, &live.tags, 0);
            match provider.read(context, live.physical.clone(), live.properties.clone()).await {
                Ok(None) => drift.status = "DELETED".to_owned(),
                Ok(Some(found)) => compare(&mut drift, &live.properties, &found.properties),
                Err(fault) => tracing::warn!(resource = drift.logical, %fault, "drift could not be checked"),
            }
        }
        found.push(drift);
    }
    found
}

/// Only what the template says and the type can read back is compared.
fn compare(drift: &mut Drift, expected: &Value, actual: &Map<String, Value>) {
    let empty = Map::new();
    let expected = expected.as_object().unwrap_or(&empty);
    let readable: Map<String, Value> = expected
        .iter()
        .filter(|(key, _)| actual.contains_key(*key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let actual: Map<String, Value> = actual
        .iter()
        .filter(|(key, _)| readable.contains_key(*key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    if readable.is_empty() {
        return;
    }
    let places = diff::values(&Value::Object(readable), &Value::Object(actual.clone()));
    drift.status = if places.is_empty() { "IN_SYNC" } else { "MODIFIED" }.to_owned();
    drift.places = places.iter().map(place).collect();
    drift.actual = Some(Value::Object(actual));
}

fn place(difference: &Difference) -> Place {
    let text = |value: Option<&Value>| match value {
        None => "null".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let word = match difference.kind {
        diff::Kind::Add => "ADD",
        diff::Kind::Remove => "REMOVE",
        diff::Kind::Modify => "NOT_EQUAL",
    };
    Place {
        path: difference.pointer(),
        expected: text(difference.before.as_ref()),
        actual: text(difference.after.as_ref()),
        difference: word.to_owned(),
    }
}
