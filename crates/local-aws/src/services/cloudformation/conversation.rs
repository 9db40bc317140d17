//! Whole conversations with the service, through the tables, in memory.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::wire::Fault;
use crate::{Clock, Cloud};

const REGION: &str = "us-east-1";
const TWO: &str = r#"
Parameters:
  Stage: {Type: String, Default: dev}
  Secret: {Type: String, NoEcho: true, Default: hush-hush}
Conditions:
  Prod: !Equals [!Ref Stage, prod]
Resources:
  First: {Type: "AWS::CloudFormation::WaitConditionHandle"}
  Second: {Type: "AWS::CloudFormation::WaitConditionHandle", DependsOn: First}
  OnlyProd: {Type: "AWS::CloudFormation::WaitConditionHandle", Condition: Prod}
Outputs:
  Url: {Value: !Sub "https://abc.execute-api.${AWS::Region}.amazonaws.com/${Stage}", Export: {Name: app-url}}
  Prod: {Value: "1", Condition: Prod}
"#;

struct Talk(Arc<Cloud>);

impl Talk {
    fn new() -> Talk {
        let clock = Clock::fixed(Timestamp::from_second(1_700_000_000).unwrap());
        Talk(Cloud::in_memory(clock).unwrap())
    }

    async fn ask(&self, operation: &str, input: Value) -> Result<Value, Fault> {
        self.0.invoke("cloudformation", operation, REGION, input).await.map(|output| output.body)
    }

    async fn refused(&self, operation: &str, input: Value) -> String {
        let fault = self.ask(operation, input).await.unwrap_err();
        format!("{}: {}", fault.code, fault.message)
    }

    /// The stack once nothing goes on in it.
    async fn settled(&self, name: &str) -> Value {
        for _ in 0..2000 {
            let answer = self.ask("DescribeStacks", json!({ "StackName": name })).await.unwrap();
            let stack = answer["Stacks"][0].clone();
            let status = stack["StackStatus"].as_str().unwrap().to_owned();
            if !status.ends_with("_IN_PROGRESS") || status == "REVIEW_IN_PROGRESS" {
                return stack;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("{name} does not settle");
    }

    async fn change_set(&self, stack: &str, kind: &str, body: &str) -> Value {
        let set = json!({ "StackName": stack, "ChangeSetName": "c", "ChangeSetType": kind, "TemplateBody": body,
            "Capabilities": ["CAPABILITY_NAMED_IAM"] });
        let id = self.ask("CreateChangeSet", set).await.unwrap()["Id"].clone();
        self.ask("DescribeChangeSet", json!({ "ChangeSetName": id, "IncludePropertyValues": true })).await.unwrap()
    }

    async fn execute(&self, stack: &str, kind: &str, body: &str) -> Value {
        let set = self.change_set(stack, kind, body).await;
        assert_eq!(set["Status"], "CREATE_COMPLETE", "{set}");
        self.ask("ExecuteChangeSet", json!({ "ChangeSetName": set["ChangeSetId"] })).await.unwrap();
        self.settled(stack).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_stack_is_reviewed_created_described_and_deleted() {
    let talk = Talk::new();
    let set = talk.change_set("app", "CREATE", TWO).await;
    let adds: Vec<&str> = set["Changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| change["ResourceChange"]["LogicalResourceId"].as_str().unwrap())
        .collect();
    assert_eq!(adds, ["First", "Second"]);
    assert_eq!(set["ExecutionStatus"], "AVAILABLE");
    assert_eq!(talk.settled("app").await["StackStatus"], "REVIEW_IN_PROGRESS");
    talk.ask("ExecuteChangeSet", json!({ "StackName": "app", "ChangeSetName": "c", "ClientRequestToken": "t" }))
        .await
        .unwrap();
    let stack = talk.settled("app").await;
    assert_eq!(stack["StackStatus"], "CREATE_COMPLETE");
    assert_eq!(stack["Outputs"].as_array().unwrap().len(), 1);
    let endpoint = &talk.0.config.endpoint;
    assert_eq!(stack["Outputs"][0]["OutputValue"], format!("{endpoint}/_aws/execute-api/abc/dev"));
    assert_eq!(stack["Parameters"][1]["ParameterValue"], "****");
    let exports = talk.ask("ListExports", json!({})).await.unwrap();
    assert_eq!(exports["Exports"][0]["Value"], "https://abc.execute-api.us-east-1.amazonaws.com/dev");
    let template = talk.ask("GetTemplate", json!({ "StackName": "app" })).await.unwrap();
    assert_eq!(template["TemplateBody"], TWO);
    let events = talk.ask("DescribeStackEvents", json!({ "StackName": "app" })).await.unwrap();
    let events = events["StackEvents"].as_array().unwrap();
    assert_eq!(events[0]["ResourceStatus"], "CREATE_COMPLETE");
    assert_eq!(events[0]["PhysicalResourceId"], stack["StackId"]);
    assert!(events.iter().all(|event| event["ClientRequestToken"] == "t"), "{events:?}");
    let id = stack["StackId"].as_str().unwrap();
    talk.ask("DeleteStack", json!({ "StackName": "app" })).await.unwrap();
    assert_eq!(talk.settled(id).await["StackStatus"], "DELETE_COMPLETE");
    assert_eq!(
        talk.refused("DescribeStacks", json!({ "StackName": "app" })).await,
        "ValidationError: Stack with id app does not exist"
    );
}

#[tokio::test(start_paused = true)]
async fn a_change_set_without_changes_says_so() {
    let talk = Talk::new();
    talk.execute("app", "CREATE", TWO).await;
    let set = talk.change_set("app", "UPDATE", TWO).await;
    assert_eq!(set["Status"], "FAILED");
    assert_eq!(
        set["StatusReason"],
        "The submitted information didn't contain changes. Submit different information to create a change set."
    );
    assert_eq!(
        talk.refused("UpdateStack", json!({ "StackName": "app", "TemplateBody": TWO })).await,
        "ValidationError: No updates are to be performed."
    );
    let set = talk.change_set_with_output(TWO).await;
    assert_eq!((set["Status"].as_str(), set["Changes"].as_array().map(Vec::len)), (Some("CREATE_COMPLETE"), Some(0)));
}

impl Talk {
    async fn change_set_with_output(&self, body: &str) -> Value {
        self.ask("DeleteChangeSet", json!({ "StackName": "app", "ChangeSetName": "c" })).await.unwrap();
        self.change_set("app", "UPDATE", &format!("{body}  More: {{Value: more}}\n")).await
    }
}

#[tokio::test(start_paused = true)]
async fn mistakes_are_answered_in_cloudformations_words() {
    let talk = Talk::new();
    let create = |body: &str| json!({ "StackName": "app", "TemplateBody": body });
    for (body, words) in [
        ("Resources: {A: {Type: 'AWS::Nope::Nope'}}", "Unrecognized resource types: [AWS::Nope::Nope]"),
        (
            "Resources: {A: {Type: 'AWS::IAM::Role', Properties: {RoleName: r, AssumeRolePolicyDocument: {}}}}",
            "InsufficientCapabilitiesException: Requires capabilities : [CAPABILITY_NAMED_IAM]",
        ),
        (
            "Resources: {A: {Type: 'AWS::CloudFormation::WaitConditionHandle'}}\nOutputs: {O: {Value: !GetAtt A.Nope}}",
            "ValidationError: Template error: resource A does not support attribute type Nope in Fn::GetAtt",
        ),
        (
            "Transform: AWS::Serverless-2016-10-31\nResources: {A: {Type: 'AWS::S3::Bucket'}}",
            "does not support the transform AWS::Serverless-2016-10-31",
        ),
        (
            "Parameters: {P: {Type: String}}\nResources: {A: {Type: 'AWS::S3::Bucket'}}",
            "Parameters: [P] must have values",
        ),
        (
            "Resources: {A: {Type: 'AWS::S3::Bucket', DeletionPolicy: Snapshot}}",
            "Template error: resource type AWS::S3::Bucket does not support deletion policy Snapshot",
        ),
    ] {
        let answer = talk.refused("CreateStack", create(body)).await;
        assert!(answer.contains(words), "{answer}");
    }
    assert_eq!(
        talk.refused("CreateStack", json!({ "StackName": "app" })).await,
        "ValidationError: Either Template URL or Template Body must be specified."
    );
    let unknown = json!({ "StackName": "nope", "ChangeSetName": "c", "TemplateBody": TWO });
    assert_eq!(talk.refused("CreateChangeSet", unknown).await, "ValidationError: Stack [nope] does not exist");
    assert_eq!(talk.ask("DeleteStack", json!({ "StackName": "nope" })).await.unwrap(), json!({}));
    assert!(talk.ask("ListStacks", json!({})).await.unwrap()["StackSummaries"].as_array().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn properties_that_do_not_fit_fail_the_change_set_and_events_say_why() {
    let talk = Talk::new();
    let body = "Resources: {A: {Type: 'AWS::S3::Bucket', Properties: {BucketNam: x}}, B: {Type: 'AWS::S3::Bucket', Properties: {WebsiteConfiguration: {}}}}";
    let set = talk.change_set("app", "CREATE", body).await;
    assert_eq!((set["Status"].as_str(), set["ExecutionStatus"].as_str()), (Some("FAILED"), Some("UNAVAILABLE")));
    assert!(set["StatusReason"].as_str().unwrap().contains("[AWS::EarlyValidation::PropertyValidation]"));
    let input = json!({ "ChangeSetName": set["ChangeSetId"], "Filters": { "FailedEvents": true } });
    let events = talk.ask("DescribeEvents", input).await.unwrap();
    let events = events["OperationEvents"].as_array().unwrap();
    assert_eq!(events[0]["ValidationStatusReason"], "#: extraneous key [BucketNam] is not permitted");
    assert_eq!(events[0]["ValidationPath"], "/Resources/A/Properties");
    let reason = events[1]["ValidationStatusReason"].as_str().unwrap();
    assert!(reason.contains("does not support the property WebsiteConfiguration of AWS::S3::Bucket"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn exports_bind_the_stacks_that_use_them() {
    let talk = Talk::new();
    talk.execute("app", "CREATE", TWO).await;
    let user = "Resources: {A: {Type: 'AWS::CloudFormation::WaitConditionHandle'}}\nOutputs: {O: {Value: !ImportValue app-url}}";
    talk.execute("user", "CREATE", user).await;
    assert_eq!(
        talk.refused("DeleteStack", json!({ "StackName": "app" })).await,
        "ValidationError: Export app-url cannot be deleted as it is in use by user"
    );
    let imports = talk.ask("ListImports", json!({ "ExportName": "app-url" })).await.unwrap();
    assert_eq!(imports["Imports"], json!(["user"]));
    let other = "Resources: {A: {Type: 'AWS::CloudFormation::WaitConditionHandle'}}\nOutputs: {O: {Value: x, Export: {Name: app-url}}}";
    let stack = talk.execute("other", "CREATE", other).await;
    assert_eq!(stack["StackStatus"], "ROLLBACK_COMPLETE");
    talk.ask("DeleteStack", json!({ "StackName": "user" })).await.unwrap();
    assert_eq!(
        talk.ask("DescribeStacks", json!({ "StackName": "app" })).await.unwrap()["Stacks"][0]["StackStatus"],
        "CREATE_COMPLETE"
    );
}

#[tokio::test(start_paused = true)]
async fn a_protected_stack_stays() {
    let talk = Talk::new();
    talk.execute("app", "CREATE", TWO).await;
    let on = json!({ "StackName": "app", "EnableTerminationProtection": "true" });
    talk.ask("UpdateTerminationProtection", on).await.unwrap();
    assert_eq!(
        talk.refused("DeleteStack", json!({ "StackName": "app" })).await,
        "ValidationError: Stack [app] cannot be deleted while TerminationProtection is enabled"
    );
}

#[tokio::test(start_paused = true)]
async fn buckets_roles_and_tables_come_change_and_go() {
    let talk = Talk::new();
    let body = |tag: &str, mode: &str| {
        json!({ "Resources": {
            "Files": { "Type": "AWS::S3::Bucket", "Properties": {
                "BucketEncryption": { "ServerSideEncryptionConfiguration": [
                    { "ServerSideEncryptionByDefault": { "SSEAlgorithm": "AES256" } }] },
                "Tags": [{ "Key": "stage", "Value": tag }] } },
            "FilesPolicy": { "Type": "AWS::S3::BucketPolicy", "Properties": { "Bucket": { "Ref": "Files" },
                "PolicyDocument": { "Statement": [{ "Effect": "Deny", "Principal": "*", "Action": "s3:*",
                    "Resource": [{ "Fn::Sub": "${Files.Arn}/*" }],
                    "Condition": { "Bool": { "aws:SecureTransport": false } } }] } } },
            "Role": { "Type": "AWS::IAM::Role", "Properties": {
                "AssumeRolePolicyDocument": { "Version": "2012-10-17", "Statement": [{ "Effect": "Allow",
                    "Principal": { "Service": "lambda.amazonaws.com" }, "Action": "sts:AssumeRole" }] },
                "Policies": [{ "PolicyName": "p", "PolicyDocument": { "Version": "2012-10-17", "Statement": [
                    { "Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": { "Fn::GetAtt": ["Table", "Arn"] } }] } }] } },
            "Table": { "Type": "AWS::DynamoDB::Table", "Properties": {
                "TableName": "users", "BillingMode": mode,
                "ProvisionedThroughput": if mode == "PROVISIONED" { json!({ "ReadCapacityUnits": 1, "WriteCapacityUnits": "1" }) } else { json!({ "Ref": "AWS::NoValue" }) },
                "AttributeDefinitions": [{ "AttributeName": "email", "AttributeType": "S" }],
                "KeySchema": [{ "AttributeName": "email", "KeyType": "HASH" }] } },
        }, "Outputs": { "Table": { "Value": { "Fn::GetAtt": ["Table", "Arn"] } }, "Bucket": { "Value": { "Ref": "Files" } } } })
        .to_string()
    };
    let stack = talk.execute("app", "CREATE", &body("a", "PAY_PER_REQUEST")).await;
    let events = talk.ask("DescribeStackEvents", json!({ "StackName": "app" })).await.unwrap();
    assert_eq!(stack["StackStatus"], "CREATE_COMPLETE", "{events:#}");
    assert_eq!(stack["Outputs"][0]["OutputValue"], "arn:aws:dynamodb:us-east-1:000000000000:table/users");
    let set = talk.change_set("app", "UPDATE", &body("a", "PROVISIONED")).await;
    let change = &set["Changes"][0]["ResourceChange"];
    assert_eq!(
        (change["Action"].as_str(), change["Replacement"].as_str()),
        (Some("Modify"), Some("False")),
        "{change:#}"
    );
    talk.ask("DeleteChangeSet", json!({ "ChangeSetName": set["ChangeSetId"] })).await.unwrap();
    let stack = talk.execute("app", "UPDATE", &body("b", "PAY_PER_REQUEST")).await;
    assert_eq!(stack["StackStatus"], "UPDATE_COMPLETE", "{stack}");
    let bucket = stack["Outputs"][1]["OutputValue"].as_str().unwrap();
    let tags = talk.0.invoke("s3", "GetBucketTagging", REGION, json!({ "Bucket": bucket })).await.unwrap().body;
    assert_eq!(tags["TagSet"][0]["Value"], "b", "{tags}");
    let again = talk.change_set("other", "CREATE", &body("a", "PAY_PER_REQUEST")).await;
    assert!(again["StatusReason"].as_str().unwrap().contains("ResourceExistenceCheck"), "{again}");
    talk.ask("DetectStackDrift", json!({ "StackName": "app" })).await.unwrap();
    talk.ask("DeleteStack", json!({ "StackName": "app" })).await.unwrap();
    let id = stack["StackId"].as_str().unwrap();
    let gone = talk.settled(id).await;
    assert_eq!(gone["StackStatus"], "DELETE_COMPLETE", "{gone}");
    for (service, operation, input) in [
        ("s3", "HeadBucket", json!({ "Bucket": bucket })),
        ("dynamodb", "DescribeTable", json!({ "TableName": "users" })),
    ] {
        assert!(talk.0.invoke(service, operation, REGION, input).await.is_err(), "{operation}");
    }
    let roles = talk.0.invoke("iam", "ListRoles", REGION, json!({})).await.unwrap().body;
    assert!(roles["Roles"].as_array().unwrap().is_empty(), "{roles}");
}
