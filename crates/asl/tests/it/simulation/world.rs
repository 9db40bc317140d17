//! One world: an execution, what it waits for, and the seed that decides what happens next.

use super::legality;
use super::machines::Scene;
use crate::drive::id_of;
use asl::{Effect, EffectId, Execution, Failure, Invoke, Outcome, Reply, Timestamp, Turn};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Most events of one world.
const MOST_STEPS: usize = 3_000;
const START: Timestamp = Timestamp(1_000);

/// What the journal keeps.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Happening {
    Replied { id: EffectId, reply: Reply, at: Timestamp },
    Stopped { at: Timestamp },
    Redriven { at: Timestamp },
}

/// How a world ended.
pub struct End {
    pub status: &'static str,
    pub history: Vec<Value>,
    /// How often each call, known by function and payload, ended well.
    pub finished: BTreeMap<String, usize>,
    pub tasks: usize,
    pub redrives: u64,
}

pub struct World<'a> {
    scene: &'a Scene,
    seed: u64,
    random: fastrand::Rng,
    now: Timestamp,
    execution: Execution,
    open: BTreeMap<EffectId, Effect>,
    /// Answered or taken back: nobody waits for these any more.
    closed: Vec<EffectId>,
    /// Each happening as it was written down.
    journal: Vec<String>,
    finished: BTreeMap<String, usize>,
    redrives: u64,
}

impl<'a> World<'a> {
    /// Runs a world to its end; the process dies after every `dies_every`th event.
    pub fn run(scene: &'a Scene, seed: u64, dies_every: usize) -> End {
        let (execution, turn) = Execution::start(&scene.machine, Scene::launch(scene.input, seed), START);
        let mut world = World {
            scene,
            seed,
            random: fastrand::Rng::with_seed(seed),
            now: START,
            execution,
            open: BTreeMap::new(),
            closed: Vec::new(),
            journal: Vec::new(),
            finished: BTreeMap::new(),
            redrives: 0,
        };
        world.take(turn);
        for step in 1..=MOST_STEPS {
            if let Some(outcome) = world.execution.outcome().cloned() {
                world.ended();
                let redrives = !matches!(outcome, Outcome::Succeeded(_)) && world.redrives < 3 && world.random.bool();
                if !redrives {
                    return world.end(&outcome);
                }
                let at = world.later(60_000);
                world.redrives += 1;
                world.happens(Happening::Redriven { at });
            } else {
                world.step();
            }
            if step % dies_every == 0 {
                world.die();
            }
        }
        panic!("{} with seed {seed} does not end", scene.name);
    }

    fn end(self, outcome: &Outcome) -> End {
        End {
            status: outcome.status(),
            history: self.execution.history().iter().map(|event| event.to_wire(true)).collect(),
            tasks: self.finished.len(),
            finished: self.finished,
            redrives: self.redrives,
        }
    }

    fn later(&mut self, most_ms: i64) -> Timestamp {
        self.now = Timestamp(self.now.0 + self.random.i64(0..most_ms));
        self.now
    }

    /// One thing happens.
    fn step(&mut self) {
        let at = self.later(500);
        if self.random.u16(..) < 250 {
            return self.happens(Happening::Stopped { at });
        }
        if let (0, Some(id)) = (self.random.u8(..12), self.random.choice(&self.closed).copied()) {
            let before = self.execution.history().len();
            let turn = self.execution.resume(id, Reply::Succeeded(json!("too late")), at);
            assert_eq!(
                (turn, self.execution.history().len()),
                (Turn::default(), before),
                "nobody waits for it any more"
            );
            return;
        }
        let id = self.pick();
        for wrong in [Reply::Woke, Reply::Items(Vec::new()), Reply::Heartbeat] {
            if !wrong.answers(&self.open[&id]) {
                assert_eq!(self.execution.resume(id, wrong, at), Turn::default(), "that is no answer to it");
            }
        }
        let reply = self.reply(&self.open[&id].clone());
        self.happens(Happening::Replied { id, reply, at: self.now });
    }

    /// An open effect, whichever: a clock only when it is the next to ring, and then the time comes with it.
    fn pick(&mut self) -> EffectId {
        let is_clock = |effect: &&Effect| matches!(effect, Effect::WakeAt { .. });
        let calls: Vec<EffectId> = self.open.values().filter(|effect| !is_clock(effect)).map(id_of).collect();
        let clock = self.open.values().filter_map(|effect| match effect {
            Effect::WakeAt { id, time } => Some((*time, *id)),
            _ => None,
        });
        match clock.min() {
            Some((time, id)) if calls.is_empty() || self.random.u8(..8) == 0 => {
                self.now = self.now.max(time);
                self.later(2_000);
                id
            }
            _ => *self.random.choice(&calls).expect("an open execution waits for something"),
        }
    }

    fn reply(&mut self, effect: &Effect) -> Reply {
        let random = &mut self.random;
        match effect {
            Effect::WakeAt { .. } => Reply::Woke,
            Effect::ReadItems(_) => match random.u8(..4) {
                0 => Reply::Failed(Failure::new("States.ItemReaderFailed", "no bucket")),
                _ => Reply::Items((0..random.i64(0..9)).map(Value::from).collect()),
            },
            Effect::WriteResults(_) => match random.u8(..4) {
                0 => Reply::Failed(Failure::new("States.ResultWriterFailed", "no bucket")),
                _ => Reply::Succeeded(json!({"written": true})),
            },
            _ => match random.u8(..16) {
                0 | 1 => Reply::Started { worker: None },
                2 => Reply::Heartbeat,
                3 => Reply::Submitted { output: json!({"MessageId": "1"}) },
                4 | 5 => Reply::Failed(Failure::new("Bad", "no luck")),
                6 => Reply::TimedOut(Failure::new("States.Timeout", "late")),
                7 => Reply::Succeeded(Value::Null),
                8 if random.bool() => Reply::StartFailed(Failure::new("Lambda.ServiceException", "down")),
                9 if random.u8(..4) == 0 => Reply::Succeeded(Value::from("x".repeat(300_000))),
                _ => Reply::Succeeded(json!({"n": random.u8(..)})),
            },
        }
    }

    /// Writes down what happens, and lets it happen.
    fn happens(&mut self, happening: Happening) {
        self.journal.push(serde_json::to_string(&happening).unwrap());
        if let Happening::Replied { id, reply, .. } = &happening {
            self.answered(*id, reply);
        }
        let turn = apply(&mut self.execution, happening);
        self.take(turn);
        assert_eq!(
            self.open.values().cloned().collect::<Vec<_>>(),
            self.execution.outstanding(),
            "both know what is open"
        );
        assert_eq!(self.execution.resume(EffectId(u64::MAX), Reply::Woke, self.now), Turn::default(), "nobody asked");
    }

    fn answered(&mut self, id: EffectId, reply: &Reply) {
        if matches!(reply, Reply::Started { .. } | Reply::Submitted { .. } | Reply::Heartbeat) {
            return;
        }
        let effect = self.open.remove(&id).expect("only what is open is answered");
        self.closed.push(id);
        if let (Effect::Invoke(invoke), Reply::Succeeded(value)) = (&effect, reply)
            && value.as_str().is_none_or(|text| text.len() <= 262_144)
        {
            *self.finished.entry(known_as(invoke)).or_default() += 1;
        }
    }

    fn take(&mut self, turn: Turn) {
        for effect in turn.effects {
            match effect {
                Effect::Cancel { id } => {
                    self.open.remove(&id);
                    self.closed.push(id);
                }
                effect => {
                    if let (true, Effect::Invoke(invoke)) = (self.scene.runs_once, &effect) {
                        let call = known_as(invoke);
                        assert!(!self.finished.contains_key(&call), "seed {}: {call} runs again", self.seed);
                    }
                    let before = self.open.insert(id_of(&effect), effect);
                    assert_eq!(before, None, "an effect's name is used once");
                }
            }
        }
    }

    /// The process dies; another brings the execution back from the journal.
    fn die(&mut self) {
        let launch = Scene::launch(self.scene.input, self.seed);
        let (mut again, _) = Execution::start(&self.scene.machine, launch, START);
        for line in &self.journal {
            apply(&mut again, serde_json::from_str(line).unwrap());
        }
        assert_eq!(again.history(), self.execution.history(), "a restart remembers everything");
        assert_eq!(again.outstanding(), self.execution.outstanding(), "and goes on where it was");
        assert_eq!(again.outcome(), self.execution.outcome());
        self.execution = again;
    }

    /// What holds when the execution has ended.
    fn ended(&self) {
        assert!(
            self.open.is_empty(),
            "{} with seed {}: nothing is left open: {:?}",
            self.scene.name,
            self.seed,
            self.open
        );
        assert!(self.execution.outstanding().is_empty(), "an ended execution waits for nothing");
        legality::check(self.execution.history());
        for run in self.execution.map_runs() {
            assert!(run.stopped_at.is_some(), "the run has ended too");
            for child in run.children.iter().filter_map(|child| child.execution.as_ref()) {
                legality::check(child.history());
                assert!(child.outcome().is_some());
            }
        }
    }
}

fn apply(execution: &mut Execution, happening: Happening) -> Turn {
    match happening {
        Happening::Replied { id, reply, at } => execution.resume(id, reply, at),
        Happening::Stopped { at } => execution.stop(Failure::new("Stopped", "by hand"), at),
        Happening::Redriven { at } => execution.redrive(at).unwrap_or_default(),
    }
}

/// A call by its function and what it is called with.
fn known_as(invoke: &Invoke) -> String {
    format!("{} {}", invoke.resource.arn(), invoke.payload)
}
