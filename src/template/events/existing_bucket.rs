//! Changes of buckets that exist: `Custom::S3`, one a function.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use crate::diagnostic::{Code, Diagnostic};
use crate::stack::event::{Event, S3Choice, S3Event};
use crate::stack::{Function, Helper, Named};
use crate::template::draft::{Draft, depend};
use crate::template::helper;
use crate::template::intrinsic::{account, partition, region};
use crate::template::naming::upper_first;

use super::{forced, id, missing};

/// Adds the custom resources of all functions. Those of one bucket follow one another: each reads the bucket's notifications and
/// writes them back.
pub fn render(draft: &mut Draft) {
    let stack = draft.stack;
    let mut by_bucket: IndexMap<String, Vec<String>> = IndexMap::new();
    for function in stack.functions.iter() {
        if let Some((bucket, resource)) = render_one(draft, function) {
            by_bucket.entry(bucket).or_default().push(resource);
        }
    }
    if by_bucket.is_empty() {
        return;
    }
    for resources in by_bucket.values() {
        for (former, later) in resources.iter().zip(resources.iter().skip(1)) {
            if let Some(resource) = draft.template.resources.get_mut(later) {
                depend(resource, [former.clone()]);
            }
        }
    }
    let parts = json!(["arn", partition(), "lambda", region(), account(), "function", "*"]);
    let actions = ["lambda:AddPermission", "lambda:RemovePermission"];
    helper::allow(draft, json!({"Effect": "Allow", "Resource": {"Fn::Join": [":", parts]}, "Action": actions}));
}

/// The bucket as text, and the id of the resource that was added.
fn render_one(draft: &mut Draft, function: &Named<Function>) -> Option<(String, String)> {
    let events: Vec<&S3Event> = function.value.events.iter().filter_map(existing).collect();
    let first = events.first()?;
    let Some(bucket) = &first.bucket else {
        missing(draft, first.span, "`bucket`");
        return None;
    };
    if let Some(other) =
        events.iter().find(|event| event.bucket.as_ref().is_some_and(|name| name.value != bucket.value))
    {
        let message = format!("`{}` follows two existing buckets; a function can follow one", function.name);
        let diagnostic = Diagnostic::error(Code::UnsupportedKey, other.span, message);
        draft.diagnostics.push(diagnostic.hint("give the second bucket a function of its own"));
        return None;
    }
    events.iter().for_each(|event| forced(draft, event.force_deploy));
    let (name, function_id) = helper::called(draft, &function.name);
    let configs: Vec<Value> = events.iter().map(|event| config(event)).collect();
    let mut settings = Map::new();
    settings.insert("FunctionName".into(), name);
    settings.insert("BucketName".into(), bucket.value.clone());
    settings.insert("BucketConfigs".into(), json!(configs));
    let resource = id(function, "CustomS31");
    helper::custom(draft, Helper::Buckets, &resource, first.span, "Custom::S3", settings);
    if let Some(resource) = draft.template.resources.get_mut(&resource) {
        depend(resource, [function_id]);
    }
    let arn = json!({"Fn::Join": [":", ["arn", partition(), "s3", "", "", bucket.value]]});
    let actions = ["s3:PutBucketNotification", "s3:GetBucketNotification"];
    helper::allow(draft, json!({"Effect": "Allow", "Resource": arn, "Action": actions}));
    Some((bucket.value.to_string(), resource))
}

fn existing(event: &Event) -> Option<&S3Event> {
    match event {
        Event::S3(choice) => match &**choice {
            S3Choice::Detailed(event) if event.existing.is_some_and(|flag| flag.value) => Some(event),
            _ => None,
        },
        _ => None,
    }
}

fn config(event: &S3Event) -> Value {
    let rules = event.rules.iter().flat_map(|rule| rule.0.entries());
    let rules: Vec<Value> = rules.map(|entry| json!({upper_first(&entry.key.text): entry.value.to_json()})).collect();
    let name = event.event.as_ref().map_or("s3:ObjectCreated:*", |event| event.text.as_str());
    json!({"Event": name, "Rules": rules})
}
