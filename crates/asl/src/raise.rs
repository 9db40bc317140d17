//! What goes wrong inside a state, before it is known whether somebody retries or catches it.

use crate::effect::Failure;

/// An error that the interpreter itself raises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Raise {
    pub error: &'static str,
    /// Without the sentence that names the state.
    pub message: String,
    /// Of a JSONata field, as in `EvaluationFailed`.
    pub location: Option<String>,
    /// Whether the cause begins with the sentence that names the state.
    pub names_state: bool,
    /// Whether it is the value of an expression, rather than the expression itself, that is wrong: the history links such
    /// an event to the state's entry.
    pub of_value: bool,
}

/// Why a state does not go on: an error of the interpreter's own, or one that came from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    Raise(Raise),
    Failure(Failure),
}

impl From<Raise> for Trouble {
    fn from(raise: Raise) -> Trouble {
        Trouble::Raise(raise)
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Trouble {
        Trouble::Failure(failure)
    }
}

impl Raise {
    pub fn new(error: &'static str, message: impl Into<String>) -> Raise {
        Raise { error, message: message.into(), location: None, names_state: true, of_value: false }
    }

    pub fn runtime(message: impl Into<String>) -> Raise {
        Raise::new("States.Runtime", message)
    }

    pub fn query(message: impl Into<String>, location: &str) -> Raise {
        Raise { location: Some(location.to_owned()), ..Raise::new("States.QueryEvaluationError", message) }
    }

    pub fn intrinsic(message: impl Into<String>) -> Raise {
        Raise::new("States.IntrinsicFailure", message)
    }

    /// The sentence for a result over the payload limit; `origin` is the state, or what the task called.
    pub fn too_large(origin: &str) -> Raise {
        let message = format!(
            "The state/task '{origin}' returned a result with a size exceeding the maximum number of bytes service limit."
        );
        Raise { names_state: false, ..Raise::new("States.DataLimitExceeded", message) }
    }

    /// The failure as the history shows it.
    pub fn failure(&self, state: &str, entered: u64) -> Failure {
        let cause = if self.names_state {
            format!(
                "An error occurred while executing the state '{state}' (entered at the event id #{entered}). {}",
                self.message
            )
        } else {
            self.message.clone()
        };
        Failure::new(self.error, cause)
    }
}
