//! The whole way of an application with a state machine behind an endpoint: deploy, call, look, fail, change, remove.

use serde_json::json;

use crate::support::application::{local_rust, people};
use crate::support::{Project, http};

const STACK: &str = concat!(
    local_rust!("signup"),
    r#"functions:
  RecordDB:
    handler: echo
  RecordAC:
    handler: echo
    environment: { ROLE_OF_BINARY: "" }
stepFunctions:
  stateMachines:
    signup:
      events:
        - http: { path: signup, method: POST, cors: true }
      definition:
        StartAt: RecordDB
        States:
          RecordDB:
            Type: Task
            Resource: arn:aws:lambda:$<aws:region>:$<aws:accountId>:function:$<self:service>-$<sls:stage>-RecordDB
            ResultPath: $.results.RecordDB
            Next: RecordAC
          RecordAC:
            Type: Task
            Resource: arn:aws:lambda:$<aws:region>:$<aws:accountId>:function:$<self:service>-$<sls:stage>-RecordAC
            ResultPath: $.results.RecordAC
            End: true
"#,
    people!()
);

const EVENT: &str = r#"{"body":{"email":"santa@example.com"}}"#;

fn endpoint(project: &Project) -> String {
    let info = project.run(&["info"]).expect(0).says("→ signup (state machine)");
    let line =
        info.stdout.lines().find(|line| line.contains("POST - ")).unwrap_or_else(|| panic!("{info:?}")).to_owned();
    line.split_whitespace().find(|word| word.starts_with("http://")).unwrap_or_else(|| panic!("{line}")).to_owned()
}

#[test]
fn an_application_is_deployed_called_and_removed() {
    let project = Project::with_stack(STACK);
    project.run(&["--stage", "dev"]).expect(0).says("/dev/signup");

    let url = endpoint(&project);
    let started = http::request("POST", &url, &[("Content-Type", "application/x-www-form-urlencoded")], EVENT);
    assert_eq!(started.status, 200, "{started:?}");
    assert!(started.json()["executionArn"].as_str().is_some_and(|arn| arn.starts_with("arn:aws:states:us-east-1:")));
    let preflight = http::request("OPTIONS", &url, &[("Origin", "https://example.com")], "");
    assert_eq!(preflight.header("access-control-allow-origin"), Some("*"), "{preflight:?}");

    let ran = project.run(&["invoke", "stepf", "--name", "signup", "--data", EVENT]).expect(0);
    let output = ran.stdout.clone();
    assert!(
        output.contains("RecordDB") && output.contains("RecordAC") && output.contains("santa@example.com"),
        "{ran:?}"
    );

    let invoked = project.run(&["invoke", "-f", "RecordDB", "--data", r#"{"a":1}"#, "--json"]).expect(0);
    assert!(invoked.stdout.contains(r#""a""#), "{invoked:?}");
    project.run(&["logs", "-f", "RecordDB"]).expect(0).says("signup-dev-RecordDB got");

    project.run(&["--stage", "dev"]).expect(0).says("nothing to change");

    project.run(&["remove", "--stage", "dev"]).expect(0);
    project.run(&["local", "status"]).says("does not run");
}

#[test]
fn a_step_that_times_out_is_named_with_the_functions_own_words() {
    let stack = STACK
        .replace(r#"ROLE_OF_BINARY: """#, r#"ROLE_OF_BINARY: "sleeper""#)
        .replace("  region: us-east-1\n", "  region: us-east-1\n  timeout: 1\n");
    let project = Project::with_stack(&stack);
    project.run(&["--stage", "dev"]).expect(0);
    let failed = project.run(&["invoke", "stepf", "--name", "signup", "--data", EVENT]).expect(1);
    failed.says("RecordAC").says("Task timed out after 1.00 seconds");
    project.run(&["remove"]).expect(0);
}

#[test]
fn a_handler_that_panics_fails_the_step_and_the_next_deploy_works() {
    let stack = STACK.replace(r#"ROLE_OF_BINARY: """#, r#"ROLE_OF_BINARY: "panicker""#);
    let project = Project::with_stack(&stack);
    project.run(&["--stage", "dev"]).expect(0);
    project
        .run(&["invoke", "stepf", "--name", "signup", "--data", EVENT])
        .expect(1)
        .says("RecordAC")
        .says("the handler gives up");
    project.write("stack.yaml", STACK);
    project.run(&["--stage", "dev"]).expect(0);
    project.run(&["invoke", "stepf", "--name", "signup", "--data", EVENT]).expect(0);
}

#[test]
fn a_function_that_does_not_compile_shows_the_compilers_words_and_changes_nothing() {
    let project = Project::with_stack(STACK);
    project.write("src/main.rs", "fn main() { this is no rust }");
    project.run(&["--stage", "dev"]).expect(4).says("src/main.rs:1").says("RecordDB");
}

#[test]
fn an_unknown_machine_and_an_unknown_function_name_the_nearest() {
    let project = Project::with_stack(STACK);
    project.run(&["--stage", "dev"]).expect(0);
    project.run(&["invoke", "stepf", "--name", "singup"]).expect(2).says("did you mean `signup`");
    project.run(&["invoke", "-f", "RecordDb"]).expect(2).says("did you mean `RecordDB`");
}

#[test]
fn json_output_is_json() {
    let project = Project::with_stack(STACK);
    project.run(&["--stage", "dev", "--json"]).expect(0);
    let info = project.run(&["info", "--json"]).expect(0).json();
    assert_eq!(info["stage"], json!("dev"), "{info}");
}
