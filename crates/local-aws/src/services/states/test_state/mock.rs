//! What may be mocked, and whether a mock makes sense for the state that is tested.

use asl::{Failure, Resource};
use serde_json::Value;

use super::super::constraint::{Members, validation};
use super::super::definition::state_within;
use super::shapes::{self, Mode};
use crate::wire::Fault;

/// An answer that stands in for a call, or for the iterations or branches of a state.
pub struct Mock {
    pub answer: Result<Value, Failure>,
    mode: Mode,
}

impl Mock {
    /// Reads the member `mock`.
    ///
    /// # Errors
    /// `ValidationException` for a result together with an error, and for a result that is no JSON.
    pub fn read(members: &mut Members<'_>) -> Result<Option<Mock>, Fault> {
        let Some(mock) = members.value("mock") else {
            return Ok(None);
        };
        let mode = match mock["fieldValidationMode"].as_str() {
            None | Some("STRICT") => Mode::Strict,
            Some("PRESENT") => Mode::Present,
            Some("NONE") => Mode::None,
            Some(other) => {
                let set = "Member must satisfy enum value set: [STRICT, PRESENT, NONE]";
                members.violate(other, "mock.fieldValidationMode", set);
                Mode::None
            }
        };
        let answer = match (mock.get("result"), mock.get("errorOutput")) {
            (Some(_), Some(_)) | (None, None) => {
                return Err(validation(
                    "A test mock should have only one of the following fields: [result, errorOutput].",
                ));
            }
            (Some(result), None) => {
                let text = result.as_str().unwrap_or_default();
                Ok(serde_json::from_str(text).map_err(|_| validation("Mocked result must be valid JSON"))?)
            }
            (None, Some(error)) => {
                let text = |name: &str| error[name].as_str().map(str::to_owned);
                Err(Failure { error: text("error"), cause: text("cause") })
            }
        };
        Ok(Some(Mock { answer, mode }))
    }
}

/// The state that is tested, as its definition says.
pub struct Subject(Value);

impl Subject {
    /// The state in a definition of one state, or the state called `name` in a definition of a machine.
    ///
    /// # Errors
    /// `ValidationException` when there is no such state.
    pub fn find(definition: &str, name: Option<&str>) -> Result<Subject, Fault> {
        let document: Value = serde_json::from_str(definition).unwrap_or_default();
        let Some(name) = name else {
            return Ok(Subject(document));
        };
        let found = state_within(&document, name);
        found.map(|state| Subject(state.clone())).ok_or_else(|| validation("State not found in definition"))
    }

    /// Checks that the request makes sense for this state.
    ///
    /// # Errors
    /// `ValidationException` in AWS's words.
    pub fn check(
        &self,
        mock: Option<&Mock>,
        configuration: &Value,
        context: Option<&Value>,
        has_role: bool,
    ) -> Result<(), Fault> {
        let kind = self.0["Type"].as_str().unwrap_or_default();
        if let Some(mock) = mock {
            self.check_mock(kind, mock, configuration)?;
        }
        if context.is_some_and(|context| context.get("Task").is_some()) && !self.waits() {
            return Err(validation(
                "Invalid Context object provided: Context object contains 'Task' when state is not a Task state with a \
                 '.sync' or '.waitForTaskToken' service integration pattern",
            ));
        }
        match (kind, mock) {
            ("Task", None) if !has_role => Err(validation("RoleArn must be specified when testing a Task state")),
            ("Task", None) if self.waits() || self.is_activity() => {
                Err(validation("A mock must be specified when testing a Task state that waits for something else"))
            }
            ("Map" | "Parallel", None) => {
                Err(validation(format!("State type '{kind}' is only supported when a mock is specified")))
            }
            _ => Ok(()),
        }
    }

    fn check_mock(&self, kind: &str, mock: &Mock, configuration: &Value) -> Result<(), Fault> {
        if matches!(kind, "Pass" | "Wait" | "Choice" | "Succeed" | "Fail") {
            return Err(validation(format!("State type '{kind}' is not supported when a mock is specified")));
        }
        let Ok(result) = &mock.answer else {
            return Ok(());
        };
        match kind {
            "Task" => {
                if let Some(Resource::Service { service, action, .. }) = self.resource() {
                    shapes::check(&format!("{service}:{action}"), result, mock.mode)?;
                }
                Ok(())
            }
            "Map" => self.check_map(result, configuration),
            "Parallel" => {
                let branches = self.0["Branches"].as_array().map_or(0, Vec::len);
                match result.as_array() {
                    _ if branches == 0 => Ok(()),
                    Some(results) if results.len() == branches => Ok(()),
                    Some(_) => Err(validation(
                        "Mocked result must contain the same number of items as number of Parallel branches.",
                    )),
                    None => Err(validation("Mocked result must be an array.")),
                }
            }
            _ => Ok(()),
        }
    }

    fn check_map(&self, result: &Value, configuration: &Value) -> Result<(), Fault> {
        if self.0.get("ResultWriter").is_some_and(|writer| writer.get("Resource").is_some()) {
            return match result.is_object() {
                true => Ok(()),
                false => Err(validation("Mocked result must be a JSON object.")),
            };
        }
        let Some(results) = result.as_array() else {
            return Err(validation("Mocked result must be an array."));
        };
        let failures = configuration["mapIterationFailureCount"].as_u64().unwrap_or(0);
        match failures > results.len() as u64 {
            true => Err(validation(
                "Map iteration failure count must be less than or equal to the number of Map iterations",
            )),
            false => Ok(()),
        }
    }

    fn resource(&self) -> Option<Resource> {
        self.0["Resource"].as_str().and_then(Resource::parse)
    }

    fn waits(&self) -> bool {
        self.resource().is_some_and(|resource| resource.pattern() != asl::Pattern::RequestResponse)
    }

    fn is_activity(&self) -> bool {
        matches!(self.resource(), Some(Resource::Activity { .. }))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(mock: Value) -> Result<Option<Mock>, Fault> {
        Mock::read(&mut Members::of(&json!({"mock": mock})))
    }

    #[test]
    fn a_mock_is_a_result_or_an_error() {
        let both = json!({"result": "{}", "errorOutput": {"error": "e"}});
        assert_eq!(
            read(both).err().map(|fault| fault.message).unwrap(),
            "A test mock should have only one of the following fields: [result, errorOutput]."
        );
        assert_eq!(read(json!({"result": "x"})).err().unwrap().message, "Mocked result must be valid JSON");
        assert!(read(json!({"result": "[1]"})).unwrap().unwrap().answer.is_ok());
    }

    #[test]
    fn states_that_call_nothing_take_no_mock() {
        let mock = read(json!({"result": "1"})).unwrap();
        let subject = Subject(json!({"Type": "Pass", "End": true}));
        let fault = subject.check(mock.as_ref(), &Value::Null, None, true).unwrap_err();
        assert_eq!(fault.message, "State type 'Pass' is not supported when a mock is specified");
    }

    #[test]
    fn a_state_is_found_in_the_depth_of_a_machine() {
        let definition = r#"{"StartAt":"M","States":{"M":{"Type":"Map","ItemProcessor":{"StartAt":"I","States":
            {"I":{"Type":"Pass","End":true}}},"End":true}}}"#;
        assert!(Subject::find(definition, Some("I")).is_ok());
        let fault = Subject::find(definition, Some("J")).err().unwrap();
        assert_eq!(fault.message, "State not found in definition");
    }
}
