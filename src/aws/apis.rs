//! API Gateway, as observing sees it.

use aws_sdk_apigateway::types::{Op, PatchOperation};
use jiff::Timestamp;

use super::Clients;
use super::error::{AwsError, from_sdk};
use super::stacks::timestamp;
use crate::apply::RestStages;
use crate::observe::Apis;
use crate::template::StageChange;

impl Apis for Clients {
    async fn stage(&self, api: &str, stage: &str) -> Result<Option<Timestamp>, AwsError> {
        let asked = self.apigateway.get_stage().rest_api_id(api).stage_name(stage).send().await;
        match asked.map_err(from_sdk("GetStage")) {
            Ok(found) => Ok(Some(timestamp(found.last_updated_date.or(found.created_date).as_ref()))),
            Err(error) if error.code == "NotFoundException" => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn deployment(&self, api: &str, stage: &str) -> Result<Option<String>, AwsError> {
        let asked = self.apigateway.get_stage().rest_api_id(api).stage_name(stage).send().await;
        match asked.map_err(from_sdk("GetStage")) {
            Ok(found) => Ok(Some(found.deployment_id.unwrap_or_default())),
            Err(error) if error.code == "NotFoundException" => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn move_stage(&self, api: &str, stage: &str, deployment: &str) -> Result<(), AwsError> {
        let patch = PatchOperation::builder().op(Op::Replace).path("/deploymentId").value(deployment).build();
        let call = self.apigateway.update_stage().rest_api_id(api).stage_name(stage).patch_operations(patch);
        call.send().await.map(|_| ()).map_err(from_sdk("UpdateStage"))
    }

    async fn make_stage(&self, api: &str, stage: &str, deployment: &str) -> Result<(), AwsError> {
        let call = self.apigateway.create_stage().rest_api_id(api).stage_name(stage).deployment_id(deployment);
        call.send().await.map(|_| ()).map_err(from_sdk("CreateStage"))
    }
}

impl RestStages for Clients {
    async fn change_stage(&self, api: &str, stage: &str, changes: &[StageChange]) -> Result<(), AwsError> {
        let patches = changes.iter().map(|change| match change {
            StageChange::Set { path, value } => {
                PatchOperation::builder().op(Op::Replace).path(path).value(value).build()
            }
            StageChange::Remove { path } => PatchOperation::builder().op(Op::Remove).path(path).build(),
        });
        let call = self.apigateway.update_stage().rest_api_id(api).stage_name(stage);
        let call = call.set_patch_operations(Some(patches.collect()));
        call.send().await.map(|_| ()).map_err(from_sdk("UpdateStage"))
    }
}
