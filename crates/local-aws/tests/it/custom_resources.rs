//! Custom resources of CloudFormation: what their functions and topics are asked, and what becomes of the answers.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use local_aws::{Cloud, gateway};
use serde_json::{Value, json};

use super::lambda::{REGION, cloud, function};

/// How often a state is looked for before a test gives up.
const LOOKS: usize = 2_000;

async fn get(cloud: &Arc<Cloud>, service: &str, operation: &str, input: Value) -> Value {
    let output = cloud.invoke(service, operation, REGION, input).await;
    output.unwrap_or_else(|fault| panic!("{operation}: {fault}")).body
}

/// A topic for requests, and the queue that they can be read from.
async fn mailbox(cloud: &Arc<Cloud>) -> (String, Value) {
    let queue = get(cloud, "sqs", "CreateQueue", json!({"QueueName": "inbox"})).await["QueueUrl"].clone();
    let topic = get(cloud, "sns", "CreateTopic", json!({"Name": "requests"})).await["TopicArn"].clone();
    let subscription = json!({
        "TopicArn": topic, "Protocol": "sqs", "Endpoint": "arn:aws:sqs:us-east-1:000000000000:inbox",
        "Attributes": {"RawMessageDelivery": "true"},
    });
    get(cloud, "sns", "Subscribe", subscription).await;
    (topic.as_str().unwrap().to_owned(), queue)
}

/// Takes the next request and answers it.
async fn answer(cloud: &Arc<Cloud>, queue: &Value, change: Value) -> Value {
    let got = get(cloud, "sqs", "ReceiveMessage", json!({"QueueUrl": queue, "WaitTimeSeconds": 20})).await;
    let message = &got["Messages"][0];
    let receipt = json!({"QueueUrl": queue, "ReceiptHandle": message["ReceiptHandle"]});
    get(cloud, "sqs", "DeleteMessage", receipt).await;
    let request: Value = serde_json::from_str(message["Body"].as_str().unwrap()).unwrap();
    let mut answer = json!({"Status": "SUCCESS", "PhysicalResourceId": request["PhysicalResourceId"]});
    for name in ["StackId", "RequestId", "LogicalResourceId"] {
        answer[name] = request[name].clone();
    }
    for (name, value) in change.as_object().unwrap() {
        answer[name] = value.clone();
    }
    let (_, path) = request["ResponseURL"].as_str().unwrap().split_once("/_aws/").unwrap();
    let put = Request::put(format!("/_aws/{path}")).body(Bytes::from(answer.to_string())).unwrap();
    assert_eq!(gateway::handle(cloud, put).await.unwrap().status(), 200);
    request
}

fn template(token: &str, size: u32) -> String {
    json!({
        "Resources": {"Thing": {"Type": "Custom::Thing", "Properties": {
            "ServiceToken": token, "Size": size, "On": true, "Parts": [{"Weight": 1.5}],
        }}},
        "Outputs": {
            "Word": {"Value": {"Fn::GetAtt": ["Thing", "Word"]}},
            "Id": {"Value": {"Ref": "Thing"}},
        },
    })
    .to_string()
}

/// The stack, once nothing goes on any more.
pub async fn settled(cloud: &Arc<Cloud>, name: &str) -> Value {
    for _ in 0..LOOKS {
        let stack =
            get(cloud, "cloudformation", "DescribeStacks", json!({"StackName": name})).await["Stacks"][0].clone();
        if !stack["StackStatus"].as_str().unwrap().ends_with("_IN_PROGRESS") {
            return stack;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{name} does not settle");
}

/// The events of a stack, as text.
pub async fn reasons(cloud: &Arc<Cloud>, name: &str) -> String {
    get(cloud, "cloudformation", "DescribeStackEvents", json!({"StackName": name})).await.to_string()
}

#[tokio::test]
async fn a_custom_resource_is_made_changed_replaced_and_deleted_by_who_answers() {
    let cloud = cloud().await;
    let (topic, queue) = mailbox(&cloud).await;
    let created = json!({"StackName": "app", "TemplateBody": template(&topic, 3)});
    let id = get(&cloud, "cloudformation", "CreateStack", created).await["StackId"].as_str().unwrap().to_owned();
    let request = answer(&cloud, &queue, json!({"PhysicalResourceId": "one", "Data": {"Word": "first"}})).await;
    assert_eq!((&request["RequestType"], &request["ResourceType"]), (&json!("Create"), &json!("Custom::Thing")));
    assert_eq!((&request["LogicalResourceId"], &request["StackId"]), (&json!("Thing"), &json!(id)));
    let properties = json!({"ServiceToken": topic, "Size": "3", "On": "true", "Parts": [{"Weight": "1.5"}]});
    assert_eq!(request["ResourceProperties"], properties);
    let stack = settled(&cloud, &id).await;
    assert_eq!(stack["StackStatus"], "CREATE_COMPLETE", "{}", reasons(&cloud, &id).await);
    let outputs = |stack: &Value| -> Vec<String> {
        let outputs = stack["Outputs"].as_array().unwrap();
        let mut texts: Vec<String> =
            outputs.iter().map(|output| output["OutputValue"].as_str().unwrap().to_owned()).collect();
        texts.sort();
        texts
    };
    assert_eq!(outputs(&stack), ["first", "one"]);

    let updated = json!({"StackName": "app", "TemplateBody": template(&topic, 4)});
    get(&cloud, "cloudformation", "UpdateStack", updated).await;
    let request = answer(&cloud, &queue, json!({"PhysicalResourceId": "two", "Data": {"Word": "second"}})).await;
    assert_eq!((&request["RequestType"], &request["PhysicalResourceId"]), (&json!("Update"), &json!("one")));
    assert_eq!(request["OldResourceProperties"]["Size"], "3");
    let request = answer(&cloud, &queue, json!({})).await;
    assert_eq!((&request["RequestType"], &request["PhysicalResourceId"]), (&json!("Delete"), &json!("one")));
    let stack = settled(&cloud, &id).await;
    assert_eq!(stack["StackStatus"], "UPDATE_COMPLETE", "{}", reasons(&cloud, &id).await);
    assert_eq!(outputs(&stack), ["second", "two"]);

    get(&cloud, "cloudformation", "DeleteStack", json!({"StackName": "app"})).await;
    let request = answer(&cloud, &queue, json!({})).await;
    assert_eq!((&request["RequestType"], &request["PhysicalResourceId"]), (&json!("Delete"), &json!("two")));
    assert_eq!(settled(&cloud, &id).await["StackStatus"], "DELETE_COMPLETE");
}

#[tokio::test]
async fn a_custom_resource_that_fails_says_why_and_is_deleted() {
    let cloud = cloud().await;
    let (topic, queue) = mailbox(&cloud).await;
    let created = json!({"StackName": "app", "TemplateBody": template(&topic, 3)});
    let id = get(&cloud, "cloudformation", "CreateStack", created).await["StackId"].as_str().unwrap().to_owned();
    answer(&cloud, &queue, json!({"Status": "FAILED", "Reason": "no room"})).await;
    let request = answer(&cloud, &queue, json!({})).await;
    assert_eq!(request["RequestType"], "Delete");
    assert!(request["PhysicalResourceId"].as_str().unwrap().starts_with("app-Thing-"), "{request}");
    assert_eq!(settled(&cloud, &id).await["StackStatus"], "ROLLBACK_COMPLETE");
    let said = reasons(&cloud, &id).await;
    assert!(
        said.contains("Received response status [FAILED] from custom resource. Message returned: no room"),
        "{said}"
    );
}

#[tokio::test]
async fn a_function_that_fails_without_an_answer_fails_its_resource_at_once() {
    let cloud = cloud().await;
    get(&cloud, "lambda", "CreateFunction", function(|_| {})).await;
    let token = "arn:aws:lambda:us-east-1:000000000000:function:echo";
    let body = template(token, 3).replace("\"On\":true", "\"On\":\"error\"");
    let created = json!({"StackName": "app", "TemplateBody": body, "OnFailure": "DO_NOTHING"});
    let id = get(&cloud, "cloudformation", "CreateStack", created).await["StackId"].as_str().unwrap().to_owned();
    assert_eq!(settled(&cloud, &id).await["StackStatus"], "CREATE_FAILED");
    let said = reasons(&cloud, &id).await;
    assert!(said.contains("failed and sent no response") && said.contains("I will not"), "{said}");
}
