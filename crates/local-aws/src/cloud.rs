//! The whole local AWS of one project: its settings, its store, and the state of every service.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;
use tempfile::TempDir;

use crate::services;
use crate::store::StoreError;
use crate::wire::{Call, Fault, Output};
use crate::{Clock, Store};

/// The account of a local AWS that was given none.
pub const DEFAULT_ACCOUNT: &str = "000000000000";

/// The region of calls that name none.
pub const DEFAULT_REGION: &str = "us-east-1";

/// What a local AWS is started with.
#[derive(Clone)]
pub struct Config {
    /// The twelve digits of the only account.
    pub account: String,
    /// The region of calls that name none.
    pub default_region: String,
    /// Where files live: object bodies, unpacked functions, the database.
    pub state_dir: PathBuf,
    /// `http://127.0.0.1:PORT` under which this local AWS answers.
    pub endpoint: String,
    /// The access key that control-plane requests are signed with.
    pub access_key_id: String,
    /// The secret that control-plane requests are signed with.
    pub secret_access_key: String,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("account", &self.account)
            .field("default_region", &self.default_region)
            .field("state_dir", &self.state_dir)
            .field("endpoint", &self.endpoint)
            .field("access_key_id", &self.access_key_id)
            .field("secret_access_key", &"***")
            .finish()
    }
}

/// The whole local AWS of one project.
pub struct Cloud {
    pub config: Config,
    pub clock: Clock,
    pub store: Store,
    pub apigateway: services::apigateway::State,
    pub apigatewayv2: services::apigatewayv2::State,
    pub cloudformation: services::cloudformation::State,
    pub dynamodb: services::dynamodb::State,
    pub events: services::events::State,
    pub iam: services::iam::State,
    pub lambda: services::lambda::State,
    pub logs: services::logs::State,
    pub s3: services::s3::State,
    pub sns: services::sns::State,
    pub sqs: services::sqs::State,
    pub ssm: services::ssm::State,
    pub states: services::states::State,
    pub sts: services::sts::State,
    /// The folder of a cloud that forgets everything; removed with the cloud.
    _scratch: Option<TempDir>,
}

/// Why a local AWS could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The state folder cannot be made or written.
    #[error("the state folder `{}` cannot be used: {source}", path.display())]
    StateDir { path: PathBuf, source: std::io::Error },
    /// What was stored cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Cloud {
    /// The local AWS over what `store` remembers; call [`Cloud::start`] next.
    ///
    /// # Errors
    /// When a service cannot read what it stored earlier.
    pub fn open(config: Config, clock: Clock, store: Store) -> Result<Arc<Cloud>, OpenError> {
        Cloud::assemble(config, clock, store, None)
    }

    /// A local AWS that forgets everything with the process: its files are in a temporary folder that is removed when
    /// the last handle is dropped. Already started.
    ///
    /// # Errors
    /// When the temporary folder cannot be made.
    pub fn in_memory(clock: Clock) -> Result<Arc<Cloud>, OpenError> {
        let scratch = TempDir::with_prefix("local-aws-")
            .map_err(|source| OpenError::StateDir { path: std::env::temp_dir(), source })?;
        let config = Config {
            account: DEFAULT_ACCOUNT.to_owned(),
            default_region: DEFAULT_REGION.to_owned(),
            state_dir: scratch.path().to_owned(),
            endpoint: "http://127.0.0.1:4566".to_owned(),
            access_key_id: "AKIALOCALINMEMORY000".to_owned(),
            secret_access_key: "in-memory-secret".to_owned(),
        };
        let cloud = Cloud::assemble(config, clock, Store::memory(), Some(scratch))?;
        cloud.start();
        Ok(cloud)
    }

    fn assemble(config: Config, clock: Clock, store: Store, scratch: Option<TempDir>) -> Result<Arc<Cloud>, OpenError> {
        Ok(Arc::new(Cloud {
            apigateway: services::apigateway::State::default(),
            apigatewayv2: services::apigatewayv2::State::default(),
            cloudformation: services::cloudformation::State::open(&config, &store)?,
            dynamodb: services::dynamodb::State::open(&config, &store)?,
            events: services::events::State::default(),
            iam: services::iam::State::open(&config, &store)?,
            lambda: services::lambda::State::default(),
            logs: services::logs::State::open(&config, &store)?,
            s3: services::s3::State::open(&config, &store)?,
            sns: services::sns::State::open(&config, &store)?,
            sqs: services::sqs::State::open(&config, &store)?,
            ssm: services::ssm::State::open(&config, &store)?,
            states: services::states::State::open(&config, &store)?,
            sts: services::sts::State::open(&config, &store)?,
            config,
            clock,
            store,
            _scratch: scratch,
        }))
    }

    /// Lets the services take up what they were doing when the last process ended: running executions, timers.
    pub fn start(self: &Arc<Self>) {
        services::dynamodb::State::start(self);
        self.cloudformation.start(self);
        self.states.executions.start(self);
        services::events::start(self);
        if let Err(fault) = services::lambda::poller::start_all(self) {
            tracing::error!(%fault, "queues and streams are not read for functions");
        }
    }

    /// Answers one call made from inside, through the same tables as calls from the wire.
    ///
    /// `service` is the signing name (`lambda`, `states`, `logs`, …), `input` the operation's input in AWS's own
    /// member names.
    ///
    /// # Errors
    /// The fault that the operation answers; `UnknownOperationException` when no table names it.
    pub async fn invoke(
        self: &Arc<Self>,
        service: &str,
        operation: &str,
        region: &str,
        input: Value,
    ) -> Result<Output, Fault> {
        self.answer(Call::internal(service, operation, region, input, Bytes::new())).await
    }

    /// Answers one call, from the wire or from inside.
    pub async fn answer(self: &Arc<Self>, call: Call) -> Result<Output, Fault> {
        match services::find(&call.service, &call.operation) {
            Some(operation) => (operation.run)(Arc::clone(self), call).await,
            None => Err(Fault::unknown_operation(&call.service, &call.operation)),
        }
    }
}
