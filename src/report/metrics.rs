//! What was counted of functions.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Report;
use crate::observe::Metrics;

impl Report {
    /// What was counted of each function, and of all together.
    pub fn metrics(&self, stack: &str, place: &str, (from, to): (Timestamp, Timestamp), found: &[(String, Metrics)]) {
        let all = found.iter().fold(Metrics::default(), |sum, (_, one)| sum.with(one));
        if self.is_json() {
            let functions: Vec<Value> = found.iter().map(|(key, one)| object(key, one)).collect();
            return self.object(&json!({
                "event": "metrics", "stack": stack, "from": from.to_string(), "to": to.to_string(),
                "functions": functions, "all": object("", &all),
            }));
        }
        let width = found.iter().map(|(key, _)| key.chars().count()).chain([9]).max().unwrap_or_default();
        let mut lines = vec![
            format!("{stack} ({place}) from {from:.0} to {to:.0}:"),
            format!(
                "  {:<width$}  {:>11}  {:>8}  {:>9}  {:>12}",
                "function", "invocations", "errors", "throttles", "average"
            ),
        ];
        lines.extend(found.iter().map(|(key, one)| line(key, one, width)));
        if found.len() > 1 {
            lines.push(line("all", &all, width));
        }
        self.out(&lines.join("\n"));
    }
}

fn line(key: &str, one: &Metrics, width: usize) -> String {
    let average = one.average_ms().map_or("-".to_owned(), |average| format!("{average:.1} ms"));
    format!("  {key:<width$}  {:>11}  {:>8}  {:>9}  {average:>12}", one.invocations, one.errors, one.throttles)
}

fn object(key: &str, one: &Metrics) -> Value {
    json!({
        "function": if key.is_empty() { Value::Null } else { json!(key) },
        "invocations": one.invocations,
        "errors": one.errors,
        "throttles": one.throttles,
        "averageMs": one.average_ms(),
    })
}
