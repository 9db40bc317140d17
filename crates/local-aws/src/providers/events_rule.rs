//! `AWS::Events::Rule`

use serde_json::{Map, Value, json};

use super::kind::{Kind, kind};
use super::member::{document, gone, name_or, tag_list, tags, tags_gone, text, there, unchanged};
use crate::engine::journal::Live;
use crate::engine::names::Letters;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema, Shape, TAGS};
use crate::wire::Fault;

const TARGET: Shape = Shape::Object(&[
    Property::text("Arn").required(),
    Property::object("DeadLetterConfig", &[Property::text("Arn")]),
    Property::text("Id").required(),
    Property::text("Input"),
    Property::text("InputPath"),
    Property::object(
        "InputTransformer",
        &[Property::map("InputPathsMap", &Shape::Text), Property::text("InputTemplate").required()],
    ),
    Property::object(
        "RetryPolicy",
        &[Property::integer("MaximumEventAgeInSeconds", 60, 86_400), Property::integer("MaximumRetryAttempts", 0, 185)],
    ),
    Property::text("RoleArn"),
    Property::refused("AppSyncParameters"),
    Property::refused("BatchParameters"),
    Property::refused("EcsParameters"),
    Property::refused("HttpParameters"),
    Property::refused("KinesisParameters"),
    Property::refused("RedshiftDataParameters"),
    Property::refused("RunCommandParameters"),
    Property::refused("SageMakerPipelineParameters"),
    Property::refused("SqsParameters"),
]);

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-rule.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::Events::Rule",
    properties: &[
        Property::text("Description"),
        Property::text("EventBusName").replaces(),
        Property::json("EventPattern"),
        Property::text("Name").replaces(),
        Property::text("RoleArn"),
        Property::text("ScheduleExpression"),
        Property::choice("State", &["DISABLED", "ENABLED"]),
        TAGS,
        Property::objects("Targets", &TARGET),
    ],
    attributes: &["Arn"],
    volatile: &[],
    identifier: Some("Name"),
    taggable: true,
});

/// The name of a bus, of which an ARN may stand instead; none for the default one.
fn bus(properties: &Value) -> Option<&str> {
    let given = text(properties, "EventBusName")?;
    Some(given.rsplit('/').next().unwrap_or(given)).filter(|name| *name != "default")
}

/// `NAME`, or `BUS|NAME`.
fn name(context: &Context, properties: &Value) -> Option<String> {
    let name = name_or(context, properties, "Name", 64, Letters::Mixed);
    Some(bus(properties).map_or_else(|| name.clone(), |bus| format!("{bus}|{name}")))
}

fn parts(physical: &str) -> (Option<&str>, &str) {
    physical.split_once('|').map_or((None, physical), |(bus, name)| (Some(bus), name))
}

fn made(context: &Context, physical: &str) -> Made {
    let (bus, name) = parts(physical);
    let path = bus.map_or_else(|| name.to_owned(), |bus| format!("{bus}/{name}"));
    Made::new(physical).with("Arn", context.arn("events", &format!("rule/{path}")))
}

/// The input of an operation on a rule that is called `member` there.
fn on(physical: &str, member: &str) -> Map<String, Value> {
    let (bus, name) = parts(physical);
    let mut input = Map::from_iter([(member.to_owned(), Value::from(name))]);
    input.extend(bus.map(|bus| ("EventBusName".to_owned(), Value::from(bus))));
    input
}

fn targets(properties: &Value) -> &[Value] {
    properties.get("Targets").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

async fn put(context: &Context, physical: &str, properties: &Value) -> Result<(), Fault> {
    let mut input = on(physical, "Name");
    for member in ["Description", "RoleArn", "ScheduleExpression", "State"] {
        input.extend(properties.get(member).map(|value| (member.to_owned(), value.clone())));
    }
    let pattern = properties.get("EventPattern").map(document);
    input.extend(pattern.map(|pattern| ("EventPattern".to_owned(), Value::from(pattern))));
    context.invoke("events", "PutRule", Value::Object(input)).await?;
    if !targets(properties).is_empty() {
        let mut input = on(physical, "Rule");
        input.insert("Targets".to_owned(), json!(targets(properties)));
        context.invoke("events", "PutTargets", Value::Object(input)).await?;
    }
    Ok(())
}

async fn tag(context: &Context, made: &Made, properties: &Value) -> Result<(), Fault> {
    let tags = tags(context, properties);
    if tags.is_empty() {
        return Ok(());
    }
    let input = json!({ "ResourceARN": made.attributes.get("Arn"), "Tags": tag_list(&tags) });
    context.invoke("events", "TagResource", input).await.map(|_| ())
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    let physical = name(&context, &properties).unwrap_or_default();
    put(&context, &physical, &properties).await?;
    let made = made(&context, &physical);
    tag(&context, &made, &properties).await?;
    Ok(made)
}

async fn remove_targets(context: &Context, physical: &str, ids: Vec<&Value>) -> Result<(), Fault> {
    if ids.is_empty() {
        return Ok(());
    }
    let mut input = on(physical, "Rule");
    input.insert("Ids".to_owned(), json!(ids));
    gone(context.invoke("events", "RemoveTargets", Value::Object(input)).await)
}

async fn update(context: Context, live: Live, properties: Value) -> Result<Made, Fault> {
    put(&context, &live.physical, &properties).await?;
    let kept = |id: &Value| targets(&properties).iter().any(|target| target["Id"] == *id);
    let stale = targets(&live.properties).iter().map(|target| &target["Id"]).filter(|id| !kept(id)).collect();
    remove_targets(&context, &live.physical, stale).await?;
    let made = made(&context, &live.physical);
    let stale = tags_gone(&context, &live, &properties);
    if !stale.is_empty() {
        let input = json!({ "ResourceARN": made.attributes.get("Arn"), "TagKeys": stale });
        context.invoke("events", "UntagResource", input).await?;
    }
    tag(&context, &made, &properties).await?;
    Ok(unchanged(live))
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    let listed = there(context.invoke("events", "ListTargetsByRule", Value::Object(on(&live.physical, "Rule"))).await)?;
    let Some(listed) = listed else { return Ok(()) };
    let ids = targets(&listed).iter().map(|target| &target["Id"]).collect();
    remove_targets(&context, &live.physical, ids).await?;
    gone(context.invoke("events", "DeleteRule", Value::Object(on(&live.physical, "Name"))).await)
}

async fn read(context: Context, physical: String, _properties: Value) -> Result<Option<Found>, Fault> {
    let answer = there(context.invoke("events", "DescribeRule", Value::Object(on(&physical, "Name"))).await)?;
    let Some(answer) = answer else { return Ok(None) };
    let mut found = Found { made: made(&context, &physical), ..Found::default() };
    for member in ["Description", "ScheduleExpression", "State"] {
        found.properties.extend(answer.get(member).map(|value| (member.to_owned(), value.clone())));
    }
    Ok(Some(found))
}
