//! `AWS::Lambda::Permission`

use serde_json::{Value, json};

use super::kind::{Kind, kind};
use super::member::{found, gone, invented, pick, required, there, unchanged};
use crate::engine::journal::Live;
use crate::engine::names::Letters;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema};
use crate::wire::Fault;

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-permission.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::Lambda::Permission",
    properties: &[
        Property::text("Action").required().replaces(),
        Property::text("EventSourceToken").replaces(),
        Property::text("FunctionName").required().replaces(),
        Property::choice("FunctionUrlAuthType", &["AWS_IAM", "NONE"]).replaces(),
        Property::flag("InvokedViaFunctionUrl").replaces(),
        Property::text("Principal").required().replaces(),
        Property::text("PrincipalOrgID").replaces(),
        Property::text("SourceAccount").replaces(),
        Property::text("SourceArn").replaces(),
    ],
    attributes: &["Id"],
    volatile: &[],
    identifier: None,
    taggable: false,
});

fn name(_context: &Context, _properties: &Value) -> Option<String> {
    None
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    let statement = invented(&context, 100, Letters::Mixed);
    let mut input = pick(
        &properties,
        &[
            "Action",
            "EventSourceToken",
            "FunctionName",
            "FunctionUrlAuthType",
            "InvokedViaFunctionUrl",
            "Principal",
            "PrincipalOrgID",
            "SourceAccount",
            "SourceArn",
        ],
    );
    input.insert("StatementId".to_owned(), Value::from(statement.as_str()));
    context.invoke("lambda", "AddPermission", Value::Object(input)).await?;
    Ok(Made::new(statement.clone()).with("Id", statement))
}

async fn update(_context: Context, live: Live, _properties: Value) -> Result<Made, Fault> {
    Ok(unchanged(live))
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    let input = json!({ "FunctionName": required(&live.properties, "FunctionName"), "StatementId": live.physical });
    gone(context.invoke("lambda", "RemovePermission", input).await)
}

async fn read(context: Context, physical: String, properties: Value) -> Result<Option<Found>, Fault> {
    let input = json!({ "FunctionName": required(&properties, "FunctionName") });
    let Some(output) = there(context.invoke("lambda", "GetPolicy", input).await)? else { return Ok(None) };
    let policy: Value = output
        .get("Policy")
        .and_then(Value::as_str)
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    let statements = policy.get("Statement").and_then(Value::as_array).into_iter().flatten();
    let there = statements.into_iter().any(|statement| statement.get("Sid").and_then(Value::as_str) == Some(&physical));
    Ok(there.then(|| Made::new(physical.clone()).with("Id", physical)).and_then(found))
}
