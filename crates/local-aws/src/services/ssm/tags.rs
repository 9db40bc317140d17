//! The tags of parameters.

use std::sync::Arc;

use serde_json::{Value, json};

use super::parameter::{Parameter, Selector};
use crate::Cloud;
use crate::services::input;
use crate::wire::{Call, Fault, Output};

const MOST: usize = 50;

fn tagged(cloud: &Cloud, call: &Call) -> Result<Parameter, Fault> {
    let kind = input::text(call, "ResourceType").unwrap_or_default();
    if kind != "Parameter" {
        let message = format!("the local AWS does not support tags of {kind}; see docs/local-aws.md");
        return Err(Fault::sender("InvalidResourceType", message));
    }
    let name = Selector::parse(input::text(call, "ResourceId").unwrap_or_default()).name;
    Parameter::load(cloud, &call.region, &name).map_err(|_| {
        Fault::sender(
            "InvalidResourceId",
            "The resource ID is not valid. Verify that you entered the correct ID and try again.",
        )
    })
}

pub async fn add_tags_to_resource(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let _changing = cloud.ssm.change();
    let mut parameter = tagged(&cloud, &call)?;
    for tag in input::list(&call, "Tags") {
        parameter.tags.retain(|old| old["Key"] != tag["Key"]);
        parameter.tags.push(tag.clone());
    }
    if parameter.tags.len() > MOST {
        let message =
            "The Targets parameter includes too many tags. Remove one or more tags and try the command again.";
        return Err(Fault::sender("TooManyTagsError", message));
    }
    parameter.save(&cloud, &call.region)?;
    Ok(Output::empty())
}

pub async fn remove_tags_from_resource(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let _changing = cloud.ssm.change();
    let mut parameter = tagged(&cloud, &call)?;
    let keys: Vec<&Value> = input::list(&call, "TagKeys").iter().collect();
    parameter.tags.retain(|tag| !keys.contains(&&tag["Key"]));
    parameter.save(&cloud, &call.region)?;
    Ok(Output::empty())
}

pub async fn list_tags_for_resource(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    Ok(Output::json(json!({ "TagList": tagged(&cloud, &call)?.tags })))
}
