//! `AWS::SQS::Queue`

use serde_json::{Map, Value, json};

use super::kind::{Kind, kind};
use super::member::{document, gone, name_or, tags, tags_gone, there, unchanged};
use crate::engine::journal::Live;
use crate::engine::names::Letters;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema, TAGS};
use crate::wire::Fault;

/// The properties that are attributes of the queue under the same name.
const ATTRIBUTES: &[&str] = &[
    "DelaySeconds",
    "KmsDataKeyReusePeriodSeconds",
    "KmsMasterKeyId",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "RedriveAllowPolicy",
    "RedrivePolicy",
    "SqsManagedSseEnabled",
    "VisibilityTimeout",
];

/// What an attribute is again when its property is taken away; the others are empty then.
///
/// Source: Amazon SQS API Reference, `SetQueueAttributes`.
const DEFAULTS: &[(&str, &str)] = &[
    ("DelaySeconds", "0"),
    ("KmsDataKeyReusePeriodSeconds", "300"),
    ("MaximumMessageSize", "1048576"),
    ("MessageRetentionPeriod", "345600"),
    ("ReceiveMessageWaitTimeSeconds", "0"),
    ("SqsManagedSseEnabled", "true"),
    ("VisibilityTimeout", "30"),
];

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queue.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::SQS::Queue",
    properties: &[
        Property::integer("DelaySeconds", 0, 900),
        Property::integer("KmsDataKeyReusePeriodSeconds", 60, 86_400),
        Property::text("KmsMasterKeyId"),
        Property::integer("MaximumMessageSize", 1024, 1_048_576),
        Property::integer("MessageRetentionPeriod", 60, 1_209_600),
        Property::text("QueueName").replaces(),
        Property::integer("ReceiveMessageWaitTimeSeconds", 0, 20),
        Property::json("RedriveAllowPolicy"),
        Property::json("RedrivePolicy"),
        Property::flag("SqsManagedSseEnabled"),
        TAGS,
        Property::integer("VisibilityTimeout", 0, 43_200),
        Property::refused("ContentBasedDeduplication"),
        Property::refused("DeduplicationScope"),
        Property::refused("FifoQueue"),
        Property::refused("FifoThroughputLimit"),
    ],
    attributes: &["Arn", "QueueName", "QueueUrl"],
    volatile: &[],
    identifier: Some("QueueName"),
    taggable: true,
});

fn name(context: &Context, properties: &Value) -> Option<String> {
    let queue = name_or(context, properties, "QueueName", 80, Letters::Mixed);
    Some(format!("{}/{}/{queue}", context.world.endpoint(), context.account))
}

fn queue_of(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or(url)
}

fn made(context: &Context, url: &str) -> Made {
    let queue = queue_of(url);
    Made::new(url).with("Arn", context.arn("sqs", queue)).with("QueueName", queue).with("QueueUrl", url)
}

fn attributes(properties: &Value) -> Map<String, Value> {
    let given = ATTRIBUTES.iter().filter_map(|name| Some((*name, properties.get(*name)?)));
    given.map(|(name, value)| (name.to_owned(), Value::from(document(value)))).collect()
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    let url = name(&context, &properties).unwrap_or_default();
    let mut input = json!({ "QueueName": queue_of(&url), "Attributes": attributes(&properties) });
    let tags = tags(&context, &properties);
    if !tags.is_empty() {
        input["tags"] = json!(tags);
    }
    context.invoke("sqs", "CreateQueue", input).await?;
    Ok(made(&context, &url))
}

async fn update(context: Context, live: Live, properties: Value) -> Result<Made, Fault> {
    let url = live.physical.as_str();
    let mut wanted = attributes(&properties);
    for name in attributes(&live.properties).keys().filter(|name| properties.get(name.as_str()).is_none()) {
        let default = DEFAULTS.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value);
        wanted.insert(name.clone(), Value::from(default));
    }
    if !wanted.is_empty() {
        context.invoke("sqs", "SetQueueAttributes", json!({ "QueueUrl": url, "Attributes": wanted })).await?;
    }
    let stale = tags_gone(&context, &live, &properties);
    if !stale.is_empty() {
        context.invoke("sqs", "UntagQueue", json!({ "QueueUrl": url, "TagKeys": stale })).await?;
    }
    let tags = tags(&context, &properties);
    if !tags.is_empty() {
        context.invoke("sqs", "TagQueue", json!({ "QueueUrl": url, "Tags": tags })).await?;
    }
    Ok(unchanged(live))
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    gone(context.invoke("sqs", "DeleteQueue", json!({ "QueueUrl": live.physical })).await)
}

async fn read(context: Context, physical: String, _properties: Value) -> Result<Option<Found>, Fault> {
    let input = json!({ "QueueUrl": physical, "AttributeNames": ["All"] });
    let Some(answer) = there(context.invoke("sqs", "GetQueueAttributes", input).await)? else { return Ok(None) };
    let mut found = Found { made: made(&context, &physical), ..Found::default() };
    for (name, value) in answer.get("Attributes").and_then(Value::as_object).into_iter().flatten() {
        if let Some(number) = value.as_str().and_then(|text| text.parse::<i64>().ok())
            && ATTRIBUTES.contains(&name.as_str())
        {
            found.properties.insert(name.clone(), Value::from(number));
        }
    }
    Ok(Some(found))
}
