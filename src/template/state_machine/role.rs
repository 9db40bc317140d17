//! The role of a state machine, derived from its tasks.

use serde_json::{Map, Value, json};

use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Node, Span};
use crate::stack::{Named, Stack, StateMachine};
use crate::template::draft::{Draft, extend};
use crate::template::intrinsic::sub;
use crate::template::role::details;

use super::rights::{self, Own, Right, Unknown};

/// Adds the role, unless the machine names one.
pub fn render(draft: &mut Draft, machine: &Named<StateMachine>) {
    if machine.value.role.is_some() {
        return;
    }
    let mut all = of_states(draft, machine);
    all.extend(of_settings(&machine.value));
    let statements = statements(all, machine);
    let stack = draft.stack;
    let mut role = Map::new();
    role.insert(
        "AssumeRolePolicyDocument".into(),
        json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": {"Service": sub("states.${AWS::Region}.amazonaws.com")},
                "Action": "sts:AssumeRole",
            }],
        }),
    );
    role.insert(
        "Policies".into(),
        json!([{
            "PolicyName": format!("{}-{}-statemachine", stack.stage, stack.service),
            "PolicyDocument": {"Version": "2012-10-17", "Statement": statements},
        }]),
    );
    let path = details(stack).and_then(|details| details.path.as_ref()).map(|path| json!(path.text));
    // The plugin knows the old place of the boundary only.
    let boundary = details(stack).and_then(|details| details.permissions_boundary.as_ref()).filter(|_| stack.is_safe());
    let boundary = boundary.or(stack.provider.role_permissions_boundary.as_ref()).map(|arn| arn.value.clone());
    extend(&mut role, [("Path", path), ("PermissionsBoundary", boundary)]);
    let id = format!("{}Role", stack.machine_id(machine));
    draft.add(id, machine.span, "AWS::IAM::Role", Value::Object(role));
}

/// The rights of every task of the definition, inside branches and maps as well.
fn of_states(draft: &mut Draft, machine: &Named<StateMachine>) -> Vec<Right> {
    let value = &machine.value.definition;
    let parsed;
    let (definition, node) = match value.0.as_str() {
        Some(text) => {
            parsed = serde_json::from_str(text).unwrap_or(Value::Null);
            (&parsed, None)
        }
        None => {
            parsed = value.to_json();
            (&parsed, Some(&value.0))
        }
    };
    let arn = own_arn(draft.stack, machine);
    let own = Own { stack: draft.stack, arn: &arn };
    let mut walk = Walk { own: &own, rights: Vec::new(), unknown: Vec::new() };
    walk.states(definition.get("States"), node.and_then(|node| node.get("States")), value.0.span);
    let (rights, unknown) = (walk.rights, walk.unknown);
    for (state, span, why) in unknown {
        report(draft, machine, &state, span, &why);
    }
    rights
}

/// The pattern of the machine's own ARN. Without a name CloudFormation makes one from the first 27 letters of the logical id.
fn own_arn(stack: &Stack, machine: &Named<StateMachine>) -> String {
    let name = machine.value.name.as_ref().and_then(|name| name.as_str()).map(str::to_owned);
    let made = || format!("{}*", stack.machine_id(machine).chars().take(27).collect::<String>());
    let name = match name {
        Some(name) => name,
        None if stack.is_safe() => made(),
        None => machine.name.clone(),
    };
    format!("arn:${{AWS::Partition}}:states:${{AWS::Region}}:${{AWS::AccountId}}:stateMachine:{name}")
}

struct Walk<'a> {
    own: &'a Own<'a>,
    rights: Vec<Right>,
    unknown: Vec<(String, Span, Unknown)>,
}

impl Walk<'_> {
    fn states(&mut self, states: Option<&Value>, node: Option<&Node>, span: Span) {
        for (name, state) in states.and_then(Value::as_object).into_iter().flatten() {
            let entry = node.and_then(|node| node.entry(name));
            let place = entry.map_or(span, |entry| entry.key.span);
            self.state(name, state, entry.map(|entry| &entry.value), place);
        }
    }

    fn state(&mut self, name: &str, state: &Value, node: Option<&Node>, span: Span) {
        let Some(map) = state.as_object() else { return };
        match map.get("Type").and_then(Value::as_str) {
            Some("Task") => self.task(name, map, span),
            Some("Parallel") => {
                let branches = map.get("Branches").and_then(Value::as_array).into_iter().flatten();
                for (index, branch) in branches.enumerate() {
                    let inner = node.and_then(|node| node.get("Branches")).and_then(|list| list.items().get(index));
                    self.states(branch.get("States"), inner.and_then(|branch| branch.get("States")), span);
                }
            }
            Some("Map") => self.map(name, map, node, span),
            _ => {}
        }
    }

    fn map(&mut self, name: &str, map: &Map<String, Value>, node: Option<&Node>, span: Span) {
        let key = if map.contains_key("ItemProcessor") { "ItemProcessor" } else { "Iterator" };
        let processor = map.get(key);
        let inner = node.and_then(|node| node.get(key)).and_then(|processor| processor.get("States"));
        self.states(processor.and_then(|processor| processor.get("States")), inner, span);
        let mode =
            processor.and_then(|processor| processor.get("ProcessorConfig")).and_then(|config| config.get("Mode"));
        if mode.and_then(Value::as_str) == Some("DISTRIBUTED") {
            self.rights.extend(rights::of_distributed_map(self.own));
        }
        for part in ["ItemReader", "ResultWriter"] {
            if let Some(task) = map.get(part).and_then(Value::as_object).filter(|task| task.contains_key("Resource")) {
                self.task(name, task, span);
            }
        }
    }

    fn task(&mut self, name: &str, task: &Map<String, Value>, span: Span) {
        match rights::of_task(task, self.own) {
            Ok(rights) => self.rights.extend(rights),
            Err(why) => {
                if let (Unknown::Dynamic(_), false) = (&why, self.own.stack.is_safe()) {
                    self.rights.extend(everywhere(task));
                }
                self.unknown.push((name.to_owned(), span, why));
            }
        }
    }
}

/// The action of a task on everything: what the plugin grants when the definition does not say on what.
fn everywhere(task: &Map<String, Value>) -> Option<Right> {
    let service = task.get("Resource")?.as_str()?.split_once(":states:::")?.1;
    let service = service.strip_prefix("aws-sdk:").unwrap_or(service);
    let mut parts = service.split([':', '.']);
    let (name, operation) = (parts.next()?, parts.next()?);
    let action = match (name, operation) {
        ("lambda", "invoke") => "lambda:InvokeFunction".to_owned(),
        ("eventbridge", "putTargets") => "events:PutTargets".to_owned(),
        (name, operation) => format!("{name}:{}", crate::template::naming::upper_first(operation)),
    };
    Some(Right { actions: action, resources: vec![json!("*")] })
}

fn report(draft: &mut Draft, machine: &Named<StateMachine>, state: &str, span: Span, why: &Unknown) {
    let (message, hint) = match why {
        Unknown::Service(resource) => (
            format!("what `{state}` may do cannot be derived from `{resource}`"),
            format!(
                "add the statement that `{resource}` needs to `stepFunctions.stateMachines.{}.iamRoleStatements`",
                machine.name
            ),
        ),
        Unknown::Dynamic(key) => (
            format!("`{state}` says only when it runs what it calls (`{key}`)"),
            format!("name what it may call in `stepFunctions.stateMachines.{}.iamRoleStatements`", machine.name),
        ),
    };
    if draft.stack.is_safe() {
        // The author's own statements say what the task needs.
        if machine.value.iam_role_statements.is_empty() {
            draft.diagnostics.push(Diagnostic::error(Code::UnknownRights, span, message).hint(hint));
        }
    } else {
        draft.diagnostics.push(Diagnostic::warning(Code::UnknownRights, span, message).hint(hint));
    }
}

/// Rights that follow from the machine's settings.
fn of_settings(machine: &StateMachine) -> Vec<Right> {
    let on_all = |actions: &str| Right { actions: actions.to_owned(), resources: vec![json!("*")] };
    let mut all = Vec::new();
    if machine.logging.is_some() {
        all.push(on_all(
            "logs:CreateLogDelivery,logs:GetLogDelivery,logs:UpdateLogDelivery,logs:DeleteLogDelivery,\
             logs:ListLogDeliveries,logs:PutResourcePolicy,logs:DescribeResourcePolicies,logs:DescribeLogGroups",
        ));
    }
    if machine.tracing.is_some() {
        all.push(on_all(
            "xray:PutTraceSegments,xray:PutTelemetryRecords,xray:GetSamplingRules,xray:GetSamplingTargets",
        ));
    }
    if !machine.kms_key_arns.is_empty() {
        let keys = machine.kms_key_arns.iter().map(|key| key.value.clone()).collect();
        all.push(Right {
            actions: "kms:Decrypt,kms:Encrypt,kms:ReEncrypt*,kms:GenerateDataKey*,kms:DescribeKey".to_owned(),
            resources: keys,
        });
    }
    if let Some(key) = machine.encryption.as_ref().and_then(|encryption| encryption.kms_key_id.as_ref()) {
        let key = key.as_str().map_or_else(|| key.value.clone(), sub);
        all.push(Right { actions: "kms:Decrypt,kms:Encrypt".to_owned(), resources: vec![key] });
    }
    all
}

/// The statements: rights merged by action, then by what they act on; the author's own last.
fn statements(rights: Vec<Right>, machine: &Named<StateMachine>) -> Vec<Value> {
    let mut by_action: Vec<Right> = Vec::new();
    for right in rights {
        match by_action.iter_mut().find(|other| other.actions == right.actions) {
            Some(other) => {
                let fresh: Vec<Value> =
                    right.resources.into_iter().filter(|arn| !other.resources.contains(arn)).collect();
                other.resources.extend(fresh);
            }
            None => by_action.push(right),
        }
    }
    let mut merged: Vec<(Vec<String>, Vec<Value>)> = Vec::new();
    for mut right in by_action {
        if right.resources.contains(&json!("*")) {
            right.resources = vec![json!("*")];
        }
        let actions = right.actions.split(',').map(str::to_owned);
        match merged.iter_mut().find(|(_, resources)| *resources == right.resources) {
            Some((known, _)) => {
                for action in actions {
                    if !known.contains(&action) {
                        known.push(action);
                    }
                }
            }
            None => merged.push((actions.collect(), right.resources)),
        }
    }
    let own = machine.value.iam_role_statements.iter().map(|statement| statement.value.clone());
    let all: Vec<Value> = merged
        .into_iter()
        .map(|(actions, resources)| {
            let resource = if resources == [json!("*")] { json!("*") } else { json!(resources) };
            json!({"Effect": "Allow", "Action": actions, "Resource": resource})
        })
        .chain(own)
        .collect();
    // A machine that needs nothing may do nothing: a policy must have a statement.
    if all.is_empty() { vec![json!({"Effect": "Deny", "Action": "*", "Resource": "*"})] } else { all }
}
