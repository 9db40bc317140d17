//! `AWS::StepFunctions::StateMachineVersion`

use serde_json::{Value, json};

use super::kind::{Kind, kind};
use super::member::{answered, found, gone, required, text, there, unchanged};
use crate::engine::journal::Live;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema};
use crate::wire::Fault;

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-stepfunctions-statemachineversion.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::StepFunctions::StateMachineVersion",
    properties: &[
        Property::text("Description").replaces(),
        Property::text("StateMachineArn").required().replaces(),
        Property::text("StateMachineRevisionId").replaces(),
    ],
    attributes: &["Arn"],
    volatile: &[],
    identifier: None,
    taggable: false,
});

fn name(_context: &Context, _properties: &Value) -> Option<String> {
    None
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    let mut input = json!({ "stateMachineArn": required(&properties, "StateMachineArn") });
    for (property, member) in [("Description", "description"), ("StateMachineRevisionId", "revisionId")] {
        if let Some(value) = text(&properties, property) {
            input[member] = Value::from(value);
        }
    }
    let output = context.invoke("states", "PublishStateMachineVersion", input).await?;
    let arn = answered(&output, "/stateMachineVersionArn")?;
    Ok(Made::new(arn.clone()).with("Arn", arn))
}

async fn update(_context: Context, live: Live, _properties: Value) -> Result<Made, Fault> {
    Ok(unchanged(live))
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    let input = json!({ "stateMachineVersionArn": live.physical });
    gone(context.invoke("states", "DeleteStateMachineVersion", input).await)
}

async fn read(context: Context, physical: String, _properties: Value) -> Result<Option<Found>, Fault> {
    let input = json!({ "stateMachineArn": physical });
    let answer = there(context.invoke("states", "DescribeStateMachine", input).await)?;
    Ok(answer.and_then(|_| found(Made::new(physical.clone()).with("Arn", physical))))
}
