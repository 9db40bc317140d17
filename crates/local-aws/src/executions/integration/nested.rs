//! `states:startExecution`: executions started by executions.

use std::sync::Arc;

use asl::Failure;
use asl::resource::Pattern;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};

use super::api::STATES;
use super::{Answer, Task};
use crate::executions::record::{Entry, Open};
use crate::services::states::describe_execution;
use crate::services::states::machine::Kind;

/// Starts an execution; answers what StartExecution answers.
pub fn request(task: &Task) -> BoxFuture<'_, Answer> {
    Box::pin(async move {
        let output = task.cloud.invoke("states", "StartExecution", task.region(), input(&task.invoke.payload)).await;
        let output = output.map_err(|fault| STATES.failure(&fault))?;
        let arn = output.body["executionArn"].clone();
        let mut members = Map::new();
        members.insert("ExecutionArn".to_owned(), arn.clone());
        members.insert("StartDate".to_owned(), millis(&output.body["startDate"]));
        members.append(&mut STATES.metadata(
            output.status,
            written(&output.body).len(),
            task.cloud.clock.now(),
            Vec::new(),
        ));
        Ok(Value::Object(members))
    })
}

/// Waits for the end of the started execution; answers its description, with the output as text (`.sync`) or as JSON
/// (`.sync:2`).
pub fn finish(task: &Task, started: Value) -> BoxFuture<'_, Answer> {
    Box::pin(async move {
        let arn = started["ExecutionArn"].as_str().unwrap_or_default().to_owned();
        let child = task.cloud.states.executions.get(&arn).map_err(|fault| STATES.failure(&fault))?;
        if child.program.kind == Kind::Express {
            return Err(Failure::new("States.Runtime", "Express executions cannot be waited for"));
        }
        if let Some(open) = task.entry.live().open.get_mut(&task.invoke.id) {
            *open = Open::Nested(arn);
        }
        child.ended().await;
        let description = described(&child, task.invoke.resource.pattern() == Pattern::Sync2);
        match child.status() {
            "SUCCEEDED" => Ok(description),
            _ => Err(Failure::new("States.TaskFailed", described(&child, false).to_string())),
        }
    })
}

/// The answer as Step Functions writes it, its time with an exponent.
fn written(body: &Value) -> String {
    let seconds = body["startDate"].as_f64().unwrap_or_default();
    format!("{{\"executionArn\":{},\"startDate\":{seconds:E}}}", body["executionArn"])
}

/// The members of StartExecution from those that the integration takes.
fn input(payload: &Value) -> Value {
    let sent = STATES.input(payload);
    let names =
        [("StateMachineArn", "stateMachineArn"), ("Name", "name"), ("Input", "input"), ("TraceHeader", "traceHeader")];
    let members = names.into_iter().filter_map(|(from, to)| Some((to.to_owned(), sent.get(from)?.clone())));
    Value::Object(members.collect())
}

/// DescribeExecution's answer as the SDK for Java writes it.
fn described(child: &Arc<Entry>, parse: bool) -> Value {
    let mut description = Map::new();
    // Observed: what was added to DescribeExecution for redrives is not in the integration's answer.
    let members =
        describe_execution::described(child, true).into_iter().filter(|(name, _)| !name.starts_with("redrive"));
    for (name, value) in members {
        let value = match name.as_str() {
            "startDate" | "stopDate" => millis(&value),
            "inputDetails" | "outputDetails" => json!({"Included": value["included"]}),
            "input" | "output" if parse => {
                value.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or(value)
            }
            _ => value,
        };
        let mut letters = name.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase()).unwrap_or_default();
        description.insert(format!("{first}{}", letters.as_str()), value);
    }
    description.sort_keys();
    Value::Object(description)
}

/// Epoch seconds of an output as the milliseconds that Java writes.
fn millis(seconds: &Value) -> Value {
    seconds.as_f64().map_or(Value::Null, |seconds| json!((seconds * 1000.0).round() as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_as_long_as_step_functions_writes_it() {
        let body = json!({"executionArn": "arn", "startDate": 1688135339.123});
        assert_eq!(written(&body), r#"{"executionArn":"arn","startDate":1.688135339123E9}"#);
    }

    #[test]
    fn an_input_that_is_no_text_is_sent_as_json() {
        let sent = input(&json!({"StateMachineArn": "a", "Input": {"x": [1, null]}, "Name": "n"}));
        assert_eq!(sent, json!({"stateMachineArn": "a", "name": "n", "input": "{\"x\":[1,null]}"}));
        assert_eq!(input(&json!({"StateMachineArn": "a", "Input": null})), json!({"stateMachineArn": "a"}));
    }
}
