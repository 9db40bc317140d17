//! `UpdateTerminationProtection`, `SetStackPolicy` and `GetStackPolicy`

use std::sync::Arc;

use serde_json::{Value, json};

use super::input::{flag, invalid, stack, text};
use super::shape::compact;
use crate::Cloud;
use crate::engine::journal::{Record, Setting};
use crate::wire::{Call, Fault, Output};

/// Protects a stack from deletion, or no longer.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_UpdateTerminationProtection.html>
pub async fn termination(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let engine = super::engine(&cloud);
    let cell = stack(&engine, &call)?;
    let on = flag(&call, "EnableTerminationProtection")
        .ok_or_else(|| invalid("EnableTerminationProtection must be specified"))?;
    engine.record(&cell, Record::Setting(Setting::TerminationProtection(on)))?;
    let id = cell.lock().id.clone();
    Ok(Output::json(json!({ "StackId": id })))
}

/// Sets a stack's policy.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_SetStackPolicy.html>
pub async fn set_policy(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let engine = super::engine(&cloud);
    let cell = stack(&engine, &call)?;
    let policy = text(&call, "StackPolicyBody").ok_or_else(|| match text(&call, "StackPolicyURL") {
        Some(_) => invalid("the local AWS does not support StackPolicyURL; see docs/local-aws.md"),
        None => invalid("Either StackPolicyURL or StackPolicyBody must be specified."),
    })?;
    check_policy(policy)?;
    engine.record(&cell, Record::Setting(Setting::Policy(Some(policy.to_owned()))))?;
    Ok(Output::empty())
}

/// Tells a stack's policy.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetStackPolicy.html>
pub async fn get_policy(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let engine = super::engine(&cloud);
    let policy = stack(&engine, &call)?.lock().policy.clone();
    Ok(Output::json(compact(json!({ "StackPolicyBody": policy }))))
}

/// Refuses a text that is not a stack policy.
///
/// # Errors
/// `ValidationError`.
pub fn check_policy(text: &str) -> Result<(), Fault> {
    let policy: Value =
        serde_json::from_str(text).map_err(|_| invalid("Error validating stack policy: Invalid stack policy"))?;
    match policy.get("Statement") {
        Some(Value::Array(_)) => Ok(()),
        _ => Err(invalid("Error validating stack policy: Invalid stack policy")),
    }
}
