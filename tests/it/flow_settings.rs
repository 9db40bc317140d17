//! How a stack is kept beside its template, who may deploy it, and two who deploy at once.

use serde_json::{Value, json};

use crate::support::application;
use crate::support::lab::Lab;
use crate::support::project::{Project, Ran};

const STACK: &str = r#"
service: opts
provider:
  name: aws
  runtime: python3.13
  stage: dev
  region: us-east-1
  stackName: my-own-name
  tags: { team: a }
  stackTags: { cost: b }
  stackPolicy: [{ Effect: Allow, Principal: "*", Action: "Update:*", Resource: "*" }]
  stackParameters: [{ ParameterKey: Colour, ParameterValue: red }]
  terminationProtection: true
  disableRollback: true
  notificationArns: ["arn:aws:sns:us-east-1:000000000000:ops"]
  cfnRole: arn:aws:iam::000000000000:role/cfn
  allowedAccounts: ["000000000000"]
functions:
  hello: { handler: app.main, package: { artifact: RecordDB.zip } }
resources:
  Parameters: { Colour: { Type: String } }
  Outputs: { Colour: { Value: !Ref Colour } }
"#;

fn lab(stack: &str) -> Lab {
    let lab = Lab::new();
    lab.write("1");
    lab.project().write("stack.yaml", stack);
    lab
}

fn described(lab: &Lab) -> Value {
    lab.ask("cloudformation", "DescribeStacks", json!({"StackName": "my-own-name"})).body["Stacks"][0].clone()
}

#[test]
fn settings_of_the_stack_reach_cloudformation_and_a_protected_stack_is_not_removed() {
    let lab = lab(STACK);
    lab.run(&["plan"]).expect(0).says("the stack's policy is set").says("protected from being removed");
    lab.run(&[]).expect(0);
    let stack = described(&lab);
    assert_eq!(stack["Parameters"], json!([{"ParameterKey": "Colour", "ParameterValue": "red"}]));
    assert_eq!((&stack["DisableRollback"], &stack["EnableTerminationProtection"]), (&json!(true), &json!(true)));
    assert_eq!(stack["RoleARN"], "arn:aws:iam::000000000000:role/cfn");
    assert_eq!(stack["NotificationARNs"], json!(["arn:aws:sns:us-east-1:000000000000:ops"]));
    let tags: Vec<&str> = stack["Tags"].as_array().unwrap().iter().map(|tag| tag["Key"].as_str().unwrap()).collect();
    assert!(["STAGE", "team", "cost"].iter().all(|tag| tags.contains(tag)), "{tags:?}");
    let policy = lab.ask("cloudformation", "GetStackPolicy", json!({"StackName": "my-own-name"})).body;
    assert!(policy["StackPolicyBody"].as_str().unwrap().contains("Update:*"));
    lab.run(&[]).expect(0).says("nothing to change");

    let blue = STACK.replace("ParameterValue: red", "ParameterValue: blue");
    lab.project().write("stack.yaml", &blue);
    lab.run(&["plan"]).expect(0).says("the parameter Colour changes");
    lab.run(&[]).expect(0);
    assert_eq!(described(&lab)["Parameters"][0]["ParameterValue"], "blue");

    lab.run(&["remove"]).expect(1).says("error[stack-protected]");
    lab.project().write("stack.yaml", &blue.replace("terminationProtection: true", "terminationProtection: false"));
    lab.run(&[]).expect(0);
    lab.run(&["remove"]).expect(0);
    lab.assert_empty();
}

#[test]
fn a_policy_that_forbids_a_change_is_heard_and_its_words_are_shown() {
    let denies = STACK.replace(
        "stackPolicy: [",
        "stackPolicy: [{ Effect: Deny, Principal: \"*\", Action: \"Update:*\", Resource: LogicalResourceId/HelloLambdaFunction }, ",
    );
    let lab = lab(&denies.replace("  disableRollback: true\n", ""));
    lab.run(&[]).expect(0);
    lab.project().write(
        "stack.yaml",
        &denies.replace("  disableRollback: true\n", "").replace("app.main,", "app.main, timeout: 9,"),
    );
    lab.run(&[]).expect(1).says("HelloLambdaFunction").says("stack policy").says("UPDATE_ROLLBACK_COMPLETE");
}

#[test]
fn credentials_for_another_account_change_nothing() {
    let lab = lab(&STACK.replace("[\"000000000000\"]", "[\"111122223333\"]"));
    lab.run(&[]).expect(5).says("error[wrong-account]").says("111122223333");
    lab.run(&["repair", "--yes"]).expect(5).says("error[wrong-account]");
    lab.run(&["remove"]).expect(5).says("error[wrong-account]");
    lab.assert_empty();
}

#[test]
fn without_credentials_one_error_names_the_ways_to_get_some() {
    let lab = lab(STACK);
    let mut command = lab.command(&[]);
    command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY").env("HOME", lab.project().path());
    let ran = Ran::of(command.output().unwrap()).expect(5);
    let ran = ran.says("error[no-credentials]").says("aws configure").says("aws sso login").says("--profile");
    assert_eq!(ran.stderr.matches("error[").count(), 1, "{ran:?}");
}

#[test]
fn a_profile_brings_its_keys_and_its_region_and_one_that_is_not_there_is_named() {
    let stack = STACK.replace("  region: us-east-1\n", "").replace("arn:aws:sns:us-east-1", "arn:aws:sns:eu-central-1");
    let lab = lab(&stack);
    let (key, secret) = lab.keys();
    let config = lab.project().write(
        "aws-config",
        &format!(
            "[profile work]\nregion = eu-central-1\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n"
        ),
    );
    let run = |args: &[&str]| {
        let mut command = lab.command(args);
        // Keys in the environment do not rule over a profile that was asked for.
        command.env("AWS_ACCESS_KEY_ID", "AKIAWRONG").env("AWS_SECRET_ACCESS_KEY", "wrong");
        command.env("AWS_CONFIG_FILE", &config).env("AWS_SHARED_CREDENTIALS_FILE", "/nowhere");
        Ran::of(command.output().unwrap())
    };
    run(&[]).expect(5).says("error[bad-credentials]");
    run(&["--aws-profile", "wrok"]).expect(5).says("no profile `wrok`").says("`work`");
    run(&["--aws-profile", "work"]).expect(0).says("deployed to dev in eu-central-1");
    lab.project().write("stack.yaml", &stack.replace("  stage: dev\n", "  stage: dev\n  profile: work\n"));
    run(&[]).expect(0).says("nothing to change");
}

/// Everybody has a folder of their own; all deploy the same stack at once, each another version.
#[test]
fn many_who_deploy_at_once_leave_one_whole_stack() {
    let lab = Lab::new();
    lab.write("0");
    lab.run(&[]).expect(0);
    let people: Vec<Project> = (1..=4).map(|_| Project::empty()).collect();
    let ended: Vec<Ran> = std::thread::scope(|scope| {
        let running: Vec<_> = people
            .iter()
            .zip(1..)
            .map(|(project, version)| {
                application::write(project.path(), &version.to_string());
                let mut command = lab.command_in(project, &[]);
                scope.spawn(move || Ran::of(command.output().unwrap()))
            })
            .collect();
        running.into_iter().map(|one| one.join().unwrap()).collect()
    });
    for ran in &ended {
        let is_told = ran.stderr.contains("was changed meanwhile") || ran.stderr.contains("another operation");
        assert!(ran.code == 0 || (ran.code == 1 && is_told), "{ran:?}");
    }
    assert!(ended.iter().any(|ran| ran.code == 0), "{ended:?}");
    lab.write("9");
    lab.run(&[]).expect(0);
    lab.assert_stands();
    lab.run(&["remove"]).expect(0);
    lab.assert_empty();
}

const WITH_STAGE: &str = r#"
service: staged
compatibility: v3
provider:
  name: aws
  runtime: python3.13
  stage: dev
  region: us-east-1
  tracing: { apiGateway: true }
  logs: { restApi: { format: "$context.requestId", level: ERROR, roleManagedExternally: true } }
  apiGateway: { metrics: true }
functions:
  hello: { handler: app.main, package: { artifact: RecordDB.zip }, events: [{ http: GET hello }] }
"#;

#[test]
fn the_stage_that_the_deployment_of_an_api_makes_gets_its_tracing_logs_and_metrics_and_loses_them_again() {
    let lab = lab(WITH_STAGE);
    lab.run(&[]).expect(0);
    let stage = || {
        let api = lab.ask("apigateway", "GetRestApis", json!({})).body["item"][0]["id"].clone();
        lab.ask("apigateway", "GetStage", json!({"restApiId": api, "stageName": "dev"})).body
    };
    let set = stage();
    assert_eq!(set["tracingEnabled"], true, "{set}");
    assert_eq!(set["accessLogSettings"]["format"], "$context.requestId");
    let group = set["accessLogSettings"]["destinationArn"].as_str().unwrap();
    assert_eq!(group, "arn:aws:logs:us-east-1:000000000000:log-group:/aws/api-gateway/staged-dev");
    let methods = &set["methodSettings"]["*/*"];
    assert_eq!((&methods["loggingLevel"], &methods["dataTraceEnabled"]), (&json!("ERROR"), &json!(true)));
    assert_eq!(methods["metricsEnabled"], true);
    lab.run(&[]).expect(0).says("nothing to change");

    // Only the stage changes: the template says nothing of it.
    lab.project()
        .write("stack.yaml", &WITH_STAGE.replace("tracing: { apiGateway: true }", "tracing: { lambda: false }"));
    lab.run(&["plan"]).expect(0).says("the stage dev of the REST API gets its settings");
    lab.run(&[]).expect(0);
    let set = stage();
    assert_eq!(
        (&set["tracingEnabled"], &set["accessLogSettings"]["format"]),
        (&json!(false), &json!("$context.requestId"))
    );
    lab.run(&[]).expect(0).says("nothing to change");

    lab.project().write("stack.yaml", &WITH_STAGE.replace("  apiGateway: { metrics: true }\n", ""));
    lab.run(&[]).expect(0);
    assert_eq!(stage()["methodSettings"]["*/*"]["metricsEnabled"], false);
    let without = WITH_STAGE.lines().filter(|line| !line.starts_with("  logs:"));
    lab.project().write("stack.yaml", &without.collect::<Vec<_>>().join("\n"));
    lab.run(&[]).expect(0);
    let set = stage();
    assert!(set["accessLogSettings"]["destinationArn"].is_null(), "{set}");
    assert_eq!(set["methodSettings"]["*/*"]["loggingLevel"], "OFF");
}
