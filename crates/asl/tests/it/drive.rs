//! Drives executions: by hand, answer by answer, or to their end with a closure that answers every call.

use asl::{Effect, EffectId, Execution, Failure, Invoke, Launch, Machine, Reply, Timestamp, Turn};
use serde_json::Value;
use std::collections::BTreeMap;

const START: Timestamp = Timestamp(1_700_000_000_000);

/// An execution and everything that it waits for.
pub struct World {
    pub execution: Execution,
    pub now: Timestamp,
    pub open: BTreeMap<EffectId, Effect>,
}

/// Names an effect.
pub fn id_of(effect: &Effect) -> EffectId {
    match effect {
        Effect::Invoke(invoke) => invoke.id,
        Effect::ReadItems(read) => read.id,
        Effect::WriteResults(write) => write.id,
        Effect::WakeAt { id, .. } | Effect::Cancel { id } => *id,
    }
}

impl World {
    pub fn start(machine: &Machine, launch: Launch) -> World {
        let (execution, turn) = Execution::start(machine, launch, START);
        let mut world = World { execution, now: START, open: BTreeMap::new() };
        world.take(turn);
        world
    }

    /// Keeps the books of what is open.
    pub fn take(&mut self, turn: Turn) {
        for effect in turn.effects {
            match effect {
                Effect::Cancel { id } => _ = self.open.remove(&id),
                effect => _ = self.open.insert(id_of(&effect), effect),
            }
        }
    }

    fn invokes(&self) -> impl Iterator<Item = &Invoke> {
        self.open.values().filter_map(|effect| if let Effect::Invoke(invoke) = effect { Some(invoke) } else { None })
    }

    /// The functions that are being called, by the last part of their ARN.
    pub fn calls(&self) -> Vec<&str> {
        self.invokes().map(|invoke| invoke.resource.arn().rsplit(':').next().unwrap()).collect()
    }

    /// What they are called with.
    pub fn payloads(&self) -> Vec<Value> {
        self.invokes().map(|invoke| invoke.payload.clone()).collect()
    }

    /// Answers the oldest open call of a function.
    pub fn answer(&mut self, function: &str, reply: Reply) {
        let wanted = |invoke: &&Invoke| invoke.resource.arn().ends_with(function);
        let id = self.invokes().find(wanted).expect("nobody calls the function").id;
        self.resume(id, reply);
    }

    /// Answers an effect.
    pub fn resume(&mut self, id: EffectId, reply: Reply) {
        if !matches!(reply, Reply::Started { .. } | Reply::Submitted { .. } | Reply::Heartbeat) {
            self.open.remove(&id);
        }
        let turn = self.execution.resume(id, reply, self.now);
        self.take(turn);
    }

    /// Lets the time come of the clock that rings next.
    pub fn wake(&mut self) {
        let next = self.open.values().filter_map(|effect| match effect {
            Effect::WakeAt { id, time } => Some((*time, *id)),
            _ => None,
        });
        let (time, id) = next.min().expect("the execution waits for nothing");
        self.now = self.now.max(time);
        self.resume(id, Reply::Woke);
    }

    pub fn stop(&mut self) {
        let turn = self.execution.stop(Failure::default(), self.now);
        self.take(turn);
    }

    pub fn redrive(&mut self) {
        self.now = self.now.plus_seconds(60.0);
        let turn = self.execution.redrive(self.now).expect("the execution can be redriven");
        self.take(turn);
    }
}

/// Answers an execution's effects until it ends; `answer` gives the reply to a call.
pub fn run(machine: &Machine, launch: Launch, mut answer: impl FnMut(&Invoke) -> Reply) -> Execution {
    let mut world = World::start(machine, launch);
    while world.execution.outcome().is_none() {
        let reply = world.open.iter().find_map(|(id, effect)| match effect {
            Effect::Invoke(invoke) => Some((*id, answer(invoke))),
            Effect::ReadItems(_) => Some((*id, Reply::Items(Vec::new()))),
            Effect::WriteResults(_) => Some((*id, Reply::Succeeded(Value::Null))),
            _ => None,
        });
        match reply {
            Some((id, reply)) => world.resume(id, reply),
            None => world.wake(),
        }
    }
    world.execution
}
