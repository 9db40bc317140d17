//! `AWS::SSM::Parameter`

use serde_json::{Value, json};

use super::kind::{Kind, kind};
use super::member::{gone, name_or, pick, required, there};
use crate::engine::journal::Live;
use crate::engine::names::Letters;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema, Shape};
use crate::wire::Fault;

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ssm-parameter.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::SSM::Parameter",
    properties: &[
        Property::text("AllowedPattern"),
        Property::text("DataType"),
        Property::text("Description"),
        Property::text("Name").replaces(),
        Property::map("Tags", &Shape::Text),
        Property::choice("Tier", &["Standard", "Advanced", "Intelligent-Tiering"]),
        Property::choice("Type", &["String", "StringList"]).required(),
        Property::text("Value").required(),
        Property::refused("Policies"),
    ],
    attributes: &["Type", "Value"],
    volatile: &["Value"],
    identifier: Some("Name"),
    taggable: true,
});

fn name(context: &Context, properties: &Value) -> Option<String> {
    Some(name_or(context, properties, "Name", 512, Letters::Mixed))
}

async fn put(context: &Context, parameter: &str, properties: &Value, overwrite: bool) -> Result<Made, Fault> {
    let mut input = pick(properties, &["AllowedPattern", "DataType", "Description", "Tier", "Type", "Value"]);
    input.insert("Name".to_owned(), Value::from(parameter));
    input.insert("Overwrite".to_owned(), Value::Bool(overwrite));
    let tags = super::member::tags(context, properties);
    if !tags.is_empty() && !overwrite {
        input.insert("Tags".to_owned(), super::member::tag_list(&tags));
    }
    context.invoke("ssm", "PutParameter", Value::Object(input)).await?;
    Ok(Made::new(parameter).with("Type", required(properties, "Type")).with("Value", required(properties, "Value")))
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    let parameter = name(&context, &properties).unwrap_or_default();
    put(&context, &parameter, &properties, false).await
}

async fn update(context: Context, live: Live, properties: Value) -> Result<Made, Fault> {
    let made = put(&context, &live.physical, &properties, true).await?;
    let target = json!({ "ResourceType": "Parameter", "ResourceId": live.physical });
    let stale = super::member::tags_gone(&context, &live, &properties);
    if !stale.is_empty() {
        let mut input = target.clone();
        input["TagKeys"] = json!(stale);
        context.invoke("ssm", "RemoveTagsFromResource", input).await?;
    }
    let tags = super::member::tags(&context, &properties);
    if !tags.is_empty() {
        let mut input = target;
        input["Tags"] = super::member::tag_list(&tags);
        context.invoke("ssm", "AddTagsToResource", input).await?;
    }
    Ok(made)
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    gone(context.invoke("ssm", "DeleteParameter", json!({ "Name": live.physical })).await)
}

async fn read(context: Context, physical: String, _properties: Value) -> Result<Option<Found>, Fault> {
    let input = json!({ "Name": physical });
    let Some(output) = there(context.invoke("ssm", "GetParameter", input).await)? else { return Ok(None) };
    let parameter = output.get("Parameter").cloned().unwrap_or_default();
    let made =
        Made::new(physical).with("Type", required(&parameter, "Type")).with("Value", required(&parameter, "Value"));
    Ok(Some(Found { made, properties: pick(&parameter, &["Type", "Value", "DataType"]) }))
}
