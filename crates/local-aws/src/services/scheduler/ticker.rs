//! What makes schedules work when their minute has come.

use std::sync::Arc;

use serde_json::json;

use super::expression::{Expression, zone};
use super::schedule::{SCHEDULES, Schedule, row};
use crate::Cloud;
use crate::services::events::send;
use crate::wire::Fault;

/// Lets every schedule work whose time is the minute that begins at `minute_ms`.
///
/// Diverges: in a flexible window they work at its beginning. What a target refuses is not tried again, and goes to the
/// schedule's dead-letter queue.
///
/// # Errors
/// The schedules cannot be read.
pub async fn tick(cloud: &Arc<Cloud>, minute_ms: i64) -> Result<(), Fault> {
    let all: Vec<(String, Schedule)> = cloud.store.scan(SCHEDULES, "")?;
    for (_, schedule) in all.iter().filter(|(_, schedule)| schedule.works_at(minute_ms)) {
        let expression = Expression::parse(&schedule.expression);
        let zone = zone(schedule.zone.as_deref());
        let due = expression.as_ref().zip(zone).is_some_and(|(expression, zone)| {
            expression.is_due(minute_ms, schedule.begins_ms.unwrap_or(schedule.created_ms), &zone)
        });
        if !due {
            continue;
        }
        work(cloud, schedule, minute_ms).await;
        if matches!(expression, Some(Expression::At(_))) && schedule.is_deleted_after {
            cloud.store.delete(SCHEDULES, &row(&schedule.region, &schedule.name))?;
        }
    }
    Ok(())
}

async fn work(cloud: &Arc<Cloud>, schedule: &Schedule, minute_ms: i64) {
    let at = jiff::Timestamp::from_millisecond(minute_ms).unwrap_or_default();
    let at = at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let id = uuid::Uuid::new_v4().to_string();
    let input = match schedule.target["Input"].as_str() {
        // Source: EventBridge Scheduler User Guide, "Adding context attributes".
        Some(input) => input
            .replace("<aws.scheduler.schedule-arn>", &schedule.arn(cloud))
            .replace("<aws.scheduler.scheduled-time>", &at)
            .replace("<aws.scheduler.execution-id>", &id)
            .replace("<aws.scheduler.attempt-number>", "1"),
        None => json!({
            "version": "0",
            "id": id,
            "detail-type": "Scheduled Event",
            "source": "aws.scheduler",
            "account": cloud.config.account,
            "time": at,
            "region": schedule.region,
            "resources": [schedule.arn(cloud)],
            "detail": "{}",
        })
        .to_string(),
    };
    let arn = schedule.target["Arn"].as_str().unwrap_or_default();
    let Err(fault) = send(cloud, &schedule.region, arn, &input).await else { return };
    tracing::warn!(schedule = schedule.name, arn, %fault, "a schedule's target could not be reached");
    if let Some(queue) = schedule.target["DeadLetterConfig"]["Arn"].as_str()
        && let Err(fault) = send(cloud, &schedule.region, queue, &input).await
    {
        tracing::warn!(schedule = schedule.name, queue, %fault, "an invocation is lost");
    }
}
