//! How often AWS is asked when nothing changes and when only code does, from a machine that has deployed before and from a
//! fresh checkout; and that nothing which is remembered hides what somebody else has changed.

use serde_json::{Value, json};

use crate::support::application::{self, FUNCTIONS};
use crate::support::lab::Lab;
use crate::support::project::Ran;

/// An unchanged deployment asks at most so often.
const UNCHANGED: usize = 4;

const STACK: &str = "signup-dev";

/// What `provider` may say beside the least; each costs calls of its own when it is looked at.
const SETTINGS: &[(&str, &str)] = &[
    ("nothing more", ""),
    ("tags", "tags: { team: a }, stackTags: { cost: b }"),
    ("a policy", r#"stackPolicy: [{ Effect: Allow, Principal: "*", Action: "Update:*", Resource: "*" }]"#),
    ("protection", "terminationProtection: true"),
    ("an account", r#"allowedAccounts: ["000000000000"]"#),
    (
        "all of it",
        r#"tags: { team: a }, stackTags: { cost: b }, terminationProtection: true, allowedAccounts: ["000000000000"],
           stackPolicy: [{ Effect: Allow, Principal: "*", Action: "Update:*", Resource: "*" }]"#,
    ),
];

struct Bench {
    lab: Lab,
    /// What stands in `stack.yaml`.
    stack: String,
}

impl Bench {
    /// A deployed application whose `provider` says more.
    fn new(settings: &str) -> Bench {
        let lab = Lab::new();
        let end = format!("region: us-east-1, {settings} }}");
        let bench = Bench { lab, stack: application::STACK.replace("region: us-east-1 }", &end) };
        bench.lab.write("1");
        bench.write(&bench.stack);
        bench.lab.run(&[]).expect(0);
        bench
    }

    fn write(&self, stack: &str) {
        self.lab.project().write("stack.yaml", stack);
    }

    fn write_code(&self, functions: usize, version: &str) {
        let folder = self.lab.project().path();
        FUNCTIONS.iter().take(functions).for_each(|name| application::write_code(folder, name, version));
    }

    /// As on a machine that has never deployed.
    fn forget(&self) {
        std::fs::remove_dir_all(self.lab.project().path().join(".deploy")).unwrap();
    }

    /// The calls of a command.
    #[track_caller]
    fn calls(&self, args: &[&str], says: &str) -> Vec<String> {
        self.lab.proxy.clear();
        self.lab.run(args).expect(0).says(says);
        self.lab.proxy.calls()
    }

    /// What CloudFormation says of the stack.
    fn described(&self) -> Value {
        self.lab.ask("cloudformation", "DescribeStacks", json!({"StackName": STACK})).body["Stacks"][0].clone()
    }

    /// Somebody changes the stack elsewhere.
    fn change_elsewhere(&self, pointer: &str, value: Value) {
        let asked = self.lab.ask("cloudformation", "GetTemplate", json!({"StackName": STACK})).body;
        let mut template: Value = serde_json::from_str(asked["TemplateBody"].as_str().unwrap()).unwrap();
        *template.pointer_mut(pointer).unwrap() = value;
        let input = json!({
            "StackName": STACK, "TemplateBody": template.to_string(), "Capabilities": ["CAPABILITY_NAMED_IAM"],
        });
        self.lab.ask("cloudformation", "UpdateStack", input);
        assert_eq!(self.lab.rests(STACK), "UPDATE_COMPLETE");
    }
}

#[test]
fn an_unchanged_deployment_asks_few_calls_whatever_is_set_and_whoever_deployed() {
    for (what, settings) in SETTINGS {
        let bench = Bench::new(settings);
        for fresh in [false, true, false] {
            if fresh {
                bench.forget();
            }
            let calls = bench.calls(&[], "nothing to change");
            assert!(calls.len() <= UNCHANGED && !calls.is_empty(), "{what}, fresh: {fresh}: {calls:?}");
        }
        // The record does no harm to a removal.
        bench.write(&bench.stack.replace("terminationProtection: true", "terminationProtection: false"));
        bench.lab.run(&[]).expect(0);
        bench.lab.run(&["remove"]).expect(0);
        bench.lab.assert_empty();
    }
}

#[test]
fn a_direct_change_asks_at_most_three_calls_and_two_for_each_function() {
    let bench = Bench::new(SETTINGS.last().unwrap().1);
    for (round, (functions, fresh)) in [(1, false), (1, true), (2, false), (3, true), (3, false)].iter().enumerate() {
        if *fresh {
            bench.forget();
        }
        bench.write_code(*functions, &format!("of round {round}"));
        let calls = bench.calls(&["--fast"], "changed directly");
        assert!(calls.len() <= 3 + 2 * functions, "{functions}, fresh: {fresh}: {calls:?}");
        bench.lab.assert_stands();
    }
    // Code and configuration of one function and the definition of a machine.
    let stack = bench.stack.replace(r#"VERSION: "1""#, r#"VERSION: "2""#);
    let stack = stack.replace("Notify: { Type: Task, ", "Notify: { Type: Task, Comment: the last one, ");
    for fresh in [false, true] {
        if fresh {
            bench.forget();
        }
        let version = format!("fresh {fresh}");
        bench.write_code(1, &version);
        bench.write(
            &stack.replace("the last one", &version).replace(r#"VERSION: "2""#, &format!("VERSION: \"{version}\"")),
        );
        let calls = bench.calls(&["--fast"], "changed directly");
        assert!(calls.len() <= 3 + 2 * 2, "fresh: {fresh}: {calls:?}");
    }
    for fresh in [false, true] {
        if fresh {
            bench.forget();
        }
        let calls = bench.calls(&["--fast"], "nothing to change");
        assert!(calls.len() <= 3, "{calls:?}");
    }
}

#[test]
fn a_change_by_somebody_else_is_seen_through_everything_that_is_remembered() {
    let bench = Bench::new("stackPolicy: [{ Effect: Allow, Principal: \"*\", Action: \"Update:*\", Resource: \"*\" }]");
    for fresh in [false, true] {
        let again = |says: &str| -> Ran {
            if fresh {
                bench.forget();
            }
            bench.lab.run(&[]).expect(0).says(says)
        };
        bench.change_elsewhere("/Resources/NotifyLambdaFunction/Properties/Timeout", json!(77));
        again("signup is deployed to dev");
        bench.lab.assert_stands();
        let function =
            bench.lab.ask("lambda", "GetFunctionConfiguration", json!({"FunctionName": "signup-dev-Notify"}));
        assert_eq!(function.body["Timeout"], 6, "fresh: {fresh}");

        let other =
            json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "Update:Modify", "Resource": "*"}]});
        let policy = json!({"StackName": STACK, "StackPolicyBody": other.to_string()});
        bench.lab.ask("cloudformation", "SetStackPolicy", policy);
        bench.lab.run(&["plan", "--exit-code"]).expect(2).says("the stack's policy is set");
        again("signup is deployed to dev");
        let policy = bench.lab.ask("cloudformation", "GetStackPolicy", json!({"StackName": STACK})).body;
        assert!(policy["StackPolicyBody"].as_str().unwrap().contains("Update:*"));
        again("nothing to change");
    }
    let tags = json!({
        "StackName": STACK, "UsePreviousTemplate": true, "Tags": [{"Key": "who", "Value": "else"}],
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
    });
    bench.lab.ask("cloudformation", "UpdateStack", tags);
    assert_eq!(bench.lab.rests(STACK), "UPDATE_COMPLETE");
    bench.lab.run(&[]).expect(0).says("signup is deployed to dev");
    assert_eq!(bench.described()["Tags"], json!([{"Key": "STAGE", "Value": "dev"}]));
}

#[test]
fn what_was_swapped_is_undone_by_a_whole_deployment_also_when_something_else_changed_the_stack_between() {
    let bench = Bench::new("");
    bench.write_code(1, "swapped");
    bench.lab.run(&["--fast"]).expect(0).says("changed directly");
    bench.change_elsewhere("/Resources/NotifyLambdaFunction/Properties/Timeout", json!(77));
    bench.forget();
    bench.write_code(1, "1");
    bench
        .lab
        .run(&["plan", "--exit-code"])
        .expect(2)
        .says("changed past CloudFormation")
        .says("RecordDBLambdaFunction");
    bench.lab.run(&[]).expect(0).says("back to what CloudFormation has");
    bench.lab.assert_stands();
    bench.lab.run(&["plan", "--exit-code"]).expect(0);
}

#[test]
fn a_second_one_who_changes_functions_directly_at_once_is_told() {
    let bench = Bench::new("");
    bench.write_code(1, "mine");
    // What this machine remembers is older than what somebody else has written since.
    let bucket = bench.described()["Outputs"].as_array().unwrap().iter().find_map(|output| {
        (output["OutputKey"] == "ServerlessDeploymentBucketName").then(|| output["OutputValue"].clone())
    });
    let key = "serverless/signup/dev/deployed.json";
    let stored = bench.lab.ask("s3", "GetObject", json!({"Bucket": bucket, "Key": key})).payload.unwrap();
    let mut record: Value = serde_json::from_slice(&stored).unwrap();
    record["swaps"] = json!({"by": "bob@desk", "at": "2026-01-31T12:00:00Z", "finished": true, "resources": {}});
    bench.lab.ask_with("s3", "PutObject", json!({"Bucket": bucket, "Key": key}), record.to_string().into_bytes());
    bench.lab.run(&["--fast"]).expect(1).says("error[swapped-meanwhile]");
    bench.lab.run(&["--fast"]).expect(0).says("changed directly");
    bench.lab.assert_stands();
}
