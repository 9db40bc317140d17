//! `AWS::S3::Bucket`

use serde_json::{Map, Value, json};

use super::kind::{Kind, kind};
use super::member::{differs, found, gone, name_or, tag_list, tags, there, unchanged};
use crate::engine::journal::Live;
use crate::engine::names::Letters;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema, Shape, TAGS};
use crate::wire::Fault;

const NOTIFICATIONS: &str = "NotificationConfiguration";

const ENCRYPTION: Shape = Shape::Object(&[
    Property::flag("BucketKeyEnabled"),
    Property::object(
        "ServerSideEncryptionByDefault",
        &[
            Property::choice("SSEAlgorithm", &["aws:kms", "AES256", "aws:kms:dsse"]).required(),
            Property::text("KMSMasterKeyID"),
        ],
    ),
]);

const CORS_RULE: Shape = Shape::Object(&[
    Property::texts("AllowedHeaders"),
    Property::texts("AllowedMethods").required(),
    Property::texts("AllowedOrigins").required(),
    Property::texts("ExposedHeaders"),
    Property::text("Id"),
    Property::integer("MaxAge", 0, i64::MAX),
]);

const FILTER: Property = Property::object(
    "Filter",
    &[Property::object(
        "S3Key",
        &[Property::objects(
            "Rules",
            &Shape::Object(&[Property::text("Name").required(), Property::text("Value").required()]),
        )
        .required()],
    )
    .required()],
);
const TO_FUNCTION: Shape =
    Shape::Object(&[Property::text("Event").required(), Property::text("Function").required(), FILTER]);
const TO_QUEUE: Shape =
    Shape::Object(&[Property::text("Event").required(), Property::text("Queue").required(), FILTER]);
const TO_TOPIC: Shape =
    Shape::Object(&[Property::text("Event").required(), Property::text("Topic").required(), FILTER]);

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::S3::Bucket",
    properties: &[
        Property::text("BucketName").replaces(),
        Property::object(
            "BucketEncryption",
            &[Property::objects("ServerSideEncryptionConfiguration", &ENCRYPTION).required()]
        ),
        Property::object(
            "VersioningConfiguration",
            &[Property::choice("Status", &["Enabled", "Suspended"]).required()]
        ),
        Property::object(
            "PublicAccessBlockConfiguration",
            &[
                Property::flag("BlockPublicAcls"),
                Property::flag("BlockPublicPolicy"),
                Property::flag("IgnorePublicAcls"),
                Property::flag("RestrictPublicBuckets"),
            ],
        ),
        Property::object(
            "NotificationConfiguration",
            &[
                Property::objects("LambdaConfigurations", &TO_FUNCTION),
                Property::objects("QueueConfigurations", &TO_QUEUE),
                Property::objects("TopicConfigurations", &TO_TOPIC),
                Property::refused("EventBridgeConfiguration"),
            ],
        ),
        Property::object("CorsConfiguration", &[Property::objects("CorsRules", &CORS_RULE).required()]),
        TAGS,
        Property::refused("AbacStatus"),
        Property::refused("AccelerateConfiguration"),
        Property::refused("AccessControl"),
        Property::refused("AnalyticsConfigurations"),
        Property::refused("IntelligentTieringConfigurations"),
        Property::refused("InventoryConfigurations"),
        Property::refused("LifecycleConfiguration"),
        Property::refused("LoggingConfiguration"),
        Property::refused("MetadataConfiguration"),
        Property::refused("MetadataTableConfiguration"),
        Property::refused("MetricsConfigurations"),
        Property::refused("ObjectLockConfiguration"),
        Property::refused("ObjectLockEnabled"),
        Property::refused("OwnershipControls"),
        Property::refused("ReplicationConfiguration"),
        Property::refused("WebsiteConfiguration"),
    ],
    attributes: &["Arn", "DomainName", "DualStackDomainName", "RegionalDomainName", "WebsiteURL"],
    volatile: &[],
    identifier: Some("BucketName"),
    taggable: true,
});

fn name(context: &Context, properties: &Value) -> Option<String> {
    Some(name_or(context, properties, "BucketName", 63, Letters::Lower))
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    let bucket = name(&context, &properties).unwrap_or_default();
    let mut input = json!({ "Bucket": bucket });
    if context.region != "us-east-1" {
        input["CreateBucketConfiguration"] = json!({ "LocationConstraint": context.region });
    }
    context.invoke("s3", "CreateBucket", input).await?;
    for (operation, input) in settings(&context, &bucket, &properties) {
        context.invoke("s3", operation, input).await?;
    }
    Ok(made(&context, &bucket))
}

async fn update(context: Context, live: Live, properties: Value) -> Result<Made, Fault> {
    let bucket = live.physical.as_str();
    for (property, operation) in [
        ("BucketEncryption", "DeleteBucketEncryption"),
        ("PublicAccessBlockConfiguration", "DeletePublicAccessBlock"),
        ("CorsConfiguration", "DeleteBucketCors"),
        ("Tags", "DeleteBucketTagging"),
    ] {
        if live.properties.get(property).is_some() && properties.get(property).is_none() {
            gone(context.invoke("s3", operation, json!({ "Bucket": bucket })).await)?;
        }
    }
    if live.properties.get(NOTIFICATIONS).is_some() && properties.get(NOTIFICATIONS).is_none() {
        let input = json!({ "Bucket": bucket, NOTIFICATIONS: {} });
        context.invoke("s3", "PutBucketNotificationConfiguration", input).await?;
    }
    if differs(&live, &properties, "VersioningConfiguration") && properties.get("VersioningConfiguration").is_none() {
        let input = json!({ "Bucket": bucket, "VersioningConfiguration": { "Status": "Suspended" } });
        context.invoke("s3", "PutBucketVersioning", input).await?;
    }
    for (operation, input) in settings(&context, bucket, &properties) {
        context.invoke("s3", operation, input).await?;
    }
    Ok(unchanged(live))
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    gone(context.invoke("s3", "DeleteBucket", json!({ "Bucket": live.physical })).await)
}

async fn read(context: Context, physical: String, _properties: Value) -> Result<Option<Found>, Fault> {
    let answer = there(context.invoke("s3", "HeadBucket", json!({ "Bucket": physical })).await)?;
    Ok(answer.and_then(|_| found(made(&context, &physical))))
}

fn made(context: &Context, bucket: &str) -> Made {
    let region = &context.region;
    Made::new(bucket)
        .with("Arn", format!("arn:aws:s3:::{bucket}"))
        .with("DomainName", format!("{bucket}.s3.amazonaws.com"))
        .with("DualStackDomainName", format!("{bucket}.s3.dualstack.{region}.amazonaws.com"))
        .with("RegionalDomainName", format!("{bucket}.s3.{region}.amazonaws.com"))
        .with("WebsiteURL", format!("http://{bucket}.s3-website-{region}.amazonaws.com"))
}

/// The calls that give the bucket its settings.
fn settings(context: &Context, bucket: &str, properties: &Value) -> Vec<(&'static str, Value)> {
    let mut calls = Vec::new();
    if let Some(rules) =
        properties.pointer("/BucketEncryption/ServerSideEncryptionConfiguration").and_then(Value::as_array)
    {
        let rules: Vec<Value> = rules
            .iter()
            .map(|rule| renamed(rule, &[("ServerSideEncryptionByDefault", "ApplyServerSideEncryptionByDefault")]))
            .collect();
        calls.push((
            "PutBucketEncryption",
            json!({ "Bucket": bucket, "ServerSideEncryptionConfiguration": { "Rules": rules } }),
        ));
    }
    for (property, operation) in
        [("VersioningConfiguration", "PutBucketVersioning"), ("PublicAccessBlockConfiguration", "PutPublicAccessBlock")]
    {
        if let Some(value) = properties.get(property) {
            calls.push((operation, json!({ "Bucket": bucket, property: value })));
        }
    }
    if let Some(rules) = properties.pointer("/CorsConfiguration/CorsRules").and_then(Value::as_array) {
        let names = [("ExposedHeaders", "ExposeHeaders"), ("Id", "ID"), ("MaxAge", "MaxAgeSeconds")];
        let rules: Vec<Value> = rules.iter().map(|rule| renamed(rule, &names)).collect();
        calls.push(("PutBucketCors", json!({ "Bucket": bucket, "CORSConfiguration": { "CORSRules": rules } })));
    }
    if let Some(configuration) = properties.get(NOTIFICATIONS) {
        let input = json!({ "Bucket": bucket, NOTIFICATIONS: notifications(configuration) });
        calls.push(("PutBucketNotificationConfiguration", input));
    }
    let tags = tags(context, properties);
    if !tags.is_empty() {
        calls.push(("PutBucketTagging", json!({ "Bucket": bucket, "Tagging": { "TagSet": tag_list(&tags) } })));
    }
    calls
}

/// The configuration of notifications in the API's shape: a list of events for each destination.
fn notifications(configuration: &Value) -> Value {
    let lists = [
        ("LambdaConfigurations", "LambdaFunctionConfigurations", "Function", "LambdaFunctionArn"),
        ("QueueConfigurations", "QueueConfigurations", "Queue", "QueueArn"),
        ("TopicConfigurations", "TopicConfigurations", "Topic", "TopicArn"),
    ];
    let lists = lists.iter().filter_map(|(from, to, destination, arn)| {
        let entries = configuration.get(*from)?.as_array()?.iter().map(|entry| {
            let mut given = json!({ "Events": [entry["Event"]], *arn: entry[*destination] });
            if let Some(rules) = entry.pointer("/Filter/S3Key/Rules") {
                given["Filter"] = json!({ "Key": { "FilterRules": rules } });
            }
            given
        });
        Some(((*to).to_owned(), Value::Array(entries.collect())))
    });
    Value::Object(lists.collect())
}

/// The object with some keys under the API's names.
fn renamed(value: &Value, names: &[(&str, &str)]) -> Value {
    let Value::Object(entries) = value else { return value.clone() };
    let renamed: Map<String, Value> = entries
        .iter()
        .map(|(key, value)| {
            let name = names.iter().find(|(from, _)| from == key).map_or(key.as_str(), |(_, to)| to);
            (name.to_owned(), value.clone())
        })
        .collect();
    Value::Object(renamed)
}
