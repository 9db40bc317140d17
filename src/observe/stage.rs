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
    let named: BTreeSet<&(String, String)> =
        overview.endpoints.iter().filter_map(|endpoint| endpoint.rest_stage.as_ref()).collect();
    let mut stages = Vec::with_capacity(named.len());
    for (api, stage) in named {
        let live_since = cloud.stage(api, stage).await?;
        stages.push(ApiStage { api: api.clone(), stage: stage.clone(), live_since });
    }
    Ok(stages)
}
