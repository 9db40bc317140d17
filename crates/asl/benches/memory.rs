//! How much memory 100,000 executions take that are all in a Wait: resident size before and after, read from /proc.

#![allow(clippy::print_stdout)] // A measuring program: what it measures is its output.

use asl::{Execution, Kind, Launch, Machine, Timestamp};
use serde_json::json;

const EXECUTIONS: u64 = 100_000;

/// Most memory that they may take, in bytes.
const BAR: u64 = 500_000_000;

/// Resident memory of this process, in bytes; `None` where /proc is not there.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024)
}

fn main() {
    let definition = json!({"StartAt": "Before", "States": {
        "Before": {"Type": "Pass", "Next": "Wait"},
        "Wait": {"Type": "Wait", "Seconds": 3600, "Next": "After"},
        "After": {"Type": "Succeed"},
    }});
    let machine = Machine::from_value(&definition, Kind::Standard).expect("the machine is valid");
    let launch = |number: u64| Launch {
        execution_arn: format!("arn:aws:states:us-east-1:123456789012:execution:waiting:run-{number}"),
        execution_name: format!("run-{number}"),
        machine_arn: "arn:aws:states:us-east-1:123456789012:stateMachine:waiting".into(),
        machine_name: "waiting".into(),
        role_arn: "arn:aws:iam::123456789012:role/waiting".into(),
        seed: number,
        ..Launch::new(r#"{"order": 4711, "customer": "Ada"}"#).expect("the input is JSON")
    };
    let before = resident();
    let executions: Vec<Execution> =
        (0..EXECUTIONS).map(|number| Execution::start(&machine, launch(number), Timestamp(0)).0).collect();
    let after = resident();
    assert!(executions.iter().all(|execution| execution.outcome().is_none()), "they all wait");
    match (before, after) {
        (Some(before), Some(after)) => {
            let used = after.saturating_sub(before);
            println!("{EXECUTIONS} executions in Wait: {} MB, {} bytes each", used / 1_000_000, used / EXECUTIONS);
            assert!(used < BAR, "that is more than {} MB", BAR / 1_000_000);
        }
        _ => println!("no /proc on this system: nothing measured"),
    }
}
