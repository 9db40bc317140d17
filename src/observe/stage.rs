//! The stages of REST APIs as API Gateway has them: a stage without a deployment answers nobody, whatever the template says.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;

use super::Overview;
use crate::aws::AwsError;

/// Stages of REST APIs.
pub trait Apis {
    /// When a stage was last deployed to or changed; none when the API has no such stage.
    fn stage(&self, api: &str, stage: &str) -> impl Future<Output = Result<Option<Timestamp>, AwsError>> + Send;

    /// The deployment that a stage is on; none when there is no such stage.
    fn deployment(&self, api: &str, stage: &str) -> impl Future<Output = Result<Option<String>, AwsError>> + Send;

    /// Puts a stage on a deployment.
    fn move_stage(&self, api: &str, stage: &str, deployment: &str)
    -> impl Future<Output = Result<(), AwsError>> + Send;

    /// Makes a stage on a deployment.
    fn make_stage(&self, api: &str, stage: &str, deployment: &str)
    -> impl Future<Output = Result<(), AwsError>> + Send;
}

/// A stage that endpoints of the stack are reached through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiStage {
    pub api: String,
    pub stage: String,
    /// None when the API has no such stage: callers are answered 403.
    #[serde(serialize_with = "in_rfc_3339")]
    pub live_since: Option<Timestamp>,
}

fn in_rfc_3339<S: serde::Serializer>(time: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    time.map(|time| time.to_string()).serialize(serializer)
}

/// The stages behind the REST endpoints of an overview, each asked once.
///
/// # Errors
/// What API Gateway answers.
pub async fn stages(cloud: &impl Apis, overview: &Overview) -> Result<Vec<ApiStage>, AwsError> {
    let named = stage_names(overview);
    let mut stages = Vec::with_capacity(named.len());
    for (api, stage) in named {
        let live_since = cloud.stage(api, stage).await?;
        stages.push(ApiStage { api: api.clone(), stage: stage.clone(), live_since });
    }
    Ok(stages)
}

/// Id and stage of each REST API behind the endpoints of an overview.
pub fn stage_names(overview: &Overview) -> BTreeSet<&(String, String)> {
    overview.endpoints.iter().filter_map(|endpoint| endpoint.rest_stage.as_ref()).collect()
}
