//! `AWS::IAM::Role`: the role that functions share, and roles of single functions.

use serde_json::{Map, Value, json};

use crate::stack::iam::{Role, RoleDetails, Statement};
use crate::stack::value::Setting;
use crate::stack::{Expr, Function, Named, Stack, normalized};

use super::draft::{Draft, extend, tag_list};
use super::function;
use super::intrinsic::{arn, region, sub};

/// The id of the role that functions share.
pub const SHARED: &str = "IamRoleLambdaExecution";

/// Adds the shared role and the roles of functions that have statements of their own.
pub fn render(draft: &mut Draft) {
    let stack = draft.stack;
    if stack.functions.iter().any(|function| custom(stack, &function.value).is_none()) {
        let statements = shared_statements(draft);
        let mut role = shared_role(stack, statements);
        trust(draft, &mut role);
        let span = details(stack).map_or(stack.provider.span, |details| details.span);
        draft.add(SHARED, span, "AWS::IAM::Role", role);
    }
    for function in stack.functions.iter() {
        if let Some(id) = own_id(stack, function) {
            let mut role = own_role(draft, function);
            trust(draft, &mut role);
            draft.add(id, function.span, "AWS::IAM::Role", role);
        }
    }
}

/// Lets the other services work with a role that trusts Lambda.
fn trust(draft: &Draft, role: &mut Value) {
    if !draft.assumed_by.is_empty() {
        let services: Vec<&str> =
            ["lambda.amazonaws.com"].into_iter().chain(draft.assumed_by.iter().copied()).collect();
        role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"] = json!(services);
    }
}

/// The role that the user gave to a function, its own or the provider's.
pub fn custom<'a>(stack: &'a Stack, function: &'a Function) -> Option<&'a Value> {
    let of_provider = match stack.provider.iam.as_ref().and_then(|iam| iam.role.as_ref()) {
        Some(Role::Existing(role)) => Some(role),
        _ => stack.provider.role.as_ref(),
    };
    function.role.as_ref().or(of_provider).map(|role| &role.value)
}

/// The id of a function's own role, when it has statements of its own.
pub fn own_id(stack: &Stack, function: &Named<Function>) -> Option<String> {
    let wanted = function.value.iam_role_statements.is_some() && function.value.role.is_none();
    let understood = stack.is_safe() || stack.has_plugin("serverless-iam-roles-per-function");
    (wanted && understood).then(|| format!("{}{SHARED}", normalized(&function.name)))
}

/// What `provider.iam.role` says of the role that functions share; machines and APIs take its path as well.
pub fn details(stack: &Stack) -> Option<&RoleDetails> {
    match stack.provider.iam.as_ref()?.role.as_ref()? {
        Role::Made(details) => Some(details),
        Role::Existing(_) => None,
    }
}

fn provider_statements(stack: &Stack) -> &[Statement] {
    match details(stack) {
        Some(details) if !details.statements.is_empty() => &details.statements,
        _ => &stack.provider.iam_role_statements,
    }
}

fn shared_role(stack: &Stack, statements: Vec<Value>) -> Value {
    let details = details(stack);
    let name = details.and_then(|details| details.name.as_ref()).map(|name| name.value.clone());
    let name = name.unwrap_or_else(|| json!({"Fn::Join": ["-", [stack.service, stack.stage, region(), "lambdaRole"]]}));
    let mut role = shared_frame(stack, name, statements);
    let policies = managed_policies(stack);
    extend(
        &mut role,
        [
            ("PermissionsBoundary", global_boundary(stack)),
            ("ManagedPolicyArns", (!policies.is_empty()).then(|| json!(policies))),
        ],
    );
    Value::Object(role)
}

/// What the shared role and the roles of single functions have in common: path, boundary and tags of `provider.iam.role`.
fn shared_frame(stack: &Stack, name: Value, statements: Vec<Value>) -> Map<String, Value> {
    let details = details(stack);
    let mut role = frame(name, json!({"Fn::Join": ["-", [stack.service, stack.stage, "lambda"]]}), statements);
    let path = details.and_then(|details| details.path.as_ref());
    role.insert("Path".into(), json!(path.map_or("/", |path| path.text.as_str())));
    let tags =
        details.map(|details| tag_list(details.tags.iter().map(|tag| (tag.name.as_str(), tag.value.value.clone()))));
    extend(
        &mut role,
        [
            ("PermissionsBoundary", boundary(stack)),
            ("Tags", tags.filter(|tags| !tags.is_empty()).map(|tags| json!(tags))),
        ],
    );
    role
}

/// Who may take on the role of a function: Lambda.
pub fn assumed_by_lambda() -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": ["lambda.amazonaws.com"]},
            "Action": ["sts:AssumeRole"],
        }],
    })
}

fn frame(name: Value, policy: Value, statements: Vec<Value>) -> Map<String, Value> {
    let role = json!({
        "AssumeRolePolicyDocument": assumed_by_lambda(),
        "Policies": [{"PolicyName": policy, "PolicyDocument": {"Version": "2012-10-17", "Statement": statements}}],
        "Path": "/",
        "RoleName": name,
    });
    match role {
        Value::Object(role) => role,
        _ => Map::new(),
    }
}

fn boundary(stack: &Stack) -> Option<Value> {
    let details = details(stack);
    let own =
        details.and_then(|details| details.permissions_boundary.as_ref().or(details.permission_boundary.as_ref()));
    own.or(stack.provider.role_permissions_boundary.as_ref()).map(|arn| arn.value.clone())
}

fn managed_policies(stack: &Stack) -> Vec<Value> {
    let of_role = details(stack).map(|details| details.managed_policies.as_slice()).unwrap_or_default();
    let given: &[Expr] = if of_role.is_empty() { &stack.provider.iam_managed_policies } else { of_role };
    let mut all: Vec<Value> = given.iter().map(|arn| arn.value.clone()).collect();
    let in_network = stack.functions.iter().any(|function| function.value.vpc != Setting::Absent);
    if in_network || stack.provider.vpc.details().is_some() {
        all.push(network_policy());
    }
    all
}

/// AWS's policy that lets functions work inside a network.
fn network_policy() -> Value {
    arn(vec![json!(":iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole")])
}

/// What the shared role allows: logs, the user's statements, what events and settings need.
fn shared_statements(draft: &Draft) -> Vec<Value> {
    let stack = draft.stack;
    let mut all = log_statements(stack);
    all.extend(provider_statements(stack).iter().map(|statement| statement.value.clone()));
    for grant in &draft.grants {
        let elsewhere = stack.functions.entry(&grant.function).is_some_and(|function| {
            stack.is_safe() && (custom(stack, &function.value).is_some() || own_id(stack, function).is_some())
        });
        if !elsewhere && !all.contains(&grant.statement) {
            all.push(grant.statement.clone());
        }
    }
    merged_by_action(all, &draft.grants.iter().map(|grant| grant.statement.clone()).collect::<Vec<_>>())
}

/// Statements that events made for the same actions become one, so that the policy stays short.
fn merged_by_action(statements: Vec<Value>, granted: &[Value]) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::with_capacity(statements.len());
    for statement in statements {
        let same = all.iter_mut().find(|other| {
            granted.contains(&statement)
                && other["Action"] == statement["Action"]
                && other["Effect"] == statement["Effect"]
                && other["Resource"].is_array()
                && statement["Resource"].is_array()
                && other.as_object().is_some_and(|keys| keys.len() == 3)
        });
        match (same.and_then(|other| other["Resource"].as_array_mut()), statement["Resource"].as_array()) {
            (Some(resources), Some(more)) => resources.extend(more.iter().cloned()),
            _ => all.push(statement),
        }
    }
    all
}

fn log_statements(stack: &Stack) -> Vec<Value> {
    let prefix = format!("{}-{}", stack.service, stack.stage);
    let group = |name: &str, rest: &str| {
        sub(format!(
            "arn:${{AWS::Partition}}:logs:${{AWS::Region}}:${{AWS::AccountId}}:log-group:/aws/lambda/{name}{rest}"
        ))
    };
    let (mut streams, mut events, mut silent) = (Vec::new(), Vec::new(), Vec::new());
    let mut any_default = false;
    for function in stack.functions.iter() {
        let name = stack.function_name(function);
        let is_silent = function.value.disable_logs.is_some_and(|flag| flag.value);
        match (name.starts_with(&prefix), is_silent) {
            (true, true) => silent.push(group(&name, ":*")),
            (true, false) => any_default = true,
            (false, true) => {}
            (false, false) => {
                streams.push(group(&name, ":*"));
                events.push(group(&name, ":*:*"));
            }
        }
    }
    if any_default {
        streams.push(group(&prefix, "*:*"));
        events.push(group(&prefix, "*:*:*"));
    }
    let mut all = vec![
        json!({
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:CreateLogGroup", "logs:TagResource"],
            "Resource": streams,
        }),
        json!({"Effect": "Allow", "Action": ["logs:PutLogEvents"], "Resource": events}),
    ];
    if any_default && !silent.is_empty() {
        all.push(json!({"Effect": "Deny", "Action": "logs:PutLogEvents", "Resource": silent}));
    }
    if streams_are_empty(&all) {
        // A policy without resources is refused: when no function logs, the right to log is left out.
        all.retain(|statement| statement["Resource"].as_array().is_none_or(|resources| !resources.is_empty()));
    }
    all
}

fn streams_are_empty(statements: &[Value]) -> bool {
    statements.iter().any(|statement| statement["Resource"].as_array().is_some_and(Vec::is_empty))
}

/// The role of a function with statements of its own, as serverless-iam-roles-per-function makes it.
fn own_role(draft: &Draft, function: &Named<Function>) -> Value {
    let stack = draft.stack;
    let value = &function.value;
    let group = format!("/aws/lambda/{}", stack.function_name(function));
    let log_arn = format!("arn:${{AWS::Partition}}:logs:${{AWS::Region}}:${{AWS::AccountId}}:log-group:{group}:*:*");
    let actions = ["logs:CreateLogStream", "logs:CreateLogGroup", "logs:PutLogEvents"];
    let mut statements = vec![json!({"Effect": "Allow", "Action": actions, "Resource": [sub(log_arn)]})];
    let own = draft.grants.iter().filter(|grant| grant.function == function.name).map(|grant| &grant.statement);
    if stack.is_safe() {
        statements.extend(own.cloned());
    } else {
        statements.extend(own.filter_map(as_plugin));
        statements.extend(
            value.on_error.as_ref().map(
                |dead_letters| json!({"Effect": "Allow", "Action": ["sns:Publish"], "Resource": dead_letters.value}),
            ),
        );
    }
    let inherits = value.iam_role_statements_inherit.map_or_else(|| inherits_by_default(stack), |flag| flag.value);
    if inherits {
        statements.extend(provider_statements(stack).iter().map(|statement| statement.value.clone()));
    }
    statements.extend(value.iam_role_statements.iter().flatten().map(|statement| statement.value.clone()));
    let name = value.iam_role_statements_name.as_ref().map(|name| name.value.clone());
    let name = name.unwrap_or_else(|| own_name(stack, &function.name));
    let mut role = shared_frame(stack, name, statements);
    let in_network = function::vpc(stack, value).is_some();
    let bounded = value.iam_permissions_boundary.as_ref().map(|arn| arn.value.clone());
    role.insert("ManagedPolicyArns".into(), if in_network { json!([network_policy()]) } else { json!([]) });
    extend(&mut role, [("PermissionsBoundary", bounded.or_else(|| global_boundary(stack)))]);
    Value::Object(role)
}

/// The right as serverless-iam-roles-per-function gives it, which knows of streams and queues only, and not of consumers.
fn as_plugin(statement: &Value) -> Option<Value> {
    let actions = match statement["Action"][0].as_str()? {
        "dynamodb:GetRecords" | "sqs:ReceiveMessage" => return Some(statement.clone()),
        "kinesis:GetRecords" => {
            ["kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:DescribeStream", "kinesis:ListStreams"]
        }
        _ => return None,
    };
    Some(json!({"Effect": "Allow", "Action": actions, "Resource": statement["Resource"]}))
}

/// `custom.serverless-iam-roles-per-function`.
fn plugin_setting(stack: &Stack, name: &str) -> Option<Value> {
    let custom = stack.custom.as_ref()?.0.get("serverless-iam-roles-per-function")?;
    custom.get(name).map(|value| value.to_json()).filter(|value| !value.is_null())
}

fn inherits_by_default(stack: &Stack) -> bool {
    plugin_setting(stack, "defaultInherit") == Some(json!(true))
}

/// The boundary of every role, if the plugin was given one.
fn global_boundary(stack: &Stack) -> Option<Value> {
    plugin_setting(stack, "iamGlobalPermissionsBoundary")
}

/// The name of a function's own role: IAM allows 64 letters, so parts are left out when it would be longer.
fn own_name(stack: &Stack, function: &str) -> Value {
    let mut parts = vec![json!(stack.service), json!(stack.stage), json!(function), region(), json!("lambdaRole")];
    let mut length =
        stack.service.len() + stack.stage.len() + function.len() + stack.region.len() + "lambdaRole".len() + 4;
    if length > 64 {
        parts.pop();
        length -= "lambdaRole".len() + 1;
    }
    if length > 64 {
        parts.pop();
    }
    json!({"Fn::Join": ["-", parts]})
}
