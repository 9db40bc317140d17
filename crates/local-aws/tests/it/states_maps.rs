//! Step Functions: distributed Maps that read from S3 and write there, map runs, redrives, and logs.

use std::sync::Arc;

use bytes::Bytes;
use local_aws::Cloud;
use local_aws::wire::Call;
use serde_json::{Value, json};

use crate::states::{ask, cloud, ended, events, history, machine, parsed, start, tell};

const REGION: &str = "us-east-1";

async fn object(cloud: &Arc<Cloud>, key: &str, text: &str) {
    bytes(cloud, key, text.as_bytes().to_vec()).await;
}

async fn bytes(cloud: &Arc<Cloud>, key: &str, content: Vec<u8>) {
    let input = json!({"Bucket": "data", "Key": key});
    let call = Call::internal("s3", "PutObject", REGION, input, Bytes::from(content));
    cloud.answer(call).await.expect("an object is put");
}

fn packed(text: &str) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

async fn text(cloud: &Arc<Cloud>, key: &str) -> String {
    let input = json!({"Bucket": "data", "Key": key});
    let output = cloud.invoke("s3", "GetObject", REGION, input).await.expect("the object is there");
    String::from_utf8(output.payload.expect("a body").to_vec()).expect("text")
}

async fn with_bucket() -> Arc<Cloud> {
    let cloud = cloud();
    cloud.invoke("s3", "CreateBucket", REGION, json!({"Bucket": "data"})).await.expect("a bucket");
    cloud
}

fn map(more: Value) -> Value {
    let mut map = json!({
        "Type": "Map",
        "Label": "each",
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "P",
            "States": {"P": {"Type": "Pass", "End": true}},
        },
        "End": true,
    });
    map.as_object_mut().expect("a state").extend(more.as_object().expect("members").clone());
    json!({"M": map})
}

fn reader(action: &str, config: Value, parameters: Value) -> Value {
    let resource = format!("arn:aws:states:::s3:{action}");
    let mut reader = json!({"Resource": resource, "Parameters": parameters});
    if !config.is_null() {
        reader["ReaderConfig"] = config;
    }
    json!({"ItemReader": reader})
}

#[tokio::test]
async fn items_are_read_from_every_kind_of_object() {
    let cloud = with_bucket().await;
    object(&cloud, "list.json", "[1,2,3]").await;
    object(&cloud, "deep.json", r#"{"a":{"b":[4,5]}}"#).await;
    object(&cloud, "lines.jsonl", "{\"n\":1}\n{\"n\":2}\n").await;
    object(&cloud, "table.csv", "a,b\n1,x\n2,\"y, z\"\n").await;
    bytes(&cloud, "packed.jsonl.gz", packed("{\"n\":1}\n")).await;
    bytes(&cloud, "inv/data/1.csv.gz", packed("\"src\",\"a/b\",\"12\"\n\"src\",\"c\",\"0\"\n")).await;
    let inventory = json!({
        "sourceBucket": "src",
        "destinationBucket": "arn:aws:s3:::data",
        "fileFormat": "CSV",
        "fileSchema": "Bucket, Key, Size",
        "files": [{"key": "inv/data/1.csv.gz", "size": 1, "MD5checksum": "x"}],
    });
    object(&cloud, "inv/manifest.json", &inventory.to_string()).await;
    object(&cloud, "unloaded.csv", "s3://data/lines.jsonl\ns3://data/packed.jsonl.gz\n").await;
    let at = |key: &str| json!({"Bucket": "data", "Key": key});
    let stock = json!([{"Bucket": "src", "Key": "a/b", "Size": "12"}, {"Bucket": "src", "Key": "c", "Size": "0"}]);
    let cases = [
        (json!({"InputType": "MANIFEST"}), at("inv/manifest.json"), stock.clone()),
        (json!({"ManifestType": "S3_INVENTORY"}), at("inv/manifest.json"), stock),
        (
            json!({"ManifestType": "ATHENA_DATA", "InputType": "JSONL"}),
            at("unloaded.csv"),
            json!([{"n": 1}, {"n": 2}, {"n": 1}]),
        ),
        (json!({"InputType": "JSON"}), at("list.json"), json!([1, 2, 3])),
        (json!({"InputType": "JSON", "MaxItems": 2}), at("list.json"), json!([1, 2])),
        (json!({"InputType": "JSON", "ItemsPointer": "/a/b"}), at("deep.json"), json!([4, 5])),
        (json!({"InputType": "JSONL"}), at("lines.jsonl"), json!([{"n": 1}, {"n": 2}])),
        (
            json!({"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}),
            at("table.csv"),
            json!([{"a": "1", "b": "x"}, {"a": "2", "b": "y, z"}]),
        ),
        (
            json!({"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["k", "v"], "MaxItems": 1}),
            at("table.csv"),
            json!([{"k": "a", "v": "b"}]),
        ),
    ];
    for (index, (config, parameters, wanted)) in cases.into_iter().enumerate() {
        let states = map(reader("getObject", config, parameters));
        let machine = machine(&cloud, &format!("reader-{index}"), "STANDARD", states).await;
        let described = ended(&cloud, &start(&cloud, &machine, json!({})).await).await;
        assert_eq!(parsed(&described["output"]), wanted, "{described}");
    }
    let states = map(reader("listObjectsV2", Value::Null, json!({"Bucket": "data", "Prefix": "l"})));
    let machine = machine(&cloud, "lister", "STANDARD", states).await;
    let listed = parsed(&ended(&cloud, &start(&cloud, &machine, json!({})).await).await["output"]);
    let keys: Vec<&Value> = listed.as_array().expect("objects").iter().map(|object| &object["Key"]).collect();
    assert_eq!(keys, ["lines.jsonl", "list.json"]);
    assert_eq!(listed[1]["Size"], 7);
}

#[tokio::test]
async fn an_object_that_is_not_there_fails_the_map() {
    let cloud = with_bucket().await;
    let states = map(reader("getObject", json!({"InputType": "JSON"}), json!({"Bucket": "data", "Key": "none"})));
    let machine = machine(&cloud, "missing", "STANDARD", states).await;
    let arn = start(&cloud, &machine, json!({})).await;
    let described = ended(&cloud, &arn).await;
    assert_eq!((&described["status"], &described["error"]), (&json!("FAILED"), &json!("States.ItemReaderFailed")));
}

#[tokio::test]
async fn results_are_written_with_a_manifest() {
    let cloud = with_bucket().await;
    let failing = json!({
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "C",
            "States": {
                "C": {"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 2, "Next": "F"}], "Default": "S"},
                "F": {"Type": "Fail", "Error": "Two", "Cause": "is not taken"},
                "S": {"Type": "Succeed"},
            },
        },
        "ToleratedFailureCount": 1,
        "ResultWriter": {
            "Resource": "arn:aws:states:::s3:putObject",
            "Parameters": {"Bucket": "data", "Prefix": "results"},
        },
    });
    let machine = machine(&cloud, "writer", "STANDARD", map(failing)).await;
    let arn = start(&cloud, &machine, json!([1, 2, 3])).await;
    let output = parsed(&ended(&cloud, &arn).await["output"]);
    let run = output["MapRunArn"].as_str().expect("a map run").to_owned();
    let place = &output["ResultWriterDetails"];
    let id = run.rsplit(':').next().expect("an id");
    assert_eq!(place, &json!({"Bucket": "data", "Key": format!("results/{id}/manifest.json")}));
    let manifest: Value =
        serde_json::from_str(&text(&cloud, place["Key"].as_str().expect("a key")).await).expect("JSON");
    assert_eq!((&manifest["DestinationBucket"], &manifest["MapRunArn"]), (&json!("data"), &json!(run)));
    let files = &manifest["ResultFiles"];
    assert_eq!(files["PENDING"], json!([]));
    let good = text(&cloud, files["SUCCEEDED"][0]["Key"].as_str().expect("a key")).await;
    assert_eq!(files["SUCCEEDED"][0]["Size"], good.len());
    let good: Value = serde_json::from_str(&good).expect("JSON");
    let outputs: Vec<&Value> = good.as_array().expect("records").iter().map(|record| &record["Output"]).collect();
    assert_eq!(outputs, ["1", "3"]);
    let bad = text(&cloud, files["FAILED"][0]["Key"].as_str().expect("a key")).await;
    let bad: Value = serde_json::from_str(&bad).expect("JSON");
    assert_eq!((&bad[0]["Error"], &bad[0]["Status"]), (&json!("Two"), &json!("FAILED")));
    let described = tell(&cloud, "DescribeMapRun", json!({"mapRunArn": run})).await;
    let counts = &described["itemCounts"];
    assert_eq!((&counts["succeeded"], &counts["failed"], &counts["resultsWritten"]), (&json!(2), &json!(1), &json!(3)));
    assert_eq!((&counts["failuresNotRedrivable"], &counts["pendingRedrive"]), (&json!(0), &json!(0)));
}

fn activity_map(activity: &Value, more: Value) -> Value {
    let processor = json!({
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "W",
        "States": {"W": {"Type": "Task", "Resource": activity, "End": true}},
    });
    let mut states = map(json!({"ItemProcessor": processor, "MaxConcurrency": 1}));
    states["M"].as_object_mut().expect("a state").extend(more.as_object().expect("members").clone());
    states
}

#[tokio::test]
async fn a_map_run_under_way_takes_new_limits() {
    let cloud = cloud();
    let activity = tell(&cloud, "CreateActivity", json!({"name": "item"})).await["activityArn"].clone();
    let machine = machine(&cloud, "limited", "STANDARD", activity_map(&activity, json!({}))).await;
    let arn = start(&cloud, &machine, json!([1, 2, 3])).await;
    let runs = tell(&cloud, "ListMapRuns", json!({"executionArn": arn})).await;
    let run = runs["mapRuns"][0]["mapRunArn"].clone();
    let running =
        async || tell(&cloud, "DescribeMapRun", json!({"mapRunArn": run})).await["itemCounts"]["running"].clone();
    assert_eq!(running().await, 1);
    let nothing = ask(&cloud, "UpdateMapRun", json!({"mapRunArn": run})).await.unwrap_err();
    assert_eq!(nothing.code, "ValidationException");
    let beyond = ask(&cloud, "UpdateMapRun", json!({"mapRunArn": run, "toleratedFailurePercentage": 101.0})).await;
    assert!(beyond.unwrap_err().message.contains("toleratedFailurePercentage"));
    let update = json!({"mapRunArn": run, "maxConcurrency": 2, "toleratedFailureCount": 1});
    tell(&cloud, "UpdateMapRun", update).await;
    assert_eq!(running().await, 2);
    let described = tell(&cloud, "DescribeMapRun", json!({"mapRunArn": run})).await;
    assert_eq!((&described["maxConcurrency"], &described["toleratedFailureCount"]), (&json!(2), &json!(1)));
    for failing in [true, false, false] {
        let task = tell(&cloud, "GetActivityTask", json!({"activityArn": activity})).await;
        let token = &task["taskToken"];
        match failing {
            true => tell(&cloud, "SendTaskFailure", json!({"taskToken": token, "error": "No"})).await,
            false => tell(&cloud, "SendTaskSuccess", json!({"taskToken": token, "output": task["input"]})).await,
        };
    }
    assert_eq!(ended(&cloud, &arn).await["status"], "SUCCEEDED");
    let child = tell(&cloud, "ListExecutions", json!({"mapRunArn": run, "statusFilter": "FAILED"})).await;
    let child = &child["executions"][0]["executionArn"];
    let described = tell(&cloud, "DescribeStateMachineForExecution", json!({"executionArn": child})).await;
    assert_eq!((&described["mapRunArn"], &described["label"]), (&run, &json!("each")));
    assert_eq!(parsed(&described["definition"])["StartAt"], "W");
    let gone = json!({"mapRunArn": format!("{}x", run.as_str().expect("an ARN")), "maxConcurrency": 1});
    assert_eq!(ask(&cloud, "UpdateMapRun", gone).await.unwrap_err().code, "ResourceNotFound");
}

#[tokio::test]
async fn a_failed_execution_is_redriven_from_where_it_failed() {
    let cloud = cloud();
    let activity = tell(&cloud, "CreateActivity", json!({"name": "again"})).await["activityArn"].clone();
    let states = json!({
        "First": {"Type": "Pass", "Result": {"n": 1}, "Next": "Work"},
        "Work": {"Type": "Task", "Resource": activity, "End": true},
    });
    let machine = machine(&cloud, "redriven", "STANDARD", states).await;
    let arn = start(&cloud, &machine, json!({})).await;
    let refused = ask(&cloud, "RedriveExecution", json!({"executionArn": arn})).await.unwrap_err();
    assert_eq!(
        (refused.code.as_str(), refused.message.as_str()),
        ("ExecutionNotRedrivable", "Execution is RUNNING and cannot be redriven")
    );
    let work = async |operation: &str, more: Value| {
        let task = tell(&cloud, "GetActivityTask", json!({"activityArn": activity})).await;
        assert_eq!(task["input"], "{\"n\":1}");
        let mut input = json!({"taskToken": task["taskToken"]});
        input.as_object_mut().expect("members").extend(more.as_object().expect("members").clone());
        tell(&cloud, operation, input).await;
    };
    work("SendTaskFailure", json!({"error": "Oops"})).await;
    let failed = ended(&cloud, &arn).await;
    assert_eq!((&failed["status"], &failed["redriveStatus"]), (&json!("FAILED"), &json!("REDRIVABLE")));
    assert!(failed.get("redriveStatusReason").is_none());
    let redriven = tell(&cloud, "RedriveExecution", json!({"executionArn": arn, "clientToken": "t"})).await;
    let again = tell(&cloud, "RedriveExecution", json!({"executionArn": arn, "clientToken": "t"})).await;
    assert_eq!(redriven, again);
    let running = tell(&cloud, "DescribeExecution", json!({"executionArn": arn})).await;
    assert_eq!((&running["status"], &running["redriveCount"]), (&json!("RUNNING"), &json!(1)));
    assert_eq!(running["redriveDate"], redriven["redriveDate"]);
    assert!(running.get("stopDate").is_none() && running.get("error").is_none());
    work("SendTaskSuccess", json!({"output": "\"done\""})).await;
    let described = ended(&cloud, &arn).await;
    assert_eq!((&described["status"], &described["output"]), (&json!("SUCCEEDED"), &json!("\"done\"")));
    assert_eq!(described["redriveStatusReason"], "Execution is SUCCEEDED and cannot be redriven");
    let seen = events(&cloud, &arn).await;
    assert_eq!(seen.iter().filter(|kind| *kind == "PassStateEntered").count(), 1);
    assert!(seen.contains(&"ExecutionRedriven".to_owned()));
    assert_eq!(seen.last().map(String::as_str), Some("ExecutionSucceeded"));
    for (filter, count) in [("REDRIVEN", 1), ("NOT_REDRIVEN", 0)] {
        let listed = tell(&cloud, "ListExecutions", json!({"stateMachineArn": machine, "redriveFilter": filter})).await;
        assert_eq!(listed["executions"].as_array().map(Vec::len), Some(count), "{filter}");
    }
}

async fn logged(cloud: &Arc<Cloud>, level: &str, include: bool, states: Value) -> Vec<Value> {
    let group = format!("/aws/vendedlogs/states/{level}-{include}");
    cloud.invoke("logs", "CreateLogGroup", REGION, json!({"logGroupName": group})).await.expect("a group");
    let start_at = states.as_object().and_then(|states| states.keys().next()).expect("a state").clone();
    let arn = format!("arn:aws:logs:{REGION}:000000000000:log-group:{group}:*");
    let made = json!({
        "name": format!("{level}-{include}"),
        "definition": json!({"StartAt": start_at, "States": states}).to_string(),
        "roleArn": "arn:aws:iam::000000000000:role/states",
        "loggingConfiguration": {
            "level": level,
            "includeExecutionData": include,
            "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": arn}}],
        },
    });
    let machine = tell(cloud, "CreateStateMachine", made).await["stateMachineArn"].as_str().expect("an ARN").to_owned();
    let execution = start(cloud, &machine, json!({"k": 1})).await;
    ended(cloud, &execution).await;
    let count = history(cloud, &execution).await.len();
    // The lines are put by a writer of its own: they are there when it has had its turn.
    let mut lines = Vec::new();
    for _ in 0..200 {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        let found = cloud.invoke("logs", "FilterLogEvents", REGION, json!({"logGroupName": group})).await;
        let found = found.expect("events").body["events"].as_array().cloned().unwrap_or_default();
        let of_executions = found
            .iter()
            .filter(|event| event["logStreamName"].as_str().is_some_and(|name| name.starts_with("states/")));
        lines = of_executions.map(|event| parsed(&event["message"])).collect();
        if level == "ALL" && lines.len() == count {
            break;
        }
    }
    lines
}

#[tokio::test(start_paused = true)]
async fn executions_are_logged_as_their_level_says() {
    let cloud = cloud();
    let fail = json!({"F": {"Type": "Fail", "Error": "E", "Cause": "c"}});
    let kinds = |lines: &[Value]| lines.iter().map(|line| line["type"].clone()).collect::<Vec<Value>>();
    let all = logged(&cloud, "ALL", true, fail.clone()).await;
    assert_eq!(kinds(&all), ["ExecutionStarted", "FailStateEntered", "ExecutionFailed"]);
    let first = &all[0];
    assert_eq!(
        (&first["id"], &first["previous_event_id"], &first["redrive_count"]),
        (&json!("1"), &json!("0"), &json!("0"))
    );
    assert_eq!(first["details"]["input"], "{\"k\":1}");
    assert_eq!(all[2]["details"], json!({"cause": "c", "error": "E"}));
    let bare = logged(&cloud, "ALL", false, fail.clone()).await;
    assert_eq!(bare[0]["details"], json!({"roleArn": "arn:aws:iam::000000000000:role/states"}));
    assert_eq!(kinds(&logged(&cloud, "ERROR", false, fail.clone()).await), ["FailStateEntered", "ExecutionFailed"]);
    assert_eq!(kinds(&logged(&cloud, "FATAL", false, fail).await), ["ExecutionFailed"]);
    let pass = json!({"P": {"Type": "Pass", "End": true}});
    assert!(logged(&cloud, "ERROR", true, pass).await.is_empty());
    // That a log group can be written to is shown in it by a stream of its own, once.
    let group = json!({"logGroupName": "/aws/vendedlogs/states/ERROR-true"});
    let streams = cloud.invoke("logs", "DescribeLogStreams", REGION, group).await.expect("streams").body;
    let names: Vec<&Value> =
        streams["logStreams"].as_array().expect("streams").iter().map(|s| &s["logStreamName"]).collect();
    assert_eq!(names, ["log_stream_created_by_aws_to_validate_log_delivery_subscriptions"]);
}
