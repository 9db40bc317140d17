//! Plays the calls of a case against a local AWS, over the wire.

use std::time::Duration;

use local_aws::daemon::LocalAws;
use serde_json::{Value, json};

use super::case::{Answer, Case};
use super::wire::Wire;

/// How long an execution is waited for.
const PATIENCE: Duration = Duration::from_secs(120);

/// Between two looks at an execution.
const POLL: Duration = Duration::from_millis(20);

/// A local AWS and the way to it.
pub struct Player {
    _local: LocalAws,
    wire: Wire,
}

impl Player {
    pub async fn start() -> Player {
        let local = crate::support::local_aws().await;
        Player { wire: Wire::to(&local.running()), _local: local }
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
            let (status, mut body) = self.wire.states(&call.operation, &parameters).await;
            if call.operation == "StartExecution"
                && let Some(arn) = body["executionArn"].as_str()
            {
                latest = Some(arn.to_owned());
            }
            if call.operation == "GetExecutionHistory" && status == 200 {
                self.complete(&parameters, &mut body).await;
            }
            let shown = if status == 200 { answered(status, body) } else { refused(status, body, &call.operation) };
            answers.push(Answer { operation: call.operation.clone(), shown });
        }
        answers
    }

    /// Adds the further pages of a history.
    async fn complete(&self, parameters: &Value, body: &mut Value) {
        while let Some(token) = body["nextToken"].as_str().map(str::to_owned) {
            let mut input = parameters.clone();
            input["nextToken"] = token.into();
            let (_, mut page) = self.wire.states("GetExecutionHistory", &input).await;
            let mut events = body["events"].as_array().cloned().unwrap_or_default();
            events.append(page["events"].as_array_mut().expect("events"));
            page["events"] = events.into();
            *body = page;
        }
    }

    async fn wait_for_the_end(&self, arn: &str) {
        let start = tokio::time::Instant::now();
        while start.elapsed() < PATIENCE {
            let (_, body) = self.wire.states("DescribeExecution", &json!({"executionArn": arn})).await;
            if body["status"] != "RUNNING" {
                return;
            }
            tokio::time::sleep(POLL).await;
        }
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

fn answered(status: u16, mut body: Value) -> Value {
    if !body.is_object() {
        body = json!({});
    }
    body["ResponseMetadata"] = json!({"HTTPHeaders": {}, "HTTPStatusCode": status});
    body
}

/// A fault as recordings hold it, in either of their forms.
fn refused(status: u16, mut body: Value, operation: &str) -> Value {
    let code = body["__type"].as_str().unwrap_or_default().rsplit('#').next().unwrap_or_default().to_owned();
    let message = body["message"].as_str().or_else(|| body["Message"].as_str()).unwrap_or_default().to_owned();
    if let Some(members) = body.as_object_mut() {
        members.remove("__type");
    }
    body["Error"] = json!({"Code": code, "Message": message});
    body["ResponseMetadata"] = json!({"HTTPHeaders": {}, "HTTPStatusCode": status});
    body["message"] = message.clone().into();
    body["exception_value"] =
        format!("An error occurred ({code}) when calling the {operation} operation: {message}").into();
    body["exception_typename"] = code.into();
    body
}
