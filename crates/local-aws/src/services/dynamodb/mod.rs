//! The operations of `dynamodb` and its streams, over the embedded engine.

mod arn;
mod backups;
mod engine;
mod fault;
mod limits;
mod shard;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use dynoxide::Database;

use crate::Cloud;
use crate::cloud::Config;
use crate::operation;
use crate::services::Operation;
use crate::store::{Store, StoreError};
use crate::wire::Fault;

/// The operations that are there.
#[rustfmt::skip]
pub const OPERATIONS: &[Operation] = &[
    operation!("BatchExecuteStatement", engine::run),
    operation!("BatchGetItem", engine::run),
    operation!("BatchWriteItem", engine::run),
    operation!("CreateTable", engine::run),
    operation!("DeleteItem", engine::run),
    operation!("DeleteTable", engine::run),
    operation!("DescribeContinuousBackups", backups::describe),
    operation!("DescribeEndpoints", limits::describe_endpoints),
    operation!("DescribeLimits", limits::describe_limits),
    operation!("DescribeStream", engine::run),
    operation!("DescribeTable", engine::run),
    operation!("DescribeTimeToLive", engine::run),
    operation!("ExecuteStatement", engine::run),
    operation!("ExecuteTransaction", engine::run),
    operation!("GetItem", engine::run),
    operation!("GetRecords", engine::run),
    operation!("GetShardIterator", engine::run),
    operation!("ListStreams", engine::run),
    operation!("ListTables", engine::run),
    operation!("ListTagsOfResource", engine::run),
    operation!("PutItem", engine::run),
    operation!("Query", engine::run),
    operation!("Scan", engine::run),
    operation!("TagResource", engine::run),
    operation!("TransactGetItems", engine::run),
    operation!("TransactWriteItems", engine::run),
    operation!("UntagResource", engine::run),
    operation!("UpdateContinuousBackups", backups::update),
    operation!("UpdateItem", engine::run),
    operation!("UpdateTable", engine::run),
    operation!("UpdateTimeToLive", engine::run),
];

/// How often items past their time to live are removed.
const SWEEP: Duration = Duration::from_secs(60);

/// What this service remembers between calls: one database a region, opened when it is first used.
pub struct State {
    folder: PathBuf,
    databases: Mutex<HashMap<String, Database>>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl State {
    /// The state in files under the state folder; nothing is opened yet.
    ///
    /// # Errors
    /// None today.
    pub fn open(config: &Config, _store: &Store) -> Result<State, StoreError> {
        Ok(State { folder: config.state_dir.join("dynamodb"), databases: Mutex::default() })
    }

    /// Begins to remove items past their time to live, as long as `cloud` lives.
    pub fn start(cloud: &Arc<Cloud>) {
        let cloud = Arc::downgrade(cloud);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(sweep(cloud));
        }
    }

    /// The database of a region.
    fn database(&self, region: &str) -> Result<Database, Fault> {
        let mut databases = self.databases.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(database) = databases.get(region) {
            return Ok(database.clone());
        }
        let broken =
            |error: String| Fault::receiver("InternalServerError", format!("the tables cannot be opened: {error}"));
        std::fs::create_dir_all(&self.folder).map_err(|error| broken(error.to_string()))?;
        let name: String = region.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        let path = self.folder.join(format!("{name}.sqlite"));
        let path = path.to_str().ok_or_else(|| broken("the state folder's path is not UTF-8".to_owned()))?;
        let database = Database::new(path).map_err(|error| broken(error.to_string()))?;
        databases.insert(region.to_owned(), database.clone());
        Ok(database)
    }

    fn opened(&self) -> Vec<Database> {
        self.databases.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}

async fn sweep(cloud: Weak<Cloud>) {
    loop {
        tokio::time::sleep(SWEEP).await;
        let Some(cloud) = cloud.upgrade() else { return };
        for database in cloud.dynamodb.opened() {
            let swept = tokio::task::spawn_blocking(move || database.sweep_ttl()).await;
            if let Ok(Err(error)) = swept {
                tracing::warn!(%error, "items past their time to live stay");
            }
        }
    }
}
