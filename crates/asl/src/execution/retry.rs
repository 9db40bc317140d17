//! What follows an error: another try, a catcher, or the end.

use super::strand::{Phase, Strand};
use super::{Execution, Owner};
use crate::effect::{Effect, Failure};
use crate::execution::history::Event;
use crate::machine::{Body, Retrier, State};
use crate::raise::{Raise, Trouble};
use std::sync::Arc;

/// Error names that nothing retries or catches.
const FATAL: &str = "States.Runtime";
/// The error that leaves an `EvaluationFailed`.
const QUERY_ERROR: &str = "States.QueryEvaluationError";

/// Where a failure comes from, as far as its name does not say it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Origin {
    /// A missed heartbeat, which is also `States.HeartbeatTimeout`.
    pub heartbeat: bool,
    /// The interpreter itself, not a task.
    pub own: bool,
}

/// Whether nothing retries or catches the failure.
pub(crate) fn is_fatal(failure: &Failure) -> bool {
    failure.error.as_deref() == Some(FATAL)
}

/// Whether a list of error names covers `failure`.
///
/// Source: developer guide, "Handling errors in Step Functions workflows". Observed: the wildcards cover
/// `States.DataLimitExceeded` where it is a task's answer that is too large.
pub(crate) fn covers(names: &[String], failure: &Failure, origin: Origin) -> bool {
    if is_fatal(failure) {
        return false;
    }
    let error = failure.error.as_deref();
    let terminal = origin.own && error == Some("States.DataLimitExceeded");
    names.iter().any(|name| match name.as_str() {
        "States.ALL" => !terminal,
        "States.TaskFailed" => !terminal && !matches!(error, None | Some("States.Timeout")),
        "States.HeartbeatTimeout" if origin.heartbeat => true,
        name => error == Some(name),
    })
}

impl Execution {
    /// A state failed: tries it again, catches the error, or gives the strand up.
    pub(crate) fn trouble(&mut self, mut strand: Strand, state: &State, trouble: Trouble) {
        let own = matches!(trouble, Trouble::Raise(_));
        let failure = match trouble {
            Trouble::Failure(failure) => failure,
            Trouble::Raise(raise) => self.raised(&mut strand, state, &raise),
        };
        self.last_failure = Some(failure.clone());
        let origin = Origin { heartbeat: std::mem::take(&mut strand.missed_heartbeat), own };
        if let Some(delay) = self.retry(&mut strand, state, &failure, origin) {
            self.drop_children(&mut strand);
            let time = self.now.plus_seconds(delay);
            self.ask(Owner::Strand(strand.id), |id| Effect::WakeAt { id, time });
            strand.phase = Phase::Backoff;
            return self.put(strand);
        }
        if let Some(event) = failed_event(state) {
            // An error of the interpreter's own fails the execution before the state counts as failed.
            if !is_fatal(&failure) {
                strand.last_event = self.record(strand.last_event, event);
            }
        }
        let position = state.catch.iter().position(|catcher| covers(&catcher.errors, &failure, origin));
        match position {
            Some(index) => {
                self.drop_children(&mut strand);
                self.caught(strand, state, index, &failure);
            }
            None => self.give_up(strand, state, failure),
        }
    }

    pub(crate) fn raised(&mut self, strand: &mut Strand, state: &State, raise: &Raise) -> Failure {
        let failure = match self.inspection {
            // TestState gives the cause without the sentence that names the state.
            Some(_) => Failure::new(raise.error, raise.message.clone()),
            None => raise.failure(&state.name, strand.entered),
        };
        if raise.error == QUERY_ERROR {
            let event = Event::EvaluationFailed {
                failure: failure.clone(),
                location: raise.location.clone(),
                state: Arc::clone(&state.name),
            };
            let previous = if raise.of_value || strand.last_event != strand.entered {
                strand.last_event
            } else {
                strand.before_entry
            };
            strand.last_event = self.record(previous, event);
        }
        failure
    }

    /// The seconds to wait before another try, or `None` when there is none.
    fn retry(&mut self, strand: &mut Strand, state: &State, failure: &Failure, origin: Origin) -> Option<f64> {
        let index = state.retry.iter().position(|retrier| covers(&retrier.errors, failure, origin))?;
        strand.attempts.resize(state.retry.len(), 0);
        if let Some(inspection) = &self.inspection
            && let Some(count) = inspection.retrier_retry_count
        {
            strand.attempts[index] = count;
        }
        let retrier = &state.retry[index];
        let used = strand.attempts[index];
        if used >= retrier.max_attempts {
            if let Some(inspection) = &mut self.inspection {
                inspection.exhausted(index);
            }
            return None;
        }
        strand.attempts[index] = used + 1;
        strand.retry_count += 1;
        let delay = delay(retrier, used);
        if let Some(inspection) = &mut self.inspection {
            inspection.retried(index, delay);
        }
        Some(if retrier.full_jitter { self.random.borrow_mut().f64() * delay } else { delay })
    }
}

/// Seconds before try `used + 1`.
pub(crate) fn delay(retrier: &Retrier, used: u64) -> f64 {
    let exponent = i32::try_from(used).unwrap_or(i32::MAX);
    let delay = retrier.interval_s as f64 * retrier.backoff_rate.powi(exponent);
    let most = retrier.max_delay_s.map_or(f64::from(u32::MAX), |seconds| seconds as f64);
    delay.min(most)
}

/// The event by which a composite state fails.
fn failed_event(state: &State) -> Option<Event> {
    match &state.body {
        Body::Map(_) => Some(Event::MapStateFailed),
        Body::Parallel { .. } => Some(Event::ParallelStateFailed),
        _ => None,
    }
}
