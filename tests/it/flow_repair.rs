//! Stacks that take no deployment any more, and names that are taken: said before anything is done, then mended.

use serde_json::{Value, json};

use crate::support::lab::Lab;

const STACK: &str = r#"
service: shop
provider: { name: aws, runtime: python3.13, stage: dev, region: us-east-1 }
functions:
  hello: { handler: app.main, package: { artifact: hello.zip }, events: [{ http: { path: hi, method: get } }] }
resources:
  Resources:
    Users:
      Type: AWS::DynamoDB::Table
      DeletionPolicy: Retain
      Properties:
        TableName: users-dev
        AttributeDefinitions: [{ AttributeName: email, AttributeType: S }]
        KeySchema: [{ AttributeName: email, KeyType: HASH }]
        BillingMode: PAY_PER_REQUEST
    Files:
      Type: AWS::S3::Bucket
      Properties: { BucketName: shop-files }
"#;

const NAME: &str = "shop-dev";

/// A function that is not there cannot be given a permission.
fn bad(needs: &[&str]) -> Value {
    let properties =
        json!({"Action": "lambda:InvokeFunction", "FunctionName": "nothere", "Principal": "sns.amazonaws.com"});
    json!({"Type": "AWS::Lambda::Permission", "DependsOn": needs, "Properties": properties})
}

fn table() -> Value {
    json!({"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Retain", "Properties": {
        "TableName": "users-dev", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "email", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "email", "KeyType": "HASH"}],
    }})
}

fn lab() -> Lab {
    let lab = Lab::new();
    lab.write("1");
    lab.project().write("stack.yaml", STACK);
    std::fs::rename(lab.project().path().join("RecordDB.zip"), lab.project().path().join("hello.zip")).unwrap();
    lab
}

fn cloudformation(lab: &Lab, operation: &str, input: Value) -> Value {
    lab.ask("cloudformation", operation, input).body
}

fn names(lab: &Lab, list: &str) -> Vec<String> {
    lab.inventory().into_iter().find(|(kind, _)| *kind == list).unwrap().1
}

/// An item that must outlive every repair.
fn put_ann(lab: &Lab) {
    lab.ask("dynamodb", "PutItem", json!({"TableName": "users-dev", "Item": {"email": {"S": "ann"}}}));
}

fn assert_ann_is_there(lab: &Lab) {
    let found = lab.ask("dynamodb", "GetItem", json!({"TableName": "users-dev", "Key": {"email": {"S": "ann"}}})).body;
    assert_eq!(found["Item"]["email"]["S"], "ann");
}

#[test]
fn a_creation_that_failed_is_deleted_and_made_again_around_the_data_that_it_kept() {
    let lab = lab();
    let template = json!({"Resources": {"Users": table(), "Bad": bad(&["Users"])}}).to_string();
    cloudformation(&lab, "CreateStack", json!({"StackName": NAME, "TemplateBody": template}));
    assert_eq!(lab.rests(NAME), "ROLLBACK_COMPLETE");
    put_ann(&lab);
    lab.run(&[]).expect(1).says("it is ROLLBACK_COMPLETE").says("deploy repair");
    lab.run(&["repair", "--plan"]).expect(0).says("delete what is left of a creation that failed");
    assert_eq!(lab.rests(NAME), "ROLLBACK_COMPLETE");
    lab.run(&["repair", "--yes"]).expect(0).says("take the AWS::DynamoDB::Table `users-dev` into the stack");
    lab.run(&[]).expect(0).says("nothing to change");
    assert_ann_is_there(&lab);
}

/// Deploys, and leaves an update of the function and its log group as it failed.
fn leave_a_failed_update(lab: &Lab) {
    lab.run(&[]).expect(0);
    let template = cloudformation(lab, "GetTemplate", json!({"StackName": NAME}))["TemplateBody"].clone();
    let mut template: Value = serde_json::from_str(template.as_str().unwrap()).unwrap();
    template["Resources"]["HelloLambdaFunction"]["Properties"]["MemorySize"] = json!(512);
    template["Resources"]["HelloLogGroup"]["Properties"]["RetentionInDays"] = json!(7);
    template["Resources"]["Bad"] = bad(&["HelloLambdaFunction", "HelloLogGroup"]);
    let update = json!({
        "StackName": NAME, "TemplateBody": template.to_string(), "DisableRollback": true,
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
    });
    cloudformation(lab, "UpdateStack", update);
    assert_eq!(lab.rests(NAME), "UPDATE_FAILED");
}

#[test]
fn a_way_back_goes_on_without_one_gone_resource_after_the_other() {
    let lab = lab();
    leave_a_failed_update(&lab);
    lab.ask("lambda", "DeleteFunction", json!({"FunctionName": "shop-dev-hello"}));
    lab.ask("logs", "DeleteLogGroup", json!({"logGroupName": "/aws/lambda/shop-dev-hello"}));
    cloudformation(&lab, "RollbackStack", json!({"StackName": NAME}));
    assert_eq!(lab.rests(NAME), "UPDATE_ROLLBACK_FAILED");
    lab.run(&[]).expect(1).says("it is UPDATE_ROLLBACK_FAILED");
    lab.run(&["repair", "--plan"]).expect(0).says("continue the way back").says("skip HelloLogGroup");
    assert_eq!(lab.rests(NAME), "UPDATE_ROLLBACK_FAILED", "a plan changes nothing");
    let mended = lab.run(&["repair", "--yes"]).expect(0);
    let mended = mended.says("skip HelloLogGroup").says("skip HelloLambdaFunction").says("did not go back");
    let mended = mended.says("make HelloLambdaFunction (AWS::Lambda::Function) again: `shop-dev-hello` is gone");
    mended.says("make HelloLogGroup (AWS::Logs::LogGroup) again").says("shop is deployed to dev");
    assert_eq!(lab.rests(NAME), "UPDATE_COMPLETE");
    assert!(names(&lab, "ListFunctions").contains(&"shop-dev-hello".to_owned()));
    lab.run(&["drift", "--exit-code"]).expect(0);
    lab.run(&["plan", "--exit-code"]).expect(0);
    lab.run(&["repair"]).expect(0).says("nothing was mended");
    lab.run(&["remove"]).expect(0);
}

#[test]
fn what_somebody_deleted_is_made_again_with_what_was_part_of_it_and_all_else_stays() {
    let lab = lab();
    lab.run(&[]).expect(0);
    put_ann(&lab);
    let api = lab.ask("apigateway", "GetRestApis", json!({})).body["item"][0]["id"].clone();
    lab.ask("lambda", "DeleteFunction", json!({"FunctionName": "shop-dev-hello"}));
    lab.run(&[]).expect(0).says("nothing to change");
    let planned =
        lab.run(&["repair", "--plan"]).expect(0).says("make HelloLambdaFunction (AWS::Lambda::Function) again");
    planned.says("make HelloLambdaPermissionApiGateway (AWS::Lambda::Permission) again");
    lab.run(&["drift", "--exit-code"]).expect(2).says("deleted HelloLambdaFunction");
    lab.run(&["repair", "--yes"]).expect(0).says("shop is deployed to dev");
    lab.run(&["drift", "--exit-code"]).expect(0);
    lab.run(&["plan", "--exit-code"]).expect(0);
    assert_eq!(lab.ask("apigateway", "GetRestApis", json!({})).body["item"][0]["id"], api, "the address stays");
    assert_ann_is_there(&lab);
}

#[test]
fn what_was_left_out_of_a_way_back_and_is_there_is_brought_to_its_template() {
    let lab = lab();
    leave_a_failed_update(&lab);
    // The way back stops at the log group; it is there again before the stack is mended.
    let group = json!({"logGroupName": "/aws/lambda/shop-dev-hello"});
    lab.ask("logs", "DeleteLogGroup", group.clone());
    cloudformation(&lab, "RollbackStack", json!({"StackName": NAME}));
    assert_eq!(lab.rests(NAME), "UPDATE_ROLLBACK_FAILED");
    lab.ask("logs", "CreateLogGroup", group);
    let retention = json!({"logGroupName": "/aws/lambda/shop-dev-hello", "retentionInDays": 30});
    lab.ask("logs", "PutRetentionPolicy", retention);
    let repaired = lab.run(&["repair", "--yes", "--skip", "HelloLogGroup", "--skip", "HelloLambdaFunction"]).expect(0);
    repaired.says("skip HelloLogGroup").says("shop is deployed to dev");
    lab.run(&["drift", "--exit-code"]).expect(0);
    let function = lab.ask("lambda", "GetFunctionConfiguration", json!({"FunctionName": "shop-dev-hello"})).body;
    assert_eq!(function["MemorySize"], 1024);
}

#[test]
fn a_change_set_that_nobody_executed_is_dropped() {
    let lab = lab();
    let request = json!({
        "StackName": NAME, "ChangeSetName": "left", "ChangeSetType": "CREATE",
        "TemplateBody": json!({"Resources": {"Users": table()}}).to_string(),
    });
    cloudformation(&lab, "CreateChangeSet", request);
    assert_eq!(lab.rests(NAME), "REVIEW_IN_PROGRESS");
    lab.run(&["repair", "--plan"]).expect(0).says("drop a change set that was never executed");
    lab.run(&["repair", "--yes"]).expect(0).says("shop is deployed to dev");
    lab.run(&[]).expect(0).says("nothing to change");
}

#[test]
fn a_deletion_that_failed_ends_without_a_bucket_that_nobody_looks_into_and_with_the_data() {
    let lab = lab();
    lab.run(&[]).expect(0);
    put_ann(&lab);
    lab.ask("s3", "PutObject", json!({"Bucket": "shop-files", "Key": "a"}));
    cloudformation(&lab, "DeleteStack", json!({"StackName": NAME}));
    assert_eq!(lab.rests(NAME), "DELETE_FAILED");
    lab.run(&[]).expect(1).says("it is DELETE_FAILED");
    lab.run(&["repair", "--yes"]).expect(0).says("leave behind Files").says("take the AWS::S3::Bucket `shop-files`");
    lab.run(&[]).expect(0).says("nothing to change");
    assert_ann_is_there(&lab);
    let buckets = names(&lab, "ListBuckets");
    assert_eq!(buckets.len(), 2, "the data and one deployment bucket: {buckets:?}");
    let files = lab.ask("s3", "ListObjectsV2", json!({"Bucket": "shop-files"})).body;
    assert_eq!(files["Contents"][0]["Key"], "a");
}

#[test]
fn a_stage_on_an_old_deployment_is_put_on_the_newest() {
    let lab = lab();
    lab.run(&[]).expect(0);
    let apis = lab.ask("apigateway", "GetRestApis", json!({})).body;
    let api = apis["item"][0]["id"].clone();
    lab.ask("apigateway", "CreateDeployment", json!({"restApiId": api, "stageName": "dev"}));
    lab.run(&["repair", "--plan"]).expect(0).says("put the stage `dev`");
    lab.run(&["repair", "--yes"]).expect(0).says("is mended");
    lab.run(&["repair"]).expect(0).says("nothing was mended");
}

#[test]
fn names_that_are_taken_stop_a_deployment_before_it_begins_and_a_plan_names_them() {
    let lab = lab();
    lab.ask("s3", "CreateBucket", json!({"Bucket": "shop-files"}));
    lab.ask("logs", "CreateLogGroup", json!({"logGroupName": "/aws/lambda/shop-dev-hello"}));
    let refused = lab.run(&[]).expect(1).says("error[name-taken]").says("AWS::S3::Bucket `shop-files` already");
    refused.says("AWS::Logs::LogGroup `/aws/lambda/shop-dev-hello` already").says("stack.yaml:").says("deploy repair");
    assert_eq!(names(&lab, "DescribeStacks"), Vec::<String>::new(), "nothing was begun");
    lab.run(&["plan"]).expect(0).says("AWS::S3::Bucket `shop-files` already").says("+ add      Files");
    lab.run(&["repair", "--yes"]).expect(0).says("shop is deployed to dev");
    lab.run(&[]).expect(0).says("nothing to change");

    // In a stack that stands, CloudFormation itself refuses the change set: the plan is there all the same.
    lab.ask("sqs", "CreateQueue", json!({"QueueName": "jobs"}));
    lab.ask("ssm", "PutParameter", json!({"Name": "flag", "Value": "1", "Type": "String"}));
    let more = format!(
        "{STACK}    Flag: {{ Type: \"AWS::SSM::Parameter\", Properties: {{ Name: flag, Type: String, Value: a }} }}\n"
    );
    lab.project().write("stack.yaml", &more);
    let planned = lab.run(&["plan"]).expect(0).says("+ add      Flag");
    planned.says("AWS::SSM::Parameter `flag` already").says("give the resource another name");
    lab.run(&[]).expect(1).says("error[name-taken]");
}
