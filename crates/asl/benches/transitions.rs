//! How fast an execution goes: Pass states in a row, a large inline Map, and histories of several lengths.

use asl::{Effect, Execution, Kind, Launch, Machine, Reply, Timestamp};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde_json::{Value, json};
use std::hint::black_box;

const STATES: usize = 10_000;
const ITEMS: usize = 10_000;

fn chain() -> Machine {
    let mut states = serde_json::Map::new();
    for index in 0..STATES {
        let next = if index + 1 < STATES {
            json!({"Type": "Pass", "Next": format!("S{}", index + 1)})
        } else {
            json!({"Type": "Pass", "End": true})
        };
        states.insert(format!("S{index}"), next);
    }
    Machine::from_value(&json!({"StartAt": "S0", "States": states}), Kind::Standard).expect("the chain is valid")
}

fn map() -> Machine {
    let definition = json!({"StartAt": "M", "States": {"M": {"Type": "Map", "End": true, "ItemProcessor": {
        "StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}}}});
    Machine::from_value(&definition, Kind::Express).expect("the map is valid")
}

fn run(machine: &Machine, input: &str, kind: Kind) -> usize {
    let launch = Launch { kind, ..Launch::new(input).expect("the input is JSON") };
    let (execution, turn) = Execution::start(machine, launch, Timestamp(0));
    assert!(matches!(turn.outcome, Some(asl::Outcome::Succeeded(_))), "{:?}", turn.outcome);
    execution.history().len()
}

fn transitions(criterion: &mut Criterion) {
    let machine = chain();
    let mut group = criterion.benchmark_group("transitions");
    group.sample_size(10).throughput(Throughput::Elements(STATES as u64));
    group.bench_function("pass", |bencher| {
        bencher.iter(|| run(black_box(&machine), r#"{"name": "Ada"}"#, Kind::Standard))
    });
    group.finish();
}

fn iterations(criterion: &mut Criterion) {
    let machine = map();
    let items: Vec<Value> = (0..ITEMS).map(|index| json!({"n": index})).collect();
    let input = Value::Array(items).to_string();
    let mut group = criterion.benchmark_group("map");
    group.sample_size(10).throughput(Throughput::Elements(ITEMS as u64));
    group.bench_function("inline 10,000", |bencher| bencher.iter(|| run(black_box(&machine), &input, Kind::Express)));
    group.finish();
}

/// A counter that goes round until the history is as long as asked for: three events a round.
fn counter() -> Machine {
    let definition = json!({"StartAt": "Add", "States": {
        "Add": {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, 1)", "most.$": "$.most"}, "Next": "Enough"},
        "Enough": {"Type": "Choice", "Default": "Add", "Choices": [
            {"Variable": "$.n", "NumericGreaterThanEqualsPath": "$.most", "Next": "Done"}]},
        "Done": {"Type": "Succeed"}}});
    Machine::from_value(&definition, Kind::Standard).expect("the machine is valid")
}

/// The cost of an event must not grow with the events before it: the figures per event are to be alike.
fn histories(criterion: &mut Criterion) {
    let machine = counter();
    let mut group = criterion.benchmark_group("history");
    group.sample_size(10);
    for events in [1_000u64, 5_000, 24_900] {
        let input = json!({"n": 0, "most": events / 4}).to_string();
        let length = run(&machine, &input, Kind::Standard) as u64;
        group.throughput(Throughput::Elements(length));
        group.bench_function(format!("{length} events"), |bencher| {
            bencher.iter(|| run(black_box(&machine), &input, Kind::Standard))
        });
    }
    group.finish();
}

/// The same over tasks that are answered one after another, each answer a turn of its own.
fn answers(criterion: &mut Criterion) {
    let definition = json!({"StartAt": "Call", "States": {"Never": {"Type": "Succeed"}, "Call": {
        "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "Next": "Call",
        "Catch": [{"ErrorEquals": ["Enough"], "Next": "Never"}]}}});
    let machine = Machine::from_value(&definition, Kind::Standard).expect("the machine is valid");
    let mut group = criterion.benchmark_group("answers");
    group.sample_size(10);
    for calls in [500u64, 4_900] {
        group.throughput(Throughput::Elements(calls));
        group.bench_function(format!("{calls} calls"), |bencher| {
            bencher.iter(|| {
                let launch = Launch::new("{}").expect("the input is JSON");
                let (mut execution, mut turn) = Execution::start(black_box(&machine), launch, Timestamp(0));
                for number in 0..calls {
                    let [Effect::Invoke(invoke)] = &turn.effects[..] else { panic!("{turn:?}") };
                    turn =
                        execution.resume(invoke.id, Reply::Succeeded(json!({"n": number})), Timestamp(number as i64));
                }
                execution.history().len()
            })
        });
    }
    group.finish();
}

criterion_group!(benches, transitions, iterations, histories, answers);
criterion_main!(benches);
