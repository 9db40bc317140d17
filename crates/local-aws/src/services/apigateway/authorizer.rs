//! Lambda authorizers.

use std::sync::Arc;

use serde_json::{Value, json};

use super::document::RestApi;
use super::member::{bad, fresh_id, not_found, page, required, take, unsupported};
use super::patch::{self, Setting};
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

const MEMBERS: &[&str] = &[
    "name",
    "type",
    "authType",
    "authorizerUri",
    "authorizerCredentials",
    "identitySource",
    "identityValidationExpression",
    "authorizerResultTtlInSeconds",
];

/// CreateAuthorizer.
pub async fn create(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let given = take(&call, &["restApiId", "providerARNs"], MEMBERS)?;
    required(&call, "name")?;
    let id = fresh_id(6);
    let mut authorizer = json!({"id": id});
    for (member, value) in given {
        authorizer[member] = value;
    }
    if authorizer["authorizerResultTtlInSeconds"].is_null() {
        authorizer["authorizerResultTtlInSeconds"] = json!(300);
    }
    check(&authorizer)?;
    RestApi::edit(&cloud, &call, |api| {
        if api.definition.authorizers.values().any(|other| other["name"] == authorizer["name"]) {
            return Err(bad(
                "Authorizer name must be unique. Authorizer with this name already exists in this RestApi.",
            ));
        }
        api.definition.authorizers.insert(id, authorizer.clone());
        Ok(())
    })?;
    Ok(Output::json(authorizer).with_status(201))
}

fn check(authorizer: &Value) -> Result<(), Fault> {
    let kind = authorizer["type"].as_str().unwrap_or_default();
    match kind {
        "TOKEN" | "REQUEST" => {}
        "COGNITO_USER_POOLS" => return Err(unsupported("authorizers of type COGNITO_USER_POOLS")),
        other => return Err(bad(format!("Invalid authorizer type specified: {other}"))),
    }
    if !authorizer["authorizerUri"].as_str().is_some_and(|uri| uri.contains(":lambda:path/2015-03-31/functions/")) {
        return Err(bad("Invalid Authorizer URI specified"));
    }
    let ttl = authorizer["authorizerResultTtlInSeconds"].as_i64().unwrap_or(-1);
    if !(0..=3600).contains(&ttl) {
        return Err(bad("Authorizer result TTL must be between 0 and 3600 seconds"));
    }
    let sources = authorizer["identitySource"].as_str().unwrap_or_default();
    if sources.is_empty() && (kind == "TOKEN" || ttl > 0) {
        return Err(bad("Identity source is required when caching is enabled, and for TOKEN authorizers"));
    }
    if let Some(expression) = authorizer["identityValidationExpression"].as_str()
        && regex::Regex::new(expression).is_err()
    {
        return Err(bad(format!("Invalid identity validation expression: {expression}")));
    }
    Ok(())
}

fn stored<'a>(api: &'a mut RestApi, call: &Call) -> Result<&'a mut Value, Fault> {
    let id = required(call, "authorizerId")?;
    api.definition.authorizers.get_mut(id).ok_or_else(|| not_found("Invalid Authorizer identifier specified"))
}

/// GetAuthorizer.
pub async fn get(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    Ok(Output::json(stored(&mut RestApi::load(&cloud, &call)?, &call)?.clone()))
}

/// GetAuthorizers.
pub async fn list(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let api = RestApi::load(&cloud, &call)?;
    Ok(Output::json(page(&call, api.definition.authorizers.into_values().collect())?))
}

/// UpdateAuthorizer.
pub async fn update(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let settings = [
        ("name", Setting::Text),
        ("type", Setting::Text),
        ("authType", Setting::Text),
        ("authorizerUri", Setting::Text),
        ("authorizerCredentials", Setting::Text),
        ("identitySource", Setting::Text),
        ("identityValidationExpression", Setting::Text),
        ("authorizerResultTtlInSeconds", Setting::Integer),
    ];
    let authorizer = RestApi::edit(&cloud, &call, |api| {
        let authorizer = stored(api, &call)?;
        patch::apply(&call, authorizer, &settings)?;
        check(authorizer)?;
        Ok(authorizer.clone())
    })?;
    Ok(Output::json(authorizer))
}

/// DeleteAuthorizer.
pub async fn delete(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    RestApi::edit(&cloud, &call, |api| {
        let id = required(&call, "authorizerId")?;
        stored(api, &call)?;
        let mut methods = api.definition.resources.values().flat_map(|resource| resource.methods.values());
        if methods.any(|method| method["authorizerId"] == id) {
            return Err(super::member::conflict("Cannot delete authorizer, is referenced in method"));
        }
        api.definition.authorizers.remove(id);
        Ok(())
    })?;
    Ok(Output::empty().with_status(202))
}
