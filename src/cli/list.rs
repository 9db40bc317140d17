//! `deploy list`: the deployments that the bucket remembers.

use super::Context;
use super::info::deployed;
use super::session::Session;
use crate::apply::{self, Deployment};
use crate::aws::Clients;
use crate::plan::Deployed;
use crate::template;
use crate::{Failure, Outcome};

/// List the deployments that one can go back to, the newest first
#[derive(Debug, clap::Args)]
pub struct List {}

impl List {
    pub fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        context.block_on(async {
            let session = Session::open(context).await?;
            let (clients, stack) = deployed(&session).await?;
            let (_, deployments) = history(&session, &clients, &stack).await?;
            context.report.deployments(&stack.name, &session.place(), &deployments);
            Ok(Outcome::Done)
        })
    }
}

/// The bucket of a stack, and the deployments that it remembers, the newest first.
///
/// # Errors
/// The stack has no bucket; what the cloud answers.
pub async fn history(
    session: &Session,
    clients: &Clients,
    stack: &Deployed,
) -> Result<(String, Vec<Deployment>), Failure> {
    let bucket = template::deployment_bucket(&session.stack);
    let bucket = apply::deployment_bucket(clients, &bucket, Some(stack), &stack.name).await?;
    let prefix = template::prefix(&session.stack);
    let objects = apply::objects(clients, &bucket, &prefix).await?.unwrap_or_default();
    Ok((bucket, apply::deployments(&objects, &prefix)))
}
