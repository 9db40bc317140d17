//! The Pass state.

use crate::execution::strand::Strand;
use crate::execution::{Execution, Step};
use crate::machine::{QueryLanguage, State};
use serde_json::Value;

impl Execution {
    pub(crate) fn pass(&mut self, strand: &mut Strand, state: &State, result: Option<&Value>) -> Step {
        let input = self.effective_input(strand, state)?;
        if state.language == QueryLanguage::Jsonata {
            let input = result.cloned().unwrap_or(input);
            return self.pass_on(strand, state, input, state.next);
        }
        let value = match &state.arguments {
            Some(template) => self.scoped(strand, &input, |scope| template.evaluate(scope))?,
            None => input,
        };
        let value = match result {
            Some(result) => {
                self.forget("afterInputPath");
                self.note("result", result);
                result.clone()
            }
            None => {
                self.note("afterParameters", &value);
                value
            }
        };
        self.finish_with(strand, state, value)
    }
}
