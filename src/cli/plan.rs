//! `deploy plan`: what would change, before anything does.

use serde_json::Value;

use super::Context;
use super::deploy::standing;
use super::prepared::{Prepared, manner, record};
use super::session::Session;
use super::swaps::Standing;
use crate::apply::{self, Interrupt};
use crate::aws::{Clients, LOCAL_ACCOUNT};
use crate::plan::{self, Fate, Known, Plan as Planned, PlanFailure, Review, Work};
use crate::project::Target;
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
    /// Ask nobody: compare with the last template that this machine deployed
    #[arg(long)]
    offline: bool,
}

impl Plan {
    pub fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        context.block_on(async {
            let session = Session::open(context).await?;
            let prepared = Prepared::of(context, &session)?;
            let review = match self.offline {
                true => offline(&session, &prepared),
                false => self.review(context, &session, &prepared).await?,
            };
            context.report.review(&review, &session.place(), self.markdown, &session.secrets);
            Ok(if self.exit_code && !review.is_empty() { Outcome::Changes } else { Outcome::Done })
        })
    }

    /// What the cloud says; without credentials for it, what the templates say.
    async fn review(&self, context: &Context, session: &Session, prepared: &Prepared) -> Result<Review, Failure> {
        let clients = session.clients().await?;
        match prepared.plan(session, &clients).await {
            Ok(plan) => {
                let standing = standing(session, &clients, &plan).await?;
                review(session, &clients, &plan, &standing).await
            }
            Err(Failure::Plan(PlanFailure::Aws(error))) if error.is_unreachable() && record(session).is_some() => {
                context.report.warn(&format!("{error}; this is the plan without asking AWS"));
                Ok(offline(session, prepared))
            }
            Err(failure) => Err(failure),
        }
    }
}

/// What would change against the last template that this machine deployed.
fn offline(session: &Session, prepared: &Prepared) -> Review {
    let record = record(session);
    let before = record.as_ref().and_then(|record| cfn::Template::from_value(record.template.clone()).ok());
    let after = &prepared.rendered.template;
    let mut review = plan::compare(&prepared.rendered.stack_name, before.as_ref(), after, &prepared.places);
    let after = serde_json::to_value(after).unwrap_or_default();
    review.explain(record.as_ref().map(|record| &record.template), &after);
    for entry in &mut review.entries {
        // What is removed has its place in the configuration that was deployed.
        if entry.fate == Fate::Removed {
            let place = record.as_ref().and_then(|record| record.places.get(&entry.logical_id));
            entry.place = place.map(|place| format!("was {place}"));
        }
    }
    review
}

/// What a plan would change, as the cloud says, with the names that are taken.
pub async fn review(
    session: &Session,
    clients: &Clients,
    plan: &Planned,
    standing: &Standing,
) -> Result<Review, Failure> {
    let manner = manner(clients, &|_| {}, Interrupt::never(), true);
    let mut review = apply::propose(plan, clients, &manner).await?;
    review.taken = taken(session, clients, plan, &review).await?;
    review.settings = plan.settings_to_set();
    review.swapped = standing.swaps.as_ref().map(plan::Swaps::listed).unwrap_or_default();
    Ok(review)
}

/// Names that new resources want and that the account has already.
pub async fn taken(
    session: &Session,
    clients: &Clients,
    plan: &Planned,
    review: &Review,
) -> Result<Vec<plan::Taken>, Failure> {
    let is_new = |id: &str| {
        plan.work != Work::Nothing
            && review.entries.iter().any(|entry| entry.fate == Fate::Added && entry.logical_id == id)
    };
    let template: Value = serde_json::from_str(&plan.template).unwrap_or_default();
    let account = match (&plan.deployed, session.stack.target) {
        (Some(stack), _) => Some(stack.account()),
        (None, Target::Local) => Some(LOCAL_ACCOUNT),
        (None, Target::Aws) => None,
    };
    let known = Known {
        template: &template,
        region: &plan.region,
        account,
        partition: plan.deployed.as_ref().map_or("aws", |stack| stack.partition()),
        stack_name: &plan.stack_name,
        stack_id: None,
        parameters: &plan.settings.parameters,
        resources: &[],
    };
    Ok(plan::taken(clients, plan::names(&known, is_new), &plan.places).await?)
}
