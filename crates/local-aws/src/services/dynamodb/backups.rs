//! Continuous backups: the setting is kept. Diverges: nothing is backed up, and no point in time can be restored.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Cloud;
use crate::services::input;
use crate::wire::{Call, Fault, Output};

const SETTINGS: &str = "dynamodb.backups";
const DEFAULT_DAYS: i64 = 35;

/// The setting of one table.
#[derive(Serialize, Deserialize)]
struct Setting {
    enabled: bool,
    days: i64,
    /// Milliseconds since 1970.
    since_ms: i64,
}

/// Whether point-in-time recovery is on.
pub async fn describe(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let row = row(&cloud, &call).await?;
    let setting = cloud.store.get(SETTINGS, &row)?;
    Ok(Output::json(description(&cloud, setting.as_ref())))
}

/// Turns point-in-time recovery on or off.
pub async fn update(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let row = row(&cloud, &call).await?;
    let specification = &call.input["PointInTimeRecoverySpecification"];
    let enabled = specification["PointInTimeRecoveryEnabled"].as_bool().ok_or_else(|| {
        Fault::sender(
            "ValidationException",
            "PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled must not be null",
        )
    })?;
    let days = specification["RecoveryPeriodInDays"].as_i64().unwrap_or(DEFAULT_DAYS);
    if !(1..=DEFAULT_DAYS).contains(&days) {
        return Err(Fault::sender("ValidationException", "RecoveryPeriodInDays must be between 1 and 35"));
    }
    let setting = Setting { enabled, days, since_ms: cloud.clock.now_ms() };
    cloud.store.put(SETTINGS, &row, &setting)?;
    Ok(Output::json(description(&cloud, Some(&setting))))
}

/// The row of a table that is there.
async fn row(cloud: &Arc<Cloud>, call: &Call) -> Result<String, Fault> {
    let name = input::required_text(call, "TableName")?;
    let table = cloud.invoke("dynamodb", "DescribeTable", &call.region, json!({ "TableName": name })).await;
    let table = table.map_err(|fault| {
        if fault.code == "ResourceNotFoundException" {
            return Fault::sender("TableNotFoundException", format!("Table not found: {name}"));
        }
        fault
    })?;
    // A table of the same name made later is another table.
    let id = table.body["Table"]["TableId"].as_str().unwrap_or(name).to_owned();
    Ok(format!("{}/{id}", call.region))
}

fn description(cloud: &Cloud, setting: Option<&Setting>) -> Value {
    let recovery = match setting.filter(|setting| setting.enabled) {
        Some(setting) => json!({
            "PointInTimeRecoveryStatus": "ENABLED",
            "RecoveryPeriodInDays": setting.days,
            "EarliestRestorableDateTime": setting.since_ms as f64 / 1000.0,
            "LatestRestorableDateTime": cloud.clock.now_ms() as f64 / 1000.0,
        }),
        None => json!({ "PointInTimeRecoveryStatus": "DISABLED" }),
    };
    json!({
        "ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": recovery,
        },
    })
}
