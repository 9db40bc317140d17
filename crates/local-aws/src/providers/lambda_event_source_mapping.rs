//! `AWS::Lambda::EventSourceMapping`

use serde_json::{Value, json};

use super::kind::{Kind, kind};
use super::member::{answered, found, gone, pick, tags, there};
use crate::engine::journal::Live;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema, Shape, TAGS};
use crate::wire::Fault;

const FILTER: Shape = Shape::Object(&[Property::text("Pattern")]);

/// Members that an update may change.
const CHANGEABLE: &[&str] = &[
    "BatchSize",
    "BisectBatchOnFunctionError",
    "DestinationConfig",
    "Enabled",
    "FilterCriteria",
    "FunctionName",
    "FunctionResponseTypes",
    "MaximumBatchingWindowInSeconds",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
    "ParallelizationFactor",
    "ScalingConfig",
    "TumblingWindowInSeconds",
];

/// What a member is again when its property is taken away.
///
/// Source: AWS Lambda API Reference, `UpdateEventSourceMapping`.
fn default_of(name: &str, source: &str) -> Value {
    match name {
        "BatchSize" if source.contains(":sqs:") => json!(10),
        "BatchSize" => json!(100),
        "Enabled" => json!(true),
        "BisectBatchOnFunctionError" => json!(false),
        "MaximumRecordAgeInSeconds" | "MaximumRetryAttempts" => json!(-1),
        "MaximumBatchingWindowInSeconds" | "TumblingWindowInSeconds" => json!(0),
        "ParallelizationFactor" => json!(1),
        "FunctionResponseTypes" => json!([]),
        _ => json!({}),
    }
}

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventsourcemapping.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::Lambda::EventSourceMapping",
    properties: &[
        Property::integer("BatchSize", 1, 10_000),
        Property::flag("BisectBatchOnFunctionError"),
        Property::object("DestinationConfig", &[Property::object("OnFailure", &[Property::text("Destination")])]),
        Property::flag("Enabled"),
        Property::text("EventSourceArn").replaces(),
        Property::object("FilterCriteria", &[Property::objects("Filters", &FILTER)]),
        Property::text("FunctionName").required(),
        Property::list("FunctionResponseTypes", &Shape::Choice(&["ReportBatchItemFailures"])),
        Property::integer("MaximumBatchingWindowInSeconds", 0, 300),
        Property::integer("MaximumRecordAgeInSeconds", -1, 604_800),
        Property::integer("MaximumRetryAttempts", -1, 10_000),
        Property::integer("ParallelizationFactor", 1, 10),
        Property::object("ScalingConfig", &[Property::integer("MaximumConcurrency", 2, 1000)]),
        Property::text("StartingPosition").replaces(),
        TAGS,
        Property::integer("TumblingWindowInSeconds", 0, 900),
        Property::refused("AmazonManagedKafkaEventSourceConfig"),
        Property::refused("DocumentDBEventSourceConfig"),
        Property::refused("KmsKeyArn"),
        Property::refused("LoggingConfig"),
        Property::refused("MetricsConfig"),
        Property::refused("ProvisionedPollerConfig"),
        Property::refused("Queues"),
        Property::refused("SelfManagedEventSource"),
        Property::refused("SelfManagedKafkaEventSourceConfig"),
        Property::refused("SourceAccessConfigurations"),
        Property::refused("StartingPositionTimestamp"),
        Property::refused("Topics"),
    ],
    attributes: &["EventSourceMappingArn", "Id"],
    volatile: &[],
    identifier: None,
    taggable: true,
});

fn name(_context: &Context, _properties: &Value) -> Option<String> {
    None
}

fn made(context: &Context, id: &str) -> Made {
    let arn = context.arn("lambda", &format!("event-source-mapping:{id}"));
    Made::new(id).with("Id", id).with("EventSourceMappingArn", arn)
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    let mut input = pick(&properties, CHANGEABLE);
    input.extend(pick(&properties, &["EventSourceArn", "StartingPosition"]));
    let tags = tags(&context, &properties);
    if !tags.is_empty() {
        input.insert("Tags".to_owned(), json!(tags));
    }
    let output = context.invoke("lambda", "CreateEventSourceMapping", Value::Object(input)).await?;
    Ok(made(&context, &answered(&output, "/UUID")?))
}

async fn update(context: Context, live: Live, properties: Value) -> Result<Made, Fault> {
    let mut input = pick(&properties, CHANGEABLE);
    let source = properties.get("EventSourceArn").and_then(Value::as_str).unwrap_or_default();
    for name in CHANGEABLE.iter().filter(|name| live.properties.get(**name).is_some()) {
        input.entry(*name).or_insert_with(|| default_of(name, source));
    }
    input.insert("UUID".to_owned(), Value::from(live.physical.as_str()));
    context.invoke("lambda", "UpdateEventSourceMapping", Value::Object(input)).await?;
    Ok(made(&context, &live.physical))
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    gone(context.invoke("lambda", "DeleteEventSourceMapping", json!({ "UUID": live.physical })).await)
}

async fn read(context: Context, physical: String, _properties: Value) -> Result<Option<Found>, Fault> {
    let input = json!({ "UUID": physical });
    let answer = there(context.invoke("lambda", "GetEventSourceMapping", input).await)?;
    Ok(answer.and_then(|_| found(made(&context, &physical))))
}
