//! Who may call a route of an HTTP API: signatures, tokens of an issuer, and Lambda authorizers.
//!
//! Source: API Gateway developer guide, "Control access to HTTP APIs".

use std::sync::Arc;

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::answer::{Refusal, add_header};
use super::exchange::Exchange;
use super::http_api::message;
use super::jwt::{self, Rejected};
use super::{authorize, format2, invoke, proxy};
use crate::Cloud;
use crate::services::apigatewayv2::document::Definition;

/// Where a request stands when its route asks who calls.
pub struct Asked<'a> {
    pub definition: &'a Definition,
    pub route: &'a Value,
    /// With the stage, unless it is `$default`.
    pub raw_path: &'a str,
    pub raw_query: &'a str,
}

impl Asked<'_> {
    fn key(&self) -> &str {
        self.route["RouteKey"].as_str().unwrap_or_default()
    }
}

/// Checks what a route wants of its caller, and puts what the authorizer said under `requestContext.authorizer`.
///
/// # Errors
/// The answer: 401, 403, or 500 for an authorizer that does not work.
pub async fn check(cloud: &Arc<Cloud>, asked: &Asked<'_>, exchange: &mut Exchange) -> Result<(), Box<Response<Bytes>>> {
    let kind = asked.route["AuthorizationType"].as_str().unwrap_or("NONE");
    match kind {
        "NONE" => return Ok(()),
        "AWS_IAM" if exchange.signed_for.as_deref() == Some("execute-api") => return Ok(()),
        "AWS_IAM" => return Err(forbidden()),
        _ => {}
    }
    let id = asked.route["AuthorizerId"].as_str().unwrap_or_default();
    let Some(authorizer) = asked.definition.authorizers.get(id) else {
        return Err(broken("the authorizer of the route is gone"));
    };
    let Some(identity) = identity(authorizer, asked, exchange) else { return Err(unauthorized(None)) };
    exchange.authorizer = match kind {
        "JWT" => by_token(cloud, asked, authorizer, identity.first().map_or("", String::as_str)).await?,
        _ => Case { cloud, asked, authorizer, exchange, identity: &identity }.decided().await?,
    };
    Ok(())
}

/// What an integration of payload format 1.0 gets for it.
pub fn of_format_1(authorizer: &Value) -> Value {
    match (authorizer.get("jwt"), authorizer.get("lambda")) {
        (Some(token), _) => token.clone(),
        (_, Some(context)) => context.clone(),
        _ => authorizer.clone(),
    }
}

/// The values of the identity sources; none when one is missing.
fn identity(authorizer: &Value, asked: &Asked, exchange: &Exchange) -> Option<Vec<String>> {
    let sources = authorizer["IdentitySource"].as_array().into_iter().flatten().filter_map(Value::as_str);
    sources.map(|source| source_value(source, asked, exchange).filter(|value| !value.is_empty())).collect()
}

fn source_value(source: &str, asked: &Asked, exchange: &Exchange) -> Option<String> {
    let after = |prefix: &str| source.strip_prefix(prefix);
    if let Some(name) = after("$request.header.") {
        return exchange.header(name).map(str::to_owned);
    }
    if let Some(name) = after("$request.querystring.") {
        let values: Vec<&str> =
            exchange.query.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect();
        return Some(values.join(","));
    }
    if let Some(name) = after("$stageVariables.") {
        return exchange.stage_variables.get(name).cloned();
    }
    let path = after("$context.")?;
    if path == "routeKey" {
        return Some(asked.key().to_owned());
    }
    let context = exchange.request_context();
    let found = path.split('.').try_fold(&context, |value, member| value.get(member))?;
    found.as_str().map(str::to_owned)
}

async fn by_token(
    cloud: &Arc<Cloud>,
    asked: &Asked<'_>,
    authorizer: &Value,
    token: &str,
) -> Result<Value, Box<Response<Bytes>>> {
    let scopes = asked.route["AuthorizationScopes"].as_array().into_iter().flatten();
    let scopes: Vec<&str> = scopes.filter_map(Value::as_str).collect();
    match jwt::check(cloud, &authorizer["JwtConfiguration"], &scopes, token).await {
        Ok(said) => Ok(json!({"jwt": said})),
        Err(Rejected::Scope(wanted)) => {
            let mut response = forbidden();
            let challenge = format!("Bearer scope=\"{wanted}\" error=\"insufficient_scope\"");
            add_header(&mut response, "www-authenticate", &challenge);
            Err(response)
        }
        Err(Rejected::Invalid(reason)) => Err(unauthorized(Some(&reason))),
    }
}

/// A request that a function decides about.
struct Case<'a> {
    cloud: &'a Arc<Cloud>,
    asked: &'a Asked<'a>,
    authorizer: &'a Value,
    exchange: &'a Exchange,
    identity: &'a [String],
}

impl Case<'_> {
    /// What the function says, or said a moment ago.
    async fn decided(&self) -> Result<Value, Box<Response<Bytes>>> {
        let Case { cloud, authorizer, exchange, identity, .. } = self;
        let memory = &cloud.apigateway.gateway;
        let now = cloud.clock.now_ms();
        // Without identity sources nothing tells requests apart, and nothing is kept.
        let ttl_s = authorizer["AuthorizerResultTtlInSeconds"].as_i64().unwrap_or(0) * i64::from(!identity.is_empty());
        let key = format!("{}\u{0}{}", authorizer["AuthorizerId"].as_str().unwrap_or_default(), identity.join("\u{0}"));
        let kept = if ttl_s > 0 { memory.decision(&exchange.api_id, &key, now) } else { None };
        let answer = match kept {
            Some(answer) => answer,
            None => {
                let answer = self.ask().await?;
                if ttl_s > 0 {
                    memory.decide(&exchange.api_id, &key, now + ttl_s * 1000, now, answer.clone());
                }
                answer
            }
        };
        read(authorizer, &answer, &exchange.method_arn())
    }

    async fn ask(&self) -> Result<Value, Box<Response<Bytes>>> {
        let Case { cloud, asked, authorizer, exchange, identity } = self;
        let unasked = |refusal: Refusal| broken(&refusal.reason.or(refusal.message).unwrap_or_default());
        let uri = authorizer["AuthorizerUri"].as_str().unwrap_or_default();
        let function = invoke::function_of(uri).map_err(unasked)?;
        let region = uri.split(':').nth(3).unwrap_or_default();
        if authorizer["AuthorizerCredentialsArn"].is_null() {
            let Exchange { region, account, api_id, .. } = exchange;
            let id = authorizer["AuthorizerId"].as_str().unwrap_or_default();
            let source = format!("arn:aws:execute-api:{region}:{account}:{api_id}/authorizers/{id}");
            invoke::check_permission(cloud, region, function, &source).await.map_err(unasked)?;
        }
        let event = if authorizer["AuthorizerPayloadFormatVersion"] == "1.0" {
            event_1(exchange, identity)
        } else {
            event_2(asked, exchange, identity)
        };
        let answered = invoke::call(cloud, region, function, event.to_string()).await.map_err(unasked)?;
        let answer: Value = serde_json::from_slice(&answered.payload).unwrap_or_default();
        match answered.failed {
            false => Ok(answer),
            // A function says so by failing with exactly this word.
            true if answer["errorMessage"] == "Unauthorized" => Err(unauthorized(None)),
            true => Err(broken(&format!("the authorizer {function} failed: {answer}"))),
        }
    }
}

/// Source: API Gateway developer guide, "Control access to HTTP APIs with Lambda authorizers", the payload formats.
fn event_2(asked: &Asked, exchange: &Exchange, identity: &[String]) -> Value {
    let mut event = format2::event(exchange, asked.key(), asked.raw_path, asked.raw_query);
    if let Some(members) = event.as_object_mut() {
        members.remove("body");
        members.remove("isBase64Encoded");
    }
    event["type"] = json!("REQUEST");
    event["routeArn"] = json!(exchange.method_arn());
    event["identitySource"] = if identity.is_empty() { Value::Null } else { json!(identity) };
    event
}

fn event_1(exchange: &Exchange, identity: &[String]) -> Value {
    let mut event = proxy::event(exchange);
    if let Some(members) = event.as_object_mut() {
        members.remove("body");
        members.remove("isBase64Encoded");
    }
    let identity = identity.join(",");
    event["version"] = json!("1.0");
    event["type"] = json!("REQUEST");
    event["methodArn"] = json!(exchange.method_arn());
    event["identitySource"] = json!(identity);
    event["authorizationToken"] = json!(identity);
    event
}

/// The context of an answer that lets the caller in: `isAuthorized`, where simple responses are enabled, else a policy.
fn read(authorizer: &Value, answer: &Value, arn: &str) -> Result<Value, Box<Response<Bytes>>> {
    let mut context = if authorizer["EnableSimpleResponses"] == true {
        match answer["isAuthorized"].as_bool() {
            Some(true) => answer["context"].as_object().cloned().unwrap_or_default(),
            Some(false) => return Err(forbidden()),
            None => return Err(broken("the authorizer's answer has no isAuthorized, which is true or false")),
        }
    } else {
        match authorize::verdict(answer, arn) {
            Ok(()) => answer["context"].as_object().cloned().unwrap_or_default(),
            Err(refusal) if refusal.status == 403 => return Err(forbidden()),
            Err(refusal) => return Err(broken(&refusal.reason.unwrap_or_default())),
        }
    };
    if let Some(principal) = answer.get("principalId").filter(|principal| principal.is_string()) {
        context.insert("principalId".to_owned(), principal.clone());
    }
    Ok(json!({"lambda": context}))
}

fn unauthorized(reason: Option<&str>) -> Box<Response<Bytes>> {
    let mut response = message(StatusCode::UNAUTHORIZED, "Unauthorized");
    let challenge = match reason {
        Some(reason) => {
            let reason = reason.replace(['"', '\r', '\n'], "'");
            format!("Bearer scope=\"\" error=\"invalid_token\" error_description=\"{reason}\"")
        }
        None => "Bearer".to_owned(),
    };
    add_header(&mut response, "www-authenticate", &challenge);
    Box::new(response)
}

fn forbidden() -> Box<Response<Bytes>> {
    Box::new(message(StatusCode::FORBIDDEN, "Forbidden"))
}

fn broken(reason: &str) -> Box<Response<Bytes>> {
    tracing::warn!(reason, "an authorizer of an HTTP API does not work");
    let mut response = message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error");
    add_header(&mut response, "x-local-aws-reason", &reason.replace(['\r', '\n'], " "));
    Box::new(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_told_what_is_asked_in_the_format_that_it_wants() {
        let cloud = Cloud::in_memory(crate::Clock::system()).unwrap();
        let request = http::Request::builder().uri("/private/7?q=1").header("x-key", "a").body(Bytes::new()).unwrap();
        let exchange = Exchange::new(&cloud, "abc", "dev", "/private/7", &request);
        let route = json!({"RouteKey": "GET /private/{id}"});
        let asked =
            Asked { definition: &Definition::default(), route: &route, raw_path: "/dev/private/7", raw_query: "q=1" };
        let identity = ["a".to_owned(), "b".to_owned()];
        let arn = "arn:aws:execute-api:us-east-1:000000000000:abc/dev/GET/private/7";
        let event = event_2(&asked, &exchange, &identity);
        assert_eq!((&event["type"], &event["routeArn"]), (&json!("REQUEST"), &json!(arn)));
        assert_eq!((&event["identitySource"], &event["rawPath"]), (&json!(["a", "b"]), &json!("/dev/private/7")));
        assert!(event.get("body").is_none());
        let event = event_1(&exchange, &identity);
        assert_eq!((&event["version"], &event["methodArn"]), (&json!("1.0"), &json!(arn)));
        assert_eq!((&event["identitySource"], &event["authorizationToken"]), (&json!("a,b"), &json!("a,b")));
        assert_eq!((&event["httpMethod"], &event["queryStringParameters"]), (&json!("GET"), &json!({"q": "1"})));
        assert_eq!(source_value("$context.routeKey", &asked, &exchange).as_deref(), Some("GET /private/{id}"));
        assert_eq!(source_value("$context.identity.sourceIp", &asked, &exchange).as_deref(), Some("127.0.0.1"));
        assert_eq!(source_value("$request.querystring.q", &asked, &exchange).as_deref(), Some("1"));
    }

    const ARN: &str = "arn:aws:execute-api:us-east-1:000000000000:abc/$default/GET/private";

    fn status(authorizer: &Value, answer: &Value) -> u16 {
        read(authorizer, answer, ARN).map_or_else(|response| response.status().as_u16(), |_| 200)
    }

    #[test]
    fn a_simple_answer_says_yes_or_no_and_nothing_else() {
        let simple = json!({"EnableSimpleResponses": true});
        let allowed = read(&simple, &json!({"isAuthorized": true, "context": {"n": 1}}), ARN).unwrap();
        assert_eq!(allowed, json!({"lambda": {"n": 1}}));
        assert_eq!(status(&simple, &json!({"isAuthorized": false})), 403);
        assert_eq!(status(&simple, &json!({"isAuthorized": "true"})), 500);
        assert_eq!(status(&simple, &json!({"principalId": "me", "policyDocument": {"Statement": []}})), 500);
    }

    #[test]
    fn a_policy_has_to_allow_the_route() {
        let policy = |effect: &str, resource: &str| {
            let statement = json!({"Effect": effect, "Action": "execute-api:Invoke", "Resource": resource});
            json!({"principalId": "me", "policyDocument": {"Statement": [statement]}, "context": {"a": true}})
        };
        let by_policy = json!({});
        let allowed = read(&by_policy, &policy("Allow", "arn:aws:execute-api:*:*:abc/*"), ARN).unwrap();
        assert_eq!(allowed, json!({"lambda": {"a": true, "principalId": "me"}}));
        assert_eq!(status(&by_policy, &policy("Deny", "*")), 403);
        assert_eq!(status(&by_policy, &policy("Allow", "arn:aws:execute-api:*:*:other/*")), 403);
        assert_eq!(status(&by_policy, &json!({"isAuthorized": true})), 500);
    }
}
