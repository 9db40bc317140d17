//! The local Step Functions over the wire: how long a short execution takes, what waiting executions weigh, and what a
//! long history costs.
//!
//! `cargo build --release && target/release/bench-executions`, with `LOCAL_AWS_WAITING` for another number of waiting
//! executions. A program rather than a bench target, so that it is measured as it is shipped: with the features of the
//! release build.

// Its output is what it is for.
#![allow(clippy::print_stdout)]

use std::time::{Duration, Instant};

use local_aws::daemon::LocalAws;
use serde_json::{Value, json};

#[path = "../tests/it/conformance/wire.rs"]
mod wire;

use wire::Wire;

const ROLE: &str = "arn:aws:iam::000000000000:role/states";
const SHORT_RUNS: usize = 1_000;
const WAITING: usize = 100_000;
const HISTORIES: [usize; 4] = [1_000, 5_000, 10_000, 24_000];

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let local = LocalAws::start(Some(folder.path())).await.expect("a local AWS");
    let client = Wire::to(&local.running());
    short_executions(&client).await;
    long_histories(&client).await;
    waiting_executions(&client).await;
}

async fn tell(client: &Wire, operation: &str, input: &Value) -> Value {
    let (status, body) = client.states(operation, input).await;
    assert_eq!(status, 200, "{operation}: {body}");
    body
}

async fn machine(client: &Wire, name: &str, definition: &Value) -> Value {
    let input = json!({"name": name, "definition": definition.to_string(), "roleArn": ROLE});
    tell(client, "CreateStateMachine", &input).await["stateMachineArn"].clone()
}

/// Starts an execution and asks until it has succeeded; its ARN.
async fn run(client: &Wire, machine: &Value) -> Value {
    let started = tell(client, "StartExecution", &json!({"stateMachineArn": machine, "input": "{}"})).await;
    let arn = json!({"executionArn": started["executionArn"]});
    while tell(client, "DescribeExecution", &arn).await["status"] != "SUCCEEDED" {}
    started["executionArn"].clone()
}

/// From StartExecution until DescribeExecution says SUCCEEDED, one after the other on one connection.
async fn short_executions(client: &Wire) {
    let states = json!({
        "A": {"Type": "Pass", "Next": "B"},
        "B": {"Type": "Pass", "Next": "C"},
        "C": {"Type": "Pass", "End": true},
    });
    let machine = machine(client, "short", &json!({"StartAt": "A", "States": states})).await;
    let mut times: Vec<Duration> = Vec::with_capacity(SHORT_RUNS);
    for _ in 0..SHORT_RUNS {
        let began = Instant::now();
        run(client, &machine).await;
        times.push(began.elapsed());
    }
    times.sort();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    println!("3 Pass states, StartExecution to SUCCEEDED: median {:?}, 95th percentile {:?}", at(50), at(95));
}

/// One execution of many events, and its whole history in pages of a thousand.
async fn long_histories(client: &Wire) {
    for events in HISTORIES {
        let machine = machine(client, &format!("long-{events}"), &chain(events / 2 - 1)).await;
        // The first execution parses the definition.
        run(client, &machine).await;
        let began = Instant::now();
        let execution = run(client, &machine).await;
        let ran = began.elapsed();
        let began = Instant::now();
        let seen = read(client, &execution).await;
        let took = began.elapsed();
        let each = |time: Duration| time / u32::try_from(seen).unwrap_or(1);
        println!("{seen} events: run {ran:?} ({:?} an event), read {took:?} ({:?} an event)", each(ran), each(took));
    }
}

/// That many Pass states in a row.
fn chain(count: usize) -> Value {
    let state = |index: usize| match index + 1 < count {
        true => json!({"Type": "Pass", "Next": format!("S{}", index + 1)}),
        false => json!({"Type": "Pass", "End": true}),
    };
    let states: serde_json::Map<String, Value> = (0..count).map(|index| (format!("S{index}"), state(index))).collect();
    json!({"StartAt": "S0", "States": states})
}

/// Reads a history to its end; how many events it has.
async fn read(client: &Wire, execution: &Value) -> usize {
    let mut input = json!({"executionArn": execution, "maxResults": 1000});
    let mut seen = 0;
    loop {
        let page = tell(client, "GetExecutionHistory", &input).await;
        seen += page["events"].as_array().map_or(0, Vec::len);
        match page.get("nextToken") {
            Some(token) => input["nextToken"] = token.clone(),
            None => return seen,
        }
    }
}

/// Executions that wait, and how much more memory this process has with them.
async fn waiting_executions(client: &Wire) {
    let count = std::env::var("LOCAL_AWS_WAITING").ok().and_then(|text| text.parse().ok()).unwrap_or(WAITING);
    let states = json!({"W": {"Type": "Wait", "Seconds": 86_400, "End": true}});
    let machine = machine(client, "waiting", &json!({"StartAt": "W", "States": states})).await;
    let before = resident_mib();
    let began = Instant::now();
    for index in 0..count {
        let input = json!({"order": index, "name": "Ada"}).to_string();
        tell(client, "StartExecution", &json!({"stateMachineArn": machine, "input": input})).await;
    }
    let after = resident_mib();
    println!(
        "{count} executions in Wait: started in {:?}, {} MiB resident in all, {} MiB more than before",
        began.elapsed(),
        after,
        after.saturating_sub(before)
    );
}

/// What this process has in memory, by `/proc`; 0 where there is none.
fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024
}
