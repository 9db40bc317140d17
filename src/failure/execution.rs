//! A function or an execution that failed, as a person reads about it.

use serde_json::Value;

use super::{Account, listing};
use crate::observe::{Answer, Execution, Fault};

/// A function that was called and failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the function `{function}` failed")]
pub struct FunctionFailure {
    pub function: String,
    pub answer: Answer,
}

impl FunctionFailure {
    /// What a person reads about it.
    pub fn account(&self) -> Account {
        let payload: Value = serde_json::from_slice(&self.answer.payload).unwrap_or_default();
        let text = |key: &str| payload.get(key).and_then(Value::as_str);
        let words = match (text("errorType"), text("errorMessage")) {
            (Some(kind), Some(message)) if !kind.is_empty() => format!("{kind}: {message}"),
            (_, Some(message)) => message.to_owned(),
            _ => String::from_utf8_lossy(&self.answer.payload).into_owned(),
        };
        let log = self.answer.log_tail.as_deref().unwrap_or_default();
        Account {
            causes: vec![words],
            excerpt: log.trim_end().lines().map(str::to_owned).collect(),
            hints: vec![format!("`deploy logs -f {}` shows what it wrote", self.function)],
            ..Account::new("function-failed", self.to_string())
        }
    }
}

/// An execution of a state machine that did not succeed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}", self.headline())]
pub struct ExecutionFailure {
    /// As the configuration calls the machine.
    pub machine: String,
    pub execution: Execution,
    pub fault: Fault,
    /// What the function wrote that failed.
    pub log: Vec<String>,
}

impl ExecutionFailure {
    fn headline(&self) -> String {
        let ended = match self.execution.status.as_str() {
            "TIMED_OUT" => "ran out of time",
            "ABORTED" => "was aborted",
            _ => "failed",
        };
        let place = match self.fault.states.as_slice() {
            [] => String::new(),
            [state] => format!(" in the state `{state}`"),
            states => format!(" in the states {}", listing(states)),
        };
        format!("the execution `{}` of `{}` {ended}{place}", self.execution.name, self.machine)
    }

    /// What a person reads about it.
    pub fn account(&self) -> Account {
        let mut causes: Vec<String> = words(&self.fault).into_iter().collect();
        if let Some(after) = &self.fault.after {
            let state = after.states.first().map_or("a state", String::as_str);
            let what = words(after).unwrap_or_else(|| "it gave no reason".to_owned());
            causes.push(format!("before that, `{state}` failed and was caught: {what}"));
        }
        let failed = self.fault.after.as_deref().unwrap_or(&self.fault);
        let hints = failed.function.iter().map(|function| {
            let name = function.rsplit(':').next().unwrap_or(function);
            format!("the function `{name}` did the work: `deploy logs` shows what it wrote")
        });
        Account {
            causes,
            excerpt: self.log.clone(),
            now: vec![format!("the execution is {}: {}", self.execution.status, self.execution.arn)],
            hints: hints.collect(),
            ..Account::new("execution-failed", self.headline())
        }
    }
}

fn words(fault: &Fault) -> Option<String> {
    match (&fault.error, &fault.cause) {
        (Some(error), Some(cause)) => Some(format!("{error}: {}", readable(cause))),
        (Some(error), None) => Some(error.clone()),
        (None, Some(cause)) => Some(readable(cause)),
        (None, None) => None,
    }
}

/// The cause of a failed function is its error as JSON, of which the message says most.
fn readable(cause: &str) -> String {
    let error: Value = serde_json::from_str(cause).unwrap_or_default();
    let message = error.get("errorMessage").and_then(Value::as_str);
    message.map_or_else(|| cause.to_owned(), str::to_owned)
}
