//! Compares the template with the stack as it stands, and says what there is to do.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use super::limits::{Excess, excess};
use super::memory::{DEPLOYMENT_BUCKET_OUTPUT, Memory, recall};
use super::{Condition, Deployed, Record, StackSettings, Stacks, Status, Texts};
use crate::artifact::Artifact;
use crate::aws::AwsError;
use crate::failure::Account;
use crate::template::{Bucket, Rendered, StageSettings, artifact_key};

/// Logical id of the bucket that a stack makes for its own artifacts.
const DEPLOYMENT_BUCKET: &str = "ServerlessDeploymentBucket";
/// Logical id of that bucket's policy.
const DEPLOYMENT_BUCKET_POLICY: &str = "ServerlessDeploymentBucketPolicy";

/// Everything that applying needs; it never looks at the project again.
#[derive(Clone, Debug)]
pub struct Plan {
    pub stack_name: String,
    pub region: String,
    pub work: Work,
    /// The stack as it stood.
    pub deployed: Option<Deployed>,
    /// The template that the stack has, when there is a stack that can be updated.
    pub before: Option<Value>,
    pub uploads: Vec<Upload>,
    /// The whole template, JSON without spaces.
    pub template: String,
    pub bucket: Bucket,
    /// Where the bucket keeps what belongs to this service and stage.
    pub prefix: String,
    pub settings: StackSettings,
    /// For each logical id, and each property below it, the place in the configuration that made it: `stack.yaml:14:5`.
    pub places: BTreeMap<String, String>,
    /// How many earlier deployments keep their artifacts.
    pub keep_deployments: usize,
    /// For a stack that stands without a deployment bucket of its own and is to have one: its template with the bucket
    /// beside what it has.
    pub bucket_first: Option<String>,
    /// The policy that the stack is to have and has not.
    pub policy_to_set: Option<String>,
    /// The protection from being deleted that the stack is to have, or to lose.
    pub protection_to_set: Option<bool>,
    /// What the stage of the REST API is to have, when the stack changes or something else is known of it.
    pub stage_to_set: Option<StageSettings>,
    /// What is remembered of the stack.
    pub memory: Memory,
}

impl Plan {
    /// What there is to set on the stack beside its template, in words.
    pub fn settings_to_set(&self) -> Vec<String> {
        let policy = self.policy_to_set.iter().map(|_| "the stack's policy is set".to_owned());
        let protection = self.protection_to_set.iter().map(|protected| match protected {
            true => "the stack is protected from being removed".to_owned(),
            false => "the stack is no longer protected from being removed".to_owned(),
        });
        policy.chain(protection).chain(self.changed_stage()).chain(self.changed_settings()).collect()
    }

    /// What the stage of the REST API was given the last time.
    pub fn former_stage(&self) -> Option<&StageSettings> {
        self.memory.record.as_ref().and_then(|record| record.stage_settings.as_ref())
    }

    /// The stage, if other settings of it are known than those that are wanted.
    fn changed_stage(&self) -> Option<String> {
        let wanted = self.stage_to_set.as_ref().filter(|wanted| differs(wanted, self.former_stage()))?;
        Some(format!("the stage {} of the REST API gets its settings of tracing, logs and metrics", wanted.stage))
    }

    /// Tags and parameters of the stack that change.
    fn changed_settings(&self) -> Vec<String> {
        let Some(stack) = &self.deployed else { return Vec::new() };
        if self.work != Work::Update {
            return Vec::new();
        }
        let mut found = Vec::new();
        if stack.tags != self.settings.tags {
            found.push("the stack's tags change, and with them those of its resources".to_owned());
        }
        for (key, value) in &self.settings.parameters {
            if stack.parameters.get(key) != Some(value) {
                found.push(format!("the parameter {key} changes"));
            }
        }
        found
    }
}

/// What there is to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Work {
    /// The stack stands and is what the template asks for.
    Nothing,
    /// There is no stack. `bootstrap` is the template with only the deployment bucket, which must stand before anything
    /// can be uploaded; none when the user gave a bucket.
    Create { bootstrap: Option<String> },
    /// The stack stands.
    Update,
}

/// A file that must be in the bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    pub key: String,
    pub path: PathBuf,
    pub digest: String,
    pub size_bytes: u64,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanFailure {
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// The template is more than CloudFormation takes.
    #[error("{}", .excess.first().map(Excess::words).unwrap_or_default())]
    TooLarge { excess: Vec<Excess> },
    /// The stack is in a state in which it cannot be updated.
    #[error("the stack `{stack}` cannot be updated: it is {status}")]
    BadState { stack: String, status: Status, condition: Condition },
}

impl PlanFailure {
    /// What a person reads about it.
    pub fn account(&self) -> Account {
        match self {
            PlanFailure::Aws(error) => Account::new(error.word(), error.to_string()),
            PlanFailure::TooLarge { excess } => Account {
                causes: excess.iter().skip(1).map(Excess::words).collect(),
                now: vec!["nothing was changed".to_owned()],
                hints: vec![
                    "move some functions, with their events, to a service of their own; what both use stays in one of \
                     them, and the other reads it with `$<cf:STACK.OUTPUT>`"
                        .to_owned(),
                    "fewer: `versionFunctions: false` saves a version and an output a function, `disableLogs: true` a \
                     log group; one route `ANY /{proxy+}` replaces many"
                        .to_owned(),
                ],
                ..Account::new("stack-too-large", self.to_string())
            },
            PlanFailure::BadState { condition, .. } => Account {
                now: vec!["nothing was changed".to_owned()],
                hints: vec![
                    match condition {
                        Condition::Stuck => "`deploy repair` continues the way back, and says before what it skips",
                        _ => "`deploy repair` takes what is left of it away and makes it again",
                    }
                    .to_owned(),
                ],
                ..Account::new("stack-unusable", self.to_string())
            },
        }
    }
}

/// What is wanted, for a plan.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    pub region: &'a str,
    pub rendered: &'a Rendered,
    pub artifacts: &'a [Artifact],
    /// As [`places`](super::places()) makes them.
    pub places: &'a BTreeMap<String, String>,
    pub settings: &'a StackSettings,
    pub keep_deployments: usize,
    /// What this machine remembers of the stack.
    pub record: Option<&'a Record>,
    pub way: Way,
}

/// How the stack is to be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// By CloudFormation, with all that is set on the stack.
    Whole,
    /// Past it, so that what is set on the stack does not matter, and what this machine remembers is enough.
    Direct,
}

/// Looks at the stack and says what there is to do.
///
/// # Errors
/// [`PlanFailure::TooLarge`] before anything is asked; [`PlanFailure::BadState`] when the stack must be mended first; a
/// stack in which an operation goes on is not bad.
pub async fn prepare(cloud: &(impl Stacks + Texts), wanted: Wanted<'_>) -> Result<Plan, PlanFailure> {
    let Wanted { rendered, settings, way, .. } = wanted;
    let template =
        serde_json::to_value(&rendered.template).map_err(|error| AwsError::garbled("template", error.to_string()))?;
    let text = template.to_string();
    let excess = excess(&template, &text);
    if !excess.is_empty() {
        return Err(PlanFailure::TooLarge { excess });
    }
    let deployed = cloud.stack(&rendered.stack_name).await?.filter(|stack| stack.status.condition() != Condition::Gone);
    let trusting = way == Way::Direct;
    let memory = match &deployed {
        Some(stack) => recall(cloud, stack, &rendered.bucket, &rendered.prefix, wanted.record, trusting).await?,
        None => Memory::default(),
    };
    let (work, before) = match &deployed {
        None => (create(rendered, &template), None),
        Some(stack) => match stack.status.condition() {
            Condition::OnlyReviewed => (create(rendered, &template), None),
            Condition::Stillborn | Condition::Stuck | Condition::HalfDeleted => return Err(bad_state(stack)),
            Condition::Ready | Condition::Busy | Condition::Gone => {
                let before = before(cloud, stack, memory.record.as_ref()).await?;
                let work = match is_unchanged(stack, &before, &template, settings) {
                    true => Work::Nothing,
                    false => Work::Update,
                };
                (work, Some(before))
            }
        },
    };
    let bucket_first = match (&work, &before) {
        (Work::Update, Some(before)) if rendered.bucket == Bucket::OfStack => with_bucket(before, &template),
        _ => None,
    };
    let policy_to_set = match way {
        Way::Whole => policy_to_set(cloud, deployed.as_ref(), settings).await?,
        Way::Direct => None,
    };
    let protected = deployed.as_ref().is_some_and(|stack| stack.termination_protection);
    let protection_to_set = settings.termination_protection.filter(|wanted| *wanted != protected);
    let former = memory.record.as_ref().and_then(|record| record.stage_settings.as_ref());
    let stage_to_set = rendered
        .stage_settings
        .clone()
        .filter(|wanted| way == Way::Whole && (differs(wanted, former) || work != Work::Nothing && !wanted.is_empty()));
    Ok(Plan {
        stack_name: rendered.stack_name.clone(),
        region: wanted.region.to_owned(),
        work,
        deployed,
        before,
        uploads: wanted.artifacts.iter().map(|artifact| upload(&rendered.prefix, artifact)).collect(),
        template: text,
        bucket: rendered.bucket.clone(),
        prefix: rendered.prefix.clone(),
        settings: settings.clone(),
        places: wanted.places.clone(),
        keep_deployments: wanted.keep_deployments,
        bucket_first,
        policy_to_set,
        protection_to_set,
        stage_to_set,
        memory,
    })
}

/// Whether a stage is to have something else than what it was given.
fn differs(wanted: &StageSettings, before: Option<&StageSettings>) -> bool {
    before.map_or(!wanted.is_empty(), |before| before != wanted)
}

/// The policy that is wanted, unless the stack has it. Nothing is asked when none is wanted.
async fn policy_to_set(
    cloud: &impl Stacks,
    deployed: Option<&Deployed>,
    settings: &StackSettings,
) -> Result<Option<String>, AwsError> {
    let Some(policy) = &settings.policy else { return Ok(None) };
    let current = match deployed {
        Some(stack) if stack.status.condition() != Condition::OnlyReviewed => cloud.stack_policy(&stack.id).await?,
        _ => None,
    };
    let value = |text: &str| serde_json::from_str::<Value>(text).ok();
    let same = current.is_some_and(|current| value(&current) == value(policy));
    Ok((!same).then(|| policy.clone()))
}

/// The template that a stack has: as it is remembered, else as the cloud says.
async fn before(cloud: &impl Stacks, stack: &Deployed, record: Option<&Record>) -> Result<Value, AwsError> {
    if let Some(record) = record {
        return Ok(record.template.clone());
    }
    let text = cloud.template(&stack.id).await?;
    // A template in YAML, which is not ours, differs from every one of ours.
    Ok(serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

fn bad_state(stack: &Deployed) -> PlanFailure {
    PlanFailure::BadState {
        stack: stack.name.clone(),
        status: stack.status.clone(),
        condition: stack.status.condition(),
    }
}

fn upload(prefix: &str, artifact: &Artifact) -> Upload {
    Upload {
        key: artifact_key(prefix, artifact),
        path: artifact.path.clone(),
        digest: artifact.digest.clone(),
        size_bytes: artifact.size_bytes,
    }
}

fn create(rendered: &Rendered, template: &Value) -> Work {
    let bootstrap = match rendered.bucket {
        Bucket::OfStack => Some(only_bucket(template).to_string()),
        Bucket::Named(_) => None,
    };
    Work::Create { bootstrap }
}

/// The deployed template with the deployment bucket beside what it has; none when it has one.
fn with_bucket(before: &Value, template: &Value) -> Option<String> {
    let mut whole = before.clone();
    if whole.pointer(&format!("/Resources/{DEPLOYMENT_BUCKET}")).is_some() || !whole.is_object() {
        return None;
    }
    let bucket = only_bucket(template);
    for section in ["Resources", "Outputs"] {
        for (name, value) in bucket.get(section).and_then(Value::as_object).into_iter().flatten() {
            whole[section][name] = value.clone();
        }
    }
    Some(whole.to_string())
}

/// The template with nothing but the deployment bucket.
fn only_bucket(template: &Value) -> Value {
    let mut small = template.clone();
    keep(&mut small, "Resources", &[DEPLOYMENT_BUCKET, DEPLOYMENT_BUCKET_POLICY]);
    keep(&mut small, "Outputs", &[DEPLOYMENT_BUCKET_OUTPUT]);
    small
}

fn keep(template: &mut Value, section: &str, names: &[&str]) {
    if let Some(entries) = template.get_mut(section).and_then(Value::as_object_mut) {
        entries.retain(|name, _| names.contains(&name.as_str()));
    }
}

/// Artifacts are named by their content inside the template, so an equal template has equal code.
fn is_unchanged(stack: &Deployed, before: &Value, template: &Value, settings: &StackSettings) -> bool {
    if !stack.status.is_success() && stack.status.as_str() != "UPDATE_ROLLBACK_COMPLETE" {
        return false;
    }
    let same_tags = stack.tags == settings.tags;
    let same_parameters = settings.parameters.iter().all(|(key, value)| {
        // A NoEcho parameter is answered masked, so it can only be taken for changed.
        stack.parameters.get(key) == Some(value)
    });
    same_tags && same_parameters && before == template
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_first_change_set_holds_the_bucket_and_nothing_else() {
        let template = json!({
            "Resources": {DEPLOYMENT_BUCKET: {"Type": "AWS::S3::Bucket"}, "Users": {"Type": "AWS::DynamoDB::Table"}},
            "Outputs": {DEPLOYMENT_BUCKET_OUTPUT: {"Value": {"Ref": DEPLOYMENT_BUCKET}}, "Url": {"Value": "x"}},
        });
        assert_eq!(
            only_bucket(&template),
            json!({
                "Resources": {DEPLOYMENT_BUCKET: {"Type": "AWS::S3::Bucket"}},
                "Outputs": {DEPLOYMENT_BUCKET_OUTPUT: {"Value": {"Ref": DEPLOYMENT_BUCKET}}},
            })
        );
    }
}
