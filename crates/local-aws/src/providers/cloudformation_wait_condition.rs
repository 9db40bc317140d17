//! `AWS::CloudFormation::WaitCondition`

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::cloudformation_wait_condition_handle::{Signal, signals};
use super::kind::{Kind, kind};
use super::member::{found, invented, required};
use crate::engine::journal::Live;
use crate::engine::names::Letters;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema};
use crate::wire::Fault;

/// The longest that a condition may be waited for, in seconds.
///
/// Source: the page below, `Timeout`.
const LONGEST_S: i64 = 43_200;
/// How often signals are looked for.
const PAUSE: Duration = Duration::from_millis(20);

/// Stands when so many signals of success have come as `Count` says.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-waitcondition.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::CloudFormation::WaitCondition",
    properties: &[
        Property::integer("Count", 0, i64::MAX),
        Property::text("Handle").required(),
        Property::integer("Timeout", 1, LONGEST_S).required(),
    ],
    attributes: &["Data"],
    volatile: &[],
    identifier: None,
    taggable: false,
});

fn name(_context: &Context, _properties: &Value) -> Option<String> {
    None
}

fn failed(message: String) -> Fault {
    Fault::sender("GeneralServiceException", message)
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    let handle = required(&properties, "Handle").to_owned();
    let number = |name: &str| properties.get(name).and_then(Value::as_i64);
    let wanted = usize::try_from(number("Count").unwrap_or(1)).unwrap_or_default();
    let clock = context.world.clock().clone();
    let until = clock.now_ms() + number("Timeout").unwrap_or(LONGEST_S) * 1000;
    loop {
        let come = signals(context.world.store(), &handle)?;
        if let Some(Signal { id, reason, .. }) = come.iter().find(|signal| !signal.success) {
            return Err(failed(format!("WaitCondition received failed message: '{reason}' for uniqueId: {id}")));
        }
        if come.len() >= wanted {
            let data: Map<String, Value> = come.into_iter().map(|signal| (signal.id, json!(signal.data))).collect();
            let physical = invented(&context, 128, Letters::Mixed);
            return Ok(Made::new(physical).with("Data", Value::Object(data).to_string()));
        }
        if clock.now_ms() >= until {
            let count = come.len();
            return Err(failed(format!(
                "WaitCondition timed out. Received {count} conditions when expecting {wanted}"
            )));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn update(_context: Context, _live: Live, _properties: Value) -> Result<Made, Fault> {
    Err(failed("Update to resource type AWS::CloudFormation::WaitCondition is not supported.".to_owned()))
}

async fn delete(_context: Context, _live: Live) -> Result<(), Fault> {
    Ok(())
}

async fn read(_context: Context, physical: String, _properties: Value) -> Result<Option<Found>, Fault> {
    Ok(found(Made::new(physical)))
}
