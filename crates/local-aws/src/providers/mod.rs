//! What CloudFormation knows of each resource type, one file a type.

use std::sync::Arc;

use crate::engine::provider::Provider;
use custom_resource::Custom;

mod access_policy;
mod apigateway_account;
mod apigateway_api_key;
mod apigateway_authorizer;
mod apigateway_child;
mod apigateway_deployment;
mod apigateway_gateway_response;
mod apigateway_method;
mod apigateway_model;
mod apigateway_request_validator;
mod apigateway_resource;
mod apigateway_rest_api;
mod apigateway_stage;
mod apigateway_usage_plan;
mod apigateway_usage_plan_key;
mod apigatewayv2_api;
mod apigatewayv2_authorizer;
mod apigatewayv2_integration;
mod apigatewayv2_part;
mod apigatewayv2_route;
mod apigatewayv2_stage;
mod cloudformation_stack;
mod cloudformation_wait_condition;
mod cloudformation_wait_condition_handle;
mod cloudwatch_alarm;
mod custom_resource;
mod dynamodb_table;
mod events_event_bus;
mod events_rule;
mod iam_managed_policy;
mod iam_policy;
mod iam_role;
mod kind;
mod lambda_alias;
mod lambda_event_invoke_config;
mod lambda_event_source_mapping;
mod lambda_function;
mod lambda_layer_version;
mod lambda_permission;
mod lambda_url;
mod lambda_version;
mod logs_log_group;
mod member;
mod patch;
mod s3_bucket;
mod s3_bucket_policy;
mod scheduler_schedule;
mod sns_subscription;
mod sns_topic;
mod sns_topic_policy;
mod sqs_queue;
mod sqs_queue_policy;
mod ssm_parameter;
mod states_activity;
mod states_alias;
mod states_state_machine;
mod states_version;

pub use cloudformation_wait_condition_handle::take_signal;
pub use custom_resource::take_answer;

/// The resource types that the local AWS has.
pub static PROVIDERS: &[&kind::Kind] = &[
    &apigateway_account::KIND,
    &apigateway_api_key::KIND,
    &apigateway_authorizer::KIND,
    &apigateway_deployment::KIND,
    &apigateway_gateway_response::KIND,
    &apigateway_method::KIND,
    &apigateway_model::KIND,
    &apigateway_request_validator::KIND,
    &apigateway_resource::KIND,
    &apigateway_rest_api::KIND,
    &apigateway_stage::KIND,
    &apigateway_usage_plan::KIND,
    &apigateway_usage_plan_key::KIND,
    &apigatewayv2_api::KIND,
    &apigatewayv2_authorizer::KIND,
    &apigatewayv2_integration::KIND,
    &apigatewayv2_route::KIND,
    &apigatewayv2_stage::KIND,
    &cloudformation_stack::KIND,
    &cloudformation_wait_condition::KIND,
    &cloudformation_wait_condition_handle::KIND,
    &cloudwatch_alarm::KIND,
    &dynamodb_table::KIND,
    &events_event_bus::KIND,
    &events_rule::KIND,
    &iam_managed_policy::KIND,
    &iam_policy::KIND,
    &iam_role::KIND,
    &lambda_alias::KIND,
    &lambda_event_invoke_config::KIND,
    &lambda_event_source_mapping::KIND,
    &lambda_function::KIND,
    &lambda_layer_version::KIND,
    &lambda_permission::KIND,
    &lambda_url::KIND,
    &lambda_version::KIND,
    &logs_log_group::KIND,
    &s3_bucket::KIND,
    &s3_bucket_policy::KIND,
    &scheduler_schedule::KIND,
    &sns_subscription::KIND,
    &sns_topic::KIND,
    &sns_topic_policy::KIND,
    &sqs_queue::KIND,
    &sqs_queue_policy::KIND,
    &ssm_parameter::KIND,
    &states_activity::KIND,
    &states_alias::KIND,
    &states_state_machine::KIND,
    &states_version::KIND,
];

/// The provider of a resource type, if the local AWS has it.
pub fn find(kind: &str) -> Option<Arc<dyn Provider>> {
    if let Some(custom) = Custom::of(kind) {
        return Some(Arc::new(custom));
    }
    let found = PROVIDERS.iter().copied().find(|provider| provider.schema.kind == kind)?;
    Some(Arc::new(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_there_once_and_names_what_it_says() {
        let mut seen = std::collections::BTreeSet::new();
        for provider in PROVIDERS {
            let schema = &provider.schema;
            assert!(seen.insert(schema.kind), "{} twice", schema.kind);
            let identifier = schema.identifier.map(|name| schema.property(name).is_some());
            assert_ne!(identifier, Some(false), "{} has no such identifier", schema.kind);
            for name in schema.volatile {
                assert!(schema.has_attribute(name), "{} has no attribute {name}", schema.kind);
            }
            let mut names: Vec<&str> = schema.properties.iter().map(|property| property.name).collect();
            names.sort_unstable();
            let count = names.len();
            names.dedup();
            assert_eq!(names.len(), count, "{} has a property twice", schema.kind);
        }
    }
}
