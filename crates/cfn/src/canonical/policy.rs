//! IAM policies as the single grants that they mean.

use serde_json::{Map, Value, json};

use super::{Place, form};

/// What a statement may hold for its grants to be told apart.
const KNOWN: &[&str] =
    &["Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition", "Sid"];

/// How many grants a policy is opened into; a larger one is compared as it is written.
const GRANT_LIMIT: usize = 20_000;

/// A policy document as an object whose keys are its grants, a sentence each; none for another object.
pub fn grants(object: &Map<String, Value>, place: &Place) -> Option<Value> {
    let statement = object.get("Statement")?;
    if !object.keys().all(|key| matches!(key.as_str(), "Version" | "Statement" | "Id")) {
        return None;
    }
    let mut grants: Vec<(String, Value)> = Vec::new();
    for statement in list(statement) {
        for grant in single(statement, place) {
            grants.push((grant, Value::Bool(true)));
            if grants.len() > GRANT_LIMIT {
                return None;
            }
        }
    }
    grants.sort_by(|one, other| one.0.cmp(&other.0));
    let version = object.get("Version").map_or_else(|| "2008-10-17".to_owned(), text);
    Some(json!({"Grants": Value::Object(grants.into_iter().collect()), "Version": version}))
}

/// The grants of one statement; what is not understood stays one grant.
fn single(statement: &Value, place: &Place) -> Vec<String> {
    let whole = || vec![form(statement, &place.below("")).to_string()];
    let Some(all) = statement.as_object() else { return whole() };
    let conditional = |key: &str| all.get(key).is_some_and(|value| value.get("Fn::If").is_some());
    if !all.keys().all(|key| KNOWN.contains(&key.as_str())) || conditional("Action") || conditional("NotAction") {
        return whole();
    }
    let effect = all.get("Effect").map_or_else(String::new, text);
    let condition = all.get("Condition").filter(|condition| !condition.is_null());
    let condition = condition.map_or_else(String::new, |condition| format!(" if {}", conditions(condition, place)));
    let mut grants = Vec::new();
    for principal in principals(all, place) {
        for action in axis(all, "Action", "NotAction", place) {
            for resource in axis(all, "Resource", "NotResource", place) {
                let action = action.to_lowercase();
                let mut grant = format!("{effect}{principal}");
                for part in [&action, &resource].into_iter().filter(|part| !part.is_empty()) {
                    grant.push(' ');
                    grant.push_str(part);
                }
                grants.push(grant + &condition);
            }
        }
    }
    grants
}

fn principals(statement: &Map<String, Value>, place: &Place) -> Vec<String> {
    if let Some(except) = statement.get("NotPrincipal") {
        return vec![format!(" all but {}", form(except, &place.below("")))];
    }
    match statement.get("Principal") {
        None => vec![String::new()],
        Some(Value::String(everybody)) if everybody == "*" => vec![" AWS *".to_owned()],
        Some(Value::Object(kinds)) if !kinds.keys().any(|key| key == "Ref" || key.starts_with("Fn::")) => kinds
            .iter()
            .flat_map(|(kind, who)| list(who).iter().map(move |one| format!(" {kind} {}", shown(one, place))))
            .collect(),
        Some(other) => vec![format!(" {}", shown(other, place))],
    }
}

/// The members of `Action` or `Resource`; all of a negated list together.
fn axis(statement: &Map<String, Value>, positive: &str, negative: &str, place: &Place) -> Vec<String> {
    if let Some(except) = statement.get(negative) {
        let mut all: Vec<String> = list(except).iter().map(|one| shown(one, place)).collect();
        all.sort();
        return vec![format!("all but {}", all.join(", "))];
    }
    match statement.get(positive) {
        Some(all) => list(all).iter().map(|one| shown(one, place)).collect(),
        None => vec![String::new()],
    }
}

/// A condition with its lists in order.
fn conditions(condition: &Value, place: &Place) -> Value {
    fn sorted(value: Value) -> Value {
        match value {
            Value::Object(all) => Value::Object(all.into_iter().map(|(key, value)| (key, sorted(value))).collect()),
            Value::Array(mut items) => {
                items.sort_by_key(Value::to_string);
                if items.len() == 1 { items.remove(0) } else { Value::Array(items) }
            }
            other => other,
        }
    }
    sorted(form(condition, &place.below("")))
}

fn list(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        one => std::slice::from_ref(one),
    }
}

/// A value as a person would read it in a sentence.
fn shown(value: &Value, place: &Place) -> String {
    let value = form(value, &place.below(""));
    let placeholder = value.get("Fn::Sub").or_else(|| value.get("Ref")).and_then(Value::as_str);
    let attribute = value
        .get("Fn::GetAtt")
        .and_then(Value::as_array)
        .map(|parts| parts.iter().map(text).collect::<Vec<_>>().join("."));
    match (placeholder, attribute) {
        (Some(text), _) if value.get("Fn::Sub").is_some() => text.to_owned(),
        (Some(id), _) => format!("${{{id}}}"),
        (_, Some(attribute)) => format!("${{{attribute}}}"),
        _ => text(&value),
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
