//! Managed policies of the account, and AWS's own by name.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::document::{self, Purpose};
use super::role::Role;
use super::{POLICIES, fault, names, role, tags};
use crate::Cloud;
use crate::services::{input, sts};
use crate::wire::{Call, Fault, Output};

const LONGEST_NAME: usize = 128;
const LONGEST_DOCUMENT: usize = 6_144;
const MOST_VERSIONS: usize = 5;

/// The policies of AWS itself. Diverges: their documents are not known, and every name is taken for one of them.
const AWS_MANAGED: &str = "arn:aws:iam::aws:policy/";

/// One managed policy.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Policy {
    name: String,
    path: String,
    id: String,
    arn: String,
    description: Option<String>,
    /// Milliseconds since 1970.
    created_ms: i64,
    updated_ms: i64,
    pub tags: Vec<Value>,
    versions: Vec<Version>,
    default: String,
    /// The number of the next version.
    next: u32,
}

/// One version of a policy.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Version {
    id: String,
    document: String,
    created_ms: i64,
}

impl Policy {
    /// The policy that `call` names.
    ///
    /// # Errors
    /// `NoSuchEntity`.
    pub fn of(cloud: &Cloud, call: &Call) -> Result<Policy, Fault> {
        let arn = input::required_text(call, "PolicyArn")?;
        cloud.store.get(POLICIES, arn)?.ok_or_else(|| fault::no_such_policy(arn))
    }

    fn save(&self, cloud: &Cloud) -> Result<(), Fault> {
        Ok(cloud.store.put(POLICIES, &self.arn, self)?)
    }

    fn shape(&self, cloud: &Cloud, whole: bool) -> Result<Value, Fault> {
        let mut shape = json!({
            "PolicyName": self.name,
            "PolicyId": self.id,
            "Arn": self.arn,
            "Path": self.path,
            "DefaultVersionId": self.default,
            "AttachmentCount": users(cloud, &self.arn)?.len(),
            "PermissionsBoundaryUsageCount": 0,
            "IsAttachable": true,
            "CreateDate": self.created_ms.div_euclid(1000),
            "UpdateDate": self.updated_ms.div_euclid(1000),
        });
        if whole {
            shape["Description"] = json!(self.description);
            shape["Tags"] = json!(self.tags);
        }
        Ok(shape)
    }

    fn version_shape(&self, version: &Version, whole: bool) -> Value {
        let mut shape = json!({
            "VersionId": version.id,
            "IsDefaultVersion": version.id == self.default,
            "CreateDate": version.created_ms.div_euclid(1000),
        });
        if whole {
            shape["Document"] = json!(document::encoded(&version.document));
        }
        shape
    }

    fn version(&self, id: &str) -> Result<&Version, Fault> {
        let missing =
            || fault::no_such_entity(format!("Policy {} version {id} does not exist or is not attachable.", self.arn));
        self.versions.iter().find(|version| version.id == id).ok_or_else(missing)
    }

    fn add(&mut self, document: String, now_ms: i64) -> String {
        let id = format!("v{}", self.next);
        self.next += 1;
        self.versions.insert(0, Version { id: id.clone(), document, created_ms: now_ms });
        self.updated_ms = now_ms;
        id
    }
}

/// The roles that have a policy attached.
fn users(cloud: &Cloud, arn: &str) -> Result<Vec<Role>, Fault> {
    let mut roles = role::all(cloud)?;
    roles.retain(|role| role.attached.iter().any(|attached| attached == arn));
    Ok(roles)
}

/// Checks that a policy can be attached.
///
/// # Errors
/// `NoSuchEntity`.
pub fn check_attachable(cloud: &Cloud, arn: &str) -> Result<(), Fault> {
    let named = arn.strip_prefix(AWS_MANAGED).and_then(|path| path.rsplit('/').next());
    if named.is_some_and(|name| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c))
    }) {
        return Ok(());
    }
    if cloud.store.get::<Policy>(POLICIES, arn)?.is_some() {
        return Ok(());
    }
    Err(fault::no_such_entity(format!("Policy {arn} does not exist or is not attachable.")))
}

/// Makes a policy.
pub async fn create_policy(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let name = input::required_text(&call, "PolicyName")?;
    names::check("policyName", name, LONGEST_NAME)?;
    let text = input::required_text(&call, "PolicyDocument")?;
    document::check(text, Purpose::Permissions, LONGEST_DOCUMENT)?;
    let path = names::path(&call)?;
    let arn = format!("arn:aws:iam::{}:policy{path}{name}", cloud.config.account);
    let now_ms = cloud.clock.now_ms();
    let mut policy = Policy {
        name: name.to_owned(),
        path,
        id: format!("ANPA{}", sts::identifier(17)),
        arn,
        description: input::text(&call, "Description").map(str::to_owned),
        created_ms: now_ms,
        updated_ms: now_ms,
        tags: tags::merged(Vec::new(), input::list(&call, "Tags"))?,
        versions: Vec::new(),
        default: String::new(),
        next: 1,
    };
    policy.default = policy.add(text.to_owned(), now_ms);
    let _changing = cloud.iam.change();
    if cloud.store.get::<Policy>(POLICIES, &policy.arn)?.is_some() {
        return Err(fault::exists(format!("A policy called {name} already exists. Duplicate names are not allowed.")));
    }
    policy.save(&cloud)?;
    Ok(Output::json(json!({ "Policy": policy.shape(&cloud, true)? })))
}

/// A policy by its ARN.
pub async fn get_policy(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let policy = Policy::of(&cloud, &call)?;
    Ok(Output::json(json!({ "Policy": policy.shape(&cloud, true)? })))
}

/// The account's policies; AWS's own are not listed.
pub async fn list_policies(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let prefix = input::text(&call, "PathPrefix").unwrap_or("/").to_owned();
    let attached_only = input::flag(&call, "OnlyAttached");
    let rows: Vec<(String, Policy)> = match input::text(&call, "Scope") {
        Some("AWS") => Vec::new(),
        _ => cloud.store.scan(POLICIES, "")?,
    };
    let mut shapes = Vec::new();
    for (arn, policy) in rows.iter().filter(|(_, policy)| policy.path.starts_with(&prefix)) {
        if !attached_only || !users(&cloud, arn)?.is_empty() {
            shapes.push(policy.shape(&cloud, false)?);
        }
    }
    names::page(&call, "Policies", shapes)
}

/// Removes a policy that nobody uses and that has one version.
pub async fn delete_policy(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let _changing = cloud.iam.change();
    let policy = Policy::of(&cloud, &call)?;
    if !users(&cloud, &policy.arn)?.is_empty() {
        return Err(fault::delete_conflict("Cannot delete a policy attached to entities."));
    }
    if policy.versions.len() > 1 {
        let message = "This policy has more than one version. Before you delete a policy, you must delete the policy's \
                       versions. The default version is deleted with the policy.";
        return Err(fault::delete_conflict(message));
    }
    cloud.store.delete(POLICIES, &policy.arn)?;
    Ok(Output::empty())
}

/// Adds a version.
pub async fn create_policy_version(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let text = input::required_text(&call, "PolicyDocument")?.to_owned();
    document::check(&text, Purpose::Permissions, LONGEST_DOCUMENT)?;
    let now_ms = cloud.clock.now_ms();
    let mut shape = Value::Null;
    change(&cloud, &call, |policy| {
        if policy.versions.len() == MOST_VERSIONS {
            let message = "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.";
            return Err(fault::limit_exceeded(message.to_owned()));
        }
        let id = policy.add(text, now_ms);
        if input::flag(&call, "SetAsDefault") {
            policy.default.clone_from(&id);
        }
        shape = policy.version_shape(policy.version(&id)?, false);
        Ok(())
    })?;
    Ok(Output::json(json!({ "PolicyVersion": shape })))
}

/// One version with its document.
pub async fn get_policy_version(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let policy = Policy::of(&cloud, &call)?;
    let version = policy.version(input::required_text(&call, "VersionId")?)?;
    Ok(Output::json(json!({ "PolicyVersion": policy.version_shape(version, true) })))
}

/// All versions, newest first.
pub async fn list_policy_versions(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let policy = Policy::of(&cloud, &call)?;
    let versions = policy.versions.iter().map(|version| policy.version_shape(version, false));
    names::page(&call, "Versions", versions.collect())
}

/// Removes a version that is not the default.
pub async fn delete_policy_version(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let id = input::required_text(&call, "VersionId")?;
    change(&cloud, &call, |policy| {
        policy.version(id)?;
        if policy.default == id {
            return Err(fault::delete_conflict("Cannot delete the default version of a policy."));
        }
        policy.versions.retain(|version| version.id != id);
        Ok(())
    })?;
    Ok(Output::empty())
}

/// Chooses the default version.
pub async fn set_default_policy_version(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let id = input::required_text(&call, "VersionId")?;
    change(&cloud, &call, |policy| {
        policy.version(id)?;
        policy.default = id.to_owned();
        Ok(())
    })?;
    Ok(Output::empty())
}

/// The roles that have a policy attached.
pub async fn list_entities_for_policy(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let arn = input::required_text(&call, "PolicyArn")?;
    check_attachable(&cloud, arn)?;
    let roles: Vec<Value> = users(&cloud, arn)?.iter().map(|role| json!({ "RoleName": role.name })).collect();
    Ok(Output::json(json!({ "PolicyRoles": roles, "PolicyGroups": [], "PolicyUsers": [], "IsTruncated": false })))
}

/// Reads, changes and writes the policy that `call` names.
pub fn change(cloud: &Cloud, call: &Call, act: impl FnOnce(&mut Policy) -> Result<(), Fault>) -> Result<(), Fault> {
    let _changing = cloud.iam.change();
    let mut policy = Policy::of(cloud, call)?;
    act(&mut policy)?;
    policy.save(cloud)
}
