//! Integrations of type `HTTP` and `HTTP_PROXY`.
//!
//! Diverges: only `http:` addresses; `https:` ones are refused by name.

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use super::answer::Refusal;
use super::exchange::Exchange;
use super::mapping;

/// The largest answer that is passed on.
/// Source: API Gateway quotas, payload size 10 MB.
const ANSWER_BYTES: usize = 10 * 1024 * 1024;
/// Headers of one connection, which are not passed on.
const HOP: &[&str] =
    &["connection", "host", "transfer-encoding", "content-length", "keep-alive", "upgrade", "te", "expect"];

/// Sends `body` to the integration's address.
///
/// # Errors
/// 504 when the backend cannot be reached; 500 for addresses that are refused.
pub async fn send(
    integration: &Value,
    exchange: &Exchange,
    body: Bytes,
    proxy: bool,
) -> Result<Response<Bytes>, Refusal> {
    let uri = address(integration, exchange, proxy);
    if uri.starts_with("https://") {
        return Err(Refusal::misconfigured("the local AWS does not support integrations with https: addresses"));
    }
    let verb = integration["httpMethod"].as_str().unwrap_or("ANY");
    let verb = if verb == "ANY" { exchange.method.as_str() } else { verb };
    let method = Method::from_bytes(verb.as_bytes()).map_err(|_| Refusal::misconfigured("malformed HTTP method"))?;
    let mut request = Request::builder().method(method).uri(&uri);
    let mut headers = mapping::request_parameters(integration, "header", exchange);
    if proxy {
        let mapped: Vec<String> = headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
        let own = exchange.headers.iter().filter(|(name, _)| !mapped.contains(&name.to_ascii_lowercase()));
        headers.extend(own.cloned());
    } else if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
        headers.push(("content-type".to_owned(), exchange.media_type()));
    }
    for (name, value) in &headers {
        if !HOP.contains(&name.to_ascii_lowercase().as_str()) {
            request = request.header(name, value);
        }
    }
    let request = request
        .body(Full::new(body))
        .map_err(|error| Refusal::misconfigured(format!("the request to `{uri}` is malformed: {error}")))?;
    let client: Client<HttpConnector, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let failed = |error: String| Refusal::integration_failure(format!("`{uri}`: {error}"));
    let answer = client.request(request).await.map_err(|error| failed(error.to_string()))?;
    let (mut parts, body) = answer.into_parts();
    let body = Limited::new(body, ANSWER_BYTES).collect().await.map_err(|error| failed(error.to_string()))?;
    for name in HOP {
        parts.headers.remove(*name);
    }
    Ok(Response::from_parts(parts, body.to_bytes()))
}

/// The address with its path parameters and query.
fn address(integration: &Value, exchange: &Exchange, proxy: bool) -> String {
    let uri = integration["uri"].as_str().unwrap_or_default();
    let mut uri = mapping::with_stage_variables(uri, exchange);
    let mut parameters = mapping::request_parameters(integration, "path", exchange);
    parameters.extend(exchange.path_parameters.iter().map(|(name, value)| (name.clone(), value.clone())));
    for (name, value) in parameters {
        let value: Vec<String> = value.split('/').map(encoded).collect();
        let value = value.join("/");
        uri = uri.replace(&format!("{{{name}}}"), &value).replace(&format!("{{{name}+}}"), &value);
    }
    let mut query = mapping::request_parameters(integration, "querystring", exchange);
    if proxy {
        query.extend(exchange.query.clone());
    }
    for (index, (name, value)) in query.iter().enumerate() {
        uri.push(if index == 0 && !uri.contains('?') { '?' } else { '&' });
        uri.push_str(&format!("{}={}", encoded(name), encoded(value)));
    }
    uri
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
        .to_string()
        .replace("%2E", ".")
        .replace("%2D", "-")
        .replace("%5F", "_")
        .replace("%7E", "~")
}
