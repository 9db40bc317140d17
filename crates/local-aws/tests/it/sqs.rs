//! SQS: messages sent, received, hidden, removed, and buried.

use std::sync::Arc;
use std::time::Duration;

use local_aws::wire::Fault;
use local_aws::{Clock, Cloud};
use serde_json::{Value, json};

const REGION: &str = "us-east-1";

fn cloud() -> Arc<Cloud> {
    Cloud::in_memory(Clock::system()).expect("a cloud in memory")
}

async fn ask(cloud: &Arc<Cloud>, operation: &str, input: Value) -> Result<Value, Fault> {
    cloud.invoke("sqs", operation, REGION, input).await.map(|output| output.body)
}

async fn tell(cloud: &Arc<Cloud>, operation: &str, input: Value) -> Value {
    ask(cloud, operation, input).await.unwrap_or_else(|fault| panic!("{operation}: {fault}"))
}

async fn queue(cloud: &Arc<Cloud>, name: &str, attributes: Value) -> Value {
    tell(cloud, "CreateQueue", json!({"QueueName": name, "Attributes": attributes})).await["QueueUrl"].clone()
}

#[tokio::test]
async fn a_message_is_received_with_what_it_was_sent_with_and_removed_by_its_receipt() {
    let cloud = cloud();
    let url = queue(&cloud, "q", json!({})).await;
    assert!(url.as_str().expect("a URL").ends_with("/000000000000/q"));
    let own = json!({"colour": {"DataType": "String", "StringValue": "red"}});
    let sent =
        tell(&cloud, "SendMessage", json!({"QueueUrl": url, "MessageBody": "hi", "MessageAttributes": own})).await;
    assert_eq!(sent["MD5OfMessageBody"], "49f68a5c8493ec2c0bf489821c21fc3b");
    let receive = json!({
        "QueueUrl": url, "AttributeNames": ["All"], "MessageAttributeNames": ["col.*", "colour"], "MaxNumberOfMessages": 10,
    });
    let got = tell(&cloud, "ReceiveMessage", receive.clone()).await["Messages"][0].clone();
    assert_eq!((&got["Body"], &got["MessageId"]), (&json!("hi"), &sent["MessageId"]));
    assert_eq!(got["MessageAttributes"], own);
    assert_eq!(got["MD5OfMessageAttributes"], sent["MD5OfMessageAttributes"]);
    assert_eq!(got["Attributes"]["ApproximateReceiveCount"], "1");
    assert_eq!(tell(&cloud, "ReceiveMessage", receive.clone()).await, json!({}));
    let counts = json!({"QueueUrl": url, "AttributeNames": ["ApproximateNumberOfMessagesNotVisible", "QueueArn"]});
    let counted = tell(&cloud, "GetQueueAttributes", counts).await;
    assert_eq!(
        counted["Attributes"],
        json!({"ApproximateNumberOfMessagesNotVisible": "1", "QueueArn": "arn:aws:sqs:us-east-1:000000000000:q"})
    );
    tell(
        &cloud,
        "ChangeMessageVisibility",
        json!({"QueueUrl": url, "ReceiptHandle": got["ReceiptHandle"], "VisibilityTimeout": 0}),
    )
    .await;
    let again = tell(&cloud, "ReceiveMessage", receive.clone()).await["Messages"][0].clone();
    assert_eq!(again["Attributes"]["ApproximateReceiveCount"], "2");
    tell(&cloud, "DeleteMessage", json!({"QueueUrl": url, "ReceiptHandle": again["ReceiptHandle"]})).await;
    let left = tell(&cloud, "GetQueueAttributes", json!({"QueueUrl": url, "AttributeNames": ["All"]})).await;
    assert_eq!(left["Attributes"]["ApproximateNumberOfMessagesNotVisible"], "0");
    let bad = ask(&cloud, "DeleteMessage", json!({"QueueUrl": url, "ReceiptHandle": "x"})).await.unwrap_err();
    assert_eq!(bad.code, "ReceiptHandleIsInvalid");
}

#[tokio::test(start_paused = true)]
async fn a_receiver_waits_for_the_first_message() {
    let cloud = cloud();
    let url = queue(&cloud, "slow", json!({"ReceiveMessageWaitTimeSeconds": "20"})).await;
    let waiting = {
        let (cloud, url) = (Arc::clone(&cloud), url.clone());
        tokio::spawn(async move { tell(&cloud, "ReceiveMessage", json!({"QueueUrl": url})).await })
    };
    tokio::time::sleep(Duration::from_secs(3)).await;
    tell(&cloud, "SendMessage", json!({"QueueUrl": url, "MessageBody": "late"})).await;
    assert_eq!(waiting.await.expect("an answer")["Messages"][0]["Body"], "late");
}

#[tokio::test]
async fn what_is_received_too_often_goes_to_the_dead_letter_queue() {
    let cloud = cloud();
    let dead = queue(&cloud, "dead", json!({})).await;
    let policy = json!({"deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:dead", "maxReceiveCount": 1});
    let url = queue(&cloud, "alive", json!({"RedrivePolicy": policy.to_string(), "VisibilityTimeout": "0"})).await;
    tell(&cloud, "SendMessage", json!({"QueueUrl": url, "MessageBody": "poison"})).await;
    assert_eq!(tell(&cloud, "ReceiveMessage", json!({"QueueUrl": url})).await["Messages"][0]["Body"], "poison");
    assert_eq!(tell(&cloud, "ReceiveMessage", json!({"QueueUrl": url})).await, json!({}));
    assert_eq!(tell(&cloud, "ReceiveMessage", json!({"QueueUrl": dead})).await["Messages"][0]["Body"], "poison");
}

#[tokio::test]
async fn batches_answer_entry_by_entry() {
    let cloud = cloud();
    let url = queue(&cloud, "batch", json!({})).await;
    let entries = json!([{"Id": "a", "MessageBody": "1"}, {"Id": "b", "MessageBody": ""}]);
    let sent = tell(&cloud, "SendMessageBatch", json!({"QueueUrl": url, "Entries": entries})).await;
    assert_eq!((&sent["Successful"][0]["Id"], &sent["Failed"][0]["Id"]), (&json!("a"), &json!("b")));
    let twice = json!([{"Id": "a", "MessageBody": "1"}, {"Id": "a", "MessageBody": "2"}]);
    let refused = ask(&cloud, "SendMessageBatch", json!({"QueueUrl": url, "Entries": twice})).await.unwrap_err();
    assert_eq!((refused.code.as_str(), refused.message.as_str()), ("BatchEntryIdsNotDistinct", "Id a repeated."));
    tell(&cloud, "PurgeQueue", json!({"QueueUrl": url})).await;
    assert_eq!(tell(&cloud, "ReceiveMessage", json!({"QueueUrl": url})).await, json!({}));
}

#[tokio::test]
async fn queues_are_found_listed_and_gone_and_fifo_is_refused_by_name() {
    let cloud = cloud();
    let url = queue(&cloud, "one", json!({"DelaySeconds": "5"})).await;
    assert_eq!(queue(&cloud, "one", json!({"DelaySeconds": "5"})).await, url);
    let differs = json!({"QueueName": "one", "Attributes": {"DelaySeconds": "6"}});
    assert_eq!(ask(&cloud, "CreateQueue", differs).await.unwrap_err().code, "QueueNameExists");
    let fifo = ask(&cloud, "CreateQueue", json!({"QueueName": "x.fifo"})).await.unwrap_err();
    assert!(fifo.message.contains("FIFO queues"), "{fifo}");
    assert_eq!(tell(&cloud, "GetQueueUrl", json!({"QueueName": "one"})).await["QueueUrl"], url);
    tell(&cloud, "TagQueue", json!({"QueueUrl": url, "Tags": {"team": "a"}})).await;
    assert_eq!(tell(&cloud, "ListQueueTags", json!({"QueueUrl": url})).await["Tags"], json!({"team": "a"}));
    assert_eq!(tell(&cloud, "ListQueues", json!({"QueueNamePrefix": "o"})).await["QueueUrls"], json!([url]));
    tell(&cloud, "DeleteQueue", json!({"QueueUrl": url})).await;
    let gone = ask(&cloud, "GetQueueUrl", json!({"QueueName": "one"})).await.unwrap_err();
    assert_eq!((gone.code.as_str(), gone.status), ("QueueDoesNotExist", 400));
}
