//! `AWS::CloudFormation::Stack`: a nested stack.

use std::time::Duration;

use serde_json::{Value, json};

use super::kind::{Kind, kind};
use super::member::{answered, found, invented, required, tag_list, tags, text, there};
use crate::engine::journal::Live;
use crate::engine::names::Letters;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema, Shape, TAGS};
use crate::wire::Fault;

/// How often, and how many times, a nested stack is looked at before it counts as stuck: an hour.
const PAUSE: Duration = Duration::from_millis(20);
const MOST_LOOKS: usize = 180_000;

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-stack.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::CloudFormation::Stack",
    properties: &[
        Property::texts("NotificationARNs"),
        Property::map("Parameters", &Shape::Text),
        TAGS,
        Property::text("TemplateURL").required(),
        Property::refused("TimeoutInMinutes"),
    ],
    attributes: &["Outputs.*"],
    volatile: &[],
    identifier: None,
    taggable: true,
});

fn name(_context: &Context, _properties: &Value) -> Option<String> {
    None
}

fn submission(context: &Context, properties: &Value) -> Value {
    let parameters = properties.get("Parameters").and_then(Value::as_object);
    let parameters: Vec<Value> = parameters
        .into_iter()
        .flatten()
        .map(|(key, value)| json!({ "ParameterKey": key, "ParameterValue": value }))
        .collect();
    let mut input = json!({
        "TemplateURL": required(properties, "TemplateURL"),
        "Parameters": parameters,
        "Tags": tag_list(&tags(context, properties)),
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
    });
    if let Some(arns) = properties.get("NotificationARNs") {
        input["NotificationARNs"] = arns.clone();
    }
    input
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    let mut input = submission(&context, &properties);
    input["StackName"] = Value::from(invented(&context, 128, Letters::Upper));
    input["ParentId"] = Value::from(context.stack_id.as_str());
    input["RootId"] = Value::from(root(&context).await?);
    let output = context.invoke("cloudformation", "CreateStack", input).await?;
    let id = answered(&output, "/StackId")?;
    let stack = settled(&context, &id).await?;
    if text(&stack, "StackStatus") == Some("CREATE_COMPLETE") {
        return Ok(made(&id, &stack));
    }
    // The parent cannot delete what it does not know: what is left of the failed stack goes now.
    let failed = not_created(&id, &stack);
    context.invoke("cloudformation", "DeleteStack", json!({ "StackName": id })).await?;
    settled(&context, &id).await?;
    Err(failed)
}

/// The id of the outermost stack.
async fn root(context: &Context) -> Result<String, Fault> {
    let output = context.invoke("cloudformation", "DescribeStacks", json!({ "StackName": context.stack_id })).await?;
    let root = output.pointer("/Stacks/0/RootId").and_then(Value::as_str);
    Ok(root.unwrap_or(&context.stack_id).to_owned())
}

fn not_created(id: &str, stack: &Value) -> Fault {
    let reason = text(stack, "StackStatusReason").unwrap_or_default();
    Fault::sender("NotStabilized", format!("Embedded stack {id} was not successfully created: {reason}"))
}

async fn update(context: Context, live: Live, properties: Value) -> Result<Made, Fault> {
    let mut input = submission(&context, &properties);
    input["StackName"] = Value::from(live.physical.as_str());
    match context.invoke("cloudformation", "UpdateStack", input).await {
        Ok(_) => {}
        Err(fault) if fault.message == "No updates are to be performed." => {}
        Err(fault) => return Err(fault),
    }
    let stack = settled(&context, &live.physical).await?;
    let status = required(&stack, "StackStatus");
    if matches!(status, "UPDATE_COMPLETE" | "CREATE_COMPLETE" | "UPDATE_ROLLBACK_COMPLETE" | "IMPORT_COMPLETE")
        && !(status == "UPDATE_ROLLBACK_COMPLETE" && text(&stack, "StackStatusReason").is_some())
    {
        return Ok(made(&live.physical, &stack));
    }
    let reason = text(&stack, "StackStatusReason").unwrap_or_default();
    Err(Fault::sender(
        "NotStabilized",
        format!(
            "Embedded stack {} was not successfully updated. Currently in {status} with reason: {reason}",
            live.physical
        ),
    ))
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    let target = json!({ "StackName": live.physical });
    context.invoke("cloudformation", "DeleteStack", target).await?;
    let stack = settled(&context, &live.physical).await?;
    match required(&stack, "StackStatus") {
        "DELETE_COMPLETE" => Ok(()),
        status => Err(Fault::sender(
            "NotStabilized",
            format!("Embedded stack {} was not successfully deleted. Currently in {status}", live.physical),
        )),
    }
}

async fn read(context: Context, physical: String, _properties: Value) -> Result<Option<Found>, Fault> {
    let output = context.invoke("cloudformation", "DescribeStacks", json!({ "StackName": physical })).await;
    let stack = there(output)?.and_then(|output| output.pointer("/Stacks/0").cloned());
    Ok(stack
        .filter(|stack| text(stack, "StackStatus") != Some("DELETE_COMPLETE"))
        .and_then(|stack| found(made(&physical, &stack))))
}

/// The stack once no operation goes on in it.
async fn settled(context: &Context, id: &str) -> Result<Value, Fault> {
    for _ in 0..MOST_LOOKS {
        let output = context.invoke("cloudformation", "DescribeStacks", json!({ "StackName": id })).await?;
        let stack = output.pointer("/Stacks/0").cloned().unwrap_or_default();
        if !required(&stack, "StackStatus").ends_with("_IN_PROGRESS") {
            return Ok(stack);
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(Fault::receiver("NotStabilized", format!("Embedded stack {id} does not come to an end")))
}

fn made(id: &str, stack: &Value) -> Made {
    let outputs = stack.get("Outputs").and_then(Value::as_array).into_iter().flatten();
    outputs.fold(Made::new(id), |made, output| {
        let (key, value) = (required(output, "OutputKey"), required(output, "OutputValue"));
        made.with(&format!("Outputs.{key}"), value)
    })
}
