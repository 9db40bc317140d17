//! One state on its own, as TestState runs it: mocked answers, and the values between the steps of its data flow.
//!
//! Source: Step Functions API reference, TestState, InspectionData.

use crate::effect::{Effect, Failure, Outcome, Timestamp};
use crate::execution::history::Event;
use crate::execution::strand::Strand;
use crate::execution::{Execution, Flow, Launch, Step};
use crate::machine::{Machine, MapBody, State};
use crate::parse;
use crate::problem::Problem;
use serde_json::{Map, Value};

/// What is noted while a state is inspected.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inspection {
    pub context: Option<Value>,
    pub retrier_retry_count: Option<u64>,
    /// What an ItemReader would read.
    pub items: Vec<Value>,
    mock: Option<Result<Value, Failure>>,
    notes: Map<String, Value>,
    retry: Option<(usize, f64)>,
    exhausted: Option<usize>,
    catch: Option<(usize, Failure)>,
}

impl Inspection {
    pub fn note(&mut self, name: &str, value: &Value) {
        self.notes.insert(name.to_owned(), value.clone());
    }

    pub fn forget(&mut self, name: &str) {
        self.notes.shift_remove(name);
    }

    pub fn mocked(&mut self) -> Option<Result<Value, Failure>> {
        self.mock.clone()
    }

    pub fn retried(&mut self, index: usize, delay: f64) {
        self.retry = Some((index, delay));
    }

    pub fn exhausted(&mut self, index: usize) {
        self.exhausted = Some(index);
    }

    pub fn caught(&mut self, index: usize, failure: &Failure) {
        self.catch = Some((index, failure.clone()));
    }
}

/// A state to be tested.
#[derive(Clone, Debug, Default)]
pub struct StateTest {
    /// A state, or a whole machine with `state_name`.
    pub definition: String,
    pub state_name: Option<String>,
    pub launch: Launch,
    pub variables: Map<String, Value>,
    /// Instead of the context object that the execution would make.
    pub context: Option<Value>,
    pub mock: Option<Result<Value, Failure>>,
    /// How often the matching retrier has been used.
    pub retrier_retry_count: Option<u64>,
    /// What an ItemReader would read.
    pub reader_items: Vec<Value>,
}

/// What came of the test.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tested {
    /// `SUCCEEDED`, `FAILED`, `RETRIABLE` or `CAUGHT_ERROR`.
    pub status: &'static str,
    pub output: Option<Value>,
    pub failure: Option<Failure>,
    pub next_state: Option<String>,
    /// Everything that TRACE shows.
    pub inspection: Map<String, Value>,
    /// A call that has to be made because nothing was mocked: answer it with [`StateTest::mock`] and run again.
    pub wants: Option<Effect>,
}

impl StateTest {
    /// The machine to test in and the position of the state.
    ///
    /// # Errors
    /// The problems of the definition, or of there being no state of that name.
    pub fn machine(&self) -> Result<(Machine, usize, usize), Vec<Problem>> {
        let value = parse::json(&self.definition).map_err(|problem| vec![problem])?;
        let Some(name) = &self.state_name else {
            let whole = value.get("StartAt").is_some() && value.get("States").is_some();
            if whole {
                let machine = Machine::from_value(&value, self.launch.kind)?;
                let start = machine.0.blocks[0].start;
                return Ok((machine, 0, start));
            }
            let program = parse::lone_state(&value)?;
            return Ok((Machine(std::sync::Arc::new(program)), 0, 0));
        };
        let machine = Machine::from_value(&value, self.launch.kind)?;
        let found = machine
            .0
            .blocks
            .iter()
            .enumerate()
            .find_map(|(at, block)| block.by_name.get(name.as_str()).map(|state| (at, *state)));
        match found {
            Some((block, state)) => Ok((machine, block, state)),
            None => Err(vec![Problem::schema("/States", format!("State not found: {name}"))]),
        }
    }

    /// Runs the state once.
    ///
    /// # Errors
    /// As [`StateTest::machine`].
    pub fn run(&self, now: Timestamp) -> Result<Tested, Vec<Problem>> {
        let (machine, block, index) = self.machine()?;
        let mut execution = Execution::idle(&machine, self.launch.clone(), now);
        execution.inspection = Some(Box::new(Inspection {
            context: self.context.clone(),
            retrier_retry_count: self.retrier_retry_count,
            mock: self.mock.clone(),
            items: self.reader_items.clone(),
            ..Inspection::default()
        }));
        let mut strand = Strand::new(block, index, self.launch.input.clone());
        strand.variables = self.variables.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        strand.retry_count = self.retrier_retry_count.unwrap_or(0);
        let state = &machine.0.blocks[block].states[index];
        let wants = execution.test(strand, state);
        Ok(self.tested(execution, &machine, block, wants))
    }

    fn tested(&self, mut execution: Execution, machine: &Machine, block: usize, wants: Option<Effect>) -> Tested {
        let inspection = execution.inspection.take().map(|boxed| *boxed).unwrap_or_default();
        let mut notes = inspection.notes.clone();
        notes.insert("input".into(), self.launch.input.clone());
        let mut tested = Tested { wants, ..Tested::default() };
        let exited = execution.history().iter().rev().find_map(|event| match &event.event {
            Event::StateExited { output, .. } => Some(output.clone()),
            _ => None,
        });
        tested.output = exited.and_then(|text| serde_json::from_str(&text).ok());
        let next = execution.strands.iter().flatten().next().map(|strand| strand.state);
        let failed = execution.outcome().and_then(Outcome::failure).cloned();
        if let Some((index, delay)) = inspection.retry {
            tested.status = "RETRIABLE";
            tested.failure = execution.last_failure();
            notes.insert(
                "errorDetails".into(),
                serde_json::json!({
                    "retryIndex": index,
                    "retryBackoffIntervalSeconds": delay.round() as i64,
                }),
            );
        } else if let Some(failure) = failed {
            tested.status = "FAILED";
            tested.failure = Some(failure);
            if let Some(index) = inspection.exhausted {
                notes.insert("errorDetails".into(), serde_json::json!({"retryIndex": index}));
            }
        } else if let Some((index, failure)) = inspection.catch {
            tested.status = "CAUGHT_ERROR";
            tested.failure = Some(failure);
            notes.insert("errorDetails".into(), serde_json::json!({"catchIndex": index}));
        } else {
            tested.status = "SUCCEEDED";
        }
        if matches!(tested.status, "SUCCEEDED" | "CAUGHT_ERROR") && execution.outcome().is_none() {
            let states = &machine.0.blocks[block].states;
            tested.next_state = next.and_then(|index| states.get(index)).map(|state| state.name.to_string());
        }
        let variables: Map<String, Value> =
            execution.variables().map(|(name, value)| (name.to_owned(), value.clone())).collect();
        if !variables.is_empty() {
            notes.insert("variables".into(), Value::Object(variables));
        }
        tested.inspection = notes;
        tested
    }
}

impl Execution {
    /// Enters the state and concludes it, without going on to the next.
    fn test(&mut self, mut strand: Strand, state: &State) -> Option<Effect> {
        strand.entered_at = self.now;
        strand.entered = 1;
        let id = self.place(strand);
        let mut strand = self.strands.get_mut(id.0).and_then(Option::take)?;
        let step = self.perform_for_test(&mut strand, state);
        let parked = matches!(step, Ok(Flow::Parked));
        self.conclude(strand, state, step);
        if parked { self.outstanding().into_iter().next() } else { None }
    }

    pub(crate) fn inspect_map(
        &mut self,
        strand: &mut Strand,
        state: &State,
        map: &MapBody,
        input: &Value,
        items: Vec<Value>,
    ) -> Step {
        let inputs = self.select_items(strand, map, input, items)?;
        if map.selector.is_some() {
            self.note("afterItemSelector", &Value::Array(inputs.clone()));
        }
        match self.inspection.as_mut().and_then(|inspection| inspection.mocked()) {
            Some(Ok(result)) => self.finish_with(strand, state, result),
            Some(Err(failure)) => Err(failure.into()),
            None => self.finish_with(strand, state, Value::Array(inputs)),
        }
    }
}
