//! API keys.

use std::sync::Arc;

use serde_json::{Value, json};

use super::member::{conflict, fresh_id, not_found, page, required, take, text};
use super::patch::{self, Setting};
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// The table of keys; keys of the table are `region/id`.
pub const KEYS: &str = "apigateway.keys";

/// CreateApiKey.
pub async fn create(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let members = ["name", "description", "enabled", "value", "customerId", "tags"];
    let given = take(&call, &["stageKeys", "generateDistinctId"], &members)?;
    if call.input["stageKeys"].as_array().is_some_and(|keys| !keys.is_empty()) {
        return Err(super::member::unsupported("stageKeys of CreateApiKey: use a usage plan"));
    }
    let now = cloud.clock.now().as_second();
    let id = fresh_id(10);
    let value: String = std::iter::repeat_with(fastrand::alphanumeric).take(40).collect();
    let mut key = json!({"id": id, "value": value, "enabled": false, "stageKeys": []});
    for (member, value) in given {
        key[member] = value;
    }
    if key["value"].as_str().is_some_and(|value| value.len() < 20) {
        return Err(super::member::bad("API Key value should be at least 20 characters"));
    }
    key["createdDate"] = json!(now);
    key["lastUpdatedDate"] = json!(now);
    let _edit = cloud.apigateway.edit();
    let others: Vec<(String, Value)> = cloud.store.scan(KEYS, &format!("{}/", call.region))?;
    if others.iter().any(|(_, other)| other["value"] == key["value"]) {
        return Err(conflict("API Key already exists"));
    }
    cloud.store.put(KEYS, &format!("{}/{id}", call.region), &key)?;
    Ok(Output::json(key).with_status(201))
}

/// The key with this id.
///
/// # Errors
/// `NotFoundException` when there is none.
pub fn stored(cloud: &Cloud, region: &str, id: &str) -> Result<Value, Fault> {
    let key = cloud.store.get(KEYS, &format!("{region}/{id}"))?;
    key.ok_or_else(|| not_found("Invalid API Key identifier specified"))
}

fn shown(mut key: Value, value: bool) -> Value {
    if !value && let Some(members) = key.as_object_mut() {
        members.shift_remove("value");
    }
    key
}

fn flag(call: &Call, name: &str) -> bool {
    call.input[name] == true || call.input[name] == "true"
}

/// GetApiKey; the value only when it is asked for.
pub async fn get(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let key = stored(&cloud, &call.region, required(&call, "apiKey")?)?;
    Ok(Output::json(shown(key, flag(&call, "includeValue"))))
}

/// GetApiKeys.
pub async fn list(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let keys: Vec<(String, Value)> = cloud.store.scan(KEYS, &format!("{}/", call.region))?;
    let begin = text(&call, "nameQuery")?.unwrap_or_default();
    let named = keys.into_iter().map(|(_, key)| key);
    let named = named.filter(|key| key["name"].as_str().unwrap_or_default().starts_with(begin));
    Ok(Output::json(page(&call, named.map(|key| shown(key, flag(&call, "includeValues"))).collect())?))
}

/// UpdateApiKey.
pub async fn update(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let settings = [
        ("name", Setting::Text),
        ("description", Setting::Text),
        ("enabled", Setting::Flag),
        ("customerId", Setting::Text),
    ];
    let _edit = cloud.apigateway.edit();
    let id = required(&call, "apiKey")?;
    let mut key = stored(&cloud, &call.region, id)?;
    patch::apply(&call, &mut key, &settings)?;
    key["lastUpdatedDate"] = json!(cloud.clock.now().as_second());
    cloud.store.put(KEYS, &format!("{}/{id}", call.region), &key)?;
    Ok(Output::json(shown(key, false)))
}

/// DeleteApiKey.
pub async fn delete(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let id = required(&call, "apiKey")?;
    if !cloud.store.delete(KEYS, &format!("{}/{id}", call.region))? {
        return Err(not_found("Invalid API Key identifier specified"));
    }
    Ok(Output::empty().with_status(202))
}
