//! The language's own cases: `suite/<topic>/<case>.json` holds a definition, an input and what the world answers, and
//! what must come of it.
//!
//! `replies` lists, for each Task, the answers to its calls in order: `{"output": …}`, `{"error": …, "cause": …}`,
//! `{"items": […]}` for an ItemReader, (under the state's name and ` writer`) the answer to a ResultWriter, `{"silence": true}` for no answer at all. `expect` gives `status`, and of `output`,
//! `error`, `cause` and `events` (type, and the state's name where there is one) what matters. `refused` lists the problems
//! of a definition that is not accepted.

use asl::{Effect, EffectId, Event, Execution, Failure, Kind, Launch, Machine, Reply, Timestamp, Turn};
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            found.push(path);
        }
    }
}

struct World {
    replies: HashMap<String, Vec<Value>>,
    clocks: BTreeSet<(Timestamp, EffectId)>,
    answers: Vec<(EffectId, Reply)>,
}

impl World {
    fn take(&mut self, turn: Turn) {
        for effect in turn.effects {
            match effect {
                Effect::WakeAt { id, time } => _ = self.clocks.insert((time, id)),
                Effect::Cancel { id } => {
                    self.clocks.retain(|(_, clock)| *clock != id);
                    self.answers.retain(|(call, _)| *call != id);
                }
                Effect::Invoke(invoke) => self.answer(invoke.id, &invoke.state, &invoke.payload),
                Effect::ReadItems(read) => self.answer(read.id, &read.state, &read.parameters),
                Effect::WriteResults(write) => {
                    let summary = json!({"succeeded": write.succeeded.len(), "failed": write.failed.len()});
                    self.answer(write.id, &format!("{} writer", write.state), &summary);
                }
            }
        }
    }

    fn answer(&mut self, id: EffectId, state: &str, payload: &Value) {
        let reply = match self.replies.get_mut(state).filter(|list| !list.is_empty()) {
            Some(list) => list.remove(0),
            None => json!({"output": payload}),
        };
        if reply.get("silence").is_some() {
            return;
        }
        let reply = if let Some(output) = reply.get("output") {
            Reply::Succeeded(output.clone())
        } else if let Some(items) = reply.get("items") {
            Reply::Items(items.as_array().unwrap().clone())
        } else {
            let text = |name: &str| reply.get(name).and_then(Value::as_str).map(str::to_owned);
            Reply::Failed(Failure { error: text("error"), cause: text("cause") })
        };
        self.answers.push((id, reply));
    }
}

fn run(machine: &Machine, case: &Value) -> Execution {
    let mut launch = Launch::new(&case.get("input").unwrap_or(&json!({})).to_string()).unwrap();
    launch.kind = if case["kind"] == "EXPRESS" { Kind::Express } else { Kind::Standard };
    launch.execution_arn = "arn:aws:states:us-east-1:123456789012:execution:m:e".into();
    launch.machine_arn = "arn:aws:states:us-east-1:123456789012:stateMachine:m".into();
    let mut world = World { replies: HashMap::new(), clocks: BTreeSet::new(), answers: Vec::new() };
    for (state, list) in case.get("replies").and_then(Value::as_object).into_iter().flatten() {
        world.replies.insert(state.clone(), list.as_array().unwrap().clone());
    }
    let mut now = Timestamp(1_704_067_200_000);
    let (mut execution, turn) = Execution::start(machine, launch, now);
    world.take(turn);
    for _ in 0..10_000 {
        if execution.outcome().is_some() {
            return execution;
        }
        let turn = if world.answers.is_empty() {
            let (time, id) = world.clocks.pop_first().expect("nothing to wait for");
            now = now.max(time);
            execution.resume(id, Reply::Woke, now)
        } else {
            let (id, reply) = world.answers.remove(0);
            execution.resume(id, reply, now)
        };
        world.take(turn);
    }
    panic!("the execution does not end");
}

fn events(execution: &Execution) -> Vec<String> {
    let name = |event: &Event| match event {
        Event::StateEntered { name, .. } | Event::StateExited { name, .. } => format!(" {name}"),
        Event::MapIterationStarted { index, .. }
        | Event::MapIterationSucceeded { index, .. }
        | Event::MapIterationFailed { index, .. }
        | Event::MapIterationAborted { index, .. } => format!(" {index}"),
        _ => String::new(),
    };
    execution.history().iter().map(|event| format!("{}{}", event.kind(), name(&event.event))).collect()
}

fn check(case: &Value) -> Result<(), String> {
    let definition = case["definition"].to_string();
    let kind = if case["kind"] == "EXPRESS" { Kind::Express } else { Kind::Standard };
    let parsed = Machine::parse_as(&definition, kind);
    if let Some(refused) = case.get("refused").and_then(Value::as_array) {
        let problems = parsed.err().unwrap_or_default();
        let shown: Vec<String> = problems.iter().map(|problem| problem.to_string()).collect();
        let wanted: Vec<&str> = refused.iter().filter_map(Value::as_str).collect();
        return if shown == wanted { Ok(()) } else { Err(format!("problems {shown:?}")) };
    }
    let machine = parsed.map_err(|problems| format!("refused {problems:?}"))?;
    let execution = run(&machine, case);
    let expect = &case["expect"];
    let outcome = execution.outcome().unwrap();
    let failure = outcome.failure().cloned().unwrap_or_default();
    let output = match outcome {
        asl::Outcome::Succeeded(output) => output.clone(),
        _ => Value::Null,
    };
    let ours = json!({
        "status": outcome.status(), "output": output, "error": failure.error, "cause": failure.cause,
        "events": events(&execution),
    });
    for (name, wanted) in expect.as_object().unwrap() {
        if ours[name] != *wanted {
            return Err(format!("{name}: {} but expected {wanted}; {ours}", ours[name]));
        }
    }
    Ok(())
}

#[test]
fn every_case_of_the_suite_ends_as_it_says() {
    let mut found = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("suite"), &mut found);
    found.sort();
    found.retain(|path| !path.components().any(|part| part.as_os_str() == "rules"));
    assert!(found.len() > 40, "the suite is not there");
    let mut failures = Vec::new();
    for path in found {
        let name = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().display().to_string();
        let case: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).expect(&name);
        if let Err(reason) = check(&case) {
            failures.push(format!("{name}: {reason}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
