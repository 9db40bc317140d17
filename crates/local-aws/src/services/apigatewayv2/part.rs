//! Routes, integrations, stages and deployments: create, get, list, update and delete of each.

use std::sync::Arc;

use serde_json::{Value, json};

use super::document::{Api, bad, fresh_id, not_found, take, text, unsupported};
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

const ROUTE: &[&str] =
    &["RouteKey", "Target", "AuthorizationScopes", "AuthorizationType", "AuthorizerId", "OperationName"];
const INTEGRATION: &[&str] = &[
    "IntegrationType",
    "IntegrationUri",
    "IntegrationMethod",
    "PayloadFormatVersion",
    "TimeoutInMillis",
    "Description",
    "CredentialsArn",
    "ConnectionType",
];
const STAGE: &[&str] = &[
    "AccessLogSettings",
    "AutoDeploy",
    "DefaultRouteSettings",
    "DeploymentId",
    "Description",
    "StageVariables",
    "Tags",
];

/// CreateRoute.
pub async fn create_route(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let given = take(&call, &["ApiId", "ApiKeyRequired"], ROUTE)?;
    let key = text(&call, "RouteKey")?;
    let route = Api::edit(&cloud, &call, |api| {
        if api.definition.routes.values().any(|route| route["RouteKey"] == key) {
            let message = format!("Route with key {key} already exists for this API");
            return Err(Fault::sender("ConflictException", message).with_status(409));
        }
        let id = fresh_id(7);
        let mut route = json!({"RouteId": id, "ApiKeyRequired": false, "AuthorizationType": "NONE"});
        for (member, value) in given {
            route[member] = value;
        }
        check_route(api, &route)?;
        api.definition.routes.insert(id, route.clone());
        Ok(route)
    })?;
    Ok(Output::json(route).with_status(201))
}

fn check_route(api: &Api, route: &Value) -> Result<(), Fault> {
    let key = route["RouteKey"].as_str().unwrap_or_default();
    let methods = ["ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];
    let plain = key.split_once(' ').is_some_and(|(method, path)| methods.contains(&method) && path.starts_with('/'));
    if key != "$default" && !plain {
        return Err(bad(&format!(
            "The provided route key is not formatted properly for HTTP protocol. Format should be \"<HTTP METHOD> /<RESOURCE PATH>\" or \"$default\": {key}"
        )));
    }
    check_authorization(api, route)?;
    if let Some(target) = route["Target"].as_str() {
        let id = target.strip_prefix("integrations/").unwrap_or_default();
        if !api.definition.integrations.contains_key(id) {
            return Err(not_found(&format!("Invalid Integration identifier specified: {target}")));
        }
    }
    Ok(())
}

fn check_authorization(api: &Api, route: &Value) -> Result<(), Fault> {
    let wanted = match route["AuthorizationType"].as_str().unwrap_or("NONE") {
        "NONE" | "AWS_IAM" => return Ok(()),
        "JWT" => "JWT",
        "CUSTOM" => "REQUEST",
        other => return Err(bad(&format!("Invalid authorization type specified: {other}"))),
    };
    let id = route["AuthorizerId"].as_str().unwrap_or_default();
    let authorizer = api.definition.authorizers.get(id);
    let authorizer = authorizer.ok_or_else(|| not_found(&format!("Invalid Authorizer identifier specified: {id}")))?;
    if authorizer["AuthorizerType"] != wanted {
        return Err(bad(&format!(
            "The authorizer {id} is not of type {wanted}, which the route's AuthorizationType takes"
        )));
    }
    if wanted != "JWT" && route["AuthorizationScopes"].as_array().is_some_and(|scopes| !scopes.is_empty()) {
        return Err(bad("AuthorizationScopes are supported only for JWT authorizers"));
    }
    Ok(())
}

/// UpdateRoute.
pub async fn update_route(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let given = take(&call, &["ApiId", "RouteId", "ApiKeyRequired"], ROUTE)?;
    let route = Api::edit(&cloud, &call, |api| {
        let id = text(&call, "RouteId")?;
        let mut route = api.definition.routes.get(id).cloned().ok_or_else(|| gone("Route"))?;
        for (member, value) in given {
            route[member] = value;
        }
        check_route(api, &route)?;
        api.definition.routes.insert(id.to_owned(), route.clone());
        Ok(route)
    })?;
    Ok(Output::json(route))
}

/// GetRoute.
pub async fn get_route(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let api = Api::load(&cloud, &call)?;
    one(api.definition.routes.get(text(&call, "RouteId")?), "Route")
}

/// GetRoutes.
pub async fn list_routes(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    Ok(items(Api::load(&cloud, &call)?.definition.routes.into_values().collect()))
}

/// DeleteRoute.
pub async fn delete_route(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    Api::edit(&cloud, &call, |api| api.definition.routes.remove(text(&call, "RouteId")?).ok_or_else(|| gone("Route")))?;
    Ok(Output::empty().with_status(204))
}

/// CreateIntegration.
pub async fn create_integration(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let given = take(&call, &["ApiId"], INTEGRATION)?;
    let integration = Api::edit(&cloud, &call, |api| {
        let id = fresh_id(7);
        let mut integration = json!({"IntegrationId": id, "ConnectionType": "INTERNET", "TimeoutInMillis": 30_000});
        for (member, value) in given {
            integration[member] = value;
        }
        check_integration(&integration)?;
        api.definition.integrations.insert(id, integration.clone());
        Ok(integration)
    })?;
    Ok(Output::json(integration).with_status(201))
}

fn check_integration(integration: &Value) -> Result<(), Fault> {
    let format = integration["PayloadFormatVersion"].as_str();
    let uri = integration["IntegrationUri"].as_str().unwrap_or_default();
    match integration["IntegrationType"].as_str().unwrap_or_default() {
        "AWS_PROXY" if !integration["IntegrationSubtype"].is_null() => return Err(unsupported("IntegrationSubtype")),
        "AWS_PROXY" if !matches!(format, Some("1.0" | "2.0")) => {
            return Err(bad("PayloadFormatVersion is a required parameter for HTTP APIs: 1.0 or 2.0"));
        }
        "AWS_PROXY" if !uri.contains(":lambda:") => return Err(unsupported(&format!("the integration URI {uri}"))),
        "AWS_PROXY" => {}
        "HTTP_PROXY" if uri.starts_with("https://") => return Err(unsupported("integrations with https: addresses")),
        "HTTP_PROXY" if uri.starts_with("http://") => {}
        other => return Err(unsupported(&format!("IntegrationType {other} with the URI `{uri}`"))),
    }
    match integration["ConnectionType"].as_str() {
        Some("INTERNET") | None => {}
        Some(other) => return Err(unsupported(&format!("ConnectionType {other}"))),
    }
    match integration["TimeoutInMillis"].as_i64() {
        Some(50..=30_000) => Ok(()),
        _ => Err(bad("Timeout should be between 50 ms and 30000 ms")),
    }
}

/// UpdateIntegration.
pub async fn update_integration(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let given = take(&call, &["ApiId", "IntegrationId"], INTEGRATION)?;
    let integration = Api::edit(&cloud, &call, |api| {
        let id = text(&call, "IntegrationId")?;
        let integration = api.definition.integrations.get_mut(id).ok_or_else(|| gone("Integration"))?;
        for (member, value) in given {
            integration[member] = value;
        }
        check_integration(integration)?;
        Ok(integration.clone())
    })?;
    Ok(Output::json(integration))
}

/// GetIntegration.
pub async fn get_integration(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let api = Api::load(&cloud, &call)?;
    one(api.definition.integrations.get(text(&call, "IntegrationId")?), "Integration")
}

/// GetIntegrations.
pub async fn list_integrations(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    Ok(items(Api::load(&cloud, &call)?.definition.integrations.into_values().collect()))
}

/// DeleteIntegration; not while a route leads to it.
pub async fn delete_integration(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    Api::edit(&cloud, &call, |api| {
        let id = text(&call, "IntegrationId")?;
        let target = format!("integrations/{id}");
        if api.definition.routes.values().any(|route| route["Target"] == *target) {
            let message = format!("Cannot delete Integration {id}, is referenced by route");
            return Err(Fault::sender("ConflictException", message).with_status(409));
        }
        api.definition.integrations.remove(id).ok_or_else(|| gone("Integration"))
    })?;
    Ok(Output::empty().with_status(204))
}

/// CreateStage.
pub async fn create_stage(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let given = take(&call, &["ApiId", "StageName"], STAGE)?;
    let name = text(&call, "StageName")?;
    let now = cloud.clock.now().as_second();
    let stage = Api::edit(&cloud, &call, |api| {
        if api.stages.contains_key(name) {
            return Err(Fault::sender("ConflictException", "Stage already exists").with_status(409));
        }
        let mut stage = json!({"StageName": name, "AutoDeploy": false, "CreatedDate": now, "LastUpdatedDate": now});
        for (member, value) in given {
            stage[member] = value;
        }
        check_stage(api, &stage)?;
        api.stages.insert(name.to_owned(), stage.clone());
        Ok(stage)
    })?;
    Ok(Output::json(stage).with_status(201))
}

fn check_stage(api: &Api, stage: &Value) -> Result<(), Fault> {
    for (name, value) in stage["DefaultRouteSettings"].as_object().into_iter().flatten() {
        match name.as_str() {
            "DetailedMetricsEnabled" => {}
            "ThrottlingBurstLimit" | "ThrottlingRateLimit" if !value.is_null() => {
                return Err(unsupported(&format!("{name} of a stage")));
            }
            "DataTraceEnabled" | "LoggingLevel" if !value.is_null() => {
                return Err(bad(&format!("{name} is supported for WebSocket APIs only")));
            }
            _ => {}
        }
    }
    match stage["DeploymentId"].as_str() {
        Some(id) if !api.deployments.contains_key(id) => Err(gone("Deployment")),
        _ => Ok(()),
    }
}

/// UpdateStage.
pub async fn update_stage(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let given = take(&call, &["ApiId", "StageName"], STAGE)?;
    let now = cloud.clock.now().as_second();
    let stage = Api::edit(&cloud, &call, |api| {
        let name = text(&call, "StageName")?;
        let mut stage = api.stages.get(name).cloned().ok_or_else(|| gone("Stage"))?;
        for (member, value) in given {
            stage[member] = value;
        }
        stage["LastUpdatedDate"] = json!(now);
        check_stage(api, &stage)?;
        api.stages.insert(name.to_owned(), stage.clone());
        Ok(stage)
    })?;
    Ok(Output::json(stage))
}

/// GetStage.
pub async fn get_stage(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let api = Api::load(&cloud, &call)?;
    one(api.stages.get(text(&call, "StageName")?), "Stage")
}

/// GetStages.
pub async fn list_stages(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    Ok(items(Api::load(&cloud, &call)?.stages.into_values().collect()))
}

/// DeleteStage.
pub async fn delete_stage(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    Api::edit(&cloud, &call, |api| api.stages.remove(text(&call, "StageName")?).ok_or_else(|| gone("Stage")))?;
    Ok(Output::empty().with_status(204))
}

/// CreateDeployment: freezes routes and integrations; with `StageName` the stage is moved to it.
pub async fn create_deployment(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let given = take(&call, &["ApiId"], &["Description", "StageName"])?;
    let now = cloud.clock.now().as_second();
    let deployment = Api::edit(&cloud, &call, |api| {
        if api.definition.routes.is_empty() {
            return Err(bad("At least one route is required before deploying the Api."));
        }
        let id = fresh_id(6);
        let mut shape =
            json!({"DeploymentId": id, "AutoDeployed": false, "CreatedDate": now, "DeploymentStatus": "DEPLOYED"});
        if let Some(description) = given.get("Description") {
            shape["Description"] = description.clone();
        }
        if let Some(name) = given.get("StageName").and_then(Value::as_str) {
            let stage = api.stages.get_mut(name).ok_or_else(|| gone("Stage"))?;
            stage["DeploymentId"] = json!(id);
        }
        api.deployments.insert(id, (shape.clone(), api.definition.clone()));
        Ok(shape)
    })?;
    Ok(Output::json(deployment).with_status(201))
}

/// GetDeployment.
pub async fn get_deployment(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let api = Api::load(&cloud, &call)?;
    one(api.deployments.get(text(&call, "DeploymentId")?).map(|(shape, _)| shape), "Deployment")
}

/// GetDeployments.
pub async fn list_deployments(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    Ok(items(Api::load(&cloud, &call)?.deployments.into_values().map(|(shape, _)| shape).collect()))
}

/// DeleteDeployment; not while a stage uses it.
pub async fn delete_deployment(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    Api::edit(&cloud, &call, |api| {
        let id = text(&call, "DeploymentId")?;
        if api.stages.values().any(|stage| stage["DeploymentId"] == id) {
            return Err(bad("Active stages pointing to this deployment must be moved or deleted"));
        }
        api.deployments.remove(id).ok_or_else(|| gone("Deployment"))
    })?;
    Ok(Output::empty().with_status(204))
}

fn one(found: Option<&Value>, what: &str) -> Result<Output, Fault> {
    found.cloned().map(Output::json).ok_or_else(|| gone(what))
}

fn items(items: Vec<Value>) -> Output {
    Output::json(json!({"Items": items}))
}

fn gone(what: &str) -> Fault {
    not_found(&format!("Invalid {what} identifier specified"))
}
