//! Alexa skills: rights to call functions.

use serde_json::json;

use crate::source::Span;
use crate::stack::event::{AlexaSkillChoice, AlexaSmartHomeChoice};
use crate::stack::{Flag, Function, Named, Text};
use crate::template::draft::{Draft, depend};

use super::{id, missing};

/// Lets a skill call the function.
pub fn skill(draft: &mut Draft, function: &Named<Function>, choice: &AlexaSkillChoice, number: usize) {
    let (app, enabled, span) = match choice {
        AlexaSkillChoice::AppId(app) => (Some(app), None, app.span),
        AlexaSkillChoice::Detailed(event) => (event.app_id.as_ref(), event.enabled, event.span),
    };
    let rest = format!("LambdaPermissionAlexaSkill{number}");
    add(draft, function, rest, app, enabled, span, "alexa-appkit.amazon.com");
}

/// Lets a smart home skill call the function.
pub fn home(draft: &mut Draft, function: &Named<Function>, choice: &AlexaSmartHomeChoice, number: usize) {
    let (app, enabled, span) = match choice {
        AlexaSmartHomeChoice::AppId(app) => (Some(app), None, app.span),
        AlexaSmartHomeChoice::Detailed(event) => (event.app_id.as_ref(), event.enabled, event.span),
    };
    let rest = format!("LambdaPermissionAlexaSmartHome{number}");
    add(draft, function, rest, app, enabled, span, "alexa-connectedhome.amazon.com");
}

fn add(
    draft: &mut Draft,
    function: &Named<Function>,
    rest: String,
    app: Option<&Text>,
    enabled: Option<Flag>,
    span: Span,
    principal: &str,
) {
    let Some(app) = app else { return missing(draft, span, "`appId`") };
    let is_on = enabled.is_none_or(|flag| flag.value);
    let permission = json!({
        "FunctionName": draft.function_arn(&function.name),
        "Action": if is_on { "lambda:InvokeFunction" } else { "lambda:DisableInvokeFunction" },
        "Principal": principal,
        "EventSourceToken": app.text,
    });
    let alias = draft.aliases.get(&function.name).cloned();
    depend(draft.add(id(function, rest), span, "AWS::Lambda::Permission", permission), alias);
}
