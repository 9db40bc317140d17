//! `DetectStackDrift`, `DetectStackResourceDrift`, `DescribeStackDriftDetectionStatus` and
//! `DescribeStackResourceDrifts`

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::input::{invalid, page, required, stack, texts};
use super::shape::{compact, time};
use crate::Cloud;
use crate::engine::drift::{Drift, detect};
use crate::engine::stack::Stack;
use crate::wire::{Call, Fault, Output};

const DETECTIONS: &str = "cloudformation-drift-detections";

/// One finished detection of a stack's drift.
#[derive(Debug, Serialize, Deserialize)]
struct Detection {
    id: String,
    stack_id: String,
    at_ms: i64,
    drifts: Vec<Drift>,
}

/// Compares a stack's resources with what they are now. The detection is finished when this answers.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DetectStackDrift.html>
pub async fn detect_stack(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let engine = super::engine(&cloud);
    let cell = stack(&engine, &call)?;
    let only = texts(&call, "LogicalResourceIds");
    let drifts = detect(&engine, &cell, (!only.is_empty()).then_some(only.as_slice())).await;
    let id = Uuid::new_v4().to_string();
    let stack_id = cell.lock().id.clone();
    let detection =
        Detection { id: id.clone(), stack_id: stack_id.clone(), at_ms: engine.world.clock().now_ms(), drifts };
    // By stack for its newest detection, by id for the status.
    engine.world.store().put(DETECTIONS, &format!("stack/{stack_id}"), &detection)?;
    engine.world.store().put(DETECTIONS, &format!("id/{id}"), &detection)?;
    Ok(Output::json(json!({ "StackDriftDetectionId": id })))
}

/// Compares one resource with what it is now.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DetectStackResourceDrift.html>
pub async fn detect_resource(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let engine = super::engine(&cloud);
    let cell = stack(&engine, &call)?;
    let logical = required(&call, "LogicalResourceId")?.to_owned();
    let drifts = detect(&engine, &cell, Some(std::slice::from_ref(&logical))).await;
    let stack = cell.lock();
    let drift =
        drifts.first().ok_or_else(|| invalid(format!("Resource {logical} does not exist for stack {}", stack.name)))?;
    Ok(Output::json(json!({ "StackResourceDrift": shape(&stack, drift) })))
}

/// Tells how a detection ended.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackDriftDetectionStatus.html>
pub async fn status(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let engine = super::engine(&cloud);
    let id = required(&call, "StackDriftDetectionId")?;
    let detection: Detection = engine
        .world
        .store()
        .get(DETECTIONS, &format!("id/{id}"))?
        .ok_or_else(|| invalid(format!("Drift detection {id} does not exist")))?;
    let drifted =
        detection.drifts.iter().filter(|drift| matches!(drift.status.as_str(), "MODIFIED" | "DELETED")).count();
    Ok(Output::json(json!({
        "StackId": detection.stack_id,
        "StackDriftDetectionId": detection.id,
        "StackDriftStatus": if drifted > 0 { "DRIFTED" } else { "IN_SYNC" },
        "DetectionStatus": "DETECTION_COMPLETE",
        "DriftedStackResourceCount": drifted,
        "Timestamp": time(detection.at_ms),
    })))
}

/// Tells what the newest detection found.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackResourceDrifts.html>
pub async fn resources(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let engine = super::engine(&cloud);
    let cell = stack(&engine, &call)?;
    let stack = cell.lock().clone();
    let detection: Option<Detection> = engine.world.store().get(DETECTIONS, &format!("stack/{}", stack.id))?;
    let wanted = texts(&call, "StackResourceDriftStatusFilters");
    let mut drifts = detection.map(|detection| detection.drifts).unwrap_or_default();
    drifts.retain(|drift| wanted.is_empty() || wanted.contains(&drift.status));
    let (drifts, next) = page(&call, &drifts, 100)?;
    let drifts: Vec<Value> = drifts.iter().map(|drift| shape(&stack, drift)).collect();
    Ok(Output::json(compact(json!({ "StackResourceDrifts": drifts, "NextToken": next }))))
}

fn shape(stack: &Stack, drift: &Drift) -> Value {
    let places: Vec<Value> = drift
        .places
        .iter()
        .map(|place| {
            json!({
                "PropertyPath": place.path,
                "ExpectedValue": place.expected,
                "ActualValue": place.actual,
                "DifferenceType": place.difference,
            })
        })
        .collect();
    compact(json!({
        "StackId": stack.id,
        "LogicalResourceId": drift.logical,
        "PhysicalResourceId": drift.physical,
        "ResourceType": drift.kind,
        "ExpectedProperties": drift.expected.to_string(),
        "ActualProperties": drift.actual.as_ref().map(Value::to_string),
        "PropertyDifferences": places,
        "StackResourceDriftStatus": drift.status,
        "Timestamp": time(drift.at_ms),
    }))
}
