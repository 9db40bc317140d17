//! Settings of asynchronous invocation: PutFunctionEventInvokeConfig and its family.

use std::sync::Arc;

use serde_json::{Value, json};

use super::destination;
use super::function::Function;
use super::input::{self, LambdaFault, constraint, only};
use super::name::FunctionName;
use super::page;
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

const MEMBERS: &[&str] =
    &["FunctionName", "Qualifier", "MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig"];

/// The settings that hold for a qualifier; null when there are none.
pub fn of(function: &Function, qualifier: Option<&str>) -> Value {
    function.event_invoke.get(qualifier.unwrap_or("$LATEST")).cloned().unwrap_or_default()
}

/// PutFunctionEventInvokeConfig: replaces what was set.
pub async fn put(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    change(&cloud, &call, false).await
}

/// UpdateFunctionEventInvokeConfig: changes what is given and leaves the rest.
pub async fn update(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    change(&cloud, &call, true).await
}

/// GetFunctionEventInvokeConfig.
pub async fn get(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let (function, name) = start(&cloud, &call)?;
    let config = of(&function, name.qualifier.as_deref());
    if config.is_null() { Err(missing(&cloud, &name)) } else { Ok(Output::json(config)) }
}

/// DeleteFunctionEventInvokeConfig.
pub async fn delete(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let _edit = cloud.lambda.edit();
    let (mut function, name) = start(&cloud, &call)?;
    let removed = function.event_invoke.remove(name.qualifier.as_deref().unwrap_or("$LATEST"));
    removed.ok_or_else(|| missing(&cloud, &name))?;
    function.save(&cloud)?;
    Ok(Output::empty().with_status(204))
}

/// ListFunctionEventInvokeConfigs.
pub async fn list(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let (function, _) = start(&cloud, &call)?;
    page::of(&call, "FunctionEventInvokeConfigs", function.event_invoke.into_values().collect())
}

async fn change(cloud: &Arc<Cloud>, call: &Call, keep: bool) -> Result<Output, Fault> {
    only(call, MEMBERS)?;
    for side in ["OnSuccess", "OnFailure"] {
        if let Some(arn) = input::text(&call.input["DestinationConfig"][side], "Destination")? {
            destination::check(cloud, &call.region, arn).await?;
        }
    }
    let _edit = cloud.lambda.edit();
    let (mut function, name) = start(cloud, call)?;
    let mut config = of(&function, name.qualifier.as_deref());
    if keep && config.is_null() {
        return Err(missing(cloud, &name));
    }
    let qualifier = name.qualifier.clone().unwrap_or_else(|| "$LATEST".to_owned());
    if !keep {
        config = json!({});
    }
    config["FunctionArn"] = json!(format!("{}:{qualifier}", name.arn(cloud)));
    config["LastModified"] = json!(cloud.clock.now_ms() as f64 / 1000.0);
    for (member, range) in [("MaximumRetryAttempts", 0..=2), ("MaximumEventAgeInSeconds", 60..=21_600)] {
        if let Some(value) = input::integer(&call.input, member)? {
            if !range.contains(&value) {
                let rule = format!("Member must have value between {} and {}", range.start(), range.end());
                return Err(constraint(value, member, &rule));
            }
            config[member] = json!(value);
        }
    }
    if input::object(&call.input, "DestinationConfig")?.is_some() {
        config["DestinationConfig"] = call.input["DestinationConfig"].clone();
    }
    function.event_invoke.insert(qualifier, config.clone());
    function.save(cloud)?;
    Ok(Output::json(config))
}

fn start(cloud: &Cloud, call: &Call) -> Result<(Function, FunctionName), Fault> {
    let name = FunctionName::of(cloud, call)?;
    let function = Function::load(cloud, &name)?;
    if function.version(name.qualifier.as_deref(), 1.0).is_none() {
        return Err(name.not_found(cloud));
    }
    Ok((function, name))
}

fn missing(cloud: &Cloud, name: &FunctionName) -> Fault {
    let qualifier = name.qualifier.as_deref().unwrap_or("$LATEST");
    let message = format!("The function {}:{qualifier} doesn't have an EventInvokeConfig", name.arn(cloud));
    Fault::sender("ResourceNotFoundException", message).with_status(404).typed("User")
}
