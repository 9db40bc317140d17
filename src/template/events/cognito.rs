//! Triggers of Cognito user pools: `AWS::Cognito::UserPool`.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use crate::source::Span;
use crate::stack::event::{CognitoUserPool, Event};
use crate::stack::{Function, Named};
use crate::template::draft::{Draft, depend};
use crate::template::intrinsic::attribute;
use crate::template::naming::alphanumeric_upper;

use super::{id, missing, permit};

/// Adds one pool for all triggers that name it, and its right to call each function.
pub fn render(draft: &mut Draft) {
    let stack = draft.stack;
    type Trigger<'a> = (&'a Named<Function>, String, &'a CognitoUserPool);
    let mut pools: IndexMap<String, (Span, Vec<Trigger>)> = IndexMap::new();
    for function in stack.functions.iter() {
        for event in &function.value.events {
            let Event::CognitoUserPool(event) = event else { continue };
            let (Some(pool), Some(trigger)) = (&event.pool, &event.trigger) else {
                missing(draft, event.span, "`pool` and `trigger`");
                continue;
            };
            if event.existing.is_some_and(|flag| flag.value) {
                continue;
            }
            let entry = pools.entry(pool.text.clone()).or_insert_with(|| (event.span, Vec::new()));
            entry.1.push((function, trigger.text.clone(), event));
        }
    }
    for (pool, (span, triggers)) in pools {
        add_pool(draft, &pool, span, &triggers);
    }
}

/// The version of the event that a trigger sends.
pub fn version(event: &CognitoUserPool) -> Option<&str> {
    event.lambda_version.as_ref().map(|version| version.text.as_str())
}

fn add_pool(draft: &mut Draft, pool: &str, span: Span, triggers: &[(&Named<Function>, String, &CognitoUserPool)]) {
    let pool_id = format!("CognitoUserPool{}", alphanumeric_upper(pool));
    let mut config = Map::new();
    for (function, trigger, event) in triggers {
        let arn = draft.function_arn(&function.name);
        // Senders of messages get what they send encrypted.
        if matches!(trigger.as_str(), "CustomEmailSender" | "CustomSMSSender") {
            config
                .insert(trigger.clone(), json!({"LambdaArn": arn, "LambdaVersion": version(event).unwrap_or("V1_0")}));
            if let Some(key) = &event.kms_key_id {
                config.insert("KMSKeyID".to_owned(), key.value.clone());
            }
        } else if let (Some(version), "PreTokenGeneration") = (version(event), trigger.as_str()) {
            config.insert("PreTokenGenerationConfig".into(), json!({"LambdaArn": arn, "LambdaVersion": version}));
        } else {
            config.insert(trigger.clone(), arn);
        }
    }
    let properties = json!({"UserPoolName": pool, "LambdaConfig": Value::Object(config)});
    let functions: Vec<String> = triggers
        .iter()
        .map(|(function, _, _)| {
            draft.aliases.get(&function.name).cloned().unwrap_or_else(|| draft.stack.function_id(&function.name))
        })
        .collect();
    depend(draft.add(&pool_id, span, "AWS::Cognito::UserPool", properties), functions);
    for (function, trigger, event) in triggers {
        let rest = format!(
            "LambdaPermissionCognitoUserPool{}TriggerSource{}",
            alphanumeric_upper(pool),
            alphanumeric_upper(trigger)
        );
        let source = attribute(&pool_id, "Arn");
        permit(draft, function, id(function, rest), event.span, json!("cognito-idp.amazonaws.com"), Some(source));
    }
}
