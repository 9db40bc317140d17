//! Drives executions: time jumps to the next clock, calls are answered by a closure.

use asl::{Effect, EffectId, Execution, Invoke, Launch, Machine, Reply, Timestamp, Turn};
use std::collections::BTreeMap;

/// Answers an execution's effects until it ends; `answer` gives the reply to a call.
pub fn run(machine: &Machine, launch: Launch, mut answer: impl FnMut(&Invoke) -> Reply) -> Execution {
    let mut now = Timestamp(1_700_000_000_000);
    let (mut execution, turn) = Execution::start(machine, launch, now);
    let mut clocks: BTreeMap<(Timestamp, EffectId), ()> = BTreeMap::new();
    let mut calls: Vec<(EffectId, Reply)> = Vec::new();
    let mut take =
        |turn: Turn, clocks: &mut BTreeMap<(Timestamp, EffectId), ()>, calls: &mut Vec<(EffectId, Reply)>| {
            for effect in turn.effects {
                match effect {
                    Effect::Invoke(invoke) => calls.push((invoke.id, answer(&invoke))),
                    Effect::WakeAt { id, time } => _ = clocks.insert((time, id), ()),
                    Effect::ReadItems(read) => calls.push((read.id, Reply::Items(Vec::new()))),
                    Effect::WriteResults(write) => calls.push((write.id, Reply::Succeeded(serde_json::Value::Null))),
                    Effect::Cancel { id } => {
                        clocks.retain(|(_, clock), _| *clock != id);
                        calls.retain(|(call, _)| *call != id);
                    }
                }
            }
        };
    take(turn, &mut clocks, &mut calls);
    while execution.outcome().is_none() {
        let turn = if !calls.is_empty() {
            let (id, reply) = calls.remove(0);
            execution.resume(id, reply, now)
        } else if let Some(((time, id), ())) = clocks.pop_first() {
            now = now.max(time);
            execution.resume(id, Reply::Woke, now)
        } else {
            panic!("the execution waits for nothing: {:?}", execution.outstanding());
        };
        take(turn, &mut clocks, &mut calls);
    }
    execution
}
