//! Compares the template with the stack as it stands, and says what there is to do.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use super::{Condition, Deployed, StackSettings, Stacks, Status};
use crate::artifact::Artifact;
use crate::aws::AwsError;
use crate::failure::Account;
use crate::source::Sources;
use crate::template::{Bucket, Rendered, artifact_key};

/// Logical id of the bucket that a stack makes for its own artifacts.
const DEPLOYMENT_BUCKET: &str = "ServerlessDeploymentBucket";
/// Logical id of that bucket's policy.
const DEPLOYMENT_BUCKET_POLICY: &str = "ServerlessDeploymentBucketPolicy";
/// The output that names it.
const DEPLOYMENT_BUCKET_OUTPUT: &str = "ServerlessDeploymentBucketName";

/// Everything that applying needs; it never looks at the project again.
#[derive(Clone, Debug)]
pub struct Plan {
    pub stack_name: String,
    pub region: String,
    pub work: Work,
    /// The stack as it stood.
    pub deployed: Option<Deployed>,
    pub uploads: Vec<Upload>,
    /// The whole template, JSON without spaces.
    pub template: String,
    pub bucket: Bucket,
    /// Where the bucket keeps what belongs to this service and stage.
    pub prefix: String,
    pub settings: StackSettings,
    /// For each logical id the place in the configuration that made it, `stack.yaml:14:5`.
    pub places: BTreeMap<String, String>,
    /// How many earlier deployments keep their artifacts.
    pub keep_deployments: usize,
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
    /// The stack is in a state in which it cannot be updated.
    #[error("the stack `{stack}` cannot be updated: it is {status}")]
    BadState { stack: String, status: Status, condition: Condition },
}

impl PlanFailure {
    /// What a person reads about it.
    pub fn account(&self) -> Account {
        match self {
            PlanFailure::Aws(error) => Account::new(error.word(), error.to_string()),
            PlanFailure::BadState { condition, .. } => Account {
                now: vec!["nothing was changed".to_owned()],
                hints: vec![
                    match condition {
                        Condition::Stuck => {
                            "put right what the way back needs, then continue it: \
                             `aws cloudformation continue-update-rollback`"
                        }
                        _ => "`deploy remove` takes it away, then `deploy` makes it again",
                    }
                    .to_owned(),
                ],
                ..Account::new("stack-unusable", self.to_string())
            },
        }
    }
}

/// Looks at the stack and says what there is to do.
///
/// # Errors
/// [`PlanFailure::BadState`] when the stack must be mended first; a stack in which an operation goes on is not bad.
pub async fn prepare(
    cloud: &impl Stacks,
    region: &str,
    rendered: &Rendered,
    artifacts: &[Artifact],
    sources: &Sources,
    settings: StackSettings,
) -> Result<Plan, PlanFailure> {
    let deployed = cloud.stack(&rendered.stack_name).await?.filter(|stack| stack.status.condition() != Condition::Gone);
    let template =
        serde_json::to_value(&rendered.template).map_err(|error| AwsError::garbled("template", error.to_string()))?;
    let work = match &deployed {
        None => create(rendered, &template),
        Some(stack) => match stack.status.condition() {
            Condition::OnlyReviewed => create(rendered, &template),
            Condition::Stillborn | Condition::Stuck | Condition::HalfDeleted => return Err(bad_state(stack)),
            Condition::Ready | Condition::Busy | Condition::Gone => {
                match is_unchanged(cloud, stack, &template, &settings).await? {
                    true => Work::Nothing,
                    false => Work::Update,
                }
            }
        },
    };
    let places = rendered.origins.iter().map(|(id, span)| (id.clone(), sources.place(*span))).collect();
    Ok(Plan {
        stack_name: rendered.stack_name.clone(),
        region: region.to_owned(),
        work,
        deployed,
        uploads: artifacts.iter().map(|artifact| upload(&rendered.prefix, artifact)).collect(),
        template: template.to_string(),
        bucket: rendered.bucket.clone(),
        prefix: rendered.prefix.clone(),
        settings,
        places,
        keep_deployments: 5,
    })
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
async fn is_unchanged(
    cloud: &impl Stacks,
    stack: &Deployed,
    template: &Value,
    settings: &StackSettings,
) -> Result<bool, AwsError> {
    if !stack.status.is_success() && stack.status.as_str() != "UPDATE_ROLLBACK_COMPLETE" {
        return Ok(false);
    }
    let same_tags = stack.tags == settings.tags;
    let same_parameters = settings.parameters.iter().all(|(key, value)| {
        // A NoEcho parameter is answered masked, so it can only be taken for changed.
        stack.parameters.get(key) == Some(value)
    });
    if !same_tags || !same_parameters {
        return Ok(false);
    }
    let deployed = cloud.template(&stack.id).await?;
    Ok(serde_json::from_str::<Value>(&deployed).is_ok_and(|deployed| deployed == *template))
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
