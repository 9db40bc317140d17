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
use crate::wire::{Call, Fault, Output};

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
    /// Members that are texts to the service and may be any JSON to the integration.
    pub texts: &'static [&'static str],
    /// The part of an operation's name and the member that travels as a raw body, of the request and of the response.
    pub body: Option<(&'static str, &'static str)>,
    /// Members of the response that travel as headers.
    pub headers: &'static [(&'static str, &'static str)],
}

/// Every service of `aws-sdk:`.
pub const SDK_SERVICES: &[SdkService] = &[
    of("apigateway", "apigateway", "ApiGateway", true),
    of("apigatewayv2", "apigatewayv2", "ApiGatewayV2", true),
    of("cloudformation", "cloudformation", "CloudFormation", false),
    of("cloudwatchlogs", "logs", "CloudWatchLogs", true),
    of("dynamodb", "dynamodb", "DynamoDb", false),
    of("iam", "iam", "Iam", false),
    SdkService {
        body: Some(("Invoke", "Payload")),
        headers: &[
            ("X-Amz-Executed-Version", "ExecutedVersion"),
            ("X-Amz-Function-Error", "FunctionError"),
            ("X-Amz-Log-Result", "LogResult"),
        ],
        ..of("lambda", "lambda", "Lambda", false)
    },
    SdkService { body: Some(("Object", "Body")), ..of("s3", "s3", "S3", false) },
    SdkService { texts: &["Input", "Output"], ..of("sfn", "states", "Sfn", true) },
    SdkService { texts: &["Message"], ..of("sns", "sns", "Sns", false) },
    SdkService { texts: &["MessageBody"], ..of("sqs", "sqs", "Sqs", false) },
    of("ssm", "ssm", "Ssm", false),
    of("sts", "sts", "Sts", false),
];

const fn of(name: &'static str, service: &'static str, prefix: &'static str, camel: bool) -> SdkService {
    SdkService { name, service, prefix, camel, texts: &[], body: None, headers: &[] }
}

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
        Ok(answered(service, &operation, output))
    })
}

/// The output's members, those that travel as the body or as headers among them.
fn answered(service: &SdkService, operation: &str, output: Output) -> Value {
    let mut members = match with_times(service, respell(output.body, service.camel, false)) {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    if let (Some(payload), Some((_, member))) = (output.payload, service.body) {
        members.insert(member.to_owned(), String::from_utf8_lossy(&payload).into_owned().into());
    }
    for (header, member) in service.headers {
        if let Some((_, value)) = output.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(header)) {
            members.insert((*member).to_owned(), value.clone().into());
        }
    }
    if (service.name, operation) == ("lambda", "Invoke") {
        members.insert("StatusCode".to_owned(), output.status.into());
        members.sort_keys();
    }
    Value::Object(members)
}

/// The input in the service's own spelling, and the member that travels as the raw body: any JSON, also text, as JSON.
///
/// Observed: `Body: "text"` of `aws-sdk:s3:putObject` makes an object that holds `"text"` with its quotes.
fn split(service: &SdkService, operation: &str, payload: Value) -> (Value, Bytes) {
    let mut input = respell(sent(service, payload), service.camel, true);
    let raw = service
        .body
        .filter(|(part, _)| operation.contains(part))
        .and_then(|(_, member)| input.as_object_mut().and_then(|members| members.remove(member)));
    (input, raw.map(|value| Bytes::from(value.to_string())).unwrap_or_default())
}

/// What the SDK sends: nothing that is null, and text where the service wants text.
fn sent(service: &SdkService, payload: Value) -> Value {
    let Value::Object(members) = payload else {
        return payload;
    };
    let text = |name: &str, value: Value| match value {
        Value::String(_) => value,
        other if service.texts.contains(&name) => Value::String(other.to_string()),
        other => other,
    };
    let kept = members.into_iter().filter(|(_, value)| !value.is_null());
    Value::Object(kept.map(|(name, value)| (name.clone(), text(&name, value))).collect())
}

/// Times as the SDK's texts: `2026-01-31T10:20:30.400Z`. CloudWatch Logs has no times, only milliseconds.
fn with_times(service: &SdkService, value: Value) -> Value {
    match value {
        Value::Object(members) if service.service != "logs" => {
            let shown = |(name, value): (String, Value)| match value.as_f64().filter(|_| is_time(&name)) {
                Some(seconds) => (name, time(seconds)),
                None => (name, with_times(service, value)),
            };
            Value::Object(members.into_iter().map(shown).collect())
        }
        Value::Array(items) => items.into_iter().map(|item| with_times(service, item)).collect(),
        other => other,
    }
}

fn is_time(name: &str) -> bool {
    let times = ["LastModified", "Timestamp", "Expiration", "CreationTime", "LastUpdatedTime", "DeletionTime"];
    name.ends_with("Date") || name.ends_with("DateTime") || times.contains(&name)
}

fn time(seconds: f64) -> Value {
    let ms = (seconds * 1000.0).round() as i64;
    let at = jiff::Timestamp::from_millisecond(ms).unwrap_or_default();
    let form = if ms % 1000 == 0 { "%Y-%m-%dT%H:%M:%SZ" } else { "%Y-%m-%dT%H:%M:%S.%3fZ" };
    at.strftime(form).to_string().into()
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
    let further = match service.service {
        "s3" => format!(", Extended Request ID: {}", uuid::Uuid::new_v4().simple()),
        _ => String::new(),
    };
    let cause =
        format!("{} (Service: {prefix}, Status Code: {}, Request ID: {id}{further})", fault.message, fault.status);
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

    fn service(name: &str) -> &'static SdkService {
        SDK_SERVICES.iter().find(|service| service.name == name).unwrap()
    }

    #[test]
    fn nothing_is_sent_for_null_and_json_goes_as_text_where_text_is_wanted() {
        let payload = json!({"StateMachineArn": "a", "Name": null, "Input": {"k": 1}});
        assert_eq!(sent(service("sfn"), payload), json!({"StateMachineArn": "a", "Input": "{\"k\":1}"}));
    }

    #[test]
    fn times_are_shown_as_texts() {
        let shown = with_times(service("s3"), json!({"Contents": [{"LastModified": 1.5, "Size": 3}]}));
        assert_eq!(shown, json!({"Contents": [{"LastModified": "1970-01-01T00:00:01.500Z", "Size": 3}]}));
        let events = json!({"Events": [{"Timestamp": 5}]});
        assert_eq!(with_times(service("cloudwatchlogs"), events.clone()), events);
    }

    #[test]
    fn errors_are_named_as_in_the_second_java_sdk() {
        let service = service("s3");
        let failure =
            failure(service, &Fault::sender("NoSuchKey", "The specified key does not exist.").with_status(404));
        assert_eq!(failure.error.as_deref(), Some("S3.NoSuchKeyException"));
        let cause = failure.cause.unwrap();
        assert!(cause.starts_with("The specified key does not exist. (Service: S3, Status Code: 404, Request ID: "));
        assert!(cause.contains(", Extended Request ID: "), "{cause}");
    }
}
