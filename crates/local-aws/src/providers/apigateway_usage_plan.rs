//! `AWS::ApiGateway::UsagePlan`

use serde_json::Value;

use super::apigateway_child::Child;
use super::kind::{Kind, kind};
use super::member::{answered, lowered, name_or, text, unchanged};
use super::patch::Patch;
use crate::engine::journal::Live;
use crate::engine::names::Letters;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema, Shape};
use crate::wire::Fault;

const CHILD: Child = Child {
    create: "CreateUsagePlan",
    get: "GetUsagePlan",
    delete: "DeleteUsagePlan",
    id: "usagePlanId",
    answer: "id",
    attribute: Some("Id"),
};

const STAGE: Shape = Shape::Object(&[Property::text("ApiId"), Property::text("Stage"), Property::refused("Throttle")]);

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-usageplan.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::ApiGateway::UsagePlan",
    properties: &[
        Property::objects("ApiStages", &STAGE),
        Property::text("Description"),
        Property::object(
            "Quota",
            &[
                Property::integer("Limit", 0, i64::MAX),
                Property::integer("Offset", 0, i64::MAX),
                Property::choice("Period", &["DAY", "WEEK", "MONTH"])
            ]
        ),
        Property::object("Throttle", &[Property::integer("BurstLimit", 0, i64::MAX), Property::number("RateLimit")]),
        Property::text("UsagePlanName"),
        Property::refused("Tags"),
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
    // The service calls the property `name` and wants one.
    let name = name_or(&context, &properties, "UsagePlanName", 128, Letters::Mixed);
    let mut input = lowered(&KIND.schema, &properties);
    input.shift_remove("usagePlanName");
    input.insert("name".to_owned(), Value::from(name));
    let output = context.invoke("apigateway", CHILD.create, Value::Object(input)).await?;
    Ok(CHILD.made(&answered(&output, "/id")?))
}

async fn update(context: Context, live: Live, properties: Value) -> Result<Made, Fault> {
    let (before, after) = (&live.properties, &properties);
    let mut patch = Patch::default();
    patch.setting("/description", before.get("Description"), after.get("Description"), "");
    patch.setting("/name", before.get("UsagePlanName"), after.get("UsagePlanName"), "");
    for (pointer, path) in [
        ("/Quota/Limit", "/quota/limit"),
        ("/Quota/Offset", "/quota/offset"),
        ("/Quota/Period", "/quota/period"),
        ("/Throttle/BurstLimit", "/throttle/burstLimit"),
        ("/Throttle/RateLimit", "/throttle/rateLimit"),
    ] {
        patch.setting(path, before.pointer(pointer), after.pointer(pointer), "");
    }
    patch.members("/apiStages", &stages(before), &stages(after));
    patch.send(&context, "UpdateUsagePlan", CHILD.target(&live.physical, before)).await?;
    Ok(unchanged(live))
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    CHILD.delete(&context, &live).await
}

async fn read(context: Context, physical: String, properties: Value) -> Result<Option<Found>, Fault> {
    CHILD.read(&context, &physical, &properties).await
}

/// `API:STAGE`, as a patch names a stage.
fn stages(properties: &Value) -> Vec<String> {
    let stages = properties.get("ApiStages").and_then(Value::as_array).into_iter().flatten();
    stages.filter_map(|stage| Some(format!("{}:{}", text(stage, "ApiId")?, text(stage, "Stage")?))).collect()
}
