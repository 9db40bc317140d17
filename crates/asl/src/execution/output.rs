//! From a state's result to its output and its variables.

use super::strand::Strand;
use super::{Execution, Flow, Step};
use crate::data::template::Template;
use crate::data::text;
use crate::machine::{Next, QueryLanguage, ResultPath, Selection, State};
use crate::raise::Raise;
use crate::scope::Scope;
use serde_json::{Map, Value};

impl Execution {
    /// The input after InputPath.
    pub(crate) fn effective_input(&mut self, strand: &Strand, state: &State) -> Result<Value, Raise> {
        let input = self.select(strand, &state.input_path, &strand.input)?;
        if state.language == QueryLanguage::JsonPath {
            self.note("afterInputPath", &input);
        }
        Ok(input)
    }

    fn select(&self, strand: &Strand, selection: &Selection, value: &Value) -> Result<Value, Raise> {
        match selection {
            Selection::Whole => Ok(value.clone()),
            Selection::Nothing => Ok(Value::Object(Map::new())),
            Selection::Path(path) => self.scoped(strand, value, |scope| scope.select_path(path)),
        }
    }

    /// The end of a state that passes `input` on.
    pub(crate) fn pass_on(&mut self, strand: &Strand, state: &State, input: Value, next: Next) -> Step {
        match state.language {
            QueryLanguage::JsonPath => {
                let assigned = self.assigned(strand, state.assign.as_ref(), &input, None, None)?;
                let output = self.select(strand, &state.output_path, &input)?;
                Ok(Flow::Exit { output, assigned, next })
            }
            QueryLanguage::Jsonata => {
                let assigned = self.assigned(strand, state.assign.as_ref(), &strand.input, None, None)?;
                let output = self.output(strand, state.output.as_ref(), None, None, input)?;
                Ok(Flow::Exit { output, assigned, next })
            }
        }
    }

    /// The end of a state that has a result of its own.
    pub(crate) fn finish_with(&mut self, strand: &Strand, state: &State, result: Value) -> Step {
        match state.language {
            QueryLanguage::JsonPath => {
                let selected = match &state.result_selector {
                    Some(selector) => self.scoped(strand, &result, |scope| selector.evaluate(scope))?,
                    None => result,
                };
                self.note("afterResultSelector", &selected);
                let assigned = self.assigned(strand, state.assign.as_ref(), &selected, None, None)?;
                let placed = self.placed(&state.result_path, strand.input.clone(), selected)?;
                self.note("afterResultPath", &placed);
                let output = self.select(strand, &state.output_path, &placed)?;
                Ok(Flow::Exit { output, assigned, next: state.next })
            }
            QueryLanguage::Jsonata => {
                let assigned = self.assigned(strand, state.assign.as_ref(), &strand.input, Some(&result), None)?;
                let output = match &state.output {
                    Some(template) => self.output(strand, Some(template), Some(&result), None, Value::Null)?,
                    None => result,
                };
                Ok(Flow::Exit { output, assigned, next: state.next })
            }
        }
    }

    /// `input` with `result` where `path` says.
    pub(crate) fn placed(&self, path: &ResultPath, input: Value, result: Value) -> Result<Value, Raise> {
        match path {
            ResultPath::Replace => Ok(result),
            ResultPath::Discard => Ok(input),
            ResultPath::Insert(path) => {
                let shown = text::compact(&input);
                path.insert(input, result).map_err(|_| {
                    Raise::new(
                        "States.ResultPathMatchFailure",
                        format!("Unable to apply ReferencePath {} to input {shown}", path.text),
                    )
                })
            }
        }
    }

    /// The JSONata output, `otherwise` without a template.
    pub(crate) fn output(
        &self,
        strand: &Strand,
        template: Option<&Template>,
        result: Option<&Value>,
        error_output: Option<&Value>,
        otherwise: Value,
    ) -> Result<Value, Raise> {
        match template {
            None => Ok(otherwise),
            Some(template) => {
                self.scoped(strand, &strand.input, |scope| template.evaluate(&Scope { result, error_output, ..*scope }))
            }
        }
    }

    /// The variables that an `Assign` gives; `input` is what `$` or `$states.input` means in it.
    pub(crate) fn assigned(
        &self,
        strand: &Strand,
        assign: Option<&Template>,
        input: &Value,
        result: Option<&Value>,
        error_output: Option<&Value>,
    ) -> Result<Vec<(String, Value)>, Raise> {
        let Some(assign) = assign else { return Ok(Vec::new()) };
        let value = self.scoped(strand, input, |scope| assign.evaluate(&Scope { result, error_output, ..*scope }))?;
        match value {
            Value::Object(members) => Ok(members.into_iter().collect()),
            _ => Ok(Vec::new()),
        }
    }

    /// Takes a value back that TestState does not show for this state.
    pub(crate) fn forget(&mut self, name: &str) {
        if let Some(inspection) = &mut self.inspection {
            inspection.forget(name);
        }
    }

    /// Keeps a value for TestState.
    pub(crate) fn note(&mut self, name: &str, value: &Value) {
        if let Some(inspection) = &mut self.inspection {
            inspection.note(name, value);
        }
    }
}
