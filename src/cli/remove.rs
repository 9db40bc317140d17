//! `deploy remove`: takes the stack down.

use std::time::Instant;

use local_aws::daemon;

use super::prepared::{manner, record};
use super::session::Session;
use super::{Context, interrupt};
use crate::apply::{self, Removal, Removed};
use crate::failure::{MachineFailure, Usage};
use crate::plan::Records;
use crate::project::Target;
use crate::template;
use crate::{Failure, Outcome};

/// Remove everything that was deployed
///
/// Buckets that go with the stack are emptied first; which ones is said before. What a DeletionPolicy keeps stays, and is
/// named at the end.
#[derive(Debug, clap::Args)]
pub struct Remove {
    /// Keep every resource that holds data: tables, buckets, queues, user pools
    #[arg(long)]
    keep_data: bool,
    /// Answer every question with yes; a protected stage asks one
    #[arg(long, short)]
    yes: bool,
    /// Give up when somebody else deploys the stack, instead of waiting
    #[arg(long)]
    no_wait: bool,
}

impl Remove {
    pub fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        context.block_on(async {
            let begun = Instant::now();
            let session = Session::open(context).await?;
            let name = session.stack.stack_name();
            if session.is_protected() && !self.yes && !self.agreed(context, &session, &name)? {
                context.report.note("nothing was removed");
                return Ok(Outcome::Done);
            }
            let removed = match session.has_cloud() {
                true => self.remove(context, &session, &name).await?,
                false => Removed::default(),
            };
            clean(&session, &removed).await?;
            context.report.removed(&name, &session.place(), &removed, begun.elapsed());
            Ok(Outcome::Done)
        })
    }

    fn agreed(&self, context: &Context, session: &Session, name: &str) -> Result<bool, Usage> {
        let question = format!("The stage {} is protected. Remove the stack {name}?", session.stack.stage);
        context.report.asks(&question)
    }

    async fn remove(&self, context: &Context, session: &Session, name: &str) -> Result<Removed, Failure> {
        let clients = session.clients().await?;
        session.check_account(context, &clients, None).await?;
        let tell = |event| context.report.applying(&event);
        let manner = manner(&clients, &tell, interrupt::listen(), !self.no_wait);
        let role = super::settings::role(session)?;
        let places = record(session).map(|record| record.places).unwrap_or_default();
        let removal = Removal {
            stack: name,
            role_arn: role.as_deref(),
            bucket: &template::deployment_bucket(&session.stack),
            prefix: &template::prefix(&session.stack),
            keeps_data: self.keep_data,
            places: &places,
        };
        Ok(apply::remove(&clients, &removal, &manner).await?)
    }
}

/// Leaves nothing of the stage under `.deploy`, and nothing at all when no other stage is left; a local AWS without any
/// stack in any region is stopped, and its state deleted.
///
/// What a DeletionPolicy keeps lives in that state too, so the state stays with it.
async fn clean(session: &Session, removed: &Removed) -> Result<(), Failure> {
    let dir = session.deploy_dir();
    if !dir.exists() {
        return Ok(());
    }
    let records = Records::of(&dir);
    let forgotten = records.forget(&session.at(), &session.stack.stack_name());
    forgotten.map_err(MachineFailure::while_doing("cannot delete what .deploy remembers of the stack"))?;
    delete(&dir.join("package").join(&session.stack.stage))?;
    let state = session.state_dir();
    let is_last = removed.stood && removed.kept.is_empty();
    if is_last
        && session.stack.target == Target::Local
        && daemon::find(&state).await.is_some_and(|local| local.stacks == 0)
    {
        daemon::stop(&state).await?;
        delete(&state)?;
    }
    if records.is_empty() && !state.exists() {
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
