//! `AWS::SNS::TopicPolicy`

use serde_json::{Value, json};

use super::kind::{Kind, kind};
use super::member::{document, found, gone, invented, unchanged};
use crate::engine::journal::Live;
use crate::engine::names::Letters;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema};
use crate::wire::Fault;

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-topicpolicy.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::SNS::TopicPolicy",
    properties: &[Property::json("PolicyDocument").required(), Property::texts("Topics").required()],
    attributes: &["Id"],
    volatile: &[],
    identifier: None,
    taggable: false,
});

fn name(_context: &Context, _properties: &Value) -> Option<String> {
    None
}

fn topics(properties: &Value) -> impl Iterator<Item = &str> {
    properties.get("Topics").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

async fn set(context: &Context, topic: &str, policy: &str) -> Result<(), Fault> {
    let input = json!({ "TopicArn": topic, "AttributeName": "Policy", "AttributeValue": policy });
    context.invoke("sns", "SetTopicAttributes", input).await.map(|_| ())
}

/// What a topic has without a policy of its own: its account may do everything with it.
///
/// Source: Amazon SNS API Reference, `GetTopicAttributes`, example.
fn default_policy(context: &Context, topic: &str) -> String {
    json!({
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": [{
            "Sid": "__default_statement_ID",
            "Effect": "Allow",
            "Principal": { "AWS": "*" },
            "Action": "SNS:*",
            "Resource": topic,
            "Condition": { "StringEquals": { "AWS:SourceOwner": context.account } },
        }],
    })
    .to_string()
}

async fn put(context: &Context, properties: &Value) -> Result<(), Fault> {
    let policy = properties.get("PolicyDocument").map(document).unwrap_or_default();
    for topic in topics(properties) {
        set(context, topic, &policy).await?;
    }
    Ok(())
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    put(&context, &properties).await?;
    let id = invented(&context, 128, Letters::Mixed);
    Ok(Made::new(id.clone()).with("Id", id))
}

async fn update(context: Context, live: Live, properties: Value) -> Result<Made, Fault> {
    for topic in topics(&live.properties).filter(|topic| !topics(&properties).any(|kept| kept == *topic)) {
        gone(set(&context, topic, &default_policy(&context, topic)).await)?;
    }
    put(&context, &properties).await?;
    Ok(unchanged(live))
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    for topic in topics(&live.properties) {
        gone(set(&context, topic, &default_policy(&context, topic)).await)?;
    }
    Ok(())
}

async fn read(_context: Context, physical: String, _properties: Value) -> Result<Option<Found>, Fault> {
    Ok(found(Made::new(physical.clone()).with("Id", physical)))
}
