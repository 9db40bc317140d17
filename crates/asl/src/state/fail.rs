//! The Fail state.

use crate::effect::Failure;
use crate::execution::strand::Strand;
use crate::execution::{Execution, Step};
use crate::machine::{FailBody, QueryLanguage, State, Words};
use crate::raise::Raise;
use crate::scope::Scope;
use serde_json::Value;

impl Execution {
    pub(crate) fn fail(&mut self, strand: &Strand, state: &State, fail: &FailBody) -> Step {
        if state.language == QueryLanguage::JsonPath {
            self.note("afterInputPath", &strand.input);
        }
        let failure = self.scoped(strand, &strand.input, |scope| -> Result<Failure, Raise> {
            Ok(Failure {
                error: fail.error.as_ref().map(|words| words.text(scope, "ErrorPath")).transpose()?,
                cause: fail.cause.as_ref().map(|words| words.text(scope, "CausePath")).transpose()?,
            })
        })?;
        Err(failure.into())
    }
}

impl Words {
    fn text(&self, scope: &Scope<'_>, field: &str) -> Result<String, Raise> {
        let value = match self {
            Words::Literal(text) => return Ok(text.clone()),
            Words::Path(path) => scope.select_field(path, field)?,
            Words::Intrinsic(call) => call.evaluate(scope)?,
            Words::Jsonata(expression) => match expression.evaluate(scope)? {
                Value::String(text) => return Ok(text),
                other => return Err(expression.unexpected("string", &other)),
            },
        };
        match value {
            Value::String(text) => Ok(text),
            other => Err(Raise::runtime(format!(
                "The {field} field must refer to a string, but was: {}",
                crate::data::text::compact(&other)
            ))),
        }
    }
}
