//! API keys and usage plans.

use serde_json::{Map, Value, json};

use crate::source::{Kind, Node};
use crate::template::draft::{Draft, depend};
use crate::template::intrinsic::reference;
use crate::template::naming::capitalized;

use super::{api_id, stage, stage_elsewhere};

/// One key: its name, value and settings, and the plan that it belongs to.
struct ApiKey<'a> {
    plan: Option<String>,
    node: &'a Node,
}

/// Adds keys, plans, and which key belongs to which plan.
pub fn render(draft: &mut Draft, deployment: &str) {
    let Some(settings) = draft.stack.provider.api_gateway.as_ref() else { return };
    let plans = plans(settings.usage_plan.as_ref().map(|plan| &plan.0));
    let keys = keys(settings.api_keys.as_ref().map(|keys| &keys.0), &plans);
    if plans.is_empty() && keys.is_empty() {
        return;
    }
    for (name, plan) in &plans {
        let span = plan.map_or(settings.span, |plan| plan.span);
        let properties = plan_properties(draft, name.as_deref(), plan.as_deref());
        let resource = draft.add(plan_id(name.as_deref()), span, "AWS::ApiGateway::UsagePlan", properties);
        depend(resource, [deployment.to_owned()]);
    }
    if plans.is_empty() {
        let properties = plan_properties(draft, None, None);
        depend(
            draft.add(plan_id(None), settings.span, "AWS::ApiGateway::UsagePlan", properties),
            [deployment.to_owned()],
        );
    }
    let mut counts: std::collections::BTreeMap<Option<String>, usize> = std::collections::BTreeMap::new();
    for key in &keys {
        let number = counts.entry(key.plan.clone()).or_insert(0);
        *number += 1;
        let place = format!("{}{number}", key.plan.as_deref().map(capitalized).unwrap_or_default());
        let id = format!("ApiGatewayApiKey{place}");
        let properties = key_properties(draft, key.node);
        depend(draft.add(&id, key.node.span, "AWS::ApiGateway::ApiKey", properties), [deployment.to_owned()]);
        let member = json!({
            "KeyId": reference(&id), "KeyType": "API_KEY", "UsagePlanId": reference(&plan_id(key.plan.as_deref())),
        });
        draft.add(format!("ApiGatewayUsagePlanKey{place}"), key.node.span, "AWS::ApiGateway::UsagePlanKey", member);
    }
}

fn plan_id(name: Option<&str>) -> String {
    format!("ApiGatewayUsagePlan{}", name.map(capitalized).unwrap_or_default())
}

/// Plans by name, or one without a name.
fn plans(node: Option<&Node>) -> Vec<(Option<String>, Option<&Node>)> {
    let Some(node) = node else { return Vec::new() };
    let named = node
        .items()
        .iter()
        .flat_map(|item| item.entries())
        .map(|entry| (Some(entry.key.text.clone()), Some(&entry.value)));
    match node.kind {
        Kind::Sequence(_) => named.collect(),
        _ => vec![(None, Some(node))],
    }
}

fn keys<'a>(node: Option<&'a Node>, plans: &[(Option<String>, Option<&Node>)]) -> Vec<ApiKey<'a>> {
    let is_plan = |name: &str| plans.iter().any(|(plan, _)| plan.as_deref() == Some(name));
    let mut all = Vec::new();
    for item in node.map(Node::items).unwrap_or_default() {
        match item.entries() {
            [entry] if is_plan(&entry.key.text) => {
                all.extend(entry.value.items().iter().map(|node| ApiKey { plan: Some(entry.key.text.clone()), node }));
            }
            _ => all.push(ApiKey { plan: None, node: item }),
        }
    }
    all
}

fn key_properties(draft: &Draft, node: &Node) -> Value {
    let mut all = Map::new();
    all.insert("Enabled".into(), json!(true));
    match &node.kind {
        Kind::Mapping(_) => {
            let known = [
                ("name", "Name"),
                ("value", "Value"),
                ("description", "Description"),
                ("customerId", "CustomerId"),
                ("enabled", "Enabled"),
            ];
            for (key, name) in known {
                if let Some(value) = node.get(key) {
                    all.insert(name.into(), value.to_json());
                }
            }
            if node.get("name").is_none() && all.get("Value").is_none() && node.entries().len() == 1 {
                all.insert("Name".into(), node.to_json());
            }
        }
        _ => {
            all.insert("Name".into(), node.to_json());
        }
    }
    all.insert(
        "StageKeys".into(),
        json!([{"RestApiId": api_id(draft.stack), "StageName": stage_elsewhere(draft.stack)}]),
    );
    Value::Object(all)
}

fn plan_properties(draft: &Draft, name: Option<&str>, plan: Option<&Node>) -> Value {
    let stack = draft.stack;
    let suffix = name.map(|name| format!("-{name}")).unwrap_or_default();
    let mut all = Map::new();
    let stage = if stage::is_explicit(stack) { reference("ApiGatewayStage") } else { json!(stage_elsewhere(stack)) };
    all.insert("ApiStages".into(), json!([{"ApiId": api_id(stack), "Stage": stage}]));
    let named = name.map(|name| format!("Usage plan \"{name}\" for {} {} stage", stack.service, stack.stage));
    all.insert(
        "Description".into(),
        json!(named.unwrap_or_else(|| format!("Usage plan for {} {} stage", stack.service, stack.stage))),
    );
    all.insert("UsagePlanName".into(), json!(format!("{}{suffix}-{}", stack.service, stack.stage)));
    let quota = plan.and_then(|plan| plan.get("quota"));
    let throttle = plan.and_then(|plan| plan.get("throttle"));
    if let Some(quota) = quota {
        all.insert("Quota".into(), upper_keys(quota));
    }
    if let Some(throttle) = throttle {
        all.insert("Throttle".into(), upper_keys(throttle));
    }
    Value::Object(all)
}

/// The same mapping in CloudFormation's spelling: `burstLimit` is `BurstLimit`.
fn upper_keys(node: &Node) -> Value {
    let entries = node.entries().iter();
    Value::Object(
        entries.map(|entry| (crate::template::naming::upper_first(&entry.key.text), entry.value.to_json())).collect(),
    )
}
