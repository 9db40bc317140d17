//! GetAccount and UpdateAccount: the role with which API Gateway writes logs.

use std::sync::Arc;

use serde_json::{Value, json};

use super::patch::{self, Setting};
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

const ACCOUNT: &str = "apigateway.account";

/// GetAccount.
pub async fn get(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    Ok(Output::json(stored(&cloud, &call)?))
}

/// UpdateAccount.
pub async fn update(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut account = stored(&cloud, &call)?;
    patch::apply(&call, &mut account, &[("cloudwatchRoleArn", Setting::Text)])?;
    cloud.store.put(ACCOUNT, &call.region, &account)?;
    Ok(Output::json(account))
}

fn stored(cloud: &Cloud, call: &Call) -> Result<Value, Fault> {
    let kept: Option<Value> = cloud.store.get(ACCOUNT, &call.region)?;
    Ok(kept.unwrap_or_else(|| {
        json!({
            "throttleSettings": {"burstLimit": 5000, "rateLimit": 10_000.0},
            "features": ["UsagePlans"],
            "apiKeyVersion": "4",
        })
    }))
}
