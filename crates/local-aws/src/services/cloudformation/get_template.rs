//! `GetTemplate`

use std::sync::Arc;

use serde_json::json;

use super::change_set;
use super::input::{stack, text};
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// Gives the template of a stack or change set, byte for byte as it was submitted.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetTemplate.html>
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let engine = super::engine(&cloud);
    let body = match text(&call, "ChangeSetName") {
        Some(_) => change_set::find(&engine, &call)?.spec.body,
        None => stack(&engine, &call)?.lock().spec().body.clone(),
    };
    Ok(Output::json(json!({ "TemplateBody": body, "StagesAvailable": ["Original", "Processed"] })))
}
