//! How a stack is kept beside its template, from `provider`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::session::Session;
use crate::Failure;
use crate::plan::{RollbackTriggers, StackSettings};
use crate::stack::{Any, Expr};

/// The settings of a session's stack.
///
/// # Errors
/// A value that CloudFormation takes only as text is something else.
pub fn settings(session: &Session, template: &cfn::Template) -> Result<StackSettings, Failure> {
    let provider = &session.stack.provider;
    let mut tags = BTreeMap::from([("STAGE".to_owned(), session.stack.stage.clone())]);
    for tag in provider.tags.iter().chain(provider.stack_tags.iter()) {
        tags.insert(tag.name.clone(), text(&tag.value, "a stack's tag")?);
    }
    let mut capabilities = vec!["CAPABILITY_IAM".to_owned(), "CAPABILITY_NAMED_IAM".to_owned()];
    if template.transform.is_some() {
        capabilities.push("CAPABILITY_AUTO_EXPAND".to_owned());
    }
    let topics = provider.notification_arns.iter().map(|arn| text(arn, "a notification ARN"));
    Ok(StackSettings {
        parameters: parameters(session)?,
        previous_parameters: Vec::new(),
        tags,
        capabilities,
        role_arn: role(session)?,
        notification_arns: topics.collect::<Result<_, _>>()?,
        rollback: provider.rollback_configuration.as_ref().map(|any| triggers(&any.to_json())),
        disable_rollback: provider.disable_rollback.is_some_and(|flag| flag.value),
        policy: policy(&provider.stack_policy),
        termination_protection: provider.termination_protection.map(|flag| flag.value),
    })
}

/// `stackPolicy` lists the statements of the policy.
fn policy(statements: &[Any]) -> Option<String> {
    let statements: Vec<Value> = statements.iter().map(Any::to_json).collect();
    (!statements.is_empty()).then(|| json!({ "Statement": statements }).to_string())
}

/// The role that CloudFormation works under.
///
/// # Errors
/// It is not text.
pub fn role(session: &Session) -> Result<Option<String>, Failure> {
    let provider = &session.stack.provider;
    let deployment_role = provider.iam.as_ref().and_then(|iam| iam.deployment_role.as_ref());
    let role = provider.cfn_role.as_ref().or(deployment_role);
    role.map(|role| text(role, "the role of CloudFormation")).transpose()
}

fn text(expr: &Expr, what: &str) -> Result<String, Failure> {
    match &expr.value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(value) => Ok(value.to_string()),
        _ => Err(Failure::Usage(crate::failure::Usage::new(format!(
            "{what} must be text: CloudFormation's functions work only inside the template"
        )))),
    }
}

/// `stackParameters` is a list in CloudFormation's own spelling, or a mapping inside such a list.
fn parameters(session: &Session) -> Result<BTreeMap<String, String>, Failure> {
    let mut parameters = BTreeMap::new();
    for entry in &session.stack.provider.stack_parameters {
        let entry = entry.to_json();
        let member = |key: &str| entry.get(key).map(plain);
        match (member("ParameterKey"), member("ParameterValue")) {
            (Some(key), Some(value)) => {
                parameters.insert(key, value);
            }
            _ => {
                return Err(Failure::Usage(crate::failure::Usage::new(
                    "an entry of `provider.stackParameters` needs ParameterKey and ParameterValue",
                )));
            }
        }
    }
    Ok(parameters)
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Source: CloudFormation API Reference, `RollbackConfiguration`.
fn triggers(value: &Value) -> RollbackTriggers {
    let listed = value.get("RollbackTriggers").and_then(Value::as_array).into_iter().flatten();
    let minutes = value.get("MonitoringTimeInMinutes").and_then(Value::as_i64);
    let triggers = listed.filter_map(|trigger| {
        let member = |key: &str| trigger.get(key).and_then(Value::as_str).map(str::to_owned);
        Some((member("Arn")?, member("Type").unwrap_or_else(|| "AWS::CloudWatch::Alarm".to_owned())))
    });
    RollbackTriggers {
        monitoring_minutes: minutes.and_then(|minutes| i32::try_from(minutes).ok()),
        triggers: triggers.collect(),
    }
}
