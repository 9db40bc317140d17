//! Answers that are the same for every account here.

use std::sync::Arc;

use serde_json::json;

use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// AWS's default quotas. Diverges: throughput is not limited.
pub async fn describe_limits(_cloud: Arc<Cloud>, _call: Call) -> Result<Output, Fault> {
    Ok(Output::json(json!({
        "AccountMaxReadCapacityUnits": 80_000,
        "AccountMaxWriteCapacityUnits": 80_000,
        "TableMaxReadCapacityUnits": 40_000,
        "TableMaxWriteCapacityUnits": 40_000,
    })))
}

/// The endpoint that the client uses already.
pub async fn describe_endpoints(cloud: Arc<Cloud>, _call: Call) -> Result<Output, Fault> {
    let address = cloud.config.endpoint.trim_start_matches("http://");
    Ok(Output::json(json!({ "Endpoints": [{ "Address": address, "CachePeriodInMinutes": 1_440 }] })))
}
