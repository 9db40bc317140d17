//! How a state machine changes, state by state.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::phrase::{phrase, substituted};

/// How one state machine changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineChange {
    pub logical_id: String,
    /// By path, those of the machine itself first.
    pub states: Vec<StateChange>,
}

/// How one state changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateChange {
    /// The names of the state and of those around it, `Each › Charge`; empty for the machine itself.
    pub state: String,
    pub what: StateFate,
}

/// What becomes of a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateFate {
    /// With its type.
    Added(String),
    Removed(String),
    Changed(Vec<FieldChange>),
    /// The definition is not JSON, so it can only be said that it differs.
    Unreadable,
}

/// A field of a state that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    pub field: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

/// The machines that both templates have and that differ.
pub fn changed(before: &Value, after: &Value) -> Vec<MachineChange> {
    let (before, after) = (machines(before), machines(after));
    let both = after.iter().filter_map(|(id, new)| Some((*id, before.get(id)?, new)));
    both.filter(|(_, old, new)| old != new)
        .map(|(id, old, new)| MachineChange { logical_id: id.to_owned(), states: compare(old, new) })
        .filter(|change| !change.states.is_empty())
        .collect()
}

fn machines(template: &Value) -> BTreeMap<&str, &Value> {
    let resources = template.get("Resources").and_then(Value::as_object).into_iter().flatten();
    let machines = resources.filter(|(_, resource)| {
        resource.get("Type").and_then(Value::as_str) == Some("AWS::StepFunctions::StateMachine")
    });
    machines.filter_map(|(id, resource)| Some((id.as_str(), resource.get("Properties")?))).collect()
}

/// The definition of a machine with its variables written out.
fn definition(properties: &Value) -> Option<Value> {
    if let Some(definition) = properties.get("Definition") {
        return Some(definition.clone());
    }
    let text = match properties.get("DefinitionString")? {
        Value::String(text) => text.clone(),
        value => match value.get("Fn::Sub") {
            Some(Value::Array(parts)) => match parts.as_slice() {
                [Value::String(text), Value::Object(variables)] => substituted(text, variables),
                _ => return None,
            },
            _ => phrase(value),
        },
    };
    serde_json::from_str(&text).ok()
}

fn compare(before: &Value, after: &Value) -> Vec<StateChange> {
    let same = |key: &str| before.get(key) == after.get(key);
    if same("Definition") && same("DefinitionString") && same("DefinitionSubstitutions") {
        return Vec::new();
    }
    let (Some(old), Some(new)) = (definition(before), definition(after)) else {
        return vec![StateChange { state: String::new(), what: StateFate::Unreadable }];
    };
    let (mut old_states, mut new_states) = (BTreeMap::new(), BTreeMap::new());
    collect(&old, "", &mut old_states);
    collect(&new, "", &mut new_states);
    let mut changes = Vec::new();
    for (path, new) in &new_states {
        match old_states.get(path) {
            None => changes.push(StateChange { state: path.clone(), what: StateFate::Added(kind(new)) }),
            Some(old) => {
                let fields = fields(old, new);
                if !fields.is_empty() {
                    changes.push(StateChange { state: path.clone(), what: StateFate::Changed(fields) });
                }
            }
        }
    }
    let gone = old_states.iter().filter(|(path, _)| !new_states.contains_key(*path));
    changes.extend(gone.map(|(path, old)| StateChange { state: path.clone(), what: StateFate::Removed(kind(old)) }));
    changes.sort_by(|a, b| a.state.cmp(&b.state));
    changes
}

fn kind(state: &Map<String, Value>) -> String {
    state.get("Type").and_then(Value::as_str).unwrap_or("state").to_owned()
}

/// Every state by its path, and under the path of its owner each machine's own fields, without the states in it.
fn collect(machine: &Value, path: &str, found: &mut BTreeMap<String, Map<String, Value>>) {
    let Some(fields) = machine.as_object() else { return };
    if path.is_empty() {
        found.insert(String::new(), without_states(fields));
    }
    for (name, state) in fields.get("States").and_then(Value::as_object).into_iter().flatten() {
        let path = if path.is_empty() { name.clone() } else { format!("{path} › {name}") };
        let Some(state) = state.as_object() else { continue };
        let mut own = without_states(state);
        for inner in ["ItemProcessor", "Iterator"] {
            if let Some(machine) = state.get(inner) {
                own.insert(
                    inner.to_owned(),
                    machine.as_object().map(without_states).map_or(Value::Null, Value::Object),
                );
                collect(machine, &path, found);
            }
        }
        let branches = state.get("Branches").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        for (index, branch) in branches.iter().enumerate() {
            let start = branch.get("StartAt").cloned().unwrap_or_default();
            own.insert(format!("Branches[{index}].StartAt"), start);
            collect(branch, &path, found);
        }
        found.insert(path, own);
    }
}

fn without_states(fields: &Map<String, Value>) -> Map<String, Value> {
    let nested = ["States", "ItemProcessor", "Iterator", "Branches"];
    let own = fields.iter().filter(|(key, _)| !nested.contains(&key.as_str()));
    own.map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn fields(before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<FieldChange> {
    let differences = cfn::diff::values(&Value::Object(before.clone()), &Value::Object(after.clone()));
    let changes = differences.into_iter().map(|difference| FieldChange {
        field: difference.path.join("."),
        before: difference.before.as_ref().map(phrase),
        after: difference.after.as_ref().map(phrase),
    });
    changes.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn template(definition: Value) -> Value {
        json!({"Resources": {"Signup": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {
            "DefinitionString": {"Fn::Sub": [definition.to_string(), {"abc": {"Fn::GetAtt": ["F", "Arn"]}}]},
        }}}})
    }

    #[test]
    fn states_that_come_go_and_change_are_told_each() {
        let before = template(json!({"StartAt": "A", "States": {
            "A": {"Type": "Task", "Resource": "${abc}", "Next": "B"},
            "B": {"Type": "Pass", "End": true},
        }}));
        let after = template(json!({"StartAt": "A", "States": {
            "A": {"Type": "Task", "Resource": "${abc}", "TimeoutSeconds": 5, "Next": "C"},
            "C": {"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "D", "States": {
                "D": {"Type": "Succeed"},
            }}},
        }}));
        let changes = changed(&before, &after);
        assert_eq!(changes.len(), 1);
        let told: Vec<(&str, &StateFate)> =
            changes[0].states.iter().map(|change| (change.state.as_str(), &change.what)).collect();
        let field = |field: &str, before: Option<&str>, after: &str| FieldChange {
            field: field.into(),
            before: before.map(str::to_owned),
            after: Some(after.into()),
        };
        let fields = vec![field("Next", Some("B"), "C"), field("TimeoutSeconds", None, "5")];
        assert_eq!(
            told,
            [
                ("A", &StateFate::Changed(fields)),
                ("B", &StateFate::Removed("Pass".into())),
                ("C", &StateFate::Added("Map".into())),
                ("C › D", &StateFate::Added("Succeed".into())),
            ]
        );
    }

    #[test]
    fn the_same_definition_says_nothing_and_one_that_is_no_json_says_that_it_differs() {
        let machine = |text: &str| json!({"Resources": {"M": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"DefinitionString": text}}}});
        assert_eq!(changed(&machine("{}"), &machine("{}")), []);
        assert_eq!(changed(&machine("{"), &machine("{}"))[0].states[0].what, StateFate::Unreadable);
    }
}
