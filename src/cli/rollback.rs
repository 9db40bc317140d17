//! `deploy rollback`: the stack as an earlier deployment had it.

use std::collections::BTreeSet;
use std::time::Instant;

use serde_json::Value;

use super::list::history;
use super::prepared::{manner, record};
use super::session::Session;
use super::{Context, deploy, interrupt, settings, swaps};
use crate::apply::{self, Deployment, Objects};
use crate::aws::Clients;
use crate::failure::Usage;
use crate::plan::{self, Deployed, Plan, Stacks, Texts, Work};
use crate::report::Reverted;
use crate::template;
use crate::{Failure, Outcome};

/// A text that is shorter names no time: a day has ten characters.
const SHORTEST_TIME: usize = 10;

/// Go back to an earlier deployment: its template and its code
#[derive(Debug, clap::Args)]
pub struct Rollback {
    /// Which one, as `deploy list` counts them: 1 is the one before the current one; or its time
    #[arg(long, short = 't', visible_alias = "timestamp", value_name = "N")]
    to: Option<String>,
    /// Show what would change, and ask before anything does
    #[arg(long)]
    plan: bool,
    /// Answer every question with yes
    #[arg(long, short)]
    yes: bool,
    /// Give up when somebody else deploys the stack, instead of waiting
    #[arg(long)]
    no_wait: bool,
}

impl Rollback {
    pub fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        context.block_on(self.revert(context))
    }

    async fn revert(&self, context: &Context) -> Result<Outcome, Failure> {
        let begun = Instant::now();
        let session = Session::open(context).await?;
        let (clients, mut stack) = super::info::deployed(&session).await?;
        session.check_account(context, &clients, Some(&stack)).await?;
        let tell = |event| context.report.applying(&event);
        let manner = manner(&clients, &tell, interrupt::listen(), !self.no_wait);
        let places = record(&session).map(|record| record.places).unwrap_or_default();
        if let Some(joined) = apply::join(&clients, &stack, &places, &manner).await? {
            stack = joined;
        }
        let (bucket, deployments) = history(&session, &clients, &stack).await?;
        let chosen = self.choose(&deployments)?;
        let plan = back_to(&session, &clients, &stack, &bucket, chosen).await?;
        if self.plan {
            let mut review = apply::propose(&plan, &clients, &manner).await?;
            review.settings = plan.settings_to_set();
            context.report.review(&review, &session.place(), false, &session.secrets);
            if !self.yes && !review.is_empty() && !context.report.asks("Go back to this?")? {
                context.report.note("nothing was changed");
                return Ok(Outcome::Done);
            }
        }
        swaps::undo(context, &clients, &plan, &stack, &manner).await?;
        let applied = apply::apply(&plan, &clients, &manner).await?;
        deploy::overview(&session, &clients, &plan, &applied).await?;
        context.report.reverted(&Reverted {
            stack: &stack.name,
            place: &session.place(),
            to: chosen.at,
            changes: applied.changes.len(),
            took: begun.elapsed(),
        });
        Ok(Outcome::Done)
    }

    /// The deployment that is meant; without `--to` the newest one before the current one that differs from it.
    fn choose<'a>(&self, deployments: &'a [Deployment]) -> Result<&'a Deployment, Usage> {
        let none =
            || Usage::new("there is no earlier deployment to go back to").hint("`deploy list` shows those there are");
        let Some(wanted) = &self.to else {
            let (current, earlier) = deployments.split_first().ok_or_else(none)?;
            let differs = |one: &&Deployment| current.tag.is_none() || one.tag != current.tag;
            return earlier.iter().find(differs).ok_or_else(none);
        };
        let by_number = wanted.parse::<usize>().ok().filter(|number| *number < deployments.len());
        let found = match by_number {
            Some(number) => deployments.get(number),
            None => deployments.iter().find(|one| {
                (wanted.len() >= SHORTEST_TIME && one.name.contains(wanted.as_str()))
                    || wanted.parse::<jiff::Timestamp>().is_ok_and(|time| time == one.at)
            }),
        };
        found.ok_or_else(|| {
            Usage::new(format!("there is no deployment `{wanted}`"))
                .hint("`deploy list` shows those there are, by number and time")
        })
    }
}

/// What going back to a deployment means: its template, whose code the bucket still has.
async fn back_to(
    session: &Session,
    clients: &Clients,
    stack: &Deployed,
    bucket: &str,
    chosen: &Deployment,
) -> Result<Plan, Failure> {
    let gone = || Usage::new(format!("the deployment of {} is no longer in the bucket {bucket}", chosen.at));
    let stored = clients.text(bucket, &chosen.key).await?.ok_or_else(gone)?;
    let value: Value = serde_json::from_str(&stored.text)
        .map_err(|error| Usage::new(format!("the template of the deployment of {} is damaged: {error}", chosen.at)))?;
    for key in code_keys(&value) {
        if clients.written_at(bucket, &key).await?.is_none() {
            return Err(gone().hint(format!("its code {key} was deleted; `deploy list` shows later ones")).into());
        }
    }
    let parsed = cfn::Template::from_value(value.clone())
        .map_err(|error| Usage::new(format!("the template of the deployment of {} is damaged: {error}", chosen.at)))?;
    let (bucket, prefix) = (template::deployment_bucket(&session.stack), template::prefix(&session.stack));
    let memory = plan::recall(clients, stack, &bucket, &prefix, record(session).as_ref(), false).await?;
    let current = clients.template(&stack.id).await?;
    let before: Value = serde_json::from_str(&current).unwrap_or(Value::String(current));
    Ok(Plan {
        stack_name: stack.name.clone(),
        region: session.stack.region.clone(),
        work: if before == value { Work::Nothing } else { Work::Update },
        deployed: Some(stack.clone()),
        before: Some(before),
        uploads: Vec::new(),
        template: value.to_string(),
        bucket,
        prefix,
        settings: settings::settings(session, &parsed)?,
        places: Default::default(),
        keep_deployments: session.stack.kept_deployments(),
        bucket_first: None,
        policy_to_set: None,
        protection_to_set: None,
        stage_to_set: None,
        memory,
    })
}

/// The keys of all code that a template takes from its own bucket.
fn code_keys(template: &Value) -> BTreeSet<String> {
    let resources = template.get("Resources").and_then(Value::as_object).into_iter().flat_map(|all| all.values());
    let keys = resources.filter_map(|resource| {
        let properties = resource.get("Properties")?;
        let code = properties.get("Code").or_else(|| properties.get("Content"))?;
        code.get("S3Key")?.as_str().map(str::to_owned)
    });
    keys.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn deployment(millis: i64, tag: &str) -> Deployment {
        let at = Timestamp::from_millisecond(millis).unwrap();
        Deployment { name: apply::deployment_name(at), at, key: String::new(), tag: Some(tag.into()) }
    }

    fn chosen(to: Option<&str>, deployments: &[Deployment]) -> Option<i64> {
        let rollback = Rollback { to: to.map(str::to_owned), plan: false, yes: false, no_wait: false };
        rollback.choose(deployments).ok().map(|chosen| chosen.at.as_millisecond())
    }

    #[test]
    fn without_a_number_the_newest_one_that_differs_is_meant() {
        let all = [deployment(4000, "b"), deployment(3000, "b"), deployment(2000, "a"), deployment(1000, "b")];
        assert_eq!(chosen(None, &all), Some(2000));
        assert_eq!(chosen(Some("1"), &all), Some(3000));
        assert_eq!(chosen(Some("1970-01-01T00:00:01Z"), &all), Some(1000));
        assert_eq!(chosen(Some("9"), &all), None);
        assert_eq!(chosen(None, &all[..2]), None);
        assert_eq!(chosen(None, &[]), None);
    }
}
