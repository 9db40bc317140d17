//! Metric alarms.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::Cloud;
use crate::services::input::{integer, list, required_text, text};
use crate::wire::{Call, Fault, Output};

/// Alarms, by region and name.
const ALARMS: &str = "monitoring.alarms";
/// How many alarms one page has, when the caller names no number.
///
/// Source: Amazon CloudWatch API Reference, `DescribeAlarms`.
const PAGE: usize = 50;
/// The most that one page may have.
const MOST_ON_PAGE: i64 = 100;

/// Members of `PutMetricAlarm` that are kept as they are.
const KEPT: &[&str] = &[
    "ActionsEnabled",
    "AlarmActions",
    "AlarmDescription",
    "ComparisonOperator",
    "DatapointsToAlarm",
    "Dimensions",
    "EvaluateLowSampleCountPercentile",
    "EvaluationPeriods",
    "ExtendedStatistic",
    "InsufficientDataActions",
    "MetricName",
    "Metrics",
    "Namespace",
    "OKActions",
    "Period",
    "Statistic",
    "Threshold",
    "ThresholdMetricId",
    "TreatMissingData",
    "Unit",
];
/// Those of them that are numbers; the query protocol writes them as text.
const NUMBERS: &[&str] = &["DatapointsToAlarm", "EvaluationPeriods", "Period", "Threshold"];
/// Those of them that are lists, which an alarm has even when it has none.
const LISTS: &[&str] = &["AlarmActions", "Dimensions", "InsufficientDataActions", "OKActions"];

const COMPARISONS: &[&str] = &[
    "GreaterThanOrEqualToThreshold",
    "GreaterThanThreshold",
    "LessThanThreshold",
    "LessThanOrEqualToThreshold",
    "LessThanLowerOrGreaterThanUpperThreshold",
    "LessThanLowerThreshold",
    "GreaterThanUpperThreshold",
];
const STATES: &[&str] = &["OK", "ALARM", "INSUFFICIENT_DATA"];

/// An alarm.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Alarm {
    name: String,
    /// What it was made of, in the API's shapes.
    settings: Map<String, Value>,
    state: String,
    reason: String,
    reason_data: Option<String>,
    state_ms: i64,
    configured_ms: i64,
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::sender("ValidationError", message)
}

fn row(region: &str, name: &str) -> String {
    format!("{region}/{name}")
}

impl Alarm {
    fn save(&self, cloud: &Cloud, region: &str) -> Result<(), Fault> {
        Ok(cloud.store.put(ALARMS, &row(region, &self.name), self)?)
    }

    /// # Errors
    /// `ResourceNotFound` when there is none of the name.
    fn load(cloud: &Cloud, region: &str, name: &str) -> Result<Alarm, Fault> {
        let found = cloud.store.get(ALARMS, &row(region, name))?;
        found.ok_or_else(|| Fault::sender("ResourceNotFound", "Unknown").with_status(404))
    }

    fn shown(&self, cloud: &Cloud, region: &str) -> Value {
        let seconds = |ms: i64| json!(ms as f64 / 1000.0);
        let mut shown = Value::Object(self.settings.clone());
        shown["AlarmName"] = json!(self.name);
        shown["AlarmArn"] = json!(format!("arn:aws:cloudwatch:{region}:{}:alarm:{}", cloud.config.account, self.name));
        shown["StateValue"] = json!(self.state);
        shown["StateReason"] = json!(self.reason);
        shown["StateUpdatedTimestamp"] = seconds(self.state_ms);
        shown["StateTransitionedTimestamp"] = seconds(self.state_ms);
        shown["AlarmConfigurationUpdatedTimestamp"] = seconds(self.configured_ms);
        if let Some(data) = &self.reason_data {
            shown["StateReasonData"] = json!(data);
        }
        shown
    }
}

/// Makes or changes an alarm. An alarm that was there keeps its state.
///
/// Diverges: no metric is collected, so an alarm stays in INSUFFICIENT_DATA until `SetAlarmState` says otherwise, and its
/// actions are not carried out.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html>.
pub async fn put_metric_alarm(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let name = required_text(&call, "AlarmName")?;
    let comparison = required_text(&call, "ComparisonOperator")?;
    if !COMPARISONS.contains(&comparison) {
        return Err(not_in("comparisonOperator", comparison, COMPARISONS));
    }
    if integer(&call, "EvaluationPeriods").is_none_or(|periods| periods < 1) {
        return Err(invalid("EvaluationPeriods must be a whole number of at least 1"));
    }
    if list(&call, "Metrics").is_empty() == text(&call, "MetricName").is_none() {
        return Err(invalid("An alarm needs either MetricName or Metrics, and not both"));
    }
    let mut settings: Map<String, Value> = KEPT
        .iter()
        .filter_map(|member| Some(((*member).to_owned(), kept(member, call.input.get(*member)?)?)))
        .collect();
    settings.entry("ActionsEnabled").or_insert(json!(true));
    for name in LISTS {
        settings.entry(*name).or_insert_with(|| json!([]));
    }
    let now = cloud.clock.now_ms();
    let before: Option<Alarm> = cloud.store.get(ALARMS, &row(&call.region, name))?;
    let alarm = match before {
        Some(before) => Alarm { settings, configured_ms: now, ..before },
        None => Alarm {
            name: name.to_owned(),
            settings,
            state: "INSUFFICIENT_DATA".to_owned(),
            reason: "Unchecked: Initial alarm creation".to_owned(),
            reason_data: None,
            state_ms: now,
            configured_ms: now,
        },
    };
    alarm.save(&cloud, &call.region)?;
    Ok(Output::empty())
}

fn not_in(member: &str, found: &str, allowed: &[&str]) -> Fault {
    invalid(format!(
        "1 validation error detected: Value '{found}' at '{member}' failed to satisfy constraint: Member must satisfy enum value set: [{}]",
        allowed.join(", ")
    ))
}

/// A member in the type that it has in the API.
fn kept(member: &str, value: &Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::String(text) if NUMBERS.contains(&member) => text.parse::<f64>().ok().map(|number| json!(number)),
        Value::String(text) if member == "ActionsEnabled" => Some(json!(text == "true")),
        other => Some(other.clone()),
    }
}

/// The alarms of a region: all, those of some names, those whose names begin with something, those in a state.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html>.
pub async fn describe_alarms(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let names: Vec<&str> = list(&call, "AlarmNames").iter().filter_map(Value::as_str).collect();
    let (begin, state) = (text(&call, "AlarmNamePrefix").unwrap_or_default(), text(&call, "StateValue"));
    let most = integer(&call, "MaxRecords").unwrap_or(PAGE as i64).clamp(1, MOST_ON_PAGE) as usize;
    let all: Vec<(String, Alarm)> = cloud.store.scan(ALARMS, &row(&call.region, begin))?;
    let after = text(&call, "NextToken").unwrap_or_default();
    let mut wanted = all.into_iter().map(|(_, alarm)| alarm).filter(|alarm| {
        (names.is_empty() || names.contains(&alarm.name.as_str()))
            && state.is_none_or(|state| alarm.state == state)
            && (after.is_empty() || alarm.name.as_str() > after)
    });
    let page: Vec<Alarm> = wanted.by_ref().take(most).collect();
    let next = wanted.next().and(page.last()).map(|last| last.name.clone());
    let shown: Vec<Value> = page.iter().map(|alarm| alarm.shown(&cloud, &call.region)).collect();
    let mut answer = json!({ "MetricAlarms": shown, "CompositeAlarms": [] });
    if let Some(next) = next {
        answer["NextToken"] = json!(next);
    }
    Ok(Output::json(answer))
}

/// Removes alarms; all of them must be there.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DeleteAlarms.html>.
pub async fn delete_alarms(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let names: Vec<&str> = list(&call, "AlarmNames").iter().filter_map(Value::as_str).collect();
    for name in &names {
        Alarm::load(&cloud, &call.region, name)?;
    }
    for name in names {
        cloud.store.delete(ALARMS, &row(&call.region, name))?;
    }
    Ok(Output::empty())
}

/// Puts an alarm into a state, to try what follows.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_SetAlarmState.html>.
pub async fn set_alarm_state(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut alarm = Alarm::load(&cloud, &call.region, required_text(&call, "AlarmName")?)?;
    let state = required_text(&call, "StateValue")?;
    if !STATES.contains(&state) {
        return Err(not_in("stateValue", state, STATES));
    }
    alarm.reason = required_text(&call, "StateReason")?.to_owned();
    alarm.reason_data = text(&call, "StateReasonData").map(str::to_owned);
    if alarm.state != state {
        (alarm.state, alarm.state_ms) = (state.to_owned(), cloud.clock.now_ms());
    }
    alarm.save(&cloud, &call.region)?;
    Ok(Output::empty())
}

/// Lets alarms carry out their actions.
pub async fn enable_alarm_actions(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    switch(&cloud, &call, true)
}

/// Keeps alarms from carrying out their actions.
pub async fn disable_alarm_actions(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    switch(&cloud, &call, false)
}

fn switch(cloud: &Cloud, call: &Call, on: bool) -> Result<Output, Fault> {
    for name in list(call, "AlarmNames").iter().filter_map(Value::as_str) {
        // Names that no alarm has are passed over.
        let Some(mut alarm) = cloud.store.get::<Alarm>(ALARMS, &row(&call.region, name))? else { continue };
        alarm.settings.insert("ActionsEnabled".to_owned(), json!(on));
        alarm.save(cloud, &call.region)?;
    }
    Ok(Output::empty())
}
