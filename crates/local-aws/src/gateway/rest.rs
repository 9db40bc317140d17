//! REST APIs: from a request to the deployed method, through its integration, to the response.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use regex::Regex;
use serde_json::Value;

use super::answer::{self, Refusal};
use super::exchange::{Exchange, is_binary};
use super::service::Answered;
use super::{authorize, fetch, mapping, proxy, route, service, validate};
use crate::Cloud;
use crate::services::apigateway::document::{Definition, RestApi};

/// Source: API Gateway quotas, payload size 10 MB.
const BODY_BYTES: usize = 10_485_760;

/// Answers a request to `path`, which begins with the stage.
pub async fn handle(cloud: &Arc<Cloud>, id: &str, path: &str, request: Request<Bytes>) -> Response<Bytes> {
    let (stage, rest) = path.trim_start_matches('/').split_once('/').unwrap_or((path.trim_start_matches('/'), ""));
    let mut exchange = Exchange::new(cloud, id, stage, &format!("/{rest}"), &request);
    let Some(definition) = deployed(cloud, &mut exchange) else {
        return Refusal::forbidden().answer(None, &exchange);
    };
    let answered = respond(cloud, &definition, &mut exchange).await;
    match answered {
        Ok(mut response) => {
            answer::identify(&mut response, &exchange);
            response
        }
        Err(refusal) => refusal.answer(Some(&definition), &exchange),
    }
}

/// The definition that the stage shows: a snapshot, not what is being edited.
fn deployed(cloud: &Cloud, exchange: &mut Exchange) -> Option<Definition> {
    let mut api = RestApi::find(cloud, &exchange.api_id).ok()??;
    let stage = api.stages.get(&exchange.stage)?;
    let id = stage["deploymentId"].as_str()?.to_owned();
    let variables = stage["variables"].as_object().into_iter().flatten();
    exchange.stage_variables =
        variables.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect();
    let definition = api.deployments.remove(&id)?.definition;
    exchange.region = api.region;
    exchange.deployment_id = id;
    exchange.binary_types = definition.shape.get("binaryMediaTypes").cloned().unwrap_or_default();
    exchange.binary = is_binary(&exchange.binary_types, &exchange.media_type());
    Some(definition)
}

async fn respond(
    cloud: &Arc<Cloud>,
    definition: &Definition,
    exchange: &mut Exchange,
) -> Result<Response<Bytes>, Refusal> {
    if exchange.body.len() > BODY_BYTES {
        return Err(Refusal::too_large());
    }
    if definition.shape.get("disableExecuteApiEndpoint") == Some(&Value::Bool(true)) {
        return Err(Refusal::forbidden());
    }
    let (resource, name, parameters) =
        route::find(definition, &exchange.method, &exchange.path).ok_or_else(Refusal::missing_token)?;
    exchange.resource_id.clone_from(&resource.id);
    exchange.resource_path.clone_from(&resource.path);
    exchange.path_parameters = parameters;
    let method = resource.methods.get(name).ok_or_else(Refusal::missing_token)?;
    authorize::check(cloud, definition, method, exchange).await?;
    validate::check(definition, method, exchange)?;
    let integration = &method["methodIntegration"];
    let timeout = Duration::from_millis(integration["timeoutInMillis"].as_u64().unwrap_or(29_000));
    let answered = tokio::time::timeout(timeout, integrate(cloud, integration, exchange)).await;
    answered.unwrap_or_else(|_| Err(Refusal::timeout()))
}

async fn integrate(cloud: &Arc<Cloud>, integration: &Value, exchange: &Exchange) -> Result<Response<Bytes>, Refusal> {
    match integration["type"].as_str().unwrap_or_default() {
        "AWS_PROXY" => proxy::call(cloud, integration, exchange).await,
        "HTTP_PROXY" => fetch::send(integration, exchange, exchange.body.clone(), true).await,
        "AWS" => {
            let body = mapping::request_body(integration, exchange)?;
            let integration = &overridden(integration, &body.overrides);
            let answered = service::call(cloud, integration, exchange, body.text).await?;
            translate(integration, exchange, &answered)
        }
        "HTTP" => {
            let body = mapping::request_body(integration, exchange)?;
            let integration = &overridden(integration, &body.overrides);
            let response = fetch::send(integration, exchange, Bytes::from(body.text), false).await?;
            translate(integration, exchange, &fetched(&response))
        }
        _ => {
            let body = mapping::request_body(integration, exchange)?;
            translate(integration, exchange, &mocked(&body.text)?)
        }
    }
}

/// The integration with what its request template set in `$context.requestOverride`, which wins over mapped parameters.
///
/// Source: API Gateway developer guide, "Override your API's request and response parameters and status codes".
fn overridden(integration: &Value, overrides: &Value) -> Value {
    let mut integration = integration.clone();
    for place in ["header", "querystring", "path"] {
        for (name, value) in overrides["requestOverride"][place].as_object().into_iter().flatten() {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            integration["requestParameters"][format!("integration.request.{place}.{name}")] =
                Value::String(format!("'{value}'"));
        }
    }
    integration
}

fn fetched(response: &Response<Bytes>) -> Answered {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let status = response.status().as_u16();
    Answered {
        headers: response.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect(),
        ..Answered::with_status(status, String::from_utf8_lossy(response.body()).into_owned())
    }
}

/// A mock answers the status its template writes, `{statusCode:200}` as well as `{"statusCode": 200}`.
fn mocked(body: &str) -> Result<Answered, Refusal> {
    let malformed = || Refusal::misconfigured("the mock integration's template has no statusCode");
    let after = body.split_once("statusCode").map(|(_, after)| after).ok_or_else(malformed)?;
    let digits: String =
        after.chars().skip_while(|c| "\"' :\t\r\n".contains(*c)).take_while(char::is_ascii_digit).collect();
    let status: u16 = digits.parse().map_err(|_| malformed())?;
    Ok(Answered::with_status(status, body.to_owned()))
}

/// The response that the integration's responses make of what the backend answered.
fn translate(integration: &Value, exchange: &Exchange, answered: &Answered) -> Result<Response<Bytes>, Refusal> {
    let selected = select(&integration["integrationResponses"], &answered.selector);
    let selected = selected.ok_or_else(|| {
        Refusal::misconfigured(format!(
            "no integration response matches `{}` and none is the default",
            answered.selector
        ))
    })?;
    let own = header(answered, "content-type").unwrap_or("application/json");
    let templates = selected["responseTemplates"].as_object();
    let media_type = own.split(';').next().unwrap_or_default().trim();
    let template = templates.into_iter().flatten().find(|(name, _)| name.eq_ignore_ascii_case(media_type));
    let template = template.or_else(|| templates.into_iter().flatten().next());
    let (content_type, body, overrides) = match template {
        Some((name, template)) => {
            let variables = exchange.variables(answered.body.clone());
            let outcome = mapping::rendered(template, &variables)?;
            (name.as_str(), outcome.text, outcome.overrides)
        }
        // A mock without a template answers nothing, not its own template's status.
        None if integration["type"] == "MOCK" => ("application/json", String::new(), Value::Null),
        None => (own, answered.body.clone(), Value::Null),
    };
    let mut response = Response::new(Bytes::from(body));
    let overridden = &overrides["responseOverride"];
    let status = match &overridden["status"] {
        Value::Null => selected["statusCode"].as_str().and_then(|status| status.parse().ok()),
        status => {
            status.as_u64().or_else(|| status.as_str()?.parse().ok()).and_then(|status| u16::try_from(status).ok())
        }
    };
    *response.status_mut() = status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(StatusCode::OK);
    answer::add_header(&mut response, "content-type", content_type);
    for (to, from) in selected["responseParameters"].as_object().into_iter().flatten() {
        let from = from.as_str().unwrap_or_default();
        let value = mapping::response_value(from, exchange, &answered.headers, &answered.body);
        if let (Some(name), Some(value)) = (to.strip_prefix("method.response.header."), value) {
            answer::add_header(&mut response, name, &value);
        }
    }
    for (name, value) in overridden["header"].as_object().into_iter().flatten() {
        answer::add_header(&mut response, name, value.as_str().unwrap_or(&value.to_string()));
    }
    Ok(response)
}

fn header<'a>(answered: &'a Answered, name: &str) -> Option<&'a str> {
    answered.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// The response whose pattern is the whole selector, else the one without a pattern.
fn select<'a>(responses: &'a Value, selector: &str) -> Option<&'a Value> {
    let all = || responses.as_object().into_iter().flat_map(|responses| responses.values());
    let pattern = |response: &'a Value| response["selectionPattern"].as_str().filter(|pattern| !pattern.is_empty());
    let matching = all().find(|response| {
        pattern(response).is_some_and(|pattern| {
            Regex::new(&format!("^(?s:{pattern})$")).is_ok_and(|pattern| pattern.is_match(selector))
        })
    });
    matching.or_else(|| all().find(|response| pattern(response).is_none()))
}
