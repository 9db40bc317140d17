//! The operations of `iam` that templates and deployers need: roles and managed policies.
//!
//! Diverges: policies are validated and kept, not evaluated; who has the project's key may do everything.

mod document;
mod fault;
mod names;
mod policy;
mod role;
mod role_policies;
mod tags;

use crate::operation;
use crate::services::Operation;

pub use super::changing::State;

/// The operations that are there.
#[rustfmt::skip]
pub const OPERATIONS: &[Operation] = &[
    operation!("AttachRolePolicy", role_policies::attach_role_policy),
    operation!("CreatePolicy", policy::create_policy),
    operation!("CreatePolicyVersion", policy::create_policy_version),
    operation!("CreateRole", role::create_role),
    operation!("DeletePolicy", policy::delete_policy),
    operation!("DeletePolicyVersion", policy::delete_policy_version),
    operation!("DeleteRole", role::delete_role),
    operation!("DeleteRolePermissionsBoundary", role::delete_role_permissions_boundary),
    operation!("DeleteRolePolicy", role_policies::delete_role_policy),
    operation!("DetachRolePolicy", role_policies::detach_role_policy),
    operation!("GetPolicy", policy::get_policy),
    operation!("GetPolicyVersion", policy::get_policy_version),
    operation!("GetRole", role::get_role),
    operation!("GetRolePolicy", role_policies::get_role_policy),
    operation!("ListAccountAliases", role::list_account_aliases),
    operation!("ListAttachedRolePolicies", role_policies::list_attached_role_policies),
    operation!("ListEntitiesForPolicy", policy::list_entities_for_policy),
    operation!("ListInstanceProfilesForRole", role::list_instance_profiles_for_role),
    operation!("ListPolicies", policy::list_policies),
    operation!("ListPolicyTags", tags::list_policy_tags),
    operation!("ListPolicyVersions", policy::list_policy_versions),
    operation!("ListRolePolicies", role_policies::list_role_policies),
    operation!("ListRoleTags", tags::list_role_tags),
    operation!("ListRoles", role::list_roles),
    operation!("PutRolePermissionsBoundary", role::put_role_permissions_boundary),
    operation!("PutRolePolicy", role_policies::put_role_policy),
    operation!("SetDefaultPolicyVersion", policy::set_default_policy_version),
    operation!("TagPolicy", tags::tag_policy),
    operation!("TagRole", tags::tag_role),
    operation!("UntagPolicy", tags::untag_policy),
    operation!("UntagRole", tags::untag_role),
    operation!("UpdateAssumeRolePolicy", role::update_assume_role_policy),
    operation!("UpdateRole", role::update_role),
    operation!("UpdateRoleDescription", role::update_role_description),
];

const ROLES: &str = "iam.roles";
const POLICIES: &str = "iam.policies";
