//! Functions that are called for messages of queues and changes of tables.

use std::sync::Arc;
use std::time::Duration;

use local_aws::Cloud;
use serde_json::{Value, json};

use crate::lambda::{REGION, cloud, function};

async fn tell(cloud: &Arc<Cloud>, service: &str, operation: &str, input: Value) -> Value {
    let answer = cloud.invoke(service, operation, REGION, input).await;
    answer.unwrap_or_else(|fault| panic!("{operation}: {fault}")).body
}

async fn refused(cloud: &Arc<Cloud>, operation: &str, input: Value) -> String {
    cloud.invoke("lambda", operation, REGION, input).await.expect_err(operation).message
}

/// A function that prints its events.
async fn printer(cloud: &Arc<Cloud>) {
    let with_log = |input: &mut Value| input["Environment"] = json!({"Variables": {"LOG": "1"}});
    tell(cloud, "lambda", "CreateFunction", function(with_log)).await;
}

async fn queue(cloud: &Arc<Cloud>, name: &str, attributes: Value) -> String {
    tell(cloud, "sqs", "CreateQueue", json!({"QueueName": name, "Attributes": attributes})).await;
    format!("arn:aws:sqs:{REGION}:000000000000:{name}")
}

async fn send(cloud: &Arc<Cloud>, queue: &str, body: &Value) {
    tell(cloud, "sqs", "SendMessage", json!({"QueueUrl": queue, "MessageBody": body.to_string()})).await;
}

/// The events that the function has printed, when there are as many as are waited for.
async fn printed(cloud: &Arc<Cloud>, count: usize) -> Vec<Value> {
    for _ in 0..1000 {
        let input = json!({"logGroupName": "/aws/lambda/echo", "filterPattern": "Records"});
        if let Ok(found) = cloud.invoke("logs", "FilterLogEvents", REGION, input).await {
            let events = found.body["events"].as_array().unwrap().iter();
            let parsed = events.map(|event| serde_json::from_str(event["message"].as_str().unwrap()).unwrap());
            let records: Vec<Value> =
                parsed.flat_map(|event: Value| event["Records"].as_array().unwrap().clone()).collect();
            if records.len() >= count {
                return records;
            }
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the function is not called {count} times");
}

/// Waits until the queue has no message, neither visible nor hidden.
async fn until_empty(cloud: &Arc<Cloud>, queue: &str) {
    let names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];
    for _ in 0..1000 {
        let input = json!({"QueueUrl": queue, "AttributeNames": names});
        let counts = tell(cloud, "sqs", "GetQueueAttributes", input).await;
        if names.iter().all(|name| counts["Attributes"][name] == "0") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("messages stay in {queue}");
}

#[tokio::test]
async fn a_function_is_called_for_the_messages_of_a_queue_that_its_filter_wants() {
    let cloud = cloud().await;
    printer(&cloud).await;
    let source = queue(&cloud, "jobs", json!({})).await;
    let filters = json!({"Filters": [{"Pattern": json!({"body": {"kind": ["job"]}}).to_string()}]});
    let mapping = json!({"FunctionName": "echo", "EventSourceArn": source, "FilterCriteria": filters});
    let made = tell(&cloud, "lambda", "CreateEventSourceMapping", mapping.clone()).await;
    assert_eq!((&made["BatchSize"], &made["State"]), (&json!(10), &json!("Enabled")));
    assert!(refused(&cloud, "CreateEventSourceMapping", mapping).await.contains("already exists"));
    send(&cloud, "jobs", &json!({"kind": "noise"})).await;
    send(&cloud, "jobs", &json!({"kind": "job", "n": 1})).await;
    let records = printed(&cloud, 1).await;
    until_empty(&cloud, "jobs").await;
    assert_eq!(records.len(), 1, "{records:?}");
    assert_eq!(records[0]["body"], json!({"kind": "job", "n": 1}).to_string());
    assert_eq!((&records[0]["eventSource"], &records[0]["eventSourceARN"]), (&json!("aws:sqs"), &json!(source)));
    assert_eq!(records[0]["attributes"]["ApproximateReceiveCount"], "1");

    let id = json!({"UUID": made["UUID"]});
    let off = json!({"UUID": made["UUID"], "Enabled": false, "BatchSize": 5});
    let off = tell(&cloud, "lambda", "UpdateEventSourceMapping", off).await;
    assert_eq!((&off["State"], &off["BatchSize"]), (&json!("Disabled"), &json!(5)));
    let listed = tell(&cloud, "lambda", "ListEventSourceMappings", json!({"FunctionName": "echo"})).await;
    assert_eq!(listed["EventSourceMappings"], json!([off]));
    assert_eq!(tell(&cloud, "lambda", "DeleteEventSourceMapping", id.clone()).await["State"], "Deleting");
    assert_eq!(refused(&cloud, "GetEventSourceMapping", id).await, "The resource you requested does not exist.");
}

#[tokio::test]
async fn a_message_that_fails_the_function_comes_again_until_it_is_buried() {
    let cloud = cloud().await;
    printer(&cloud).await;
    let dead = queue(&cloud, "dead", json!({})).await;
    let policy = json!({"deadLetterTargetArn": dead, "maxReceiveCount": 2}).to_string();
    // The function takes three seconds at most; it needs far less, and its messages come again at once.
    let source = queue(&cloud, "jobs", json!({"VisibilityTimeout": "3", "RedrivePolicy": policy})).await;
    let mapping = json!({"FunctionName": "echo", "EventSourceArn": source, "BatchSize": 1});
    tell(&cloud, "lambda", "CreateEventSourceMapping", mapping).await;
    tell(&cloud, "sqs", "SetQueueAttributes", json!({"QueueUrl": "jobs", "Attributes": {"VisibilityTimeout": "0"}}))
        .await;
    // Inside a JSON text in a JSON text, the quotes around the word would be escaped.
    let input = json!({"QueueUrl": "jobs", "MessageBody": "error"});
    tell(&cloud, "sqs", "SendMessage", input).await;
    let buried = json!({"QueueUrl": "dead", "WaitTimeSeconds": 20, "AttributeNames": ["All"]});
    let message = tell(&cloud, "sqs", "ReceiveMessage", buried).await["Messages"][0].clone();
    assert_eq!((&message["Body"], &message["Attributes"]["ApproximateReceiveCount"]), (&json!("error"), &json!("3")));
    until_empty(&cloud, "jobs").await;
}

#[tokio::test]
async fn a_function_is_called_for_the_changes_of_a_table_and_what_it_never_takes_is_told() {
    let cloud = cloud().await;
    printer(&cloud).await;
    let table = json!({
        "TableName": "people",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
        "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    });
    let stream = tell(&cloud, "dynamodb", "CreateTable", table).await["TableDescription"]["LatestStreamArn"].clone();
    let lost = queue(&cloud, "lost", json!({})).await;
    let mapping = json!({
        "FunctionName": "echo",
        "EventSourceArn": stream,
        "StartingPosition": "TRIM_HORIZON",
        "MaximumRetryAttempts": 0,
        "DestinationConfig": {"OnFailure": {"Destination": lost}},
    });
    let put = async |id: &str| {
        tell(&cloud, "dynamodb", "PutItem", json!({"TableName": "people", "Item": {"id": {"S": id}}})).await;
    };
    put("ann").await;
    tell(&cloud, "lambda", "CreateEventSourceMapping", mapping).await;
    let records = printed(&cloud, 1).await;
    assert_eq!(records[0]["dynamodb"]["NewImage"], json!({"id": {"S": "ann"}}));
    assert_eq!((&records[0]["eventName"], &records[0]["eventSourceARN"]), (&json!("INSERT"), &stream));
    put("error").await;
    let told = json!({"QueueUrl": "lost", "WaitTimeSeconds": 20});
    let told = tell(&cloud, "sqs", "ReceiveMessage", told).await["Messages"][0]["Body"].clone();
    let told: Value = serde_json::from_str(told.as_str().unwrap()).unwrap();
    assert_eq!(told["requestContext"]["condition"], "RetryAttemptsExhausted");
    assert_eq!(told["DDBStreamBatchInfo"]["batchSize"], 1);
    put("bob").await;
    let records = printed(&cloud, 3).await;
    assert_eq!(records.last().unwrap()["dynamodb"]["Keys"], json!({"id": {"S": "bob"}}), "the stream goes on");
}

#[tokio::test]
async fn what_cannot_be_a_source_is_refused_by_name() {
    let cloud = cloud().await;
    let with_timeout = |input: &mut Value| input["Timeout"] = json!(40);
    tell(&cloud, "lambda", "CreateFunction", function(with_timeout)).await;
    let source = queue(&cloud, "jobs", json!({})).await;
    let create = async |change: Value| {
        let mut input = json!({"FunctionName": "echo", "EventSourceArn": source});
        input.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        refused(&cloud, "CreateEventSourceMapping", input).await
    };
    let short = create(json!({})).await;
    assert_eq!(short, "Queue visibility timeout: 30 seconds is less than Function timeout: 40 seconds");
    let kinesis = create(json!({"EventSourceArn": "arn:aws:kinesis:us-east-1:000000000000:stream/s"})).await;
    assert!(kinesis.contains("SQS queues and DynamoDB streams only"), "{kinesis}");
    assert!(create(json!({"BatchSize": 100})).await.contains("must be greater than 0 if maximum batch size"));
    assert!(create(json!({"ParallelizationFactor": 2})).await.contains("does not support ParallelizationFactor"));
    let pattern = json!({"FilterCriteria": {"Filters": [{"Pattern": "{\"body\": \"x\"}"}]}});
    assert!(create(pattern).await.contains("Event pattern is not valid"));
}

#[tokio::test]
async fn an_event_that_fails_for_good_goes_to_the_dead_letter_queue_and_its_record_to_the_destination() {
    let cloud = cloud().await;
    let (dead, lost) = (queue(&cloud, "dead", json!({})).await, queue(&cloud, "lost", json!({})).await);
    let with_dead = |input: &mut Value| input["DeadLetterConfig"] = json!({"TargetArn": dead});
    tell(&cloud, "lambda", "CreateFunction", function(with_dead)).await;
    let settings = json!({
        "FunctionName": "echo", "MaximumRetryAttempts": 0,
        "DestinationConfig": {"OnFailure": {"Destination": lost}},
    });
    tell(&cloud, "lambda", "PutFunctionEventInvokeConfig", settings).await;
    let input = json!({"FunctionName": "echo", "InvocationType": "Event", "Payload": "\"error\""});
    tell(&cloud, "lambda", "Invoke", input).await;
    let body = async |queue: &str| {
        let input = json!({"QueueUrl": queue, "WaitTimeSeconds": 20});
        tell(&cloud, "sqs", "ReceiveMessage", input).await["Messages"][0]["Body"].as_str().unwrap().to_owned()
    };
    let record: Value = serde_json::from_str(&body("lost").await).unwrap();
    assert_eq!(record["requestContext"]["condition"], "RetriesExhausted");
    assert_eq!(body("dead").await, "\"error\"");
}
