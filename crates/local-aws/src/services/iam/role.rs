//! Roles.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::document::{self, Purpose};
use super::{ROLES, fault, names, tags};
use crate::Cloud;
use crate::services::{input, sts};
use crate::wire::{Call, Fault, Output};

const LONGEST_NAME: usize = 64;
const LONGEST_TRUST: usize = 2_048;
const DEFAULT_SESSION_S: i64 = 3_600;

/// One role.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Role {
    pub name: String,
    path: String,
    id: String,
    /// Milliseconds since 1970.
    created_ms: i64,
    trust: String,
    description: Option<String>,
    max_session_s: i64,
    boundary: Option<String>,
    pub tags: Vec<Value>,
    /// Inline documents by name.
    pub inline: BTreeMap<String, String>,
    /// The ARNs of attached policies.
    pub attached: Vec<String>,
}

impl Role {
    /// The role that `call` names.
    ///
    /// # Errors
    /// `NoSuchEntity`.
    pub fn of(cloud: &Cloud, call: &Call) -> Result<Role, Fault> {
        let name = input::required_text(call, "RoleName")?;
        // Names differ only in case for people, not for IAM.
        let row = name.to_ascii_lowercase();
        cloud.store.get(ROLES, &row)?.ok_or_else(|| fault::no_such_role(name))
    }

    /// Writes the role.
    pub fn save(&self, cloud: &Cloud) -> Result<(), Fault> {
        Ok(cloud.store.put(ROLES, &self.name.to_ascii_lowercase(), self)?)
    }

    fn arn(&self, cloud: &Cloud) -> String {
        format!("arn:aws:iam::{}:role{}{}", cloud.config.account, self.path, self.name)
    }

    /// The role as answers show it; lists leave some members out.
    fn shape(&self, cloud: &Cloud, whole: bool) -> Value {
        let mut role = Map::new();
        role.insert("Path".to_owned(), json!(self.path));
        role.insert("RoleName".to_owned(), json!(self.name));
        role.insert("RoleId".to_owned(), json!(self.id));
        role.insert("Arn".to_owned(), json!(self.arn(cloud)));
        role.insert("CreateDate".to_owned(), json!(self.created_ms.div_euclid(1000)));
        role.insert("AssumeRolePolicyDocument".to_owned(), json!(document::encoded(&self.trust)));
        if let Some(description) = &self.description {
            role.insert("Description".to_owned(), json!(description));
        }
        role.insert("MaxSessionDuration".to_owned(), json!(self.max_session_s));
        if whole {
            if let Some(boundary) = &self.boundary {
                let boundary = json!({ "PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": boundary });
                role.insert("PermissionsBoundary".to_owned(), boundary);
            }
            if !self.tags.is_empty() {
                role.insert("Tags".to_owned(), json!(self.tags));
            }
            role.insert("RoleLastUsed".to_owned(), json!({}));
        }
        Value::Object(role)
    }
}

/// Every role, by name.
pub fn all(cloud: &Cloud) -> Result<Vec<Role>, Fault> {
    let rows: Vec<(String, Role)> = cloud.store.scan(ROLES, "")?;
    Ok(rows.into_iter().map(|(_, role)| role).collect())
}

/// Makes a role.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html>.
pub async fn create_role(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let name = input::required_text(&call, "RoleName")?;
    names::check("roleName", name, LONGEST_NAME)?;
    let trust = input::required_text(&call, "AssumeRolePolicyDocument")?;
    document::check(trust, Purpose::Trust, LONGEST_TRUST)?;
    let role = Role {
        name: name.to_owned(),
        path: names::path(&call)?,
        id: format!("AROA{}", sts::identifier(17)),
        created_ms: cloud.clock.now_ms(),
        trust: trust.to_owned(),
        description: input::text(&call, "Description").map(str::to_owned),
        max_session_s: session(&call)?,
        boundary: input::text(&call, "PermissionsBoundary").map(str::to_owned),
        tags: tags::merged(Vec::new(), input::list(&call, "Tags"))?,
        inline: BTreeMap::new(),
        attached: Vec::new(),
    };
    let _changing = cloud.iam.change();
    if Role::of(&cloud, &call).is_ok() {
        return Err(fault::exists(format!("Role with name {name} already exists.")));
    }
    role.save(&cloud)?;
    Ok(Output::json(json!({ "Role": role.shape(&cloud, true) })))
}

fn session(call: &Call) -> Result<i64, Fault> {
    let seconds = input::integer(call, "MaxSessionDuration").unwrap_or(DEFAULT_SESSION_S);
    if (3_600..=43_200).contains(&seconds) {
        return Ok(seconds);
    }
    Err(fault::invalid(format!(
        "1 validation error detected: Value '{seconds}' at 'maxSessionDuration' failed to satisfy constraint: Member \
         must have value between 3600 and 43200"
    )))
}

/// A role by its name.
pub async fn get_role(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let role = Role::of(&cloud, &call)?;
    Ok(Output::json(json!({ "Role": role.shape(&cloud, true) })))
}

/// Roles under a path.
pub async fn list_roles(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let prefix = input::text(&call, "PathPrefix").unwrap_or("/").to_owned();
    let roles = all(&cloud)?;
    let roles = roles.iter().filter(|role| role.path.starts_with(&prefix)).map(|role| role.shape(&cloud, false));
    names::page(&call, "Roles", roles.collect())
}

/// Removes a role that has no policies left.
pub async fn delete_role(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let _changing = cloud.iam.change();
    let role = Role::of(&cloud, &call)?;
    if !role.attached.is_empty() {
        return Err(fault::delete_conflict("Cannot delete entity, must detach all policies first."));
    }
    if !role.inline.is_empty() {
        return Err(fault::delete_conflict("Cannot delete entity, must delete policies first."));
    }
    cloud.store.delete(ROLES, &role.name.to_ascii_lowercase())?;
    Ok(Output::empty())
}

/// Changes description and session duration.
pub async fn update_role(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let max_session_s = session(&call)?;
    change(&cloud, &call, |role| {
        if let Some(description) = input::text(&call, "Description") {
            role.description = Some(description.to_owned());
        }
        if call.input.get("MaxSessionDuration").is_some() {
            role.max_session_s = max_session_s;
        }
        Ok(())
    })?;
    Ok(Output::empty())
}

/// Changes the description.
pub async fn update_role_description(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let description = input::text(&call, "Description").unwrap_or_default().to_owned();
    let role = change(&cloud, &call, |role| {
        role.description = Some(description);
        Ok(())
    })?;
    Ok(Output::json(json!({ "Role": role.shape(&cloud, true) })))
}

/// Changes who may assume the role.
pub async fn update_assume_role_policy(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let trust = input::required_text(&call, "PolicyDocument")?.to_owned();
    document::check(&trust, Purpose::Trust, LONGEST_TRUST)?;
    change(&cloud, &call, |role| {
        role.trust = trust;
        Ok(())
    })?;
    Ok(Output::empty())
}

/// Sets the permissions boundary.
pub async fn put_role_permissions_boundary(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let boundary = input::required_text(&call, "PermissionsBoundary")?.to_owned();
    change(&cloud, &call, |role| {
        role.boundary = Some(boundary);
        Ok(())
    })?;
    Ok(Output::empty())
}

/// Removes the permissions boundary.
pub async fn delete_role_permissions_boundary(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    change(&cloud, &call, |role| {
        role.boundary = None;
        Ok(())
    })?;
    Ok(Output::empty())
}

/// The instance profiles with a role: none, since there are no instances here.
pub async fn list_instance_profiles_for_role(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    Role::of(&cloud, &call)?;
    Ok(Output::json(json!({ "InstanceProfiles": [], "IsTruncated": false })))
}

/// The account's aliases: none.
pub async fn list_account_aliases(_cloud: Arc<Cloud>, _call: Call) -> Result<Output, Fault> {
    Ok(Output::json(json!({ "AccountAliases": [], "IsTruncated": false })))
}

/// Reads, changes and writes the role that `call` names; the role as it is now.
pub fn change(cloud: &Cloud, call: &Call, act: impl FnOnce(&mut Role) -> Result<(), Fault>) -> Result<Role, Fault> {
    let _changing = cloud.iam.change();
    let mut role = Role::of(cloud, call)?;
    act(&mut role)?;
    role.save(cloud)?;
    Ok(role)
}
