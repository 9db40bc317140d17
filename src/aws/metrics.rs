//! CloudWatch metrics, as observing sees them.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Clients;
use super::error::AwsError;
use super::json::MONITORING;
use crate::observe::{Metrics, Monitoring};

/// How many pages of values are read.
const MAX_PAGES: usize = 20;

/// What is asked for: id, metric, statistic.
///
/// Source: AWS Lambda Developer Guide, "Types of metrics for Lambda functions".
const ASKED: [(&str, &str, &str); 4] = [
    ("invocations", "Invocations", "Sum"),
    ("errors", "Errors", "Sum"),
    ("throttles", "Throttles", "Sum"),
    ("duration", "Duration", "Sum"),
];

impl Monitoring for Clients {
    async fn metrics(&self, function: &str, from: Timestamp, to: Timestamp) -> Result<Metrics, AwsError> {
        let queries: Vec<Value> =
            ASKED.iter().map(|(id, metric, statistic)| query(id, metric, statistic, function)).collect();
        let mut found = Metrics::default();
        let mut next: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let mut input = json!({
                "StartTime": from.as_second(),
                "EndTime": to.as_second(),
                "MetricDataQueries": queries,
            });
            if let Some(token) = &next {
                input["NextToken"] = json!(token);
            }
            let answer = self.json.call(MONITORING, "GetMetricData", &input).await?;
            for result in answer.get("MetricDataResults").and_then(Value::as_array).into_iter().flatten() {
                add(&mut found, result);
            }
            next = answer.get("NextToken").and_then(Value::as_str).map(str::to_owned);
            if next.is_none() {
                return Ok(found);
            }
        }
        Err(AwsError::garbled("GetMetricData", format!("more than {MAX_PAGES} pages")))
    }
}

fn query(id: &str, metric: &str, statistic: &str, function: &str) -> Value {
    json!({
        "Id": id,
        "ReturnData": true,
        "MetricStat": {
            "Metric": {
                "Namespace": "AWS/Lambda",
                "MetricName": metric,
                "Dimensions": [{"Name": "FunctionName", "Value": function}],
            },
            "Period": 300,
            "Stat": statistic,
        },
    })
}

fn add(found: &mut Metrics, result: &Value) {
    let values = result.get("Values").and_then(Value::as_array).into_iter().flatten();
    let sum: f64 = values.filter_map(Value::as_f64).sum();
    match result.get("Id").and_then(Value::as_str) {
        Some("invocations") => found.invocations += sum as u64,
        Some("errors") => found.errors += sum as u64,
        Some("throttles") => found.throttles += sum as u64,
        Some("duration") => found.duration_ms += sum,
        _ => {}
    }
}
