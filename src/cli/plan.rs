//! `deploy plan`: what would change, before anything does.

use jiff::Timestamp;

use super::deploy::render;
use super::session::Session;
use super::{Context, settings};
use crate::apply::{self, Interrupt, Manner};
use crate::plan;
use crate::{Failure, Outcome};

/// Show what a deployment would change, and what would be lost
#[derive(Debug, clap::Args)]
pub struct Plan {
    /// End with 2 when something would change
    #[arg(long)]
    exit_code: bool,
    /// Write Markdown, for a pull request
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
}

impl Plan {
    pub fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        context.block_on(async {
            let session = Session::open(context).await?;
            let (artifacts, rendered) = render(context, &session, false)?;
            let clients = session.clients().await?;
            let settings = settings::settings(&session, &rendered.template)?;
            let region = &session.stack.region;
            let plan = plan::prepare(&clients, region, &rendered, &artifacts, &session.sources, settings).await?;
            let manner =
                Manner { pace: clients.pace(), tell: &|_| {}, interrupt: Interrupt::never(), now: Timestamp::now() };
            let review = apply::propose(&plan, &clients, &manner).await?;
            context.report.review(&review, &session.place(), self.markdown);
            Ok(if self.exit_code && !review.is_empty() { Outcome::Changes } else { Outcome::Done })
        })
    }
}
