//! The policies of roles, inline and attached.

use std::sync::Arc;

use serde_json::{Value, json};

use super::document::{self, Purpose};
use super::role::{Role, change};
use super::{fault, names, policy};
use crate::Cloud;
use crate::services::input;
use crate::wire::{Call, Fault, Output};

const LONGEST_NAME: usize = 128;
const LONGEST_INLINE: usize = 10_240;
/// Attached policies of a role, AWS's default quota.
const MOST_ATTACHED: usize = 20;

/// Writes an inline policy.
pub async fn put_role_policy(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let name = input::required_text(&call, "PolicyName")?.to_owned();
    names::check("policyName", &name, LONGEST_NAME)?;
    let text = input::required_text(&call, "PolicyDocument")?.to_owned();
    document::check(&text, Purpose::Permissions, LONGEST_INLINE)?;
    change(&cloud, &call, |role| {
        role.inline.insert(name, text);
        Ok(())
    })?;
    Ok(Output::empty())
}

/// An inline policy.
pub async fn get_role_policy(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let role = Role::of(&cloud, &call)?;
    let name = input::required_text(&call, "PolicyName")?;
    let text = role.inline.get(name).ok_or_else(|| no_such_inline(name))?;
    Ok(Output::json(json!({ "RoleName": role.name, "PolicyName": name, "PolicyDocument": document::encoded(text) })))
}

/// Removes an inline policy.
pub async fn delete_role_policy(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let name = input::required_text(&call, "PolicyName")?;
    change(&cloud, &call, |role| role.inline.remove(name).map(|_| ()).ok_or_else(|| no_such_inline(name)))?;
    Ok(Output::empty())
}

/// The names of inline policies.
pub async fn list_role_policies(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let role = Role::of(&cloud, &call)?;
    names::page(&call, "PolicyNames", role.inline.keys().map(|name| json!(name)).collect())
}

/// Attaches a managed policy; attaching it again changes nothing.
pub async fn attach_role_policy(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let arn = input::required_text(&call, "PolicyArn")?.to_owned();
    policy::check_attachable(&cloud, &arn)?;
    change(&cloud, &call, |role| {
        if role.attached.contains(&arn) {
            return Ok(());
        }
        if role.attached.len() == MOST_ATTACHED {
            return Err(fault::limit_exceeded(format!("Cannot exceed quota for PoliciesPerRole: {MOST_ATTACHED}")));
        }
        role.attached.push(arn);
        Ok(())
    })?;
    Ok(Output::empty())
}

/// Detaches a managed policy.
pub async fn detach_role_policy(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let arn = input::required_text(&call, "PolicyArn")?;
    change(&cloud, &call, |role| {
        let at = role.attached.iter().position(|attached| attached == arn);
        let at = at.ok_or_else(|| fault::no_such_entity(format!("Policy {arn} was not found.")))?;
        role.attached.remove(at);
        Ok(())
    })?;
    Ok(Output::empty())
}

/// The attached policies.
pub async fn list_attached_role_policies(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let role = Role::of(&cloud, &call)?;
    let items: Vec<Value> = role
        .attached
        .iter()
        .map(|arn| json!({ "PolicyName": arn.rsplit('/').next().unwrap_or(arn), "PolicyArn": arn }))
        .collect();
    names::page(&call, "AttachedPolicies", items)
}

fn no_such_inline(name: &str) -> Fault {
    fault::no_such_entity(format!("The role policy with name {name} cannot be found."))
}
