//! Schedules: made, changed, found, listed, removed.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::expression::{Expression, millis, zone};
use crate::Cloud;
use crate::services::events::reaches;
use crate::services::input::{integer, required_text, text};
use crate::wire::{Call, Fault, Output};

/// Schedules, by region and name.
pub const SCHEDULES: &str = "scheduler.schedules";
/// The only group that is there.
const GROUP: &str = "default";
/// How many schedules one page has at most.
const MOST_ON_PAGE: i64 = 100;

/// A schedule.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Schedule {
    pub region: String,
    pub name: String,
    pub description: Option<String>,
    pub expression: String,
    pub zone: Option<String>,
    pub is_enabled: bool,
    /// `FlexibleTimeWindow`, as it was sent.
    pub window: Value,
    pub begins_ms: Option<i64>,
    pub ends_ms: Option<i64>,
    /// `Target`, as it was sent.
    pub target: Value,
    /// One that works once goes when it has worked.
    pub is_deleted_after: bool,
    pub created_ms: i64,
    pub changed_ms: i64,
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::sender("ValidationException", message)
}

/// The row of a schedule.
pub fn row(region: &str, name: &str) -> String {
    format!("{region}/{name}")
}

impl Schedule {
    /// # Errors
    /// `ResourceNotFoundException`.
    fn load(cloud: &Cloud, call: &Call) -> Result<Schedule, Fault> {
        let name = required_text(call, "Name")?;
        group(call)?;
        cloud.store.get(SCHEDULES, &row(&call.region, name))?.ok_or_else(|| {
            Fault::sender("ResourceNotFoundException", format!("Schedule {name} does not exist.")).with_status(404)
        })
    }

    fn save(&self, cloud: &Cloud) -> Result<(), Fault> {
        Ok(cloud.store.put(SCHEDULES, &row(&self.region, &self.name), self)?)
    }

    /// `arn:aws:scheduler:REGION:ACCOUNT:schedule/default/NAME`
    pub fn arn(&self, cloud: &Cloud) -> String {
        format!("arn:aws:scheduler:{}:{}:schedule/{GROUP}/{}", self.region, cloud.config.account, self.name)
    }

    /// Whether it may work in a minute, whatever its expression says.
    pub fn works_at(&self, minute_ms: i64) -> bool {
        self.is_enabled
            && self.begins_ms.is_none_or(|begins| begins <= minute_ms)
            && self.ends_ms.is_none_or(|ends| minute_ms < ends)
    }

    /// # Errors
    /// `ValidationException` for what makes no sense or is not supported.
    fn of(cloud: &Cloud, call: &Call, created_ms: i64) -> Result<Schedule, Fault> {
        group(call)?;
        let name = required_text(call, "Name")?;
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
        if name.len() > 64 || !name.chars().all(plain) {
            return Err(invalid(format!("the name `{name}` is not one that a schedule can have")));
        }
        if text(call, "KmsKeyArn").is_some() {
            return Err(invalid("the local AWS does not support KmsKeyArn of a schedule; see docs/local-aws.md"));
        }
        let expression = required_text(call, "ScheduleExpression")?;
        if Expression::parse(expression).is_none() {
            return Err(invalid(format!("Invalid Schedule Expression {expression}.")));
        }
        let timezone = text(call, "ScheduleExpressionTimezone");
        if zone(timezone).is_none() {
            return Err(invalid(format!("Invalid Schedule Expression Timezone {}.", timezone.unwrap_or_default())));
        }
        let seconds = |member: &str| call.input.get(member).and_then(Value::as_f64).and_then(millis);
        Ok(Schedule {
            region: call.region.clone(),
            name: name.to_owned(),
            description: text(call, "Description").map(str::to_owned),
            expression: expression.to_owned(),
            zone: timezone.map(str::to_owned),
            is_enabled: text(call, "State") != Some("DISABLED"),
            window: window(call)?,
            begins_ms: seconds("StartDate"),
            ends_ms: seconds("EndDate"),
            target: target(call)?,
            is_deleted_after: text(call, "ActionAfterCompletion") == Some("DELETE"),
            created_ms,
            changed_ms: cloud.clock.now_ms(),
        })
    }

    fn shown(&self, cloud: &Cloud) -> Value {
        let seconds = |ms: i64| json!(ms as f64 / 1000.0);
        let mut shown = json!({
            "ActionAfterCompletion": if self.is_deleted_after { "DELETE" } else { "NONE" },
            "Arn": self.arn(cloud),
            "CreationDate": seconds(self.created_ms),
            "FlexibleTimeWindow": self.window,
            "GroupName": GROUP,
            "LastModificationDate": seconds(self.changed_ms),
            "Name": self.name,
            "ScheduleExpression": self.expression,
            "ScheduleExpressionTimezone": self.zone.as_deref().unwrap_or("UTC"),
            "State": if self.is_enabled { "ENABLED" } else { "DISABLED" },
            "Target": self.target,
        });
        let given = [
            ("Description", self.description.as_ref().map(|text| json!(text))),
            ("StartDate", self.begins_ms.map(seconds)),
            ("EndDate", self.ends_ms.map(seconds)),
        ];
        for (name, value) in given {
            if let Some(value) = value {
                shown[name] = value;
            }
        }
        shown
    }
}

/// # Errors
/// `ResourceNotFoundException` for a group of its own.
fn group(call: &Call) -> Result<(), Fault> {
    match text(call, "GroupName") {
        None | Some(GROUP | "") => Ok(()),
        Some(other) => {
            let message = format!(
                "Schedule group {other} does not exist: the local AWS has only `{GROUP}`; see docs/local-aws.md"
            );
            Err(Fault::sender("ResourceNotFoundException", message).with_status(404))
        }
    }
}

fn window(call: &Call) -> Result<Value, Fault> {
    let window = call.input.get("FlexibleTimeWindow").cloned().unwrap_or_default();
    match window["Mode"].as_str() {
        Some("OFF") => Ok(window),
        Some("FLEXIBLE") if window["MaximumWindowInMinutes"].as_i64().is_some() => Ok(window),
        _ => Err(invalid("FlexibleTimeWindow needs a Mode, OFF or FLEXIBLE, and FLEXIBLE its MaximumWindowInMinutes")),
    }
}

fn target(call: &Call) -> Result<Value, Fault> {
    let target = call.input.get("Target").cloned().unwrap_or_default();
    let arn = target["Arn"].as_str().unwrap_or_default();
    if !reaches(arn) {
        return Err(invalid(format!("the local AWS does not support the target {arn}; see docs/local-aws.md")));
    }
    if target["RoleArn"].as_str().is_none_or(str::is_empty) {
        return Err(invalid("The target of a schedule needs a RoleArn"));
    }
    for member in
        ["EcsParameters", "EventBridgeParameters", "KinesisParameters", "SageMakerPipelineParameters", "SqsParameters"]
    {
        if target.get(member).is_some_and(|value| !value.is_null()) {
            return Err(invalid(format!("the local AWS does not support {member} of a target; see docs/local-aws.md")));
        }
    }
    Ok(target)
}

/// Makes a schedule.
///
/// Source: <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html>.
pub async fn create_schedule(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let schedule = Schedule::of(&cloud, &call, cloud.clock.now_ms())?;
    if cloud.store.get::<Schedule>(SCHEDULES, &row(&call.region, &schedule.name))?.is_some() {
        let message = format!("Schedule {} already exists.", schedule.name);
        return Err(Fault::sender("ConflictException", message).with_status(409));
    }
    schedule.save(&cloud)?;
    Ok(Output::json(json!({ "ScheduleArn": schedule.arn(&cloud) })))
}

/// Changes a schedule to all that is sent; what is not sent goes back to its default.
///
/// Source: <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_UpdateSchedule.html>.
pub async fn update_schedule(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let before = Schedule::load(&cloud, &call)?;
    let schedule = Schedule::of(&cloud, &call, before.created_ms)?;
    schedule.save(&cloud)?;
    Ok(Output::json(json!({ "ScheduleArn": schedule.arn(&cloud) })))
}

/// One schedule.
pub async fn get_schedule(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    Ok(Output::json(Schedule::load(&cloud, &call)?.shown(&cloud)))
}

/// Removes a schedule.
pub async fn delete_schedule(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let schedule = Schedule::load(&cloud, &call)?;
    cloud.store.delete(SCHEDULES, &row(&schedule.region, &schedule.name))?;
    Ok(Output::empty())
}

/// The schedules of a region, by name.
pub async fn list_schedules(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    group(&call)?;
    let most = integer(&call, "MaxResults").unwrap_or(MOST_ON_PAGE).clamp(1, MOST_ON_PAGE) as usize;
    let (begin, after) = (text(&call, "NamePrefix").unwrap_or_default(), text(&call, "NextToken").unwrap_or_default());
    let all: Vec<(String, Schedule)> = cloud.store.scan(SCHEDULES, &row(&call.region, begin))?;
    let state = text(&call, "State").map(|state| state == "ENABLED");
    let mut wanted = all.into_iter().map(|(_, schedule)| schedule).filter(|schedule| {
        state.is_none_or(|enabled| schedule.is_enabled == enabled)
            && (after.is_empty() || schedule.name.as_str() > after)
    });
    let page: Vec<Schedule> = wanted.by_ref().take(most).collect();
    let next = wanted.next().and(page.last()).map(|last| last.name.clone());
    let shown = page.iter().map(|schedule| {
        let whole = schedule.shown(&cloud);
        let members = ["Arn", "CreationDate", "GroupName", "LastModificationDate", "Name", "State"];
        let mut summary: Value = members.iter().map(|name| ((*name).to_owned(), whole[*name].clone())).collect();
        summary["Target"] = json!({ "Arn": schedule.target["Arn"] });
        summary
    });
    let mut answer = json!({ "Schedules": shown.collect::<Vec<Value>>() });
    if let Some(next) = next {
        answer["NextToken"] = json!(next);
    }
    Ok(Output::json(answer))
}
