//! API Gateway, as observing sees it.

use jiff::Timestamp;

use super::Clients;
use super::error::{AwsError, from_sdk};
use super::stacks::timestamp;
use crate::observe::Apis;

impl Apis for Clients {
    async fn stage(&self, api: &str, stage: &str) -> Result<Option<Timestamp>, AwsError> {
        let asked = self.apigateway.get_stage().rest_api_id(api).stage_name(stage).send().await;
        match asked.map_err(from_sdk("GetStage")) {
            Ok(found) => Ok(Some(timestamp(found.last_updated_date.or(found.created_date).as_ref()))),
            Err(error) if error.code == "NotFoundException" => Ok(None),
            Err(error) => Err(error),
        }
    }
}
