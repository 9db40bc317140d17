//! `AWS::SNS::Topic`

use serde_json::{Map, Value, json};

use super::kind::{Kind, kind};
use super::member::{answered, differs, document, gone, name_or, tag_list, tags, tags_gone, text, there, unchanged};
use crate::engine::journal::Live;
use crate::engine::names::Letters;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema, Shape, TAGS};
use crate::wire::Fault;

const SUBSCRIPTION: Shape =
    Shape::Object(&[Property::text("Endpoint").required(), Property::text("Protocol").required()]);

/// The properties that are attributes of the topic under the same name.
const ATTRIBUTES: &[&str] = &["DisplayName", "KmsMasterKeyId", "SignatureVersion", "TracingConfig"];

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-topic.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::SNS::Topic",
    properties: &[
        Property::text("DisplayName"),
        Property::text("KmsMasterKeyId"),
        Property::choice("SignatureVersion", &["1", "2"]),
        Property::objects("Subscription", &SUBSCRIPTION),
        TAGS,
        Property::text("TopicName").replaces(),
        Property::choice("TracingConfig", &["Active", "PassThrough"]),
        Property::refused("ArchivePolicy"),
        Property::refused("ContentBasedDeduplication"),
        Property::refused("DataProtectionPolicy"),
        Property::refused("DeliveryStatusLogging"),
        Property::refused("FifoThroughputScope"),
        Property::refused("FifoTopic"),
    ],
    attributes: &["TopicArn", "TopicName"],
    volatile: &[],
    identifier: Some("TopicName"),
    taggable: true,
});

fn name(context: &Context, properties: &Value) -> Option<String> {
    Some(context.arn("sns", &name_or(context, properties, "TopicName", 256, Letters::Mixed)))
}

fn made(arn: &str) -> Made {
    Made::new(arn).with("TopicArn", arn).with("TopicName", topic_of(arn))
}

fn topic_of(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or_default()
}

fn attributes(properties: &Value) -> Map<String, Value> {
    let given = ATTRIBUTES.iter().filter_map(|name| Some((*name, properties.get(*name)?)));
    given.map(|(name, value)| (name.to_owned(), Value::from(document(value)))).collect()
}

fn subscriptions(properties: &Value) -> &[Value] {
    properties.get("Subscription").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

async fn subscribe(context: &Context, arn: &str, one: &Value) -> Result<(), Fault> {
    let input = json!({ "TopicArn": arn, "Protocol": one["Protocol"], "Endpoint": one["Endpoint"] });
    context.invoke("sns", "Subscribe", input).await.map(|_| ())
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    let arn = name(&context, &properties).unwrap_or_default();
    let mut input = json!({ "Name": topic_of(&arn), "Attributes": attributes(&properties) });
    let tags = tags(&context, &properties);
    if !tags.is_empty() {
        input["Tags"] = tag_list(&tags);
    }
    context.invoke("sns", "CreateTopic", input).await?;
    for one in subscriptions(&properties) {
        subscribe(&context, &arn, one).await?;
    }
    Ok(made(&arn))
}

async fn update(context: Context, live: Live, properties: Value) -> Result<Made, Fault> {
    let arn = live.physical.as_str();
    for name in ATTRIBUTES.iter().filter(|name| differs(&live, &properties, name)) {
        let value = properties.get(*name).map(document).unwrap_or_default();
        let input = json!({ "TopicArn": arn, "AttributeName": name, "AttributeValue": value });
        context.invoke("sns", "SetTopicAttributes", input).await?;
    }
    for one in subscriptions(&live.properties).iter().filter(|one| !subscriptions(&properties).contains(one)) {
        unsubscribe(&context, arn, one).await?;
    }
    for one in subscriptions(&properties).iter().filter(|one| !subscriptions(&live.properties).contains(one)) {
        subscribe(&context, arn, one).await?;
    }
    let stale = tags_gone(&context, &live, &properties);
    if !stale.is_empty() {
        context.invoke("sns", "UntagResource", json!({ "ResourceArn": arn, "TagKeys": stale })).await?;
    }
    let tags = tags(&context, &properties);
    if !tags.is_empty() {
        context.invoke("sns", "TagResource", json!({ "ResourceArn": arn, "Tags": tag_list(&tags) })).await?;
    }
    Ok(unchanged(live))
}

/// How many pages of subscriptions a topic may have.
const MAX_PAGES: usize = 1000;

async fn unsubscribe(context: &Context, arn: &str, one: &Value) -> Result<(), Fault> {
    let mut input = json!({ "TopicArn": arn });
    for _ in 0..MAX_PAGES {
        let answer = context.invoke("sns", "ListSubscriptionsByTopic", input.clone()).await?;
        let listed = answer.get("Subscriptions").and_then(Value::as_array).into_iter().flatten();
        let same = |known: &&Value| known["Protocol"] == one["Protocol"] && known["Endpoint"] == one["Endpoint"];
        if let Some(known) = listed.into_iter().find(same) {
            let input = json!({ "SubscriptionArn": answered(known, "/SubscriptionArn")? });
            return gone(context.invoke("sns", "Unsubscribe", input).await);
        }
        let Some(next) = text(&answer, "NextToken") else { break };
        input["NextToken"] = Value::from(next);
    }
    Ok(())
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    gone(context.invoke("sns", "DeleteTopic", json!({ "TopicArn": live.physical })).await)
}

async fn read(context: Context, physical: String, _properties: Value) -> Result<Option<Found>, Fault> {
    let answer = there(context.invoke("sns", "GetTopicAttributes", json!({ "TopicArn": physical })).await)?;
    let Some(answer) = answer else { return Ok(None) };
    let mut found = Found { made: made(&physical), ..Found::default() };
    if let Some(shown) = answer.pointer("/Attributes/DisplayName").filter(|shown| shown.as_str() != Some("")) {
        found.properties.insert("DisplayName".to_owned(), shown.clone());
    }
    Ok(Some(found))
}
