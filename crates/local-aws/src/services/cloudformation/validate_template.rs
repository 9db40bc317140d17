//! `ValidateTemplate` and `GetTemplateSummary`

use std::sync::Arc;

use cfn::evaluate::scalar;
use cfn::parameter::hidden;
use cfn::{Template, check};
use indexmap::IndexMap;
use serde_json::{Value, json};

use super::capability;
use super::input::{stack, text};
use super::shape::compact;
use super::submission::{refuse_transforms, refused, template_text};
use crate::Cloud;
use crate::engine::blueprint::Blueprint;
use crate::engine::journal::Spec;
use crate::engine::surroundings::Surroundings;
use crate::wire::{Call, Fault, Output};

/// Checks a template as far as that goes without parameters.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ValidateTemplate.html>
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let body = template_text(&cloud, &call, None).await?;
    let template = checked(&body)?;
    let parameters: Vec<Value> = template
        .parameters
        .iter()
        .map(|(name, declared)| {
            compact(json!({
                "ParameterKey": name,
                "DefaultValue": declared.default.as_ref().and_then(scalar),
                "NoEcho": hidden(declared),
                "Description": declared.constraints.get("Description"),
            }))
        })
        .collect();
    let mut answer = json!({ "Parameters": parameters, "Description": template.description });
    acknowledge(&cloud, &call, &body, &mut answer);
    Ok(Output::json(compact(answer)))
}

/// Tells what a template needs and holds.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetTemplateSummary.html>
pub async fn summary(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let body = match text(&call, "StackName") {
        Some(_) => stack(&super::engine(&cloud), &call)?.lock().spec().body.clone(),
        None => template_text(&cloud, &call, None).await?,
    };
    let template = checked(&body)?;
    let parameters: Vec<Value> = template
        .parameters
        .iter()
        .map(|(name, declared)| {
            let constraints: IndexMap<&str, Value> = declared
                .constraints
                .get("AllowedValues")
                .map(|values| ("AllowedValues", values.clone()))
                .into_iter()
                .collect();
            compact(json!({
                "ParameterKey": name,
                "DefaultValue": declared.default.as_ref().and_then(scalar),
                "ParameterType": declared.kind,
                "NoEcho": hidden(declared),
                "Description": declared.constraints.get("Description"),
                "ParameterConstraints": constraints,
            }))
        })
        .collect();
    let mut kinds: Vec<&str> = Vec::new();
    for resource in template.resources.values() {
        if !kinds.contains(&resource.kind.as_str()) {
            kinds.push(&resource.kind);
        }
    }
    let mut answer = json!({
        "Parameters": parameters,
        "Description": template.description,
        "ResourceTypes": kinds,
        "Version": template.format_version,
        "Metadata": template.metadata.as_ref().map(Value::to_string),
    });
    acknowledge(&cloud, &call, &body, &mut answer);
    Ok(Output::json(compact(answer)))
}

fn checked(body: &str) -> Result<Template, Fault> {
    let template = Template::parse(body).map_err(refused)?;
    check::check(&template).map_err(refused)?;
    refuse_transforms(&template)?;
    cfn::Graph::new(&template, &IndexMap::new()).map_err(refused)?;
    Ok(template)
}

/// Adds the capabilities that the template needs, as far as they show without its parameters.
fn acknowledge(cloud: &Cloud, call: &Call, body: &str, answer: &mut Value) {
    let spec = Spec { body: body.to_owned(), ..Spec::default() };
    let around =
        Surroundings { account: cloud.config.account.clone(), region: call.region.clone(), ..Surroundings::default() };
    let Ok(blueprint) = Blueprint::new(&spec, &around) else { return };
    if let Some((capability, kinds)) = capability::needed(&blueprint) {
        answer["Capabilities"] = json!([capability]);
        answer["CapabilitiesReason"] =
            Value::from(format!("The following resource(s) require capabilities: [{}]", kinds.join(", ")));
    }
}
