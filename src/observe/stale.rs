//! Stages of REST APIs that are not on the deployment that the stack made last.

use super::stage::Apis;
use super::{Overview, stage_names};
use crate::aws::AwsError;
use crate::plan::StackResource;

/// A stage that shows an old deployment, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaleStage {
    pub api: String,
    pub stage: String,
    /// The deployment that it should be on.
    pub deployment: String,
    /// The one that it is on; none when there is no such stage.
    pub live: Option<String>,
}

impl StaleStage {
    /// What is done about it.
    pub fn words(&self) -> String {
        let StaleStage { api, stage, deployment, live } = self;
        match live {
            Some(live) => {
                format!("put the stage `{stage}` of the API {api} on the deployment {deployment} instead of {live}")
            }
            None => format!("make the stage `{stage}` of the API {api} again, on the deployment {deployment}"),
        }
    }
}

/// The stages that are not where the stack's newest deployment is. Only an API with one deployment in the stack is judged.
///
/// # Errors
/// What API Gateway answers.
pub async fn stale_stages(
    cloud: &impl Apis,
    overview: &Overview,
    resources: &[StackResource],
) -> Result<Vec<StaleStage>, AwsError> {
    let deployments: Vec<&str> = resources
        .iter()
        .filter(|one| one.kind == "AWS::ApiGateway::Deployment" && one.status != "DELETE_COMPLETE")
        .filter_map(|one| one.physical_id.as_deref())
        .collect();
    let [deployment] = deployments.as_slice() else { return Ok(Vec::new()) };
    let mut stale = Vec::new();
    for (api, stage) in stage_names(overview) {
        let live = cloud.deployment(api, stage).await?;
        if live.as_deref() != Some(*deployment) {
            stale.push(StaleStage {
                api: api.clone(),
                stage: stage.clone(),
                deployment: (*deployment).to_owned(),
                live,
            });
        }
    }
    Ok(stale)
}

/// Puts a stage where it should be.
///
/// # Errors
/// What API Gateway answers.
pub async fn refresh(cloud: &impl Apis, stale: &StaleStage) -> Result<(), AwsError> {
    let StaleStage { api, stage, deployment, live } = stale;
    match live {
        Some(_) => cloud.move_stage(api, stage, deployment).await,
        None => cloud.make_stage(api, stage, deployment).await,
    }
}
