//! `AWS::Logs::LogGroup`

use serde_json::{Value, json};

use super::kind::{Kind, kind};
use super::member::{gone, name_or, tags, tags_gone, text};
use crate::engine::journal::Live;
use crate::engine::names::Letters;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema, TAGS};
use crate::wire::Fault;

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-loggroup.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::Logs::LogGroup",
    properties: &[
        Property::text("LogGroupName").replaces(),
        Property::integer("RetentionInDays", 1, 3653),
        Property::choice("LogGroupClass", &["STANDARD", "INFREQUENT_ACCESS", "DELIVERY"]).replaces(),
        TAGS,
        Property::refused("BearerTokenAuthenticationEnabled"),
        Property::refused("DataProtectionPolicy"),
        Property::refused("DeletionProtectionEnabled"),
        Property::refused("FieldIndexPolicies"),
        Property::refused("KmsKeyId"),
        Property::refused("ResourcePolicyDocument"),
    ],
    attributes: &["Arn"],
    volatile: &[],
    identifier: Some("LogGroupName"),
    taggable: true,
});

fn name(context: &Context, properties: &Value) -> Option<String> {
    Some(name_or(context, properties, "LogGroupName", 512, Letters::Upper))
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    let group = name(&context, &properties).unwrap_or_default();
    let mut input = json!({ "logGroupName": group });
    let tags = tags(&context, &properties);
    if !tags.is_empty() {
        input["tags"] = json!(tags);
    }
    if let Some(class) = text(&properties, "LogGroupClass") {
        input["logGroupClass"] = Value::from(class);
    }
    context.invoke("logs", "CreateLogGroup", input).await?;
    if let Some(days) = properties.get("RetentionInDays") {
        let input = json!({ "logGroupName": group, "retentionInDays": days });
        context.invoke("logs", "PutRetentionPolicy", input).await?;
    }
    Ok(made(&context, &group))
}

async fn update(context: Context, live: Live, properties: Value) -> Result<Made, Fault> {
    let group = &live.physical;
    match properties.get("RetentionInDays") {
        Some(days) => {
            let input = json!({ "logGroupName": group, "retentionInDays": days });
            context.invoke("logs", "PutRetentionPolicy", input).await?;
        }
        None if live.properties.get("RetentionInDays").is_some() => {
            context.invoke("logs", "DeleteRetentionPolicy", json!({ "logGroupName": group })).await?;
        }
        None => {}
    }
    let arn = context.arn("logs", &format!("log-group:{group}"));
    let stale = tags_gone(&context, &live, &properties);
    if !stale.is_empty() {
        context.invoke("logs", "UntagResource", json!({ "resourceArn": arn, "tagKeys": stale })).await?;
    }
    let tags = tags(&context, &properties);
    if !tags.is_empty() {
        context.invoke("logs", "TagResource", json!({ "resourceArn": arn, "tags": tags })).await?;
    }
    Ok(made(&context, group))
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    gone(context.invoke("logs", "DeleteLogGroup", json!({ "logGroupName": live.physical })).await)
}

async fn read(context: Context, physical: String, _properties: Value) -> Result<Option<Found>, Fault> {
    let input = json!({ "logGroupNamePrefix": physical });
    let answer = context.invoke("logs", "DescribeLogGroups", input).await?;
    let groups = answer.get("logGroups").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let Some(group) = groups.iter().find(|group| text(group, "logGroupName") == Some(&physical)) else {
        return Ok(None);
    };
    let mut found = Found { made: made(&context, &physical), ..Found::default() };
    found.properties.insert("LogGroupName".to_owned(), Value::from(physical));
    if let Some(days) = group.get("retentionInDays") {
        found.properties.insert("RetentionInDays".to_owned(), days.clone());
    }
    Ok(Some(found))
}

fn made(context: &Context, group: &str) -> Made {
    Made::new(group).with("Arn", context.arn("logs", &format!("log-group:{group}:*")))
}
