//! The Map state: its items, and the iterations of one in INLINE mode.

use crate::data::template::Template;
use crate::data::text::compact;
use crate::effect::Failure;
use crate::execution::context::Extra;
use crate::execution::history::Event;
use crate::execution::strand::{Iterations, Phase, Strand};
use crate::execution::{Execution, Flow, Step};
use crate::limits::INLINE_CONCURRENCY;
use crate::machine::{Body, Items, MapBody, QueryLanguage, State};
use crate::raise::Raise;
use serde_json::Value;
use std::sync::Arc;

impl Execution {
    pub(crate) fn map(&mut self, strand: &mut Strand, state: &State, map: &MapBody) -> Step {
        let input = self.effective_input(strand, state)?;
        if let Items::Reader(reader) = &map.items {
            return self.read_items(strand, state, map, reader, &input);
        }
        let items = self.items(strand, state.language, map, &input)?;
        let concurrency = self.concurrency(strand, map, &input)?;
        if self.inspection.is_some() {
            return self.inspect_map(strand, state, map, &input, items);
        }
        strand.last_event = self.record(strand.last_event, Event::MapStateStarted { length: items.len() as u64 });
        match map.distributed {
            None => self.iterate(strand, state, map, input, items, concurrency),
            Some(_) => self.open_map_run(strand, state, map, &input, items),
        }
    }

    /// What MaxConcurrency says, 0 for no limit.
    pub(crate) fn concurrency(&mut self, strand: &Strand, map: &MapBody, input: &Value) -> Result<u64, Raise> {
        let Some(source) = &map.max_concurrency else { return Ok(0) };
        let most = self.scoped(strand, input, |scope| source.number("MaxConcurrency", scope))?;
        self.note("maxConcurrency", &Value::from(most));
        Ok(most)
    }

    pub(crate) fn items(
        &mut self,
        strand: &Strand,
        language: QueryLanguage,
        map: &MapBody,
        input: &Value,
    ) -> Result<Vec<Value>, Raise> {
        let value = match &map.items {
            Items::Input | Items::Reader(_) => input.clone(),
            Items::Path(path) => {
                let value = self.scoped(strand, input, |scope| scope.select_path(path))?;
                if value.is_array() {
                    self.note("afterItemsPath", &value);
                }
                value
            }
            Items::Template(template) => {
                let value = self.scoped(strand, input, |scope| template.evaluate(scope))?;
                if let Template::Jsonata(expression) = template
                    && !value.is_array()
                    && !(value.is_object() && map.distributed.is_some())
                {
                    return Err(expression.unexpected("array", &value));
                }
                value
            }
        };
        match value {
            Value::Array(items) => Ok(items),
            Value::Object(members) if map.distributed.is_some() => Ok(pairs(members)),
            other if language == QueryLanguage::Jsonata => Err(Raise::new(
                "States.QueryEvaluationError",
                format!("Map state input must be an array but was: {}", compact(&other)),
            )),
            _ => Err(Raise::runtime(match &map.items {
                Items::Path(path) => {
                    format!("Reference path \"{}\" must point to array.", path.text.replacen("$$", "$", 1))
                }
                _ => "Reference path \"$\" must point to array.".to_owned(),
            })),
        }
    }

    /// The inputs of the iterations, one an item.
    pub(crate) fn select_items(
        &mut self,
        strand: &Strand,
        map: &MapBody,
        input: &Value,
        items: Vec<Value>,
    ) -> Result<Vec<Value>, Raise> {
        let Some(selector) = &map.selector else { return Ok(items) };
        let numbered = items.iter().enumerate();
        numbered.map(|(index, item)| self.select_item(strand, selector, input, index as u64, item)).collect()
    }

    /// The input that the ItemSelector makes of one item.
    fn select_item(
        &self,
        strand: &Strand,
        selector: &Template,
        input: &Value,
        index: u64,
        item: &Value,
    ) -> Result<Value, Raise> {
        let extra = Extra { item: Some((index, item)), ..Extra::default() };
        self.scoped_with(strand, input, &extra, |scope| selector.evaluate(scope))
    }

    fn iterate(
        &mut self,
        strand: &mut Strand,
        state: &State,
        map: &MapBody,
        input: Value,
        items: Vec<Value>,
        concurrency: u64,
    ) -> Step {
        let iterations = Iterations {
            results: vec![Value::Null; items.len()],
            items,
            input: Arc::new(input),
            next: 0,
            done: 0,
            running: Vec::new(),
            concurrency: if concurrency == 0 { INLINE_CONCURRENCY } else { concurrency.min(INLINE_CONCURRENCY) },
            slot_event: strand.last_event,
        };
        self.go_on(strand, state, map, Box::new(iterations))
    }

    /// Begins as many iterations as may run, or ends the state when all are done.
    fn go_on(&mut self, strand: &mut Strand, state: &State, map: &MapBody, mut iterations: Box<Iterations>) -> Step {
        if iterations.done == iterations.items.len() {
            self.record(strand.last_event, Event::MapStateSucceeded);
            let result = Value::Array(iterations.results);
            return self.finish_with(strand, state, result);
        }
        while iterations.next < iterations.items.len() && (iterations.running.len() as u64) < iterations.concurrency {
            if let Err(raise) = self.begin_iteration(strand, state, map, &mut iterations) {
                strand.phase = Phase::Iterations(iterations);
                return Err(raise.into());
            }
        }
        strand.phase = Phase::Iterations(iterations);
        Ok(Flow::Parked)
    }

    fn begin_iteration(
        &mut self,
        strand: &Strand,
        state: &State,
        map: &MapBody,
        iterations: &mut Iterations,
    ) -> Result<(), Raise> {
        let index = iterations.next;
        let number = index as u64;
        let selected = match &map.selector {
            Some(selector) => {
                Some(self.select_item(strand, selector, &iterations.input, number, &iterations.items[index])?)
            }
            None => None,
        };
        let item = std::mem::take(&mut iterations.items[index]);
        let input = selected.unwrap_or_else(|| item.clone());
        let mut iteration = Strand::new(map.processor, self.machine.0.blocks[map.processor].start, input);
        let event = Event::MapIterationStarted { name: Arc::clone(&state.name), index: number };
        iteration.last_event = self.record(iterations.slot_event, event);
        iteration.parent = Some((strand.id, number));
        iteration.item = Some((number, item));
        let id = self.place(iteration);
        iterations.running.push((number, id));
        iterations.next += 1;
        self.wake(id);
        Ok(())
    }

    /// An iteration came to its end.
    pub(crate) fn iteration_done(
        &mut self,
        mut strand: Strand,
        state: &State,
        mut iterations: Box<Iterations>,
        index: u64,
        output: Value,
        last_event: u64,
    ) {
        let Body::Map(map) = &state.body else { return self.put(strand) };
        let event = Event::MapIterationSucceeded { name: Arc::clone(&state.name), index };
        strand.last_event = self.record(last_event, event);
        iterations.slot_event = last_event;
        iterations.running.retain(|(other, _)| *other != index);
        iterations.done += 1;
        if let Some(place) = iterations.results.get_mut(index as usize) {
            *place = output;
        }
        let step = self.go_on(&mut strand, state, map, iterations);
        self.conclude(strand, state, step);
    }

    /// An iteration failed: the others stop.
    pub(crate) fn iteration_failed(
        &mut self,
        mut strand: Strand,
        state: &State,
        iterations: Box<Iterations>,
        index: u64,
        failure: Failure,
        last_event: u64,
    ) {
        strand.phase = Phase::Iterations(iterations);
        self.cut_children(&strand, index, &failure, last_event, Some(&state.name));
        strand.last_event = last_event;
        self.trouble(strand, state, failure.into());
    }

    pub(crate) fn child_done(
        &mut self,
        parent: crate::execution::strand::StrandId,
        index: u64,
        output: Value,
        last_event: u64,
    ) {
        let Some(mut strand) = self.strands.get_mut(parent.0).and_then(Option::take) else { return };
        let machine = self.machine.clone();
        let state = &machine.0.blocks[strand.block].states[strand.state];
        match std::mem::replace(&mut strand.phase, Phase::Enter) {
            Phase::Branches(branches) => self.branch_done(strand, state, branches, index, output, last_event),
            Phase::Iterations(iterations) => {
                self.iteration_done(strand, state, iterations, index, output, last_event);
            }
            other => {
                strand.phase = other;
                self.put(strand);
            }
        }
    }

    pub(crate) fn child_failed(
        &mut self,
        parent: crate::execution::strand::StrandId,
        index: u64,
        failure: Failure,
        last_event: u64,
    ) {
        let Some(mut strand) = self.strands.get_mut(parent.0).and_then(Option::take) else { return };
        let machine = self.machine.clone();
        let state = &machine.0.blocks[strand.block].states[strand.state];
        match std::mem::replace(&mut strand.phase, Phase::Enter) {
            Phase::Branches(branches) => self.branch_failed(strand, state, branches, index, failure, last_event),
            Phase::Iterations(iterations) => {
                self.iteration_failed(strand, state, iterations, index, failure, last_event);
            }
            other => {
                strand.phase = other;
                self.put(strand);
            }
        }
    }
}

/// An object's members as items.
fn pairs(members: serde_json::Map<String, Value>) -> Vec<Value> {
    members.into_iter().map(|(key, value)| serde_json::json!({"Key": key, "Value": value})).collect()
}
