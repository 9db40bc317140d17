//! Helpers: functions of the stack's own that do what CloudFormation cannot, and the custom resources that call them.

use serde_json::{Map, Value, json};

use crate::source::Span;
use crate::stack::iam::Iam;
use crate::stack::{Expr, Helper, Stack, normalized};

use super::draft::{Draft, depend};
use super::intrinsic::{attribute, sub};
use super::{artifact_key, bucket, function};

/// The role of all helpers.
const ROLE: &str = "IamRoleCustomResourcesLambdaExecution";

/// Megabytes and seconds of a helper.
const MEMORY_MB: u32 = 1024;
const TIMEOUT_S: u32 = 180;

/// What a helper runs on unless the stack's own functions run on Node.js.
const RUNTIME: &str = "nodejs24.x";

/// Adds a custom resource that a helper looks after, once its function is there.
pub fn custom(draft: &mut Draft, helper: Helper, id: &str, span: Span, kind: &str, mut settings: Map<String, Value>) {
    let function = function_id(helper);
    settings.shift_insert(0, "ServiceToken".to_owned(), attribute(&function, "Arn"));
    let is_safe = draft.stack.is_safe();
    let resource = draft.add(id, span, kind, Value::Object(settings));
    // The framework writes it; CloudFormation does nothing with it.
    resource.version = (!is_safe).then(|| json!(1));
    if kind != "Custom::ApiGatewayAccountRole" {
        depend(resource, [function]);
    }
}

/// Lets the helpers do something. A second statement about the same text is left out, as the framework does.
pub fn allow(draft: &mut Draft, statement: Value) {
    let is_known = |other: &Value| statement["Resource"].is_string() && other["Resource"] == statement["Resource"];
    if !draft.helper_statements.iter().any(is_known) {
        draft.helper_statements.push(statement);
    }
}

/// Adds the function of every helper that the stack needs, their role, and the account's role for API logs.
pub fn render(draft: &mut Draft) {
    let stack = draft.stack;
    let helpers = stack.helpers();
    if helpers.contains(&Helper::ApiAccount) {
        add_api_account(draft);
    }
    for helper in &helpers {
        add_function(draft, *helper);
    }
    if !helpers.is_empty() && deployment_role(stack).is_none() {
        add_role(draft);
    }
}

/// `CustomDashresourceDashexistingDashs3LambdaFunction`.
pub fn function_id(helper: Helper) -> String {
    format!("{}LambdaFunction", normalized(helper.key()))
}

/// The role that CloudFormation works with: the helpers take it over.
fn deployment_role(stack: &Stack) -> Option<&Expr> {
    let of_iam = stack.provider.iam.as_ref().and_then(|iam: &Iam| iam.deployment_role.as_ref());
    of_iam.or(stack.provider.cfn_role.as_ref())
}

fn logs(stack: &Stack) -> bool {
    stack.provider.logs.as_ref().and_then(|logs| logs.framework_lambda).is_some_and(|flag| flag.value)
}

fn add_function(draft: &mut Draft, helper: Helper) {
    let stack = draft.stack;
    let artifact = draft.helper_artifact();
    let key = artifact.map_or_else(String::new, |artifact| artifact_key(&bucket::prefix(stack), artifact));
    let written = stack.provider.runtime.as_ref().map(|runtime| runtime.text.as_str());
    let role = deployment_role(stack).map_or_else(|| attribute(ROLE, "Arn"), |role| role.value.clone());
    let mut all = Map::new();
    all.insert("Code".into(), json!({"S3Bucket": bucket::value(stack), "S3Key": key}));
    all.insert("FunctionName".into(), json!(stack.helper_name(helper)));
    all.insert("Handler".into(), json!(helper.handler()));
    all.insert("MemorySize".into(), json!(MEMORY_MB));
    all.insert("Runtime".into(), json!(written.filter(|text| text.starts_with("nodejs")).unwrap_or(RUNTIME)));
    all.insert("Timeout".into(), json!(TIMEOUT_S));
    all.insert("Role".into(), role);
    if let Some(architecture) = stack.provider.architecture {
        all.insert("Architectures".into(), json!([architecture.as_str()]));
    }
    let group = format!("{}LogGroup", normalized(helper.key()));
    let mut waits: Vec<String> = deployment_role(stack).is_none().then(|| ROLE.to_owned()).into_iter().collect();
    if logs(stack) {
        waits.push(group.clone());
        let name = format!("/aws/lambda/{}", stack.helper_name(helper));
        super::log_group::add(draft, group, stack.span, name);
    }
    depend(draft.add(function_id(helper), stack.span, "AWS::Lambda::Function", Value::Object(all)), waits);
}

fn add_role(draft: &mut Draft) {
    let stack = draft.stack;
    let mut statements = Vec::new();
    if logs(stack) {
        let group = |rest: &str| {
            sub(format!(
                "arn:${{AWS::Partition}}:logs:${{AWS::Region}}:${{AWS::AccountId}}:log-group:/aws/lambda/{}-{}{rest}",
                stack.service, stack.stage
            ))
        };
        let create = ["logs:CreateLogStream", "logs:CreateLogGroup", "logs:TagResource"];
        statements.push(json!({"Effect": "Allow", "Action": create, "Resource": [group("*:*")]}));
        statements.push(json!({"Effect": "Allow", "Action": ["logs:PutLogEvents"], "Resource": [group("*:*:*")]}));
    }
    statements.append(&mut draft.helper_statements);
    let role = json!({
        "AssumeRolePolicyDocument": super::role::assumed_by_lambda(),
        "Policies": [{
            "PolicyName": {"Fn::Join": ["-", [stack.stage, stack.service, "custom-resources-lambda"]]},
            "PolicyDocument": {"Version": "2012-10-17", "Statement": statements},
        }],
    });
    draft.add(ROLE, stack.span, "AWS::IAM::Role", role);
}

fn add_api_account(draft: &mut Draft) {
    let stack = draft.stack;
    let rest_api = stack.provider.logs.as_ref().and_then(|logs| logs.rest_api.details());
    let mut settings = Map::new();
    if let Some(role) = rest_api.and_then(|logs| logs.role.as_ref()) {
        settings.insert("RoleArn".into(), role.value.clone());
    }
    let id = "CustomApiGatewayAccountCloudWatchRole";
    custom(draft, Helper::ApiAccount, id, stack.provider.span, "Custom::ApiGatewayAccountRole", settings);
    let part = |rest: Vec<Value>| {
        let mut parts = vec![json!("arn"), json!({"Ref": "AWS::Partition"})];
        parts.extend(rest);
        json!({"Fn::Join": [":", parts]})
    };
    let role_actions = ["iam:AttachRolePolicy", "iam:CreateRole", "iam:ListAttachedRolePolicies", "iam:PassRole"];
    let roles = part(vec![json!("iam:"), json!({"Ref": "AWS::AccountId"}), json!("role/*")]);
    allow(draft, json!({"Effect": "Allow", "Resource": roles, "Action": role_actions}));
    let account = part(vec![json!("apigateway:*::/account")]);
    allow(draft, json!({"Effect": "Allow", "Resource": account, "Action": ["apigateway:GET", "apigateway:PATCH"]}));
}

/// The function that an event of an existing resource calls, as the helper names it.
pub fn called(draft: &mut Draft, key: &str) -> (Value, String) {
    let id = draft.stack.function_id(key);
    let name = function::rendered(draft, key).and_then(|properties| properties.get("FunctionName").cloned());
    (name.unwrap_or(Value::Null), id)
}
