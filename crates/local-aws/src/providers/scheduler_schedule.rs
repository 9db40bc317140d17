//! `AWS::Scheduler::Schedule`

use serde_json::{Value, json};

use super::kind::{Kind, kind};
use super::member::{found_with, gone, name_or, pick, text, there, unchanged};
use crate::engine::journal::Live;
use crate::engine::names::Letters;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema};
use crate::wire::Fault;

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-scheduler-schedule.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::Scheduler::Schedule",
    properties: &[
        Property::text("Description"),
        Property::text("EndDate"),
        Property::object(
            "FlexibleTimeWindow",
            &[
                Property::integer("MaximumWindowInMinutes", 1, 1440),
                Property::choice("Mode", &["OFF", "FLEXIBLE"]).required(),
            ],
        )
        .required(),
        Property::text("GroupName"),
        Property::refused("KmsKeyArn"),
        Property::text("Name").replaces(),
        Property::text("ScheduleExpression").required(),
        Property::text("ScheduleExpressionTimezone"),
        Property::text("StartDate"),
        Property::choice("State", &["ENABLED", "DISABLED"]),
        Property::object(
            "Target",
            &[
                Property::text("Arn").required(),
                Property::object("DeadLetterConfig", &[Property::text("Arn")]),
                Property::text("Input"),
                Property::object(
                    "RetryPolicy",
                    &[
                        Property::integer("MaximumEventAgeInSeconds", 60, 86_400),
                        Property::integer("MaximumRetryAttempts", 0, 185),
                    ],
                ),
                Property::text("RoleArn").required(),
                Property::refused("EcsParameters"),
                Property::refused("EventBridgeParameters"),
                Property::refused("KinesisParameters"),
                Property::refused("SageMakerPipelineParameters"),
                Property::refused("SqsParameters"),
            ],
        )
        .required(),
    ],
    attributes: &["Arn"],
    volatile: &[],
    identifier: Some("Name"),
    taggable: false,
});

fn name(context: &Context, properties: &Value) -> Option<String> {
    Some(name_or(context, properties, "Name", 64, Letters::Mixed))
}

fn made(context: &Context, physical: &str) -> Made {
    Made::new(physical).with("Arn", context.arn("scheduler", &format!("schedule/default/{physical}")))
}

/// The properties in the API's shape: dates as seconds since 1970.
fn input(physical: &str, properties: &Value) -> Result<Value, Fault> {
    let mut input = properties.clone();
    input["Name"] = json!(physical);
    for date in ["StartDate", "EndDate"] {
        let Some(given) = text(properties, date) else { continue };
        let at: jiff::Timestamp = given
            .parse()
            .map_err(|_| Fault::sender("ValidationException", format!("{date} is not a time of ISO 8601: {given}")))?;
        input[date] = json!(at.as_second());
    }
    Ok(input)
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    let physical = name_or(&context, &properties, "Name", 64, Letters::Mixed);
    context.invoke("scheduler", "CreateSchedule", input(&physical, &properties)?).await?;
    Ok(made(&context, &physical))
}

async fn update(context: Context, live: Live, properties: Value) -> Result<Made, Fault> {
    context.invoke("scheduler", "UpdateSchedule", input(&live.physical, &properties)?).await?;
    Ok(unchanged(live))
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    gone(context.invoke("scheduler", "DeleteSchedule", json!({ "Name": live.physical })).await)
}

async fn read(context: Context, physical: String, properties: Value) -> Result<Option<Found>, Fault> {
    let answer = there(context.invoke("scheduler", "GetSchedule", json!({ "Name": physical })).await)?;
    const READABLE: &[&str] =
        &["Description", "FlexibleTimeWindow", "ScheduleExpression", "ScheduleExpressionTimezone", "State", "Target"];
    let given: Vec<&str> = READABLE.iter().copied().filter(|name| properties.get(*name).is_some()).collect();
    Ok(answer.and_then(|answer| found_with(made(&context, &physical), &Value::Object(pick(&answer, &given)), &given)))
}
