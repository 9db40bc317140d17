//! Integrations of type `AWS_PROXY`: the whole request to a function, and its answer back.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use super::answer::Refusal;
use super::exchange::{Exchange, multiple, single};
use super::{invoke, mapping};
use crate::Cloud;

/// Headers that the gateway sets itself; a function's are passed on under another name.
/// Source: API Gateway developer guide, "Important notes", remapped headers.
const REMAPPED: &[&str] =
    &["authorization", "connection", "content-length", "content-md5", "date", "server", "www-authenticate"];

/// Calls the function with the request as its event.
///
/// # Errors
/// 500 without permission, 502 for an error or a malformed answer.
pub async fn call(cloud: &Arc<Cloud>, integration: &Value, exchange: &Exchange) -> Result<Response<Bytes>, Refusal> {
    let uri = mapping::with_stage_variables(integration["uri"].as_str().unwrap_or_default(), exchange);
    let region = uri.split(':').nth(3).unwrap_or_default().to_owned();
    let function = invoke::function_of(&uri)?;
    if integration["credentials"].is_null() {
        invoke::check_permission(cloud, &region, function, &exchange.source_arn()).await?;
    }
    let answered = invoke::call(cloud, &region, function, event(exchange).to_string()).await?;
    if answered.failed {
        let message = String::from_utf8_lossy(&answered.payload).into_owned();
        return Err(Refusal::bad_gateway(format!("the function {function} failed: {message}")));
    }
    response(&answered.payload, exchange)
}

/// The event of a proxied request, format 1.0.
/// Source: API Gateway developer guide, "Input format of a Lambda function for proxy integration".
pub fn event(exchange: &Exchange) -> Value {
    let parameters = &exchange.path_parameters;
    let variables = &exchange.stage_variables;
    json!({
        "resource": exchange.resource_path,
        "path": exchange.path,
        "httpMethod": exchange.method,
        "headers": single(&exchange.headers),
        "multiValueHeaders": multiple(&exchange.headers),
        "queryStringParameters": single(&exchange.query),
        "multiValueQueryStringParameters": multiple(&exchange.query),
        "pathParameters": if parameters.is_empty() { Value::Null } else { json!(parameters) },
        "stageVariables": if variables.is_empty() { Value::Null } else { json!(variables) },
        "requestContext": exchange.request_context(),
        "body": body(exchange),
        "isBase64Encoded": exchange.binary && !exchange.body.is_empty(),
    })
}

/// The body in an event: null when there is none, Base64 for binary media types.
pub fn body(exchange: &Exchange) -> Value {
    match exchange.body.as_ref() {
        [] => Value::Null,
        bytes if exchange.binary => json!(STANDARD.encode(bytes)),
        _ => json!(exchange.text()),
    }
}

/// A function's answer as a response.
fn response(payload: &[u8], exchange: &Exchange) -> Result<Response<Bytes>, Refusal> {
    let malformed = |what: &str| Refusal::bad_gateway(format!("Malformed Lambda proxy response: {what}"));
    let answer: Value = serde_json::from_slice(payload).map_err(|_| malformed("it is no JSON"))?;
    let members = answer.as_object().ok_or_else(|| malformed("it is no object"))?;
    let known = ["statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"];
    if let Some(strange) = members.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(malformed(&format!("it has a member {strange}")));
    }
    let status = match &answer["statusCode"] {
        Value::Null => Some(200),
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    let status = status.and_then(|status| u16::try_from(status).ok()).filter(|status| (100..600).contains(status));
    let status = status.and_then(|status| StatusCode::from_u16(status).ok());
    let status = status.ok_or_else(|| malformed("its statusCode is no HTTP status"))?;
    let mut response = Response::new(content(&answer, exchange).map_err(malformed)?);
    *response.status_mut() = status;
    write_headers(&mut response, &answer).map_err(malformed)?;
    let headers = response.headers_mut();
    headers.entry("content-type").or_insert(HeaderValue::from_static("application/json"));
    if let Ok(trace) = HeaderValue::try_from(exchange.trace.as_str()) {
        headers.insert("x-amzn-trace-id", trace);
    }
    Ok(response)
}

fn content(answer: &Value, exchange: &Exchange) -> Result<Bytes, &'static str> {
    let text = match &answer["body"] {
        Value::Null => "",
        Value::String(text) => text,
        _ => return Err("its body is no string"),
    };
    if answer["isBase64Encoded"] == true && exchange.binary_answer(answer) {
        return STANDARD.decode(text).map(Bytes::from).map_err(|_| "its body is no Base64");
    }
    Ok(Bytes::from(text.to_owned()))
}

fn write_headers(response: &mut Response<Bytes>, answer: &Value) -> Result<(), &'static str> {
    let mut pairs = Vec::new();
    for (name, value) in answer["headers"].as_object().into_iter().flatten() {
        pairs.push((name, header_text(value)?));
    }
    for (name, values) in answer["multiValueHeaders"].as_object().into_iter().flatten() {
        // A name that comes in both is taken from here.
        pairs.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
        for value in values.as_array().ok_or("its multiValueHeaders are no lists")? {
            pairs.push((name, header_text(value)?));
        }
    }
    for (name, value) in pairs {
        let lower = name.to_ascii_lowercase();
        let name = if REMAPPED.contains(&lower.as_str()) { format!("x-amzn-remapped-{lower}") } else { lower };
        let name = HeaderName::try_from(name).map_err(|_| "a header's name is malformed")?;
        let value = HeaderValue::try_from(value).map_err(|_| "a header's value is malformed")?;
        response.headers_mut().append(name, value);
    }
    Ok(())
}

fn header_text(value: &Value) -> Result<String, &'static str> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(_) | Value::Bool(_) => Ok(value.to_string()),
        _ => Err("a header's value is no text"),
    }
}
