//! Resource policies: AddPermission, GetPolicy, RemovePermission.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::function::{Function, Policy, revision};
use super::input::{self, LambdaFault, constraint, only};
use super::name::FunctionName;
use super::update;
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

const MEMBERS: &[&str] = &[
    "FunctionName",
    "Qualifier",
    "StatementId",
    "Action",
    "Principal",
    "SourceArn",
    "SourceAccount",
    "EventSourceToken",
    "PrincipalOrgID",
    "FunctionUrlAuthType",
    "InvokedViaFunctionUrl",
    "RevisionId",
];

/// AddPermission.
pub async fn add(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    only(&call, MEMBERS)?;
    let _edit = cloud.lambda.edit();
    let (mut function, name) = start(&cloud, &call)?;
    let id = input::required(&call.input, "StatementId")?;
    if !id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') || id.is_empty() || id.len() > 100 {
        let rule = "Member must satisfy regular expression pattern: ([a-zA-Z0-9-_]+)";
        return Err(constraint(id, "statementId", rule));
    }
    let statement = statement(&call.input, id, &name.qualified_arn(&cloud))?;
    let policy = function.policies.entry(name.qualifier.unwrap_or_default()).or_default();
    if !policy.revision_id.is_empty() {
        update::compare_revision(&call, &policy.revision_id)?;
    }
    if policy.statements.iter().any(|old| old["Sid"] == id) {
        let message = format!(
            "The statement id ({id}) provided already exists. Please provide a new statement id, or remove the existing statement."
        );
        return Err(Fault::sender("ResourceConflictException", message).with_status(409).typed("User"));
    }
    policy.statements.push(statement.clone());
    policy.revision_id = revision();
    function.save(&cloud)?;
    Ok(Output::json(json!({"Statement": statement.to_string()})).with_status(201))
}

fn statement(input: &Value, id: &str, arn: &str) -> Result<Value, Fault> {
    let action = input::required(input, "Action")?;
    let principal = input::required(input, "Principal")?;
    if !action.starts_with("lambda:") && action != "*" {
        let rule = "Member must satisfy regular expression pattern: (lambda:[*]|lambda:[a-zA-Z]+|[*])";
        return Err(constraint(action, "action", rule));
    }
    let mut conditions = Map::new();
    let mut condition = |operator: &str, key: &str, member: &str| -> Result<(), Fault> {
        if let Some(value) = input::text(input, member)? {
            let tests = conditions.entry(operator.to_owned()).or_insert_with(|| json!({}));
            tests[key] = json!(value);
        }
        Ok(())
    };
    condition("StringEquals", "AWS:SourceAccount", "SourceAccount")?;
    condition("StringEquals", "lambda:EventSourceToken", "EventSourceToken")?;
    condition("StringEquals", "aws:PrincipalOrgID", "PrincipalOrgID")?;
    condition("StringEquals", "lambda:FunctionUrlAuthType", "FunctionUrlAuthType")?;
    condition("ArnLike", "AWS:SourceArn", "SourceArn")?;
    if let Some(via) = input::flag(input, "InvokedViaFunctionUrl")? {
        let tests = conditions.entry("Bool".to_owned()).or_insert_with(|| json!({}));
        tests["lambda:InvokedViaFunctionUrl"] = json!(via.to_string());
    }
    let mut statement = json!({
        "Sid": id,
        "Effect": "Allow",
        "Principal": principal_shape(principal),
        "Action": action,
        "Resource": arn,
    });
    if !conditions.is_empty() {
        statement["Condition"] = Value::Object(conditions);
    }
    Ok(statement)
}

/// A principal as the policy shows it: everybody, a service, or an account or role.
fn principal_shape(principal: &str) -> Value {
    if principal == "*" {
        return json!("*");
    }
    if principal.ends_with(".amazonaws.com") {
        return json!({"Service": principal});
    }
    if principal.len() == 12 && principal.bytes().all(|byte| byte.is_ascii_digit()) {
        return json!({"AWS": format!("arn:aws:iam::{principal}:root")});
    }
    json!({"AWS": principal})
}

/// GetPolicy.
pub async fn get(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    only(&call, &["FunctionName", "Qualifier"])?;
    let (function, name) = start(&cloud, &call)?;
    let policy = function.policies.get(name.qualifier.as_deref().unwrap_or_default());
    let policy = policy.filter(|policy| !policy.statements.is_empty()).ok_or_else(no_policy)?;
    let document = json!({"Version": "2012-10-17", "Id": "default", "Statement": policy.statements});
    Ok(Output::json(json!({"Policy": document.to_string(), "RevisionId": policy.revision_id})))
}

/// RemovePermission.
pub async fn remove(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    only(&call, &["FunctionName", "Qualifier", "StatementId", "RevisionId"])?;
    let _edit = cloud.lambda.edit();
    let (mut function, name) = start(&cloud, &call)?;
    let id = input::required(&call.input, "StatementId")?;
    let key = name.qualifier.unwrap_or_default();
    let policy: &mut Policy = function.policies.get_mut(&key).ok_or_else(no_policy)?;
    update::compare_revision(&call, &policy.revision_id)?;
    let before = policy.statements.len();
    policy.statements.retain(|statement| statement["Sid"] != id);
    if policy.statements.len() == before {
        let message = format!("Statement {id} is not found in resource policy.");
        return Err(Fault::sender("ResourceNotFoundException", message).with_status(404).typed("User"));
    }
    policy.revision_id = revision();
    if policy.statements.is_empty() {
        function.policies.remove(&key);
    }
    function.save(&cloud)?;
    Ok(Output::empty().with_status(204))
}

fn start(cloud: &Cloud, call: &Call) -> Result<(Function, FunctionName), Fault> {
    let name = FunctionName::of(cloud, call)?;
    let function = Function::load(cloud, &name)?;
    if function.version(name.qualifier.as_deref(), 1.0).is_none() {
        return Err(name.not_found(cloud));
    }
    Ok((function, name))
}

fn no_policy() -> Fault {
    Fault::sender("ResourceNotFoundException", "The resource you requested does not exist.")
        .with_status(404)
        .typed("User")
}
