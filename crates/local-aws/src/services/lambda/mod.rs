//! The operations of `lambda`.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::Store;
use crate::cloud::Config;
use crate::operation;
use crate::runtime::Runtime;
use crate::services::Operation;
use crate::store::StoreError;

mod account;
mod alias;
mod asynchronous;
pub mod code;
mod concurrency;
mod create;
mod delete;
mod destination;
mod event_invoke;
mod event_source;
mod function;
mod get;
mod input;
mod invoke;
mod layer;
mod name;
mod page;
mod permission;
pub mod poller;
mod queue_source;
mod settings;
mod stream_source;
mod tag;
mod update;
pub mod url;
mod version;

/// The operations that are there.
pub const OPERATIONS: &[Operation] = &[
    operation!("AddPermission", permission::add),
    operation!("CreateAlias", alias::create),
    operation!("CreateEventSourceMapping", event_source::create),
    operation!("CreateFunction", create::run),
    operation!("CreateFunctionUrlConfig", url::create),
    operation!("DeleteAlias", alias::delete),
    operation!("DeleteEventSourceMapping", event_source::delete),
    operation!("DeleteFunction", delete::run),
    operation!("DeleteFunctionConcurrency", concurrency::delete),
    operation!("DeleteFunctionEventInvokeConfig", event_invoke::delete),
    operation!("DeleteFunctionUrlConfig", url::delete),
    operation!("DeleteLayerVersion", layer::delete),
    operation!("DeleteProvisionedConcurrencyConfig", concurrency::delete_provisioned),
    operation!("GetAccountSettings", account::settings),
    operation!("GetAlias", alias::get),
    operation!("GetEventSourceMapping", event_source::get),
    operation!("GetFunction", get::run),
    operation!("GetFunctionCodeSigningConfig", get::code_signing),
    operation!("GetFunctionConcurrency", concurrency::get),
    operation!("GetFunctionConfiguration", get::configuration),
    operation!("GetFunctionEventInvokeConfig", event_invoke::get),
    operation!("GetFunctionUrlConfig", url::get),
    operation!("GetLayerVersion", layer::get),
    operation!("GetLayerVersionByArn", layer::get_by_arn),
    operation!("GetPolicy", permission::get),
    operation!("GetProvisionedConcurrencyConfig", concurrency::get_provisioned),
    operation!("Invoke", invoke::run),
    operation!("ListAliases", alias::list),
    operation!("ListEventSourceMappings", event_source::list),
    operation!("ListFunctionEventInvokeConfigs", event_invoke::list),
    operation!("ListFunctionUrlConfigs", url::list),
    operation!("ListFunctions", get::list),
    operation!("ListLayerVersions", layer::list_versions),
    operation!("ListLayers", layer::list),
    operation!("ListProvisionedConcurrencyConfigs", concurrency::list_provisioned),
    operation!("ListTags", tag::list),
    operation!("ListVersionsByFunction", version::list),
    operation!("PublishLayerVersion", layer::publish),
    operation!("PublishVersion", version::publish),
    operation!("PutFunctionConcurrency", concurrency::put),
    operation!("PutFunctionEventInvokeConfig", event_invoke::put),
    operation!("PutProvisionedConcurrencyConfig", concurrency::put_provisioned),
    operation!("RemovePermission", permission::remove),
    operation!("TagResource", tag::add),
    operation!("UntagResource", tag::remove),
    operation!("UpdateAlias", alias::update),
    operation!("UpdateEventSourceMapping", event_source::update),
    operation!("UpdateFunctionCode", update::code),
    operation!("UpdateFunctionConfiguration", update::configuration),
    operation!("UpdateFunctionEventInvokeConfig", event_invoke::update),
    operation!("UpdateFunctionUrlConfig", url::update),
];

/// What this service remembers between calls beside the store.
#[derive(Debug, Default)]
pub struct State {
    /// The running functions.
    pub runtime: Runtime,
    /// Held over every change: a function with all that hangs on it is one row of the store.
    edits: Mutex<()>,
    /// What reads for event source mappings, by their ids; each stops when its sender is dropped.
    pollers: Mutex<HashMap<String, watch::Sender<()>>>,
}

impl State {
    fn edit(&self) -> MutexGuard<'_, ()> {
        self.edits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts without any running function and clears what processes of an earlier run left behind.
    ///
    /// # Errors
    /// None today; the signature is that of every service.
    pub fn open(config: &Config, _store: &Store) -> Result<State, StoreError> {
        // Nothing there is nothing to clear.
        let _ = std::fs::remove_dir_all(config.state_dir.join("lambda/work/tmp"));
        Ok(State::default())
    }
}
