//! `deploy local`: the local AWS of the project.

use std::path::PathBuf;

use local_aws::daemon::{self, Running};

use super::Context;
use super::session::{local_state, options, program};
use crate::project;
use crate::report::LocalState;
use crate::{Failure, Outcome};

/// Start, stop and look at the local AWS of this project
#[derive(Debug, clap::Args)]
pub struct Local {
    #[command(subcommand)]
    command: LocalCommand,
}

#[derive(Debug, clap::Subcommand)]
enum LocalCommand {
    /// Start it, unless it runs already
    Start,
    /// Say whether it runs, and where
    Status,
    /// Stop it; what is deployed stays for the next start
    Stop,
    /// Print the variables that make the AWS CLI and the SDKs talk to it: `eval "$(deploy local env)"`
    Env,
    /// Run it in the foreground
    #[command(hide = true)]
    Serve(Serve),
}

#[derive(Debug, clap::Args)]
struct Serve {
    /// Where it keeps its state
    #[arg(long, value_name = "DIR")]
    state_dir: PathBuf,
    /// Port to listen on; else the one of its last run, else a free one
    #[arg(long)]
    port: Option<u16>,
}

impl Local {
    pub fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        context.block_on(async {
            if let LocalCommand::Serve(serve) = &self.command {
                let options = daemon::Options { state_dir: serve.state_dir.clone(), port: serve.port };
                daemon::serve(options).await?;
                return Ok(Outcome::Done);
            }
            let project = project::read(options(context)?)?;
            let state_dir = local_state(&project.root);
            let report = &context.report;
            match &self.command {
                LocalCommand::Start => {
                    let before = daemon::find(&state_dir).await;
                    let running = daemon::ensure(&state_dir, &program()?).await?;
                    let state = if before.is_some() { LocalState::RanAlready } else { LocalState::Started };
                    report.local(state, Some(&running), &state_dir);
                }
                LocalCommand::Status => {
                    let running = daemon::find(&state_dir).await;
                    let state = if running.is_some() { LocalState::Runs } else { LocalState::Stands };
                    report.local(state, running.as_ref(), &state_dir);
                }
                LocalCommand::Stop => {
                    let stopped = daemon::stop(&state_dir).await?;
                    let state = if stopped { LocalState::Stopped } else { LocalState::Stands };
                    report.local(state, None, &state_dir);
                }
                LocalCommand::Env => {
                    let running = daemon::ensure(&state_dir, &program()?).await?;
                    report.environment(&environment(&running));
                }
                LocalCommand::Serve(_) => {}
            }
            Ok(Outcome::Done)
        })
    }
}

/// Source: AWS SDKs and Tools Reference Guide, "Settings reference".
fn environment(running: &Running) -> [(&'static str, String); 5] {
    [
        ("AWS_ENDPOINT_URL", running.endpoint.clone()),
        ("AWS_REGION", running.region.clone()),
        ("AWS_DEFAULT_REGION", running.region.clone()),
        ("AWS_ACCESS_KEY_ID", running.access_key_id.clone()),
        ("AWS_SECRET_ACCESS_KEY", running.secret_access_key.clone()),
    ]
}
