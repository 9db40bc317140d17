//! Drift of stacks, as observing sees it.

use aws_sdk_cloudformation::types::{StackDriftDetectionStatus, StackResourceDrift};

use super::Clients;
use super::error::{AwsError, from_sdk};
use crate::observe::{Detection, Drifted, DriftedProperty, Drifts};

impl Drifts for Clients {
    async fn detect(&self, stack: &str) -> Result<String, AwsError> {
        let answer = self.cloudformation.detect_stack_drift().stack_name(stack).send().await;
        let id = answer.map_err(from_sdk("DetectStackDrift"))?.stack_drift_detection_id;
        id.ok_or_else(|| AwsError::garbled("DetectStackDrift", "no id in it"))
    }

    async fn detection(&self, id: &str) -> Result<Detection, AwsError> {
        let call = self.cloudformation.describe_stack_drift_detection_status().stack_drift_detection_id(id);
        let answer = call.send().await.map_err(from_sdk("DescribeStackDriftDetectionStatus"))?;
        Ok(match answer.detection_status {
            Some(StackDriftDetectionStatus::DetectionComplete) => Detection::Complete,
            Some(StackDriftDetectionStatus::DetectionFailed) => {
                Detection::Failed(answer.detection_status_reason.unwrap_or_default())
            }
            _ => Detection::Running,
        })
    }

    async fn drifts(&self, stack: &str) -> Result<Vec<Drifted>, AwsError> {
        let mut found = Vec::new();
        let mut next = None;
        for _ in 0..super::stacks::MAX_PAGES {
            let call = self.cloudformation.describe_stack_resource_drifts().stack_name(stack).set_next_token(next);
            let answer = call.send().await.map_err(from_sdk("DescribeStackResourceDrifts"))?;
            found.extend(answer.stack_resource_drifts.unwrap_or_default().into_iter().map(drifted));
            next = answer.next_token;
            if next.is_none() {
                return Ok(found);
            }
        }
        Err(AwsError::garbled("DescribeStackResourceDrifts", "too many pages"))
    }
}

fn drifted(drift: StackResourceDrift) -> Drifted {
    let differences = drift.property_differences.unwrap_or_default().into_iter();
    Drifted {
        logical_id: drift.logical_resource_id.unwrap_or_default(),
        physical_id: drift.physical_resource_id.unwrap_or_default(),
        kind: drift.resource_type.unwrap_or_default(),
        status: drift.stack_resource_drift_status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
        properties: differences
            .map(|one| DriftedProperty {
                path: one.property_path.unwrap_or_default(),
                expected: one.expected_value.unwrap_or_default(),
                actual: one.actual_value.unwrap_or_default(),
            })
            .collect(),
    }
}
