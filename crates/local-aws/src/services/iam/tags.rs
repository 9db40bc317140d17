//! The tags of roles and policies.

use std::sync::Arc;

use serde_json::{Value, json};

use super::policy::{self, Policy};
use super::role::{self, Role};
use super::{fault, names};
use crate::Cloud;
use crate::services::input;
use crate::wire::{Call, Fault, Output};

const MOST: usize = 50;

/// `tags` with `added` over those of the same key.
///
/// # Errors
/// `InvalidInput` for a bad tag, `LimitExceeded` for too many.
pub fn merged(mut tags: Vec<Value>, added: &[Value]) -> Result<Vec<Value>, Fault> {
    for tag in added {
        let key = tag["Key"].as_str().filter(|key| !key.is_empty() && key.chars().count() <= 128);
        let key = key.ok_or_else(|| Fault::sender("InvalidInput", "Tag keys have 1 to 128 characters."))?;
        let value = tag["Value"].as_str().unwrap_or_default();
        if value.chars().count() > 256 {
            return Err(Fault::sender("InvalidInput", "Tag values have at most 256 characters."));
        }
        tags.retain(|old| old["Key"] != key);
        tags.push(json!({ "Key": key, "Value": value }));
    }
    if tags.len() > MOST {
        return Err(fault::limit_exceeded("The number of tags has reached the maximum limit.".to_owned()));
    }
    Ok(tags)
}

fn without(mut tags: Vec<Value>, call: &Call) -> Vec<Value> {
    let keys = input::list(call, "TagKeys");
    tags.retain(|tag| !keys.contains(&tag["Key"]));
    tags
}

pub async fn tag_role(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    role::change(&cloud, &call, |role| {
        role.tags = merged(std::mem::take(&mut role.tags), input::list(&call, "Tags"))?;
        Ok(())
    })?;
    Ok(Output::empty())
}

pub async fn untag_role(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    role::change(&cloud, &call, |role| {
        role.tags = without(std::mem::take(&mut role.tags), &call);
        Ok(())
    })?;
    Ok(Output::empty())
}

pub async fn list_role_tags(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    names::page(&call, "Tags", Role::of(&cloud, &call)?.tags)
}

pub async fn tag_policy(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    policy::change(&cloud, &call, |policy| {
        policy.tags = merged(std::mem::take(&mut policy.tags), input::list(&call, "Tags"))?;
        Ok(())
    })?;
    Ok(Output::empty())
}

pub async fn untag_policy(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    policy::change(&cloud, &call, |policy| {
        policy.tags = without(std::mem::take(&mut policy.tags), &call);
        Ok(())
    })?;
    Ok(Output::empty())
}

pub async fn list_policy_tags(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    names::page(&call, "Tags", Policy::of(&cloud, &call)?.tags)
}
