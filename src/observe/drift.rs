//! What was changed in the account since the stack was deployed.

use std::time::Duration;

use crate::aws::AwsError;

/// How often a detection is asked whether it has ended.
const MAX_POLLS: u32 = 600;

/// A resource that is no longer as the stack has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drifted {
    pub logical_id: String,
    pub physical_id: String,
    pub kind: String,
    /// `MODIFIED`, `DELETED`, `NOT_CHECKED`, `IN_SYNC`.
    pub status: String,
    pub properties: Vec<DriftedProperty>,
}

/// A property that is no longer as the stack has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DriftedProperty {
    /// `/Timeout`.
    pub path: String,
    pub expected: String,
    pub actual: String,
}

/// How a detection stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Detection {
    Running,
    Complete,
    /// Some resources could not be looked at: why.
    Failed(String),
}

/// Stacks, compared with what there is.
pub trait Drifts {
    /// Begins to compare; answers the detection's id.
    fn detect(&self, stack: &str) -> impl Future<Output = Result<String, AwsError>> + Send;

    /// How a detection stands.
    fn detection(&self, id: &str) -> impl Future<Output = Result<Detection, AwsError>> + Send;

    /// What the newest detection has found.
    fn drifts(&self, stack: &str) -> impl Future<Output = Result<Vec<Drifted>, AwsError>> + Send;
}

/// What there is to say about a stack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drift {
    pub resources: Vec<Drifted>,
    /// Why not every resource could be looked at.
    pub incomplete: Option<String>,
}

impl Drift {
    /// The resources that are not as they should be.
    pub fn drifted(&self) -> impl Iterator<Item = &Drifted> {
        self.resources.iter().filter(|one| matches!(one.status.as_str(), "MODIFIED" | "DELETED"))
    }

    /// The resources whose type cannot be compared.
    pub fn unchecked(&self) -> usize {
        self.resources.iter().filter(|one| one.status == "NOT_CHECKED").count()
    }
}

/// Compares a stack with what there is, and waits for the answer.
///
/// # Errors
/// What the cloud answers; a detection that never ends.
///
/// Source: AWS CloudFormation User Guide, "Detect unmanaged configuration changes to stacks and resources with drift
/// detection".
pub async fn drift(cloud: &impl Drifts, stack: &str, pause: Duration) -> Result<Drift, AwsError> {
    let id = cloud.detect(stack).await?;
    for _ in 0..MAX_POLLS {
        let incomplete = match cloud.detection(&id).await? {
            Detection::Running => {
                tokio::time::sleep(pause).await;
                continue;
            }
            Detection::Complete => None,
            Detection::Failed(why) => Some(why),
        };
        return Ok(Drift { resources: cloud.drifts(stack).await?, incomplete });
    }
    Err(AwsError::garbled("DescribeStackDriftDetectionStatus", "the detection never ends"))
}
