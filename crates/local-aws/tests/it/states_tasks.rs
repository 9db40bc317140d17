//! Step Functions: tasks that call Lambda functions, queues and other machines, and what their answers look like.

use std::sync::Arc;
use std::time::Duration;

use local_aws::Cloud;
use serde_json::{Value, json};

use crate::lambda;
use crate::states::{ask, cloud, ended, events, history, machine, parsed, start, tell};

const REGION: &str = "us-east-1";

async fn call(cloud: &Arc<Cloud>, service: &str, operation: &str, input: Value) -> Value {
    let output = cloud.invoke(service, operation, REGION, input).await;
    output.unwrap_or_else(|fault| panic!("{service}:{operation}: {fault}")).body
}

/// The details of the only event of that type.
fn details(history: &[Value], kind: &str) -> Value {
    let found: Vec<&Value> = history.iter().filter(|event| event["type"] == kind).collect();
    assert_eq!(found.len(), 1, "{kind}: {history:#?}");
    let event = found[0].as_object().expect("an event");
    let details = event.iter().find(|(name, _)| name.ends_with("EventDetails"));
    details.map(|(_, details)| details.clone()).unwrap_or_default()
}

async fn with_function() -> Arc<Cloud> {
    let cloud = lambda::cloud().await;
    call(&cloud, "lambda", "CreateFunction", lambda::function(|_| {})).await;
    cloud
}

#[tokio::test]
async fn a_function_s_result_is_the_state_s_and_its_error_keeps_its_name() {
    let cloud = with_function().await;
    let arn = "arn:aws:lambda:us-east-1:000000000000:function:echo";
    let state = |arn: &str| json!({"Call": {"Type": "Task", "Resource": arn, "End": true}});
    let machine = machine(&cloud, "by-arn", "STANDARD", state(arn)).await;
    let good = start(&cloud, &machine, json!({"a": 1})).await;
    assert_eq!(parsed(&ended(&cloud, &good).await["output"])["event"], json!({"a": 1}));
    assert_eq!(
        events(&cloud, &good).await[2..5],
        ["LambdaFunctionScheduled", "LambdaFunctionStarted", "LambdaFunctionSucceeded"]
    );
    let bad = start(&cloud, &machine, json!("error")).await;
    let described = ended(&cloud, &bad).await;
    assert_eq!((&described["status"], &described["error"]), (&json!("FAILED"), &json!("Test.Refused")));
    assert_eq!(parsed(&described["cause"])["errorMessage"], "I will not");
    let failed = details(&history(&cloud, &bad).await, "LambdaFunctionFailed");
    assert_eq!(failed["error"], "Test.Refused");
    let left = start(&cloud, &machine, json!("exit")).await;
    assert_eq!(ended(&cloud, &left).await["error"], "Runtime.ExitError");
}

#[tokio::test]
async fn the_answer_of_lambda_invoke_is_that_of_the_java_sdk() {
    let cloud = with_function().await;
    let state = json!({"Call": {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName.$": "$.name", "Payload.$": "$.payload"},
        "End": true,
    }});
    let machine = machine(&cloud, "invoke", "STANDARD", state).await;
    let good = start(&cloud, &machine, json!({"name": "echo", "payload": null})).await;
    let output = parsed(&ended(&cloud, &good).await["output"]);
    // A payload that is null is not sent: the function sees an empty object.
    assert_eq!(output["Payload"]["event"], json!({}));
    assert_eq!((&output["StatusCode"], &output["ExecutedVersion"]), (&json!(200), &json!("$LATEST")));
    let http = &output["SdkHttpMetadata"];
    let mut names: Vec<&String> = http["HttpHeaders"].as_object().expect("headers").keys().collect();
    names.sort();
    assert_eq!(
        names,
        [
            "Connection",
            "Content-Length",
            "Content-Type",
            "Date",
            "X-Amz-Executed-Version",
            "X-Amzn-Trace-Id",
            "x-amzn-Remapped-Content-Length",
            "x-amzn-RequestId",
        ]
    );
    assert_eq!(http["AllHttpHeaders"]["Connection"], json!(["keep-alive"]));
    assert_eq!(http["HttpHeaders"]["x-amzn-RequestId"], output["SdkResponseMetadata"]["RequestId"]);
    let absent = start(&cloud, &machine, json!({"name": "absent", "payload": {}})).await;
    let described = ended(&cloud, &absent).await;
    assert_eq!(described["error"], "Lambda.ResourceNotFoundException");
    let words = "Function not found: arn:aws:lambda:us-east-1:000000000000:function:absent (Service: AWSLambda; Status \
                 Code: 404; Error Code: ResourceNotFoundException; Request ID: ";
    assert!(described["cause"].as_str().expect("a cause").starts_with(words), "{described}");
}

#[tokio::test]
async fn the_integrations_of_the_sdk_send_json_and_answer_headers_as_members() {
    let cloud = with_function().await;
    call(&cloud, "s3", "CreateBucket", json!({"Bucket": "texts"})).await;
    let put = |body: Value| {
        json!({"Put": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:s3:putObject",
            "Parameters": {"Bucket": "texts", "Key": "k", "Body": body},
            "Next": "Get",
        }, "Get": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:s3:getObject",
            "Parameters": {"Bucket": "texts", "Key": "k"},
            "OutputPath": "$.Body",
            "End": true,
        }})
    };
    for (index, (body, stored)) in
        [(json!("text data"), "\"text data\""), (json!({"a": [1]}), "{\"a\":[1]}"), (json!(0), "0")]
            .into_iter()
            .enumerate()
    {
        let machine = machine(&cloud, &format!("put-{index}"), "STANDARD", put(body)).await;
        let output = ended(&cloud, &start(&cloud, &machine, json!({})).await).await["output"].clone();
        assert_eq!(parsed(&output), stored);
    }
    let invoke = json!({"Call": {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:lambda:invoke",
        "Parameters": {"FunctionName": "echo", "Payload.$": "$"},
        "End": true,
    }});
    let machine = machine(&cloud, "sdk-invoke", "STANDARD", invoke).await;
    let output = parsed(&ended(&cloud, &start(&cloud, &machine, json!({"a": 1})).await).await["output"]);
    assert_eq!((&output["StatusCode"], &output["ExecutedVersion"]), (&json!(200), &json!("$LATEST")));
    assert_eq!(parsed(&output["Payload"])["event"], json!({"a": 1}));
    let failed = parsed(&ended(&cloud, &start(&cloud, &machine, json!("error")).await).await["output"]);
    assert_eq!(failed["FunctionError"], "Unhandled");
}

#[tokio::test]
async fn a_function_that_got_the_token_is_waited_for_until_somebody_answers() {
    let cloud = with_function().await;
    let state = json!({"Ask": {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {"FunctionName": "echo", "Payload": {"token.$": "$$.Task.Token"}},
        "End": true,
    }});
    let machine = machine(&cloud, "token", "STANDARD", state).await;
    for (answer, status) in [("SendTaskSuccess", "SUCCEEDED"), ("SendTaskFailure", "FAILED")] {
        let arn = start(&cloud, &machine, json!({})).await;
        let submitted = loop {
            let history = history(&cloud, &arn).await;
            if history.iter().any(|event| event["type"] == "TaskSubmitted") {
                break details(&history, "TaskSubmitted");
            }
            tokio::task::yield_now().await;
        };
        let token = parsed(&submitted["output"])["Payload"]["event"]["token"].clone();
        let mut input = json!({"taskToken": token});
        if answer == "SendTaskSuccess" {
            input["output"] = "{\"done\":true}".into();
        } else {
            input["error"] = "Refused".into();
            input["cause"] = "not today".into();
        }
        tell(&cloud, answer, input.clone()).await;
        let described = ended(&cloud, &arn).await;
        assert_eq!(described["status"], status);
        assert_eq!(ask(&cloud, answer, input).await.unwrap_err().code, "TaskTimedOut");
    }
}

fn message_state(more: Value) -> Value {
    let mut state = json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {
            "QueueUrl.$": "$.queue",
            "MessageBody": {"word.$": "$.word", "TaskToken.$": "$$.Task.Token"},
        },
        "End": true,
    });
    state.as_object_mut().expect("a state").extend(more.as_object().expect("members").clone());
    json!({"Send": state})
}

#[tokio::test(start_paused = true)]
async fn a_message_carries_the_token_and_heartbeats_keep_the_task_alive() {
    let cloud = cloud();
    let queue = call(&cloud, "sqs", "CreateQueue", json!({"QueueName": "q"})).await["QueueUrl"].clone();
    let states = message_state(json!({"HeartbeatSeconds": 10}));
    let machine = machine(&cloud, "sender", "STANDARD", states).await;
    let input = json!({"queue": queue, "word": "hello"});
    let arn = start(&cloud, &machine, input.clone()).await;
    let receive = json!({"QueueUrl": queue, "WaitTimeSeconds": 5});
    let message = call(&cloud, "sqs", "ReceiveMessage", receive.clone()).await["Messages"][0].clone();
    let body = parsed(&message["Body"]);
    assert_eq!(body["word"], "hello");
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_secs(8)).await;
        tell(&cloud, "SendTaskHeartbeat", json!({"taskToken": body["TaskToken"]})).await;
    }
    tell(&cloud, "SendTaskSuccess", json!({"taskToken": body["TaskToken"], "output": "\"ok\""})).await;
    assert_eq!(ended(&cloud, &arn).await["output"], "\"ok\"");
    let history = history(&cloud, &arn).await;
    let scheduled = details(&history, "TaskScheduled");
    assert_eq!(
        (&scheduled["resourceType"], &scheduled["resource"], &scheduled["heartbeatInSeconds"]),
        (&json!("sqs"), &json!("sendMessage.waitForTaskToken"), &json!(10))
    );
    let submitted = parsed(&details(&history, "TaskSubmitted")["output"]);
    assert_eq!(
        (&submitted["MessageId"], &submitted["MD5OfMessageBody"]),
        (&message["MessageId"], &message["MD5OfBody"])
    );
    assert_eq!(submitted["SdkHttpMetadata"]["HttpHeaders"]["Content-Length"], "106");

    let silent = start(&cloud, &machine, input).await;
    tokio::time::sleep(Duration::from_secs(11)).await;
    let described = ended(&cloud, &silent).await;
    assert_eq!((&described["status"], &described["error"]), (&json!("FAILED"), &json!("States.Timeout")));
    assert!(described.get("cause").is_none());
    assert_eq!(events(&cloud, &silent).await[5], "TaskTimedOut");
}

#[tokio::test]
async fn a_queue_that_is_not_there_fails_the_task() {
    let cloud = cloud();
    let machine = machine(&cloud, "nowhere", "STANDARD", message_state(json!({}))).await;
    let input = json!({"queue": "http://127.0.0.1:1/000000000000/none", "word": 1});
    let arn = start(&cloud, &machine, input).await;
    let described = ended(&cloud, &arn).await;
    assert_eq!(described["error"], "SQS.QueueDoesNotExistException");
    assert!(events(&cloud, &arn).await.contains(&"TaskSubmitFailed".to_owned()));
}

#[tokio::test]
async fn a_machine_can_poll_a_queue_and_answer_the_token_itself() {
    let cloud = cloud();
    let queue = call(&cloud, "sqs", "CreateQueue", json!({"QueueName": "work"})).await["QueueUrl"].clone();
    let worker = json!({
        "Receive": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:sqs:receiveMessage",
            "Parameters": {"QueueUrl": queue, "WaitTimeSeconds": 20},
            "ResultSelector": {"body.$": "States.StringToJson($.Messages[0].Body)"},
            "Next": "Answer",
        },
        "Answer": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:sfn:sendTaskSuccess",
            "Parameters": {"Output.$": "States.JsonToString($.body.word)", "TaskToken.$": "$.body.TaskToken"},
            "End": true,
        },
    });
    let definition = json!({"StartAt": "Receive", "States": worker}).to_string();
    let role = "arn:aws:iam::000000000000:role/states";
    let made = json!({"name": "worker", "definition": definition, "roleArn": role});
    let worker = tell(&cloud, "CreateStateMachine", made).await["stateMachineArn"].as_str().expect("an ARN").to_owned();
    let working = start(&cloud, &worker, json!({})).await;
    let sender = machine(&cloud, "asker", "STANDARD", message_state(json!({}))).await;
    let asking = start(&cloud, &sender, json!({"queue": queue, "word": {"n": 7}})).await;
    assert_eq!(ended(&cloud, &asking).await["output"], "{\"n\":7}");
    assert_eq!(ended(&cloud, &working).await["status"], "SUCCEEDED");
}

#[tokio::test]
async fn what_a_nested_execution_answers_has_awss_members() {
    let cloud = cloud();
    let child = json!({"P": {"Type": "Pass", "Result": {"x": 1}, "End": true}});
    let child = machine(&cloud, "inner", "STANDARD", child).await;
    let parent = |pattern: &str| {
        json!({"Run": {
            "Type": "Task",
            "Resource": format!("arn:aws:states:::states:startExecution{pattern}"),
            "Parameters": {"StateMachineArn": child, "Input": null, "Name.$": "$.name"},
            "End": true,
        }})
    };
    let sync = machine(&cloud, "sync", "STANDARD", parent(".sync")).await;
    let arn = start(&cloud, &sync, json!({"name": "one"})).await;
    let output = parsed(&ended(&cloud, &arn).await["output"]);
    let names: Vec<&String> = output.as_object().expect("members").keys().collect();
    assert_eq!(
        names,
        [
            "ExecutionArn",
            "Input",
            "InputDetails",
            "Name",
            "Output",
            "OutputDetails",
            "StartDate",
            "StateMachineArn",
            "Status",
            "StopDate"
        ]
    );
    assert_eq!((&output["Input"], &output["Output"]), (&json!("{}"), &json!("{\"x\":1}")));
    let submitted = parsed(&details(&history(&cloud, &arn).await, "TaskSubmitted")["output"]);
    assert_eq!(submitted["SdkHttpMetadata"]["HttpHeaders"]["connection"], "keep-alive");
    let plain = machine(&cloud, "plain", "STANDARD", parent("")).await;
    let again = ended(&cloud, &start(&cloud, &plain, json!({"name": "one"})).await).await;
    assert_eq!(again["error"], "StepFunctions.ExecutionAlreadyExistsException");
    let absent = json!({"Run": {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution",
        "Parameters": {"StateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:none"},
        "End": true,
    }});
    let absent = machine(&cloud, "lost", "STANDARD", absent).await;
    let described = ended(&cloud, &start(&cloud, &absent, json!({})).await).await;
    assert_eq!(described["error"], "StepFunctions.StateMachineDoesNotExistException");
}

#[tokio::test(start_paused = true)]
async fn a_task_that_takes_too_long_times_out_and_can_be_caught() {
    let cloud = cloud();
    let activity = tell(&cloud, "CreateActivity", json!({"name": "slow"})).await["activityArn"].clone();
    let states = json!({
        "Work": {
            "Type": "Task",
            "Resource": activity,
            "TimeoutSecondsPath": "$.seconds",
            "Catch": [{"ErrorEquals": ["States.Timeout"], "ResultPath": "$.error", "Next": "Late"}],
            "End": true,
        },
        "Late": {"Type": "Pass", "End": true},
    });
    let definition = json!({"StartAt": "Work", "States": states}).to_string();
    let made = json!({"name": "late", "definition": definition, "roleArn": "arn:aws:iam::000000000000:role/states"});
    let machine =
        tell(&cloud, "CreateStateMachine", made).await["stateMachineArn"].as_str().expect("an ARN").to_owned();
    let arn = start(&cloud, &machine, json!({"seconds": 30})).await;
    tokio::time::sleep(Duration::from_secs(31)).await;
    let output = parsed(&ended(&cloud, &arn).await["output"]);
    assert_eq!(output["error"], json!({"Error": "States.Timeout", "Cause": ""}));
    assert_eq!(events(&cloud, &arn).await[2..4], ["ActivityScheduled", "ActivityTimedOut"]);
}

#[tokio::test(start_paused = true)]
async fn a_function_that_takes_longer_than_its_state_may_times_out() {
    let cloud = with_function().await;
    let function = "arn:aws:lambda:us-east-1:000000000000:function:echo";
    let by_arn = json!({"Call": {"Type": "Task", "Resource": function, "TimeoutSeconds": 1, "End": true}});
    let by_name = json!({"Call": {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "echo", "Payload.$": "$"},
        "TimeoutSecondsPath": "$$.Execution.Input.limit",
        "End": true,
    }});
    for (name, states, input, kind) in [
        ("by-arn", by_arn, json!("sleep"), "LambdaFunctionTimedOut"),
        ("by-name", by_name, json!({"limit": 1, "do": "sleep"}), "TaskTimedOut"),
    ] {
        let machine = machine(&cloud, name, "STANDARD", states).await;
        let arn = start(&cloud, &machine, input).await;
        let described = ended(&cloud, &arn).await;
        assert_eq!((&described["status"], &described["error"]), (&json!("FAILED"), &json!("States.Timeout")));
        assert!(described.get("cause").is_none());
        assert_eq!(details(&history(&cloud, &arn).await, kind)["error"], "States.Timeout");
    }
}
