//! Functions as processes: what an invocation answers, what it logs, and that nothing is left behind.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use local_aws::runtime::pool::{Concurrency, Throttled};
use local_aws::runtime::{Invocation, Request, Spec};
use local_aws::{Clock, Cloud};
use serde_json::{Value, json};

const FREE: Concurrency = Concurrency { reserved: None, account: 1000 };

struct Stage {
    cloud: Arc<Cloud>,
    spec: Spec,
    _code: tempfile::TempDir,
}

impl Stage {
    /// A function of the test program, with the settings that `set` changes.
    fn new(set: impl FnOnce(&mut Spec)) -> Stage {
        let code = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_local-aws-test-function"), code.path().join("bootstrap"))
            .unwrap();
        Stage::with_code(code, set)
    }

    fn with_code(code: tempfile::TempDir, set: impl FnOnce(&mut Spec)) -> Stage {
        let cloud = Cloud::in_memory(Clock::system()).unwrap();
        let mut spec = Spec {
            account: "000000000000".to_owned(),
            region: "us-east-1".to_owned(),
            name: "echo".to_owned(),
            version: "$LATEST".to_owned(),
            function_arn: "arn:aws:lambda:us-east-1:000000000000:function:echo".to_owned(),
            revision: "1".to_owned(),
            runtime: "provided.al2023".to_owned(),
            handler: "bootstrap".to_owned(),
            timeout_s: 20,
            memory_mb: 256,
            environment: BTreeMap::new(),
            task_root: code.path().to_owned(),
            opt: None,
            work_dir: cloud.config.state_dir.join("work"),
            log_group: "/aws/lambda/echo".to_owned(),
            log_format: "Text".to_owned(),
            endpoint: "http://127.0.0.1:1".to_owned(),
            access_key_id: "key".to_owned(),
            secret_access_key: "secret".to_owned(),
        };
        set(&mut spec);
        Stage { cloud, spec, _code: code }
    }

    async fn invoke(&self, event: Value) -> Invocation {
        self.within(event, FREE).await.unwrap()
    }

    async fn within(&self, event: Value, limits: Concurrency) -> Result<Invocation, Throttled> {
        let request = Request {
            request_id: "11111111-2222-3333-4444-555555555555".to_owned(),
            payload: Bytes::from(event.to_string()),
            invoked_arn: self.spec.function_arn.clone(),
            client_context: None,
            trace: "Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0".to_owned(),
        };
        let spec = Arc::new(self.spec.clone());
        self.cloud.lambda.runtime.invoke(&self.cloud, &spec, &request, limits).await
    }
}

fn output(invocation: &Invocation) -> Value {
    serde_json::from_slice(invocation.result.as_ref().unwrap()).unwrap()
}

fn failure(invocation: &Invocation) -> Value {
    serde_json::from_slice(&invocation.result.as_ref().unwrap_err().document).unwrap()
}

async fn until_gone(id: u64) {
    for _ in 0..500 {
        let state = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        if state.is_empty() || state.contains(") Z ") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("process {id} is still there");
}

#[tokio::test]
async fn a_warm_process_takes_the_next_event() {
    let stage = Stage::new(|_| {});
    assert_eq!(output(&stage.invoke(json!({"a": 1})).await), json!({"served": 1, "event": {"a": 1}}));
    assert_eq!(output(&stage.invoke(json!({"b": "ü"})).await), json!({"served": 2, "event": {"b": "ü"}}));
    assert_eq!(stage.cloud.lambda.runtime.warm(), 1);
}

#[tokio::test]
async fn a_changed_function_gets_a_new_process() {
    let mut stage = Stage::new(|_| {});
    stage.invoke(json!({})).await;
    stage.spec.revision = "2".to_owned();
    assert_eq!(output(&stage.invoke(json!({})).await)["served"], 1);
    stage.cloud.lambda.runtime.retire(&stage.spec.function_arn);
    assert_eq!(stage.cloud.lambda.runtime.warm(), 0);
}

#[tokio::test]
async fn start_end_and_report_frame_what_the_function_prints() {
    let invocation = Stage::new(|_| {}).invoke(json!("print")).await;
    let lines: Vec<&str> = invocation.log.lines().collect();
    assert!(lines[0].starts_with("INIT_START Runtime Version: provided:al2023.v1\tRuntime Version ARN: "), "{lines:?}");
    let id = "11111111-2222-3333-4444-555555555555";
    assert_eq!(lines[1], format!("START RequestId: {id} Version: $LATEST"));
    assert_eq!(lines[2..6], ["one", "two", "three", "four"]);
    assert_eq!(lines[6], format!("END RequestId: {id}"));
    assert!(lines[7].starts_with(&format!("REPORT RequestId: {id}\tDuration: ")), "{lines:?}");
    assert!(lines[7].contains(" ms\tMemory Size: 256 MB\tMax Memory Used: "), "{lines:?}");
    assert!(lines[7].contains("\tInit Duration: "), "{lines:?}");
    assert_eq!(lines.len(), 8);
}

#[tokio::test]
async fn a_function_that_takes_too_long_is_killed_in_lambdas_words() {
    let stage = Stage::new(|spec| spec.timeout_s = 1);
    let invocation = stage.invoke(json!("sleep")).await;
    let id = "11111111-2222-3333-4444-555555555555";
    let expected = format!(
        "{{\"errorType\":\"Sandbox.Timedout\",\"errorMessage\":\"RequestId: {id} Error: Task timed out after 1.00 seconds\"}}"
    );
    assert_eq!(invocation.result.as_ref().unwrap_err().document, expected);
    let line = invocation.log.lines().find(|line| line.contains("timed out")).unwrap();
    assert!(line.ends_with(&format!("Z {id} Task timed out after 1.00 seconds")), "{line}");
    assert!(invocation.log.contains("\tStatus: timeout"));
    assert!(invocation.log.contains("going to sleep"));
    assert_eq!(stage.cloud.lambda.runtime.warm(), 0);
}

#[tokio::test]
async fn a_function_that_ends_is_an_exit_error() {
    let stage = Stage::new(|_| {});
    let invocation = stage.invoke(json!("exit")).await;
    assert_eq!(failure(&invocation)["errorType"], "Runtime.ExitError");
    let message = failure(&invocation)["errorMessage"].as_str().unwrap().to_owned();
    assert!(message.ends_with(" Error: Runtime exited with error: exit status 3"), "{message}");
    assert!(invocation.log.contains("leaving\n"));
    let quiet = failure(&stage.invoke(json!("leave")).await)["errorMessage"].as_str().unwrap().to_owned();
    assert!(quiet.ends_with(" Error: Runtime exited without providing a reason"), "{quiet}");
}

#[tokio::test]
async fn a_function_that_uses_more_memory_than_it_has_is_killed() {
    let invocation = Stage::new(|spec| spec.memory_mb = 128).invoke(json!("allocate")).await;
    assert_eq!(failure(&invocation)["errorType"], "Runtime.OutOfMemory");
    assert!(invocation.log.contains("Max Memory Used: 128 MB"), "{}", invocation.log);
}

#[tokio::test]
async fn an_error_of_the_function_is_its_own_document_and_keeps_the_process() {
    let stage = Stage::new(|_| {});
    let invocation = stage.invoke(json!("error")).await;
    assert_eq!(failure(&invocation), json!({"errorType": "Test.Refused", "errorMessage": "I will not"}));
    assert_eq!(output(&stage.invoke(json!({})).await)["served"], 2);
}

#[tokio::test]
async fn a_result_over_six_megabytes_is_refused() {
    let invocation = Stage::new(|_| {}).invoke(json!("large")).await;
    assert_eq!(failure(&invocation)["errorType"], "Function.ResponseSizeTooLarge");
}

#[tokio::test]
async fn a_function_that_cannot_start_says_why() {
    let exits = Stage::new(|spec| drop(spec.environment.insert("INIT".to_owned(), "exit".to_owned())));
    let invocation = exits.invoke(json!({})).await;
    let message = failure(&invocation)["errorMessage"].as_str().unwrap().to_owned();
    assert!(message.ends_with(" Error: Runtime exited with error: exit status 7"), "{message}");
    assert!(invocation.log.contains("INIT_REPORT Init Duration: "), "{}", invocation.log);
    let fails = Stage::new(|spec| drop(spec.environment.insert("INIT".to_owned(), "error".to_owned())));
    assert_eq!(failure(&fails.invoke(json!({})).await)["errorType"], "Test.Init");
}

#[tokio::test]
async fn code_without_a_usable_bootstrap_is_an_invalid_entry_point() {
    let nothing = Stage::with_code(tempfile::tempdir().unwrap(), |_| {});
    let invocation = nothing.invoke(json!({})).await;
    assert_eq!(failure(&invocation)["errorType"], "Runtime.InvalidEntrypoint");
    assert!(failure(&invocation)["errorMessage"].as_str().unwrap().contains("Couldn't find valid bootstrap(s)"));
    for (content, mode, reason) in [("#!/bin/sh\n", 0o644, "permission denied"), ("hello", 0o755, "exec format error")]
    {
        let code = tempfile::tempdir().unwrap();
        write(&code.path().join("bootstrap"), content, mode);
        let invocation = Stage::with_code(code, |_| {}).invoke(json!({})).await;
        let message = failure(&invocation)["errorMessage"].as_str().unwrap().to_owned();
        assert!(message.ends_with(&format!("fork/exec /var/task/bootstrap: {reason}")), "{message}");
    }
}

fn write(path: &Path, content: &str, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, content).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[tokio::test]
async fn the_environment_is_lambdas_and_nothing_of_ours() {
    let stage = Stage::new(|spec| drop(spec.environment.insert("TABLE".to_owned(), "users".to_owned())));
    let environment = output(&stage.invoke(json!("environment")).await);
    assert_eq!(environment["AWS_LAMBDA_FUNCTION_NAME"], "echo");
    assert_eq!(environment["AWS_REGION"], "us-east-1");
    assert_eq!(environment["AWS_ENDPOINT_URL"], "http://127.0.0.1:1");
    assert_eq!(environment["AWS_ACCESS_KEY_ID"], "key");
    assert_eq!(environment["_HANDLER"], "bootstrap");
    assert_eq!(environment["TZ"], ":UTC");
    assert_eq!(environment["TABLE"], "users");
    assert!(environment["LAMBDA_TASK_ROOT"].is_string());
    assert!(environment.get("CARGO_MANIFEST_DIR").is_none());
    assert!(environment.get("CARGO").is_none());
}

#[tokio::test]
async fn the_next_event_carries_its_headers() {
    let headers = output(&Stage::new(|_| {}).invoke(json!("headers")).await);
    assert_eq!(headers["lambda-runtime-invoked-function-arn"], "arn:aws:lambda:us-east-1:000000000000:function:echo");
    let deadline: i64 = headers["lambda-runtime-deadline-ms"].as_str().unwrap().parse().unwrap();
    let left = deadline - jiff::Timestamp::now().as_millisecond();
    assert!((1..=20_000).contains(&left), "{left}");
}

#[tokio::test]
async fn extensions_are_refused_by_name() {
    let answer = output(&Stage::new(|_| {}).invoke(json!("extension")).await);
    assert_eq!(answer["errorType"], "Extension.NotSupported");
}

#[tokio::test]
async fn concurrency_limits_throttle() {
    let stage = Stage::new(|_| {});
    let none = Concurrency { reserved: Some(0), account: 1000 };
    assert_eq!(stage.within(json!({}), none).await.unwrap_err(), Throttled::Reserved);
    let full = Concurrency { reserved: None, account: 0 };
    assert_eq!(stage.within(json!({}), full).await.unwrap_err(), Throttled::Account);
}

#[tokio::test]
async fn nothing_is_left_when_the_cloud_goes_away() {
    let stage = Stage::new(|_| {});
    let ids = output(&stage.invoke(json!("fork")).await);
    drop(stage);
    until_gone(ids["own"].as_u64().unwrap()).await;
    until_gone(ids["child"].as_u64().unwrap()).await;
}
