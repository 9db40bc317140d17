//! `deploy remove`: takes the stack down.

use std::collections::BTreeMap;
use std::time::Instant;

use jiff::Timestamp;
use local_aws::daemon;

use super::session::Session;
use super::{Context, interrupt};
use crate::apply::{self, Manner, Removed};
use crate::failure::MachineFailure;
use crate::project::Target;
use crate::{Failure, Outcome};

/// Remove everything that was deployed
#[derive(Debug, clap::Args)]
pub struct Remove {}

impl Remove {
    pub fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        context.block_on(async {
            let begun = Instant::now();
            let session = Session::open(context).await?;
            let name = session.stack.stack_name();
            let removed = match session.has_cloud() {
                true => remove(context, &session, &name).await?,
                false => Removed::default(),
            };
            clean(&session).await?;
            context.report.removed(&name, &session.place(), &removed, begun.elapsed());
            Ok(Outcome::Done)
        })
    }
}

async fn remove(context: &Context, session: &Session, name: &str) -> Result<Removed, Failure> {
    let clients = session.clients().await?;
    let report = &context.report;
    let manner = Manner {
        pace: clients.pace(),
        tell: &|event| report.applying(&event),
        interrupt: interrupt::listen(),
        now: Timestamp::now(),
    };
    let settings = super::settings::role(session)?;
    Ok(apply::remove(&clients, name, settings.as_deref(), &BTreeMap::new(), &manner).await?)
}

/// Leaves nothing of the stage under `.deploy`; a local AWS without any stack is stopped, and its state deleted.
async fn clean(session: &Session) -> Result<(), Failure> {
    if session.stack.target == Target::Local && session.has_cloud() {
        let clients = session.clients().await?;
        if clients.stacks().await?.is_empty() {
            daemon::stop(&session.state_dir()).await?;
            delete(&session.state_dir())?;
        }
    }
    let dir = session.deploy_dir();
    let others = std::fs::read_dir(&dir).map(|entries| entries.flatten().count()).unwrap_or_default();
    let only_cache = !session.state_dir().exists() && others > 0;
    if only_cache {
        delete(&dir)?;
    }
    Ok(())
}

fn delete(folder: &std::path::Path) -> Result<(), MachineFailure> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(MachineFailure::while_doing(format!("cannot delete {}", folder.display()))(error))
        }
        _ => Ok(()),
    }
}
