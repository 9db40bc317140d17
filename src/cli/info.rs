//! `deploy info`: what is deployed.

use super::Context;
use super::session::Session;
use crate::aws::Clients;
use crate::observe::{self, Overview};
use crate::plan::{Condition, Deployed, Stacks};
use crate::{Failure, Outcome};

/// Show what is deployed: endpoints, functions, state machines, tables
#[derive(Debug, clap::Args)]
pub struct Info {}

impl Info {
    pub fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        context.block_on(async {
            let session = Session::open(context).await?;
            let (clients, stack) = deployed(&session).await?;
            let overview = look(&session, &clients, &stack).await?;
            let stages = observe::stages(&clients, &overview).await?;
            let stack = &session.stack;
            context.report.overview(&stack.service, &stack.stage, &session.place(), &overview, &stages);
            Ok(Outcome::Done)
        })
    }
}

/// The session's stack as it stands.
///
/// # Errors
/// [`Failure::NotDeployed`] when there is none.
pub async fn deployed(session: &Session) -> Result<(Clients, Deployed), Failure> {
    let missing = || Failure::NotDeployed { stack: session.stack.stack_name(), place: session.place() };
    if !session.has_cloud() {
        return Err(missing());
    }
    let clients = session.clients().await?;
    let stack = clients.stack(&session.stack.stack_name()).await?;
    let stack = stack.filter(|stack| !matches!(stack.status.condition(), Condition::Gone | Condition::OnlyReviewed));
    Ok((clients, stack.ok_or_else(missing)?))
}

/// What the stack consists of.
pub async fn look(session: &Session, clients: &Clients, stack: &Deployed) -> Result<Overview, Failure> {
    let endpoint = clients.local_endpoint();
    Ok(observe::overview(clients, stack, &session.stack.region, endpoint, &session.keys()).await?)
}
