//! `AWS::SQS::QueuePolicy`

use serde_json::{Value, json};

use super::kind::{Kind, kind};
use super::member::{document, found, gone, invented, unchanged};
use crate::engine::journal::Live;
use crate::engine::names::Letters;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema};
use crate::wire::Fault;

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queuepolicy.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::SQS::QueuePolicy",
    properties: &[Property::json("PolicyDocument").required(), Property::texts("Queues").required()],
    attributes: &["Id"],
    volatile: &[],
    identifier: None,
    taggable: false,
});

fn name(_context: &Context, _properties: &Value) -> Option<String> {
    None
}

fn queues(properties: &Value) -> impl Iterator<Item = &str> {
    properties.get("Queues").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

async fn put(context: &Context, properties: &Value) -> Result<(), Fault> {
    let policy = properties.get("PolicyDocument").map(document).unwrap_or_default();
    for queue in queues(properties) {
        set(context, queue, &policy).await?;
    }
    Ok(())
}

async fn set(context: &Context, queue: &str, policy: &str) -> Result<(), Fault> {
    let input = json!({ "QueueUrl": queue, "Attributes": { "Policy": policy } });
    context.invoke("sqs", "SetQueueAttributes", input).await.map(|_| ())
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    put(&context, &properties).await?;
    let id = invented(&context, 128, Letters::Mixed);
    Ok(Made::new(id.clone()).with("Id", id))
}

async fn update(context: Context, live: Live, properties: Value) -> Result<Made, Fault> {
    for queue in queues(&live.properties).filter(|queue| !queues(&properties).any(|kept| kept == *queue)) {
        gone(set(&context, queue, "").await)?;
    }
    put(&context, &properties).await?;
    Ok(unchanged(live))
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    for queue in queues(&live.properties) {
        gone(set(&context, queue, "").await)?;
    }
    Ok(())
}

async fn read(_context: Context, physical: String, _properties: Value) -> Result<Option<Found>, Fault> {
    Ok(found(Made::new(physical.clone()).with("Id", physical)))
}
