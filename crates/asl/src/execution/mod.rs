//! A running state machine: strands that step from state to state, the effects they wait for, and the history they leave.
//!
//! One file because it is one thing: the books of an execution, which nothing else may touch (what each state does is in
//! `state`).

mod abandon;
pub(crate) mod catch;
pub(crate) mod context;
pub mod history;
pub mod map_run;
mod output;
mod redrive;
pub(crate) mod retry;
pub(crate) mod strand;

use crate::effect::{Effect, EffectId, Failure, Outcome, Reply, Timestamp, Turn};
use crate::inspect::Inspection;
use crate::machine::{BlockIndex, Body, Kind, Machine, Next, State, StateKind};
use crate::raise::{Raise, Trouble};
use history::{Event, HistoryEvent};
use map_run::MapRun;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use strand::{Phase, Strand, StrandId};

/// Most events of a Standard execution. Source: Step Functions quotas.
const MAX_EVENTS: usize = 25_000;
/// Longest run of an Express execution, in seconds. Source: Step Functions quotas.
const EXPRESS_SECONDS: u64 = 300;
/// Longest run of a Standard execution, in seconds (one year). Source: Step Functions quotas.
const STANDARD_SECONDS: u64 = 31_536_000;
/// Steps of one turn before an execution yields to the others.
const STEPS_PER_TURN: usize = 50_000;

/// What an execution is told when it starts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Launch {
    pub execution_arn: String,
    pub execution_name: String,
    pub machine_arn: String,
    pub machine_name: String,
    pub role_arn: String,
    /// The input as it was sent: history shows it unchanged.
    pub input_text: String,
    pub input: Value,
    pub kind: Kind,
    /// Everything random in the execution comes from this.
    pub seed: u64,
    pub version_arn: Option<String>,
    pub alias_arn: Option<String>,
}

impl Launch {
    /// A launch with the input and nothing else.
    ///
    /// # Errors
    /// The text is not JSON.
    pub fn new(input_text: &str) -> Result<Launch, serde_json::Error> {
        let input = serde_json::from_str(input_text)?;
        Ok(Launch { input_text: input_text.to_owned(), input, ..Launch::default() })
    }
}

/// One execution of a machine. Deterministic: the same launch and the same answers at the same times give the same
/// effects and history, so a journal of answers is enough to bring it back ([`Execution::replay`]).
#[derive(Clone, Debug)]
pub struct Execution {
    pub(crate) machine: Machine,
    pub(crate) launch: Arc<Launch>,
    started_at: Timestamp,
    /// The block that it runs: the machine's own, or a distributed Map's.
    block: BlockIndex,
    pub(crate) now: Timestamp,
    history: Vec<HistoryEvent>,
    pub(crate) strands: Vec<Option<Strand>>,
    free: Vec<StrandId>,
    ready: VecDeque<StrandId>,
    /// Boxed, because a node of the tree has room for eleven.
    pub(crate) waiting: BTreeMap<EffectId, (Owner, Box<Effect>)>,
    next_effect: u64,
    effects: Vec<Effect>,
    outcome: Option<Outcome>,
    pub(crate) random: RefCell<fastrand::Rng>,
    pub(crate) map_runs: Vec<MapRun>,
    redrive_count: u64,
    redriven_at: Option<Timestamp>,
    /// Whether the history has no place for another event.
    full: bool,
    pub(crate) inspection: Option<Box<Inspection>>,
    /// The failure that a state had last.
    pub(crate) last_failure: Option<Failure>,
}

/// Who gets an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    Strand(StrandId),
    /// A child of a map run, with the effect's id inside the child.
    Child {
        run: usize,
        child: usize,
        inner: EffectId,
    },
    /// The time that the whole execution has.
    Deadline,
    /// The execution itself, after a yield.
    Continue,
}

/// What a state did.
pub(crate) enum Flow {
    /// It is done: `output` goes to the next state.
    Exit { output: Value, assigned: Vec<(String, Value)>, next: Next },
    /// It waits.
    Parked,
}

pub(crate) type Step = Result<Flow, Trouble>;

impl Execution {
    /// Starts an execution at `now`; the first turn says what it waits for, or how it ended.
    pub fn start(machine: &Machine, launch: Launch, now: Timestamp) -> (Execution, Turn) {
        let mut execution = Execution::idle(machine, launch, now);
        execution.launched();
        let turn = execution.begin(0);
        (execution, turn)
    }

    pub(crate) fn idle(machine: &Machine, launch: Launch, now: Timestamp) -> Execution {
        Execution {
            machine: machine.clone(),
            random: RefCell::new(fastrand::Rng::with_seed(launch.seed)),
            launch: Arc::new(launch),
            started_at: now,
            block: 0,
            now,
            history: Vec::new(),
            // Most executions have one: a list that grows by itself has room for four at once.
            strands: Vec::with_capacity(1),
            free: Vec::new(),
            ready: VecDeque::new(),
            waiting: BTreeMap::new(),
            next_effect: 0,
            effects: Vec::new(),
            outcome: None,
            map_runs: Vec::new(),
            redrive_count: 0,
            redriven_at: None,
            full: false,
            inspection: None,
            last_failure: None,
        }
    }

    pub(crate) fn launched(&mut self) {
        let launch = Arc::clone(&self.launch);
        let input: Arc<str> = if launch.input_text.is_empty() {
            crate::data::text::shared(&launch.input)
        } else {
            launch.input_text.as_str().into()
        };
        let event = Event::ExecutionStarted {
            input,
            role_arn: launch.role_arn.clone(),
            version_arn: launch.version_arn.clone(),
            alias_arn: launch.alias_arn.clone(),
        };
        self.record(0, event);
    }

    pub(crate) fn begin(&mut self, block: BlockIndex) -> Turn {
        self.block = block;
        let mut strand = Strand::new(block, self.machine.0.blocks[block].start, self.launch.input.clone());
        if !self.launch.input_text.is_empty() {
            strand.input_text = Some(self.launch.input_text.as_str().into());
        }
        let root = self.place(strand);
        self.ready.push_back(root);
        self.run();
        self.set_deadline(block);
        self.turn()
    }

    /// Asks to be woken when the time of the whole execution is over.
    fn set_deadline(&mut self, block: BlockIndex) {
        let limit = match self.launch.kind {
            Kind::Express => EXPRESS_SECONDS,
            Kind::Standard => STANDARD_SECONDS,
        };
        let own = if block == 0 { self.machine.0.timeout_s } else { None };
        let seconds = own.unwrap_or(limit).min(limit);
        if self.outcome.is_none() && (own.is_some() || self.launch.kind == Kind::Express) {
            let time = self.now.plus_seconds(seconds as f64);
            self.ask(Owner::Deadline, |id| Effect::WakeAt { id, time });
        }
    }

    /// The execution that a launch and a journal of answers lead to. The effects that are open then are
    /// [`Execution::outstanding`].
    pub fn replay<'a>(
        machine: &Machine,
        launch: Launch,
        started_at: Timestamp,
        journal: impl IntoIterator<Item = &'a (EffectId, Reply, Timestamp)>,
    ) -> Execution {
        let (mut execution, _) = Execution::start(machine, launch, started_at);
        for (id, reply, at) in journal {
            execution.resume(*id, reply.clone(), *at);
        }
        execution
    }

    /// Takes the answer to an effect. An answer that nobody waits for (any more), or of a kind that the effect does not
    /// have, changes nothing.
    pub fn resume(&mut self, id: EffectId, reply: Reply, now: Timestamp) -> Turn {
        if self.outcome.is_some() {
            return Turn::default();
        }
        let Some((owner, effect)) = self.waiting.get(&id) else { return Turn::default() };
        if !reply.answers(effect) {
            return Turn::default();
        }
        let owner = *owner;
        self.now = self.now.max(now);
        if !matches!(reply, Reply::Started { .. } | Reply::Submitted { .. } | Reply::Heartbeat) {
            self.waiting.remove(&id);
        }
        match owner {
            Owner::Strand(strand) => self.answer(strand, id, reply),
            Owner::Child { run, child, inner } => self.answer_child(run, child, inner, reply),
            Owner::Deadline => self.time_out(),
            Owner::Continue => {}
        }
        self.run();
        self.turn()
    }

    /// Ends the execution from outside (StopExecution).
    pub fn stop(&mut self, failure: Failure, now: Timestamp) -> Turn {
        if self.outcome.is_none() {
            self.now = self.now.max(now);
            self.record(0, Event::ExecutionAborted(failure.clone()));
            self.end(Outcome::Aborted(failure));
        }
        self.turn()
    }

    /// The events so far.
    pub fn history(&self) -> &[HistoryEvent] {
        &self.history
    }

    /// How the execution ended, if it did.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    /// Every effect that still waits for an answer, in the order in which they were asked for.
    pub fn outstanding(&self) -> Vec<Effect> {
        self.waiting.values().map(|(_, effect)| Effect::clone(effect)).collect()
    }

    /// The map runs of distributed Map states, in the order in which they began.
    pub fn map_runs(&self) -> &[MapRun] {
        &self.map_runs
    }

    /// What it was started with.
    pub fn launch(&self) -> &Launch {
        &self.launch
    }

    pub fn started_at(&self) -> Timestamp {
        self.started_at
    }

    /// The variables of the machine's own scope, as they are now.
    pub fn variables(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.strands
            .first()
            .into_iter()
            .flatten()
            .flat_map(|strand| strand.variables.iter())
            .map(|(k, v)| (k.as_str(), v))
    }

    pub(crate) fn turn(&mut self) -> Turn {
        let outcome = if self.outcome.is_some() { self.outcome.clone() } else { None };
        Turn { effects: std::mem::take(&mut self.effects), outcome }
    }

    pub(crate) fn run(&mut self) {
        let mut steps = 0;
        while let Some(id) = self.ready.pop_front() {
            if self.outcome.is_some() {
                return;
            }
            if self.is_full() {
                return self.overflow();
            }
            steps += 1;
            if steps > STEPS_PER_TURN {
                self.ready.push_front(id);
                let time = self.now;
                self.ask(Owner::Continue, |id| Effect::WakeAt { id, time });
                return;
            }
            self.step(id);
        }
        if self.full && self.outcome.is_none() {
            self.overflow();
        }
    }

    /// Whether only the event that ends the execution still has a place.
    fn is_full(&self) -> bool {
        self.launch.kind == Kind::Standard && self.history.len() >= MAX_EVENTS - 1
    }

    /// Fails the execution because of the length of its history.
    fn overflow(&mut self) {
        let cause = "The execution reached the maximum number of history events (25000).";
        self.fail_execution(0, Failure::new("States.Runtime", cause));
    }

    /// Lets a strand do what comes next.
    fn step(&mut self, id: StrandId) {
        let Some(mut strand) = self.strands.get_mut(id.0).and_then(Option::take) else { return };
        strand.id = id;
        let machine = self.machine.clone();
        let state = &machine.0.blocks[strand.block].states[strand.state];
        let result = match strand.phase {
            Phase::Enter => self.enter(&mut strand, state),
            Phase::Again => self.perform(&mut strand, state),
            Phase::Failing(_) => match std::mem::replace(&mut strand.phase, Phase::Enter) {
                Phase::Failing(failure) => Err(failure.into()),
                _ => Ok(Flow::Parked),
            },
            _ => Ok(Flow::Parked),
        };
        self.conclude(strand, state, result);
    }

    fn answer(&mut self, id: StrandId, effect: EffectId, reply: Reply) {
        let Some(mut strand) = self.strands.get_mut(id.0).and_then(Option::take) else { return };
        let machine = self.machine.clone();
        let state = &machine.0.blocks[strand.block].states[strand.state];
        let phase = std::mem::replace(&mut strand.phase, Phase::Enter);
        let result = match phase {
            Phase::Backoff => self.perform(&mut strand, state),
            Phase::Task(task) => self.task_answer(&mut strand, state, task, effect, reply),
            Phase::Sleep => self.woken(&strand, state),
            Phase::Reading(reading) => self.items_read(&mut strand, state, *reading, reply),
            Phase::Writing(writing) => self.results_written(&mut strand, state, *writing, reply),
            other => {
                strand.phase = other;
                Ok(Flow::Parked)
            }
        };
        self.conclude(strand, state, result);
    }

    fn enter(&mut self, strand: &mut Strand, state: &State) -> Step {
        strand.entered_at = self.now;
        strand.before_entry = strand.last_event;
        strand.attempts.clear();
        strand.retry_count = 0;
        let input = strand.input_text.take().unwrap_or_else(|| crate::data::text::shared(&strand.input));
        let event = Event::StateEntered { kind: state.kind(), name: Arc::clone(&state.name), input };
        strand.last_event = self.record(strand.last_event, event);
        strand.entered = strand.last_event;
        self.perform(strand, state)
    }

    fn perform(&mut self, strand: &mut Strand, state: &State) -> Step {
        match &state.body {
            Body::Pass { result } => self.pass(strand, state, result.as_ref()),
            Body::Task(task) => self.task(strand, state, task),
            Body::Choice { rules, default } => self.choice(strand, state, rules, *default),
            Body::Wait(wait) => self.wait(strand, state, wait),
            Body::Succeed => self.succeed(strand, state),
            Body::Fail(fail) => self.fail(strand, state, fail),
            Body::Parallel { branches } => self.parallel(strand, state, branches),
            Body::Map(map) => self.map(strand, state, map),
        }
    }

    /// What TestState does with a state.
    pub(crate) fn perform_for_test(&mut self, strand: &mut Strand, state: &State) -> Step {
        self.perform(strand, state)
    }

    /// The error of the last event that tells one.
    pub(crate) fn last_failure(&self) -> Option<Failure> {
        self.last_failure.clone()
    }

    /// Puts the strand back and goes where its state leads.
    pub(crate) fn conclude(&mut self, mut strand: Strand, state: &State, result: Step) {
        match result {
            Ok(Flow::Parked) => self.put(strand),
            Ok(Flow::Exit { output, assigned, next }) => match self.exit(&mut strand, state, output, assigned) {
                Ok(()) => self.follow(strand, next),
                Err(raise) => self.trouble(strand, state, raise.into()),
            },
            Err(trouble) => self.trouble(strand, state, trouble),
        }
    }

    fn exit(
        &mut self,
        strand: &mut Strand,
        state: &State,
        output: Value,
        assigned: Vec<(String, Value)>,
    ) -> Result<(), Raise> {
        let text = crate::data::text::shared(&output);
        if text.len() > crate::limits::MAX_PAYLOAD {
            return Err(Raise::too_large(&state.name));
        }
        strand.assign(&assigned)?;
        let shown = assigned.into_iter().map(|(name, value)| (name, crate::data::text::compact(&value))).collect();
        let event = Event::StateExited {
            kind: state.kind(),
            name: Arc::clone(&state.name),
            output: Arc::clone(&text),
            assigned: shown,
        };
        strand.last_event = self.record(strand.last_event, event);
        strand.input = output;
        strand.input_text = Some(text);
        Ok(())
    }

    fn follow(&mut self, mut strand: Strand, next: Next) {
        match next {
            Next::State(index) => {
                strand.state = index;
                strand.phase = Phase::Enter;
                self.ready.push_back(strand.id);
                self.put(strand);
            }
            Next::End => self.finish(strand),
        }
    }

    /// A strand came to the end of its block.
    fn finish(&mut self, strand: Strand) {
        match strand.parent {
            Some((parent, index)) => {
                self.release(strand.id);
                self.child_done(parent, index, strand.input, strand.last_event);
            }
            None if self.full => {
                self.put(strand);
                self.overflow();
            }
            None => {
                let output = strand.input_text.clone().unwrap_or_else(|| crate::data::text::shared(&strand.input));
                self.record(strand.last_event, Event::ExecutionSucceeded { output });
                let value = strand.input.clone();
                self.put(strand);
                self.end(Outcome::Succeeded(value));
            }
        }
    }

    /// A strand's state failed for good. The strand keeps its place, so that a redrive finds it, until a state around it
    /// is tried again or caught.
    pub(crate) fn give_up(&mut self, mut strand: Strand, state: &State, failure: Failure) {
        if !strand.phase.is_composite() {
            // A redriven Fail state is entered again, every other state only tried again.
            strand.phase = if state.kind() == StateKind::Fail { Phase::Enter } else { Phase::Again };
        }
        let (parent, last) = (strand.parent, strand.last_event);
        self.put(strand);
        match parent {
            Some((parent, index)) => self.child_failed(parent, index, failure, last),
            None => self.fail_execution(last, failure),
        }
    }

    fn fail_execution(&mut self, previous: u64, failure: Failure) {
        self.record(previous, Event::ExecutionFailed(failure.clone()));
        self.end(Outcome::Failed(failure));
    }

    fn time_out(&mut self) {
        // Observed: neither the event nor DescribeExecution names an error, and no event led to it.
        self.record(0, Event::ExecutionTimedOut(Failure::default()));
        self.end(Outcome::TimedOut(Failure::default()));
    }

    fn end(&mut self, outcome: Outcome) {
        for run in &mut self.map_runs {
            run.abort(self.now);
        }
        // What was taken back in this turn the driver does not know yet.
        self.effects.retain(|effect| matches!(effect, Effect::Cancel { .. }));
        let open = std::mem::take(&mut self.waiting);
        self.effects.extend(open.into_keys().map(|id| Effect::Cancel { id }));
        self.ready.clear();
        self.outcome = Some(outcome);
    }

    /// Adds an event and answers its id.
    pub(crate) fn record(&mut self, previous: u64, event: Event) -> u64 {
        if self.is_full() && !event.is_end() {
            self.full = true;
            return previous;
        }
        let id = self.history.len() as u64 + 1;
        let previous_event_id = if id <= 2 || previous == 1 { 0 } else { previous };
        self.history.push(HistoryEvent { id, previous_event_id, timestamp: self.now, event });
        id
    }

    /// Asks for an effect on behalf of `owner`.
    pub(crate) fn ask(&mut self, owner: Owner, make: impl FnOnce(EffectId) -> Effect) -> EffectId {
        let id = EffectId(self.next_effect);
        self.next_effect += 1;
        let effect = make(id);
        self.effects.push(effect.clone());
        self.waiting.insert(id, (owner, Box::new(effect)));
        id
    }

    /// Takes an effect back.
    pub(crate) fn cancel(&mut self, id: EffectId) {
        if self.waiting.remove(&id).is_some() {
            self.effects.push(Effect::Cancel { id });
        }
    }

    /// Gives a strand its place.
    pub(crate) fn place(&mut self, mut strand: Strand) -> StrandId {
        let id = self.free.pop().unwrap_or(StrandId(self.strands.len()));
        strand.id = id;
        if id.0 == self.strands.len() {
            self.strands.push(Some(strand));
        } else {
            self.strands[id.0] = Some(strand);
        }
        id
    }

    pub(crate) fn put(&mut self, strand: Strand) {
        let id = strand.id;
        self.strands[id.0] = Some(strand);
    }

    fn release(&mut self, id: StrandId) {
        self.strands[id.0] = None;
        self.free.push(id);
    }

    pub(crate) fn wake(&mut self, id: StrandId) {
        self.ready.push_back(id);
    }
}
