//! Checks of a project without AWS credentials.

use crate::support::project::{Project, Ran};

/// A project whose values come from AWS, looked at without an account.
fn without_account(project: &Project, args: &[&str]) -> Ran {
    let mut command = project.command(args);
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"] {
        command.env_remove(name);
    }
    command.env("HOME", project.path()).env("AWS_EC2_METADATA_DISABLED", "true");
    Ran::of(command.output().unwrap())
}

const OF_AWS: &str = "service: shop
provider: {name: aws, runtime: python3.13, region: eu-central-1}
custom:
  database: $<ssm:/aws/reference/secretsmanager/database>
functions:
  hello:
    handler: app.hello
    memorySize: $<ssm:/hello/memory>
    environment:
      TABLE: $<cf:tables.Orders>
      PASSWORD: $<self:custom.database.password>
";

#[test]
fn without_an_account_validate_checks_all_but_the_values_of_aws() {
    let project = Project::with_stack(OF_AWS);
    let told = without_account(&project, &["validate"]).expect(0).all();
    assert_eq!(told.matches("warning[source-failed]").count(), 1, "{told}");
    assert!(told.contains("nor is `cf:tables.Orders`") && told.contains("no mistake is found"), "{told}");
    assert!(!told.contains("not-asked"), "{told}");

    let texts = Project::with_stack(&OF_AWS.replace("$<ssm:/hello/memory>", "512"));
    let told = without_account(&texts, &["validate"]).expect(0).all();
    assert!(told.contains("nor is `cf:tables.Orders`") && told.contains("shop is valid: 1 functions"), "{told}");

    let wrong = Project::with_stack(&OF_AWS.replace("handler: app.hello", "handelr: app.hello"));
    let told = without_account(&wrong, &["validate"]).expect(3).all();
    assert!(told.contains("did you mean `handler`?") && !told.contains("memorySize"), "{told}");

    let by_name = Project::with_stack(&OF_AWS.replace("custom:", "custom:\n  settings: $<file($<ssm:/name>.yml)>"));
    let told = without_account(&by_name, &["validate"]).expect(3).all();
    assert!(told.contains("cannot be asked: there are no AWS credentials") && !told.contains("not-asked"), "{told}");
}

#[test]
fn other_commands_tell_once_that_there_is_no_account() {
    let project = Project::with_stack(OF_AWS);
    let told = without_account(&project, &["print"]).expect(3).all();
    assert_eq!(told.matches("error[source-failed]").count(), 1, "{told}");
    assert!(told.contains("nor can `cf:tables.Orders`"), "{told}");
}
