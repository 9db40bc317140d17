//! The Map state in DISTRIBUTED mode: reading items, batches, child executions, tolerated failures, writing results.

use crate::data::template::Template;
use crate::data::text::compact;
use crate::effect::{Effect, EffectId, Failure, Outcome, ReadItems, Reply, Timestamp, Turn, WriteResults};
use crate::execution::history::Event;
use crate::execution::map_run::{Child, MapRun, MapRunStatus, MapRunUpdate};
use crate::execution::strand::{Phase, Reading, Strand, Writing};
use crate::execution::{Execution, Flow, Launch, Owner, Step};
use crate::limits::{DISTRIBUTED_CONCURRENCY, MAX_PAYLOAD};
use crate::machine::{Batcher, Body, Distribution, MapBody, Reader, State};
use crate::raise::Raise;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// The error of an ItemReader that cannot read.
const READER_FAILED: &str = "States.ItemReaderFailed";

/// What the fields of a distributed Map come to.
struct Settings {
    max_concurrency: u64,
    tolerated_count: Option<u64>,
    tolerated_percentage: Option<f64>,
}

impl Execution {
    pub(crate) fn read_items(
        &mut self,
        strand: &mut Strand,
        state: &State,
        map: &MapBody,
        reader: &Reader,
        input: &Value,
    ) -> Step {
        if let Some(items) = self.inspection.as_ref().map(|inspection| inspection.items.clone()) {
            self.concurrency(strand, map, input)?;
            return self.inspect_map(strand, state, map, input, items);
        }
        // Observed: the number of items is not yet known, and told as none.
        strand.last_event = self.record(strand.last_event, Event::MapStateStarted { length: 0 });
        let Some(distribution) = &map.distributed else { return Ok(Flow::Parked) };
        let (parameters, config, max_items) = self.scoped(strand, input, |scope| -> Result<_, Raise> {
            let evaluate = |template: &Option<Template>| match template {
                Some(template) => template.evaluate(scope),
                None => Ok(Value::Object(Map::new())),
            };
            let max_items = reader.max_items.as_ref().map(|source| source.integer("MaxItems", scope)).transpose()?;
            Ok((evaluate(&reader.arguments)?, evaluate(&reader.config)?, max_items))
        })?;
        let settings = self.settings(strand, map, input)?;
        let run = self.begin_map_run(strand, state, distribution, &settings);
        let Ok(max_items) = max_items.map(u64::try_from).transpose() else {
            return self.reading_failed(strand, run, Failure::new(READER_FAILED, "field MaxItems must be positive"));
        };
        let resource = reader.resource.clone();
        let name = state.name.to_string();
        self.ask(Owner::Strand(strand.id), |id| {
            Effect::ReadItems(ReadItems { id, state: name, resource, parameters, config })
        });
        strand.phase = Phase::Reading(Box::new(Reading { run, max_items }));
        Ok(Flow::Parked)
    }

    pub(crate) fn items_read(&mut self, strand: &mut Strand, state: &State, reading: Reading, reply: Reply) -> Step {
        let Body::Map(map) = &state.body else { return Ok(Flow::Parked) };
        let mut items = match reply {
            Reply::Items(items) => items,
            Reply::Failed(failure) | Reply::TimedOut(failure) => {
                return self.reading_failed(strand, reading.run, failure);
            }
            _ => {
                strand.phase = Phase::Reading(Box::new(reading));
                return Ok(Flow::Parked);
            }
        };
        if let Some(most) = reading.max_items.filter(|most| *most > 0) {
            items.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        }
        let batches =
            self.effective_input(strand, state).and_then(|input| self.child_inputs(strand, map, &input, items));
        match batches {
            Ok(batches) => self.run_children(strand, state, reading.run, batches),
            Err(raise) => {
                self.map_runs[reading.run].fail(self.now);
                Err(raise.into())
            }
        }
    }

    fn reading_failed(&mut self, strand: &mut Strand, run: usize, failure: Failure) -> Step {
        self.map_runs[run].fail(self.now);
        strand.last_event = self.record(strand.last_event, Event::MapRunFailed(failure.clone()));
        Err(failure.into())
    }

    pub(crate) fn open_map_run(
        &mut self,
        strand: &mut Strand,
        state: &State,
        map: &MapBody,
        input: &Value,
        items: Vec<Value>,
    ) -> Step {
        let Some(distribution) = &map.distributed else { return Ok(Flow::Parked) };
        let settings = self.settings(strand, map, input)?;
        let batches = self.child_inputs(strand, map, input, items)?;
        let run = self.begin_map_run(strand, state, distribution, &settings);
        self.run_children(strand, state, run, batches)
    }

    /// The inputs of the children, each with the number of items in it.
    fn child_inputs(
        &mut self,
        strand: &Strand,
        map: &MapBody,
        input: &Value,
        items: Vec<Value>,
    ) -> Result<Vec<(Value, u64)>, Raise> {
        let selected = self.select_items(strand, map, input, items)?;
        match map.distributed.as_ref().and_then(|distribution| distribution.batcher.as_ref()) {
            Some(batcher) => self.batches(strand, batcher, input, selected),
            None => Ok(selected.into_iter().map(|item| (item, 1)).collect()),
        }
    }

    /// Gives the run its children and starts the first of them.
    fn run_children(&mut self, strand: &mut Strand, state: &State, index: usize, batches: Vec<(Value, u64)>) -> Step {
        let children = self.new_children(&self.map_runs[index], batches);
        let run = &mut self.map_runs[index];
        run.queue = (0..children.len()).collect();
        run.children = children;
        self.proceed(strand, state, index)
    }

    /// Starts what may start; closes the run when nothing is left.
    fn proceed(&mut self, strand: &mut Strand, state: &State, index: usize) -> Step {
        strand.phase = Phase::MapRun { run: index };
        self.start_children(index);
        if self.map_runs[index].is_over() {
            return self.close_map_run(strand, state, index);
        }
        Ok(Flow::Parked)
    }

    /// Starts the children again that have not succeeded.
    pub(crate) fn redrive_map_run(&mut self, mut strand: Strand, index: usize) {
        let now = self.now;
        let Some(run) = self.map_runs.get_mut(index) else { return self.put(strand) };
        run.reopen(now);
        let event = Event::MapRunRedriven { map_run_arn: run.arn.clone(), redrive_count: run.redrive_count };
        strand.last_event = self.record(strand.last_event, event);
        let machine = self.machine.clone();
        let state = &machine.0.blocks[strand.block].states[strand.state];
        let step = self.proceed(&mut strand, state, index);
        self.conclude(strand, state, step);
    }

    fn settings(&mut self, strand: &Strand, map: &MapBody, input: &Value) -> Result<Settings, Raise> {
        let max_concurrency = self.concurrency(strand, map, input)?;
        self.scoped(strand, input, |scope| {
            Ok(Settings {
                max_concurrency,
                tolerated_count: map
                    .tolerated_count
                    .as_ref()
                    .map(|source| source.number("ToleratedFailureCount", scope))
                    .transpose()?,
                tolerated_percentage: map
                    .tolerated_percentage
                    .as_ref()
                    .map(|source| source.percentage("ToleratedFailurePercentage", scope))
                    .transpose()?,
            })
        })
    }

    /// The items in batches, each the input of a child with its number of items.
    fn batches(
        &self,
        strand: &Strand,
        batcher: &Batcher,
        input: &Value,
        items: Vec<Value>,
    ) -> Result<Vec<(Value, u64)>, Raise> {
        let (most, bytes, shared) = self.scoped(strand, input, |scope| -> Result<_, Raise> {
            let most = batcher.max_items.as_ref().map(|source| source.number("MaxItemsPerBatch", scope)).transpose()?;
            let bytes =
                batcher.max_bytes.as_ref().map(|source| source.number("MaxInputBytesPerBatch", scope)).transpose()?;
            Ok((most, bytes, batcher.input.as_ref().map(|template| template.evaluate(scope)).transpose()?))
        })?;
        let most = most.filter(|most| *most > 0).unwrap_or(u64::MAX);
        let bytes = bytes.filter(|bytes| *bytes > 0).unwrap_or(MAX_PAYLOAD as u64);
        let frame = compact(&batch(&shared, Vec::new())).len() as u64;
        let mut batches = Vec::new();
        let (mut open, mut size): (Vec<Value>, u64) = (Vec::new(), frame);
        for item in items {
            let length = compact(&item).len() as u64 + 1;
            if !open.is_empty() && (open.len() as u64 >= most || size + length > bytes) {
                let count = open.len() as u64;
                batches.push((batch(&shared, std::mem::take(&mut open)), count));
                size = frame;
            }
            size += length;
            open.push(item);
        }
        if !open.is_empty() {
            let count = open.len() as u64;
            batches.push((batch(&shared, open), count));
        }
        Ok(batches)
    }

    /// A run that has no children yet, and its event.
    fn begin_map_run(
        &mut self,
        strand: &mut Strand,
        state: &State,
        distribution: &Distribution,
        settings: &Settings,
    ) -> usize {
        let uuid = || crate::intrinsic::uuid(&mut self.random.borrow_mut());
        let label = distribution.label.clone().unwrap_or_else(uuid);
        let run = MapRun {
            arn: format!("{}/{label}:{}", self.launch.machine_arn.replacen(":stateMachine:", ":mapRun:", 1), uuid()),
            state: Arc::clone(&state.name),
            kind: distribution.kind,
            max_concurrency: settings.max_concurrency,
            tolerated_count: settings.tolerated_count,
            tolerated_percentage: settings.tolerated_percentage,
            started_at: self.now,
            stopped_at: None,
            status: MapRunStatus::Running,
            children: Vec::new(),
            redrive_count: 0,
            redriven_at: None,
            strand: strand.id,
            queue: VecDeque::new(),
            running: 0,
            failed_items: 0,
            done: 0,
        };
        strand.last_event = self.record(strand.last_event, Event::MapRunStarted { map_run_arn: run.arn.clone() });
        self.map_runs.push(run);
        self.map_runs.len() - 1
    }

    fn new_children(&self, run: &MapRun, batches: Vec<(Value, u64)>) -> Vec<Child> {
        let prefix = run.arn.replacen(":mapRun:", ":execution:", 1);
        let prefix = prefix.rsplit_once(':').map_or("", |(prefix, _)| prefix);
        let mut random = self.random.borrow_mut();
        let child = |(input, items)| {
            let name = crate::intrinsic::uuid(&mut random);
            Child {
                arn: format!("{prefix}:{name}"),
                name,
                input,
                items,
                execution: None,
                stopped_at: None,
                redrive_count: 0,
                open: BTreeMap::new(),
            }
        };
        batches.into_iter().map(child).collect()
    }

    /// Starts as many children as may run.
    fn start_children(&mut self, index: usize) {
        loop {
            let Some(run) = self.map_runs.get_mut(index) else { return };
            let most = match run.max_concurrency {
                0 => DISTRIBUTED_CONCURRENCY,
                limit => limit.min(DISTRIBUTED_CONCURRENCY),
            };
            if run.status != MapRunStatus::Running || run.running >= most {
                return;
            }
            let Some(child) = run.queue.pop_front() else { return };
            run.running += 1;
            self.start_child(index, child);
        }
    }

    fn start_child(&mut self, run: usize, child: usize) {
        let now = self.now;
        let old = &mut self.map_runs[run].children[child];
        if let Some(turn) = old.execution.as_mut().and_then(|execution| execution.redrive(now)) {
            old.redrive_count += 1;
            return self.absorb(run, child, turn);
        }
        let Some(block) = self.processor_of(run) else { return };
        let entry = &self.map_runs[run].children[child];
        let launch = Launch {
            execution_arn: entry.arn.clone(),
            execution_name: entry.name.clone(),
            input_text: compact(&entry.input),
            input: entry.input.clone(),
            kind: self.map_runs[run].kind,
            seed: self.random.borrow_mut().u64(..),
            ..Launch::clone(&self.launch)
        };
        let mut execution = Execution::idle(&self.machine, launch, self.now);
        execution.launched();
        let turn = execution.begin(block);
        self.map_runs[run].children[child].execution = Some(execution);
        self.absorb(run, child, turn);
    }

    fn processor_of(&self, run: usize) -> Option<usize> {
        let run = self.map_runs.get(run)?;
        let states = self.machine.0.blocks.iter().flat_map(|block| &block.states);
        states.filter(|state| state.name == run.state).find_map(|state| match &state.body {
            Body::Map(map) => Some(map.processor),
            _ => None,
        })
    }

    /// Takes over what a child asks for, and its end.
    fn absorb(&mut self, run: usize, child: usize, turn: Turn) {
        for effect in turn.effects {
            if let Effect::Cancel { id: inner } = effect {
                if let Some(outer) = self.map_runs[run].children[child].open.remove(&inner) {
                    self.cancel(outer);
                }
                continue;
            }
            let inner = id_of(&effect);
            let outer = self.ask(Owner::Child { run, child, inner }, |id| renamed(effect, id));
            self.map_runs[run].children[child].open.insert(inner, outer);
        }
        let Some(outcome) = turn.outcome else { return };
        let now = self.now;
        let Some(run) = self.map_runs.get_mut(run) else { return };
        run.running = run.running.saturating_sub(1);
        run.done += 1;
        run.children[child].stopped_at = Some(now);
        if !matches!(outcome, Outcome::Succeeded(_)) {
            run.failed_items += run.children[child].items;
            if run.exceeded() {
                run.status = MapRunStatus::Failed;
            }
        }
    }

    pub(crate) fn answer_child(&mut self, run: usize, child: usize, inner: EffectId, reply: Reply) {
        let now = self.now;
        let Some(execution) =
            self.map_runs.get_mut(run).and_then(|run| run.children.get_mut(child)?.execution.as_mut())
        else {
            return;
        };
        let turn = execution.resume(inner, reply, now);
        self.absorb(run, child, turn);
        self.go_on_with(run);
    }

    /// Changes the limits of a map run that is under way (UpdateMapRun): a higher concurrency starts further children at
    /// once, a lower tolerance may end the run. `None` when no run of that ARN is running.
    pub fn update_map_run(&mut self, arn: &str, update: MapRunUpdate, now: Timestamp) -> Option<Turn> {
        let index = self.map_runs.iter().position(|run| run.arn == arn && run.status == MapRunStatus::Running)?;
        self.now = self.now.max(now);
        let run = &mut self.map_runs[index];
        run.max_concurrency = update.max_concurrency.unwrap_or(run.max_concurrency);
        run.tolerated_count = update.tolerated_count.or(run.tolerated_count);
        run.tolerated_percentage = update.tolerated_percentage.or(run.tolerated_percentage);
        if run.failed_items > 0 && run.exceeded() {
            run.status = MapRunStatus::Failed;
        }
        self.go_on_with(index);
        self.run();
        Some(self.turn())
    }

    /// Starts the children whose turn it is, and ends the run when there is none left or too many have failed.
    fn go_on_with(&mut self, run: usize) {
        self.start_children(run);
        let Some(current) = self.map_runs.get(run) else { return };
        if !current.is_over() {
            return;
        }
        let id = current.strand;
        let Some(mut strand) = self.strands.get_mut(id.0).and_then(Option::take) else { return };
        if !matches!(strand.phase, Phase::MapRun { run: own } if own == run) {
            return self.put(strand);
        }
        let machine = self.machine.clone();
        let state = &machine.0.blocks[strand.block].states[strand.state];
        let step = self.close_map_run(&mut strand, state, run);
        self.conclude(strand, state, step);
    }

    pub(crate) fn abort_map_run(&mut self, run: usize) {
        let now = self.now;
        if let Some(run) = self.map_runs.get_mut(run) {
            run.abort(now);
        }
        self.cancel_children(run);
    }

    /// All children have ended, or too many have failed.
    fn close_map_run(&mut self, strand: &mut Strand, state: &State, index: usize) -> Step {
        let Body::Map(map) = &state.body else { return Ok(Flow::Parked) };
        self.cancel_children(index);
        let now = self.now;
        let run = &mut self.map_runs[index];
        let failed = run.status == MapRunStatus::Failed;
        run.close(now);
        if !failed {
            run.status = MapRunStatus::Succeeded;
        }
        let writer = map.distributed.as_ref().and_then(|distribution| distribution.writer.as_ref());
        if let Some(writer) = writer {
            return self.write_results(strand, state, writer, index);
        }
        self.map_run_ended(strand, state, index, None)
    }

    fn write_results(
        &mut self,
        strand: &mut Strand,
        state: &State,
        writer: &crate::machine::Writer,
        index: usize,
    ) -> Step {
        let input = self.effective_input(strand, state)?;
        let (parameters, config) = self.scoped(strand, &input, |scope| -> Result<_, Raise> {
            let evaluate = |template: &Option<Template>| match template {
                Some(template) => template.evaluate(scope),
                None => Ok(Value::Object(Map::new())),
            };
            Ok((evaluate(&writer.arguments)?, evaluate(&writer.config)?))
        })?;
        let run = &self.map_runs[index];
        let of = |wanted: bool| {
            let ended = run.children.iter().filter(|child| (child.status() == "SUCCEEDED") == wanted);
            ended.filter(|child| child.execution.is_some()).map(Child::record).collect::<Vec<Value>>()
        };
        let (succeeded, failed) = (of(true), of(false));
        let pending = run.children.iter().filter(|child| child.execution.is_none()).map(Child::record).collect();
        let (map_run_arn, name, resource) = (run.arn.clone(), state.name.to_string(), writer.resource.clone());
        self.ask(Owner::Strand(strand.id), |id| {
            Effect::WriteResults(WriteResults {
                id,
                state: name,
                resource,
                parameters,
                config,
                map_run_arn,
                succeeded,
                failed,
                pending,
            })
        });
        strand.phase = Phase::Writing(Box::new(Writing { run: index }));
        Ok(Flow::Parked)
    }

    pub(crate) fn results_written(
        &mut self,
        strand: &mut Strand,
        state: &State,
        writing: Writing,
        reply: Reply,
    ) -> Step {
        match reply {
            Reply::Succeeded(result) => self.map_run_ended(strand, state, writing.run, Some(result)),
            Reply::Failed(failure) | Reply::TimedOut(failure) => {
                strand.phase = Phase::MapRun { run: writing.run };
                self.map_runs[writing.run].status = MapRunStatus::Failed;
                strand.last_event = self.record(strand.last_event, Event::MapRunFailed(failure.clone()));
                Err(failure.into())
            }
            _ => {
                strand.phase = Phase::Writing(Box::new(writing));
                Ok(Flow::Parked)
            }
        }
    }

    fn map_run_ended(&mut self, strand: &mut Strand, state: &State, index: usize, written: Option<Value>) -> Step {
        let run = &self.map_runs[index];
        if run.status == MapRunStatus::Failed {
            strand.phase = Phase::MapRun { run: index };
            let failure = Failure::new(
                "States.ExceedToleratedFailureThreshold",
                "The specified tolerated failure threshold was exceeded",
            );
            strand.last_event = self.record(strand.last_event, Event::MapRunFailed(failure.clone()));
            return Err(failure.into());
        }
        let result = written.unwrap_or_else(|| {
            let outputs = run.children.iter().filter_map(|child| match child.execution.as_ref()?.outcome()? {
                Outcome::Succeeded(output) => Some(output.clone()),
                _ => None,
            });
            outputs.collect()
        });
        let started = strand.last_event;
        let succeeded = self.record(started, Event::MapRunSucceeded);
        self.record(succeeded, Event::MapStateSucceeded);
        // Observed: the exit of a Map that is not the execution's first state is linked to the run's start.
        strand.last_event = if strand.before_entry == 0 { succeeded } else { started };
        strand.phase = Phase::Enter;
        self.finish_with(strand, state, result)
    }
}

fn batch(shared: &Option<Value>, items: Vec<Value>) -> Value {
    match shared {
        Some(input) => json!({"BatchInput": input, "Items": items}),
        None => json!({"Items": items}),
    }
}

fn id_of(effect: &Effect) -> EffectId {
    match effect {
        Effect::Invoke(invoke) => invoke.id,
        Effect::ReadItems(read) => read.id,
        Effect::WriteResults(write) => write.id,
        Effect::WakeAt { id, .. } | Effect::Cancel { id } => *id,
    }
}

fn renamed(effect: Effect, id: EffectId) -> Effect {
    match effect {
        Effect::Invoke(invoke) => Effect::Invoke(crate::effect::Invoke { id, ..invoke }),
        Effect::ReadItems(read) => Effect::ReadItems(ReadItems { id, ..read }),
        Effect::WriteResults(write) => Effect::WriteResults(WriteResults { id, ..write }),
        Effect::WakeAt { time, .. } => Effect::WakeAt { id, time },
        Effect::Cancel { .. } => Effect::Cancel { id },
    }
}
