//! A catcher takes over from a failed state.

use super::strand::Strand;
use super::{Execution, Flow, Step};
use crate::effect::Failure;
use crate::machine::{Next, QueryLanguage, State};
use serde_json::{Map, Value};

/// What a catcher sees: `Error` and `Cause`.
pub(crate) fn error_output(failure: &Failure) -> Value {
    let mut output = Map::new();
    if let Some(error) = &failure.error {
        output.insert("Error".into(), error.clone().into());
    }
    output.insert("Cause".into(), failure.cause.clone().unwrap_or_default().into());
    Value::Object(output)
}

impl Execution {
    pub(crate) fn caught(&mut self, mut strand: Strand, state: &State, index: usize, failure: &Failure) {
        if let Some(inspection) = &mut self.inspection {
            inspection.caught(index, failure);
        }
        let step = self.catch(&strand, state, index, failure);
        match step {
            // What fails in a catcher fails for good.
            Err(crate::raise::Trouble::Raise(raise)) => {
                let failure = self.raised(&mut strand, state, &raise);
                self.give_up(strand, state, failure);
            }
            step => self.conclude(strand, state, step),
        }
    }

    fn catch(&mut self, strand: &Strand, state: &State, index: usize, failure: &Failure) -> Step {
        let catcher = &state.catch[index];
        let error = error_output(failure);
        let next = Next::State(catcher.next);
        match state.language {
            QueryLanguage::JsonPath => {
                let assigned = self.assigned(strand, catcher.assign.as_ref(), &error, None, None)?;
                let output = self.placed(&catcher.result_path, strand.input.clone(), error)?;
                Ok(Flow::Exit { output, assigned, next })
            }
            QueryLanguage::Jsonata => {
                let assigned = self.assigned(strand, catcher.assign.as_ref(), &strand.input, None, Some(&error))?;
                let template = catcher.output.as_ref();
                let output = self.output(strand, template, None, Some(&error), error.clone())?;
                Ok(Flow::Exit { output, assigned, next })
            }
        }
    }
}
