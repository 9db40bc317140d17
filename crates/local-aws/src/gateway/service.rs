//! Integrations of type `AWS`: an action of a service, or a function without proxy.

use std::sync::Arc;

use serde_json::Value;

use super::answer::Refusal;
use super::exchange::Exchange;
use super::{invoke, mapping};
use crate::Cloud;
use crate::wire::Blame;

/// What a backend answered, as the integration responses see it.
#[derive(Clone, Debug)]
pub struct Answered {
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// What selection patterns are compared with: the status, or a function's error message.
    pub selector: String,
}

impl Answered {
    /// An answer that is selected by its status.
    pub fn with_status(status: u16, body: String) -> Answered {
        let headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
        Answered { headers, body, selector: status.to_string() }
    }
}

/// Services whose actions take JSON.
const JSON_SERVICES: &[&str] = &["dynamodb", "logs", "ssm", "states"];

/// Whether an API can be integrated with `service`, as an integration's ARN names it.
pub fn integrates_with(service: &str) -> bool {
    service == "lambda" || JSON_SERVICES.contains(&service)
}

/// Sends `body` to what `uri` (`arn:aws:apigateway:REGION:SERVICE:action/NAME`) names.
///
/// # Errors
/// 500 for an address that leads nowhere.
pub async fn call(
    cloud: &Arc<Cloud>,
    integration: &Value,
    exchange: &Exchange,
    body: String,
) -> Result<Answered, Refusal> {
    let uri = mapping::with_stage_variables(integration["uri"].as_str().unwrap_or_default(), exchange);
    let parts: Vec<&str> = uri.splitn(6, ':').collect();
    let ["arn", _, "apigateway", region, service, target] = parts.as_slice() else {
        return Err(Refusal::misconfigured(format!("`{uri}` is no integration address")));
    };
    if *service == "lambda" {
        return function(cloud, integration, exchange, region, &uri, body).await;
    }
    let Some(action) = target.strip_prefix("action/").filter(|_| integrates_with(service)) else {
        return Err(Refusal::misconfigured(format!(
            "the local AWS does not support integrations with {service}:{target}"
        )));
    };
    action_of(cloud, region, service, action, &body).await
}

async fn action_of(
    cloud: &Arc<Cloud>,
    region: &str,
    service: &str,
    action: &str,
    body: &str,
) -> Result<Answered, Refusal> {
    let input: Value = match serde_json::from_str(if body.trim().is_empty() { "{}" } else { body }) {
        Ok(input) => input,
        // What AWS's services answer to a body they cannot read.
        Err(_) => {
            let answer = r#"{"__type":"com.amazon.coral.service#SerializationException"}"#;
            return Ok(Answered::with_status(400, answer.to_owned()));
        }
    };
    match cloud.invoke(service, action, region, input).await {
        Ok(output) => Ok(Answered::with_status(output.status, output.body.to_string())),
        Err(fault) => {
            let mut document = fault.members.clone();
            document.insert("__type".to_owned(), Value::from(fault.code.as_str()));
            document.insert("message".to_owned(), Value::from(fault.message.as_str()));
            let status = if fault.blame == Blame::Receiver { fault.status.max(500) } else { fault.status };
            Ok(Answered::with_status(status, Value::Object(document).to_string()))
        }
    }
}

async fn function(
    cloud: &Arc<Cloud>,
    integration: &Value,
    exchange: &Exchange,
    region: &str,
    uri: &str,
    body: String,
) -> Result<Answered, Refusal> {
    let function = invoke::function_of(uri)?;
    if integration["credentials"].is_null() {
        invoke::check_permission(cloud, region, function, &exchange.source_arn()).await?;
    }
    let kinds = mapping::request_parameters(integration, "header", exchange);
    let kind = kinds.iter().find(|(name, _)| name.eq_ignore_ascii_case("x-amz-invocation-type"));
    let kind = kind.map_or("RequestResponse", |(_, kind)| kind.as_str());
    let answered = invoke::invoke(cloud, region, function, kind, body).await?;
    let body = String::from_utf8_lossy(&answered.payload).into_owned();
    let status = if kind == "Event" { 202 } else { 200 };
    let mut result = Answered::with_status(status, body);
    if answered.failed {
        let document: Value = serde_json::from_str(&result.body).unwrap_or_default();
        result.selector = document["errorMessage"].as_str().unwrap_or_default().to_owned();
    } else {
        // Only errors of a function are selected; its results go to the default response.
        result.selector = String::new();
    }
    Ok(result)
}
