//! Triggers of user pools that exist: `Custom::CognitoUserPool`, one a function.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use crate::diagnostic::{Code, Diagnostic};
use crate::stack::event::{CognitoUserPool, Event};
use crate::stack::{Function, Helper, Named};
use crate::template::draft::{Draft, depend};
use crate::template::helper;
use crate::template::intrinsic::sub;

use super::{cognito, forced, id};

/// Adds the custom resources of all functions. Those of one pool follow one another: each reads the pool's settings and writes them
/// back.
pub fn render(draft: &mut Draft) {
    let stack = draft.stack;
    let mut by_pool: IndexMap<&str, Vec<String>> = IndexMap::new();
    for function in stack.functions.iter() {
        if let Some((pool, resource)) = render_one(draft, function) {
            by_pool.entry(pool).or_default().push(resource);
        }
    }
    if by_pool.is_empty() {
        return;
    }
    for resources in by_pool.values() {
        for (former, later) in resources.iter().zip(resources.iter().skip(1)) {
            if let Some(resource) = draft.template.resources.get_mut(later) {
                depend(resource, [former.clone()]);
            }
        }
    }
    let functions = sub("arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:*");
    helper::allow(draft, json!({"Effect": "Allow", "Resource": functions, "Action": ["lambda:RemovePermission"]}));
    let roles = sub("arn:${AWS::Partition}:iam::*:role/*");
    helper::allow(draft, json!({"Effect": "Allow", "Resource": roles, "Action": ["iam:PassRole"]}));
}

/// The pool, and the id of the resource that was added.
fn render_one<'a>(draft: &mut Draft, function: &'a Named<Function>) -> Option<(&'a str, String)> {
    let events: Vec<&CognitoUserPool> = function.value.events.iter().filter_map(existing).collect();
    let first = events.first()?;
    let pool = first.pool.as_ref()?;
    if let Some(other) = events.iter().find(|event| event.pool.as_ref().is_some_and(|name| name.text != pool.text)) {
        let message =
            format!("`{}` is a trigger of two existing user pools; a function can be one of one", function.name);
        let diagnostic = Diagnostic::error(Code::UnsupportedKey, other.span, message);
        draft.diagnostics.push(diagnostic.hint("give the second pool a function of its own"));
        return None;
    }
    if let Some(key) = first.kms_key_id.as_ref().filter(|_| is_sender(first)) {
        helper::allow(draft, json!({"Effect": "Allow", "Resource": key.value, "Action": ["kms:CreateGrant"]}));
    }
    let pool_actions = ["cognito-idp:ListUserPools", "cognito-idp:DescribeUserPool", "cognito-idp:UpdateUserPool"];
    helper::allow(draft, json!({"Effect": "Allow", "Resource": "*", "Action": pool_actions}));
    events.iter().for_each(|event| forced(draft, event.force_deploy));
    let (name, function_id) = helper::called(draft, &function.name);
    let deployed = draft.stack.function_name(function);
    let configs: Vec<Value> = events.iter().map(|event| config(event)).collect();
    let mut settings = Map::new();
    settings.insert("FunctionName".into(), name);
    settings.insert("UserPoolName".into(), json!(pool.text));
    settings.insert("UserPoolConfigs".into(), json!(configs));
    let resource = id(function, "CustomCognitoUserPool1");
    helper::custom(draft, Helper::UserPools, &resource, first.span, "Custom::CognitoUserPool", settings);
    if let Some(resource) = draft.template.resources.get_mut(&resource) {
        depend(resource, [function_id]);
    }
    let own = sub(format!("arn:${{AWS::Partition}}:lambda:*:*:function:{deployed}"));
    let rights = ["lambda:AddPermission", "lambda:RemovePermission"];
    helper::allow(draft, json!({"Effect": "Allow", "Resource": own, "Action": rights}));
    Some((&pool.text, resource))
}

fn existing(event: &Event) -> Option<&CognitoUserPool> {
    match event {
        Event::CognitoUserPool(pool) if pool.existing.is_some_and(|flag| flag.value) && pool.trigger.is_some() => {
            Some(pool)
        }
        _ => None,
    }
}

fn is_sender(event: &CognitoUserPool) -> bool {
    event.trigger.as_ref().is_some_and(|trigger| matches!(trigger.as_str(), "CustomEmailSender" | "CustomSMSSender"))
}

fn config(event: &CognitoUserPool) -> Value {
    let mut config = Map::new();
    let trigger = event.trigger.as_ref().map_or("", |trigger| trigger.as_str());
    config.insert("Trigger".into(), json!(trigger));
    if is_sender(event) {
        config.insert("LambdaVersion".into(), json!(cognito::version(event).unwrap_or("V1_0")));
        if let Some(key) = &event.kms_key_id {
            config.insert("KMSKeyID".into(), key.value.clone());
        }
    } else if let Some(version) = cognito::version(event).filter(|_| trigger == "PreTokenGeneration") {
        config.insert("LambdaVersion".into(), json!(version));
    }
    Value::Object(config)
}
