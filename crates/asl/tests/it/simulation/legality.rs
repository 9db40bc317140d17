//! Which histories Step Functions could have written.

use asl::HistoryEvent;
use std::collections::BTreeMap;

/// Checks the whole history of an execution that has ended.
pub fn check(history: &[HistoryEvent]) {
    let kinds: Vec<String> = history.iter().map(HistoryEvent::kind).collect();
    assert_eq!(kinds[0], "ExecutionStarted");
    let mut closed: BTreeMap<u64, u64> = BTreeMap::new();
    for (index, event) in history.iter().enumerate() {
        let kind = kinds[index].as_str();
        let shown = || format!("{event:?} in {kinds:?}");
        assert_eq!(event.id, index as u64 + 1, "ids have no gaps");
        assert!(event.previous_event_id < event.id, "a cause comes before its effect: {}", shown());
        assert!(index == 0 || history[index - 1].timestamp <= event.timestamp, "time does not go back: {}", shown());
        let previous = event.previous_event_id.checked_sub(1).map_or("", |at| kinds[at as usize].as_str());
        assert!(follows(kind, previous), "{kind} cannot follow {previous}: {}", shown());
        if ends_call(kind) {
            let before = closed.insert(event.previous_event_id, event.id);
            assert_eq!(before, None, "a call ends once: {}", shown());
        }
        let is_last = kinds.get(index + 1).is_none_or(|next| next == "ExecutionRedriven");
        assert_eq!(
            ends_execution(kind),
            is_last,
            "an execution ends once, or once more after each redrive: {}",
            shown()
        );
    }
}

fn ends_execution(kind: &str) -> bool {
    matches!(kind, "ExecutionSucceeded" | "ExecutionFailed" | "ExecutionTimedOut" | "ExecutionAborted")
}

fn ends_call(kind: &str) -> bool {
    let is_call = kind.starts_with("LambdaFunction") || matches!(kind, "TaskSucceeded" | "TaskFailed" | "TaskTimedOut");
    is_call && ["Succeeded", "Failed", "TimedOut"].iter().any(|end| kind.ends_with(end))
}

/// Whether an event of the first kind may be linked to one of the second; `""` is no event at all.
fn follows(kind: &str, previous: &str) -> bool {
    let entered = previous.ends_with("StateEntered");
    let exited = previous.ends_with("StateExited");
    let failed = ends_call(previous) && !previous.ends_with("Succeeded")
        || matches!(previous, "TaskSubmitFailed" | "TaskStartFailed");
    let failed_state =
        matches!(previous, "MapStateFailed" | "ParallelStateFailed" | "FailStateEntered" | "MapRunFailed");
    let redriven = previous == "ExecutionRedriven";
    match kind {
        "ExecutionStarted" => previous.is_empty(),
        "ExecutionRedriven" => ends_execution(previous),
        "LambdaFunctionScheduled" | "TaskScheduled" => previous == "TaskStateEntered" || failed || redriven,
        "LambdaFunctionStarted" => previous == "LambdaFunctionScheduled",
        "TaskStarted" => previous == "TaskScheduled",
        "TaskSubmitted" | "TaskSubmitFailed" => matches!(previous, "TaskStarted" | "TaskSubmitted"),
        "LambdaFunctionSucceeded" | "LambdaFunctionFailed" => previous == "LambdaFunctionStarted",
        "TaskSucceeded" | "TaskFailed" => matches!(previous, "TaskStarted" | "TaskSubmitted"),
        "LambdaFunctionStartFailed" => previous == "LambdaFunctionScheduled",
        "TaskStartFailed" => previous == "TaskScheduled",
        "LambdaFunctionTimedOut" => previous.starts_with("LambdaFunctionS"),
        "TaskTimedOut" => matches!(previous, "TaskScheduled" | "TaskStarted" | "TaskSubmitted"),
        "MapStateStarted" | "ParallelStateStarted" => entered || failed || failed_state || redriven,
        "MapIterationStarted" => {
            previous == "MapStateStarted" || exited || redriven || previous == "MapIterationSucceeded"
        }
        "MapIterationSucceeded" => exited,
        "MapIterationFailed" | "MapIterationAborted" => failed || failed_state || entered || exited,
        "TaskStateAborted" | "WaitStateAborted" | "MapStateAborted" | "ParallelStateAborted" => failed || failed_state,
        "MapStateSucceeded" => matches!(previous, "MapIterationSucceeded" | "MapRunSucceeded" | "MapStateStarted"),
        "ParallelStateSucceeded" => exited,
        "MapStateFailed" | "ParallelStateFailed" => failed || failed_state || redriven || exited || entered,
        "MapRunStarted" => previous == "MapStateStarted",
        "MapRunRedriven" => redriven,
        "MapRunSucceeded" | "MapRunFailed" => matches!(previous, "MapRunStarted" | "MapRunRedriven"),
        "EvaluationFailed" => true,
        "ExecutionSucceeded" => exited,
        "ExecutionFailed" => true,
        "ExecutionTimedOut" | "ExecutionAborted" => previous.is_empty(),
        "PassStateExited" | "ChoiceStateExited" | "SucceedStateExited" => entered || redriven,
        "WaitStateExited" => previous == "WaitStateEntered" || redriven,
        "TaskStateExited" => ends_call(previous) || failed || redriven,
        "MapStateExited" => previous.starts_with("Map"),
        "ParallelStateExited" => exited || previous == "ParallelStateFailed",
        _ if kind.ends_with("StateEntered") => {
            previous.is_empty()
                || exited
                || redriven
                || matches!(previous, "ParallelStateStarted" | "MapIterationStarted")
        }
        _ => false,
    }
}
