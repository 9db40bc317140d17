//! Usage plans: which keys may call which stages, how often.

use std::sync::Arc;

use serde_json::{Value, json};

use super::api_key;
use super::member::{bad, conflict, fresh_id, not_found, page, required, take, text};
use super::patch::{self, Setting};
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// The table of plans; keys are `region/id`. Each row holds the plan's shape and the ids of its keys.
const PLANS: &str = "apigateway.usage-plans";

/// CreateUsagePlan.
pub async fn create(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let given = take(&call, &[], &["name", "description", "apiStages", "throttle", "quota", "tags"])?;
    required(&call, "name")?;
    let id = fresh_id(6);
    let mut plan = json!({"id": id, "apiStages": []});
    for (member, value) in given {
        plan[member] = value;
    }
    check(&plan)?;
    cloud.store.put(PLANS, &format!("{}/{id}", call.region), &json!({"shape": plan, "keys": []}))?;
    Ok(Output::json(plan).with_status(201))
}

fn check(plan: &Value) -> Result<(), Fault> {
    for stage in plan["apiStages"].as_array().into_iter().flatten() {
        if !stage["throttle"].is_null() {
            return Err(super::member::unsupported("throttle of single methods in a usage plan"));
        }
    }
    match plan["quota"]["period"].as_str() {
        None if plan["quota"].is_null() => Ok(()),
        Some("DAY" | "WEEK" | "MONTH") => Ok(()),
        _ => Err(bad("Usage Plan quota period must be one of [DAY, WEEK, MONTH]")),
    }
}

/// The plan that lets the key with this value call the stage, and the key, if there is one.
///
/// # Errors
/// When the store cannot be read.
pub fn admits(
    cloud: &Cloud,
    region: &str,
    value: &str,
    api: &str,
    stage: &str,
) -> Result<Option<(Value, Value)>, Fault> {
    let keys: Vec<(String, Value)> = cloud.store.scan(api_key::KEYS, &format!("{region}/"))?;
    let key = keys.into_iter().map(|(_, key)| key).find(|key| key["value"] == value && key["enabled"] == true);
    let Some(key) = key else { return Ok(None) };
    let plans: Vec<(String, Value)> = cloud.store.scan(PLANS, &format!("{region}/"))?;
    let plan = plans.into_iter().map(|(_, plan)| plan).find(|plan| {
        let keys = plan["keys"].as_array().is_some_and(|keys| keys.contains(&key["id"]));
        let stages = plan["shape"]["apiStages"].as_array().into_iter().flatten();
        keys && stages.into_iter().any(|of| of["apiId"] == api && of["stage"] == stage)
    });
    Ok(plan.map(|plan| (plan["shape"].clone(), key)))
}

fn stored(cloud: &Cloud, call: &Call) -> Result<Value, Fault> {
    let id = required(call, "usagePlanId")?;
    let plan = cloud.store.get(PLANS, &format!("{}/{id}", call.region))?;
    plan.ok_or_else(|| not_found("Invalid Usage Plan ID specified"))
}

fn save(cloud: &Cloud, call: &Call, plan: &Value) -> Result<(), Fault> {
    let id = required(call, "usagePlanId")?;
    Ok(cloud.store.put(PLANS, &format!("{}/{id}", call.region), plan)?)
}

/// GetUsagePlan.
pub async fn get(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    Ok(Output::json(stored(&cloud, &call)?["shape"].clone()))
}

/// GetUsagePlans, all or those of one key.
pub async fn list(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let key = text(&call, "keyId")?;
    let plans: Vec<(String, Value)> = cloud.store.scan(PLANS, &format!("{}/", call.region))?;
    let plans = plans.into_iter().map(|(_, plan)| plan);
    let wanted = plans
        .filter(|plan| key.is_none_or(|key| plan["keys"].as_array().is_some_and(|keys| keys.contains(&json!(key)))));
    Ok(Output::json(page(&call, wanted.map(|plan| plan["shape"].clone()).collect())?))
}

/// UpdateUsagePlan.
pub async fn update(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let settings = [
        ("name", Setting::Text),
        ("description", Setting::Text),
        ("apiStages", Setting::List),
        ("throttle", Setting::Structure(&[("rateLimit", Setting::Text), ("burstLimit", Setting::Integer)])),
        (
            "quota",
            Setting::Structure(&[("limit", Setting::Integer), ("offset", Setting::Integer), ("period", Setting::Text)]),
        ),
    ];
    let _edit = cloud.apigateway.edit();
    let mut plan = stored(&cloud, &call)?;
    let shape = &mut plan["shape"];
    // A stage of a plan is patched as `API:STAGE`.
    let stages = shape["apiStages"].as_array().cloned().unwrap_or_default();
    let written = stages.iter().map(|stage| {
        json!(format!(
            "{}:{}",
            stage["apiId"].as_str().unwrap_or_default(),
            stage["stage"].as_str().unwrap_or_default()
        ))
    });
    shape["apiStages"] = written.collect();
    patch::apply(&call, shape, &settings)?;
    let stages = shape["apiStages"].as_array().cloned().unwrap_or_default();
    let read = stages.iter().filter_map(|stage| stage.as_str()?.split_once(':'));
    shape["apiStages"] = read.map(|(api, stage)| json!({"apiId": api, "stage": stage})).collect();
    if let Some(rate) = shape["throttle"]["rateLimit"].as_str() {
        let rate: f64 = rate.parse().map_err(|_| bad("Invalid rate limit specified"))?;
        shape["throttle"]["rateLimit"] = json!(rate);
    }
    if shape["throttle"].is_null()
        && let Some(members) = shape.as_object_mut()
    {
        members.shift_remove("throttle");
    }
    check(shape)?;
    let answer = shape.clone();
    save(&cloud, &call, &plan)?;
    Ok(Output::json(answer))
}

/// DeleteUsagePlan; not while it has stages.
pub async fn delete(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let plan = stored(&cloud, &call)?;
    if plan["shape"]["apiStages"].as_array().is_some_and(|stages| !stages.is_empty()) {
        return Err(bad("Cannot delete Usage Plan because it is associated with API stages"));
    }
    cloud.store.delete(PLANS, &format!("{}/{}", call.region, required(&call, "usagePlanId")?))?;
    Ok(Output::empty().with_status(202))
}

/// CreateUsagePlanKey.
pub async fn add_key(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    take(&call, &["usagePlanId"], &["keyId", "keyType"])?;
    let key = api_key::stored(&cloud, &call.region, required(&call, "keyId")?)?;
    let _edit = cloud.apigateway.edit();
    let mut plan = stored(&cloud, &call)?;
    let keys = plan["keys"].as_array_mut().ok_or_else(|| not_found("Invalid Usage Plan ID specified"))?;
    if keys.contains(&key["id"]) {
        return Err(conflict("Usage Plan Key already exists"));
    }
    keys.push(key["id"].clone());
    save(&cloud, &call, &plan)?;
    Ok(Output::json(key_shape(&key)).with_status(201))
}

fn key_shape(key: &Value) -> Value {
    json!({"id": key["id"], "type": "API_KEY", "value": key["value"], "name": key["name"]})
}

/// GetUsagePlanKey.
pub async fn get_key(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let plan = stored(&cloud, &call)?;
    let id = required(&call, "keyId")?;
    if !plan["keys"].as_array().is_some_and(|keys| keys.contains(&json!(id))) {
        return Err(not_found("Invalid Usage Plan Key specified"));
    }
    Ok(Output::json(key_shape(&api_key::stored(&cloud, &call.region, id)?)))
}

/// GetUsagePlanKeys.
pub async fn list_keys(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let plan = stored(&cloud, &call)?;
    let ids = plan["keys"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let keys = ids.filter_map(|id| api_key::stored(&cloud, &call.region, id).ok());
    Ok(Output::json(page(&call, keys.map(|key| key_shape(&key)).collect())?))
}

/// DeleteUsagePlanKey.
pub async fn remove_key(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let _edit = cloud.apigateway.edit();
    let mut plan = stored(&cloud, &call)?;
    let id = json!(required(&call, "keyId")?);
    let keys = plan["keys"].as_array_mut().ok_or_else(|| not_found("Invalid Usage Plan ID specified"))?;
    let before = keys.len();
    keys.retain(|key| *key != id);
    if keys.len() == before {
        return Err(not_found("Invalid Usage Plan Key specified"));
    }
    save(&cloud, &call, &plan)?;
    Ok(Output::empty().with_status(202))
}
