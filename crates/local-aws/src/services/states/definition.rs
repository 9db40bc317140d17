//! Definitions: parsed and checked as CreateStateMachine and UpdateStateMachine do it.

use asl::Machine;
use asl::problem::{Problem, fault_message};
use serde_json::Value;

use super::constraint::Members;
use super::machine::Kind;
use crate::executions::integration;
use crate::wire::Fault;

/// The longest definition.
///
/// Source: CreateStateMachine, `definition`.
const LONGEST: usize = 1_048_576;

/// Reads the member `definition`; `required` notes it when it is missing.
pub fn read<'a>(members: &mut Members<'a>, required: bool) -> Option<&'a str> {
    if required && members.value("definition").is_none() {
        members.missing("definition");
    }
    members.text("definition", 1, LONGEST)
}

/// The machine of `definition`, if AWS would take it and the local AWS can run it.
///
/// # Errors
/// `InvalidDefinition`: every problem of the definition, else every service integration that is not there, by name.
pub fn check(definition: &str, kind: Kind) -> Result<Machine, Fault> {
    let problems = asl::validate(definition, kind.asl());
    if problems.iter().any(Problem::is_error) {
        return Err(invalid(definition, &problems));
    }
    let machine = Machine::parse(definition).map_err(|problems| invalid(definition, &problems))?;
    let absent = integration::absent(definition);
    if !absent.is_empty() {
        return Err(invalid(definition, &absent));
    }
    Ok(machine)
}

/// The state called `name` in a block of states, however deep.
pub fn state_within<'a>(block: &'a Value, name: &str) -> Option<&'a Value> {
    let states = block.get("States")?.as_object()?;
    if let Some(state) = states.get(name) {
        return Some(state);
    }
    states.values().find_map(|state| {
        let branches = state.get("Branches").and_then(Value::as_array).into_iter().flatten();
        let blocks = ["ItemProcessor", "Iterator"].into_iter().filter_map(|block| state.get(block));
        blocks.chain(branches).find_map(|block| state_within(block, name))
    })
}

/// The fault for a definition with these problems.
fn invalid(definition: &str, problems: &[Problem]) -> Fault {
    Fault::sender("InvalidDefinition", fault_message(problems, definition))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_without_states_is_refused_in_awss_words() {
        let fault = check(r#"{"StartAt": "A"}"#, Kind::Standard).unwrap_err();
        assert_eq!(fault.code, "InvalidDefinition");
        assert!(fault.message.starts_with("Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: "));
    }

    #[test]
    fn an_integration_that_is_not_there_is_refused_by_name() {
        let definition = r#"{"StartAt":"S","States":{"S":{"Type":"Task","End":true,
            "Resource":"arn:aws:states:::ecs:runTask","Parameters":{"TaskDefinition":"t"}}}}"#;
        let fault = check(definition, Kind::Standard).unwrap_err();
        assert!(fault.message.contains("ecs:runTask"), "{}", fault.message);
    }
}
