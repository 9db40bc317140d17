//! GetAccountSettings.

use std::sync::Arc;

use serde_json::json;

use super::function::{FUNCTIONS, Function};
use crate::Cloud;
use crate::runtime::archive::UNZIPPED_LIMIT_BYTES;
use crate::wire::{Call, Fault, Output};

/// How many invocations the account may run at once.
/// Source: Lambda quotas, "Concurrent executions", 1,000.
pub const CONCURRENCY: u64 = 1000;

/// GetAccountSettings: the limits, and what the functions of the region use of them.
pub async fn settings(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let functions: Vec<(String, Function)> = cloud.store.scan(FUNCTIONS, &format!("{}/", call.region))?;
    let of_function = |function: &Function| -> u64 {
        function.versions.values().chain([&function.latest]).map(|version| version.code.size_bytes).sum()
    };
    let size: u64 = functions.iter().map(|(_, function)| of_function(function)).sum();
    let reserved: u64 = functions.iter().filter_map(|(_, function)| function.reserved_concurrency).sum();
    Ok(Output::json(json!({
        "AccountLimit": {
            "TotalCodeSize": 80_530_636_800_u64,
            "CodeSizeUnzipped": UNZIPPED_LIMIT_BYTES,
            "CodeSizeZipped": 52_428_800,
            "ConcurrentExecutions": CONCURRENCY,
            "UnreservedConcurrentExecutions": CONCURRENCY.saturating_sub(reserved),
        },
        "AccountUsage": {"TotalCodeSize": size, "FunctionCount": functions.len()},
    })))
}
