//! Stacks beyond what CloudFormation takes: named with the count before anything is made.

use crate::support::lab::Lab;

const STACK: &str = "
service: big
provider: { name: aws, runtime: python3.13, stage: dev, region: us-east-1 }
functions:
  hello: { handler: app.main, package: { artifact: RecordDB.zip } }
resources:
";

/// What is too much of a stack, the section of its resources, and how it is said.
fn excesses() -> Vec<(String, &'static str)> {
    let many = |most: usize, one: &dyn Fn(usize) -> String| (0..=most).map(one).collect::<String>();
    let topic = "  Resources: { Topic: { Type: \"AWS::SNS::Topic\" } }\n";
    let long = "x".repeat(3_000);
    vec![
        (
            format!("  Resources:\n{}", many(500, &|n| format!("    T{n}: {{ Type: \"AWS::SNS::Topic\" }}\n"))),
            "resources; CloudFormation takes 500 in one stack",
        ),
        (
            format!("{topic}  Outputs:\n{}", many(200, &|n| format!("    O{n}: {{ Value: \"{n}\" }}\n"))),
            "outputs; CloudFormation takes 200 in one stack",
        ),
        (
            format!("{topic}  Parameters:\n{}", many(200, &|n| format!("    P{n}: {{ Type: String, Default: a }}\n"))),
            "parameters; CloudFormation takes 200 in one stack",
        ),
        (
            format!(
                "  Resources:\n{}",
                many(340, &|n| format!(
                    "    S{n}: {{ Type: \"AWS::SSM::Parameter\", Properties: {{ Type: String, Value: {long} }} }}\n"
                ))
            ),
            "bytes; CloudFormation takes 1000000 in one stack",
        ),
    ]
}

#[test]
fn a_stack_beyond_a_limit_is_named_with_the_count_and_nothing_is_made() {
    for (resources, says) in excesses() {
        let lab = Lab::new();
        lab.write("1");
        lab.project().write("stack.yaml", &format!("{STACK}{resources}"));
        for args in [&["plan"][..], &[], &["--plan", "--yes"]] {
            lab.proxy.clear();
            let refused = lab.run(args).expect(1).says("error[stack-too-large]").says(says);
            refused.says("nothing was changed").says("a service of their own");
            assert_eq!(lab.proxy.calls(), Vec::<String>::new(), "AWS is not asked for what it would refuse");
        }
        lab.assert_empty();
    }
}

#[test]
fn what_is_just_within_a_limit_is_deployed() {
    let outputs: String = (0..198).map(|n| format!("    O{n}: {{ Value: \"{n}\" }}\n")).collect();
    let lab = Lab::new();
    lab.write("1");
    lab.project().write("stack.yaml", &format!("{STACK}  Outputs:\n{outputs}"));
    lab.run(&[]).expect(0);
    lab.run(&[]).expect(0).says("nothing to change");
}
