//! `deploy plan`: what would change, before anything does.

use serde_json::Value;

use super::Context;
use super::prepared::{Prepared, manner, record};
use super::session::Session;
use crate::apply::{self, ApplyFailure, Interrupt, Operations};
use crate::aws::{Clients, LOCAL_ACCOUNT};
use crate::plan::{self, Fate, Known, Plan as Planned, PlanFailure, Review, Way, Work};
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
        match prepared.plan(session, &clients, Way::Whole).await {
            Ok(plan) => review(session, &clients, &plan).await,
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

/// What a plan would change, as the cloud says, with the names that are taken. When CloudFormation refuses the change set
/// for such names, the templates tell the rest.
pub async fn review(session: &Session, clients: &Clients, plan: &Planned) -> Result<Review, Failure> {
    let manner = manner(clients, &|_| {}, Interrupt::never(), true);
    let taken = taken(session, clients, plan).await?;
    let mut review = match apply::propose(plan, clients, &manner).await {
        Err(ApplyFailure::ChangeSet { reasons, .. }) if !taken.is_empty() => {
            Review { refused: reasons, ..wanted(plan) }
        }
        proposed => proposed?,
    };
    review.taken = taken;
    review.settings = plan.settings_to_set();
    review.swapped = plan.memory.swaps.as_ref().map(plan::Swaps::listed).unwrap_or_default();
    Ok(review)
}

/// What a plan would change, as the templates tell.
fn wanted(plan: &Planned) -> Review {
    let template: Value = serde_json::from_str(&plan.template).unwrap_or_default();
    let before = plan.before.as_ref().and_then(|before| cfn::Template::from_value(before.clone()).ok());
    let mut review = match cfn::Template::from_value(template.clone()) {
        Ok(after) => plan::compare(&plan.stack_name, before.as_ref(), &after, &plan.places),
        Err(_) => Review::of_new(&plan.stack_name, &template, &plan.places),
    };
    review.explain(plan.before.as_ref(), &template);
    review.is_offline = false;
    review
}

/// Names that new resources want and that something outside of the stack has already.
pub async fn taken(session: &Session, clients: &Clients, plan: &Planned) -> Result<Vec<plan::Taken>, Failure> {
    let template: Value = serde_json::from_str(&plan.template).unwrap_or_default();
    let before = plan.before.as_ref().and_then(|before| before.get("Resources"));
    let is_new = |id: &str| plan.work != Work::Nothing && before.is_none_or(|before| before.get(id).is_none());
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
    let mut taken = plan::taken(clients, plan::names(&known, is_new), &plan.places).await?;
    if let Some(stack) = plan.deployed.as_ref().filter(|_| !taken.is_empty()) {
        // What an update that failed has left is the stack's own, whatever its template says.
        let own = clients.resources(&stack.id).await?;
        taken.retain(|one| !own.iter().any(|known| known.is_there_as(&one.logical_id)));
    }
    Ok(taken)
}
