//! A deployment that somebody stops watching, takes back, loses sight of or comes second to, while the stack is in the middle
//! of its update: a wait condition holds it there until it is signalled.

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStderr, Stdio};

use serde_json::{Value, json};

use crate::support::application;
use crate::support::http;
use crate::support::lab::Lab;
use crate::support::proxy::{Fault, Hits};

const STACK: &str = "signup-dev";

/// Holds an update.
const HELD: &str = "    Handle: { Type: \"AWS::CloudFormation::WaitConditionHandle\" }
    Held:
      Type: AWS::CloudFormation::WaitCondition
      Properties: { Handle: !Ref Handle, Timeout: 600 }
";

/// A deployment that runs, line by line.
struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStderr>>,
    said: Vec<String>,
}

impl Running {
    fn of(lab: &Lab, args: &[&str]) -> Running {
        let mut child = lab.command(args).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        Running { child, lines, said: Vec::new() }
    }

    /// Reads on until a line has these words.
    #[track_caller]
    fn until(&mut self, words: &str) {
        while let Some(Ok(line)) = self.lines.next() {
            let found = line.contains(words);
            self.said.push(line);
            if found {
                return;
            }
        }
        panic!("never says {words:?}: {:#?}", self.said);
    }

    fn press_ctrl_c(&self) {
        let pid = rustix::process::Pid::from_raw(self.child.id() as i32).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    }

    /// Its exit code, and all that it said.
    fn end(mut self) -> (Option<i32>, String) {
        self.said.extend(self.lines.by_ref().map_while(Result::ok));
        (self.child.wait().unwrap().code(), self.said.join("\n"))
    }
}

/// An application that stands, whose next deployment is held in its middle.
fn held() -> Lab {
    let lab = Lab::new();
    lab.write("1");
    lab.run(&[]).expect(0);
    lab.write("2");
    let stack = std::fs::read_to_string(lab.project().path().join("stack.yaml")).unwrap();
    lab.project().write("stack.yaml", &format!("{stack}{HELD}"));
    lab
}

fn status(lab: &Lab) -> Value {
    let found = lab.ask("cloudformation", "DescribeStacks", json!({"StackName": STACK})).body;
    found["Stacks"][0]["StackStatus"].clone()
}

/// Lets the held update go on.
fn signal(lab: &Lab) {
    let input = json!({"StackName": STACK, "LogicalResourceId": "Handle"});
    let handle = lab.ask("cloudformation", "DescribeStackResource", input).body;
    let address = handle["StackResourceDetail"]["PhysicalResourceId"].as_str().unwrap().to_owned();
    let body = json!({"Status": "SUCCESS", "UniqueId": "1", "Reason": "enough", "Data": "held"}).to_string();
    assert_eq!(http::request("PUT", &address, &[], &body).status, 200);
}

const HOLDS: &str = "Held";

#[test]
fn one_press_leaves_the_update_to_go_on_and_the_next_deployment_joins_it() {
    let lab = held();
    let mut first = Running::of(&lab, &[]);
    first.until(HOLDS);
    first.press_ctrl_c();
    let (code, said) = first.end();
    assert_eq!(code, Some(130), "{said}");
    for words in
        ["goes on", "Ctrl-C again", "run the same command again", "cancel-update-stack --stack-name signup-dev"]
    {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_eq!(status(&lab), "UPDATE_IN_PROGRESS", "it goes on");

    let second =
        lab.run(&["--no-wait"]).expect(1).says("error[stack-busy]").says("begun by").says("UPDATE_IN_PROGRESS");
    second.says("nothing was changed");
    let mut third = Running::of(&lab, &[]);
    third.until("goes on in the stack signup-dev already");
    signal(&lab);
    let (code, said) = third.end();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("begun by"), "{said}");
    assert_eq!(status(&lab), "UPDATE_COMPLETE");
    lab.assert_stands();
    lab.run(&[]).expect(0).says("nothing to change");
    lab.run(&["remove"]).expect(0);
    lab.assert_empty();
}

#[test]
fn a_second_press_takes_the_update_back() {
    let lab = held();
    let mut running = Running::of(&lab, &[]);
    running.until(HOLDS);
    running.press_ctrl_c();
    running.until("Press Ctrl-C again");
    running.press_ctrl_c();
    let (code, said) = running.end();
    assert_eq!(code, Some(130), "{said}");
    for words in ["Cancelling the update of signup-dev", "error[cancelled]", "it is again as it was before"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_eq!(status(&lab), "UPDATE_ROLLBACK_COMPLETE");
    lab.write("1");
    lab.run(&[]).expect(0).says("nothing to change");
    lab.run(&["drift", "--exit-code"]).expect(0);
}

#[test]
fn a_creation_that_is_left_goes_on_and_is_said_to_be_no_thing_to_cancel() {
    let lab = Lab::new();
    lab.write("1");
    lab.project().write("stack.yaml", &format!("{}{HELD}", application::STACK));
    // The first deployment makes the bucket, then the rest, which is an update.
    let mut running = Running::of(&lab, &[]);
    running.until(HOLDS);
    running.press_ctrl_c();
    let (code, said) = running.end();
    assert_eq!(code, Some(130), "{said}");
    signal(&lab);
    assert_eq!(lab.rests(STACK), "UPDATE_COMPLETE");
    lab.run(&[]).expect(0).says("nothing to change");
}

#[test]
fn credentials_that_expire_in_the_middle_of_an_update_say_what_is_true_and_how_to_go_on() {
    let lab = held();
    lab.proxy.set(Fault::Expired, Hits::Nth { name: "DescribeStackEvents".to_owned(), nth: 4, always: true }, 0);
    let lost = lab.run(&[]).expect(5).says("error[lost-sight]").says("expired").says("goes on without being watched");
    lost.says("get new credentials").says("run the same command again");
    assert_eq!(status(&lab), "UPDATE_IN_PROGRESS");
    lab.proxy.clear();
    let mut again = Running::of(&lab, &[]);
    again.until("goes on in the stack signup-dev already");
    signal(&lab);
    let (code, said) = again.end();
    assert_eq!(code, Some(0), "{said}");
    lab.assert_stands();
}

#[test]
fn a_wait_that_fails_names_itself_and_the_words_that_it_was_sent() {
    let lab = held();
    let mut running = Running::of(&lab, &[]);
    running.until(HOLDS);
    let input = json!({"StackName": STACK, "LogicalResourceId": "Handle"});
    let handle = lab.ask("cloudformation", "DescribeStackResource", input).body;
    let address = handle["StackResourceDetail"]["PhysicalResourceId"].as_str().unwrap().to_owned();
    assert_eq!(http::request("PUT", &address, &[], "{}").status, 400, "no signal");
    let body = json!({"Status": "FAILURE", "UniqueId": "1", "Reason": "the disk is full", "Data": ""}).to_string();
    assert_eq!(http::request("PUT", &address, &[], &body).status, 200);
    let (code, said) = running.end();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("`Held` (AWS::CloudFormation::WaitCondition) failed"), "{said}");
    assert!(said.contains("the disk is full") && said.contains("UPDATE_ROLLBACK_COMPLETE"), "{said}");
}

#[test]
fn alarms_that_go_off_roll_a_deployment_back_and_one_that_is_not_there_lets_it_not_begin() {
    let lab = Lab::new();
    lab.write("1");
    let arn = "arn:aws:cloudwatch:us-east-1:000000000000:alarm:errors";
    let stack = application::STACK.replace(
        "region: us-east-1 }",
        &format!(
            "region: us-east-1, rollbackConfiguration: {{ MonitoringTimeInMinutes: 0, RollbackTriggers: [\
             {{ Arn: \"{arn}\", Type: AWS::CloudWatch::Alarm }}] }} }}"
        ),
    );
    lab.project().write("stack.yaml", &stack);
    lab.run(&[]).expect(1).says(arn).says("does not exist");
    lab.run(&["remove"]).expect(0);
    let alarm = json!({
        "AlarmName": "errors", "ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1, "Threshold": 0,
        "MetricName": "Errors", "Namespace": "AWS/Lambda", "Period": 60, "Statistic": "Sum",
    });
    lab.ask("monitoring", "PutMetricAlarm", alarm);
    lab.run(&[]).expect(0);
    let described = lab.ask("cloudformation", "DescribeStacks", json!({"StackName": STACK})).body;
    assert_eq!(described["Stacks"][0]["RollbackConfiguration"]["RollbackTriggers"][0]["Arn"], arn);

    let off = json!({"AlarmName": "errors", "StateValue": "ALARM", "StateReason": "too many"});
    lab.ask("monitoring", "SetAlarmState", off);
    lab.project().write("stack.yaml", &stack.replace("VERSION: \"1\"", "VERSION: \"2\""));
    lab.run(&[]).expect(1).says(arn).says("ALARM").says("UPDATE_ROLLBACK_COMPLETE: it is again as it was before");
    let fine = json!({"AlarmName": "errors", "StateValue": "OK", "StateReason": "few"});
    lab.ask("monitoring", "SetAlarmState", fine);
    lab.run(&[]).expect(0);
    lab.assert_stands();
}

#[test]
fn an_api_that_a_crash_has_left_goes_when_its_stack_makes_it_again() {
    let lab = Lab::new();
    let request = json!({
        "StackName": STACK, "ChangeSetName": "first", "ChangeSetType": "CREATE",
        "TemplateBody": json!({"Resources": {"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "a"}}}})
            .to_string(),
    });
    let made = lab.ask("cloudformation", "CreateChangeSet", request).body;
    let left = |stack: &Value, name: &str| json!({"name": name, "tags": {"aws:cloudformation:stack-id": stack, "aws:cloudformation:logical-id": "Api"}});
    lab.ask("apigateway", "CreateRestApi", left(&made["StackId"], "left"));
    lab.ask("apigateway", "CreateRestApi", left(&json!("arn:of:another"), "of-another"));
    lab.ask("cloudformation", "ExecuteChangeSet", json!({"ChangeSetName": made["Id"]}));
    assert_eq!(lab.rests(STACK), "CREATE_COMPLETE");
    let apis = lab.ask("apigateway", "GetRestApis", json!({})).body;
    let mut names: Vec<&str> = apis["item"].as_array().unwrap().iter().filter_map(|api| api["name"].as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["a", "of-another"]);
}
