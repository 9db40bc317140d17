//! `AWS::StepFunctions::StateMachine`

use serde_json::{Map, Value, json};

use super::kind::{Kind, kind};
use super::member::{document, gone, lowered, required, seed, small_tag_list, tags, tags_gone, text, there};
use crate::engine::journal::Live;
use crate::engine::names;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema, Shape, TAGS};
use crate::wire::Fault;

const DESTINATION: Shape =
    Shape::Object(&[Property::object("CloudWatchLogsLogGroup", &[Property::text("LogGroupArn")])]);

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-stepfunctions-statemachine.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::StepFunctions::StateMachine",
    properties: &[
        Property::json("Definition"),
        Property::object(
            "DefinitionS3Location",
            &[Property::text("Bucket").required(), Property::text("Key").required(), Property::text("Version")],
        ),
        Property::text("DefinitionString"),
        Property::map("DefinitionSubstitutions", &Shape::Json),
        Property::object(
            "EncryptionConfiguration",
            &[
                Property::integer("KmsDataKeyReusePeriodSeconds", 60, 900),
                Property::text("KmsKeyId"),
                Property::choice("Type", &["CUSTOMER_MANAGED_KMS_KEY", "AWS_OWNED_KEY"]).required(),
            ],
        ),
        Property::object(
            "LoggingConfiguration",
            &[
                Property::objects("Destinations", &DESTINATION),
                Property::flag("IncludeExecutionData"),
                Property::choice("Level", &["ALL", "ERROR", "FATAL", "OFF"]),
            ],
        ),
        Property::text("RoleArn").required(),
        Property::text("StateMachineName").replaces(),
        Property::choice("StateMachineType", &["STANDARD", "EXPRESS"]).replaces(),
        TAGS,
        Property::object("TracingConfiguration", &[Property::flag("Enabled")]),
    ],
    attributes: &["Arn", "Name", "StateMachineRevisionId"],
    volatile: &["StateMachineRevisionId"],
    identifier: Some("StateMachineName"),
    taggable: true,
});

fn machine_name(context: &Context, properties: &Value) -> String {
    match text(properties, "StateMachineName") {
        Some(name) => name.to_owned(),
        None => names::state_machine(&context.logical, &seed(context)),
    }
}

fn name(context: &Context, properties: &Value) -> Option<String> {
    Some(context.arn("states", &format!("stateMachine:{}", machine_name(context, properties))))
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    let mut input = settings(&properties);
    input.insert("name".to_owned(), Value::from(machine_name(&context, &properties)));
    input.insert("definition".to_owned(), Value::from(definition(&context, &properties).await?));
    if let Some(kind) = text(&properties, "StateMachineType") {
        input.insert("type".to_owned(), Value::from(kind));
    }
    let tags = tags(&context, &properties);
    if !tags.is_empty() {
        input.insert("tags".to_owned(), small_tag_list(&tags));
    }
    let output = context.invoke("states", "CreateStateMachine", Value::Object(input)).await?;
    describe(&context, required(&output, "stateMachineArn")).await
}

async fn update(context: Context, live: Live, properties: Value) -> Result<Made, Fault> {
    let mut input = settings(&properties);
    for (property, member, absent) in [
        ("LoggingConfiguration", "loggingConfiguration", json!({ "level": "OFF" })),
        ("TracingConfiguration", "tracingConfiguration", json!({ "enabled": false })),
        ("EncryptionConfiguration", "encryptionConfiguration", json!({ "type": "AWS_OWNED_KEY" })),
    ] {
        if live.properties.get(property).is_some() && properties.get(property).is_none() {
            input.insert(member.to_owned(), absent);
        }
    }
    input.insert("stateMachineArn".to_owned(), Value::from(live.physical.as_str()));
    input.insert("definition".to_owned(), Value::from(definition(&context, &properties).await?));
    context.invoke("states", "UpdateStateMachine", Value::Object(input)).await?;
    let stale = tags_gone(&context, &live, &properties);
    if !stale.is_empty() {
        context.invoke("states", "UntagResource", json!({ "resourceArn": live.physical, "tagKeys": stale })).await?;
    }
    let tags = tags(&context, &properties);
    if !tags.is_empty() {
        let input = json!({ "resourceArn": live.physical, "tags": small_tag_list(&tags) });
        context.invoke("states", "TagResource", input).await?;
    }
    describe(&context, &live.physical).await
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    gone(context.invoke("states", "DeleteStateMachine", json!({ "stateMachineArn": live.physical })).await)
}

async fn read(context: Context, physical: String, properties: Value) -> Result<Option<Found>, Fault> {
    let input = json!({ "stateMachineArn": physical });
    let Some(output) = there(context.invoke("states", "DescribeStateMachine", input).await)? else { return Ok(None) };
    if text(&output, "status") == Some("DELETING") {
        return Ok(None);
    }
    let mut found = Found { made: made(&physical, &output), ..Found::default() };
    for (property, member) in [("RoleArn", "roleArn"), ("StateMachineType", "type"), ("DefinitionString", "definition")]
    {
        if let Some(value) = output.get(member).filter(|_| properties.get(property).is_some()) {
            found.properties.insert(property.to_owned(), value.clone());
        }
    }
    if let Some(expected) = text(&properties, "DefinitionString") {
        // The text with its substitutions is not what the template holds; only a plain one can be compared.
        if expected.contains("${") {
            found.properties.shift_remove("DefinitionString");
        }
    }
    Ok(Some(found))
}

async fn describe(context: &Context, arn: &str) -> Result<Made, Fault> {
    let output = context.invoke("states", "DescribeStateMachine", json!({ "stateMachineArn": arn })).await?;
    Ok(made(arn, &output))
}

fn made(arn: &str, output: &Value) -> Made {
    let revision = text(output, "revisionId").unwrap_or("INITIAL");
    Made::new(arn).with("Arn", arn).with("Name", required(output, "name")).with("StateMachineRevisionId", revision)
}

fn settings(properties: &Value) -> Map<String, Value> {
    let mut lowered = lowered(&KIND.schema, properties);
    lowered.retain(|name, _| {
        matches!(name.as_str(), "roleArn" | "loggingConfiguration" | "tracingConfiguration" | "encryptionConfiguration")
    });
    lowered
}

/// The definition's text with its substitutions made.
async fn definition(context: &Context, properties: &Value) -> Result<String, Fault> {
    let given =
        [properties.get("Definition"), properties.get("DefinitionString"), properties.get("DefinitionS3Location")];
    let text = match given {
        [Some(definition), None, None] => document(definition),
        [None, Some(definition), None] => document(definition),
        [None, None, Some(location)] => stored(context, location).await?,
        _ => {
            return Err(Fault::sender(
                "InvalidRequest",
                "Property validation failure: exactly one of Definition, DefinitionString and DefinitionS3Location must be set",
            ));
        }
    };
    let Some(substitutions) = properties.get("DefinitionSubstitutions").and_then(Value::as_object) else {
        return Ok(text);
    };
    Ok(substitutions.iter().fold(text, |text, (key, value)| text.replace(&format!("${{{key}}}"), &document(value))))
}

async fn stored(context: &Context, location: &Value) -> Result<String, Fault> {
    let mut input = json!({ "Bucket": required(location, "Bucket"), "Key": required(location, "Key") });
    if let Some(version) = text(location, "Version") {
        input["VersionId"] = Value::from(version);
    }
    let output = context.world.invoke("s3", "GetObject", &context.region, input).await?;
    String::from_utf8(output.payload.unwrap_or_default().to_vec())
        .map_err(|_| Fault::sender("InvalidRequest", "the state machine's definition in S3 is not text"))
}
