//! `ListExports` and `ListImports`

use std::sync::Arc;

use serde_json::{Value, json};

use super::input::{invalid, page, required};
use super::shape::compact;
use crate::Cloud;
use crate::engine::status::StackStatus;
use crate::wire::{Call, Fault, Output};

/// Lists the exports of the region.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListExports.html>
pub async fn list(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let engine = super::engine(&cloud);
    let mut exports: Vec<Value> = Vec::new();
    for cell in engine.stacks.all(&call.region) {
        let stack = cell.lock();
        if stack.status() == StackStatus::DeleteComplete {
            continue;
        }
        for output in &stack.outputs {
            if let Some(name) = &output.export {
                exports.push(json!({ "ExportingStackId": stack.id, "Name": name, "Value": output.value }));
            }
        }
    }
    let (exports, next) = page(&call, &exports, 100)?;
    Ok(Output::json(compact(json!({ "Exports": exports, "NextToken": next }))))
}

/// Lists the stacks that use an export.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListImports.html>
pub async fn importers(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let engine = super::engine(&cloud);
    let name = required(&call, "ExportName")?;
    let importers = engine.stacks.importers(&call.region, name);
    if importers.is_empty() {
        return Err(invalid(format!("Export '{name}' is not imported by any stack.")));
    }
    let (importers, next) = page(&call, &importers, 100)?;
    Ok(Output::json(compact(json!({ "Imports": importers, "NextToken": next }))))
}
