//! What makes scheduled rules, and the schedules of the Scheduler, work when their minute has come.

use std::sync::{Arc, Weak};
use std::time::Duration;

use serde_json::json;

use super::delivery;
use super::rule::{RULES, Rule};
use super::schedule::{MINUTE_MS, Schedule};
use crate::Cloud;
use crate::services::scheduler;
use crate::wire::Fault;

/// Begins to look at every minute, as long as `cloud` lives.
pub fn start(cloud: &Arc<Cloud>) {
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(run(Arc::downgrade(cloud), cloud.clock.now_ms().div_euclid(MINUTE_MS)));
    }
}

async fn run(cloud: Weak<Cloud>, mut last: i64) {
    loop {
        let Some(strong) = cloud.upgrade() else { return };
        let now = strong.clock.now_ms();
        let minute = now.div_euclid(MINUTE_MS);
        // Minutes that passed while this machine slept are not made up for, like those of a stopped local AWS.
        if minute > last {
            last = minute;
            if let Err(fault) = tick(&strong, minute * MINUTE_MS).await {
                tracing::warn!(%fault, "scheduled rules do not work");
            }
            if let Err(fault) = scheduler::tick(&strong, minute * MINUTE_MS).await {
                tracing::warn!(%fault, "schedules do not work");
            }
        }
        drop(strong);
        let left = MINUTE_MS - now.rem_euclid(MINUTE_MS);
        tokio::time::sleep(Duration::from_millis(left.unsigned_abs())).await;
    }
}

/// Lets every rule work whose time is the minute that begins at `minute_ms`.
///
/// # Errors
/// The rules cannot be read.
pub async fn tick(cloud: &Arc<Cloud>, minute_ms: i64) -> Result<(), Fault> {
    let rules: Vec<(String, Rule)> = cloud.store.scan(RULES, "")?;
    for (_, rule) in rules.iter().filter(|(_, rule)| rule.enabled) {
        let schedule = rule.schedule.as_deref().and_then(Schedule::parse);
        if !schedule.is_some_and(|schedule| schedule.is_due(minute_ms, rule.put_ms)) {
            continue;
        }
        let at = jiff::Timestamp::from_millisecond(minute_ms).unwrap_or_default();
        // Source: Amazon EventBridge User Guide, "Scheduled events", example.
        let event = json!({
            "version": "0",
            "id": uuid::Uuid::new_v4().to_string(),
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": cloud.config.account,
            "time": at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "region": rule.region,
            "resources": [rule.arn(cloud)],
            "detail": {},
        });
        delivery::deliver(cloud, rule, &event).await;
    }
    Ok(())
}
