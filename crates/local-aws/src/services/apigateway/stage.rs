//! Stages: names under which a deployment is reached.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::document::RestApi;
use super::member::{bad, conflict, not_found, required, take, unsupported};
use super::patch::{self, Setting};
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

const MEMBERS: &[&str] = &["description", "variables", "tracingEnabled", "tags", "documentationVersion"];

/// CreateStage.
pub async fn create(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let address = ["restApiId", "stageName", "deploymentId", "cacheClusterEnabled", "cacheClusterSize"];
    let given = take(&call, &address, MEMBERS)?;
    if call.input["cacheClusterEnabled"] == true {
        return Err(unsupported("cacheClusterEnabled of CreateStage"));
    }
    let name = required(&call, "stageName")?;
    let deployment = required(&call, "deploymentId")?;
    let now = cloud.clock.now().as_second();
    let stage = RestApi::edit(&cloud, &call, |api| {
        if api.stages.contains_key(name) {
            return Err(conflict("Stage already exists"));
        }
        if !api.deployments.contains_key(deployment) {
            return Err(bad("Deployment id does not exist"));
        }
        let stage = new(name, deployment, given, now)?;
        api.stages.insert(name.to_owned(), stage.clone());
        Ok(stage)
    })?;
    Ok(Output::json(stage).with_status(201))
}

/// A stage in AWS's shape.
///
/// # Errors
/// For names and variables that AWS refuses.
pub fn new(name: &str, deployment: &str, given: Map<String, Value>, now: i64) -> Result<Value, Fault> {
    if name.is_empty() || name.len() > 128 || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
        return Err(bad("Stage name only allows a-zA-Z0-9_-"));
    }
    let mut stage = json!({
        "deploymentId": deployment,
        "stageName": name,
        "cacheClusterEnabled": false,
        "cacheClusterStatus": "NOT_AVAILABLE",
        "methodSettings": {},
        "tracingEnabled": false,
        "createdDate": now,
        "lastUpdatedDate": now,
    });
    for (member, value) in given {
        stage[member] = value;
    }
    check_variables(&stage)?;
    Ok(stage)
}

fn check_variables(stage: &Value) -> Result<(), Fault> {
    for (name, value) in stage["variables"].as_object().into_iter().flatten() {
        let word = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let fine = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#&=,".contains(c);
        if !word || !value.as_str().is_some_and(|value| value.chars().all(fine)) {
            return Err(bad(format!(
                "Stage variable names only allow a-zA-Z0-9_ and values [A-Za-z0-9-._~:/?#&=,]+: {name}"
            )));
        }
    }
    Ok(())
}

fn stored<'a>(api: &'a mut RestApi, call: &Call) -> Result<&'a mut Value, Fault> {
    let name = required(call, "stageName")?;
    api.stages.get_mut(name).ok_or_else(|| not_found("Invalid stage identifier specified"))
}

/// GetStage.
pub async fn get(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    Ok(Output::json(stored(&mut RestApi::load(&cloud, &call)?, &call)?.clone()))
}

/// GetStages, all or those of one deployment.
pub async fn list(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let api = RestApi::load(&cloud, &call)?;
    let deployment = &call.input["deploymentId"];
    let wanted = api.stages.values().filter(|stage| deployment.is_null() || stage["deploymentId"] == *deployment);
    Ok(Output::json(json!({"item": wanted.collect::<Vec<_>>()})))
}

/// UpdateStage.
///
/// Diverges: access log settings and `methodSettings` (logging, metrics) are kept and answered, without effect;
/// throttling and caching of methods are refused.
pub async fn update(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let settings = [
        ("deploymentId", Setting::Text),
        ("description", Setting::Text),
        ("variables", Setting::Map),
        ("tracingEnabled", Setting::Flag),
        ("documentationVersion", Setting::Text),
        ("accessLogSettings", Setting::Structure(&[("format", Setting::Text), ("destinationArn", Setting::Text)])),
    ];
    let now = cloud.clock.now().as_second();
    let (method_call, plain_call) = split(&call);
    let stage = RestApi::edit(&cloud, &call, |api| {
        let known: Vec<String> = api.deployments.keys().cloned().collect();
        let stage = stored(api, &call)?;
        patch::apply(&plain_call, stage, &settings)?;
        method_settings(&method_call, stage)?;
        check_variables(stage)?;
        if !known.iter().any(|id| stage["deploymentId"] == *id) {
            return Err(bad("Deployment id does not exist"));
        }
        stage["lastUpdatedDate"] = json!(now);
        Ok(stage.clone())
    })?;
    Ok(Output::json(stage))
}

/// The operations on settings of methods, and the others: paths of methods hold slashes of their own.
fn split(call: &Call) -> (Vec<Value>, Call) {
    let operations = call.input["patchOperations"].as_array().cloned().unwrap_or_default();
    let (methods, plain): (Vec<Value>, Vec<Value>) = operations.into_iter().partition(|operation| {
        let path = operation["path"].as_str().unwrap_or_default();
        ["/logging/", "/metrics/", "/throttling/", "/caching/"].iter().any(|part| path.contains(part))
    });
    let mut rest = call.clone();
    rest.input["patchOperations"] = Value::Array(plain);
    (methods, rest)
}

fn method_settings(operations: &[Value], stage: &mut Value) -> Result<(), Fault> {
    for operation in operations {
        let path = operation["path"].as_str().unwrap_or_default().trim_start_matches('/');
        let parts: Vec<&str> = path.split('/').collect();
        let [resource, method, group, name] = parts.as_slice() else {
            return Err(bad(format!("Invalid method setting path: /{path}")));
        };
        let value = operation["value"].as_str().unwrap_or_default();
        let (member, value) = match (*group, *name) {
            ("logging", "loglevel") => ("loggingLevel", json!(value)),
            ("logging", "dataTrace") => ("dataTraceEnabled", json!(value == "true")),
            ("metrics", "enabled") => ("metricsEnabled", json!(value == "true")),
            _ => return Err(unsupported(&format!("the method setting {group}/{name} of a stage"))),
        };
        let key = format!("{}/{method}", resource.replace("~1", "/").trim_start_matches('/'));
        stage["methodSettings"][key][member] = value;
    }
    Ok(())
}

/// DeleteStage.
pub async fn delete(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    RestApi::edit(&cloud, &call, |api| {
        let name = required(&call, "stageName")?;
        api.stages.remove(name).ok_or_else(|| not_found("Invalid stage identifier specified"))
    })?;
    Ok(Output::empty().with_status(202))
}

/// FlushStageCache and FlushStageAuthorizersCache.
pub async fn flush(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut api = RestApi::load(&cloud, &call)?;
    stored(&mut api, &call)?;
    cloud.apigateway.gateway.forget(&api.id);
    Ok(Output::empty().with_status(202))
}
