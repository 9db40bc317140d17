//! `aws-sdk:SERVICE:ACTION`: every operation of every service that the local AWS has.
//!
//! Members are spelled in PascalCase on this side whatever the service's own model says, and errors carry the names of
//! the AWS SDK for Java 2.

use asl::Failure;
use asl::resource::{Pattern, Resource};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value};

use super::api::operation_of;
use super::{Answer, Task};
use crate::services;
use crate::wire::{Call, Fault};

/// A service as `aws-sdk:` integrations name it.
pub struct SdkService {
    /// In the resource.
    pub name: &'static str,
    /// The signing name.
    pub service: &'static str,
    /// In errors.
    pub prefix: &'static str,
    /// Whether its own model spells members with a small first letter.
    pub camel: bool,
    /// The operation and member that travel as a raw body: of the request, of the response.
    pub body: Option<(&'static str, &'static str)>,
}

/// Every service of `aws-sdk:`.
pub const SDK_SERVICES: &[SdkService] = &[
    SdkService { name: "apigateway", service: "apigateway", prefix: "ApiGateway", camel: true, body: None },
    SdkService { name: "apigatewayv2", service: "apigatewayv2", prefix: "ApiGatewayV2", camel: true, body: None },
    SdkService {
        name: "cloudformation",
        service: "cloudformation",
        prefix: "CloudFormation",
        camel: false,
        body: None,
    },
    SdkService { name: "cloudwatchlogs", service: "logs", prefix: "CloudWatchLogs", camel: true, body: None },
    SdkService { name: "dynamodb", service: "dynamodb", prefix: "DynamoDb", camel: false, body: None },
    SdkService { name: "iam", service: "iam", prefix: "Iam", camel: false, body: None },
    SdkService { name: "lambda", service: "lambda", prefix: "Lambda", camel: false, body: Some(("Invoke", "Payload")) },
    SdkService { name: "s3", service: "s3", prefix: "S3", camel: false, body: Some(("Object", "Body")) },
    SdkService { name: "sfn", service: "states", prefix: "Sfn", camel: true, body: None },
    SdkService { name: "sqs", service: "sqs", prefix: "Sqs", camel: false, body: None },
    SdkService { name: "ssm", service: "ssm", prefix: "Ssm", camel: false, body: None },
    SdkService { name: "sts", service: "sts", prefix: "Sts", camel: false, body: None },
];

/// The service and operation that `service:action` names, if the local AWS has it.
pub fn operation(service: &str, action: &str) -> Option<(&'static SdkService, String)> {
    let found = SDK_SERVICES.iter().find(|entry| entry.name == service)?;
    let operation = operation_of(action);
    services::find(found.service, &operation).map(|_| (found, operation))
}

/// Passes the payload on to the operation.
pub fn request(task: &Task) -> BoxFuture<'_, Answer> {
    Box::pin(async move {
        let Resource::Service { service, action, .. } = &task.invoke.resource else {
            return Err(Failure::new("States.Runtime", "not a service integration"));
        };
        let name = service.strip_prefix("aws-sdk:").unwrap_or(service);
        let Some((service, operation)) = operation(name, action) else {
            return Err(Failure::new("States.Runtime", format!("the local AWS has no {name}:{action}")));
        };
        let (input, body) = split(service, &operation, task.invoke.payload.clone());
        let call = Call::internal(service.service, &operation, task.region(), input, body);
        let output = task.cloud.answer(call).await.map_err(|fault| failure(service, &fault))?;
        let mut members = match respell(output.body, service.camel, false) {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        if let (Some(payload), Some((_, member))) = (output.payload, service.body) {
            members.insert(member.to_owned(), String::from_utf8_lossy(&payload).into_owned().into());
        }
        Ok(Value::Object(members))
    })
}

/// The input in the service's own spelling, and the member that travels as the raw body.
fn split(service: &SdkService, operation: &str, payload: Value) -> (Value, Bytes) {
    let mut input = respell(payload, service.camel, true);
    let raw = service
        .body
        .filter(|(part, _)| operation.contains(part))
        .and_then(|(_, member)| input.as_object_mut().and_then(|members| members.remove(member)));
    let body = match raw {
        None => Bytes::new(),
        Some(Value::String(text)) => Bytes::from(text),
        Some(value) => Bytes::from(value.to_string()),
    };
    (input, body)
}

/// Changes the first letter of every member, where the service's model wants it.
fn respell(value: Value, camel: bool, to_service: bool) -> Value {
    match value {
        Value::Object(members) if camel => Value::Object(
            members
                .into_iter()
                .map(|(name, value)| {
                    let inner = if is_map(&name) { value } else { respell(value, camel, to_service) };
                    (first_letter(&name, to_service), inner)
                })
                .collect(),
        ),
        Value::Array(items) => items.into_iter().map(|item| respell(item, camel, to_service)).collect(),
        other => other,
    }
}

/// Members whose keys are the user's.
fn is_map(name: &str) -> bool {
    matches!(first_letter(name, true).as_str(), "tags" | "variables" | "stageVariables" | "requestParameters")
}

fn first_letter(name: &str, lower: bool) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|letter| match lower {
        true => letter.to_ascii_lowercase(),
        false => letter.to_ascii_uppercase(),
    });
    first.map(|letter| format!("{letter}{}", letters.as_str())).unwrap_or_default()
}

/// A fault under the names of the AWS SDK for Java 2.
fn failure(service: &SdkService, fault: &Fault) -> Failure {
    let prefix = service.prefix;
    let general = matches!(
        fault.code.as_str(),
        "ValidationException" | "SerializationException" | "AccessDeniedException" | "AccessDenied" | "InternalFailure"
    );
    let error = match general {
        true => format!("{prefix}.{prefix}Exception"),
        false if fault.code.ends_with("Exception") => format!("{prefix}.{}", fault.code),
        false => format!("{prefix}.{}Exception", fault.code),
    };
    let id = uuid::Uuid::new_v4();
    let cause = format!("{} (Service: {prefix}, Status Code: {}, Request ID: {id})", fault.message, fault.status);
    Failure::new(error, cause)
}

/// Whether a pattern makes sense for `aws-sdk:` integrations.
pub fn takes(pattern: Pattern) -> bool {
    matches!(pattern, Pattern::RequestResponse | Pattern::WaitForTaskToken)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_change_their_first_letter_but_maps_keep_their_keys() {
        let value = json!({"LogGroupName": "g", "Tags": {"Team": "a"}, "LogEvents": [{"Message": "m"}]});
        assert_eq!(
            respell(value, true, true),
            json!({"logGroupName": "g", "tags": {"Team": "a"}, "logEvents": [{"message": "m"}]})
        );
    }

    #[test]
    fn errors_are_named_as_in_the_second_java_sdk() {
        let service = &SDK_SERVICES[7];
        let failure =
            failure(service, &Fault::sender("NoSuchKey", "The specified key does not exist.").with_status(404));
        assert_eq!(failure.error.as_deref(), Some("S3.NoSuchKeyException"));
        assert!(
            failure
                .cause
                .unwrap()
                .starts_with("The specified key does not exist. (Service: S3, Status Code: 404, Request ID: ")
        );
    }
}
