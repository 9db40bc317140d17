//! Notifications about executions: rules of EventBridge, one a status, and the rights to reach their targets.

use serde_json::{Map, Value, json};

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::project::Dialect;
use crate::source::{Node, Span};
use crate::stack::{Named, Stack, StateMachine};
use crate::template::draft::{Draft, extend, present};
use crate::template::intrinsic::{attribute, reference};
use crate::template::naming::md5_hex;

use super::definition::is_resource;

/// The statuses that can be followed.
const STATUSES: [&str; 5] = ["ABORTED", "FAILED", "RUNNING", "SUCCEEDED", "TIMED_OUT"];

/// The kinds of targets, the first that a target has counts.
const KINDS: [&str; 6] = ["sns", "sqs", "kinesis", "firehose", "lambda", "stepFunctions"];

/// One target of one status.
struct Target<'a> {
    status: &'static str,
    /// Its place among the status's targets.
    place: usize,
    kind: &'static str,
    /// What is told.
    arn: Value,
    node: &'a Node,
}

/// Adds the rules, and what lets them reach their targets.
pub fn render(draft: &mut Draft, machine: &Named<StateMachine>) {
    let Some(notifications) = &machine.value.notifications else { return };
    let span = notifications.0.span;
    if machine.value.kind.as_ref().is_some_and(|kind| kind.text == "EXPRESS") {
        let message =
            "executions of an express state machine are not notified about: EventBridge hears of standard ones only";
        return report(draft, span, Code::WeakTemplate, message.to_owned());
    }
    let targets = targets(draft, &notifications.0);
    let machine_id = draft.stack.machine_id(machine);
    let role_id = format!("{machine_id}NotificationsIamRole");
    let mut grants = Vec::new();
    for (index, target) in targets.iter().enumerate() {
        match policy(target) {
            Some((kind, policy)) => add_policy(draft, &machine_id, index, kind, policy, span),
            None => grants.extend(grant(target)),
        }
    }
    let has_role = !grants.is_empty();
    if has_role {
        add_role(draft, &role_id, grants, span);
    }
    for status in STATUSES {
        let told: Vec<&Target> = targets.iter().filter(|target| target.status == status).collect();
        if !told.is_empty() {
            add_rule(draft, machine, status, &told, has_role.then(|| attribute(&role_id, "Arn")), span);
        }
    }
}

/// A mistake that Serverless v3 only warns about.
fn report(draft: &mut Draft, span: Span, code: Code, message: String) {
    let mut diagnostic = Diagnostic::error(code, span, message);
    if draft.stack.dialect == Dialect::Serverless {
        diagnostic.severity = Severity::Warning;
    }
    draft.diagnostics.push(diagnostic);
}

/// All targets, in the order of the statuses.
fn targets<'a>(draft: &mut Draft, node: &'a Node) -> Vec<Target<'a>> {
    for entry in node.entries().iter().filter(|entry| !STATUSES.contains(&entry.key.text.as_str())) {
        let message = format!("`{}` is not a status of executions", entry.key.text);
        let diagnostic = Diagnostic::error(Code::UnknownKey, entry.key.span, message);
        draft.diagnostics.push(diagnostic.did_you_mean(&entry.key.text, STATUSES));
    }
    let mut all = Vec::new();
    for status in STATUSES {
        let items = node.get(status).map(Node::items).unwrap_or_default();
        for (place, item) in items.iter().enumerate() {
            let Some((kind, value)) = KINDS.iter().find_map(|kind| Some((*kind, item.get(kind)?))) else {
                let message = format!("this target of `{status}` is none of {}", KINDS.join(", "));
                draft.diagnostics.push(Diagnostic::error(Code::MissingKey, item.span, message));
                continue;
            };
            let arn = value.get("arn").unwrap_or(value).to_json();
            all.push(Target { status, place, kind, arn: translated(draft.stack, arn), node: item });
        }
    }
    all
}

/// A reference to a function by its key, as a reference to its resource.
fn translated(stack: &Stack, value: Value) -> Value {
    let id = |key: &str| {
        let is_function = stack.functions.entry(key).is_some() && !is_resource(stack, key);
        if is_function { stack.function_id(key) } else { key.to_owned() }
    };
    if let Some(key) = value.get("Ref").and_then(Value::as_str) {
        return reference(&id(key));
    }
    let parts = value.get("Fn::GetAtt").and_then(Value::as_array).map(Vec::as_slice);
    match parts {
        Some([key, name]) => json!({"Fn::GetAtt": [id(key.as_str().unwrap_or_default()), name]}),
        _ => value,
    }
}

/// A short name for some content.
fn short_hash(content: &Value) -> String {
    md5_hex(&content.to_string()).chars().take(5).collect()
}

fn policy_name(target: &Target, action: &str) -> String {
    let hash = short_hash(&json!({"action": action, "resource": target.arn}));
    format!("{}-{}-{hash}", target.status, target.kind)
}

/// The policy of a target's own that lets EventBridge in: its type and its properties.
fn policy(target: &Target) -> Option<(&'static str, Value)> {
    let document = |action: &str| {
        json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Sid": policy_name(target, action),
                "Principal": {"Service": "events.amazonaws.com"},
                "Effect": "Allow",
                "Action": action,
                "Resource": target.arn,
            }],
        })
    };
    match target.kind {
        "sns" => {
            Some(("AWS::SNS::TopicPolicy", json!({"PolicyDocument": document("sns:Publish"), "Topics": [target.arn]})))
        }
        "sqs" => {
            let queues = json!({"PolicyDocument": document("sqs:SendMessage"), "Queues": [queue_url(&target.arn)]});
            Some(("AWS::SQS::QueuePolicy", queues))
        }
        "lambda" => Some((
            "AWS::Lambda::Permission",
            json!({"Action": "lambda:InvokeFunction", "FunctionName": target.arn, "Principal": "events.amazonaws.com"}),
        )),
        _ => None,
    }
}

/// The URL of a queue, by which its policy names it.
fn queue_url(arn: &Value) -> Value {
    if let Some(id) = arn.get("Fn::GetAtt").and_then(|parts| parts.get(0)).and_then(Value::as_str) {
        return reference(id);
    }
    let name = arn.as_str().and_then(|arn| arn.rsplit(':').next()).unwrap_or_default();
    let url = "https://sqs.${AWS::Region}.amazonaws.com/${AWS::AccountId}/${QueueName}";
    json!({"Fn::Sub": [url, {"QueueName": name}]})
}

/// Adds the policy, or its statement to the policy that the same topic or queue has already: a second one would replace the first.
fn add_policy(draft: &mut Draft, machine_id: &str, index: usize, kind: &'static str, policy: Value, span: Span) {
    let place = if kind == "AWS::SNS::TopicPolicy" { "Topics" } else { "Queues" };
    let former = draft.template.resources.iter_mut().find(|(id, resource)| {
        let same = resource.properties.as_ref().and_then(|former| former.get(place));
        id.contains("ResourcePolicy") && resource.kind == kind && same.is_some() && same == policy.get(place)
    });
    if let Some((_, resource)) = former {
        let own = policy["PolicyDocument"]["Statement"][0].clone();
        let statements =
            resource.properties.as_mut().and_then(|former| former.pointer_mut("/PolicyDocument/Statement"));
        if let Some(statements) = statements.and_then(Value::as_array_mut)
            && !statements.iter().any(|statement| statement["Sid"] == own["Sid"])
        {
            statements.push(own);
        }
        return;
    }
    let hash = short_hash(&json!({"index": index, "resource": {"Type": kind, "Properties": policy}}));
    draft.add(format!("{machine_id}ResourcePolicy{hash}"), span, kind, policy);
}

/// What the rules' role may do with a target that has no policy of its own.
fn grant(target: &Target) -> Option<Value> {
    let action = match target.kind {
        "kinesis" => "kinesis:PutRecord",
        "firehose" => "firehose:PutRecord",
        "stepFunctions" => "states:StartExecution",
        _ => return None,
    };
    let statement = json!({"Effect": "Allow", "Action": action, "Resource": target.arn});
    Some(json!({
        "PolicyName": policy_name(target, action),
        "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
    }))
}

fn add_role(draft: &mut Draft, id: &str, policies: Vec<Value>, span: Span) {
    let mut role = Map::new();
    let trust =
        json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "events.amazonaws.com"}});
    let mut document = json!({"Statement": trust});
    if let (true, Some(document)) = (draft.stack.is_safe(), document.as_object_mut()) {
        document.insert("Version".into(), json!("2012-10-17"));
    }
    role.insert("AssumeRolePolicyDocument".into(), document);
    role.insert("Policies".into(), json!(policies));
    let path = crate::template::role::details(draft.stack).and_then(|details| details.path.as_ref());
    extend(&mut role, [("Path", path.map(|path| json!(path.text)))]);
    draft.add(id, span, "AWS::IAM::Role", Value::Object(role));
}

fn add_rule(
    draft: &mut Draft,
    machine: &Named<StateMachine>,
    status: &str,
    told: &[&Target],
    role: Option<Value>,
    span: Span,
) {
    let machine_id = draft.stack.machine_id(machine);
    let name = machine.value.name.as_ref().and_then(|name| name.as_str()).unwrap_or(&machine.name);
    let targets: Vec<Value> = told.iter().map(|target| rule_target(target, name, &machine_id)).collect();
    let rule = present([
        ("Description", Some(json!(format!("[{status}] status notification for state machine [{name}]")))),
        (
            "EventPattern",
            Some(json!({
                "source": ["aws.states"],
                "detail-type": ["Step Functions Execution Status Change"],
                "detail": {"status": [status], "stateMachineArn": [reference(&machine_id)]},
            })),
        ),
        ("Name", Some(json!(format!("{name}-{status}-notification")))),
        ("RoleArn", role),
        ("Targets", Some(json!(targets))),
    ]);
    let id = format!("{machine_id}Notifications{}EventRule", status.replace('_', ""));
    draft.add(id, span, "AWS::Events::Rule", rule);
}

fn rule_target(target: &Target, machine: &str, machine_id: &str) -> Value {
    let hash = short_hash(&json!({"target": {"Arn": target.arn}, "index": target.place}));
    let of = |key: &str| target.node.get(target.kind).and_then(|value| value.get(key)).map(Node::to_json);
    let has_details = of("arn").is_some();
    let group = (target.kind == "sqs" && has_details).then(|| json!({"MessageGroupId": of("messageGroupId")}));
    let partition =
        (target.kind == "kinesis" && has_details).then(|| json!({"PartitionKeyPath": of("partitionKeyPath")}));
    let role = attribute(&format!("{machine_id}NotificationsIamRole"), "Arn");
    let transformer = target.node.get("inputTransformer").map(|transformer| {
        present([
            ("InputPathsMap", transformer.get("inputPathsMap").map(Node::to_json)),
            ("InputTemplate", transformer.get("inputTemplate").map(Node::to_json)),
        ])
    });
    present([
        ("Arn", Some(target.arn.clone())),
        ("Id", Some(json!(format!("{machine}-{}-{hash}", target.status)))),
        ("SqsParameters", group),
        ("KinesisParameters", partition),
        ("RoleArn", (target.kind == "stepFunctions").then_some(role)),
        ("InputPath", target.node.get("inputPath").map(Node::to_json)),
        ("InputTransformer", transformer),
    ])
}
