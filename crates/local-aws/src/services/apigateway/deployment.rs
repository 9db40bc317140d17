//! Deployments: each freezes the API as it is now.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::document::{Deployment, RestApi};
use super::member::{bad, fresh_id, not_found, page, required, take, text, unsupported};
use super::patch::{self, Setting};
use super::stage;
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// CreateDeployment; with `stageName` the stage is made or moved as well.
pub async fn create(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let members = ["description", "stageName", "stageDescription", "variables", "tracingEnabled"];
    take(&call, &["restApiId", "cacheClusterEnabled"], &members)?;
    if call.input["cacheClusterEnabled"] == true {
        return Err(unsupported("cacheClusterEnabled of CreateDeployment"));
    }
    let now = cloud.clock.now().as_second();
    let shape = RestApi::edit(&cloud, &call, |api| {
        check(api)?;
        let id = fresh_id(6);
        let mut shape = json!({"id": id, "createdDate": now});
        if let Some(description) = text(&call, "description")? {
            shape["description"] = json!(description);
        }
        let definition = api.definition.clone();
        api.deployments.insert(id.clone(), Deployment { shape: shape.clone(), definition });
        if let Some(name) = text(&call, "stageName")? {
            deploy_to(api, &call, name, &id, now)?;
        }
        Ok(shape)
    })?;
    Ok(Output::json(shape).with_status(201))
}

fn check(api: &RestApi) -> Result<(), Fault> {
    let mut methods = api.definition.resources.values().flat_map(|resource| resource.methods.values()).peekable();
    if methods.peek().is_none() {
        return Err(bad("The REST API doesn't contain any methods"));
    }
    if methods.any(|method| method["methodIntegration"].is_null()) {
        return Err(bad("No integration defined for method"));
    }
    Ok(())
}

fn deploy_to(api: &mut RestApi, call: &Call, name: &str, deployment: &str, now: i64) -> Result<(), Fault> {
    let mut given = Map::new();
    for (member, renamed) in
        [("stageDescription", "description"), ("variables", "variables"), ("tracingEnabled", "tracingEnabled")]
    {
        if !call.input[member].is_null() {
            given.insert(renamed.to_owned(), call.input[member].clone());
        }
    }
    if let Some(old) = api.stages.get_mut(name) {
        old["deploymentId"] = json!(deployment);
        old["lastUpdatedDate"] = json!(now);
        for (member, value) in given {
            old[member] = value;
        }
        return Ok(());
    }
    let stage = stage::new(name, deployment, given, now)?;
    api.stages.insert(name.to_owned(), stage);
    Ok(())
}

fn stored<'a>(api: &'a mut RestApi, call: &Call) -> Result<&'a mut Deployment, Fault> {
    let id = required(call, "deploymentId")?;
    api.deployments.get_mut(id).ok_or_else(|| not_found("Invalid Deployment identifier specified"))
}

/// GetDeployment; with `embed` `apisummary` its methods as well.
pub async fn get(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut api = RestApi::load(&cloud, &call)?;
    let deployment = stored(&mut api, &call)?;
    let mut shape = deployment.shape.clone();
    if call.input["embed"].to_string().contains("apisummary") {
        shape["apiSummary"] = summary(deployment);
    }
    Ok(Output::json(shape))
}

fn summary(deployment: &Deployment) -> Value {
    let resources = deployment.definition.resources.values().filter(|resource| !resource.methods.is_empty());
    let of_method = |method: &Value| json!({"authorizationType": method["authorizationType"], "apiKeyRequired": method["apiKeyRequired"]});
    let described = resources.map(|resource| {
        let methods = resource.methods.iter().map(|(name, method)| (name.clone(), of_method(method)));
        (resource.path.clone(), Value::Object(methods.collect()))
    });
    Value::Object(described.collect())
}

/// GetDeployments.
pub async fn list(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let api = RestApi::load(&cloud, &call)?;
    Ok(Output::json(page(&call, api.deployments.values().map(|deployment| deployment.shape.clone()).collect())?))
}

/// UpdateDeployment.
pub async fn update(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let shape = RestApi::edit(&cloud, &call, |api| {
        let deployment = stored(api, &call)?;
        patch::apply(&call, &mut deployment.shape, &[("description", Setting::Text)])?;
        Ok(deployment.shape.clone())
    })?;
    Ok(Output::json(shape))
}

/// DeleteDeployment; not while a stage uses it.
pub async fn delete(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    RestApi::edit(&cloud, &call, |api| {
        let id = required(&call, "deploymentId")?;
        stored(api, &call)?;
        if api.stages.values().any(|stage| stage["deploymentId"] == id) {
            return Err(bad("Active stages pointing to this deployment must be moved or deleted"));
        }
        api.deployments.remove(id);
        Ok(())
    })?;
    Ok(Output::empty().with_status(202))
}
