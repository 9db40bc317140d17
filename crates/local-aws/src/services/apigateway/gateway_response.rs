//! Gateway responses: what the gateway itself answers.

use std::sync::Arc;

use serde_json::{Value, json};

use super::document::RestApi;
use super::member::{bad, not_found, page, required, take};
use super::patch::{self, Setting};
use crate::Cloud;
use crate::gateway::RESPONSE_TYPES;
use crate::wire::{Call, Fault, Output};

/// PutGatewayResponse.
pub async fn put(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let members = ["statusCode", "responseParameters", "responseTemplates"];
    let given = take(&call, &["restApiId", "responseType"], &members)?;
    let kind = checked(&call)?.to_owned();
    let mut response = json!({"responseType": kind, "defaultResponse": false});
    for (member, value) in given {
        response[member] = value;
    }
    RestApi::edit(&cloud, &call, |api| {
        api.definition.responses.insert(kind, response.clone());
        Ok(())
    })?;
    Ok(Output::json(response).with_status(201))
}

fn checked(call: &Call) -> Result<&str, Fault> {
    let kind = required(call, "responseType")?;
    if RESPONSE_TYPES.iter().any(|(known, _)| *known == kind) {
        return Ok(kind);
    }
    let known: Vec<&str> = RESPONSE_TYPES.iter().map(|(known, _)| *known).collect();
    Err(bad(format!(
        "1 validation error detected: Value '{kind}' at 'responseType' failed to satisfy constraint: Member must satisfy enum value set: [{}]",
        known.join(", ")
    )))
}

fn describe(api: &RestApi, kind: &str, status: Option<u16>) -> Value {
    if let Some(changed) = api.definition.responses.get(kind) {
        return changed.clone();
    }
    let mut shape = json!({
        "responseType": kind,
        "responseParameters": {},
        "responseTemplates": {"application/json": "{\"message\":$context.error.messageString}"},
        "defaultResponse": true,
    });
    if let Some(status) = status {
        shape["statusCode"] = json!(status.to_string());
    }
    shape
}

/// GetGatewayResponse.
pub async fn get(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let api = RestApi::load(&cloud, &call)?;
    let kind = checked(&call)?;
    let status = RESPONSE_TYPES.iter().find(|(known, _)| *known == kind).and_then(|(_, status)| *status);
    Ok(Output::json(describe(&api, kind, status)))
}

/// GetGatewayResponses.
pub async fn list(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let api = RestApi::load(&cloud, &call)?;
    Ok(Output::json(page(&call, RESPONSE_TYPES.iter().map(|(kind, status)| describe(&api, kind, *status)).collect())?))
}

/// UpdateGatewayResponse.
pub async fn update(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let settings =
        [("statusCode", Setting::Text), ("responseParameters", Setting::Map), ("responseTemplates", Setting::Map)];
    let kind = checked(&call)?;
    let status = RESPONSE_TYPES.iter().find(|(known, _)| *known == kind).and_then(|(_, status)| *status);
    let response = RestApi::edit(&cloud, &call, |api| {
        let mut response = describe(api, kind, status);
        response["defaultResponse"] = json!(false);
        patch::apply(&call, &mut response, &settings)?;
        api.definition.responses.insert(kind.to_owned(), response.clone());
        Ok(response)
    })?;
    Ok(Output::json(response))
}

/// DeleteGatewayResponse.
pub async fn delete(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let kind = checked(&call)?;
    RestApi::edit(&cloud, &call, |api| {
        api.definition.responses.remove(kind).ok_or_else(|| not_found("Gateway response type not defined on api"))
    })?;
    Ok(Output::empty().with_status(202))
}
