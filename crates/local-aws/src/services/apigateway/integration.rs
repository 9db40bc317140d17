//! Integrations and their responses.

use std::sync::Arc;

use serde_json::{Value, json};

use super::document::RestApi;
use super::member::{bad, not_found, required, take, text, unsupported};
use super::method::check_status;
use super::patch::{self, Setting};
use crate::Cloud;
use crate::gateway::vtl::{Template, TemplateError};
use crate::wire::{Call, Fault, Output};

const ADDRESS: &[&str] = &["restApiId", "resourceId", "httpMethod", "integrationHttpMethod"];
const MEMBERS: &[&str] = &[
    "type",
    "uri",
    "connectionType",
    "connectionId",
    "credentials",
    "requestParameters",
    "requestTemplates",
    "passthroughBehavior",
    "cacheNamespace",
    "cacheKeyParameters",
    "contentHandling",
    "timeoutInMillis",
    "tlsConfig",
];
/// Source: API Gateway quotas, "Integration timeout": 50 milliseconds to 29 seconds.
const TIMEOUT_MS: std::ops::RangeInclusive<i64> = 50..=29_000;

/// PutIntegration.
pub async fn put(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let given = take(&call, ADDRESS, MEMBERS)?;
    let integration = RestApi::edit(&cloud, &call, |api| {
        let resource = api.resource(&call)?.id.clone();
        let method = api.method(&call)?;
        let mut integration = json!({});
        for (member, value) in given {
            integration[member] = value;
        }
        if let Some(verb) = text(&call, "integrationHttpMethod")? {
            integration["httpMethod"] = json!(verb);
        }
        let defaults = [
            ("passthroughBehavior", json!("WHEN_NO_MATCH")),
            ("timeoutInMillis", json!(29_000)),
            ("cacheNamespace", json!(resource)),
            ("cacheKeyParameters", json!([])),
        ];
        for (member, value) in defaults {
            if integration[member].is_null() {
                integration[member] = value;
            }
        }
        check(&integration)?;
        // Putting an integration again keeps nothing of the old one, not even its responses.
        method["methodIntegration"] = integration.clone();
        Ok(integration)
    })?;
    Ok(Output::json(integration).with_status(201))
}

fn check(integration: &Value) -> Result<(), Fault> {
    let kind = integration["type"].as_str().unwrap_or_default();
    let uri = integration["uri"].as_str().unwrap_or_default();
    if !["HTTP", "AWS", "MOCK", "HTTP_PROXY", "AWS_PROXY"].contains(&kind) {
        return Err(bad(format!(
            "1 validation error detected: Value '{kind}' at 'putIntegrationInput.type' failed to satisfy constraint: Member must satisfy enum value set: [HTTP, MOCK, AWS_PROXY, HTTP_PROXY, AWS]"
        )));
    }
    if kind != "MOCK" && integration["httpMethod"].is_null() {
        return Err(bad("Enumeration value for HttpMethod must be non-empty"));
    }
    match kind {
        "AWS" | "AWS_PROXY" => check_arn(kind, uri)?,
        "HTTP" | "HTTP_PROXY" if !uri.starts_with("http://") && !uri.starts_with("https://") && !uri.contains("${") => {
            return Err(bad("Invalid HTTP endpoint specified for URI"));
        }
        _ => {}
    }
    let behaviour = integration["passthroughBehavior"].as_str().unwrap_or_default();
    if !["WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER"].contains(&behaviour) {
        return Err(bad(format!("Invalid passthrough behavior specified: {behaviour}")));
    }
    if !integration["timeoutInMillis"].as_i64().is_some_and(|timeout| TIMEOUT_MS.contains(&timeout)) {
        return Err(bad("Timeout should be between 50 ms and 29000 ms"));
    }
    match integration["connectionType"].as_str() {
        None | Some("INTERNET") => {}
        Some(other) => return Err(unsupported(&format!("connectionType {other} of an integration"))),
    }
    if !integration["tlsConfig"].is_null() {
        return Err(unsupported("tlsConfig of an integration"));
    }
    if integration["cacheKeyParameters"].as_array().is_some_and(|keys| !keys.is_empty()) {
        return Err(unsupported("cacheKeyParameters of an integration"));
    }
    check_content_handling(integration)?;
    for template in integration["requestTemplates"].as_object().into_iter().flat_map(|all| all.values()) {
        check_template(template)?;
    }
    for parameter in integration["requestParameters"].as_object().into_iter().flat_map(|all| all.keys()) {
        let place = parameter.strip_prefix("integration.request.").and_then(|rest| rest.split('.').next());
        if !place.is_some_and(|place| ["path", "querystring", "header"].contains(&place)) {
            return Err(bad(format!(
                "Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression parameter specified: {parameter}]"
            )));
        }
    }
    Ok(())
}

fn check_content_handling(holder: &Value) -> Result<(), Fault> {
    match holder["contentHandling"].as_str() {
        None | Some("CONVERT_TO_TEXT") => Ok(()),
        Some(other) => Err(unsupported(&format!("contentHandling {other}"))),
    }
}

/// Refuses templates that could never be rendered here; those that are malformed fail when they are used, as on AWS.
fn check_template(template: &Value) -> Result<(), Fault> {
    match template.as_str().map(Template::parse) {
        Some(Err(error @ TemplateError::Unsupported { .. })) => Err(bad(format!("Invalid mapping template: {error}"))),
        _ => Ok(()),
    }
}

/// `arn:aws:apigateway:REGION:SERVICE:action/NAME` or `…:path/…`.
fn check_arn(kind: &str, uri: &str) -> Result<(), Fault> {
    let parts: Vec<&str> = uri.splitn(6, ':').collect();
    let ["arn", _, "apigateway", _, service, rest] = parts.as_slice() else {
        return Err(bad("Invalid ARN specified in the request"));
    };
    if !rest.starts_with("action/") && !rest.starts_with("path/") {
        return Err(bad("AWS ARN for integration must contain path or action"));
    }
    if kind == "AWS_PROXY" && *service != "lambda" {
        return Err(bad(
            "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.",
        ));
    }
    if crate::gateway::integrates_with(service) {
        return Ok(());
    }
    Err(unsupported(&format!("integrations with {service}")))
}

/// GetIntegration.
pub async fn get(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut api = RestApi::load(&cloud, &call)?;
    let integration = api.method(&call)?["methodIntegration"].clone();
    if integration.is_null() { Err(missing()) } else { Ok(Output::json(integration)) }
}

/// UpdateIntegration.
pub async fn update(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let settings = [
        ("type", Setting::Text),
        ("uri", Setting::Text),
        ("httpMethod", Setting::Text),
        ("credentials", Setting::Text),
        ("requestParameters", Setting::Map),
        ("requestTemplates", Setting::Map),
        ("passthroughBehavior", Setting::Text),
        ("contentHandling", Setting::Text),
        ("timeoutInMillis", Setting::Integer),
        ("connectionType", Setting::Text),
    ];
    let integration = RestApi::edit(&cloud, &call, |api| {
        let integration = api.method(&call)?.get_mut("methodIntegration").ok_or_else(missing)?;
        patch::apply(&call, integration, &settings)?;
        check(integration)?;
        Ok(integration.clone())
    })?;
    Ok(Output::json(integration))
}

/// DeleteIntegration.
pub async fn delete(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    RestApi::edit(&cloud, &call, |api| {
        let method = api.method(&call)?.as_object_mut();
        method.and_then(|method| method.shift_remove("methodIntegration")).ok_or_else(missing)
    })?;
    Ok(Output::empty().with_status(204))
}

/// PutIntegrationResponse.
pub async fn put_response(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let address = [ADDRESS, &["statusCode"]].concat();
    let members = ["selectionPattern", "responseParameters", "responseTemplates", "contentHandling"];
    let given = take(&call, &address, &members)?;
    let status = check_status(required(&call, "statusCode")?)?.to_owned();
    check_content_handling(&call.input)?;
    for template in call.input["responseTemplates"].as_object().into_iter().flat_map(|all| all.values()) {
        check_template(template)?;
    }
    let response = RestApi::edit(&cloud, &call, |api| {
        let method = api.method(&call)?;
        if method["methodIntegration"].is_null() {
            return Err(missing());
        }
        check_parameters(&call, method, &status)?;
        let mut response = json!({"statusCode": status});
        for (member, value) in given {
            response[member] = value;
        }
        method["methodIntegration"]["integrationResponses"][&status] = response.clone();
        Ok(response)
    })?;
    Ok(Output::json(response).with_status(201))
}

/// Headers that an integration response sets must be declared by the method response.
fn check_parameters(call: &Call, method: &Value, status: &str) -> Result<(), Fault> {
    let declared = &method["methodResponses"][status]["responseParameters"];
    for parameter in call.input["responseParameters"].as_object().into_iter().flat_map(|all| all.keys()) {
        if !parameter.starts_with("method.response.header.") || declared.get(parameter).is_none() {
            return Err(bad(format!(
                "Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression parameter specified: {parameter}]"
            )));
        }
    }
    Ok(())
}

/// GetIntegrationResponse.
pub async fn get_response(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut api = RestApi::load(&cloud, &call)?;
    let status = required(&call, "statusCode")?;
    let response = api.method(&call)?["methodIntegration"]["integrationResponses"][status].clone();
    if response.is_null() { Err(no_response()) } else { Ok(Output::json(response)) }
}

/// UpdateIntegrationResponse.
pub async fn update_response(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let settings = [
        ("selectionPattern", Setting::Text),
        ("responseParameters", Setting::Map),
        ("responseTemplates", Setting::Map),
        ("contentHandling", Setting::Text),
    ];
    let response = RestApi::edit(&cloud, &call, |api| {
        let status = required(&call, "statusCode")?;
        let pointer = format!("/methodIntegration/integrationResponses/{status}");
        let response = api.method(&call)?.pointer_mut(&pointer).ok_or_else(no_response)?;
        patch::apply(&call, response, &settings)?;
        check_content_handling(response)?;
        for template in response["responseTemplates"].as_object().into_iter().flat_map(|all| all.values()) {
            check_template(template)?;
        }
        Ok(response.clone())
    })?;
    Ok(Output::json(response))
}

/// DeleteIntegrationResponse.
pub async fn delete_response(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    RestApi::edit(&cloud, &call, |api| {
        let status = required(&call, "statusCode")?;
        let responses = api.method(&call)?.pointer_mut("/methodIntegration/integrationResponses");
        let responses = responses.and_then(Value::as_object_mut);
        responses.and_then(|responses| responses.shift_remove(status)).ok_or_else(no_response)
    })?;
    Ok(Output::empty().with_status(204))
}

fn missing() -> Fault {
    not_found("Invalid Integration identifier specified")
}

fn no_response() -> Fault {
    not_found("Invalid Response status code specified")
}
