//! Executions that did not succeed go on from where they failed: what had finished is not run again.

use crate::drive::World;
use asl::{Event, Failure, Kind, Launch, Machine, MapRunStatus, Outcome, Reply, Timestamp};
use serde_json::{Value, json};

fn task(name: &str) -> Value {
    json!({"Type": "Task", "Resource": format!("arn:aws:lambda:us-east-1:123456789012:function:{name}"), "End": true})
}

fn machine(definition: &Value) -> Machine {
    Machine::from_value(definition, Kind::Standard).unwrap()
}

fn world(definition: &Value, input: &str) -> World {
    World::start(&machine(definition), Launch { seed: 3, ..Launch::new(input).unwrap() })
}

fn failed() -> Reply {
    Reply::Failed(Failure::new("E", "c"))
}

#[test]
fn only_the_failed_and_the_cut_branches_run_again() {
    let branch = |name: &str| json!({"StartAt": name, "States": {name: task(name)}});
    let definition = json!({"StartAt": "P", "States": {
        "P": {"Type": "Parallel", "Branches": [branch("a"), branch("b"), branch("c")], "End": true}}});
    let mut world = world(&definition, "{}");
    world.answer("a", Reply::Succeeded(json!("A")));
    world.answer("b", failed());
    assert_eq!(world.execution.outcome().unwrap().status(), "FAILED");
    assert!(world.calls().is_empty(), "the call of the cut branch is taken back");
    world.redrive();
    assert_eq!(world.calls(), ["b", "c"]);
    world.answer("c", Reply::Succeeded(json!("C")));
    world.answer("b", Reply::Succeeded(json!("B")));
    assert_eq!(world.execution.outcome(), Some(&Outcome::Succeeded(json!(["A", "B", "C"]))));
    let kinds: Vec<String> = world.execution.history().iter().map(|event| event.kind()).collect();
    let redriven = kinds.iter().position(|kind| kind == "ExecutionRedriven").unwrap();
    assert_eq!(kinds[redriven + 1], "LambdaFunctionScheduled", "no state is entered again: {kinds:?}");
}

#[test]
fn an_iteration_that_succeeded_keeps_its_result_and_the_rest_of_the_items_is_still_done() {
    let definition = json!({"StartAt": "M", "States": {"M": {"Type": "Map", "MaxConcurrency": 2, "End": true,
        "ItemProcessor": {"StartAt": "t", "States": {"t": task("t")}}}}});
    let mut world = world(&definition, "[1, 2, 3]");
    world.answer("t", Reply::Succeeded(json!("one")));
    world.answer("t", failed());
    assert_eq!(world.execution.outcome().unwrap().status(), "FAILED");
    world.redrive();
    assert_eq!(world.payloads(), [json!(2), json!(3)]);
    world.answer("t", Reply::Succeeded(json!("two")));
    world.answer("t", Reply::Succeeded(json!("three")));
    assert_eq!(world.execution.outcome(), Some(&Outcome::Succeeded(json!(["one", "two", "three"]))));
}

#[test]
fn a_stopped_execution_goes_on_in_every_place_that_was_open() {
    let definition = json!({"StartAt": "P", "States": {"P": {"Type": "Parallel", "End": true, "Branches": [
        {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 10, "End": true}}},
        {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemsPath": "$.items", "End": true,
            "ItemProcessor": {"StartAt": "t", "States": {"t": task("t")}}}}},
    ]}}});
    let mut world = world(&definition, r#"{"items": [1, 2]}"#);
    world.answer("t", Reply::Succeeded(json!("x")));
    world.stop();
    assert_eq!(world.execution.outcome().unwrap().status(), "ABORTED");
    world.redrive();
    assert_eq!(world.payloads(), [json!(2)]);
    world.answer("t", Reply::Succeeded(json!("y")));
    world.wake();
    assert_eq!(world.execution.outcome(), Some(&Outcome::Succeeded(json!([{"items": [1, 2]}, ["x", "y"]]))));
}

#[test]
fn a_state_that_failed_over_its_own_result_runs_as_a_whole_again() {
    let definition = json!({"StartAt": "P", "States": {"P": {"Type": "Parallel", "End": true,
        "ResultSelector": {"x.$": "$[0].missing"},
        "Branches": [{"StartAt": "a", "States": {"a": task("a")}}]}}});
    let mut world = world(&definition, "{}");
    world.answer("a", Reply::Succeeded(json!({})));
    assert_eq!(world.execution.outcome().unwrap().failure().unwrap().error.as_deref(), Some("States.Runtime"));
    world.redrive();
    assert_eq!(world.calls(), ["a"]);
    world.answer("a", Reply::Succeeded(json!({"missing": 1})));
    assert_eq!(world.execution.outcome(), Some(&Outcome::Succeeded(json!({"x": 1}))));
}

#[test]
fn a_failed_map_run_starts_only_the_children_again_that_did_not_succeed() {
    for kind in ["STANDARD", "EXPRESS"] {
        let definition = json!({"StartAt": "M", "States": {"M": {"Type": "Map", "MaxConcurrency": 2, "End": true,
            "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": kind},
                "StartAt": "t", "States": {"t": task("t")}}}}});
        let mut world = world(&definition, "[1, 2, 3, 4]");
        world.answer("t", Reply::Succeeded(json!("one")));
        world.answer("t", failed());
        let run = &world.execution.map_runs()[0];
        assert_eq!((run.status, run.executions("PENDING") + run.executions("ABORTED")), (MapRunStatus::Failed, 2));
        world.redrive();
        let run = &world.execution.map_runs()[0];
        assert_eq!((run.status, run.redrive_count, run.executions("SUCCEEDED")), (MapRunStatus::Running, 1, 1));
        for answer in ["two", "three", "four"] {
            world.answer("t", Reply::Succeeded(json!(answer)));
        }
        assert_eq!(world.execution.outcome(), Some(&Outcome::Succeeded(json!(["one", "two", "three", "four"]))));
        let run = &world.execution.map_runs()[0];
        assert_eq!(run.children[1].redrive_count, u64::from(kind == "STANDARD"));
        let events = world.execution.history();
        let redriven = events.iter().any(|event| matches!(event.event, Event::MapRunRedriven { redrive_count: 1, .. }));
        assert!(redriven && world.execution.map_runs().len() == 1);
    }
}

#[test]
fn a_fail_state_is_entered_again_and_the_count_of_redrives_can_be_read() {
    let definition = json!({"StartAt": "F", "States": {"F": {"Type": "Fail", "ErrorPath": "States.Format('{}', $$.Execution.RedriveCount)"}}});
    let mut world = world(&definition, "{}");
    world.redrive();
    world.redrive();
    assert_eq!(world.execution.outcome().unwrap().failure().unwrap().error.as_deref(), Some("2"));
    let entered = world.execution.history().iter().filter(|event| event.kind() == "FailStateEntered").count();
    assert_eq!((entered, world.execution.redrive_count()), (3, 2));
    assert!(world.execution.redriven_at() > Some(Timestamp(0)));
}
