//! Lambda functions: by their own ARN, and as `lambda:invoke`.

use asl::Failure;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::api::LAMBDA;
use super::{Answer, Task};
use crate::wire::{Call, Fault, Output};

/// What an invocation came to.
struct Invoked {
    status: u16,
    version: String,
    payload: Bytes,
    headers: Vec<(String, String)>,
}

/// Calls the function `arn` with the task's payload as its event; answers what it returns.
pub async fn function(task: &Task, arn: &str) -> Answer {
    let input = json!({"FunctionName": arn});
    let event = Bytes::from(task.invoke.payload.to_string());
    let invoked = invoke(task, input, event).await?;
    returned(&invoked.payload)
}

/// `lambda:invoke`: calls the function that the payload names; answers the whole response of Invoke.
pub fn request(task: &Task) -> BoxFuture<'_, Answer> {
    Box::pin(async move {
        let mut input = LAMBDA.input(&task.invoke.payload);
        let payload = input.as_object_mut().and_then(|members| members.remove("Payload"));
        let event = payload.map(|payload| Bytes::from(payload.to_string())).unwrap_or_default();
        let invoked = invoke(task, input, event).await.map_err(compacted)?;
        Ok(response(&invoked, task.cloud.clock.now()))
    })
}

async fn invoke(task: &Task, input: Value, event: Bytes) -> Result<Invoked, Failure> {
    let call = Call::internal("lambda", "Invoke", task.region(), input, event);
    let output = task.cloud.answer(call).await.map_err(|fault| refused(&fault))?;
    let header = |name: &str| header(&output, name);
    let payload = output.payload.clone().unwrap_or_default();
    if header("X-Amz-Function-Error").is_some() {
        return Err(thrown(&payload));
    }
    Ok(Invoked {
        status: output.status,
        version: header("X-Amz-Executed-Version").unwrap_or_else(|| "$LATEST".to_owned()),
        payload,
        headers: output.headers,
    })
}

fn header(output: &Output, name: &str) -> Option<String> {
    output.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
}

/// An error that the function itself reported: its type is the error's name, the whole report the cause.
///
/// Source: Step Functions developer guide, "Handling errors in Step Functions workflows", Lambda.Unknown.
/// Observed: a function's own time-out arrives as `Sandbox.Timedout`.
fn thrown(payload: &Bytes) -> Failure {
    let text = String::from_utf8_lossy(payload).into_owned();
    let report: Option<Value> = serde_json::from_str(&text).ok();
    let name = report.as_ref().and_then(|report| report.get("errorType")).and_then(Value::as_str);
    match name.filter(|name| !name.is_empty()) {
        Some(name) => Failure::new(name, text),
        None => Failure::new(
            "Lambda.Unknown",
            format!(
                "The cause could not be determined because Lambda did not return an error type. Returned payload: {text}"
            ),
        ),
    }
}

/// The failure as `lambda:invoke` tells it: a report that is JSON without the spaces in which the function wrote it.
///
/// Observed: a Task with the function's own ARN keeps them.
fn compacted(failure: Failure) -> Failure {
    let report = failure.cause.as_deref().and_then(|cause| serde_json::from_str::<Value>(cause).ok());
    match report {
        Some(report) if report.is_object() => Failure { cause: Some(report.to_string()), ..failure },
        _ => failure,
    }
}

/// A fault of the Lambda service.
fn refused(fault: &Fault) -> Failure {
    match fault.status {
        500.. if !fault.code.ends_with("Exception") => {
            LAMBDA.failure(&Fault { code: "ServiceException".to_owned(), ..fault.clone() })
        }
        _ => LAMBDA.failure(fault),
    }
}

/// What a function returned, which has to be JSON.
fn returned(payload: &Bytes) -> Answer {
    if payload.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(payload).map_err(|_| {
        let text = String::from_utf8_lossy(payload);
        Failure::new("States.Runtime", format!("The Lambda function returned a value that is not JSON: {text}"))
    })
}

/// The response of Invoke as the integration shows it.
fn response(invoked: &Invoked, now: Timestamp) -> Value {
    let payload = match serde_json::from_slice::<Value>(&invoked.payload) {
        Ok(value) => value,
        Err(_) => Value::String(String::from_utf8_lossy(&invoked.payload).into_owned()),
    };
    let shown = ["X-Amz-Executed-Version", "x-amzn-RequestId", "X-Amzn-Trace-Id", "X-Amz-Log-Result"];
    let own = invoked.headers.iter().filter(|(name, _)| shown.contains(&name.as_str())).cloned().collect();
    let mut members = LAMBDA.metadata(invoked.status, invoked.payload.len(), now, own);
    if let Some((_, log)) = invoked.headers.iter().find(|(name, _)| name == "X-Amz-Log-Result") {
        members.insert("LogResult".to_owned(), log.clone().into());
    }
    members.insert("ExecutedVersion".to_owned(), invoked.version.clone().into());
    members.insert("Payload".to_owned(), payload);
    members.insert("StatusCode".to_owned(), invoked.status.into());
    members.sort_keys();
    Value::Object(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_the_function_keeps_its_type_and_report() {
        let report = r#"{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: 1 Error: Task timed out after 6.00 seconds"}"#;
        let failure = thrown(&Bytes::from(report));
        assert_eq!(failure, Failure::new("Sandbox.Timedout", report));
    }

    #[test]
    fn the_integration_tells_a_report_without_its_spaces() {
        let failure = compacted(thrown(&Bytes::from(r#"{"errorType": "E", "errorMessage": "a b"}"#)));
        assert_eq!(failure, Failure::new("E", r#"{"errorType":"E","errorMessage":"a b"}"#));
        assert_eq!(compacted(Failure::new("E", "in words")), Failure::new("E", "in words"));
    }

    #[test]
    fn an_error_without_a_type_is_unknown() {
        let failure = thrown(&Bytes::from(r#"{"errorMessage":"x"}"#));
        assert_eq!(failure.error.as_deref(), Some("Lambda.Unknown"));
        assert_eq!(
            failure.cause.as_deref(),
            Some(
                "The cause could not be determined because Lambda did not return an error type. Returned payload: \
                 {\"errorMessage\":\"x\"}"
            )
        );
    }

    #[test]
    fn a_missing_function_is_an_error_of_the_service() {
        let fault = Fault::sender("ResourceNotFoundException", "Function not found: f").with_status(404);
        assert_eq!(refused(&fault).error.as_deref(), Some("Lambda.ResourceNotFoundException"));
        let fault = Fault::receiver("InternalFailure", "x");
        assert_eq!(refused(&fault).error.as_deref(), Some("Lambda.ServiceException"));
    }
}
