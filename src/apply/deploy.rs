//! Applies a plan: bucket, uploads, change set, and the watch over it to the end.

use std::time::Duration;

use jiff::Timestamp;

use super::cause::causes;
use super::failure::{ApplyFailure, Doing, StackFailure};
use super::upload::upload;
use super::{Ended, Event, Interrupt, Objects, Operations, Pace, Since, Tell, Watch};
use crate::aws::AwsError;
use crate::plan::{
    Change, ChangeSetKind, ChangeSetPage, ChangeSetRequest, Condition, Deployed, INLINE_TEMPLATE_LIMIT, Plan,
    TemplateSource, Work,
};
use crate::template::Bucket;

/// How often a change set that is being made is looked at.
const MAX_CHANGE_SET_POLLS: u32 = 2000;
/// How many pages a change set may have.
const MAX_CHANGE_SET_PAGES: usize = 100;

/// A plan that was carried out.
#[derive(Clone, Debug, PartialEq)]
pub struct Applied {
    /// The stack as it stands now.
    pub stack: Deployed,
    pub changes: Vec<Change>,
}

/// How a plan is carried out.
pub struct Manner<'a> {
    pub pace: Pace,
    pub tell: Tell<'a>,
    pub interrupt: Interrupt,
    /// The time, for the name of the deployment.
    pub now: Timestamp,
}

/// Carries out a plan.
///
/// # Errors
/// [`ApplyFailure`]: each variant says what is now true of the stack.
pub async fn apply<C: Operations + Objects>(
    plan: &Plan,
    cloud: &C,
    manner: &Manner<'_>,
) -> Result<Applied, ApplyFailure> {
    let run = Run { plan, cloud, manner };
    let joined = run.join().await?;
    let deployed = joined.or_else(|| plan.deployed.clone());
    let created = match &plan.work {
        Work::Create { bootstrap: Some(template) } => Some(run.create_bucket(template).await?),
        _ => None,
    };
    let new = created.is_some();
    let standing = created.or_else(|| deployed.filter(|stack| stack.status.condition() != Condition::OnlyReviewed));
    let bucket = run.bucket(standing.as_ref()).await?;
    upload(cloud, &bucket, &plan.uploads, new, manner.tell).await?;
    let changes = run.change(&bucket, standing.as_ref()).await?;
    let stack = run.describe().await?;
    Ok(Applied { stack, changes })
}

struct Run<'a, C> {
    plan: &'a Plan,
    cloud: &'a C,
    manner: &'a Manner<'a>,
}

impl<C: Operations + Objects> Run<'_, C> {
    /// An operation that goes on already is watched to its end before anything is asked for.
    async fn join(&self) -> Result<Option<Deployed>, ApplyFailure> {
        let Some(stack) = self.plan.deployed.as_ref().filter(|stack| stack.status.condition() == Condition::Busy)
        else {
            return Ok(None);
        };
        (self.manner.tell)(Event::Joined { stack: stack.name.clone(), status: stack.status.to_string() });
        let ended = self.watch(&stack.id, Since::LastBeginning, true).await?;
        if ended.status.condition() != Condition::Ready {
            return Err(self.failure(Doing::Update, ended));
        }
        self.describe().await.map(Some)
    }

    async fn create_bucket(&self, template: &str) -> Result<Deployed, ApplyFailure> {
        let request = self.request(ChangeSetKind::Create, TemplateSource::Inline(template.to_owned()));
        let made = self.change_set(&request).await?;
        self.execute(made, None, Doing::Create).await?;
        self.describe().await
    }

    /// The bucket that artifacts go into.
    async fn bucket(&self, standing: Option<&Deployed>) -> Result<String, ApplyFailure> {
        if let Bucket::Named(name) = &self.plan.bucket {
            return Ok(name.clone());
        }
        if let Some(name) = standing.and_then(|stack| stack.output("ServerlessDeploymentBucketName")) {
            return Ok(name.to_owned());
        }
        let resources = self.cloud.resources(&self.plan.stack_name).await?;
        let bucket = resources.into_iter().find(|resource| resource.logical_id == "ServerlessDeploymentBucket");
        bucket
            .and_then(|resource| resource.physical_id)
            .ok_or_else(|| ApplyFailure::NoBucket { stack: self.plan.stack_name.clone() })
    }

    async fn change(&self, bucket: &str, standing: Option<&Deployed>) -> Result<Vec<Change>, ApplyFailure> {
        let key = deployment_key(&self.plan.prefix, self.manner.now);
        self.cloud.put_text(bucket, &key, &self.plan.template).await?;
        let template = match self.plan.template.len() {
            0..=INLINE_TEMPLATE_LIMIT => TemplateSource::Inline(self.plan.template.clone()),
            _ => TemplateSource::Url(self.cloud.object_url(bucket, &key)),
        };
        let kind = if standing.is_some() { ChangeSetKind::Update } else { ChangeSetKind::Create };
        let doing = if standing.is_some() { Doing::Update } else { Doing::Create };
        let made = self.change_set(&self.request(kind, template)).await?;
        let changes = made.changes.clone();
        self.execute(made, standing, doing).await?;
        Ok(changes)
    }

    fn request(&self, kind: ChangeSetKind, template: TemplateSource) -> ChangeSetRequest {
        change_set_request(self.plan, kind, template, self.manner)
    }

    async fn change_set(&self, request: &ChangeSetRequest) -> Result<Made, ApplyFailure> {
        made(self.cloud, request, self.manner).await
    }

    async fn execute(&self, made: Made, standing: Option<&Deployed>, doing: Doing) -> Result<(), ApplyFailure> {
        let Some(change_set) = made.id else { return Ok(()) };
        let stack = made.stack_id.unwrap_or_else(|| self.plan.stack_name.clone());
        let since = Since::now(self.cloud, standing.map_or(&stack, |stack| &stack.id)).await?;
        // AWS takes a token that it has met for the same call sent twice.
        let token = format!("deploy-{doing:?}-{}", self.manner.now.as_millisecond());
        self.cloud.execute_change_set(&change_set, &token, self.plan.settings.disable_rollback).await?;
        (self.manner.tell)(Event::Begun { stack: self.plan.stack_name.clone(), resources: Some(made.changes.len()) });
        let ended = self.watch(&stack, since, doing == Doing::Update).await?;
        // A stack that somebody deleted meanwhile is not what was asked for.
        match ended.status.is_success() && ended.status.condition() != Condition::Gone {
            true => Ok(()),
            false => Err(self.failure(doing, ended)),
        }
    }

    async fn watch(&self, stack: &str, since: Since, cancellable: bool) -> Result<Ended, ApplyFailure> {
        let Manner { pace, tell, interrupt, .. } = self.manner;
        let interrupt = interrupt.clone();
        Watch { cloud: self.cloud, stack, since, pace: *pace, tell: *tell, interrupt, cancellable }.to_end().await
    }

    fn failure(&self, doing: Doing, ended: Ended) -> ApplyFailure {
        ApplyFailure::Stack(Box::new(StackFailure {
            stack: self.plan.stack_name.clone(),
            doing,
            causes: causes(&ended.events, &self.plan.places),
            ended: ended.status,
            reason: ended.reason,
        }))
    }

    async fn describe(&self) -> Result<Deployed, ApplyFailure> {
        let stack = self.cloud.stack(&self.plan.stack_name).await?;
        stack.ok_or_else(|| {
            AwsError::garbled("DescribeStacks", format!("the stack `{}` is not there", self.plan.stack_name)).into()
        })
    }
}

/// The change set that a plan asks for.
pub fn change_set_request(
    plan: &Plan,
    kind: ChangeSetKind,
    template: TemplateSource,
    manner: &Manner<'_>,
) -> ChangeSetRequest {
    ChangeSetRequest {
        stack: plan.stack_name.clone(),
        // A first deployment makes two, and a name may come only once in the life of a stack.
        name: match kind {
            ChangeSetKind::Create => format!("deploy-create-{}", manner.now.as_millisecond()),
            ChangeSetKind::Update => format!("deploy-update-{}", manner.now.as_millisecond()),
        },
        kind,
        template,
        settings: plan.settings.clone(),
    }
}

/// Makes a change set and waits until it can be executed; one without changes is deleted again and has no id.
///
/// # Errors
/// [`ApplyFailure::ChangeSet`] with all reasons when CloudFormation refuses it; nothing of it is left then.
pub async fn made<C: Operations>(
    cloud: &C,
    request: &ChangeSetRequest,
    manner: &Manner<'_>,
) -> Result<Made, ApplyFailure> {
    (manner.tell)(Event::ChangeSet { stack: request.stack.clone() });
    let id = cloud.create_change_set(request).await?;
    let made = wait_for_change_set(cloud, &id, manner.pace).await?;
    if made.status != "FAILED" {
        (manner.tell)(Event::Changes(made.changes.clone()));
        return Ok(made);
    }
    let mut reasons = cloud.change_set_failures(&id).await.unwrap_or_default();
    if reasons.is_empty() {
        reasons.extend(made.reason.clone());
    }
    cloud.delete_change_set(&id).await?;
    match made.is_empty_because_nothing_changes() {
        true => Ok(Made { id: None, ..made }),
        false => Err(ApplyFailure::ChangeSet { stack: request.stack.clone(), reasons }),
    }
}

/// A change set that is ready, or has failed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Made {
    /// None when there is nothing to execute.
    pub id: Option<String>,
    pub stack_id: Option<String>,
    pub status: String,
    pub reason: Option<String>,
    pub changes: Vec<Change>,
}

impl Made {
    /// Observed: CloudFormation answers a change set without changes as a failed one, in either of these sentences.
    pub fn is_empty_because_nothing_changes(&self) -> bool {
        let reason = self.reason.as_deref().unwrap_or_default();
        self.status == "FAILED"
            && (reason.contains("didn't contain changes") || reason.contains("No updates are to be performed"))
    }
}

/// Waits until a change set is made, and reads all its pages.
///
/// # Errors
/// What the cloud answers; [`AwsError`] of the kind `Garbled` when it is never made.
pub async fn wait_for_change_set(cloud: &impl crate::plan::Stacks, id: &str, pace: Pace) -> Result<Made, AwsError> {
    let mut pause = pace.first.min(Duration::from_millis(500));
    for _ in 0..MAX_CHANGE_SET_POLLS {
        let first = cloud.change_set(id, None).await?;
        if !first.status.ends_with("_PENDING") && !first.status.ends_with("_IN_PROGRESS") {
            return all_pages(cloud, id, first).await;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 3 / 2).min(pace.longest);
    }
    Err(AwsError::garbled("DescribeChangeSet", "the change set is never made".to_owned()))
}

async fn all_pages(cloud: &impl crate::plan::Stacks, id: &str, first: ChangeSetPage) -> Result<Made, AwsError> {
    let mut made = Made {
        id: Some(id.to_owned()),
        stack_id: first.stack_id,
        status: first.status,
        reason: first.status_reason,
        changes: first.changes,
    };
    let mut next = first.next;
    for _ in 0..MAX_CHANGE_SET_PAGES {
        let Some(page) = next else { return Ok(made) };
        let page = cloud.change_set(id, Some(&page)).await?;
        made.changes.extend(page.changes);
        next = page.next;
    }
    Err(AwsError::garbled("DescribeChangeSet", format!("more than {MAX_CHANGE_SET_PAGES} pages")))
}

/// Where the template of a deployment is kept in the bucket.
pub fn deployment_key(prefix: &str, now: Timestamp) -> String {
    format!("{prefix}/{}/compiled-cloudformation-template.json", deployment_name(now))
}

/// The folder of a deployment in the bucket, as Serverless v3 names it: `1700000000000-2023-11-14T22:13:20.000Z`.
pub fn deployment_name(now: Timestamp) -> String {
    format!("{}-{}", now.as_millisecond(), now.strftime("%Y-%m-%dT%H:%M:%S.%3fZ"))
}
