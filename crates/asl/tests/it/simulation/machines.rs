//! The machines of the worlds.

use asl::{Kind, Launch, Machine};
use serde_json::{Value, json};

pub struct Scene {
    pub name: &'static str,
    pub machine: Machine,
    pub input: &'static str,
    /// How some world of it has to end.
    pub ends: &'static [&'static str],
    /// Whether nothing in it tries a whole Parallel or Map again, so that no call is made again once it succeeded.
    pub runs_once: bool,
    /// How many different calls a success takes, where that is certain.
    pub tasks: usize,
}

impl Scene {
    pub fn launch(input: &str, seed: u64) -> Launch {
        Launch {
            execution_arn: "arn:aws:states:us-east-1:123456789012:execution:m:e".into(),
            machine_arn: "arn:aws:states:us-east-1:123456789012:stateMachine:m".into(),
            machine_name: "m".into(),
            seed,
            ..Launch::new(input).unwrap()
        }
    }
}

fn task(name: &str, rest: Value) -> Value {
    let mut state =
        json!({"Type": "Task", "Resource": format!("arn:aws:lambda:us-east-1:123456789012:function:{name}")});
    state.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    state
}

fn retried(rest: Value) -> Value {
    let mut fields = json!({"TimeoutSeconds": 30,
        "Retry": [{"ErrorEquals": ["States.Timeout", "Bad"], "MaxAttempts": 3, "IntervalSeconds": 2, "JitterStrategy": "FULL"}]});
    fields.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    fields
}

fn scene(name: &'static str, definition: &Value, input: &'static str) -> Scene {
    let machine = Machine::from_value(definition, Kind::Standard).unwrap();
    Scene { name, machine, input, ends: &["SUCCEEDED", "FAILED", "ABORTED"], runs_once: false, tasks: 0 }
}

pub fn all() -> Vec<Scene> {
    vec![fan_and_each(), once(), nested(), run(), express_run(), callback(), expressions()]
}

/// A Parallel, then a Map, with everything that tries again and catches.
fn fan_and_each() -> Scene {
    let definition = json!({"StartAt": "Fan", "States": {
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
    }});
    scene("fan and each", &definition, r#"{"items": [1, 2, 3, 4, 5]}"#)
}

/// Two tasks an item and two branches, each tried again only by itself.
fn once() -> Scene {
    let definition = json!({"StartAt": "Each", "States": {
        "Each": {"Type": "Map", "MaxConcurrency": 3, "Next": "Fan", "ResultPath": "$.each", "ItemsPath": "$.items",
            "ItemSelector": {"item.$": "$$.Map.Item.Value"}, "ItemProcessor": {"StartAt": "One", "States": {
                "One": task("one", retried(json!({"ResultPath": "$.one", "Next": "Two"}))),
                "Two": task("two", retried(json!({"ResultPath": "$.two", "Parameters": {"item.$": "$.item"}, "End": true})))}}},
        "Fan": {"Type": "Parallel", "End": true, "Branches": [
            {"StartAt": "L", "States": {"L": task("left", retried(json!({"End": true, "Parameters": {}})))}},
            {"StartAt": "R", "States": {"W": {"Type": "Wait", "Seconds": 3, "End": true},
                "R": task("right", retried(json!({"Next": "W", "Parameters": {}})))}}]},
    }});
    Scene { runs_once: true, tasks: 12, ..scene("once", &definition, r#"{"items": [1, 2, 3, 4, 5]}"#) }
}

/// Maps in Parallels in Maps.
fn nested() -> Scene {
    let inner = json!({"StartAt": "In", "States": {"In": {"Type": "Map", "ItemsPath": "$.inner", "End": true,
        "ItemSelector": {"outer.$": "$.outer", "inner.$": "$$.Map.Item.Value"}, "ItemProcessor": {"StartAt": "T", "States": {
            "T": task("t", retried(json!({"End": true})))}}}}});
    let definition = json!({"StartAt": "Out", "TimeoutSeconds": 60, "States": {"Out": {"Type": "Map", "End": true,
        "ItemSelector": {"outer.$": "$$.Map.Item.Index", "inner.$": "$$.Map.Item.Value"}, "ItemProcessor": {"StartAt": "P",
            "States": {"P": {"Type": "Parallel", "End": true, "Branches": [inner,
                {"StartAt": "U", "States": {"U": task("u", retried(json!({"End": true, "Parameters": {"outer.$": "$.outer"}})))}}]}}}}}});
    Scene {
        runs_once: true,
        tasks: 7,
        ends: &["SUCCEEDED", "FAILED", "ABORTED", "TIMED_OUT"],
        ..scene("nested", &definition, "[[1, 2], [3], [4]]")
    }
}

/// A distributed Map with a reader, batches, tolerated failures and a writer.
fn run() -> Scene {
    let definition = json!({"StartAt": "Run", "TimeoutSeconds": 600, "States": {
        "Run": {"Type": "Map", "ToleratedFailureCount": 1, "MaxConcurrency": 2, "ItemBatcher": {"MaxItemsPerBatch": 2},
            "ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket": "b", "Key": "k"}},
            "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b", "Prefix": "p"}},
            "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "T",
                "States": {"T": task("t", json!({"TimeoutSeconds": 20, "End": true}))}},
            "Catch": [{"ErrorEquals": ["States.ExceedToleratedFailureThreshold"], "Next": "Sorry"}], "Next": "Done"},
        "Sorry": {"Type": "Pass", "Next": "Done"}, "Done": {"Type": "Succeed"},
    }});
    Scene { ends: &["SUCCEEDED", "FAILED", "TIMED_OUT"], ..scene("run", &definition, "{}") }
}

/// Express children beside another branch.
fn express_run() -> Scene {
    let definition = json!({"StartAt": "P", "States": {"P": {"Type": "Parallel", "End": true, "Branches": [
        {"StartAt": "Run", "States": {"Run": {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 3, "End": true,
            "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}, "StartAt": "T",
                "States": {"T": task("t", retried(json!({"End": true})))}}}}},
        {"StartAt": "U", "States": {"U": task("u", retried(json!({"End": true, "Parameters": {}})))}},
    ]}}});
    let ends = &["SUCCEEDED", "FAILED"];
    Scene { runs_once: true, tasks: 6, ends, ..scene("express run", &definition, r#"{"items": [1, 2, 3, 4, 5]}"#) }
}

/// Callbacks with heartbeats.
fn callback() -> Scene {
    let wait = |name: &str| {
        json!({"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "HeartbeatSeconds": 20,
            "TimeoutSeconds": 60, "Parameters": {"name": name, "token.$": "$$.Task.Token"}, "End": true,
            "Retry": [{"ErrorEquals": ["States.HeartbeatTimeout"], "MaxAttempts": 2}]})
    };
    let definition = json!({"StartAt": "P", "TimeoutSeconds": 500, "States": {"P": {"Type": "Parallel", "End": true, "Branches": [
        {"StartAt": "A", "States": {"A": wait("a")}}, {"StartAt": "B", "States": {"B": wait("b")}}],
        "Catch": [{"ErrorEquals": ["Bad"], "Next": "Late"}]}, "Late": {"Type": "Wait", "Seconds": 30, "End": true}}});
    Scene { ends: &["SUCCEEDED"], ..scene("callback", &definition, "{}") }
}

/// The same in JSONata, with randomness of its own.
fn expressions() -> Scene {
    let definition = json!({"QueryLanguage": "JSONata", "StartAt": "T", "States": {
        "T": task("t", json!({"Arguments": {"n": "{% $states.input.items[0] %}", "r": "{% $random() %}"},
            "Assign": {"last": "{% $states.result %}", "id": "{% $uuid() %}"},
            "Output": "{% [$states.result, $states.context.State.RetryCount] %}", "Next": "S",
            "Retry": [{"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": 3, "BackoffRate": 1.5, "MaxDelaySeconds": 2}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "S", "Output": "{% $states.errorOutput.Error %}"}]})),
        "S": {"Type": "Succeed"},
    }});
    Scene { ends: &["SUCCEEDED"], ..scene("expressions", &definition, r#"{"items": [1, 2]}"#) }
}
