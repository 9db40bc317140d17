//! awsJson 1.0 and 1.1: the operation in `X-Amz-Target`, the input in the body.

use bytes::Bytes;
use http::request::Parts;
use http::{Response, StatusCode};
use serde_json::{Map, Value, json};

use super::{Fault, Output};
use crate::services::sqs;

/// The prefixes of `X-Amz-Target` and the service that each means.
const TARGETS: &[(&str, &str)] = &[
    ("AWSEvents", "events"),
    ("AWSStepFunctions", "states"),
    ("DynamoDB_20120810", "dynamodb"),
    ("DynamoDBStreams_20120810", "dynamodb"),
    ("GraniteServiceVersion20100801", "monitoring"),
    ("Logs_20140328", "logs"),
    ("AmazonSQS", "sqs"),
    ("AmazonSSM", "ssm"),
];

/// The service and operation of `X-Amz-Target`.
pub fn target(parts: &Parts) -> Option<(Option<&'static str>, String)> {
    let target = parts.headers.get("x-amz-target")?.to_str().ok()?;
    let (prefix, operation) = target.split_once('.')?;
    let service = TARGETS.iter().find(|(known, _)| *known == prefix).map(|(_, service)| *service);
    Some((service, operation.to_owned()))
}

/// The input in a body; no body is an empty input.
///
/// # Errors
/// `SerializationException` for what is not a JSON object.
pub fn input(body: &Bytes) -> Result<Value, Fault> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Value::Object(Map::new()));
    }
    match serde_json::from_slice::<Value>(body) {
        Ok(input) if input.is_object() => Ok(input),
        Ok(_) => Err(Fault::sender("SerializationException", "Start of structure or map found where not expected.")),
        Err(error) => Err(Fault::sender("SerializationException", format!("The body is not valid JSON: {error}"))),
    }
}

/// The answer to a call that went well.
pub fn answer(version: &str, output: Output) -> Response<Bytes> {
    let mut response = body(version, output.status, &output.body);
    super::front::add_headers(&mut response, &output.headers);
    response
}

/// The answer to a call that failed.
pub fn refuse(version: &str, service: Option<&str>, fault: &Fault) -> Response<Bytes> {
    let mut members = fault.members.clone();
    members.insert("__type".to_owned(), json!(fault.code));
    members.entry("message").or_insert_with(|| json!(fault.message));
    let mut response = body(version, fault.status, &Value::Object(members));
    super::front::add_headers(&mut response, &[("x-amzn-ErrorType".to_owned(), fault.code.clone())]);
    if let Some(code) = service.filter(|service| *service == "sqs").and_then(|_| sqs::query_code(&fault.code)) {
        super::front::add_headers(&mut response, &[("x-amzn-query-error".to_owned(), format!("{code};Sender"))]);
    }
    response
}

fn body(version: &str, status: u16, value: &Value) -> Response<Bytes> {
    let text = value.to_string();
    let mut response = Response::new(Bytes::from(text.clone()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = [
        ("content-type".to_owned(), format!("application/x-amz-json-{version}")),
        ("x-amz-crc32".to_owned(), crc32fast::hash(text.as_bytes()).to_string()),
    ];
    super::front::add_headers(&mut response, &headers);
    response
}
