//! The faults of Step Functions that say what is not there or not allowed, in AWS's words.

use crate::wire::Fault;

/// No such state machine.
pub fn no_machine(arn: &str) -> Fault {
    Fault::sender("StateMachineDoesNotExist", format!("State Machine Does Not Exist: '{arn}'"))
}

/// No such execution.
pub fn no_execution(arn: &str) -> Fault {
    Fault::sender("ExecutionDoesNotExist", format!("Execution Does Not Exist: '{arn}'"))
}

/// No such activity.
pub fn no_activity(arn: &str) -> Fault {
    Fault::sender("ActivityDoesNotExist", format!("Activity Does Not Exist: '{arn}'"))
}

/// No such alias, map run or tagged thing.
pub fn no_resource(arn: &str) -> Fault {
    let mut fault = Fault::sender("ResourceNotFound", "Request references a resource that does not exist.");
    fault.members.insert("resourceName".to_owned(), arn.into());
    fault
}

/// The operation makes no sense for an Express or a Standard machine.
pub fn machine_type() -> Fault {
    Fault::sender("StateMachineTypeNotSupported", "This operation is not supported by this type of state machine")
}

/// A name that cannot be one.
pub fn name(name: &str) -> Fault {
    Fault::sender("InvalidName", format!("Invalid Name: '{name}'"))
}

/// A token that was never given out.
pub fn token() -> Fault {
    Fault::sender("InvalidToken", "Invalid Token: 'Invalid token'")
}

/// A task that ended before its worker answered.
pub fn task_ended() -> Fault {
    Fault::sender("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
}

/// Something else has the name, or the thing changed meanwhile.
pub fn conflict(message: impl Into<String>) -> Fault {
    Fault::sender("ConflictException", message)
}

/// Checks a state machine's, execution's or activity's name.
///
/// Source: CreateStateMachine, `name`: no white space, brackets, wildcards, special or control characters; 80 at most.
///
/// # Errors
/// `InvalidName`.
pub fn check_name(text: &str) -> Result<(), Fault> {
    let forbidden = |c: char| c.is_whitespace() || c.is_control() || "<>{}[]?*\"#%\\^|~`$&,;:/".contains(c);
    match text.is_empty() || text.chars().count() > 80 || text.contains(forbidden) {
        true => Err(name(text)),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_without_punctuation_of_their_own() {
        assert!(check_name("state.machine_a0d3-c61c").is_ok());
        for bad in ["", "a b", "a/b", "a:b", "a\u{7f}", &"x".repeat(81)] {
            assert_eq!(check_name(bad).unwrap_err().message, format!("Invalid Name: '{bad}'"));
        }
    }
}
