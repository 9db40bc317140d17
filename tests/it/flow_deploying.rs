//! Deployments one after another: planned, made, swapped, taken back, removed.

use crate::support::Project;

const STACK: &str = r#"
service: shop
provider:
  name: aws
  runtime: python3.13
  stage: dev
  region: us-east-1
stages:
  dev: { target: local }
  prod: { target: local, protected: true }
functions:
  hello:
    handler: handler.hello
    timeout: 5
stepFunctions:
  stateMachines:
    flow:
      name: flow-$<sls:stage>
      definition: { StartAt: A, States: { A: { Type: Pass, End: true } } }
resources:
  Resources:
    Users:
      Type: AWS::DynamoDB::Table
      DeletionPolicy: Retain
      Properties:
        TableName: users-$<sls:stage>
        AttributeDefinitions: [{ AttributeName: email, AttributeType: S }]
        KeySchema: [{ AttributeName: email, KeyType: HASH }]
        BillingMode: PAY_PER_REQUEST
"#;

fn project() -> Project {
    let project = Project::empty();
    project.write("stack.yaml", STACK);
    project.write("handler.py", "def hello(event, context):\n    return 1\n");
    project
}

/// Takes the table along that the template keeps, so that nothing is left.
fn remove(project: &Project) {
    project.write("stack.yaml", &STACK.replace("      DeletionPolicy: Retain\n", ""));
    project.run(&[]).expect(0);
    project.run(&["remove", "--yes"]).expect(0);
    assert!(!project.path().join(".deploy").exists(), "something is left under .deploy");
}

#[test]
fn a_change_is_planned_swapped_made_whole_listed_and_taken_back() {
    let project = project();
    project.run(&["plan", "--exit-code"]).expect(2).says("+ add      Users").says("stack.yaml:");
    project.run(&[]).expect(0);
    project.run(&["plan", "--exit-code"]).expect(0).says("nothing would change");

    let slower = STACK.replace("timeout: 5", "timeout: 7").replace("{ Type: Pass, End: true }", "{ Type: Succeed }");
    project.write("stack.yaml", &slower);
    let offline = project.run(&["plan", "--offline", "--exit-code"]).expect(2);
    offline.says("Timeout: 5 → 7  stack.yaml:14:").says("FlowDashdev › A").says("AWS was not asked");
    project.run(&["--fast"]).expect(0).says("directly: Timeout").says("directly: its definition");
    project.run(&["--fast"]).expect(0).says("nothing to change");

    project.write("stack.yaml", STACK);
    project.run(&["plan", "--exit-code"]).expect(2).says("changed past CloudFormation").says("HelloLambdaFunction");
    project.run(&[]).expect(0).says("back to what CloudFormation has");
    project.run(&["drift", "--exit-code"]).expect(0);
    project.run(&["plan", "--exit-code"]).expect(0);

    project.write("stack.yaml", &slower);
    project.run(&[]).expect(0);
    project.run(&["list"]).expect(0).says("current");
    project.run(&["rollback"]).expect(0).says("is as it was deployed at");
    project.write("stack.yaml", STACK);
    project.run(&[]).expect(0).says("nothing to change");

    let keyed = STACK.replace("AttributeName: email", "AttributeName: id");
    project.write("stack.yaml", &keyed);
    let planned = project.run(&["plan"]).expect(0).says("± replace").says("(makes it anew)");
    planned.says("cannot be made anew while it keeps its name").says("all that is in it is lost");
    let refused = project.run(&["--fast"]).expect(1);
    refused.says("only CloudFormation changes an AWS::DynamoDB::Table");
    project.write("stack.yaml", STACK);
    remove(&project);
}

#[test]
fn a_protected_stage_takes_no_swap_and_is_not_removed_without_a_yes() {
    let project = project();
    project.run(&["--stage", "prod"]).expect(0);
    project.run(&["--stage", "prod", "--fast"]).expect(2).says("protected");
    project.run(&["remove", "--stage", "prod"]).expect(2).says("--yes");
    project.write("stack.yaml", &STACK.replace("      DeletionPolicy: Retain\n", ""));
    project.run(&["--stage", "prod"]).expect(0);
    project.run(&["remove", "--stage", "prod", "--yes"]).expect(0);
}

#[test]
fn a_table_that_was_kept_is_seen_in_the_way_and_taken_in() {
    let project = project();
    project.run(&[]).expect(0);
    project.run(&["remove"]).expect(0).says("kept: AWS::DynamoDB::Table users-dev");
    project.run(&["plan"]).expect(0).says("the account has an AWS::DynamoDB::Table `users-dev` already");
    project.run(&["repair", "--plan"]).expect(0).says("take the AWS::DynamoDB::Table `users-dev` into the stack");
    project.run(&["repair", "--yes"]).expect(0).says("shop is deployed to dev");
    project.run(&["plan", "--exit-code"]).expect(0);
    remove(&project);
}

#[test]
fn stacks_of_other_regions_and_stages_outlive_a_removal() {
    let project = project();
    project.write("stack.yaml", &STACK.replace("      DeletionPolicy: Retain\n", ""));
    project.run(&["--region", "eu-west-1"]).expect(0);
    project.run(&[]).expect(0);
    project.run(&["remove"]).expect(0);
    project.run(&["--region", "eu-west-1"]).expect(0).says("nothing to change");
    project.run(&["remove", "--region", "eu-west-1"]).expect(0);
    assert!(!project.path().join(".deploy").exists());
}

#[test]
fn a_local_aws_of_another_build_is_replaced_and_keeps_what_is_deployed() {
    let project = project();
    project.run(&[]).expect(0);
    let before = project.run(&["local", "status", "--json"]).json()["pid"].clone();
    // The same bytes under another time are another build.
    let elsewhere = tempfile::tempdir().unwrap();
    let other = elsewhere.path().join("deploy");
    std::fs::copy(env!("CARGO_BIN_EXE_deploy"), &other).unwrap();
    let mut command = std::process::Command::new(&other);
    command.current_dir(project.path()).env_clear().args(["info"]);
    let output = output_when_written(&mut command);
    assert!(output.status.success(), "{output:?}");
    let after = project.run(&["local", "status", "--json"]).json()["pid"].clone();
    assert_ne!(before, after);
    project.run(&[]).expect(0).says("nothing to change");
    remove(&project);
}

/// The output of a program that was just written. A process that another test starts at the same moment has the file open for
/// writing until it becomes what it is to be, and so long the program is busy.
fn output_when_written(command: &mut std::process::Command) -> std::process::Output {
    for _ in 0..200 {
        match command.output() {
            Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => {
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            ended => return ended.unwrap(),
        }
    }
    panic!("the program stays busy");
}

#[test]
fn what_holds_data_is_kept_on_request_and_the_rest_goes() {
    let project = project();
    project.write("stack.yaml", &STACK.replace("      DeletionPolicy: Retain\n", ""));
    project.run(&[]).expect(0);
    project.run(&["remove", "--keep-data"]).expect(0).says("kept: AWS::DynamoDB::Table users-dev");
    project.run(&["repair", "--yes"]).expect(0);
    remove(&project);
}

#[test]
fn a_stack_beyond_the_limits_is_refused_with_the_count() {
    let mut stack = STACK.to_owned();
    for number in 0..500 {
        stack.push_str(&format!("    Topic{number}: {{ Type: \"AWS::SNS::Topic\" }}\n"));
    }
    let project = project();
    project.write("stack.yaml", &stack);
    project.run(&["plan"]).expect(1).says("resources; CloudFormation takes 500 in one stack");
    assert_eq!(project.run(&["remove", "--yes"]).code, 0);
}
