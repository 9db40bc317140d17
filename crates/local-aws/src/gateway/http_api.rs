//! HTTP APIs and function URLs: from a request through the route to the function or backend.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use indexmap::IndexMap;
use serde_json::{Value, json};

use super::answer::add_header;
use super::exchange::Exchange;
use super::{fetch, format2, http_authorize, invoke, proxy, route};
use crate::Cloud;
use crate::services::apigatewayv2::document::{Api, Definition};
use crate::services::lambda::url;

/// Answers a request to an HTTP API; `None` when there is no such API.
pub async fn handle(cloud: &Arc<Cloud>, id: &str, path: &str, request: &Request<Bytes>) -> Option<Response<Bytes>> {
    let api = Api::find(cloud, id).ok()??;
    let (first, rest) = path.trim_start_matches('/').split_once('/').unwrap_or((path.trim_start_matches('/'), ""));
    let named = api.stages.contains_key(first);
    let (stage, path) =
        if named { (first.to_owned(), format!("/{rest}")) } else { ("$default".to_owned(), path.to_owned()) };
    let mut exchange = Exchange::new(cloud, id, &stage, &path, request);
    exchange.region.clone_from(&api.region);
    let cors = api.shape.get("CorsConfiguration").cloned().unwrap_or_default();
    if let Some(preflight) = preflight(&cors, &exchange) {
        return Some(preflight);
    }
    let raw_query = request.uri().query().unwrap_or_default();
    let mut response = match deployed(&api, &mut exchange) {
        Some(definition) => respond(cloud, &definition, &mut exchange, raw_query).await,
        None => message(StatusCode::NOT_FOUND, "Not Found"),
    };
    add_cors(&mut response, &cors, &exchange);
    add_header(&mut response, "apigw-requestid", &exchange.extended_id);
    Some(response)
}

fn deployed(api: &Api, exchange: &mut Exchange) -> Option<Definition> {
    let stage = api.stages.get(&exchange.stage)?;
    let variables = stage["StageVariables"].as_object().into_iter().flatten();
    exchange.stage_variables =
        variables.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect();
    if stage["AutoDeploy"] == true {
        return Some(api.definition.clone());
    }
    api.deployments.get(stage["DeploymentId"].as_str()?).map(|(_, definition)| definition.clone())
}

async fn respond(
    cloud: &Arc<Cloud>,
    definition: &Definition,
    exchange: &mut Exchange,
    raw_query: &str,
) -> Response<Bytes> {
    let Some((route, parameters)) = find(definition, &exchange.method, &exchange.path) else {
        return message(StatusCode::NOT_FOUND, "Not Found");
    };
    exchange.path_parameters = parameters;
    let key = route["RouteKey"].as_str().unwrap_or_default();
    exchange.resource_path = key.split_once(' ').map_or("/$default", |(_, path)| path).to_owned();
    let raw_path = match exchange.stage.as_str() {
        "$default" => exchange.path.clone(),
        stage => format!("/{stage}{}", exchange.path),
    };
    let asked = http_authorize::Asked { definition, route, raw_path: &raw_path, raw_query };
    if let Err(refused) = http_authorize::check(cloud, &asked, exchange).await {
        return *refused;
    }
    let target = route["Target"].as_str().and_then(|target| target.strip_prefix("integrations/"));
    let Some(integration) = target.and_then(|id| definition.integrations.get(id)) else {
        return message(StatusCode::NOT_FOUND, "Not Found");
    };
    let timeout = Duration::from_millis(integration["TimeoutInMillis"].as_u64().unwrap_or(30_000));
    let work = integrate(cloud, integration, exchange, &asked);
    match tokio::time::timeout(timeout, work).await {
        Ok(Ok(response)) => response,
        Ok(Err(reason)) => failed(exchange, &reason),
        Err(_) => message(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"),
    }
}

fn failed(exchange: &Exchange, reason: &str) -> Response<Bytes> {
    tracing::warn!(api = exchange.api_id, path = exchange.path, reason, "a request to an API failed");
    let mut response = message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error");
    add_header(&mut response, "x-local-aws-reason", &reason.replace(['\r', '\n'], " "));
    response
}

async fn integrate(
    cloud: &Arc<Cloud>,
    integration: &Value,
    exchange: &Exchange,
    asked: &http_authorize::Asked<'_>,
) -> Result<Response<Bytes>, String> {
    let http_authorize::Asked { route, raw_path, raw_query, .. } = asked;
    let key = route["RouteKey"].as_str().unwrap_or_default();
    let reason = |refusal: super::answer::Refusal| refusal.reason.or(refusal.message).unwrap_or_default();
    let uri = integration["IntegrationUri"].as_str().unwrap_or_default();
    if integration["IntegrationType"] == "HTTP_PROXY" {
        let shape = json!({"uri": uri, "httpMethod": integration["IntegrationMethod"]});
        return fetch::send(&shape, exchange, exchange.body.clone(), true).await.map_err(reason);
    }
    // The function's ARN itself, or the long form that REST APIs use.
    let function = invoke::function_of(uri).unwrap_or(uri);
    let source = format!(
        "arn:aws:execute-api:{}:{}:{}/{}/{}",
        exchange.region,
        exchange.account,
        exchange.api_id,
        exchange.stage,
        key.replacen(' ', "", 1)
    );
    if integration["CredentialsArn"].is_null() {
        invoke::check_permission(cloud, &exchange.region, function, &source).await.map_err(reason)?;
    }
    let event = if integration["PayloadFormatVersion"] == "1.0" {
        let mut event = proxy::event(exchange);
        event["version"] = json!("1.0");
        if !exchange.authorizer.is_null() {
            event["requestContext"]["authorizer"] = http_authorize::of_format_1(&exchange.authorizer);
        }
        event
    } else {
        format2::event(exchange, key, raw_path, raw_query)
    };
    let answered = invoke::call(cloud, &exchange.region, function, event.to_string()).await.map_err(reason)?;
    if answered.failed {
        return Err(format!("the function {function} failed: {}", String::from_utf8_lossy(&answered.payload)));
    }
    format2::response(&answered.payload).map_err(|what| format!("the function's answer is malformed: {what}"))
}

/// The best route: its method before `ANY`, fixed parts before variables before greedy ones, `$default` last.
fn find<'a>(definition: &'a Definition, method: &str, path: &str) -> Option<(&'a Value, IndexMap<String, String>)> {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let ranked = definition.routes.values().filter_map(|route| {
        let (verb, pattern) = route["RouteKey"].as_str()?.split_once(' ')?;
        let any = verb == "ANY";
        let rank = (any || verb == method).then(|| route::rank(pattern, &parts)).flatten()?;
        Some(((rank, any), route, pattern))
    });
    let best = ranked.min_by(|(left, ..), (right, ..)| left.cmp(right));
    let default = || definition.routes.values().find(|route| route["RouteKey"] == "$default");
    match best {
        Some((_, route, pattern)) => Some((route, route::parameters(pattern, &parts))),
        None => default().map(|route| (route, IndexMap::new())),
    }
}

/// Answers a request to a function URL.
pub async fn function_url(cloud: &Arc<Cloud>, id: &str, path: &str, request: &Request<Bytes>) -> Response<Bytes> {
    let Ok(Some((region, config))) = url::find(cloud, id) else {
        return message(StatusCode::FORBIDDEN, "Forbidden");
    };
    let mut exchange = Exchange::new(cloud, id, "$default", path, request);
    exchange.region = region;
    let cors = &config["Cors"];
    if let Some(preflight) = preflight(cors, &exchange) {
        return preflight;
    }
    if config["AuthType"] == "AWS_IAM" && exchange.signed_for.as_deref() != Some("lambda") {
        return message(StatusCode::FORBIDDEN, "Forbidden");
    }
    let function = config["FunctionArn"].as_str().unwrap_or_default();
    let event = format2::event(&exchange, "$default", path, request.uri().query().unwrap_or_default()).to_string();
    let mut response = match invoke::call(cloud, &exchange.region, function, event).await {
        Ok(answered) if answered.failed => message(StatusCode::BAD_GATEWAY, "Internal Server Error"),
        Ok(answered) => {
            let bad = |_| message(StatusCode::BAD_GATEWAY, "Internal Server Error");
            format2::response(&answered.payload).unwrap_or_else(bad)
        }
        Err(refusal) => failed(&exchange, &refusal.reason.unwrap_or_default()),
    };
    add_cors(&mut response, cors, &exchange);
    add_header(&mut response, "x-amzn-requestid", &exchange.request_id);
    response
}

/// The answer to a preflight request, where CORS is configured.
fn preflight(cors: &Value, exchange: &Exchange) -> Option<Response<Bytes>> {
    let asks = exchange.method == "OPTIONS" && exchange.header("access-control-request-method").is_some();
    if !cors.is_object() || !asks {
        return None;
    }
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::NO_CONTENT;
    add_cors(&mut response, cors, exchange);
    if origin(cors, exchange).is_some() {
        for (member, header) in
            [("AllowMethods", "access-control-allow-methods"), ("AllowHeaders", "access-control-allow-headers")]
        {
            if let Some(list) = list(&cors[member]) {
                add_header(&mut response, header, &list);
            }
        }
        if let Some(age) = cors["MaxAge"].as_i64() {
            add_header(&mut response, "access-control-max-age", &age.to_string());
        }
    }
    Some(response)
}

fn add_cors(response: &mut Response<Bytes>, cors: &Value, exchange: &Exchange) {
    let Some(origin) = origin(cors, exchange) else { return };
    add_header(response, "access-control-allow-origin", &origin);
    if let Some(list) = list(&cors["ExposeHeaders"]) {
        add_header(response, "access-control-expose-headers", &list);
    }
    if cors["AllowCredentials"] == true {
        add_header(response, "access-control-allow-credentials", "true");
    }
}

/// The origin to answer, if the request's is allowed.
fn origin(cors: &Value, exchange: &Exchange) -> Option<String> {
    let given = exchange.header("origin")?;
    let allowed = cors["AllowOrigins"].as_array()?;
    if allowed.iter().any(|origin| origin == "*") {
        return Some("*".to_owned());
    }
    allowed.iter().filter_map(Value::as_str).any(|pattern| invoke::matches(pattern, given)).then(|| given.to_owned())
}

fn list(values: &Value) -> Option<String> {
    let values = values.as_array()?.iter().filter_map(Value::as_str).collect::<Vec<_>>();
    (!values.is_empty()).then(|| values.join(","))
}

/// An answer of the API itself.
pub fn message(status: StatusCode, text: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(json!({"message": text}).to_string()));
    *response.status_mut() = status;
    add_header(&mut response, "content-type", "application/json");
    response
}
