//! Where records of invocations go: functions, queues and topics.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::json;

use super::function::Function;
use super::input::invalid;
use super::name::FunctionName;
use crate::Cloud;
use crate::wire::{Call, Fault};

/// Refuses a destination that is not there, or of a kind that the local AWS cannot send to.
///
/// # Errors
/// `InvalidParameterValueException` with the ARN.
pub async fn check(cloud: &Arc<Cloud>, region: &str, arn: &str) -> Result<(), Fault> {
    let there = match service(arn) {
        "lambda" => {
            let target = FunctionName::parse(cloud, region, arn)?;
            Function::load(cloud, &target).is_ok()
        }
        "sqs" => cloud.invoke("sqs", "GetQueueUrl", region, json!({ "QueueName": last(arn) })).await.is_ok(),
        "sns" => cloud.invoke("sns", "GetTopicAttributes", region, json!({ "TopicArn": arn })).await.is_ok(),
        _ => {
            return Err(invalid(format!(
                "the local AWS sends records of invocations to functions, queues and topics only, not to {arn}; see docs/local-aws.md"
            )));
        }
    };
    if there { Ok(()) } else { Err(invalid(format!("The destination ARN {arn} is invalid."))) }
}

/// Sends a record to a destination.
///
/// # Errors
/// What the service behind it refuses.
pub async fn send(cloud: &Arc<Cloud>, region: &str, arn: &str, record: String) -> Result<(), Fault> {
    let call = match service(arn) {
        "sqs" => {
            let input = json!({ "QueueUrl": last(arn), "MessageBody": record });
            Call::internal("sqs", "SendMessage", region, input, Bytes::new())
        }
        "sns" => {
            let input = json!({ "TopicArn": arn, "Message": record });
            Call::internal("sns", "Publish", region, input, Bytes::new())
        }
        _ => {
            let input = json!({ "FunctionName": arn, "InvocationType": "Event" });
            Call::internal("lambda", "Invoke", region, input, Bytes::from(record))
        }
    };
    Box::pin(cloud.answer(call)).await.map(|_| ())
}

fn service(arn: &str) -> &str {
    arn.split(':').nth(2).unwrap_or_default()
}

fn last(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or_default()
}
