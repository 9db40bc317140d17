//! Plays the calls of a case against a local AWS, over the wire.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use local_aws::wire::{Call, Fault, Output};
use local_aws::{Clock, Cloud};
use serde_json::{Value, json};

use super::case::{Answer, Case};

/// How long an execution is waited for.
const PATIENCE: Duration = Duration::from_secs(120);

/// Between two looks at an execution.
const POLL: Duration = Duration::from_millis(20);

/// A local AWS and the way to it.
pub struct Player {
    cloud: Arc<Cloud>,
}

impl Player {
    pub async fn start() -> Player {
        Player { cloud: Cloud::in_memory(Clock::system()).expect("a cloud in memory") }
    }

    /// Makes the calls of `case` in order.
    pub async fn play(&self, case: &Case) -> Vec<Answer> {
        let mut answers = Vec::new();
        let mut latest = None;
        for call in &case.calls {
            let parameters = aimed(&call.parameters, latest.as_deref());
            if call.operation == "GetExecutionHistory" || call.operation == "DescribeExecution" {
                self.wait_for_the_end(parameters["executionArn"].as_str().unwrap_or_default()).await;
            }
            let result = self.call(&call.operation, parameters.clone()).await;
            if let Ok(output) = &result
                && let Some(arn) = output.body["executionArn"].as_str()
                && call.operation == "StartExecution"
            {
                latest = Some(arn.to_owned());
            }
            let shown = match result {
                Ok(mut output) => {
                    if call.operation == "GetExecutionHistory" {
                        self.complete(&parameters, &mut output).await;
                    }
                    answered(output)
                }
                Err(fault) => refused(&fault, &call.operation),
            };
            answers.push(Answer { operation: call.operation.clone(), shown });
        }
        answers
    }

    /// Adds the further pages of a history.
    async fn complete(&self, parameters: &Value, output: &mut Output) {
        while let Some(token) = output.body["nextToken"].as_str().map(str::to_owned) {
            let mut input = parameters.clone();
            input["nextToken"] = token.into();
            let mut page = self.call("GetExecutionHistory", input).await.expect("the next page");
            let mut events = output.body["events"].as_array().cloned().unwrap_or_default();
            events.append(page.body["events"].as_array_mut().expect("events"));
            page.body["events"] = events.into();
            *output = page;
        }
    }

    async fn wait_for_the_end(&self, arn: &str) {
        let start = tokio::time::Instant::now();
        while start.elapsed() < PATIENCE {
            match self.call("DescribeExecution", json!({"executionArn": arn})).await {
                Ok(output) if output.body["status"] == "RUNNING" => tokio::time::sleep(POLL).await,
                _ => return,
            }
        }
    }

    async fn call(&self, operation: &str, input: Value) -> Result<Output, Fault> {
        self.cloud.answer(Call::internal("states", operation, "us-east-1", input, Bytes::new())).await
    }
}

/// The parameters with the ARN of the latest execution where the case holds a made-up one.
fn aimed(parameters: &Value, latest: Option<&str>) -> Value {
    let mut parameters = parameters.clone();
    let made_up = parameters["executionArn"].as_str().is_some_and(|arn| arn.ends_with(":execution:x:y"));
    if let (true, Some(latest)) = (made_up, latest) {
        parameters["executionArn"] = latest.into();
    }
    parameters
}

fn answered(output: Output) -> Value {
    let mut shown = output.body;
    shown["ResponseMetadata"] = json!({"HTTPHeaders": {}, "HTTPStatusCode": output.status});
    shown
}

/// A fault as recordings hold it, in either of their forms.
fn refused(fault: &Fault, operation: &str) -> Value {
    let mut shown = json!({
        "Error": {"Code": fault.code, "Message": fault.message},
        "ResponseMetadata": {"HTTPHeaders": {}, "HTTPStatusCode": fault.status},
        "message": fault.message,
        "exception_typename": fault.code,
        "exception_value": format!(
            "An error occurred ({}) when calling the {operation} operation: {}",
            fault.code, fault.message
        ),
    });
    for (name, value) in &fault.members {
        shown[name] = value.clone();
    }
    shown
}
