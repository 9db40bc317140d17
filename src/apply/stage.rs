//! Settings of the stage of a REST API, set once the stack stands.

use crate::aws::AwsError;
use crate::plan::{Deployed, StackResource};
use crate::template::{StageChange, StageSettings};

/// Changes stages of REST APIs.
pub trait RestStages {
    /// Changes settings of a stage, all or none.
    fn change_stage(
        &self,
        api: &str,
        stage: &str,
        changes: &[StageChange],
    ) -> impl Future<Output = Result<(), AwsError>> + Send;
}

/// Gives the stage of the stack's REST API its settings; `before` is what it was given the last time.
///
/// # Errors
/// What API Gateway answers; a stack that stands without the API.
pub async fn set_stage(
    cloud: &impl RestStages,
    stack: &Deployed,
    resources: &[StackResource],
    wanted: &StageSettings,
    before: Option<&StageSettings>,
) -> Result<(), AwsError> {
    let changes = wanted.changes(before, &stack.id);
    if changes.is_empty() {
        return Ok(());
    }
    let api = resources.iter().find(|resource| resource.is_there_as(&wanted.api));
    let Some(api) = api.and_then(|api| api.physical_id.as_deref()) else {
        return Err(AwsError::garbled("DescribeStackResources", format!("{} is not among the resources", wanted.api)));
    };
    cloud.change_stage(api, &wanted.stage, &changes).await
}
