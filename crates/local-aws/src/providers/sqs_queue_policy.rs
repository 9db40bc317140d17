//! `AWS::SQS::QueuePolicy`

use futures_util::FutureExt;
use serde_json::{Value, json};

use super::access_policy::{Guarded, name, read};
use super::kind::{Kind, kind};
use crate::engine::journal::Live;
use crate::engine::provider::{Context, Made};
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

static GUARDED: Guarded = Guarded {
    list: "Queues",
    set: |context, queue, policy| set(context, queue, policy).boxed(),
    without: |_, _| String::new(),
};

async fn set(context: &Context, queue: &str, policy: String) -> Result<(), Fault> {
    let input = json!({ "QueueUrl": queue, "Attributes": { "Policy": policy } });
    context.invoke("sqs", "SetQueueAttributes", input).await.map(|_| ())
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    GUARDED.create(context, properties).await
}

async fn update(context: Context, live: Live, properties: Value) -> Result<Made, Fault> {
    GUARDED.update(context, live, properties).await
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    GUARDED.delete(context, live).await
}
