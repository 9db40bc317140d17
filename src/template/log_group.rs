//! Log groups of functions.

use serde_json::{Value, json};

use crate::stack::{Function, Named, Stack};

use super::draft::{Draft, set};

/// Adds a log group with the provider's settings.
pub fn add(draft: &mut Draft, id: String, span: crate::source::Span, name: String) {
    let provider = &draft.stack.provider;
    let resource = draft.add(id, span, "AWS::Logs::LogGroup", json!({"LogGroupName": name}));
    set(
        resource,
        [
            ("RetentionInDays", provider.log_retention_days.map(|days| json!(days.value))),
            ("DataProtectionPolicy", provider.log_data_protection_policy.as_ref().map(|policy| policy.to_json())),
        ],
    );
}

/// Adds one log group a function.
pub fn render(draft: &mut Draft) {
    for function in draft.stack.functions.iter().filter(|function| has_log_group(draft.stack, &function.value)) {
        let name = format!("/aws/lambda/{}", draft.stack.function_name(function));
        let id = draft.id(function, "LogGroup");
        let stack = draft.stack;
        let days = function.value.log_retention_days.or(stack.provider.log_retention_days);
        let own_policy = function.value.log_data_protection_policy.as_ref();
        let policy = own_policy.or(stack.provider.log_data_protection_policy.as_ref());
        let resource = draft.add(id, function.span, "AWS::Logs::LogGroup", json!({"LogGroupName": name}));
        set(
            resource,
            [
                ("RetentionInDays", days.map(|days| json!(days.value))),
                ("DataProtectionPolicy", policy.map(|policy| policy.to_json())),
            ],
        );
    }
}

/// Whether the stack makes a log group for the function.
pub fn has_log_group(stack: &Stack, function: &Function) -> bool {
    // The framework makes one for every function, also for those that write elsewhere.
    let is_used = custom_group(stack, function).is_none() || !stack.is_safe();
    !function.disable_logs.is_some_and(|flag| flag.value) && is_used
}

/// The log group that the user chose instead.
pub fn custom_group(stack: &Stack, function: &Function) -> Option<Value> {
    let shared = stack.provider.logs.as_ref().and_then(|logs| logs.lambda.as_ref());
    let logs = function.logs.as_ref().or(shared)?;
    logs.group.as_ref().map(|group| group.value.clone())
}

/// The id of the function's log group, if the stack makes one.
pub fn id(draft: &Draft, function: &Named<Function>) -> Option<String> {
    has_log_group(draft.stack, &function.value).then(|| draft.id(function, "LogGroup"))
}
