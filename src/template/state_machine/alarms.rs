//! `AWS::CloudWatch::Alarm`: alarms about executions.

use serde_json::{Map, Value, json};

use crate::diagnostic::{Code, Diagnostic};
use crate::stack::state_machine::{AlarmMetric, AlarmMetricDetails, MachineAlarms};
use crate::stack::{Expr, Named, StateMachine};
use crate::template::draft::{Draft, extend};
use crate::template::intrinsic::reference;

/// A metric's name here, CloudWatch's name, and what the alarm says.
const METRICS: [(&str, &str, &str); 5] = [
    ("executionsTimedOut", "ExecutionsTimedOut", "executions timed out"),
    ("executionsFailed", "ExecutionsFailed", "executions failed"),
    ("executionsAborted", "ExecutionsAborted", "executions were aborted"),
    ("executionThrottled", "ExecutionThrottled", "execution were throttled"),
    ("executionsSucceeded", "ExecutionsSucceeded", "executions succeeded"),
];

/// Adds one alarm a metric.
pub fn render(draft: &mut Draft, machine: &Named<StateMachine>) {
    let Some(alarms) = &machine.value.alarms else { return };
    for metric in &alarms.metrics {
        let (name, details) = match metric {
            AlarmMetric::Name(name) => (Some(name), None),
            AlarmMetric::Detailed(details) => (details.metric.as_ref(), Some(details)),
        };
        let Some(name) = name else { continue };
        let Some(known) = METRICS.iter().find(|(metric, _, _)| *metric == name.text) else {
            let message = format!("`{}` is not a metric of executions", name.text);
            let diagnostic = Diagnostic::error(Code::UnknownReference, name.span, message);
            let mut diagnostic = diagnostic.choose(&name.text, METRICS.iter().map(|(metric, _, _)| *metric), "");
            if draft.stack.dialect == crate::project::Dialect::Serverless {
                diagnostic.severity = crate::diagnostic::Severity::Warning;
            }
            draft.diagnostics.push(diagnostic);
            continue;
        };
        add(draft, machine, alarms, details, *known);
    }
}

fn add(
    draft: &mut Draft,
    machine: &Named<StateMachine>,
    alarms: &MachineAlarms,
    details: Option<&AlarmMetricDetails>,
    (short, metric, says): (&str, &str, &str),
) {
    let stack = draft.stack;
    let machine_id = stack.machine_id(machine);
    let topics = alarms.topics.as_ref();
    let actions = |topic: Option<&Expr>| json!(topic.map(|topic| topic.value.clone()).into_iter().collect::<Vec<_>>());
    let own_missing = details.and_then(|details| details.treat_missing_data.as_ref());
    let missing = own_missing.or(alarms.treat_missing_data.as_ref()).map_or("missing", |text| text.text.as_str());
    let period = details.and_then(|details| details.period_s).or(alarms.period_s).map_or(60, |period| period.value);
    let shown = machine.value.name.as_ref().and_then(|name| name.as_str()).unwrap_or(&machine.name);
    let template = alarms.name_template.as_ref().map(|template| {
        let text = template.text.replace("$[stateMachineName]", shown).replace("$[metricName]", short);
        text.replace("$[cloudWatchMetricName]", metric)
    });
    let name = details.and_then(|details| details.alarm_name.as_ref()).map(|name| name.text.clone()).or(template);
    let mut all = Map::new();
    all.insert("Namespace".into(), json!("AWS/States"));
    all.insert("MetricName".into(), json!(metric));
    all.insert("AlarmDescription".into(), json!(format!("{shown}[{}][{}]: {says}", stack.stage, stack.region)));
    all.insert("Threshold".into(), json!(1));
    all.insert("Period".into(), json!(period));
    all.insert("EvaluationPeriods".into(), json!(1));
    all.insert("ComparisonOperator".into(), json!("GreaterThanOrEqualToThreshold"));
    all.insert("Statistic".into(), json!("Sum"));
    all.insert("TreatMissingData".into(), json!(missing));
    all.insert("OKActions".into(), actions(topics.and_then(|topics| topics.ok.as_ref())));
    all.insert("AlarmActions".into(), actions(topics.and_then(|topics| topics.alarm.as_ref())));
    all.insert("InsufficientDataActions".into(), actions(topics.and_then(|topics| topics.insufficient_data.as_ref())));
    all.insert("Dimensions".into(), json!([{"Name": "StateMachineArn", "Value": reference(&machine_id)}]));
    extend(&mut all, [("AlarmName", name.map(|name| json!(name)))]);
    let id = details.and_then(|details| details.logical_id.as_ref()).map(|id| id.text.clone());
    let id = id.unwrap_or_else(|| format!("{machine_id}{metric}Alarm"));
    draft.add(id, alarms.span, "AWS::CloudWatch::Alarm", Value::Object(all));
}
