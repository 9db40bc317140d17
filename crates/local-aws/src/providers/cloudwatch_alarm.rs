//! `AWS::CloudWatch::Alarm`

use serde_json::{Map, Value, json};

use super::kind::{Kind, kind};
use super::member::{found_with, gone, name_or, pick, unchanged};
use crate::engine::journal::Live;
use crate::engine::names::Letters;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema, Shape, TAGS};
use crate::wire::Fault;

const DIMENSION: Shape = Shape::Object(&[Property::text("Name").required(), Property::text("Value").required()]);

/// Diverges: tags of alarms are taken and not kept.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-alarm.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::CloudWatch::Alarm",
    properties: &[
        Property::flag("ActionsEnabled"),
        Property::texts("AlarmActions"),
        Property::text("AlarmDescription"),
        Property::text("AlarmName").replaces(),
        Property::text("ComparisonOperator").required(),
        Property::integer("DatapointsToAlarm", 1, i64::MAX),
        Property::list("Dimensions", &DIMENSION),
        Property::text("EvaluateLowSampleCountPercentile"),
        Property::integer("EvaluationPeriods", 1, i64::MAX).required(),
        Property::text("ExtendedStatistic"),
        Property::texts("InsufficientDataActions"),
        Property::text("MetricName"),
        Property::json("Metrics"),
        Property::text("Namespace"),
        Property::texts("OKActions"),
        Property::integer("Period", 1, 86_400),
        Property::text("Statistic"),
        TAGS,
        Property::number("Threshold"),
        Property::text("ThresholdMetricId"),
        Property::text("TreatMissingData"),
        Property::text("Unit"),
    ],
    attributes: &["Arn"],
    volatile: &[],
    identifier: Some("AlarmName"),
    taggable: false,
});

/// The properties that `PutMetricAlarm` takes.
fn input(physical: &str, properties: &Value) -> Value {
    let members: Map<String, Value> = properties.as_object().cloned().unwrap_or_default();
    let mut input = Value::Object(members.into_iter().filter(|(name, _)| name != "Tags").collect());
    input["AlarmName"] = json!(physical);
    input
}

fn name(context: &Context, properties: &Value) -> Option<String> {
    Some(name_or(context, properties, "AlarmName", 255, Letters::Mixed))
}

fn made(context: &Context, physical: &str) -> Made {
    Made::new(physical).with("Arn", context.arn("cloudwatch", &format!("alarm:{physical}")))
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    let physical = name_or(&context, &properties, "AlarmName", 255, Letters::Mixed);
    context.invoke("monitoring", "PutMetricAlarm", input(&physical, &properties)).await?;
    Ok(made(&context, &physical))
}

async fn update(context: Context, live: Live, properties: Value) -> Result<Made, Fault> {
    context.invoke("monitoring", "PutMetricAlarm", input(&live.physical, &properties)).await?;
    Ok(unchanged(live))
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    gone(context.invoke("monitoring", "DeleteAlarms", json!({ "AlarmNames": [live.physical] })).await)
}

async fn read(context: Context, physical: String, properties: Value) -> Result<Option<Found>, Fault> {
    let answer = context.invoke("monitoring", "DescribeAlarms", json!({ "AlarmNames": [physical] })).await?;
    let Some(alarm) = answer.pointer("/MetricAlarms/0") else { return Ok(None) };
    // Lists that were not given are there and empty.
    let given: Vec<&str> = properties.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    let readable: Vec<&str> = given.into_iter().filter(|name| *name != "Tags").collect();
    let alarm = Value::Object(pick(alarm, &readable));
    Ok(found_with(made(&context, &physical), &alarm, &readable))
}
