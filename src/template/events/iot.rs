//! AWS IoT: `AWS::IoT::TopicRule` and `AWS::IoT::ProvisioningTemplate`.

use serde_json::{Map, Value, json};

use crate::stack::event::{IotEvent, IotFleetProvisioning};
use crate::stack::{Function, Named};
use crate::template::draft::{Draft, depend, extend, present};
use crate::template::intrinsic::{account, arn, reference, region};

use super::{id, missing, permit};

/// Adds the rule, and its right to call the function.
pub fn render(draft: &mut Draft, function: &Named<Function>, event: &IotEvent, number: usize) {
    let Some(sql) = &event.sql else { return missing(draft, event.span, "`sql`") };
    let disabled = event.enabled.is_some_and(|flag| !flag.value);
    let mut payload = Map::new();
    payload.insert("Sql".into(), json!(sql.text.replace(['\r', '\n'], "")));
    payload.insert("RuleDisabled".into(), json!(disabled));
    payload.insert("Actions".into(), json!([{"Lambda": {"FunctionArn": draft.function_arn(&function.name)}}]));
    extend(
        &mut payload,
        [
            ("AwsIotSqlVersion", event.sql_version.as_ref().map(|version| json!(version.text))),
            ("Description", event.description.as_ref().map(|text| json!(text.text))),
        ],
    );
    let rule = present([
        ("RuleName", event.name.as_ref().map(|name| json!(name.text))),
        ("TopicRulePayload", Some(Value::Object(payload))),
    ]);
    let rule_id = id(function, format_args!("IotTopicRule{number}"));
    let alias = draft.aliases.get(&function.name).cloned();
    depend(draft.add(&rule_id, event.span, "AWS::IoT::TopicRule", rule), alias);
    let source = arn(vec![json!(":iot:"), region(), json!(":"), account(), json!(":rule/"), reference(&rule_id)]);
    let permission = id(function, format_args!("LambdaPermissionIotTopicRule{number}"));
    permit(draft, function, permission, event.span, json!("iot.amazonaws.com"), Some(source));
}

/// Adds the provisioning template that asks the function, and its right to do so.
pub fn fleet(draft: &mut Draft, function: &Named<Function>, event: &IotFleetProvisioning) {
    let body = event.template_body.as_ref().map(|body| match body.to_json() {
        Value::String(text) => json!(text),
        other => json!(other.to_string()),
    });
    let permission = id(function, "LambdaPermissionIotProvisioningTemplate");
    let template = present([
        ("Enabled", Some(json!(event.enabled.is_none_or(|flag| flag.value)))),
        ("PreProvisioningHook", Some(json!({"TargetArn": draft.function_arn(&function.name)}))),
        ("ProvisioningRoleArn", event.provisioning_role_arn.as_ref().map(|role| role.value.clone())),
        ("TemplateBody", body),
        ("TemplateName", event.template_name.as_ref().map(|name| json!(name.text))),
    ]);
    let alias = draft.aliases.get(&function.name).cloned();
    let resource =
        draft.add(id(function, "IotProvisioningTemplate"), event.span, "AWS::IoT::ProvisioningTemplate", template);
    depend(resource, [permission.clone()].into_iter().chain(alias));
    permit(draft, function, permission, event.span, json!("iot.amazonaws.com"), None);
}
