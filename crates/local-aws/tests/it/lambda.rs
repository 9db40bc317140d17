//! The Lambda service: functions from zip to answer, and behind an API.

use std::io::Write;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Request;
use local_aws::wire::{Call, Output};
use local_aws::{Clock, Cloud, gateway};
use serde_json::{Value, json};

pub(super) const REGION: &str = "us-east-1";

fn zip_of(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Stored)
        .unix_permissions(0o755);
    writer.start_file(name, options).unwrap();
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap().into_inner()
}

/// Code that runs the test function.
fn code() -> Value {
    let script = format!("#!/bin/sh\nexec {}\n", env!("CARGO_BIN_EXE_local-aws-test-function"));
    json!({"ZipFile": STANDARD.encode(zip_of("bootstrap", script.as_bytes()))})
}

pub async fn cloud() -> Arc<Cloud> {
    let cloud = Cloud::in_memory(Clock::system()).unwrap();
    for (name, service) in [("lambda", "lambda.amazonaws.com"), ("other", "ec2.amazonaws.com")] {
        let trust = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole",
        }]});
        let role = json!({"RoleName": name, "AssumeRolePolicyDocument": trust.to_string()});
        cloud.invoke("iam", "CreateRole", REGION, role).await.unwrap();
    }
    cloud
}

pub fn function(change: impl FnOnce(&mut Value)) -> Value {
    let mut input = json!({
        "FunctionName": "echo",
        "Role": "arn:aws:iam::000000000000:role/lambda",
        "Runtime": "provided.al2023",
        "Handler": "bootstrap",
        "Code": code(),
    });
    change(&mut input);
    input
}

async fn invoke(cloud: &Arc<Cloud>, input: Value, event: &str) -> Output {
    let call = Call::internal("lambda", "Invoke", REGION, input, Bytes::from(event.to_owned()));
    cloud.answer(call).await.unwrap()
}

fn header<'a>(output: &'a Output, name: &str) -> Option<&'a str> {
    output.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

#[tokio::test]
async fn a_function_is_created_invoked_and_gone() {
    let cloud = cloud().await;
    let made = cloud.invoke("lambda", "CreateFunction", REGION, function(|_| {})).await.unwrap();
    assert_eq!(made.status, 201);
    assert_eq!(made.body["FunctionArn"], "arn:aws:lambda:us-east-1:000000000000:function:echo");
    assert_eq!((made.body["Timeout"].clone(), made.body["MemorySize"].clone()), (json!(3), json!(128)));
    let output = invoke(&cloud, json!({"FunctionName": "echo", "LogType": "Tail"}), "{\"a\":1}").await;
    let answer: Value = serde_json::from_slice(output.payload.as_ref().unwrap()).unwrap();
    assert_eq!(answer["event"], json!({"a": 1}));
    assert_eq!(header(&output, "X-Amz-Executed-Version"), Some("$LATEST"));
    assert_eq!(header(&output, "X-Amz-Function-Error"), None);
    let log = STANDARD.decode(header(&output, "X-Amz-Log-Result").unwrap()).unwrap();
    assert!(String::from_utf8(log).unwrap().contains("REPORT RequestId: "));
    let failed = invoke(&cloud, json!({"FunctionName": "echo"}), "\"error\"").await;
    assert_eq!(header(&failed, "X-Amz-Function-Error"), Some("Unhandled"));
    cloud.invoke("lambda", "DeleteFunction", REGION, json!({"FunctionName": "echo"})).await.unwrap();
    let gone = cloud.invoke("lambda", "GetFunction", REGION, json!({"FunctionName": "echo"})).await.unwrap_err();
    assert_eq!((gone.code.as_str(), gone.status), ("ResourceNotFoundException", 404));
    assert_eq!(gone.message, "Function not found: arn:aws:lambda:us-east-1:000000000000:function:echo");
    let left = std::fs::read_dir(cloud.config.state_dir.join("lambda/code")).unwrap().count();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn what_aws_refuses_is_refused() {
    let cloud = cloud().await;
    let create = async |change: &dyn Fn(&mut Value)| {
        cloud.invoke("lambda", "CreateFunction", REGION, function(change)).await.unwrap_err().message
    };
    let role = create(&|input| input["Role"] = json!("arn:aws:iam::000000000000:role/none")).await;
    assert_eq!(role, "The role defined for the function cannot be assumed by Lambda.");
    let role = create(&|input| input["Role"] = json!("arn:aws:iam::000000000000:role/other")).await;
    assert_eq!(role, "The role defined for the function cannot be assumed by Lambda.");
    assert!(create(&|input| input["Runtime"] = json!("python2.7")).await.contains("is no longer supported"));
    let code = create(&|input| input["Code"] = json!({"S3Bucket": "none", "S3Key": "x.zip"})).await;
    assert!(code.starts_with("Error occurred while GetObject. S3 Error Code: NoSuchBucket."), "{code}");
    let code = create(&|input| input["Code"] = json!({"ZipFile": STANDARD.encode("hello")})).await;
    assert!(code.starts_with("Could not unzip uploaded file."), "{code}");
    let memory = create(&|input| input["MemorySize"] = json!(64)).await;
    assert_eq!(
        memory,
        "1 validation error detected: Value '64' at 'memorySize' failed to satisfy constraint: Member must have value greater than or equal to 128"
    );
    let name = create(&|input| input["FunctionName"] = json!("x".repeat(65))).await;
    assert!(name.contains("'functionName' failed to satisfy constraint"), "{name}");
    assert!(
        create(&|input| input["Environment"] = json!({"Variables": {"AWS_REGION": "x"}}))
            .await
            .contains("reserved keys")
    );
    assert!(create(&|input| input["PackageType"] = json!("Image")).await.contains("container images"));
    assert!(create(&|input| input["Strange"] = json!(1)).await.contains("does not support Strange"));
    cloud.invoke("lambda", "CreateFunction", REGION, function(|_| {})).await.unwrap();
    assert_eq!(create(&|_| {}).await, "Function already exist: echo");
}

#[tokio::test]
async fn versions_stay_and_aliases_lead_to_them() {
    let cloud = cloud().await;
    let call =
        async |operation: &str, input: Value| cloud.invoke("lambda", operation, REGION, input).await.unwrap().body;
    call("CreateFunction", function(|input| input["Publish"] = json!(true))).await;
    let again = call("PublishVersion", json!({"FunctionName": "echo"})).await;
    assert_eq!(again["Version"], "1");
    call("UpdateFunctionConfiguration", json!({"FunctionName": "echo", "Timeout": 9})).await;
    assert_eq!(call("PublishVersion", json!({"FunctionName": "echo"})).await["Version"], "2");
    call("CreateAlias", json!({"FunctionName": "echo", "Name": "live", "FunctionVersion": "1"})).await;
    let live = call("GetFunctionConfiguration", json!({"FunctionName": "echo:live"})).await;
    assert_eq!((live["Version"].clone(), live["Timeout"].clone()), (json!("1"), json!(3)));
    let output = invoke(&cloud, json!({"FunctionName": "echo", "Qualifier": "live"}), "{}").await;
    assert_eq!(header(&output, "X-Amz-Executed-Version"), Some("1"));
    let taken = json!({"FunctionName": "echo", "Qualifier": "1"});
    let taken = cloud.invoke("lambda", "DeleteFunction", REGION, taken).await.unwrap_err();
    assert_eq!(taken.code, "ResourceConflictException");
    assert_eq!(
        call("ListVersionsByFunction", json!({"FunctionName": "echo"})).await["Versions"].as_array().unwrap().len(),
        3
    );
}

#[tokio::test]
async fn a_proxied_function_needs_the_permission() {
    let cloud = cloud().await;
    let call = async |service: &str, operation: &str, input: Value| {
        cloud.invoke(service, operation, REGION, input).await.unwrap().body
    };
    call("lambda", "CreateFunction", function(|_| {})).await;
    let api = call("apigateway", "CreateRestApi", json!({"name": "api"})).await;
    let (id, root) = (api["id"].as_str().unwrap(), api["rootResourceId"].clone());
    let address = json!({"restApiId": id, "resourceId": root, "httpMethod": "ANY"});
    let with = |more: Value| {
        let mut all = address.clone();
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    call("apigateway", "PutMethod", with(json!({"authorizationType": "NONE"}))).await;
    let function = "arn:aws:lambda:us-east-1:000000000000:function:echo";
    let uri = format!("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations");
    let integration = json!({"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": uri});
    call("apigateway", "PutIntegration", with(integration)).await;
    call("apigateway", "CreateDeployment", json!({"restApiId": id, "stageName": "dev"})).await;
    let send = async || {
        let request = Request::builder().method("POST").uri(format!("/_aws/execute-api/{id}/dev/?q=1&q=2"));
        let request = request.header("host", "h:1").body(Bytes::from_static(b"hello")).unwrap();
        gateway::handle(&cloud, request).await.unwrap()
    };
    let refused = send().await;
    assert_eq!(refused.status(), 500);
    assert!(
        refused.headers()["x-local-aws-reason"].to_str().unwrap().starts_with("Invalid permissions on Lambda function")
    );
    let permission = json!({
        "FunctionName": "echo", "StatementId": "api", "Action": "lambda:InvokeFunction",
        "Principal": "apigateway.amazonaws.com",
        "SourceArn": format!("arn:aws:execute-api:us-east-1:000000000000:{id}/*/*"),
    });
    call("lambda", "AddPermission", permission).await;
    // The test function's answer is no proxy answer: AWS says 502.
    let malformed = send().await;
    assert_eq!(malformed.status(), 502);
    assert_eq!(malformed.body().as_ref(), b"{\"message\":\"Internal server error\"}");
}
