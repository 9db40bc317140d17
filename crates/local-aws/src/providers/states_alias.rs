//! `AWS::StepFunctions::StateMachineAlias`

use serde_json::{Value, json};

use super::kind::{Kind, kind};
use super::member::{answered, found, gone, lower_first, name_or, required, text, there, unchanged};
use crate::engine::journal::Live;
use crate::engine::names::Letters;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema, Shape};
use crate::wire::Fault;

const ROUTE: Shape = Shape::Object(&[
    Property::text("StateMachineVersionArn").required(),
    Property::integer("Weight", 0, 100).required(),
]);

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-stepfunctions-statemachinealias.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::StepFunctions::StateMachineAlias",
    properties: &[
        Property::text("Description"),
        Property::text("Name").replaces(),
        Property::objects("RoutingConfiguration", &ROUTE).required(),
        Property::refused("DeploymentPreference"),
    ],
    attributes: &["Arn"],
    volatile: &[],
    identifier: None,
    taggable: false,
});

fn name(_context: &Context, _properties: &Value) -> Option<String> {
    None
}

fn settings(properties: &Value) -> Value {
    let routes = properties.get("RoutingConfiguration").and_then(Value::as_array).into_iter().flatten();
    let routes: Vec<Value> = routes
        .map(|route| {
            let version = "StateMachineVersionArn";
            json!({ lower_first(version): required(route, version), "weight": route.get("Weight") })
        })
        .collect();
    json!({ "description": text(properties, "Description").unwrap_or_default(), "routingConfiguration": routes })
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    let mut input = settings(&properties);
    input["name"] = Value::from(name_or(&context, &properties, "Name", 80, Letters::Mixed));
    let output = context.invoke("states", "CreateStateMachineAlias", input).await?;
    let arn = answered(&output, "/stateMachineAliasArn")?;
    Ok(Made::new(arn.clone()).with("Arn", arn))
}

async fn update(context: Context, live: Live, properties: Value) -> Result<Made, Fault> {
    let mut input = settings(&properties);
    input["stateMachineAliasArn"] = Value::from(live.physical.as_str());
    context.invoke("states", "UpdateStateMachineAlias", input).await?;
    Ok(unchanged(live))
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    let input = json!({ "stateMachineAliasArn": live.physical });
    gone(context.invoke("states", "DeleteStateMachineAlias", input).await)
}

async fn read(context: Context, physical: String, _properties: Value) -> Result<Option<Found>, Fault> {
    let input = json!({ "stateMachineAliasArn": physical });
    let answer = there(context.invoke("states", "DescribeStateMachineAlias", input).await)?;
    Ok(answer.and_then(|_| found(Made::new(physical.clone()).with("Arn", physical))))
}
