//! `AWS::Lambda::Version` and the aliases `provisioned` and `snapstart`.

use serde_json::{Value, json};

use crate::stack::{Function, Named, Stack, normalized};

use super::draft::{Draft, depend};
use super::intrinsic::{attribute, reference};
use super::naming::content_hash;
use super::{cloud_front, function};

/// Adds the version of a function when it wants one, and its alias.
pub fn render(draft: &mut Draft, function: &Named<Function>) {
    let value = &function.value;
    // CloudFront calls a version, never the function.
    let kept = is_versioned(draft.stack, value) || cloud_front::is_at_edge(value);
    let warm = value.provisioned_concurrency.as_ref().filter(|count| count.value != json!(0));
    let snapped = value.snap_start.is_some_and(|flag| flag.value);
    if !kept && warm.is_none() && !snapped {
        return;
    }
    let version = add_version(draft, function, kept);
    if let Some(count) = warm {
        let concurrency = json!({"ProvisionedConcurrentExecutions": count.value});
        add_alias(draft, function, &version, ("ProvConcLambdaAlias", "provisioned"), Some(concurrency));
    } else if snapped {
        add_alias(draft, function, &version, ("SnapStartLambdaAlias", "snapstart"), None);
    }
}

fn is_versioned(stack: &Stack, function: &Function) -> bool {
    function.version.or(stack.provider.version_functions).is_none_or(|flag| flag.value)
}

fn add_version(draft: &mut Draft, function: &Named<Function>, kept: bool) -> String {
    let function_id = draft.stack.function_id(&function.name);
    let id = format!("{}LambdaVersion{}", normalized(&function.name), fingerprint(draft, function));
    let image = image_digest(draft, function);
    let mut properties = json!({"FunctionName": reference(&function_id)});
    if let Some(all) = properties.as_object_mut() {
        let sha = draft.artifact(&function.name).map(|artifact| artifact.code_sha256.clone());
        if let Some(sha) = sha.or(image).filter(|sha| !sha.is_empty()) {
            all.insert("CodeSha256".into(), json!(sha));
        }
        if let Some(text) = &function.value.description {
            all.insert("Description".into(), text.value.clone());
        }
    }
    let resource = draft.add(&id, function.span, "AWS::Lambda::Version", properties);
    if kept {
        resource.deletion_policy = Some(json!("Retain"));
    }
    let output = format!("{}LambdaFunctionQualifiedArn", normalized(&function.name));
    draft.output(output, "Current Lambda function version", reference(&id));
    id
}

/// The digest of a function's image, when its address ends in one.
fn image_digest(draft: &mut Draft, function: &Named<Function>) -> Option<String> {
    let properties = function::rendered(draft, &function.name)?;
    let (_, digest) = properties.get("Code")?.get("ImageUri")?.as_str()?.split_once("@sha256:")?;
    Some(digest.to_owned())
}

/// A name for the code and the settings of a function: a new version is made when, and only when, one of them changes.
fn fingerprint(draft: &mut Draft, function: &Named<Function>) -> String {
    let mut text = draft.artifact(&function.name).map(|artifact| artifact.digest.clone()).unwrap_or_default();
    let is_image = function::is_image(draft.stack, &function.value);
    let mut layers: Vec<&str> = draft.stack.layers.names().collect();
    layers.sort_unstable();
    for key in layers {
        text.push_str(draft.layer_artifact(key).map_or("", |artifact| &artifact.digest));
    }
    if let Some(properties) = function::rendered(draft, &function.name) {
        let mut properties = properties.clone();
        if !is_image {
            properties.remove("Code");
        }
        // These hold for the function, not for a version.
        properties.remove("ReservedConcurrentExecutions");
        properties.remove("Tags");
        text.push_str(&Value::Object(properties).to_string());
    }
    content_hash(&text)
}

fn add_alias(
    draft: &mut Draft,
    function: &Named<Function>,
    version: &str,
    (suffix, name): (&str, &str),
    warm: Option<Value>,
) {
    let function_id = draft.stack.function_id(&function.name);
    let id = draft.id(function, suffix);
    let mut properties = json!({
        "FunctionName": reference(&function_id),
        "FunctionVersion": attribute(version, "Version"),
        "Name": name,
    });
    if let (Some(warm), Some(all)) = (warm, properties.as_object_mut()) {
        all.insert("ProvisionedConcurrencyConfig".into(), warm);
    }
    let resource = draft.add(&id, function.span, "AWS::Lambda::Alias", properties);
    depend(resource, [function_id]);
    draft.aliases.insert(function.name.clone(), id);
}
