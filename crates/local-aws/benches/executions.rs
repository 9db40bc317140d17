//! The local Step Functions over the wire: how long a short execution takes, what waiting executions weigh, and what a
//! long history costs.
//!
//! `cargo bench -p local-aws --bench executions`, with `LOCAL_AWS_WAITING` for another number of waiting executions.

// Its output is what it is for.
#![allow(clippy::print_stdout)]

use std::time::{Duration, Instant};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_sfn::Client;
use aws_sdk_sfn::types::ExecutionStatus;
use local_aws::daemon::LocalAws;
use serde_json::{Value, json};

const ROLE: &str = "arn:aws:iam::000000000000:role/states";
const SHORT_RUNS: usize = 1_000;
const WAITING: usize = 100_000;
const HISTORIES: [usize; 4] = [1_000, 5_000, 10_000, 24_000];

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let local = LocalAws::start(Some(folder.path())).await.expect("a local AWS");
    let client = Client::new(&config(&local));
    short_executions(&client).await;
    long_histories(&client).await;
    waiting_executions(&client).await;
}

fn config(local: &LocalAws) -> SdkConfig {
    let running = local.running();
    let key = Credentials::new(running.access_key_id, running.secret_access_key, None, None, "bench");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(running.endpoint)
        .credentials_provider(SharedCredentialsProvider::new(key))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build()
}

async fn machine(client: &Client, name: &str, definition: &Value) -> String {
    let made = client.create_state_machine().name(name).role_arn(ROLE).definition(definition.to_string()).send().await;
    made.expect("a state machine").state_machine_arn
}

/// From StartExecution until DescribeExecution says SUCCEEDED, one after the other on one connection.
async fn short_executions(client: &Client) {
    let states = json!({
        "A": {"Type": "Pass", "Next": "B"},
        "B": {"Type": "Pass", "Next": "C"},
        "C": {"Type": "Pass", "End": true},
    });
    let machine = machine(client, "short", &json!({"StartAt": "A", "States": states})).await;
    let mut times: Vec<Duration> = Vec::with_capacity(SHORT_RUNS);
    for _ in 0..SHORT_RUNS {
        let began = Instant::now();
        let started = client.start_execution().state_machine_arn(&machine).input("{}").send().await.expect("a start");
        loop {
            let described = client.describe_execution().execution_arn(&started.execution_arn).send().await;
            if described.expect("a description").status == ExecutionStatus::Succeeded {
                break;
            }
        }
        times.push(began.elapsed());
    }
    times.sort();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    println!("3 Pass states, StartExecution to SUCCEEDED: median {:?}, 95th percentile {:?}", at(50), at(95));
}

/// One execution of many events, and its whole history in pages of a thousand.
async fn long_histories(client: &Client) {
    for events in HISTORIES {
        let count = events / 2 - 1;
        let states: serde_json::Map<String, Value> = (0..count)
            .map(|index| {
                let next = match index + 1 < count {
                    true => json!({"Type": "Pass", "Next": format!("S{}", index + 1)}),
                    false => json!({"Type": "Pass", "End": true}),
                };
                (format!("S{index}"), next)
            })
            .collect();
        let definition = json!({"StartAt": "S0", "States": states});
        let machine = machine(client, &format!("long-{events}"), &definition).await;
        // The first execution parses the definition.
        run(client, &machine).await;
        let (execution, ran) = run(client, &machine).await;
        let began = Instant::now();
        let mut pages =
            client.get_execution_history().execution_arn(execution).max_results(1000).into_paginator().items().send();
        let mut seen = 0;
        while let Some(event) = pages.next().await {
            event.expect("an event");
            seen += 1;
        }
        let read = began.elapsed();
        let each = |time: Duration| time / u32::try_from(seen).unwrap_or(1);
        println!("{seen} events: run {ran:?} ({:?} an event), read {read:?} ({:?} an event)", each(ran), each(read));
    }
}

async fn run(client: &Client, machine: &str) -> (String, Duration) {
    let began = Instant::now();
    let started = client.start_execution().state_machine_arn(machine).input("{}").send().await.expect("a start");
    let described = client.describe_execution().execution_arn(&started.execution_arn).send().await;
    assert_eq!(described.expect("a description").status, ExecutionStatus::Succeeded);
    (started.execution_arn, began.elapsed())
}

/// Executions that wait, and how much more memory this process has with them.
async fn waiting_executions(client: &Client) {
    let count = std::env::var("LOCAL_AWS_WAITING").ok().and_then(|text| text.parse().ok()).unwrap_or(WAITING);
    let states = json!({"W": {"Type": "Wait", "Seconds": 86_400, "End": true}});
    let machine = machine(client, "waiting", &json!({"StartAt": "W", "States": states})).await;
    let before = resident_mib();
    let began = Instant::now();
    for index in 0..count {
        let input = json!({"order": index, "name": "Ada"}).to_string();
        client.start_execution().state_machine_arn(&machine).input(input).send().await.expect("a start");
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
