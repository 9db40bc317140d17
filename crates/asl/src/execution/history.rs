//! The events of an execution, as GetExecutionHistory answers them.

use crate::effect::{Failure, Timestamp};
use crate::machine::StateKind;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// One event.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryEvent {
    /// From 1, without gaps.
    pub id: u64,
    /// The event of the same branch that led to this one; 0 for the first two.
    pub previous_event_id: u64,
    pub timestamp: Timestamp,
    pub event: Event,
}

/// The resource of a service integration in its events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskResource {
    /// `invoke.waitForTaskToken`
    pub resource: String,
    /// `lambda`
    pub resource_type: String,
}

/// What happened, with AWS's details.
///
/// Source: Step Functions API reference, HistoryEvent.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    ExecutionStarted {
        input: Arc<str>,
        role_arn: String,
        version_arn: Option<String>,
        alias_arn: Option<String>,
    },
    ExecutionSucceeded {
        output: Arc<str>,
    },
    ExecutionFailed(Failure),
    ExecutionTimedOut(Failure),
    ExecutionAborted(Failure),
    ExecutionRedriven {
        redrive_count: u64,
    },
    StateEntered {
        kind: StateKind,
        name: Arc<str>,
        input: Arc<str>,
    },
    StateExited {
        kind: StateKind,
        name: Arc<str>,
        output: Arc<str>,
        assigned: Vec<(String, String)>,
    },
    EvaluationFailed {
        failure: Failure,
        location: Option<String>,
        state: Arc<str>,
    },
    LambdaFunctionScheduled {
        resource: String,
        input: Arc<str>,
        timeout_s: Option<u64>,
        credentials_role: Option<String>,
    },
    LambdaFunctionScheduleFailed(Failure),
    LambdaFunctionStarted,
    LambdaFunctionStartFailed(Failure),
    LambdaFunctionSucceeded {
        output: Arc<str>,
    },
    LambdaFunctionFailed(Failure),
    LambdaFunctionTimedOut(Failure),
    ActivityScheduled {
        resource: String,
        input: Arc<str>,
        timeout_s: Option<u64>,
        heartbeat_s: Option<u64>,
    },
    ActivityScheduleFailed(Failure),
    ActivityStarted {
        worker: Option<String>,
    },
    ActivitySucceeded {
        output: Arc<str>,
    },
    ActivityFailed(Failure),
    ActivityTimedOut(Failure),
    TaskScheduled {
        task: TaskResource,
        region: String,
        parameters: Arc<str>,
        timeout_s: Option<u64>,
        heartbeat_s: Option<u64>,
        credentials_role: Option<String>,
    },
    TaskStarted(TaskResource),
    TaskStartFailed(TaskResource, Failure),
    TaskSubmitted(TaskResource, Arc<str>),
    TaskSubmitFailed(TaskResource, Failure),
    TaskSucceeded(TaskResource, Arc<str>),
    TaskFailed(TaskResource, Failure),
    TaskTimedOut(TaskResource, Failure),
    MapStateStarted {
        length: u64,
    },
    MapStateSucceeded,
    MapStateFailed,
    MapStateAborted,
    MapIterationStarted {
        name: Arc<str>,
        index: u64,
    },
    MapIterationSucceeded {
        name: Arc<str>,
        index: u64,
    },
    MapIterationFailed {
        name: Arc<str>,
        index: u64,
    },
    MapIterationAborted {
        name: Arc<str>,
        index: u64,
    },
    ParallelStateStarted,
    ParallelStateSucceeded,
    ParallelStateFailed,
    ParallelStateAborted,
    WaitStateAborted,
    TaskStateAborted,
    MapRunStarted {
        map_run_arn: String,
    },
    MapRunSucceeded,
    MapRunFailed(Failure),
    MapRunAborted,
    MapRunRedriven {
        map_run_arn: String,
        redrive_count: u64,
    },
}

impl HistoryEvent {
    /// The event's `type` on the wire.
    pub fn kind(&self) -> String {
        self.event.kind()
    }

    /// The event in AWS's JSON shape. `timestamp` is in seconds since 1970 with milliseconds. Without `include_data`,
    /// inputs, outputs, parameters and assigned variables are left out, as GetExecutionHistory does for
    /// `includeExecutionData: false`.
    pub fn to_wire(&self, include_data: bool) -> Value {
        let mut event = Map::new();
        event.insert("timestamp".into(), json!(self.timestamp.0 as f64 / 1000.0));
        event.insert("type".into(), Value::String(self.kind()));
        event.insert("id".into(), json!(self.id));
        event.insert("previousEventId".into(), json!(self.previous_event_id));
        if let Some((name, details)) = self.event.details(include_data) {
            event.insert(name, Value::Object(details));
        }
        Value::Object(event)
    }
}

/// Collects the members of a details structure, leaving out what is not there.
struct Details {
    members: Map<String, Value>,
    include_data: bool,
}

impl Details {
    fn text(mut self, name: &str, value: &str) -> Details {
        self.members.insert(name.into(), value.into());
        self
    }

    fn maybe(self, name: &str, value: &Option<String>) -> Details {
        match value {
            Some(value) => self.text(name, value),
            None => self,
        }
    }

    fn number(mut self, name: &str, value: Option<u64>) -> Details {
        if let Some(value) = value {
            self.members.insert(name.into(), value.into());
        }
        self
    }

    /// `input` with its `inputDetails`, and so on.
    fn data(mut self, name: &str, value: &str) -> Details {
        if self.include_data {
            self.members.insert(name.into(), value.into());
            self.members.insert(format!("{name}Details"), json!({"truncated": false}));
        }
        self
    }

    fn failure(self, failure: &Failure) -> Details {
        self.maybe("error", &failure.error).maybe("cause", &failure.cause)
    }

    fn task(self, task: &TaskResource) -> Details {
        self.text("resourceType", &task.resource_type).text("resource", &task.resource)
    }

    fn credentials(mut self, role: &Option<String>) -> Details {
        if let Some(role) = role {
            self.members.insert("taskCredentials".into(), json!({"roleArn": role}));
        }
        self
    }

    fn done(self, name: &str) -> Option<(String, Map<String, Value>)> {
        Some((format!("{name}EventDetails"), self.members))
    }
}

impl Event {
    /// `PassStateEntered`, `TaskScheduled`, …
    pub fn kind(&self) -> String {
        match self {
            Event::StateEntered { kind, .. } => format!("{}StateEntered", kind.name()),
            Event::StateExited { kind, .. } => format!("{}StateExited", kind.name()),
            other => {
                let debug = format!("{other:?}");
                debug.split([' ', '(']).next().unwrap_or_default().to_owned()
            }
        }
    }

    /// Whether nothing comes after it (but a redrive).
    pub(crate) fn is_end(&self) -> bool {
        matches!(
            self,
            Event::ExecutionSucceeded { .. }
                | Event::ExecutionFailed(_)
                | Event::ExecutionTimedOut(_)
                | Event::ExecutionAborted(_)
        )
    }

    fn details(&self, include_data: bool) -> Option<(String, Map<String, Value>)> {
        let details = Details { members: Map::new(), include_data };
        match self {
            Event::ExecutionStarted { input, role_arn, version_arn, alias_arn } => details
                .data("input", input)
                .text("roleArn", role_arn)
                .maybe("stateMachineVersionArn", version_arn)
                .maybe("stateMachineAliasArn", alias_arn)
                .done("executionStarted"),
            Event::ExecutionSucceeded { output } => details.data("output", output).done("executionSucceeded"),
            Event::ExecutionFailed(failure) => details.failure(failure).done("executionFailed"),
            Event::ExecutionTimedOut(failure) => details.failure(failure).done("executionTimedOut"),
            Event::ExecutionAborted(failure) => details.failure(failure).done("executionAborted"),
            Event::ExecutionRedriven { redrive_count } => {
                details.number("redriveCount", Some(*redrive_count)).done("executionRedriven")
            }
            Event::StateEntered { name, input, .. } => {
                details.text("name", name).data("input", input).done("stateEntered")
            }
            Event::StateExited { name, output, assigned, .. } => {
                exited(details.text("name", name).data("output", output), assigned).done("stateExited")
            }
            Event::EvaluationFailed { failure, location, state } => {
                details.failure(failure).maybe("location", location).text("state", state).done("evaluationFailed")
            }
            Event::MapStateStarted { length } => details.number("length", Some(*length)).done("mapStateStarted"),
            Event::MapIterationStarted { name, index } => iteration(details, name, *index, "mapIterationStarted"),
            Event::MapIterationSucceeded { name, index } => iteration(details, name, *index, "mapIterationSucceeded"),
            Event::MapIterationFailed { name, index } => iteration(details, name, *index, "mapIterationFailed"),
            Event::MapIterationAborted { name, index } => iteration(details, name, *index, "mapIterationAborted"),
            Event::MapRunStarted { map_run_arn } => details.text("mapRunArn", map_run_arn).done("mapRunStarted"),
            Event::MapRunFailed(failure) => details.failure(failure).done("mapRunFailed"),
            Event::MapRunRedriven { map_run_arn, redrive_count } => details
                .text("mapRunArn", map_run_arn)
                .number("redriveCount", Some(*redrive_count))
                .done("mapRunRedriven"),
            _ => self.task_details(details),
        }
    }

    fn task_details(&self, details: Details) -> Option<(String, Map<String, Value>)> {
        match self {
            Event::LambdaFunctionScheduled { resource, input, timeout_s, credentials_role } => details
                .text("resource", resource)
                .data("input", input)
                .number("timeoutInSeconds", *timeout_s)
                .credentials(credentials_role)
                .done("lambdaFunctionScheduled"),
            Event::LambdaFunctionScheduleFailed(failure) => {
                details.failure(failure).done("lambdaFunctionScheduleFailed")
            }
            Event::LambdaFunctionStartFailed(failure) => details.failure(failure).done("lambdaFunctionStartFailed"),
            Event::LambdaFunctionSucceeded { output } => details.data("output", output).done("lambdaFunctionSucceeded"),
            Event::LambdaFunctionFailed(failure) => details.failure(failure).done("lambdaFunctionFailed"),
            Event::LambdaFunctionTimedOut(failure) => details.failure(failure).done("lambdaFunctionTimedOut"),
            Event::ActivityScheduled { resource, input, timeout_s, heartbeat_s } => details
                .text("resource", resource)
                .data("input", input)
                .number("timeoutInSeconds", *timeout_s)
                .number("heartbeatInSeconds", *heartbeat_s)
                .done("activityScheduled"),
            Event::ActivityScheduleFailed(failure) => details.failure(failure).done("activityScheduleFailed"),
            Event::ActivityStarted { worker } => details.maybe("workerName", worker).done("activityStarted"),
            Event::ActivitySucceeded { output } => details.data("output", output).done("activitySucceeded"),
            Event::ActivityFailed(failure) => details.failure(failure).done("activityFailed"),
            Event::ActivityTimedOut(failure) => details.failure(failure).done("activityTimedOut"),
            Event::TaskScheduled { task, region, parameters, timeout_s, heartbeat_s, credentials_role } => {
                let details = details.task(task).text("region", region);
                let shown = if details.include_data { details.text("parameters", parameters) } else { details };
                shown
                    .number("timeoutInSeconds", *timeout_s)
                    .number("heartbeatInSeconds", *heartbeat_s)
                    .credentials(credentials_role)
                    .done("taskScheduled")
            }
            Event::TaskStarted(task) => details.task(task).done("taskStarted"),
            Event::TaskStartFailed(task, failure) => details.task(task).failure(failure).done("taskStartFailed"),
            Event::TaskSubmitted(task, output) => details.task(task).data("output", output).done("taskSubmitted"),
            Event::TaskSubmitFailed(task, failure) => details.task(task).failure(failure).done("taskSubmitFailed"),
            Event::TaskSucceeded(task, output) => details.task(task).data("output", output).done("taskSucceeded"),
            Event::TaskFailed(task, failure) => details.task(task).failure(failure).done("taskFailed"),
            Event::TaskTimedOut(task, failure) => details.task(task).failure(failure).done("taskTimedOut"),
            _ => None,
        }
    }
}

fn exited(mut details: Details, assigned: &[(String, String)]) -> Details {
    if details.include_data && !assigned.is_empty() {
        let variables = assigned.iter().map(|(name, value)| (name.clone(), Value::String(value.clone()))).collect();
        details.members.insert("assignedVariables".into(), Value::Object(variables));
        details.members.insert("assignedVariablesDetails".into(), json!({"truncated": false}));
    }
    details
}

fn iteration(details: Details, name: &str, index: u64, kind: &str) -> Option<(String, Map<String, Value>)> {
    details.text("name", name).number("index", Some(index)).done(kind)
}
