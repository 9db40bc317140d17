//! Authorizers of HTTP APIs: tokens of an issuer, and functions.

use std::sync::Arc;

use serde_json::{Value, json};

use super::document::{Api, bad, fresh_id, not_found, take, text, unsupported};
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

const MEMBERS: &[&str] = &[
    "AuthorizerCredentialsArn",
    "AuthorizerPayloadFormatVersion",
    "AuthorizerResultTtlInSeconds",
    "AuthorizerType",
    "AuthorizerUri",
    "EnableSimpleResponses",
    "IdentitySource",
    "JwtConfiguration",
    "Name",
];

/// How long a decision may be kept, in seconds.
const TTL_S: std::ops::RangeInclusive<i64> = 0..=3600;

/// What an identity source may begin with.
/// Source: API Gateway developer guide, "Control access to HTTP APIs with Lambda authorizers", "Identity sources".
const SOURCES: &[&str] = &["$request.header.", "$request.querystring.", "$context.", "$stageVariables."];

/// CreateAuthorizer.
pub async fn create(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let given = take(&call, &["ApiId"], MEMBERS)?;
    text(&call, "Name")?;
    let authorizer = Api::edit(&cloud, &call, |api| {
        let id = fresh_id(6);
        let mut authorizer = json!({"AuthorizerId": id});
        for (member, value) in given {
            authorizer[member] = value;
        }
        check(&authorizer)?;
        api.definition.authorizers.insert(id, authorizer.clone());
        Ok(authorizer)
    })?;
    Ok(Output::json(authorizer).with_status(201))
}

/// UpdateAuthorizer; what was decided before is forgotten.
pub async fn update(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let given = take(&call, &["ApiId", "AuthorizerId"], MEMBERS)?;
    let authorizer = Api::edit(&cloud, &call, |api| {
        let authorizer = api.definition.authorizers.get_mut(text(&call, "AuthorizerId")?).ok_or_else(gone)?;
        for (member, value) in given {
            authorizer[member] = value;
        }
        check(authorizer)?;
        Ok(authorizer.clone())
    })?;
    cloud.apigateway.gateway.forget(text(&call, "ApiId")?);
    Ok(Output::json(authorizer))
}

/// GetAuthorizer.
pub async fn get(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut api = Api::load(&cloud, &call)?;
    api.definition.authorizers.remove(text(&call, "AuthorizerId")?).map(Output::json).ok_or_else(gone)
}

/// GetAuthorizers.
pub async fn list(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let items: Vec<Value> = Api::load(&cloud, &call)?.definition.authorizers.into_values().collect();
    Ok(Output::json(json!({"Items": items})))
}

/// DeleteAuthorizer; not while a route asks it.
pub async fn delete(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    Api::edit(&cloud, &call, |api| {
        let id = text(&call, "AuthorizerId")?;
        if api.definition.routes.values().any(|route| route["AuthorizerId"] == id) {
            let message = format!("Cannot delete Authorizer {id}, is referenced by route");
            return Err(Fault::sender("ConflictException", message).with_status(409));
        }
        api.definition.authorizers.remove(id).ok_or_else(gone)
    })?;
    Ok(Output::empty().with_status(204))
}

/// Forgets what authorizers of an API decided.
pub async fn reset(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    Api::load(&cloud, &call)?;
    cloud.apigateway.gateway.forget(text(&call, "ApiId")?);
    Ok(Output::empty().with_status(204))
}

fn check(authorizer: &Value) -> Result<(), Fault> {
    let sources: Vec<&str> =
        authorizer["IdentitySource"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if let Some(source) = sources.iter().find(|source| !SOURCES.iter().any(|start| source.starts_with(start))) {
        return Err(bad(&format!("Invalid identity source: {source}. It begins with one of {}", SOURCES.join(", "))));
    }
    match authorizer["AuthorizerType"].as_str().unwrap_or_default() {
        "JWT" => check_token(authorizer, &sources),
        "REQUEST" => check_function(authorizer, &sources),
        other => Err(bad(&format!("Invalid authorizer type specified: {other}. Must be one of [JWT, REQUEST]"))),
    }
}

fn check_token(authorizer: &Value, sources: &[&str]) -> Result<(), Fault> {
    if sources.len() != 1 {
        return Err(bad("A JWT authorizer has exactly one identity source"));
    }
    let configuration = &authorizer["JwtConfiguration"];
    let issuer = configuration["Issuer"].as_str().unwrap_or_default();
    // AWS wants https: always.
    let here = ["http://127.0.0.1", "http://localhost", "http://[::1]"].iter().any(|start| issuer.starts_with(start));
    if !issuer.starts_with("https://") && !here {
        return Err(bad(&format!(
            "Invalid issuer: `{issuer}`. Issuer must have a scheme of 'https' (or http on this machine)"
        )));
    }
    if configuration["Audience"].as_array().is_none_or(Vec::is_empty) {
        return Err(bad("JwtConfiguration.Audience is required"));
    }
    Ok(())
}

fn check_function(authorizer: &Value, sources: &[&str]) -> Result<(), Fault> {
    let format = authorizer["AuthorizerPayloadFormatVersion"].as_str();
    if !matches!(format, Some("1.0" | "2.0")) {
        return Err(bad(
            "AuthorizerPayloadFormatVersion is a required parameter for REQUEST authorizers of HTTP APIs: 1.0 or 2.0",
        ));
    }
    if format == Some("1.0") && authorizer["EnableSimpleResponses"] == true {
        return Err(bad("EnableSimpleResponses needs AuthorizerPayloadFormatVersion 2.0"));
    }
    let ttl_s = authorizer["AuthorizerResultTtlInSeconds"].as_i64().unwrap_or(0);
    if !TTL_S.contains(&ttl_s) {
        return Err(bad("AuthorizerResultTtlInSeconds is between 0 and 3600"));
    }
    if ttl_s > 0 && sources.is_empty() {
        return Err(bad("A cached decision needs an identity source: AuthorizerResultTtlInSeconds is not 0"));
    }
    let uri = authorizer["AuthorizerUri"].as_str().unwrap_or_default();
    if !uri.contains(":lambda:path/") {
        return Err(unsupported(&format!("the authorizer URI `{uri}`")));
    }
    Ok(())
}

fn gone() -> Fault {
    not_found("Invalid Authorizer identifier specified")
}
