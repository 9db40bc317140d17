//! DynamoDB, roles and sessions from inside, and the daemon's files.

use std::os::unix::fs::PermissionsExt;

use aws_sdk_sts::error::ProvideErrorMetadata;
use local_aws::daemon::{self, DaemonError, LocalAws};
use local_aws::{Clock, Cloud};
use serde_json::{Value, json};

use crate::support::{local_aws, sdk_config, sdk_config_with};

#[tokio::test]
async fn a_table_keeps_items_and_has_the_account_s_arn() {
    let cloud = Cloud::in_memory(Clock::system()).unwrap();
    let call = |operation: &'static str, input: Value| {
        let cloud = cloud.clone();
        async move { cloud.invoke("dynamodb", operation, "eu-west-1", input).await }
    };
    let table = json!({
        "TableName": "users",
        "AttributeDefinitions": [{ "AttributeName": "email", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "email", "KeyType": "HASH" }],
        "BillingMode": "PAY_PER_REQUEST",
        "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "NEW_IMAGE" },
    });
    let made = call("CreateTable", table).await.unwrap().body;
    let arn = "arn:aws:dynamodb:eu-west-1:000000000000:table/users";
    assert_eq!(made["TableDescription"]["TableArn"], arn);
    let item = json!({ "email": { "S": "santa@example.com" } });
    call("PutItem", json!({ "TableName": arn, "Item": item })).await.unwrap();
    let scanned = call("Scan", json!({ "TableName": "users" })).await.unwrap().body;
    assert_eq!(scanned["Items"], json!([item]));
    let again = json!({ "TableName": "users", "Item": item, "ConditionExpression": "attribute_not_exists(email)" });
    assert_eq!(call("PutItem", again).await.unwrap_err().code, "ConditionalCheckFailedException");
    assert_eq!(call("Scan", json!({ "TableName": "nothing" })).await.unwrap_err().code, "ResourceNotFoundException");
    assert_eq!(call("Scan", json!({})).await.unwrap_err().code, "ValidationException");
    let stream = made["TableDescription"]["LatestStreamArn"].as_str().unwrap();
    let described = call("DescribeStream", json!({ "StreamArn": stream })).await.unwrap().body;
    let shard = described["StreamDescription"]["Shards"][0]["ShardId"].as_str().unwrap();
    assert!(shard.len() >= 28, "{shard}");
    let iterator = json!({ "StreamArn": stream, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON" });
    let iterator = call("GetShardIterator", iterator).await.unwrap().body["ShardIterator"].clone();
    let records = call("GetRecords", json!({ "ShardIterator": iterator })).await.unwrap().body;
    assert_eq!(records["Records"][0]["dynamodb"]["NewImage"], item);
    let other = cloud.invoke("dynamodb", "ListTables", "us-east-1", json!({})).await.unwrap();
    assert_eq!(other.body["TableNames"], json!([]));
}

#[tokio::test]
async fn an_assumed_role_is_who_the_caller_is() {
    let local = local_aws().await;
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Principal": { "Service": "lambda.amazonaws.com" }, "Action": "sts:AssumeRole" }],
    });
    let role = json!({ "RoleName": "worker", "AssumeRolePolicyDocument": trust.to_string() });
    local.cloud().invoke("iam", "CreateRole", "us-east-1", role).await.unwrap();
    let sts = aws_sdk_sts::Client::new(&sdk_config(&local));
    let arn = "arn:aws:iam::000000000000:role/worker";
    let session = sts.assume_role().role_arn(arn).role_session_name("test").send().await.unwrap();
    let given = session.credentials().unwrap();
    let credentials = |token: &str| {
        let token = Some(token.to_owned());
        aws_credential_types::Credentials::new(given.access_key_id(), given.secret_access_key(), token, None, "test")
    };
    let inside = aws_sdk_sts::Client::new(&sdk_config_with(&local, credentials(given.session_token())));
    let identity = inside.get_caller_identity().send().await.unwrap();
    assert_eq!(identity.arn(), Some("arn:aws:sts::000000000000:assumed-role/worker/test"));
    let forged = aws_sdk_sts::Client::new(&sdk_config_with(&local, credentials("forged")));
    assert_eq!(forged.get_caller_identity().send().await.unwrap_err().code(), Some("InvalidClientTokenId"));
    let nobody = sts.assume_role().role_arn(format!("{arn}2")).role_session_name("test").send().await.unwrap_err();
    assert_eq!(nobody.code(), Some("AccessDenied"));
    let policy = json!({ "RoleName": "worker", "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess" });
    local.cloud().invoke("iam", "AttachRolePolicy", "us-east-1", policy.clone()).await.unwrap();
    let delete = || local.cloud().invoke("iam", "DeleteRole", "us-east-1", json!({ "RoleName": "worker" }));
    assert_eq!(delete().await.unwrap_err().code, "DeleteConflict");
    local.cloud().invoke("iam", "DetachRolePolicy", "us-east-1", policy).await.unwrap();
    delete().await.unwrap();
}

#[tokio::test]
async fn what_is_stored_is_there_after_a_restart_on_the_same_port_with_the_same_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("local");
    let first = LocalAws::start(Some(&path)).await.unwrap();
    let found = daemon::find(&path).await.unwrap();
    assert_eq!(found, first.running());
    let mode = |name: &str| std::fs::metadata(path.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(""), mode("credentials.json")), (0o700, 0o600));
    let group = json!({ "logGroupName": "kept" });
    first.cloud().invoke("logs", "CreateLogGroup", "us-east-1", group).await.unwrap();
    assert!(matches!(LocalAws::start(Some(&path)).await, Err(DaemonError::AlreadyRunning { .. })));
    let before = first.running();
    first.stop().await.unwrap();
    assert_eq!(daemon::find(&path).await, None);
    let second = LocalAws::start(Some(&path)).await.unwrap();
    assert_eq!((second.running().endpoint, second.running().access_key_id), (before.endpoint, before.access_key_id));
    let groups = second.cloud().invoke("logs", "DescribeLogGroups", "us-east-1", json!({})).await.unwrap();
    assert_eq!(groups.body["logGroups"][0]["logGroupName"], "kept");
}

#[tokio::test]
async fn a_foreign_server_on_the_port_is_not_taken_for_ours() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, theirs) = (folder.path().join("ours"), folder.path().join("theirs"));
    let first = LocalAws::start(Some(&ours)).await.unwrap();
    let other = LocalAws::start(Some(&theirs)).await.unwrap();
    first.stop().await.unwrap();
    std::fs::write(ours.join("port"), other.running().port.to_string()).unwrap();
    assert_eq!(daemon::find(&ours).await, None);
    let taken = daemon::ensure(&ours, std::path::Path::new("/bin/false")).await.unwrap_err();
    assert!(matches!(taken, DaemonError::PortTaken { .. }), "{taken}");
}

#[tokio::test]
async fn a_state_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = daemon::ensure(&file.join("local"), std::path::Path::new("/bin/false")).await.unwrap_err();
    assert!(matches!(error, DaemonError::StateDir { .. }), "{error}");
    let error = daemon::ensure(&folder.path().join("fine"), std::path::Path::new("/bin/false")).await.unwrap_err();
    assert!(matches!(error, DaemonError::Died { .. }), "{error}");
}
