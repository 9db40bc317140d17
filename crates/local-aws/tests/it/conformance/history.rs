//! Histories compared by what happened, for the grades below exact.

use serde_json::{Value, json};

use super::Grade;

/// How well `answered` agrees with `recorded`, which differ in `differences`.
pub fn grade(recorded: &Value, answered: &Value, differences: &[String]) -> Grade {
    if differences.is_empty() {
        return Grade::Exact;
    }
    let (Some(wanted), Some(got)) = (events(recorded), events(answered)) else {
        return answer_grade(recorded, answered);
    };
    let same_end = last(wanted, "output") == last(got, "output") && last(wanted, "error") == last(got, "error");
    let same_type = wanted.last().map(|event| &event["type"]) == got.last().map(|event| &event["type"]);
    if !same_end || !same_type {
        return Grade::Different;
    }
    match steps(wanted) == steps(got) && last(wanted, "cause") == last(got, "cause") {
        true => Grade::Semantic,
        false => Grade::Outcome,
    }
}

/// For answers that are no history: the same status or error code is the same outcome.
fn answer_grade(recorded: &Value, answered: &Value) -> Grade {
    let code = |value: &Value| {
        let code = value["Error"]["Code"].as_str().or_else(|| value["exception_typename"].as_str());
        (code.map(str::to_owned), value["status"].as_str().map(str::to_owned), parsed(&value["output"]))
    };
    if code(recorded) == code(answered) { Grade::Outcome } else { Grade::Different }
}

/// The input and output of an execution, from its history.
pub fn input_and_output(answered: &Value) -> Option<Value> {
    let events = events(answered)?;
    let input = parsed(&events.first()?["executionStartedEventDetails"]["input"]);
    Some(json!({"input": input, "output": last(events, "output")}))
}

fn events(value: &Value) -> Option<&Vec<Value>> {
    value.get("events").and_then(Value::as_array)
}

/// The types of the events with the states that they name.
fn steps(events: &[Value]) -> Vec<(String, String)> {
    let state = |event: &Value| {
        let details = event["stateEnteredEventDetails"].as_object().or(event["stateExitedEventDetails"].as_object());
        details.and_then(|details| details["name"].as_str()).unwrap_or_default().to_owned()
    };
    events.iter().map(|event| (event["type"].as_str().unwrap_or_default().to_owned(), state(event))).collect()
}

/// A member of the last event's details.
fn last(events: &[Value], member: &str) -> Value {
    let details = events
        .last()
        .and_then(Value::as_object)
        .and_then(|event| event.iter().find(|(name, _)| name.ends_with("EventDetails")).map(|(_, details)| details));
    details.map_or(Value::Null, |details| parsed(&details[member]))
}

/// JSON held in a string, taken out of it.
fn parsed(value: &Value) -> Value {
    value.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_else(|| value.clone())
}
