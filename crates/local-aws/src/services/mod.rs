//! The services: each a folder with a table of operations and a state.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::Cloud;
use crate::wire::{Call, Fault, Output};

pub mod apigateway;
pub mod apigatewayv2;
mod changing;
pub mod cloudformation;
pub mod dynamodb;
pub mod events;
pub mod iam;
pub mod input;
pub mod lambda;
pub mod logs;
pub mod monitoring;
pub mod s3;
pub mod scheduler;
pub mod sns;
pub mod sqs;
pub mod ssm;
pub mod states;
pub mod sts;

/// One API operation of one service.
pub struct Operation {
    /// As AWS's model names it.
    pub name: &'static str,
    /// Its work.
    pub run: fn(Arc<Cloud>, Call) -> BoxFuture<'static, Result<Output, Fault>>,
}

/// Makes an [`Operation`] of an `async fn(Arc<Cloud>, Call) -> Result<Output, Fault>`.
#[macro_export]
macro_rules! operation {
    ($name:literal, $function:path) => {
        $crate::services::Operation { name: $name, run: |cloud, call| Box::pin($function(cloud, call)) }
    };
}

/// Every service by its signing name.
pub const SERVICES: &[(&str, &[Operation])] = &[
    ("apigateway", apigateway::OPERATIONS),
    ("apigatewayv2", apigatewayv2::OPERATIONS),
    ("cloudformation", cloudformation::OPERATIONS),
    ("dynamodb", dynamodb::OPERATIONS),
    ("events", events::OPERATIONS),
    ("iam", iam::OPERATIONS),
    ("lambda", lambda::OPERATIONS),
    ("logs", logs::OPERATIONS),
    ("monitoring", monitoring::OPERATIONS),
    ("s3", s3::OPERATIONS),
    ("scheduler", scheduler::OPERATIONS),
    ("sns", sns::OPERATIONS),
    ("sqs", sqs::OPERATIONS),
    ("ssm", ssm::OPERATIONS),
    ("states", states::OPERATIONS),
    ("sts", sts::OPERATIONS),
];

/// The operation `name` of `service`, if the local AWS has it.
pub fn find(service: &str, name: &str) -> Option<&'static Operation> {
    let (_, operations) = SERVICES.iter().find(|(signing_name, _)| *signing_name == service)?;
    operations.iter().find(|operation| operation.name == name)
}
