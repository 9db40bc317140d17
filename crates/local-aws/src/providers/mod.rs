//! What CloudFormation knows of each resource type, one file a type.

use std::sync::Arc;

use crate::engine::provider::Provider;

mod apigateway_deployment;
mod apigateway_method;
mod apigateway_resource;
mod apigateway_rest_api;
mod dynamodb_table;
mod iam_role;
mod kind;
mod lambda_function;
mod lambda_permission;
mod lambda_version;
mod logs_log_group;
mod member;
mod patch;
mod s3_bucket;
mod s3_bucket_policy;
mod states_state_machine;

/// The resource types that the local AWS has.
pub static PROVIDERS: &[&kind::Kind] = &[
    &apigateway_deployment::KIND,
    &apigateway_method::KIND,
    &apigateway_resource::KIND,
    &apigateway_rest_api::KIND,
    &dynamodb_table::KIND,
    &iam_role::KIND,
    &lambda_function::KIND,
    &lambda_permission::KIND,
    &lambda_version::KIND,
    &logs_log_group::KIND,
    &s3_bucket::KIND,
    &s3_bucket_policy::KIND,
    &states_state_machine::KIND,
];

/// The provider of a resource type, if the local AWS has it.
pub fn find(kind: &str) -> Option<Arc<dyn Provider>> {
    let found = PROVIDERS.iter().copied().find(|provider| provider.schema.kind == kind)?;
    Some(Arc::new(found))
}
