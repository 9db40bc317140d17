//! A seeded world: answers in any order, late, failing, never; stops; a restart after every answer.

use asl::{Effect, EffectId, Execution, Failure, Kind, Launch, Machine, Outcome, Reply, Timestamp, Turn};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Most answers of one run.
const MOST_STEPS: usize = 4_000;

fn machines() -> Vec<Machine> {
    let task = |name: &str, rest: Value| {
        let mut state =
            json!({"Type": "Task", "Resource": format!("arn:aws:lambda:us-east-1:123456789012:function:{name}")});
        state.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        state
    };
    let definitions = [
        json!({"StartAt": "Fan", "States": {
            "Fan": {"Type": "Parallel", "Next": "Each", "ResultPath": "$.fan", "Branches": [
                {"StartAt": "A", "States": {"A": task("a", json!({"TimeoutSeconds": 30, "HeartbeatSeconds": 10, "End": true,
                    "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 2, "JitterStrategy": "FULL"}]}))}},
                {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 7, "Next": "B"}, "B": task("b", json!({"End": true}))}},
            ], "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Each", "ResultPath": "$.failed"}]},
            "Each": {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 2, "ResultPath": "$.each",
                "ItemProcessor": {"StartAt": "T", "States": {
                    "T": task("t", json!({"Next": "C", "Catch": [{"ErrorEquals": ["Bad"], "Next": "C"}]})),
                    "C": {"Type": "Choice", "Choices": [{"Variable": "$", "IsNull": true, "Next": "F"}], "Default": "P"},
                    "P": {"Type": "Pass", "End": true}, "F": {"Type": "Fail", "Error": "Null"}}},
                "Retry": [{"ErrorEquals": ["Null"], "MaxAttempts": 1, "IntervalSeconds": 3}], "End": true},
        }}),
        json!({"StartAt": "Run", "TimeoutSeconds": 600, "States": {
            "Run": {"Type": "Map", "ItemsPath": "$.items", "ToleratedFailureCount": 1, "MaxConcurrency": 2,
                "ItemBatcher": {"MaxItemsPerBatch": 2},
                "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "T",
                    "States": {"T": task("t", json!({"TimeoutSeconds": 20, "End": true}))}},
                "Catch": [{"ErrorEquals": ["States.ExceedToleratedFailureThreshold"], "Next": "Sorry"}], "Next": "Done"},
            "Sorry": {"Type": "Pass", "Next": "Done"}, "Done": {"Type": "Succeed"},
        }}),
        json!({"QueryLanguage": "JSONata", "StartAt": "T", "States": {
            "T": task("t", json!({"Arguments": {"n": "{% $states.input.items[0] %}", "r": "{% $random() %}"},
                "Assign": {"last": "{% $states.result %}", "id": "{% $uuid() %}"},
                "Output": "{% [$states.result, $states.context.State.RetryCount] %}", "Next": "S",
                "Retry": [{"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": 3, "BackoffRate": 1.5, "MaxDelaySeconds": 2}],
                "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "S", "Output": "{% $states.errorOutput.Error %}"}]})),
            "S": {"Type": "Succeed"},
        }}),
    ];
    definitions.iter().map(|definition| Machine::from_value(definition, Kind::Standard).unwrap()).collect()
}

fn launch(seed: u64) -> Launch {
    Launch {
        execution_arn: "arn:aws:states:us-east-1:123456789012:execution:m:e".into(),
        machine_arn: "arn:aws:states:us-east-1:123456789012:stateMachine:m".into(),
        machine_name: "m".into(),
        seed,
        ..Launch::new(r#"{"items": [1, 2, 3, 4, 5]}"#).unwrap()
    }
}

fn reply(random: &mut fastrand::Rng, effect: &Effect) -> Reply {
    if let Effect::WakeAt { .. } = effect {
        return Reply::Woke;
    }
    match random.u8(..10) {
        0 => Reply::Started { worker: None },
        1 => Reply::Heartbeat,
        2 => Reply::Failed(Failure::new("Bad", "no luck")),
        3 => Reply::TimedOut(Failure::new("States.Timeout", "late")),
        4 => Reply::Succeeded(Value::Null),
        5 => Reply::StartFailed(Failure::new("Lambda.ServiceException", "down")),
        _ => Reply::Succeeded(json!({"n": random.u8(..)})),
    }
}

fn invariants(execution: &Execution) {
    for (index, event) in execution.history().iter().enumerate() {
        assert_eq!(event.id, index as u64 + 1, "ids have no gaps");
        assert!(event.previous_event_id < event.id, "a cause comes before its effect");
    }
    let times: Vec<i64> = execution.history().iter().map(|event| event.timestamp.0).collect();
    assert!(times.is_sorted(), "time does not go back");
}

/// Runs one world to its end and answers how it ended.
fn world(machine: &Machine, seed: u64) -> Outcome {
    let mut random = fastrand::Rng::with_seed(seed);
    let started = Timestamp(1_000);
    let mut now = started;
    let (mut execution, turn) = Execution::start(machine, launch(seed), now);
    let mut open: BTreeMap<EffectId, Effect> = BTreeMap::new();
    let mut journal: Vec<(EffectId, Reply, Timestamp)> = Vec::new();
    let take = |open: &mut BTreeMap<EffectId, Effect>, turn: Turn| {
        for effect in turn.effects {
            match &effect {
                Effect::Cancel { id } => _ = open.remove(id),
                Effect::WakeAt { id, .. } => _ = open.insert(*id, effect),
                Effect::Invoke(invoke) => _ = open.insert(invoke.id, effect),
                Effect::ReadItems(read) => _ = open.insert(read.id, effect),
                Effect::WriteResults(write) => _ = open.insert(write.id, effect),
            }
        }
    };
    take(&mut open, turn);
    for step in 0..MOST_STEPS {
        if let Some(outcome) = execution.outcome() {
            assert!(execution.outstanding().is_empty(), "an ended execution waits for nothing");
            return outcome.clone();
        }
        assert_eq!(open.values().cloned().collect::<Vec<_>>(), execution.outstanding(), "both know what is open");
        if random.u16(..) < 600 {
            return execution.stop(Failure::new("Stopped", "by hand"), now).outcome.unwrap();
        }
        let calls: Vec<EffectId> =
            open.iter().filter(|(_, effect)| !matches!(effect, Effect::WakeAt { .. })).map(|(id, _)| *id).collect();
        let clock = open
            .values()
            .filter_map(|effect| if let Effect::WakeAt { id, time } = effect { Some((*time, *id)) } else { None })
            .min();
        let id = match clock {
            Some((time, id)) if calls.is_empty() || random.u8(..4) == 0 => {
                now = now.max(time);
                id
            }
            _ => *random.choice(&calls).expect("an open execution waits for something"),
        };
        let answer = reply(&mut random, &open[&id]);
        now = Timestamp(now.0 + random.i64(0..500));
        if !matches!(answer, Reply::Started { .. } | Reply::Heartbeat) {
            open.remove(&id);
        }
        journal.push((id, answer.clone(), now));
        let turn = execution.resume(id, answer, now);
        take(&mut open, turn);
        invariants(&execution);
        if step % 7 == 0 {
            let again = Execution::replay(machine, launch(seed), started, &journal);
            assert_eq!(again.history(), execution.history(), "a restart remembers everything");
            assert_eq!(again.outstanding(), execution.outstanding(), "and goes on where it was");
            execution = again;
        }
        assert_eq!(execution.resume(EffectId(u64::MAX), Reply::Woke, now), Turn::default(), "nobody asked");
    }
    panic!("seed {seed} does not end");
}

#[test]
fn every_world_ends_and_a_restart_changes_nothing() {
    let mut statuses = BTreeMap::new();
    for machine in machines() {
        for seed in 0..120 {
            *statuses.entry(world(&machine, seed).status()).or_insert(0) += 1;
        }
    }
    for status in ["SUCCEEDED", "FAILED", "ABORTED"] {
        assert!(statuses.contains_key(status), "no world ended {status}: {statuses:?}");
    }
}

#[test]
fn a_redriven_execution_goes_on_from_the_state_that_failed() {
    let definition = json!({"StartAt": "A", "States": {
        "A": {"Type": "Pass", "Result": 1, "Next": "T"},
        "T": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:t", "End": true},
    }});
    let machine = Machine::from_value(&definition, Kind::Standard).unwrap();
    let (mut execution, turn) = Execution::start(&machine, launch(1), Timestamp(0));
    assert_eq!(execution.redrive(Timestamp(1)), None, "it runs");
    let Effect::Invoke(call) = &turn.effects[0] else { panic!("{turn:?}") };
    execution.resume(call.id, Reply::Failed(Failure::new("E", "c")), Timestamp(2));
    let turn = execution.redrive(Timestamp(3)).unwrap();
    let Effect::Invoke(call) = &turn.effects[0] else { panic!("{turn:?}") };
    assert_eq!(call.payload, json!(1));
    let turn = execution.resume(call.id, Reply::Succeeded(json!("done")), Timestamp(4));
    assert_eq!(turn.outcome, Some(Outcome::Succeeded(json!("done"))));
    assert!(execution.history().iter().any(|event| event.kind() == "ExecutionRedriven"));
    assert_eq!(execution.redrive(Timestamp(5)), None, "it succeeded");
}

#[test]
fn a_year_of_waiting_takes_one_answer() {
    let definition = json!({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 31_000_000, "End": true}}});
    let machine = Machine::from_value(&definition, Kind::Standard).unwrap();
    let (mut execution, turn) = Execution::start(&machine, launch(1), Timestamp(0));
    let [Effect::WakeAt { id, time }] = turn.effects[..] else { panic!("{turn:?}") };
    assert_eq!(time, Timestamp(31_000_000_000));
    assert_eq!(execution.resume(id, Reply::Woke, time).outcome.unwrap().status(), "SUCCEEDED");
}
