//! The operations of `apigatewayv2` (HTTP APIs). Members are in AWS's upper camel case.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::operation;
use crate::services::Operation;

mod api;
mod authorizer;
pub mod document;
mod part;

/// The operations that are there.
pub const OPERATIONS: &[Operation] = &[
    operation!("CreateApi", api::create),
    operation!("CreateAuthorizer", authorizer::create),
    operation!("CreateDeployment", part::create_deployment),
    operation!("CreateIntegration", part::create_integration),
    operation!("CreateRoute", part::create_route),
    operation!("CreateStage", part::create_stage),
    operation!("DeleteApi", api::delete),
    operation!("DeleteAuthorizer", authorizer::delete),
    operation!("DeleteCorsConfiguration", api::delete_cors),
    operation!("DeleteDeployment", part::delete_deployment),
    operation!("DeleteIntegration", part::delete_integration),
    operation!("DeleteRoute", part::delete_route),
    operation!("DeleteStage", part::delete_stage),
    operation!("GetApi", api::get),
    operation!("GetApis", api::list),
    operation!("GetAuthorizer", authorizer::get),
    operation!("GetAuthorizers", authorizer::list),
    operation!("GetDeployment", part::get_deployment),
    operation!("GetDeployments", part::list_deployments),
    operation!("GetIntegration", part::get_integration),
    operation!("GetIntegrations", part::list_integrations),
    operation!("GetRoute", part::get_route),
    operation!("GetRoutes", part::list_routes),
    operation!("GetStage", part::get_stage),
    operation!("GetStages", part::list_stages),
    operation!("ResetAuthorizersCache", authorizer::reset),
    operation!("UpdateApi", api::update),
    operation!("UpdateAuthorizer", authorizer::update),
    operation!("UpdateIntegration", part::update_integration),
    operation!("UpdateRoute", part::update_route),
    operation!("UpdateStage", part::update_stage),
];

/// What this service remembers between calls beside the store.
#[derive(Debug, Default)]
pub struct State {
    /// Held over every change: an API is one document.
    edits: Mutex<()>,
}

impl State {
    fn edit(&self) -> MutexGuard<'_, ()> {
        self.edits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
