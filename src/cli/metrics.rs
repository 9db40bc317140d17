//! `deploy metrics`: how often functions were called and failed, and how long they took.

use jiff::Timestamp;

use super::Context;
use super::info::deployed;
use super::invoke::function_name;
use super::logs::since;
use super::session::Session;
use crate::failure::Usage;
use crate::observe::{self, Monitoring};
use crate::project::Target;
use crate::{Failure, Outcome};

/// Show how often functions were called and failed, and how long they took
///
/// On AWS CloudWatch tells; on this machine, the functions' logs do.
#[derive(Debug, clap::Args)]
pub struct Metrics {
    /// The function, as stack.yaml calls it [default: all]
    #[arg(long, short, value_name = "FUNCTION")]
    function: Option<String>,
    /// From when: 30m, 5h, 2d ago, or a time as 2026-01-31T12:00:00Z [default: 24h]
    #[arg(long, visible_alias = "start-time", alias = "startTime", value_name = "TIME")]
    since: Option<String>,
    /// Until when [default: now]
    #[arg(long, visible_alias = "end-time", alias = "endTime", value_name = "TIME")]
    until: Option<String>,
}

impl Metrics {
    pub fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        context.block_on(async {
            let now = Timestamp::now();
            let from = since(self.since.as_deref().unwrap_or("24h"), now)?;
            let to = self.until.as_deref().map_or(Ok(now), |text| since(text, now))?;
            if from >= to {
                return Err(Usage::new(format!("{from:.0} is not before {to:.0}")).into());
            }
            let session = Session::open(context).await?;
            let functions: Vec<(String, String)> = match &self.function {
                Some(function) => vec![(function.clone(), function_name(&session, function)?)],
                None => {
                    let all = session.stack.functions.iter();
                    all.map(|function| (function.name.clone(), session.stack.function_name(function))).collect()
                }
            };
            let (clients, stack) = deployed(&session).await?;
            let mut found = Vec::with_capacity(functions.len());
            for (key, name) in functions {
                let metrics = match session.stack.target {
                    Target::Aws => clients.metrics(&name, from, to).await?,
                    Target::Local => observe::metrics_of_log(&clients, &name, from, to).await?,
                };
                found.push((key, metrics));
            }
            context.report.metrics(&stack.name, &session.place(), (from, to), &found);
            Ok(Outcome::Done)
        })
    }
}
