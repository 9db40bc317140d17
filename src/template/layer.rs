//! `AWS::Lambda::LayerVersion`: folders that functions share.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::stack::{Layer, Named, normalized};

use super::draft::{Draft, extend};
use super::intrinsic::reference;
use super::naming::content_hash;
use super::{artifact_key, bucket};

/// Adds every layer, who may use it, and its outputs.
pub fn render(draft: &mut Draft) {
    let stack = draft.stack;
    for layer in stack.layers.iter() {
        render_one(draft, layer);
    }
}

/// Lets references to a layer whose earlier versions stay reach the version of this deployment, whose id goes with its content.
///
/// The framework leaves them as they are, and CloudFormation refuses the template.
pub fn resolve_retained(draft: &mut Draft) {
    let layers = std::mem::take(&mut draft.retained_layers);
    if !layers.is_empty() {
        for resource in draft.template.resources.values_mut() {
            resource.properties.iter_mut().for_each(|value| renamed(value, &layers));
        }
        draft.template.outputs.values_mut().for_each(|output| renamed(&mut output.value, &layers));
    }
    draft.retained_layers = layers;
}

fn renamed(value: &mut Value, layers: &BTreeMap<String, String>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| renamed(item, layers)),
        Value::Object(map) => {
            if let (1, Some(id)) = (map.len(), map.get("Ref").and_then(Value::as_str).and_then(|id| layers.get(id))) {
                *value = reference(id);
                return;
            }
            map.values_mut().for_each(|member| renamed(member, layers));
        }
        _ => {}
    }
}

fn render_one(draft: &mut Draft, layer: &Named<Layer>) {
    let stack = draft.stack;
    let value = &layer.value;
    let artifact = draft.layer_artifact(&layer.name);
    let key = artifact.map_or_else(String::new, |artifact| artifact_key(&bucket::prefix(stack), artifact));
    let runtimes: Vec<&str> = value.compatible_runtimes.iter().map(|text| text.text.as_str()).collect();
    let architectures: Vec<&str> = value.compatible_architectures.iter().map(|word| word.as_str()).collect();
    let name = value.name.as_ref().map_or(layer.name.as_str(), |name| name.text.as_str());
    let mut all = Map::new();
    all.insert("LayerName".into(), json!(name));
    extend(
        &mut all,
        [
            ("Description", value.description.as_ref().map(|text| json!(text.text))),
            ("LicenseInfo", value.license_info.as_ref().map(|text| json!(text.text))),
            ("CompatibleRuntimes", (!runtimes.is_empty()).then(|| json!(runtimes))),
            ("CompatibleArchitectures", (!architectures.is_empty()).then(|| json!(architectures))),
        ],
    );
    let digest = artifact.map_or("", |artifact| artifact.digest.as_str());
    let hash = content_hash(&format!("{digest}{}", Value::Object(all.clone())));
    all.insert("Content".into(), json!({"S3Bucket": bucket::value(stack), "S3Key": key}));
    let retained = value.retain.is_some_and(|flag| flag.value);
    let suffix = if retained { hash.as_str() } else { "" };
    let stem = normalized(&layer.name);
    let id = format!("{stem}LambdaLayer{suffix}");
    if retained {
        draft.retained_layers.insert(format!("{stem}LambdaLayer"), id.clone());
    }
    let policy = retained.then(|| json!("Retain"));
    draft.add(&id, layer.span, "AWS::Lambda::LayerVersion", Value::Object(all)).deletion_policy = policy.clone();
    for account in &value.allowed_accounts {
        let permission = json!({
            "Action": "lambda:GetLayerVersion", "LayerVersionArn": reference(&id), "Principal": account.text,
        });
        let permission_id = format!("{stem}{}LambdaLayerPermission{suffix}", account.text.replacen('*', "Wild", 1));
        draft.add(permission_id, account.span, "AWS::Lambda::LayerVersionPermission", permission).deletion_policy =
            policy.clone();
    }
    draft.output(format!("{stem}LambdaLayerQualifiedArn"), "Current Lambda layer version", reference(&id));
    draft.output(format!("{stem}LambdaLayerHash"), "Current Lambda layer hash", json!(hash));
    draft.output(format!("{stem}LambdaLayerS3Key"), "Current Lambda layer S3Key", json!(key));
}
