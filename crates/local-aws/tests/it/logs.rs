//! Logs and parameters from inside, in AWS's own shapes.

use jiff::Timestamp;
use local_aws::{Clock, Cloud};
use serde_json::{Value, json};
use std::sync::Arc;

const NOW_MS: i64 = 1_790_000_000_000;

fn cloud() -> Arc<Cloud> {
    Cloud::in_memory(Clock::fixed(Timestamp::from_millisecond(NOW_MS).unwrap())).unwrap()
}

async fn logs(cloud: &Arc<Cloud>, operation: &str, input: Value) -> Result<Value, String> {
    cloud.invoke("logs", operation, "us-east-1", input).await.map(|output| output.body).map_err(|fault| fault.code)
}

async fn written(cloud: &Arc<Cloud>) {
    logs(cloud, "CreateLogGroup", json!({ "logGroupName": "/aws/lambda/f" })).await.unwrap();
    for stream in ["a", "b"] {
        let stream = json!({ "logGroupName": "/aws/lambda/f", "logStreamName": stream });
        logs(cloud, "CreateLogStream", stream).await.unwrap();
    }
    for (stream, at, message) in [("a", 0, "START"), ("b", 1, "ERROR one"), ("a", 2, "ERROR two"), ("b", 3, "END")] {
        let events = json!([{ "timestamp": NOW_MS + at, "message": message }]);
        let input = json!({ "logGroupName": "/aws/lambda/f", "logStreamName": stream, "logEvents": events });
        logs(cloud, "PutLogEvents", input).await.unwrap();
    }
}

fn messages(body: &Value) -> Vec<&str> {
    body["events"].as_array().unwrap().iter().map(|event| event["message"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_filter_sees_all_streams_in_order_of_time_page_by_page() {
    let cloud = cloud();
    written(&cloud).await;
    let all = logs(&cloud, "FilterLogEvents", json!({ "logGroupName": "/aws/lambda/f" })).await.unwrap();
    assert_eq!(messages(&all), ["START", "ERROR one", "ERROR two", "END"]);
    let mut input = json!({ "logGroupName": "/aws/lambda/f", "filterPattern": "ERROR", "limit": 1 });
    let first = logs(&cloud, "FilterLogEvents", input.clone()).await.unwrap();
    assert_eq!(messages(&first), ["ERROR one"]);
    input["nextToken"] = first["nextToken"].clone();
    let second = logs(&cloud, "FilterLogEvents", input).await.unwrap();
    assert_eq!(messages(&second), ["ERROR two"]);
    assert_eq!(second.get("nextToken"), None);
    let later = json!({ "logGroupName": "/aws/lambda/f", "startTime": NOW_MS + 2, "logStreamNames": ["b"] });
    assert_eq!(messages(&logs(&cloud, "FilterLogEvents", later).await.unwrap()), ["END"]);
}

#[tokio::test]
async fn a_stream_is_read_in_both_directions_and_its_end_answers_the_same_token() {
    let cloud = cloud();
    written(&cloud).await;
    let mut input = json!({ "logGroupName": "/aws/lambda/f", "logStreamName": "a", "limit": 1, "startFromHead": true });
    let first = logs(&cloud, "GetLogEvents", input.clone()).await.unwrap();
    assert_eq!(messages(&first), ["START"]);
    input["nextToken"] = first["nextForwardToken"].clone();
    let second = logs(&cloud, "GetLogEvents", input.clone()).await.unwrap();
    assert_eq!(messages(&second), ["ERROR two"]);
    input["nextToken"] = second["nextForwardToken"].clone();
    let end = logs(&cloud, "GetLogEvents", input.clone()).await.unwrap();
    assert_eq!((messages(&end), &end["nextForwardToken"]), (vec![], &second["nextForwardToken"]));
    input["nextToken"] = second["nextBackwardToken"].clone();
    assert_eq!(messages(&logs(&cloud, "GetLogEvents", input).await.unwrap()), ["START"]);
}

#[tokio::test]
async fn a_removed_group_leaves_nothing_behind() {
    let cloud = cloud();
    written(&cloud).await;
    let again = logs(&cloud, "CreateLogGroup", json!({ "logGroupName": "/aws/lambda/f" })).await;
    assert_eq!(again.unwrap_err(), "ResourceAlreadyExistsException");
    logs(&cloud, "DeleteLogGroup", json!({ "logGroupName": "/aws/lambda/f" })).await.unwrap();
    let gone = logs(&cloud, "FilterLogEvents", json!({ "logGroupName": "/aws/lambda/f" })).await;
    assert_eq!(gone.unwrap_err(), "ResourceNotFoundException");
    logs(&cloud, "CreateLogGroup", json!({ "logGroupName": "/aws/lambda/f" })).await.unwrap();
    let streams = logs(&cloud, "DescribeLogStreams", json!({ "logGroupName": "/aws/lambda/f" })).await.unwrap();
    assert_eq!(streams["logStreams"], json!([]));
    let events = logs(&cloud, "FilterLogEvents", json!({ "logGroupName": "/aws/lambda/f" })).await.unwrap();
    assert_eq!(events["events"], json!([]));
}

#[tokio::test]
async fn a_secure_parameter_shows_nothing_of_itself_until_it_is_decrypted() {
    let cloud = cloud();
    let put = json!({ "Name": "/app/token", "Type": "SecureString", "Value": "hunter2" });
    cloud.invoke("ssm", "PutParameter", "us-east-1", put).await.unwrap();
    let read = |decrypt: bool| {
        cloud.invoke("ssm", "GetParameter", "us-east-1", json!({ "Name": "/app/token", "WithDecryption": decrypt }))
    };
    assert_eq!(read(true).await.unwrap().body["Parameter"]["Value"], "hunter2");
    let sealed = read(false).await.unwrap().body.to_string();
    assert!(!sealed.contains("hunter2"), "{sealed}");
    let path = json!({ "Path": "/app", "WithDecryption": true });
    let listed = cloud.invoke("ssm", "GetParametersByPath", "us-east-1", path).await.unwrap();
    assert_eq!(listed.body["Parameters"][0]["ARN"], "arn:aws:ssm:us-east-1:000000000000:parameter/app/token");
}
