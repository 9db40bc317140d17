//! Who may call a method: API keys and Lambda authorizers.

use std::sync::Arc;

use regex::Regex;
use serde_json::{Map, Value, json};

use super::answer::Refusal;
use super::exchange::Exchange;
use super::memory::Exceeded;
use super::{invoke, mapping, proxy};
use crate::Cloud;
use crate::services::apigateway::document::Definition;
use crate::services::apigateway::usage_plan;

/// Checks what a method wants of its caller, and remembers what the authorizer said.
///
/// # Errors
/// 401 or 403, or 500 for an authorizer that does not work.
pub async fn check(
    cloud: &Arc<Cloud>,
    definition: &Definition,
    method: &Value,
    exchange: &mut Exchange,
) -> Result<(), Refusal> {
    match method["authorizationType"].as_str().unwrap_or("NONE") {
        "NONE" => {}
        "AWS_IAM" => match exchange.signed_for.as_deref() {
            Some("execute-api") => {}
            Some(_) => return Err(Refusal::invalid_signature()),
            None => return Err(Refusal::missing_token()),
        },
        _ => {
            let id = method["authorizerId"].as_str().unwrap_or_default();
            let authorizer = definition.authorizers.get(id);
            let authorizer =
                authorizer.ok_or_else(|| Refusal::authorizer_failure().because("the authorizer is gone"))?;
            exchange.authorizer = decide(cloud, authorizer, exchange).await?;
        }
    }
    if method["apiKeyRequired"] == true {
        check_key(cloud, definition, exchange)?;
    }
    Ok(())
}

fn check_key(cloud: &Cloud, definition: &Definition, exchange: &mut Exchange) -> Result<(), Refusal> {
    let from_authorizer = definition.shape.get("apiKeySource").is_some_and(|source| source == "AUTHORIZER");
    let given = if from_authorizer {
        exchange.authorizer["usageIdentifierKey"].as_str().map(str::to_owned)
    } else {
        exchange.header("x-api-key").map(str::to_owned)
    };
    let given = given.ok_or_else(Refusal::invalid_key)?;
    let admitted = usage_plan::admits(cloud, &exchange.region, &given, &exchange.api_id, &exchange.stage);
    let admitted = admitted.map_err(|fault| Refusal::misconfigured(fault.to_string()))?;
    let (plan, key) = admitted.ok_or_else(Refusal::invalid_key)?;
    let id = key["id"].as_str().unwrap_or_default();
    match cloud.apigateway.gateway.count(id, &plan, cloud.clock.now_ms()) {
        Ok(()) => {}
        Err(Exceeded::Rate) => return Err(Refusal::throttled()),
        Err(Exceeded::Quota) => return Err(Refusal::quota()),
    }
    exchange.api_key = Some(given);
    Ok(())
}

/// What the authorizer says for this request: its context, if it allows.
async fn decide(cloud: &Arc<Cloud>, authorizer: &Value, exchange: &Exchange) -> Result<Value, Refusal> {
    let token = authorizer["type"] == "TOKEN";
    let sources = authorizer["identitySource"].as_str().unwrap_or_default();
    let mut identity = Vec::new();
    for source in sources.split(',').map(str::trim).filter(|source| !source.is_empty()) {
        let value = mapping::request_value(source, exchange).filter(|value| !value.is_empty());
        identity.push(value.ok_or_else(Refusal::unauthorized)?);
    }
    if let Some(pattern) = authorizer["identityValidationExpression"].as_str() {
        let fits = Regex::new(&format!("^(?:{pattern})$")).is_ok_and(|pattern| pattern.is_match(&identity.join(",")));
        if token && !fits {
            return Err(Refusal::unauthorized());
        }
    }
    let id = authorizer["id"].as_str().unwrap_or_default();
    let key = format!("{id}\u{0}{}", identity.join("\u{0}"));
    let memory = &cloud.apigateway.gateway;
    let now = cloud.clock.now_ms();
    let ttl_s = authorizer["authorizerResultTtlInSeconds"].as_i64().unwrap_or(300);
    let kept = if ttl_s > 0 { memory.decision(&exchange.api_id, &key, now) } else { None };
    let answer = match kept {
        Some(answer) => answer,
        None => {
            let answer = ask(cloud, authorizer, exchange, identity.first().map(String::as_str)).await?;
            if ttl_s > 0 {
                memory.decide(&exchange.api_id, &key, now + ttl_s * 1000, now, answer.clone());
            }
            answer
        }
    };
    read(&answer, &exchange.method_arn())
}

async fn ask(
    cloud: &Arc<Cloud>,
    authorizer: &Value,
    exchange: &Exchange,
    token: Option<&str>,
) -> Result<Value, Refusal> {
    let uri = authorizer["authorizerUri"].as_str().unwrap_or_default();
    let region = uri.split(':').nth(3).unwrap_or_default();
    let function = invoke::function_of(uri)?;
    if authorizer["authorizerCredentials"].is_null() {
        let Exchange { region, account, api_id, .. } = exchange;
        let id = authorizer["id"].as_str().unwrap_or_default();
        let source = format!("arn:aws:execute-api:{region}:{account}:{api_id}/authorizers/{id}");
        invoke::check_permission(cloud, region, function, &source)
            .await
            .map_err(|refusal| Refusal { reason: refusal.reason, ..Refusal::authorizer_failure() })?;
    }
    let event = if authorizer["type"] == "TOKEN" {
        json!({"type": "TOKEN", "methodArn": exchange.method_arn(), "authorizationToken": token})
    } else {
        request_event(exchange)
    };
    let answered = invoke::call(cloud, region, function, event.to_string()).await?;
    let answer: Value = serde_json::from_slice(&answered.payload).unwrap_or_default();
    if !answered.failed {
        return Ok(answer);
    }
    // A function says so by failing with exactly this word.
    if answer["errorMessage"] == "Unauthorized" {
        return Err(Refusal::unauthorized());
    }
    Err(Refusal::authorizer_failure().because(format!("the authorizer {function} failed: {answer}")))
}

fn request_event(exchange: &Exchange) -> Value {
    let mut event = proxy::event(exchange);
    if let Some(members) = event.as_object_mut() {
        members.shift_remove("body");
        members.shift_remove("isBase64Encoded");
        let mut all = Map::new();
        all.insert("type".to_owned(), json!("REQUEST"));
        all.insert("methodArn".to_owned(), json!(exchange.method_arn()));
        all.append(members);
        event = Value::Object(all);
    }
    event
}

fn malformed(what: &str) -> Refusal {
    Refusal::authorizer_failure().because(format!("the authorizer's answer {what}"))
}

/// Whether the policy of an authorizer's answer allows a method.
///
/// # Errors
/// 403, or 500 for an answer that has none.
pub fn verdict(answer: &Value, method_arn: &str) -> Result<(), Refusal> {
    if !answer["principalId"].is_string() {
        return Err(malformed("has no principalId"));
    }
    let statements = match &answer["policyDocument"]["Statement"] {
        Value::Array(statements) => statements.clone(),
        Value::Object(one) => vec![Value::Object(one.clone())],
        _ => return Err(malformed("has no policyDocument with statements")),
    };
    let concerned: Vec<&Value> = statements.iter().filter(|statement| concerns(statement, method_arn)).collect();
    if concerned.iter().any(|statement| statement["Effect"] == "Deny") {
        return Err(Refusal::denied(true));
    }
    if !concerned.iter().any(|statement| statement["Effect"] == "Allow") {
        return Err(Refusal::denied(false));
    }
    Ok(())
}

/// The context of an answer whose policy allows the method.
fn read(answer: &Value, method_arn: &str) -> Result<Value, Refusal> {
    verdict(answer, method_arn)?;
    let mut context = answer["context"].as_object().cloned().unwrap_or_default();
    if context.values().any(|value| value.is_object() || value.is_array()) {
        return Err(malformed("has a context with structures in it"));
    }
    for value in context.values_mut() {
        // Functions and templates get every value as text.
        if !value.is_string() && !value.is_null() {
            *value = Value::String(value.to_string());
        }
    }
    context.insert("principalId".to_owned(), answer["principalId"].clone());
    if let Some(key) = answer["usageIdentifierKey"].as_str() {
        context.insert("usageIdentifierKey".to_owned(), json!(key));
    }
    Ok(Value::Object(context))
}

fn concerns(statement: &Value, method_arn: &str) -> bool {
    let any = |value: &Value, test: &dyn Fn(&str) -> bool| match value {
        Value::String(one) => test(one),
        Value::Array(many) => many.iter().filter_map(Value::as_str).any(test),
        _ => false,
    };
    any(&statement["Action"], &|action| invoke::matches(&action.to_lowercase(), "execute-api:invoke"))
        && any(&statement["Resource"], &|resource| invoke::matches(resource, method_arn))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:execute-api:us-east-1:000000000000:abc/dev/GET/private";

    fn answer(effect: &str, resource: &str) -> Value {
        json!({
            "principalId": "me",
            "policyDocument": {"Statement": [{"Effect": effect, "Action": "execute-api:Invoke", "Resource": resource}]},
            "context": {"n": 1},
        })
    }

    #[test]
    fn a_policy_must_allow_this_method() {
        let allowed = read(&answer("Allow", "arn:aws:execute-api:us-east-1:000000000000:abc/*/GET/*"), ARN).unwrap();
        assert_eq!(allowed, json!({"n": "1", "principalId": "me"}));
        assert_eq!(read(&answer("Deny", "*"), ARN).unwrap_err(), Refusal::denied(true));
        assert_eq!(read(&answer("Allow", "arn:aws:execute-api:*:*:other/*"), ARN).unwrap_err(), Refusal::denied(false));
        assert_eq!(read(&json!({}), ARN).unwrap_err().status, 500);
    }
}
