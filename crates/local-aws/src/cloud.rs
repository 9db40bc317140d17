//! The whole local AWS of one project: its settings, its store, and the state of every service.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use crate::services;
use crate::wire::{Call, Fault, Output};
use crate::{Clock, Store};

/// What a local AWS is started with.
#[derive(Clone, Debug)]
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

/// The whole local AWS of one project.
pub struct Cloud {
    pub config: Config,
    pub clock: Clock,
    pub store: Store,
    pub apigateway: services::apigateway::State,
    pub apigatewayv2: services::apigatewayv2::State,
    pub cloudformation: services::cloudformation::State,
    pub dynamodb: services::dynamodb::State,
    pub iam: services::iam::State,
    pub lambda: services::lambda::State,
    pub logs: services::logs::State,
    pub s3: services::s3::State,
    pub ssm: services::ssm::State,
    pub states: services::states::State,
    pub sts: services::sts::State,
}

impl Cloud {
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
