//! Tags of APIs and stages: TagResource, UntagResource, GetTags.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::document::RestApi;
use super::member::{bad, not_found, required, unsupported};
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// TagResource.
pub async fn add(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let tags = call.input["tags"].as_object().cloned().ok_or_else(|| bad("Invalid request input: tags is missing"))?;
    change(&cloud, &call, |old| old.extend(tags))?;
    Ok(Output::empty().with_status(204))
}

/// UntagResource.
pub async fn remove(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let keys = match &call.input["tagKeys"] {
        Value::Array(keys) => keys.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    };
    change(&cloud, &call, |old| old.retain(|key, _| !keys.contains(&json!(key))))?;
    Ok(Output::empty().with_status(204))
}

/// GetTags.
pub async fn list(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut tags = Map::new();
    change(&cloud, &call, |old| tags.clone_from(old))?;
    Ok(Output::json(json!({"tags": tags})))
}

/// `arn:aws:apigateway:REGION::/restapis/ID` or `…/ID/stages/NAME`.
fn change(cloud: &Cloud, call: &Call, with: impl FnOnce(&mut Map<String, Value>)) -> Result<(), Fault> {
    let arn = required(call, "resourceArn")?;
    let path = arn.splitn(6, ':').nth(5).unwrap_or_default().trim_start_matches('/');
    let parts: Vec<&str> = path.split('/').collect();
    let (id, stage) = match parts.as_slice() {
        ["restapis", id] => (*id, None),
        ["restapis", id, "stages", stage] => (*id, Some(*stage)),
        _ => return Err(unsupported(&format!("tags on {arn}"))),
    };
    let mut target = call.clone();
    target.input["restApiId"] = json!(id);
    RestApi::edit(cloud, &target, |api| {
        let holder = match stage {
            None => api.definition.shape.entry("tags").or_insert_with(|| json!({})),
            Some(name) => {
                let stage = api.stages.get_mut(name).ok_or_else(|| not_found("Invalid stage identifier specified"))?;
                let members = stage.as_object_mut().ok_or_else(|| not_found("Invalid stage identifier specified"))?;
                members.entry("tags").or_insert_with(|| json!({}))
            }
        };
        if holder.is_null() {
            *holder = json!({});
        }
        holder.as_object_mut().map(with).ok_or_else(|| bad("tags are malformed"))
    })
}
