//! `AWS::Events::EventBus`

use serde_json::{Value, json};

use super::kind::{Kind, kind};
use super::member::{found, gone, pick, required, tag_list, tags, tags_gone, there, unchanged};
use crate::engine::journal::Live;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema, TAGS};
use crate::wire::Fault;

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-eventbus.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::Events::EventBus",
    properties: &[
        Property::text("Description").replaces(),
        Property::text("Name").required().replaces(),
        TAGS,
        Property::refused("DeadLetterConfig"),
        Property::refused("EventSourceName"),
        Property::refused("KmsKeyIdentifier"),
        Property::refused("LogConfig"),
        Property::refused("Policy"),
    ],
    attributes: &["Arn", "Name"],
    volatile: &[],
    identifier: Some("Name"),
    taggable: true,
});

fn name(_context: &Context, properties: &Value) -> Option<String> {
    Some(required(properties, "Name").to_owned())
}

fn made(context: &Context, bus: &str) -> Made {
    Made::new(bus).with("Name", bus).with("Arn", context.arn("events", &format!("event-bus/{bus}")))
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    let mut input = pick(&properties, &["Name", "Description"]);
    let tags = tags(&context, &properties);
    if !tags.is_empty() {
        input.insert("Tags".to_owned(), tag_list(&tags));
    }
    context.invoke("events", "CreateEventBus", Value::Object(input)).await?;
    Ok(made(&context, required(&properties, "Name")))
}

async fn update(context: Context, live: Live, properties: Value) -> Result<Made, Fault> {
    let arn = context.arn("events", &format!("event-bus/{}", live.physical));
    let stale = tags_gone(&context, &live, &properties);
    if !stale.is_empty() {
        context.invoke("events", "UntagResource", json!({ "ResourceARN": arn, "TagKeys": stale })).await?;
    }
    let tags = tags(&context, &properties);
    if !tags.is_empty() {
        context.invoke("events", "TagResource", json!({ "ResourceARN": arn, "Tags": tag_list(&tags) })).await?;
    }
    Ok(unchanged(live))
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    gone(context.invoke("events", "DeleteEventBus", json!({ "Name": live.physical })).await)
}

async fn read(context: Context, physical: String, _properties: Value) -> Result<Option<Found>, Fault> {
    let answer = there(context.invoke("events", "DescribeEventBus", json!({ "Name": physical })).await)?;
    Ok(answer.and_then(|_| found(made(&context, &physical))))
}
