//! SNS: topics, their subscribers, and what those receive.

use std::sync::Arc;

use local_aws::Cloud;
use local_aws::wire::Fault;
use serde_json::{Value, json};

use crate::states::{cloud, ended, history, machine, parsed, start, tell};

const REGION: &str = "us-east-1";

async fn ask(cloud: &Arc<Cloud>, service: &str, operation: &str, input: Value) -> Result<Value, Fault> {
    cloud.invoke(service, operation, REGION, input).await.map(|output| output.body)
}

async fn get(cloud: &Arc<Cloud>, service: &str, operation: &str, input: Value) -> Value {
    ask(cloud, service, operation, input).await.unwrap_or_else(|fault| panic!("{operation}: {fault}"))
}

/// A topic and a queue that is subscribed to it: their ARN and URL.
async fn subscribed(cloud: &Arc<Cloud>, attributes: Value) -> (Value, Value) {
    let queue = get(cloud, "sqs", "CreateQueue", json!({"QueueName": "inbox"})).await["QueueUrl"].clone();
    let topic = get(cloud, "sns", "CreateTopic", json!({"Name": "news"})).await["TopicArn"].clone();
    assert_eq!(topic, "arn:aws:sns:us-east-1:000000000000:news");
    let endpoint = "arn:aws:sqs:us-east-1:000000000000:inbox";
    let input = json!({"TopicArn": topic, "Protocol": "sqs", "Endpoint": endpoint, "Attributes": attributes});
    let first = get(cloud, "sns", "Subscribe", input.clone()).await;
    assert_eq!(get(cloud, "sns", "Subscribe", input).await, first);
    (topic, queue)
}

#[tokio::test]
async fn a_subscribed_queue_gets_the_message_in_its_envelope() {
    let cloud = cloud();
    let (topic, queue) = subscribed(&cloud, json!({})).await;
    let own = json!({"kind": {"DataType": "String", "StringValue": "test"}});
    let input = json!({"TopicArn": topic, "Message": "hello", "Subject": "s", "MessageAttributes": own});
    let id = get(&cloud, "sns", "Publish", input).await["MessageId"].clone();
    let got = get(&cloud, "sqs", "ReceiveMessage", json!({"QueueUrl": queue})).await;
    let envelope = parsed(&got["Messages"][0]["Body"]);
    assert_eq!((&envelope["Type"], &envelope["MessageId"]), (&json!("Notification"), &id));
    assert_eq!((&envelope["Message"], &envelope["Subject"]), (&json!("hello"), &json!("s")));
    assert_eq!(envelope["MessageAttributes"], json!({"kind": {"Type": "String", "Value": "test"}}));
}

#[tokio::test]
async fn raw_delivery_and_message_structures_choose_what_arrives() {
    let cloud = cloud();
    let (topic, queue) = subscribed(&cloud, json!({"RawMessageDelivery": "true"})).await;
    let message = json!({"default": "for others", "sqs": "for queues"}).to_string();
    let input = json!({"TopicArn": topic, "Message": message, "MessageStructure": "json"});
    get(&cloud, "sns", "Publish", input).await;
    let got = get(&cloud, "sqs", "ReceiveMessage", json!({"QueueUrl": queue})).await;
    assert_eq!(got["Messages"][0]["Body"], "for queues");
    let bad = json!({"TopicArn": topic, "Message": "x", "MessageStructure": "json"});
    let bad = ask(&cloud, "sns", "Publish", bad).await.unwrap_err();
    assert_eq!(bad.message, "Invalid parameter: Message Structure - JSON message body failed to parse");
}

#[tokio::test]
async fn what_sns_cannot_do_here_is_refused_by_name_and_topics_go() {
    let cloud = cloud();
    let (topic, _) = subscribed(&cloud, json!({})).await;
    let email = json!({"TopicArn": topic, "Protocol": "email", "Endpoint": "a@b.c"});
    assert!(ask(&cloud, "sns", "Subscribe", email).await.unwrap_err().message.contains("subscriptions by email"));
    let listed = get(&cloud, "sns", "ListSubscriptionsByTopic", json!({"TopicArn": topic})).await;
    assert_eq!(listed["Subscriptions"].as_array().map(Vec::len), Some(1));
    get(&cloud, "sns", "DeleteTopic", json!({"TopicArn": topic})).await;
    let gone = ask(&cloud, "sns", "Publish", json!({"TopicArn": topic, "Message": "m"})).await.unwrap_err();
    assert_eq!((gone.code.as_str(), gone.status, gone.message.as_str()), ("NotFound", 404, "Topic does not exist"));
    assert_eq!(get(&cloud, "sns", "ListSubscriptions", json!({})).await["Subscriptions"], json!([]));
}

#[tokio::test]
async fn a_state_machine_publishes_and_waits_for_the_token() {
    let cloud = cloud();
    let (topic, queue) = subscribed(&cloud, json!({})).await;
    let state = json!({"Publish": {
        "Type": "Task",
        "Resource": "arn:aws:states:::sns:publish.waitForTaskToken",
        "Parameters": {"TopicArn": topic, "Message": {"body.$": "$.body", "TaskToken.$": "$$.Task.Token"}},
        "End": true,
    }});
    let machine = machine(&cloud, "publisher", "STANDARD", state).await;
    let arn = start(&cloud, &machine, json!({"body": 1})).await;
    let got = get(&cloud, "sqs", "ReceiveMessage", json!({"QueueUrl": queue, "WaitTimeSeconds": 10})).await;
    let message = parsed(&parsed(&got["Messages"][0]["Body"])["Message"]);
    assert_eq!(message["body"], 1);
    tell(&cloud, "SendTaskSuccess", json!({"taskToken": message["TaskToken"], "output": "{}"})).await;
    assert_eq!(ended(&cloud, &arn).await["output"], "{}");
    let submitted = history(&cloud, &arn).await.into_iter().find(|event| event["type"] == "TaskSubmitted");
    let submitted = submitted.expect("a request that was taken");
    let output = parsed(&submitted["taskSubmittedEventDetails"]["output"]);
    assert_eq!(output["SdkHttpMetadata"]["HttpHeaders"]["Content-Type"], "text/xml");
    let topic = topic.as_str().expect("an ARN").replace("news", "none");
    let state = json!({"P": {
        "Type": "Task",
        "Resource": "arn:aws:states:::sns:publish",
        "Parameters": {"TopicArn": topic, "Message": "m"},
        "End": true,
    }});
    let machine = self::machine(&cloud, "nowhere", "STANDARD", state).await;
    let failed = ended(&cloud, &start(&cloud, &machine, json!({})).await).await;
    assert_eq!(failed["error"], "SNS.NotFoundException");
}

#[tokio::test]
async fn a_filter_policy_chooses_by_attributes_or_by_the_body() {
    let cloud = cloud();
    let policy = json!({"price": [{"numeric": [">", 100]}], "tags": ["new"]}).to_string();
    let (topic, queue) = subscribed(&cloud, json!({"RawMessageDelivery": "true", "FilterPolicy": policy})).await;
    let publish = async |message: &str, price: &str| {
        let own = json!({
            "price": {"DataType": "Number", "StringValue": price},
            "tags": {"DataType": "String.Array", "StringValue": "[\"old\",\"new\"]"},
        });
        get(&cloud, "sns", "Publish", json!({"TopicArn": topic, "Message": message, "MessageAttributes": own})).await
    };
    let receive = async || get(&cloud, "sqs", "ReceiveMessage", json!({"QueueUrl": queue})).await["Messages"].clone();
    publish("cheap", "99").await;
    publish("dear", "101").await;
    assert_eq!(receive().await[0]["Body"], "dear");
    assert_eq!(receive().await, Value::Null);
    let subscriptions = get(&cloud, "sns", "ListSubscriptionsByTopic", json!({"TopicArn": topic})).await;
    let set = async |name: &str, value: &str| {
        let arn = &subscriptions["Subscriptions"][0]["SubscriptionArn"];
        let input = json!({"SubscriptionArn": arn, "AttributeName": name, "AttributeValue": value});
        ask(&cloud, "sns", "SetSubscriptionAttributes", input).await
    };
    set("FilterPolicyScope", "MessageBody").await.unwrap();
    set("FilterPolicy", r#"{"kind": ["a"]}"#).await.unwrap();
    assert!(set("FilterPolicy", r#"{"kind": "a"}"#).await.is_err());
    publish(r#"{"kind": "b"}"#, "1").await;
    publish(r#"{"kind": "a"}"#, "1").await;
    assert_eq!(receive().await[0]["Body"], r#"{"kind": "a"}"#);
    assert_eq!(receive().await, Value::Null);
}
