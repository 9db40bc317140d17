//! Events and answers of HTTP APIs and function URLs, payload format 2.0.
//!
//! Source: API Gateway developer guide, "Create AWS Lambda proxy integrations for HTTP APIs".

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use serde_json::{Map, Value, json};

use super::exchange::Exchange;

/// The event of a request to `raw_path`, matched by `route_key`.
pub fn event(exchange: &Exchange, route_key: &str, raw_path: &str, raw_query: &str) -> Value {
    let text = std::str::from_utf8(&exchange.body).ok().filter(|_| is_text(&exchange.media_type()));
    let mut event = json!({
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": raw_path,
        "rawQueryString": raw_query,
        "headers": joined(exchange.headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("cookie")), true),
    });
    if let Some(cookies) = exchange.header("cookie") {
        event["cookies"] = cookies.split("; ").map(Value::from).collect();
    }
    if !exchange.query.is_empty() {
        event["queryStringParameters"] = joined(exchange.query.iter(), false);
    }
    if !exchange.path_parameters.is_empty() {
        event["pathParameters"] = json!(exchange.path_parameters);
    }
    if !exchange.stage_variables.is_empty() {
        event["stageVariables"] = json!(exchange.stage_variables);
    }
    event["requestContext"] = context(exchange, route_key, raw_path);
    if !exchange.body.is_empty() {
        event["body"] = text.map_or_else(|| json!(STANDARD.encode(&exchange.body)), |text| json!(text));
    }
    event["isBase64Encoded"] = json!(!exchange.body.is_empty() && text.is_none());
    event
}

fn context(exchange: &Exchange, route_key: &str, raw_path: &str) -> Value {
    let domain = exchange.header("host").unwrap_or_default();
    let mut context = json!({
        "accountId": exchange.account,
        "apiId": exchange.api_id,
        "domainName": domain,
        "domainPrefix": domain.split(['.', ':']).next(),
        "http": {
            "method": exchange.method,
            "path": raw_path,
            "protocol": "HTTP/1.1",
            "sourceIp": "127.0.0.1",
            "userAgent": exchange.header("user-agent").unwrap_or_default(),
        },
        "requestId": exchange.extended_id,
        "routeKey": route_key,
        "stage": exchange.stage,
        "time": exchange.request_time(),
        "timeEpoch": exchange.time_ms,
    });
    if !exchange.authorizer.is_null() {
        context["authorizer"] = exchange.authorizer.clone();
    }
    context
}

/// Values of a name that comes several times have commas between them.
fn joined<'a>(pairs: impl Iterator<Item = &'a (String, String)>, lower: bool) -> Value {
    let mut all: Map<String, Value> = Map::new();
    for (name, value) in pairs {
        let name = if lower { name.to_ascii_lowercase() } else { name.clone() };
        let before = all.get(&name).and_then(Value::as_str).map(|before| format!("{before},{value}"));
        all.insert(name, json!(before.unwrap_or_else(|| value.clone())));
    }
    Value::Object(all)
}

fn is_text(media_type: &str) -> bool {
    let known = ["application/json", "application/javascript", "application/xml", "application/x-www-form-urlencoded"];
    media_type.starts_with("text/")
        || known.contains(&media_type)
        || media_type.ends_with("+json")
        || media_type.ends_with("+xml")
}

/// A function's answer as a response: one with a `statusCode` is read, anything else is the body itself.
///
/// # Errors
/// What is wrong with the answer.
pub fn response(payload: &[u8]) -> Result<Response<Bytes>, &'static str> {
    let answer: Value = serde_json::from_slice(payload).map_err(|_| "it is no JSON")?;
    let mut response = Response::new(Bytes::new());
    let headers = response.headers_mut();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    if answer["statusCode"].is_null() {
        let body = answer.as_str().map_or_else(|| answer.to_string(), str::to_owned);
        *response.body_mut() = Bytes::from(body);
        return Ok(response);
    }
    for (name, value) in answer["headers"].as_object().into_iter().flatten() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let name = HeaderName::try_from(name.as_str()).map_err(|_| "a header's name is malformed")?;
        headers.insert(name, HeaderValue::try_from(value).map_err(|_| "a header's value is malformed")?);
    }
    for cookie in answer["cookies"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        headers.append("set-cookie", HeaderValue::try_from(cookie).map_err(|_| "a cookie is malformed")?);
    }
    let status = answer["statusCode"].as_u64().or_else(|| answer["statusCode"].as_str()?.parse().ok());
    let status =
        status.and_then(|status| u16::try_from(status).ok()).and_then(|status| StatusCode::from_u16(status).ok());
    *response.status_mut() = status.ok_or("its statusCode is no HTTP status")?;
    let body = match &answer["body"] {
        Value::Null => Bytes::new(),
        Value::String(text) if answer["isBase64Encoded"] == true => {
            Bytes::from(STANDARD.decode(text).map_err(|_| "its body is no Base64")?)
        }
        Value::String(text) => Bytes::from(text.clone()),
        other => Bytes::from(other.to_string()),
    };
    *response.body_mut() = body;
    Ok(response)
}
