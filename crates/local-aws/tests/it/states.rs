//! Step Functions: executions, activities, nested executions, versions, and what survives a restart.

use std::sync::Arc;

use local_aws::daemon::LocalAws;
use local_aws::wire::Fault;
use local_aws::{Clock, Cloud};
use serde_json::{Value, json};

const REGION: &str = "us-east-1";
const ROLE: &str = "arn:aws:iam::000000000000:role/states";

pub fn cloud() -> Arc<Cloud> {
    Cloud::in_memory(Clock::system()).expect("a cloud in memory")
}

pub async fn ask(cloud: &Arc<Cloud>, operation: &str, input: Value) -> Result<Value, Fault> {
    cloud.invoke("states", operation, REGION, input).await.map(|output| output.body)
}

pub async fn tell(cloud: &Arc<Cloud>, operation: &str, input: Value) -> Value {
    ask(cloud, operation, input).await.unwrap_or_else(|fault| panic!("{operation}: {fault}"))
}

pub async fn machine(cloud: &Arc<Cloud>, name: &str, kind: &str, states: Value) -> String {
    let start = states.as_object().and_then(|states| states.keys().next()).expect("a state").clone();
    let definition = json!({"StartAt": start, "States": states}).to_string();
    let input = json!({"name": name, "definition": definition, "roleArn": ROLE, "type": kind});
    tell(cloud, "CreateStateMachine", input).await["stateMachineArn"].as_str().expect("an ARN").to_owned()
}

pub async fn start(cloud: &Arc<Cloud>, machine: &str, input: Value) -> String {
    let input = json!({"stateMachineArn": machine, "input": input.to_string()});
    tell(cloud, "StartExecution", input).await["executionArn"].as_str().expect("an ARN").to_owned()
}

/// The description of an execution once it has ended.
pub async fn ended(cloud: &Arc<Cloud>, arn: &str) -> Value {
    for _ in 0..10_000 {
        let described = tell(cloud, "DescribeExecution", json!({"executionArn": arn})).await;
        if described["status"] != "RUNNING" {
            return described;
        }
        tokio::task::yield_now().await;
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    panic!("{arn} does not end");
}

/// The events of an execution.
pub async fn history(cloud: &Arc<Cloud>, arn: &str) -> Vec<Value> {
    let history = tell(cloud, "GetExecutionHistory", json!({"executionArn": arn})).await;
    history["events"].as_array().expect("events").clone()
}

/// JSON in a text.
pub fn parsed(text: &Value) -> Value {
    serde_json::from_str(text.as_str().expect("a text")).expect("JSON")
}

/// The types of the events of an execution.
pub async fn events(cloud: &Arc<Cloud>, arn: &str) -> Vec<String> {
    let events = history(cloud, arn).await;
    events.iter().map(|event| event["type"].as_str().expect("a type").to_owned()).collect()
}

fn activity_state(arn: &str) -> Value {
    json!({"Work": {"Type": "Task", "Resource": arn, "End": true}})
}

#[tokio::test(start_paused = true)]
async fn a_day_of_waiting_ends_when_its_time_has_come() {
    let cloud = cloud();
    let states = json!({
        "Sleep": {"Type": "Wait", "Seconds": 86_400, "Next": "Done"},
        "Done": {"Type": "Pass", "Result": "rested", "End": true},
    });
    let machine = machine(&cloud, "sleeper", "STANDARD", states).await;
    let arn = start(&cloud, &machine, json!({})).await;
    let running = tell(&cloud, "DescribeExecution", json!({"executionArn": arn})).await;
    assert_eq!(running["status"], "RUNNING");
    assert!(running.get("stopDate").is_none());
    assert_eq!(events(&cloud, &arn).await, ["ExecutionStarted", "WaitStateEntered"]);
    tokio::time::sleep(std::time::Duration::from_secs(86_401)).await;
    let described = ended(&cloud, &arn).await;
    assert_eq!((&described["status"], &described["output"]), (&json!("SUCCEEDED"), &json!("\"rested\"")));
    assert_eq!(
        events(&cloud, &arn).await,
        [
            "ExecutionStarted",
            "WaitStateEntered",
            "WaitStateExited",
            "PassStateEntered",
            "PassStateExited",
            "ExecutionSucceeded"
        ]
    );
}

#[tokio::test]
async fn a_worker_takes_an_activity_s_task_and_answers_once() {
    let cloud = cloud();
    let activity = tell(&cloud, "CreateActivity", json!({"name": "approve"})).await;
    let activity = activity["activityArn"].as_str().expect("an ARN");
    let machine = machine(&cloud, "approval", "STANDARD", activity_state(activity)).await;
    let arn = start(&cloud, &machine, json!({"cost": 3})).await;
    let task = tell(&cloud, "GetActivityTask", json!({"activityArn": activity, "workerName": "w"})).await;
    assert_eq!(task["input"], "{\"cost\":3}");
    let token = &task["taskToken"];
    tell(&cloud, "SendTaskHeartbeat", json!({"taskToken": token})).await;
    let bad = ask(&cloud, "SendTaskSuccess", json!({"taskToken": token, "output": "no"})).await.unwrap_err();
    assert_eq!(bad.code, "InvalidOutput");
    tell(&cloud, "SendTaskSuccess", json!({"taskToken": token, "output": "{\"ok\":true}"})).await;
    assert_eq!(ended(&cloud, &arn).await["output"], "{\"ok\":true}");
    let late = ask(&cloud, "SendTaskFailure", json!({"taskToken": token})).await.unwrap_err();
    assert_eq!(late.message, "Task Timed Out: 'Provided task does not exist anymore'");
    let unknown = ask(&cloud, "SendTaskSuccess", json!({"taskToken": "x", "output": "1"})).await.unwrap_err();
    assert_eq!(unknown.message, "Invalid Token: 'Invalid token'");
    let seen = events(&cloud, &arn).await;
    assert_eq!(seen[2..5], ["ActivityScheduled", "ActivityStarted", "ActivitySucceeded"]);
}

#[tokio::test]
async fn an_execution_that_waits_goes_on_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let local = LocalAws::start(Some(folder.path())).await.expect("a local AWS");
    let first = Arc::clone(local.cloud());
    let activity = tell(&first, "CreateActivity", json!({"name": "later"})).await;
    let activity = activity["activityArn"].as_str().expect("an ARN").to_owned();
    let machine = machine(&first, "restarted", "STANDARD", activity_state(&activity)).await;
    let arn = start(&first, &machine, json!({"n": 1})).await;
    let task = tell(&first, "GetActivityTask", json!({"activityArn": activity})).await;
    let before = tell(&first, "GetExecutionHistory", json!({"executionArn": arn})).await;
    drop(first);
    local.stop().await.expect("it stops");

    let local = LocalAws::start(Some(folder.path())).await.expect("a local AWS again");
    let second = Arc::clone(local.cloud());
    assert_eq!(tell(&second, "DescribeExecution", json!({"executionArn": arn})).await["status"], "RUNNING");
    assert_eq!(tell(&second, "GetExecutionHistory", json!({"executionArn": arn})).await, before);
    let answer = json!({"taskToken": task["taskToken"], "output": "7"});
    tell(&second, "SendTaskSuccess", answer).await;
    assert_eq!(ended(&second, &arn).await["output"], "7");
    drop(second);
    local.stop().await.expect("it stops");

    let local = LocalAws::start(Some(folder.path())).await.expect("a local AWS a third time");
    let third = Arc::clone(local.cloud());
    assert_eq!(ended(&third, &arn).await["output"], "7");
    assert_eq!(events(&third, &arn).await.last().map(String::as_str), Some("ExecutionSucceeded"));
}

#[tokio::test]
async fn an_execution_waits_for_the_one_that_it_started() {
    let cloud = cloud();
    let child =
        machine(&cloud, "child", "STANDARD", json!({"P": {"Type": "Pass", "Result": {"x": 1}, "End": true}})).await;
    let failing = json!({"F": {"Type": "Fail", "Error": "Oops", "Cause": "no"}});
    let failing = machine(&cloud, "failing", "STANDARD", failing).await;
    let parent = |child: &str| {
        json!({"Run": {
            "Type": "Task",
            "Resource": "arn:aws:states:::states:startExecution.sync:2",
            "Parameters": {"StateMachineArn": child, "Input": {"a.$": "$.a"}},
            "End": true,
        }})
    };
    let good = machine(&cloud, "parent", "STANDARD", parent(&child)).await;
    let described = ended(&cloud, &start(&cloud, &good, json!({"a": 2})).await).await;
    let output: Value = serde_json::from_str(described["output"].as_str().expect("an output")).expect("JSON");
    assert_eq!(
        (&output["Status"], &output["Output"], &output["Input"]),
        (&json!("SUCCEEDED"), &json!({"x": 1}), &json!({"a": 2}))
    );
    let bad = machine(&cloud, "parent-of-failing", "STANDARD", parent(&failing)).await;
    let arn = start(&cloud, &bad, json!({"a": 2})).await;
    let described = ended(&cloud, &arn).await;
    assert_eq!((&described["status"], &described["error"]), (&json!("FAILED"), &json!("States.TaskFailed")));
    assert!(described["cause"].as_str().expect("a cause").contains("\"Error\":\"Oops\""));
    assert!(events(&cloud, &arn).await.contains(&"TaskSubmitted".to_owned()));
}

#[tokio::test]
async fn a_function_that_is_not_there_is_an_error_that_can_be_caught() {
    let cloud = cloud();
    let states = json!({
        "Call": {
            "Type": "Task",
            "Resource": "arn:aws:lambda:us-east-1:000000000000:function:absent",
            "Catch": [{"ErrorEquals": ["Lambda.ResourceNotFoundException"], "Next": "Caught", "ResultPath": "$.e"}],
            "End": true,
        },
        "Caught": {"Type": "Pass", "End": true},
    });
    let machine = machine(&cloud, "caller", "STANDARD", states).await;
    let described = ended(&cloud, &start(&cloud, &machine, json!({})).await).await;
    assert_eq!(described["status"], "SUCCEEDED", "{described}");
    assert!(described["output"].as_str().expect("an output").contains("Status Code: 404"));
}

#[tokio::test]
async fn a_stopped_execution_is_aborted_with_what_was_said() {
    let cloud = cloud();
    let machine =
        machine(&cloud, "endless", "STANDARD", json!({"W": {"Type": "Wait", "Seconds": 999, "End": true}})).await;
    let arn = start(&cloud, &machine, json!({})).await;
    tell(&cloud, "StopExecution", json!({"executionArn": arn, "error": "Enough", "cause": "done"})).await;
    let described = tell(&cloud, "DescribeExecution", json!({"executionArn": arn})).await;
    assert_eq!((&described["status"], &described["error"]), (&json!("ABORTED"), &json!("Enough")));
    assert_eq!(events(&cloud, &arn).await.last().map(String::as_str), Some("ExecutionAborted"));
    let listed = tell(&cloud, "ListExecutions", json!({"stateMachineArn": machine, "statusFilter": "ABORTED"})).await;
    assert_eq!(listed["executions"].as_array().map(Vec::len), Some(1));
    let listed = tell(&cloud, "ListExecutions", json!({"stateMachineArn": machine, "statusFilter": "RUNNING"})).await;
    assert_eq!(listed["executions"], json!([]));
}

#[tokio::test]
async fn the_same_start_while_running_is_the_same_execution() {
    let cloud = cloud();
    let machine =
        machine(&cloud, "named", "STANDARD", json!({"W": {"Type": "Wait", "Seconds": 999, "End": true}})).await;
    let input = |text: &str| json!({"stateMachineArn": machine, "name": "once", "input": text});
    let first = tell(&cloud, "StartExecution", input("{\"a\":1}")).await;
    assert_eq!(tell(&cloud, "StartExecution", input("{\"a\":1}")).await, first);
    let other = ask(&cloud, "StartExecution", input("{\"a\":2}")).await.unwrap_err();
    assert_eq!(other.code, "ExecutionAlreadyExists");
}

#[tokio::test]
async fn an_express_execution_answers_at_once_and_leaves_nothing() {
    let cloud = cloud();
    let machine = machine(&cloud, "fast", "EXPRESS", json!({"P": {"Type": "Pass", "End": true}})).await;
    let answer = tell(&cloud, "StartSyncExecution", json!({"stateMachineArn": machine, "input": "{\"k\":1}"})).await;
    assert_eq!((&answer["status"], &answer["output"]), (&json!("SUCCEEDED"), &json!("{\"k\":1}")));
    let arn = answer["executionArn"].as_str().expect("an ARN");
    assert!(arn.contains(":express:fast:"), "{arn}");
    assert_eq!(ask(&cloud, "DescribeExecution", json!({"executionArn": arn})).await.unwrap_err().code, "InvalidArn");
    let listed = ask(&cloud, "ListExecutions", json!({"stateMachineArn": machine})).await.unwrap_err();
    assert_eq!(listed.code, "StateMachineTypeNotSupported");
    let standard = self::machine(&cloud, "slow", "STANDARD", json!({"P": {"Type": "Pass", "End": true}})).await;
    let refused = ask(&cloud, "StartSyncExecution", json!({"stateMachineArn": standard})).await.unwrap_err();
    assert_eq!(refused.code, "StateMachineTypeNotSupported");
}

#[tokio::test]
async fn an_alias_routes_to_versions_and_keeps_them() {
    let cloud = cloud();
    let machine = machine(&cloud, "versioned", "STANDARD", json!({"P": {"Type": "Pass", "End": true}})).await;
    let version = tell(&cloud, "PublishStateMachineVersion", json!({"stateMachineArn": machine})).await;
    let version = version["stateMachineVersionArn"].as_str().expect("an ARN").to_owned();
    assert_eq!(version, format!("{machine}:1"));
    let routes = json!([{"stateMachineVersionArn": version, "weight": 100}]);
    let alias = tell(&cloud, "CreateStateMachineAlias", json!({"name": "live", "routingConfiguration": routes})).await;
    let alias = alias["stateMachineAliasArn"].as_str().expect("an ARN").to_owned();
    let described = ended(&cloud, &start(&cloud, &alias, json!({})).await).await;
    assert_eq!(described["stateMachineVersionArn"], version);
    assert_eq!(described["stateMachineAliasArn"], alias);
    let kept = ask(&cloud, "DeleteStateMachineVersion", json!({"stateMachineVersionArn": version})).await.unwrap_err();
    assert!(kept.message.ends_with("[live]"), "{}", kept.message);
    let half = json!([{"stateMachineVersionArn": version, "weight": 50}]);
    let refused = ask(&cloud, "CreateStateMachineAlias", json!({"name": "x", "routingConfiguration": half})).await;
    assert_eq!(refused.unwrap_err().message, "Sum of routing configuration weights must equal 100. Received: [50]");
}

#[tokio::test]
async fn a_distributed_map_has_a_run_with_executions_of_its_own() {
    let cloud = cloud();
    let states = json!({"M": {
        "Type": "Map",
        "Label": "each",
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "P",
            "States": {"P": {"Type": "Pass", "End": true}},
        },
        "End": true,
    }});
    let machine = machine(&cloud, "mapper", "STANDARD", states).await;
    let arn = start(&cloud, &machine, json!([1, 2, 3])).await;
    assert_eq!(ended(&cloud, &arn).await["output"], "[1,2,3]");
    let runs = tell(&cloud, "ListMapRuns", json!({"executionArn": arn})).await;
    let run = runs["mapRuns"][0]["mapRunArn"].as_str().expect("a map run").to_owned();
    let described = tell(&cloud, "DescribeMapRun", json!({"mapRunArn": run})).await;
    assert_eq!((&described["status"], &described["itemCounts"]["succeeded"]), (&json!("SUCCEEDED"), &json!(3)));
    let children = tell(&cloud, "ListExecutions", json!({"mapRunArn": run})).await;
    let children = children["executions"].as_array().expect("children");
    assert_eq!(children.len(), 3);
    let child = children[0]["executionArn"].as_str().expect("an ARN");
    assert_eq!(tell(&cloud, "DescribeExecution", json!({"executionArn": child})).await["mapRunArn"], run);
    assert_eq!(events(&cloud, child).await.last().map(String::as_str), Some("ExecutionSucceeded"));
}

#[tokio::test]
async fn a_deleted_machine_takes_its_executions_along() {
    let cloud = cloud();
    let machine =
        machine(&cloud, "gone", "STANDARD", json!({"W": {"Type": "Wait", "Seconds": 999, "End": true}})).await;
    let arn = start(&cloud, &machine, json!({})).await;
    tell(&cloud, "DeleteStateMachine", json!({"stateMachineArn": machine})).await;
    let described = ask(&cloud, "DescribeStateMachine", json!({"stateMachineArn": machine})).await.unwrap_err();
    assert_eq!(described.message, format!("State Machine Does Not Exist: '{machine}'"));
    assert_eq!(
        ask(&cloud, "DescribeExecution", json!({"executionArn": arn})).await.unwrap_err().code,
        "ExecutionDoesNotExist"
    );
    let rows: Vec<(String, Value)> = cloud.store.scan("states-journal", "").expect("rows");
    assert!(rows.is_empty());
}

#[tokio::test]
async fn a_validation_answers_as_many_problems_as_it_was_asked_for() {
    let cloud = cloud();
    let states = json!({
        "A": {"Type": "Pass", "Next": "Nowhere"},
        "B": {"Type": "Pass", "Next": "Elsewhere"},
        "C": {"Type": "Pass", "Result": 1, "Parameters": {"p": "$.x"}, "End": true},
    });
    let definition = json!({"StartAt": "A", "States": states}).to_string();
    let validated = |most: u32, severity: &str| {
        let input = json!({"definition": definition, "maxResults": most, "severity": severity});
        tell(&cloud, "ValidateStateMachineDefinition", input)
    };
    let all = validated(0, "ERROR").await;
    let count = all["diagnostics"].as_array().expect("problems").len();
    assert!(count > 2, "{all}");
    assert_eq!((&all["result"], &all["truncated"]), (&json!("FAIL"), &json!(false)));
    let two = validated(2, "ERROR").await;
    assert_eq!(two["diagnostics"].as_array(), Some(&all["diagnostics"].as_array().expect("problems")[..2].to_vec()));
    assert_eq!(two["truncated"], true);
    let exactly = validated(u32::try_from(count).expect("few"), "ERROR").await;
    assert_eq!(exactly["truncated"], false);
    let warned = validated(0, "WARNING").await;
    let severities: Vec<&Value> =
        warned["diagnostics"].as_array().expect("problems").iter().map(|problem| &problem["severity"]).collect();
    assert!(severities.len() > count && severities[..count].iter().all(|severity| *severity == "ERROR"), "{warned}");
}
