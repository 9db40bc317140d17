//! The tags of log groups, in the old form by name and the new one by ARN.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::fault;
use super::group::{Group, name_of};
use crate::Cloud;
use crate::services::input;
use crate::wire::{Call, Fault, Output};

/// The tags in a member of an input.
pub fn of(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

fn by_arn(cloud: &Cloud, call: &Call) -> Result<Group, Fault> {
    let arn = input::text(call, "resourceArn").ok_or_else(|| fault::invalid("resourceArn must be given"))?;
    let group = Group::load(cloud, &call.region, name_of(arn))?;
    if !arn.starts_with(&group.arn(cloud, &call.region)) {
        return Err(fault::no_group());
    }
    Ok(group)
}

fn add(cloud: &Cloud, call: &Call, mut group: Group) -> Result<Output, Fault> {
    const MOST: usize = 50;
    group.tags.extend(of(&call.input["tags"]));
    if group.tags.len() > MOST {
        return Err(Fault::sender("TooManyTagsException", "A resource can have no more than 50 tags."));
    }
    group.save(cloud, &call.region)?;
    Ok(Output::empty())
}

fn remove(cloud: &Cloud, call: &Call, mut group: Group, member: &str) -> Result<Output, Fault> {
    let keys = input::list(call, member);
    group.tags.retain(|key, _| !keys.iter().any(|gone| gone == key));
    group.save(cloud, &call.region)?;
    Ok(Output::empty())
}

pub async fn tag_log_group(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let _ordered = cloud.logs.archive();
    add(&cloud, &call, Group::of(&cloud, &call)?)
}

pub async fn untag_log_group(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let _ordered = cloud.logs.archive();
    remove(&cloud, &call, Group::of(&cloud, &call)?, "tags")
}

pub async fn list_tags_log_group(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    Ok(Output::json(json!({ "tags": Group::of(&cloud, &call)?.tags })))
}

pub async fn tag_resource(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let _ordered = cloud.logs.archive();
    add(&cloud, &call, by_arn(&cloud, &call)?)
}

pub async fn untag_resource(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let _ordered = cloud.logs.archive();
    remove(&cloud, &call, by_arn(&cloud, &call)?, "tagKeys")
}

pub async fn list_tags_for_resource(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    Ok(Output::json(json!({ "tags": by_arn(&cloud, &call)?.tags })))
}
