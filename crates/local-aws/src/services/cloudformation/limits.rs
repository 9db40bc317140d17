//! `DescribeAccountLimits`

use std::sync::Arc;

use serde_json::json;

use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// Tells the account's limits: AWS's defaults.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeAccountLimits.html>
pub async fn run(_cloud: Arc<Cloud>, _call: Call) -> Result<Output, Fault> {
    Ok(Output::json(json!({
        "AccountLimits": [
            { "Name": "StackLimit", "Value": 2000 },
            { "Name": "StackOutputsLimit", "Value": 200 },
        ],
    })))
}
