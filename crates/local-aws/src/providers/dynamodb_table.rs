//! `AWS::DynamoDB::Table`

use serde_json::{Map, Value, json};

use super::kind::{Kind, kind};
use super::member::{differs, gone, name_or, pick, tag_list, tags, tags_gone, text, there};
use crate::engine::journal::Live;
use crate::engine::names::Letters;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema, Shape, TAGS};
use crate::wire::Fault;

const ATTRIBUTE: Shape = Shape::Object(&[
    Property::text("AttributeName").required(),
    Property::choice("AttributeType", &["S", "N", "B"]).required(),
]);
const KEY: Shape = Shape::Object(&[
    Property::text("AttributeName").required(),
    Property::choice("KeyType", &["HASH", "RANGE"]).required(),
]);
const THROUGHPUT: Shape = Shape::Object(&[
    Property::integer("ReadCapacityUnits", 1, i64::MAX).required(),
    Property::integer("WriteCapacityUnits", 1, i64::MAX).required(),
]);
const PROJECTION: Shape = Shape::Object(&[
    Property::texts("NonKeyAttributes"),
    Property::choice("ProjectionType", &["ALL", "KEYS_ONLY", "INCLUDE"]),
]);
const LOCAL_INDEX: Shape = Shape::Object(&[
    Property::text("IndexName").required(),
    Property::objects("KeySchema", &KEY).required(),
    Property { required: true, ..shaped("Projection", PROJECTION) },
]);
const GLOBAL_INDEX: Shape = Shape::Object(&[
    Property::text("IndexName").required(),
    Property::objects("KeySchema", &KEY).required(),
    Property { required: true, ..shaped("Projection", PROJECTION) },
    shaped("ProvisionedThroughput", THROUGHPUT),
    Property::refused("ContributorInsightsSpecification"),
    Property::refused("OnDemandThroughput"),
    Property::refused("WarmThroughput"),
]);

const fn shaped(name: &'static str, shape: Shape) -> Property {
    Property { name, shape, required: false, replaces: false, refused: false }
}

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::DynamoDB::Table",
    properties: &[
        Property::objects("AttributeDefinitions", &ATTRIBUTE),
        Property::choice("BillingMode", &["PROVISIONED", "PAY_PER_REQUEST"]),
        Property::flag("DeletionProtectionEnabled"),
        Property::objects("GlobalSecondaryIndexes", &GLOBAL_INDEX),
        Property::objects("KeySchema", &KEY).required().replaces(),
        Property::objects("LocalSecondaryIndexes", &LOCAL_INDEX).replaces(),
        Property::object(
            "PointInTimeRecoverySpecification",
            &[Property::flag("PointInTimeRecoveryEnabled"), Property::integer("RecoveryPeriodInDays", 1, 35)],
        ),
        shaped("ProvisionedThroughput", THROUGHPUT),
        Property::object(
            "SSESpecification",
            &[
                Property::text("KMSMasterKeyId"),
                Property::flag("SSEEnabled").required(),
                Property::choice("SSEType", &["KMS"])
            ],
        ),
        Property::object(
            "StreamSpecification",
            &[
                Property::choice("StreamViewType", &["NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY"])
                    .required(),
                Property::refused("ResourcePolicy"),
            ],
        ),
        Property::choice("TableClass", &["STANDARD", "STANDARD_INFREQUENT_ACCESS"]),
        Property::text("TableName").replaces(),
        Property::object(
            "TimeToLiveSpecification",
            &[Property::text("AttributeName"), Property::flag("Enabled").required()],
        ),
        TAGS,
        Property::refused("ContributorInsightsSpecification"),
        Property::refused("ImportSourceSpecification"),
        Property::refused("KinesisStreamSpecification"),
        Property::refused("OnDemandThroughput"),
        Property::refused("ResourcePolicy"),
        Property::refused("WarmThroughput"),
    ],
    attributes: &["Arn", "StreamArn"],
    volatile: &["StreamArn"],
    identifier: Some("TableName"),
    taggable: true,
});

fn name(context: &Context, properties: &Value) -> Option<String> {
    Some(name_or(context, properties, "TableName", 255, Letters::Upper))
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    let table = name(&context, &properties).unwrap_or_default();
    let mut input = pick(
        &properties,
        &[
            "AttributeDefinitions",
            "BillingMode",
            "DeletionProtectionEnabled",
            "GlobalSecondaryIndexes",
            "KeySchema",
            "LocalSecondaryIndexes",
            "ProvisionedThroughput",
            "TableClass",
        ],
    );
    input.insert("TableName".to_owned(), Value::from(table.as_str()));
    input.extend(stream(&properties).map(|stream| ("StreamSpecification".to_owned(), stream)));
    input.extend(encryption(&properties).map(|encryption| ("SSESpecification".to_owned(), encryption)));
    let tags = tags(&context, &properties);
    if !tags.is_empty() {
        input.insert("Tags".to_owned(), tag_list(&tags));
    }
    let output = context.invoke("dynamodb", "CreateTable", Value::Object(input)).await?;
    set_time_to_live(&context, &table, None, &properties).await?;
    set_recovery(&context, &table, None, &properties).await?;
    Ok(made(&context, &table, output.get("TableDescription")))
}

async fn update(context: Context, live: Live, properties: Value) -> Result<Made, Fault> {
    let table = live.physical.clone();
    let mut input = Map::new();
    for name in ["BillingMode", "ProvisionedThroughput", "TableClass", "DeletionProtectionEnabled"] {
        if differs(&live, &properties, name) {
            input.extend(pick(&properties, &[name]));
        }
    }
    if differs(&live, &properties, "StreamSpecification") {
        let stream = stream(&properties).unwrap_or_else(|| json!({ "StreamEnabled": false }));
        input.insert("StreamSpecification".to_owned(), stream);
    }
    if differs(&live, &properties, "SSESpecification") {
        let encryption = encryption(&properties).unwrap_or_else(|| json!({ "Enabled": false }));
        input.insert("SSESpecification".to_owned(), encryption);
    }
    if !input.is_empty() {
        input.insert("TableName".to_owned(), Value::from(table.as_str()));
        context.invoke("dynamodb", "UpdateTable", Value::Object(input)).await?;
    }
    // The service takes one index at a time.
    for change in index_changes(&live.properties, &properties)? {
        let mut input = pick(&properties, &["AttributeDefinitions"]);
        input.insert("TableName".to_owned(), Value::from(table.as_str()));
        input.insert("GlobalSecondaryIndexUpdates".to_owned(), json!([change]));
        context.invoke("dynamodb", "UpdateTable", Value::Object(input)).await?;
    }
    set_time_to_live(&context, &table, Some(&live.properties), &properties).await?;
    set_recovery(&context, &table, Some(&live.properties), &properties).await?;
    update_tags(&context, &live, &properties).await?;
    let output = context.invoke("dynamodb", "DescribeTable", json!({ "TableName": table })).await?;
    Ok(made(&context, &table, output.get("Table")))
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    gone(context.invoke("dynamodb", "DeleteTable", json!({ "TableName": live.physical })).await)
}

async fn read(context: Context, physical: String, _properties: Value) -> Result<Option<Found>, Fault> {
    let answer = there(context.invoke("dynamodb", "DescribeTable", json!({ "TableName": physical })).await)?;
    let Some(table) = answer.as_ref().and_then(|answer| answer.get("Table")) else { return Ok(None) };
    let mut properties = pick(table, &["TableName", "KeySchema", "AttributeDefinitions", "DeletionProtectionEnabled"]);
    if let Some(mode) = table.pointer("/BillingModeSummary/BillingMode") {
        properties.insert("BillingMode".to_owned(), mode.clone());
    }
    Ok(Some(Found { made: made(&context, &physical, Some(table)), properties }))
}

fn made(context: &Context, table: &str, description: Option<&Value>) -> Made {
    let arn = description.and_then(|description| text(description, "TableArn")).map(str::to_owned);
    let arn = arn.unwrap_or_else(|| context.arn("dynamodb", &format!("table/{table}")));
    let made = Made::new(table).with("Arn", arn);
    match description.and_then(|description| text(description, "LatestStreamArn")) {
        Some(stream) => made.with("StreamArn", stream),
        None => made,
    }
}

fn stream(properties: &Value) -> Option<Value> {
    let view = properties.pointer("/StreamSpecification/StreamViewType")?;
    Some(json!({ "StreamEnabled": true, "StreamViewType": view }))
}

fn encryption(properties: &Value) -> Option<Value> {
    let given = properties.get("SSESpecification")?;
    let mut encryption = pick(given, &["KMSMasterKeyId", "SSEType"]);
    encryption.insert("Enabled".to_owned(), given.get("SSEEnabled").cloned().unwrap_or(Value::Bool(false)));
    Some(Value::Object(encryption))
}

async fn set_time_to_live(context: &Context, table: &str, before: Option<&Value>, after: &Value) -> Result<(), Fault> {
    let (before, after) =
        (before.and_then(|before| before.get("TimeToLiveSpecification")), after.get("TimeToLiveSpecification"));
    let specification = match (before, after) {
        (before, after) if before == after => return Ok(()),
        (None, Some(after)) if after.get("Enabled") == Some(&Value::Bool(false)) => return Ok(()),
        (_, Some(after)) => after.clone(),
        (Some(before), None) => json!({ "AttributeName": before.get("AttributeName"), "Enabled": false }),
        (None, None) => return Ok(()),
    };
    let input = json!({ "TableName": table, "TimeToLiveSpecification": specification });
    context.invoke("dynamodb", "UpdateTimeToLive", input).await.map(|_| ())
}

async fn set_recovery(context: &Context, table: &str, before: Option<&Value>, after: &Value) -> Result<(), Fault> {
    let get = |properties: &Value| properties.get("PointInTimeRecoverySpecification").cloned();
    let (before, after) = (before.and_then(get), get(after));
    let specification = match (before, after) {
        (before, after) if before == after => return Ok(()),
        (_, Some(after)) => after,
        (_, None) => json!({ "PointInTimeRecoveryEnabled": false }),
    };
    let input = json!({ "TableName": table, "PointInTimeRecoverySpecification": specification });
    context.invoke("dynamodb", "UpdateContinuousBackups", input).await.map(|_| ())
}

async fn update_tags(context: &Context, live: &Live, properties: &Value) -> Result<(), Fault> {
    let arn = live.attributes.get("Arn").cloned().unwrap_or_default();
    let stale = tags_gone(context, live, properties);
    if !stale.is_empty() {
        context.invoke("dynamodb", "UntagResource", json!({ "ResourceArn": arn, "TagKeys": stale })).await?;
    }
    let tags = tags(context, properties);
    if !tags.is_empty() {
        context.invoke("dynamodb", "TagResource", json!({ "ResourceArn": arn, "Tags": tag_list(&tags) })).await?;
    }
    Ok(())
}

/// What `UpdateTable` is to do to the indexes: what goes, what changes its throughput, what comes.
///
/// # Errors
/// More than one index that comes or goes, which CloudFormation refuses.
fn index_changes(before: &Value, after: &Value) -> Result<Vec<Value>, Fault> {
    let list = |properties: &Value| {
        properties.get("GlobalSecondaryIndexes").and_then(Value::as_array).cloned().unwrap_or_default()
    };
    let (before, after) = (list(before), list(after));
    let name = |index: &Value| text(index, "IndexName").unwrap_or_default().to_owned();
    let mut structural = 0;
    let mut changes = Vec::new();
    for old in &before {
        if !after.iter().any(|new| name(new) == name(old)) {
            structural += 1;
            changes.push(json!({ "Delete": { "IndexName": name(old) } }));
        }
    }
    for new in &after {
        match before.iter().find(|old| name(old) == name(new)) {
            None => {
                structural += 1;
                changes.push(json!({ "Create": new }));
            }
            Some(old) if old == new => {}
            Some(old)
                if old.get("KeySchema") == new.get("KeySchema") && old.get("Projection") == new.get("Projection") =>
            {
                changes.push(json!({ "Update": {
                    "IndexName": name(new),
                    "ProvisionedThroughput": new.get("ProvisionedThroughput"),
                } }));
            }
            Some(_) => {
                return Err(Fault::sender(
                    "ValidationException",
                    format!(
                        "Cannot update GSI's properties other than Provisioned Throughput and Contributor Insights Specification. You can create a new GSI with a different name. ({})",
                        name(new)
                    ),
                ));
            }
        }
    }
    if structural > 1 {
        return Err(Fault::sender(
            "ValidationException",
            "Cannot perform more than one GSI creation or deletion in a single update",
        ));
    }
    Ok(changes)
}
