//! Executions: started, followed to their end, and when they fail, the state that failed.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::cloud::{Execution, HistoryEvent, Machine, Machines};
use crate::aws::AwsError;

/// How many pages a history may have: AWS keeps at most 25,000 events and gives up to a thousand at once.
const MAX_PAGES: usize = 1000;
/// How often an execution is looked at while it runs: more than a year at the slowest pace.
const MAX_POLLS: u64 = 10_000_000;

/// An execution that has come to its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Finished {
    pub execution: Execution,
    /// What went wrong; none when it succeeded.
    pub fault: Option<Fault>,
}

/// What went wrong in an execution.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fault {
    /// The states in which it ended; several when branches ran side by side and all were stopped.
    pub states: Vec<String>,
    pub error: Option<String>,
    pub cause: Option<String>,
    /// Name or ARN of the function that failed, when one did.
    pub function: Option<String>,
    /// When its work began and ended.
    pub window: Option<(Timestamp, Timestamp)>,
    /// The failure that led there: a Fail state after a Catch tells of an earlier one.
    pub after: Option<Box<Fault>>,
}

impl Finished {
    /// Whether it did what it was for.
    pub fn succeeded(&self) -> bool {
        self.execution.status == "SUCCEEDED"
    }
}

/// Starts an execution; answers its ARN. An express machine runs to its end at once.
///
/// # Errors
/// What the cloud answers.
pub async fn start(cloud: &impl Machines, machine: &Machine, input: &Value) -> Result<Started, AwsError> {
    match machine.express {
        true => cloud.start_sync(&machine.arn, input).await.map(|execution| Started::Ended(Box::new(execution))),
        false => cloud.start(&machine.arn, input).await.map(Started::Running),
    }
}

/// An execution that was started.
#[derive(Clone, Debug, PartialEq)]
pub enum Started {
    /// It runs; this is its ARN.
    Running(String),
    /// It has ended already.
    Ended(Box<Execution>),
}

/// Waits until an execution has ended, from `first` pause to `longest`, and finds what went wrong.
///
/// # Errors
/// What the cloud answers.
pub async fn follow(
    cloud: &impl Machines,
    arn: &str,
    first: Duration,
    longest: Duration,
) -> Result<Finished, AwsError> {
    let mut pause = first;
    for _ in 0..MAX_POLLS {
        let execution = cloud.execution(arn).await?;
        match execution.status.as_str() {
            "RUNNING" | "PENDING_REDRIVE" => {}
            "SUCCEEDED" => return Ok(Finished { execution, fault: None }),
            _ => {
                let fault = fault(&history(cloud, arn).await?, &execution);
                return Ok(Finished { execution, fault: Some(fault) });
            }
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 3 / 2).min(longest);
    }
    Err(AwsError::garbled("DescribeExecution", "the execution never ends"))
}

async fn history(cloud: &impl Machines, arn: &str) -> Result<Vec<HistoryEvent>, AwsError> {
    let mut events = Vec::new();
    let mut page = None;
    for _ in 0..MAX_PAGES {
        let answer = cloud.history(arn, page.as_deref()).await?;
        events.extend(answer.events);
        page = answer.next;
        if page.is_none() {
            return Ok(events);
        }
    }
    Err(AwsError::garbled("GetExecutionHistory", format!("more than {MAX_PAGES} pages")))
}

/// What went wrong, from the whole history: the way back from the last event by `previousEventId`.
pub fn fault(events: &[HistoryEvent], execution: &Execution) -> Fault {
    let history = History { by_id: events.iter().map(|event| (event.id, event)).collect() };
    let told = Fault { error: execution.error.clone(), cause: execution.cause.clone(), ..Fault::default() };
    let Some(last) = events.last() else { return told };
    let way: Vec<&HistoryEvent> = history.way_back(last).collect();
    let mut fault = match way.iter().any(|event| is_entry(event)) {
        true => failed_on(&way),
        // Stopped from outside: whatever was open then.
        false => Fault { states: history.open_states(events), ..Fault::default() },
    };
    fault.error = told.error.or(last.error.clone()).or(fault.error);
    fault.cause = told.cause.or(last.cause.clone()).or(fault.cause);
    fault
}

struct History<'a> {
    by_id: BTreeMap<i64, &'a HistoryEvent>,
}

impl<'a> History<'a> {
    /// The events that led to this one, the nearest first, itself included. Ids fall on the way back, so it ends.
    fn way_back(&self, from: &'a HistoryEvent) -> impl Iterator<Item = &'a HistoryEvent> {
        std::iter::successors(Some(from), |event| {
            self.by_id.get(&event.previous_id).copied().filter(|previous| previous.id < event.id)
        })
    }

    /// The innermost states that were entered and not left.
    fn open_states(&self, events: &'a [HistoryEvent]) -> Vec<String> {
        let mut left: HashSet<i64> = HashSet::new();
        for event in events.iter().filter(|event| event.kind.ends_with("StateExited")) {
            let entry = self.way_back(event).find(|entry| is_entry(entry) && entry.state == event.state);
            left.extend(entry.map(|entry| entry.id));
        }
        let open: Vec<&HistoryEvent> =
            events.iter().filter(|event| is_entry(event) && !left.contains(&event.id)).collect();
        let holds_another = |outer: &HistoryEvent| {
            open.iter()
                .any(|inner| inner.id != outer.id && self.way_back(inner).skip(1).any(|event| event.id == outer.id))
        };
        open.iter().filter(|entry| !holds_another(entry)).filter_map(|entry| entry.state.clone()).collect()
    }
}

/// The failure at the near end of a way back.
fn failed_on(way: &[&HistoryEvent]) -> Fault {
    let entry = way.iter().position(|event| is_entry(event)).unwrap_or(way.len() - 1);
    let (attempt, before) = way.split_at(entry + 1);
    let state = way[entry];
    let failed = attempt.iter().find(|event| event.error.is_some() || event.cause.is_some());
    let scheduled = attempt.iter().find(|event| event.kind.ends_with("Scheduled"));
    Fault {
        states: state.state.iter().cloned().collect(),
        error: failed.and_then(|event| event.error.clone()),
        cause: failed.and_then(|event| event.cause.clone()),
        function: scheduled.and_then(|event| function(event)),
        window: scheduled.map(|event| (event.at, way[0].at)),
        after: match state.kind.as_str() {
            "FailStateEntered" => caught(before).map(Box::new),
            _ => None,
        },
    }
}

/// The failure that was caught last on the way to a Fail state.
fn caught(before: &[&HistoryEvent]) -> Option<Fault> {
    let at = before.iter().position(|event| is_failure(event))?;
    Some(failed_on(&before[at..]))
}

fn is_failure(event: &HistoryEvent) -> bool {
    let kind = event.kind.as_str();
    kind.ends_with("Failed") || kind.ends_with("TimedOut")
}

fn is_entry(event: &HistoryEvent) -> bool {
    event.kind.ends_with("StateEntered")
}

/// The function of a scheduled task: the resource itself, or the parameter of `lambda:invoke`.
fn function(scheduled: &HistoryEvent) -> Option<String> {
    if scheduled.kind == "LambdaFunctionScheduled" {
        return scheduled.resource.clone();
    }
    let parameters: Value = serde_json::from_str(scheduled.parameters.as_deref()?).ok()?;
    parameters.get("FunctionName")?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: i64, previous_id: i64, kind: &str) -> HistoryEvent {
        HistoryEvent { id, previous_id, kind: kind.into(), ..HistoryEvent::default() }
    }

    fn entered(id: i64, previous_id: i64, kind: &str, state: &str) -> HistoryEvent {
        HistoryEvent { state: Some(state.into()), ..event(id, previous_id, kind) }
    }

    fn failed(id: i64, previous_id: i64, kind: &str, error: &str) -> HistoryEvent {
        HistoryEvent { error: Some(error.into()), ..event(id, previous_id, kind) }
    }

    fn scheduled(id: i64, previous_id: i64, function: &str) -> HistoryEvent {
        HistoryEvent { resource: Some(function.into()), ..event(id, previous_id, "LambdaFunctionScheduled") }
    }

    fn execution(status: &str, error: Option<&str>) -> Execution {
        Execution {
            arn: "arn".into(),
            name: "one".into(),
            status: status.into(),
            input: None,
            output: None,
            error: error.map(str::to_owned),
            cause: None,
            started: Timestamp::UNIX_EPOCH,
            stopped: None,
        }
    }

    #[test]
    fn the_last_attempt_names_state_error_and_function() {
        let events = [
            event(1, 0, "ExecutionStarted"),
            entered(2, 0, "TaskStateEntered", "RecordDB"),
            scheduled(3, 2, "fn-db"),
            event(4, 3, "LambdaFunctionSucceeded"),
            entered(5, 4, "TaskStateExited", "RecordDB"),
            entered(6, 5, "TaskStateEntered", "RecordAC"),
            scheduled(7, 6, "fn-ac"),
            failed(8, 7, "LambdaFunctionFailed", "First"),
            scheduled(9, 8, "fn-ac"),
            failed(10, 9, "LambdaFunctionFailed", "Second"),
            failed(11, 10, "ExecutionFailed", "Second"),
        ];
        let fault = fault(&events, &execution("FAILED", Some("Second")));
        assert_eq!(fault.states, ["RecordAC"]);
        assert_eq!(fault.error.as_deref(), Some("Second"));
        assert_eq!(fault.function.as_deref(), Some("fn-ac"));
        assert_eq!(fault.after, None);
    }

    #[test]
    fn a_fail_state_behind_a_catch_tells_of_the_state_that_really_failed() {
        let events = [
            event(1, 0, "ExecutionStarted"),
            entered(2, 0, "TaskStateEntered", "Charge"),
            scheduled(3, 2, "fn-charge"),
            failed(4, 3, "LambdaFunctionTimedOut", "Sandbox.Timedout"),
            entered(5, 4, "TaskStateExited", "Charge"),
            entered(6, 5, "FailStateEntered", "GiveUp"),
            failed(7, 6, "ExecutionFailed", "Given.Up"),
        ];
        let fault = fault(&events, &execution("FAILED", None));
        assert_eq!(fault.states, ["GiveUp"]);
        assert_eq!(fault.error.as_deref(), Some("Given.Up"));
        let after = fault.after.unwrap();
        assert_eq!((after.states, after.error), (vec!["Charge".to_owned()], Some("Sandbox.Timedout".to_owned())));
        assert_eq!(after.function.as_deref(), Some("fn-charge"));
    }

    #[test]
    fn an_execution_that_is_stopped_names_the_innermost_open_state() {
        let events = [
            event(1, 0, "ExecutionStarted"),
            entered(2, 0, "PassStateEntered", "Before"),
            entered(3, 2, "PassStateExited", "Before"),
            entered(4, 3, "ParallelStateEntered", "Both"),
            event(5, 4, "ParallelStateStarted"),
            entered(6, 5, "WaitStateEntered", "Left"),
            entered(7, 5, "WaitStateEntered", "Right"),
            event(8, 0, "ExecutionAborted"),
        ];
        let fault = fault(&events, &execution("ABORTED", None));
        assert_eq!(fault.states, ["Left", "Right"]);
    }

    #[test]
    fn the_function_of_an_optimised_invocation_stands_in_its_parameters() {
        let mut task = event(3, 2, "TaskScheduled");
        task.parameters =
            Some(r#"{"FunctionName":"arn:aws:lambda:us-east-1:000000000000:function:f","Payload":{}}"#.into());
        assert_eq!(function(&task).as_deref(), Some("arn:aws:lambda:us-east-1:000000000000:function:f"));
    }
}
