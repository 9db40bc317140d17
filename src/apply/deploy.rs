//! Applies a plan: bucket, uploads, change set, and the watch over it to the end.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::begun_by::{begun_by, token};
use super::cause::causes;
use super::failure::{ApplyFailure, Doing, StackFailure};
use super::history::deployment_key;
use super::prune::prune;
use super::upload::upload;
use super::{Ended, Event, Interrupt, ObjectVersion, Objects, Operations, Pace, Since, Tell, Watch};
use crate::aws::AwsError;
use crate::plan::{
    Change, ChangeSetKind, ChangeSetPage, ChangeSetRequest, Condition, DEPLOYMENT_BUCKET_OUTPUT, Deployed,
    INLINE_TEMPLATE_LIMIT, Plan, StackSettings, TemplateSource, Work,
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
    /// It stands as the plan left it. Else somebody has begun to change it again in the meantime.
    pub is_as_planned: bool,
}

/// A change set that was executed to its end.
struct Executed {
    id: String,
    changes: Vec<Change>,
    /// When the last of its events came.
    ended_at: Option<Timestamp>,
}

impl Executed {
    /// Whether nothing has changed the stack after it.
    fn is_last_of(&self, stack: &Deployed) -> bool {
        let changed_at = stack.changed_at.as_deref().and_then(|text| text.parse::<Timestamp>().ok());
        let is_own = stack.change_set_id.as_ref().is_none_or(|id| *id == self.id);
        // The last change is the beginning of the last operation.
        is_own
            && stack.status.is_success()
            && changed_at.zip(self.ended_at).is_some_and(|(begun, ended)| begun <= ended)
    }
}

/// How a plan is carried out.
pub struct Manner<'a> {
    pub pace: Pace,
    pub tell: Tell<'a>,
    pub interrupt: Interrupt,
    /// The time, for the name of the deployment.
    pub now: Timestamp,
    /// Who does it, for those who come second: `ann@laptop`.
    pub who: String,
    /// Wait until an operation that goes on has ended, instead of giving up.
    pub waits: bool,
}

impl Manner<'_> {
    /// Does something unless the user presses Ctrl-C first.
    ///
    /// # Errors
    /// [`ApplyFailure::NotBegun`] after a press.
    pub async fn race<T, E>(&self, stack: &str, doing: impl Future<Output = Result<T, E>>) -> Result<T, ApplyFailure>
    where
        ApplyFailure: From<E>,
    {
        self.interrupt.race(stack, doing).await
    }
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
    let joined = match &plan.deployed {
        Some(stack) => join(cloud, stack, &plan.places, manner).await?,
        None => None,
    };
    let deployed = joined.or_else(|| plan.deployed.clone());
    if let (Work::Nothing, Some(stack)) = (&plan.work, &deployed) {
        run.guard(&stack.id).await?;
        let now = run.describe().await?;
        return Ok(Applied { is_as_planned: is_same(stack, &now), stack: now, changes: Vec::new() });
    }
    let created = match &plan.work {
        Work::Create { bootstrap: Some(template) } => Some(run.make_bucket(template, None).await?),
        Work::Update => match (&plan.bucket_first, &deployed) {
            (Some(template), Some(stack)) => Some(run.make_bucket(template, Some(stack)).await?),
            _ => None,
        },
        _ => None,
    };
    let new = created.is_some();
    let standing = created.or_else(|| deployed.filter(|stack| stack.status.condition() != Condition::OnlyReviewed));
    let bucket = manner
        .race(&plan.stack_name, deployment_bucket(cloud, &plan.bucket, standing.as_ref(), &plan.stack_name))
        .await?;
    manner.race(&plan.stack_name, upload(cloud, &bucket, plan, new, manner)).await?;
    let changed = run.change(&bucket, standing.as_ref()).await;
    let changed = changed.map_err(|failure| if new { failure.after_bucket() } else { failure })?;
    let mut stack = run.describe().await?;
    let is_as_planned = match (&changed, &standing) {
        (Some(executed), _) => executed.is_last_of(&stack),
        (None, before) => before.as_ref().is_some_and(|before| is_same(before, &stack)),
    };
    run.guard(&stack.id).await?;
    // What is pruned next time does no harm now: a deployment that stands does not fail for it.
    if let Err(error) = prune(cloud, &bucket, plan, manner).await {
        tracing::debug!(%error, "old deployments stay in the bucket");
    }
    if let Some(protected) = plan.protection_to_set {
        stack.termination_protection = protected;
    }
    Ok(Applied { stack, changes: changed.map(|executed| executed.changes).unwrap_or_default(), is_as_planned })
}

/// Whether nothing has changed a stack between two looks at it.
fn is_same(before: &Deployed, now: &Deployed) -> bool {
    before.id == now.id && before.changed_at == now.changed_at && before.change_set_id == now.change_set_id
}

/// An operation that goes on already is watched to its end before anything is asked for; what the stack is then. None
/// when nothing goes on.
///
/// # Errors
/// [`ApplyFailure::Busy`] when it is not to be waited for; that operation's own failure when it leaves a stack that
/// cannot be updated.
pub async fn join<C: Operations>(
    cloud: &C,
    stack: &Deployed,
    places: &BTreeMap<String, String>,
    manner: &Manner<'_>,
) -> Result<Option<Deployed>, ApplyFailure> {
    if stack.status.condition() != Condition::Busy {
        return Ok(None);
    }
    let by = begun_by(cloud, &stack.id).await?;
    if !manner.waits {
        return Err(ApplyFailure::Busy { stack: stack.name.clone(), status: stack.status.clone(), by });
    }
    (manner.tell)(Event::Joined { stack: stack.name.clone(), status: stack.status.to_string(), by });
    let ended = watch(cloud, &stack.id, Since::LastBeginning, true, manner).await?;
    if ended.status.condition() != Condition::Ready {
        return Err(failure(&stack.name, Doing::Update, ended, places));
    }
    Ok(cloud.stack(&stack.name).await?)
}

/// The bucket that artifacts go into.
///
/// # Errors
/// [`ApplyFailure::NoBucket`] when the stack has none and none is given.
pub async fn deployment_bucket(
    cloud: &impl Operations,
    bucket: &Bucket,
    standing: Option<&Deployed>,
    stack: &str,
) -> Result<String, ApplyFailure> {
    if let Bucket::Named(name) = bucket {
        return Ok(name.clone());
    }
    if let Some(name) = standing.and_then(|stack| stack.output(DEPLOYMENT_BUCKET_OUTPUT)) {
        return Ok(name.to_owned());
    }
    let resources = cloud.resources(stack).await?;
    let bucket = resources.into_iter().find(|resource| resource.logical_id == "ServerlessDeploymentBucket");
    bucket.and_then(|resource| resource.physical_id).ok_or_else(|| ApplyFailure::NoBucket { stack: stack.to_owned() })
}

struct Run<'a, C> {
    plan: &'a Plan,
    cloud: &'a C,
    manner: &'a Manner<'a>,
}

impl<C: Operations + Objects> Run<'_, C> {
    /// Sets what guards the stack, where it is not as wanted.
    async fn guard(&self, stack: &str) -> Result<(), ApplyFailure> {
        if let Some(policy) = &self.plan.policy_to_set {
            self.cloud.set_stack_policy(stack, policy).await?;
        }
        if let Some(protected) = self.plan.protection_to_set {
            self.cloud.set_termination_protection(stack, protected).await?;
        }
        Ok(())
    }

    /// Makes the deployment bucket before anything else: alone in a new stack, beside what stands in another.
    async fn make_bucket(&self, template: &str, standing: Option<&Deployed>) -> Result<Deployed, ApplyFailure> {
        let (kind, doing) = match standing {
            Some(_) => (ChangeSetKind::Update, Doing::Update),
            None => (ChangeSetKind::Create, Doing::Create),
        };
        let mut request = self.request(kind, TemplateSource::Inline(template.to_owned()));
        // A name may come only once in the life of a stack, and the deployment itself makes another change set.
        request.name.push_str("-bucket");
        let made = self.change_set(&request).await?;
        self.execute(made, standing, doing).await?;
        self.describe().await
    }

    /// None when CloudFormation found nothing to change.
    async fn change(&self, bucket: &str, standing: Option<&Deployed>) -> Result<Option<Executed>, ApplyFailure> {
        let key = deployment_key(&self.plan.prefix, self.manner.now);
        let stack = &self.plan.stack_name;
        self.manner.race(stack, self.cloud.put_text(bucket, &key, &self.plan.template)).await?;
        let changed = self.change_by(bucket, &key, standing).await;
        match &changed {
            // What was not deployed is no deployment that one could go back to.
            Err(failure) if !failure.goes_on() => self.forget(bucket, &key).await,
            Ok(None) => self.forget(bucket, &key).await,
            _ => {}
        }
        changed
    }

    /// Deletes the template of a deployment that was none. That it stays is no second failure.
    async fn forget(&self, bucket: &str, key: &str) {
        let object = ObjectVersion { key: key.to_owned(), ..ObjectVersion::default() };
        if let Err(error) = self.cloud.delete_objects(bucket, &[object]).await {
            tracing::debug!(%error, key, "the template of a deployment that was none stays");
        }
    }

    async fn change_by(
        &self,
        bucket: &str,
        key: &str,
        standing: Option<&Deployed>,
    ) -> Result<Option<Executed>, ApplyFailure> {
        let template = match self.plan.template.len() {
            0..=INLINE_TEMPLATE_LIMIT => TemplateSource::Inline(self.plan.template.clone()),
            _ => TemplateSource::Url(self.cloud.object_url(bucket, key)),
        };
        let kind = if standing.is_some() { ChangeSetKind::Update } else { ChangeSetKind::Create };
        let doing = if standing.is_some() { Doing::Update } else { Doing::Create };
        let made = self.change_set(&self.request(kind, template)).await?;
        let (id, changes) = (made.id.clone(), made.changes.clone());
        let ended = self.execute(made, standing, doing).await?;
        let ended_at = ended.and_then(|ended| ended.events.last().map(|event| event.at));
        Ok(id.map(|id| Executed { id, changes, ended_at }))
    }

    fn request(&self, kind: ChangeSetKind, template: TemplateSource) -> ChangeSetRequest {
        change_set_request(self.plan, kind, template, self.manner)
    }

    async fn change_set(&self, request: &ChangeSetRequest) -> Result<Made, ApplyFailure> {
        made(self.cloud, request, self.manner).await
    }

    async fn execute(
        &self,
        made: Made,
        standing: Option<&Deployed>,
        doing: Doing,
    ) -> Result<Option<Ended>, ApplyFailure> {
        let Plan { stack_name, settings, places, .. } = self.plan;
        execute(self.cloud, made, standing, (stack_name, doing), settings, places, self.manner).await
    }

    async fn describe(&self) -> Result<Deployed, ApplyFailure> {
        let stack = self.cloud.stack(&self.plan.stack_name).await?;
        stack.ok_or_else(|| {
            AwsError::garbled("DescribeStacks", format!("the stack `{}` is not there", self.plan.stack_name)).into()
        })
    }
}

/// Executes a change set, if there is something to execute, and watches it to its end; none when there is nothing.
///
/// # Errors
/// [`ApplyFailure::Overtaken`] when it is no longer good; [`ApplyFailure::Stack`] with the first cause when it fails.
pub async fn execute<C: Operations>(
    cloud: &C,
    made: Made,
    standing: Option<&Deployed>,
    (stack_name, doing): (&str, Doing),
    settings: &StackSettings,
    places: &BTreeMap<String, String>,
    manner: &Manner<'_>,
) -> Result<Option<Ended>, ApplyFailure> {
    let Some(change_set) = made.id else { return Ok(None) };
    let stack = made.stack_id.unwrap_or_else(|| stack_name.to_owned());
    let since = manner.race(stack_name, Since::now(cloud, standing.map_or(&stack, |stack| &stack.id))).await?;
    let token = token(&manner.who, &format!("{doing:?}"), manner.now);
    if let Err(error) = cloud.execute_change_set(&change_set, &token, settings.disable_rollback).await {
        return Err(not_begun(cloud, (stack_name, &stack), error).await);
    }
    (manner.tell)(Event::Begun { stack: stack_name.to_owned(), resources: Some(made.changes.len()) });
    let ended = watch(cloud, &stack, since, doing == Doing::Update, manner).await?;
    // A stack that somebody deleted meanwhile is not what was asked for.
    match ended.status.is_success() && ended.status.condition() != Condition::Gone {
        true => Ok(Some(ended)),
        false => Err(failure(stack_name, doing, ended, places)),
    }
}

/// A change set is gone, or no longer good, when another one was executed after it was made.
///
/// Source: AWS CloudFormation API Reference, errors of `ExecuteChangeSet`.
async fn not_begun(cloud: &impl Operations, (name, stack): (&str, &str), error: AwsError) -> ApplyFailure {
    match error.code.as_str() {
        "ValidationError" if tells_of_another(&error) => {
            let by = begun_by(cloud, stack).await.unwrap_or_default();
            ApplyFailure::Overtaken { stack: name.to_owned(), by }
        }
        "ChangeSetNotFound"
        | "ChangeSetNotFoundException"
        | "InvalidChangeSetStatus"
        | "InvalidChangeSetStatusException" => {
            let by = begun_by(cloud, stack).await.unwrap_or_default();
            ApplyFailure::Overtaken { stack: name.to_owned(), by }
        }
        _ => error.into(),
    }
}

/// Observed: of a stack in which an operation goes on, CloudFormation says that it `is in UPDATE_IN_PROGRESS state and can
/// not be updated`.
fn tells_of_another(error: &AwsError) -> bool {
    error.code == "ValidationError" && error.message.contains("_IN_PROGRESS state")
}

/// Watches an operation on a stack to its end.
///
/// # Errors
/// Those of [`Watch::to_end`].
pub async fn watch<C: Operations>(
    cloud: &C,
    stack: &str,
    since: Since,
    cancellable: bool,
    manner: &Manner<'_>,
) -> Result<Ended, ApplyFailure> {
    let Manner { pace, tell, interrupt, .. } = manner;
    Watch { cloud, stack, since, pace: *pace, tell: *tell, interrupt: interrupt.clone(), cancellable }.to_end().await
}

/// An operation that has ended otherwise than it should.
pub fn failure(stack: &str, doing: Doing, ended: Ended, places: &BTreeMap<String, String>) -> ApplyFailure {
    if ended.is_cancelled && ended.status.condition() == Condition::Ready {
        return ApplyFailure::Cancelled { stack: stack.to_owned(), ended: ended.status };
    }
    ApplyFailure::Stack(Box::new(StackFailure {
        stack: stack.to_owned(),
        doing,
        causes: causes(&ended.events, places),
        // Where no resource failed, the turn of the stack itself says why: an alarm went off, an output has no value.
        reason: ended.reason.or_else(|| {
            let turn = ended.events.iter().find(|event| turns_back(event));
            turn.and_then(|event| event.reason.clone())
        }),
        ended: ended.status,
    }))
}

fn turns_back(event: &super::ResourceEvent) -> bool {
    let turns =
        matches!(event.status.as_str(), "ROLLBACK_IN_PROGRESS" | "UPDATE_ROLLBACK_IN_PROGRESS" | "UPDATE_FAILED");
    event.of_stack && turns && event.reason.is_some()
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
            ChangeSetKind::Import => format!("deploy-import-{}", manner.now.as_millisecond()),
        },
        kind,
        template,
        settings: plan.settings.clone(),
        imports: Vec::new(),
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
    let stack = (request.stack.as_str(), request.stack.as_str());
    let id = match manner.race(&request.stack, cloud.create_change_set(request)).await {
        Err(ApplyFailure::Aws(error)) => return Err(not_begun(cloud, stack, error).await),
        made => made?,
    };
    let made = match manner.race(&request.stack, wait_for_change_set(cloud, &id, manner.pace)).await {
        Err(failure @ ApplyFailure::NotBegun { .. }) => {
            cloud.delete_change_set(&id).await?;
            return Err(failure);
        }
        // The execution of another change set takes this one away.
        Err(ApplyFailure::Aws(error)) => return Err(not_begun(cloud, stack, error).await),
        made => made?,
    };
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
        false => Err(ApplyFailure::ChangeSet { stack: request.stack.clone(), reasons, bucket_stands: false }),
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
