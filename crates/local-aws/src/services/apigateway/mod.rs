//! The operations of `apigateway` (REST APIs).

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::Store;
use crate::cloud::Config;
use crate::operation;
use crate::services::Operation;
use crate::store::StoreError;

mod account;
mod api_key;
mod authorizer;
mod deployment;
pub mod document;
mod gateway_response;
mod integration;
mod member;
mod method;
mod model;
mod patch;
mod resource;
mod rest_api;
mod stage;
mod tag;
pub mod usage_plan;
mod validator;

/// The operations that are there.
pub const OPERATIONS: &[Operation] = &[
    operation!("CreateApiKey", api_key::create),
    operation!("CreateAuthorizer", authorizer::create),
    operation!("CreateDeployment", deployment::create),
    operation!("CreateModel", model::create),
    operation!("CreateRequestValidator", validator::create),
    operation!("CreateResource", resource::create),
    operation!("CreateRestApi", rest_api::create),
    operation!("CreateStage", stage::create),
    operation!("CreateUsagePlan", usage_plan::create),
    operation!("CreateUsagePlanKey", usage_plan::add_key),
    operation!("DeleteApiKey", api_key::delete),
    operation!("DeleteAuthorizer", authorizer::delete),
    operation!("DeleteDeployment", deployment::delete),
    operation!("DeleteGatewayResponse", gateway_response::delete),
    operation!("DeleteIntegration", integration::delete),
    operation!("DeleteIntegrationResponse", integration::delete_response),
    operation!("DeleteMethod", method::delete),
    operation!("DeleteMethodResponse", method::delete_response),
    operation!("DeleteModel", model::delete),
    operation!("DeleteRequestValidator", validator::delete),
    operation!("DeleteResource", resource::delete),
    operation!("DeleteRestApi", rest_api::delete),
    operation!("DeleteStage", stage::delete),
    operation!("DeleteUsagePlan", usage_plan::delete),
    operation!("DeleteUsagePlanKey", usage_plan::remove_key),
    operation!("FlushStageAuthorizersCache", stage::flush),
    operation!("FlushStageCache", stage::flush),
    operation!("GetAccount", account::get),
    operation!("GetApiKey", api_key::get),
    operation!("GetApiKeys", api_key::list),
    operation!("GetAuthorizer", authorizer::get),
    operation!("GetAuthorizers", authorizer::list),
    operation!("GetDeployment", deployment::get),
    operation!("GetDeployments", deployment::list),
    operation!("GetGatewayResponse", gateway_response::get),
    operation!("GetGatewayResponses", gateway_response::list),
    operation!("GetIntegration", integration::get),
    operation!("GetIntegrationResponse", integration::get_response),
    operation!("GetMethod", method::get),
    operation!("GetMethodResponse", method::get_response),
    operation!("GetModel", model::get),
    operation!("GetModels", model::list),
    operation!("GetRequestValidator", validator::get),
    operation!("GetRequestValidators", validator::list),
    operation!("GetResource", resource::get),
    operation!("GetResources", resource::list),
    operation!("GetRestApi", rest_api::get),
    operation!("GetRestApis", rest_api::list),
    operation!("GetStage", stage::get),
    operation!("GetStages", stage::list),
    operation!("GetTags", tag::list),
    operation!("GetUsagePlan", usage_plan::get),
    operation!("GetUsagePlanKey", usage_plan::get_key),
    operation!("GetUsagePlanKeys", usage_plan::list_keys),
    operation!("GetUsagePlans", usage_plan::list),
    operation!("PutGatewayResponse", gateway_response::put),
    operation!("PutIntegration", integration::put),
    operation!("PutIntegrationResponse", integration::put_response),
    operation!("PutMethod", method::put),
    operation!("PutMethodResponse", method::put_response),
    operation!("TagResource", tag::add),
    operation!("UntagResource", tag::remove),
    operation!("UpdateAccount", account::update),
    operation!("UpdateApiKey", api_key::update),
    operation!("UpdateAuthorizer", authorizer::update),
    operation!("UpdateDeployment", deployment::update),
    operation!("UpdateGatewayResponse", gateway_response::update),
    operation!("UpdateIntegration", integration::update),
    operation!("UpdateIntegrationResponse", integration::update_response),
    operation!("UpdateMethod", method::update),
    operation!("UpdateMethodResponse", method::update_response),
    operation!("UpdateModel", model::update),
    operation!("UpdateRequestValidator", validator::update),
    operation!("UpdateResource", resource::update),
    operation!("UpdateRestApi", rest_api::update),
    operation!("UpdateStage", stage::update),
    operation!("UpdateUsagePlan", usage_plan::update),
];

/// What this service remembers between calls beside the store.
#[derive(Debug, Default)]
pub struct State {
    /// Held over every change: an API is one document, and CloudFormation changes it from several sides at once.
    edits: Mutex<()>,
    /// What authorizers decided, how much of usage plans is used.
    pub gateway: crate::gateway::Memory,
}

impl State {
    /// Starts with nothing in memory.
    ///
    /// # Errors
    /// None today; the signature is that of every service.
    pub fn open(_config: &Config, _store: &Store) -> Result<State, StoreError> {
        Ok(State::default())
    }

    fn edit(&self) -> MutexGuard<'_, ()> {
        self.edits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
