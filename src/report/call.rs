//! What functions and executions answer, and what they wrote.

use serde_json::{Value, json};

use super::Report;
use crate::observe::{Answer, CallManner, Execution, LogLine, Shown, shown};

impl Report {
    /// What a function answered.
    pub fn answer(&self, function: &str, answer: &Answer, manner: CallManner, with_log: bool) {
        let payload = payload(&answer.payload);
        if self.is_json() {
            return self.object(&json!({"event": "answer", "function": function, "payload": payload, "log": answer.log_tail.as_ref().filter(|_| with_log)}));
        }
        if with_log && let Some(log) = &answer.log_tail {
            self.note(log.trim_end());
        }
        match manner {
            CallManner::Async => self.note(&format!("`{function}` was called; what it answers is not waited for")),
            CallManner::Dry => self.note(&format!("`{function}` would take the call")),
            CallManner::Wait => self.out(&pretty(&payload)),
        }
    }

    /// An execution has begun.
    pub fn started(&self, machine: &str, arn: &str) {
        if self.is_json() {
            return self.object(&json!({"event": "execution-started", "machine": machine, "arn": arn}));
        }
        self.note(&format!("Started {arn}"));
    }

    /// How an execution has ended: its output, or all of it as JSON.
    pub fn execution(&self, execution: &Execution) {
        let text = |text: &Option<String>| text.as_deref().map(|text| payload(text.as_bytes()));
        if self.is_json() {
            return self.object(&json!({
                "event": "execution",
                "arn": execution.arn,
                "name": execution.name,
                "status": execution.status,
                "input": text(&execution.input),
                "output": text(&execution.output),
                "error": execution.error,
                "cause": execution.cause,
                "startDate": execution.started.to_string(),
                "stopDate": execution.stopped.map(|time| time.to_string()),
            }));
        }
        if let Some(output) = text(&execution.output) {
            self.out(&pretty(&output));
        }
    }

    /// Lines of a log, those of Lambda itself set back or left out.
    pub fn log(&self, lines: &[LogLine]) {
        for line in lines {
            if self.is_json() {
                self.object(&json!({"event": "log", "at": line.at.to_string(), "message": line.message.trim_end()}));
                continue;
            }
            let at = line.at.strftime("%Y-%m-%d %H:%M:%S.%3f");
            match shown(&line.message) {
                Shown::Said(text) => self.out(&format!("{at}  {text}")),
                Shown::Around(text) => self.out(&format!("{at}  {}", self.terminal.out_dim(&text))),
                Shown::Dropped => {}
            }
        }
    }
}

/// A payload as JSON; as text when it is none.
fn payload(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(bytes).into_owned()))
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string())
}
