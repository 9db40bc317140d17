//! How fast an execution goes: Pass states in a row, and a large inline Map.

use asl::{Execution, Kind, Launch, Machine, Timestamp};
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

criterion_group!(benches, transitions, iterations);
criterion_main!(benches);
