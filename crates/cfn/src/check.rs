//! What CloudFormation refuses in a template before it looks at any resource type.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::evaluate::scalar;
use crate::graph::depends_on;
use crate::parameter::Kind;
use crate::reference::{Reference, all_references, attribute, function};
use crate::{Template, TemplateError};

/// The names that every template may `Ref`.
pub const PSEUDO_PARAMETERS: &[&str] = &[
    "AWS::AccountId",
    "AWS::NoValue",
    "AWS::NotificationARNs",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
];

const MAX_RESOURCES: usize = 500;
const MAX_OUTPUTS: usize = 200;
const MAX_PARAMETERS: usize = 200;
const MAX_MAPPINGS: usize = 200;

/// Checks everything that can be seen without knowing resource types or parameter values.
///
/// # Errors
/// The first [`TemplateError`], in CloudFormation's words and order: limits, then references, then attributes.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
pub fn check(template: &Template) -> Result<(), TemplateError> {
    limits(template)?;
    for (name, parameter) in &template.parameters {
        Kind::of(name, &parameter.kind)?;
    }
    references_resolve(template)?;
    conditions_resolve(template)?;
    attributes_resolve(template)?;
    outputs_are_well_formed(template)
}

fn limits(template: &Template) -> Result<(), TemplateError> {
    let sections = [
        ("resources", template.resources.len(), MAX_RESOURCES),
        ("outputs", template.outputs.len(), MAX_OUTPUTS),
        ("parameters", template.parameters.len(), MAX_PARAMETERS),
        ("mappings", template.mappings.len(), MAX_MAPPINGS),
    ];
    for (name, count, most) in sections {
        if count > most {
            return Err(TemplateError::format(format!(
                "Number of {name}, {count}, is greater than maximum allowed, {most}"
            )));
        }
    }
    Ok(())
}

fn named(template: &Template, name: &str) -> bool {
    PSEUDO_PARAMETERS.contains(&name) || template.parameters.contains_key(name) || template.resources.contains_key(name)
}

fn references_resolve(template: &Template) -> Result<(), TemplateError> {
    let mut missing = BTreeSet::new();
    for resource in template.resources.values() {
        for name in depends_on(resource) {
            if !template.resources.contains_key(name) {
                missing.insert(name.to_owned());
            }
        }
        let values = [&resource.properties, &resource.metadata, &resource.creation_policy, &resource.update_policy];
        for reference in values.into_iter().flatten().flat_map(all_references) {
            if let Reference::Name(name) = reference
                && !named(template, &name)
            {
                missing.insert(name);
            }
        }
    }
    refuse_unresolved(missing, "Resources")?;
    let mut missing = BTreeSet::new();
    for output in template.outputs.values() {
        for reference in [Some(&output.value), output.export.as_ref()].into_iter().flatten().flat_map(all_references) {
            if let Reference::Name(name) = reference
                && !named(template, &name)
            {
                missing.insert(name);
            }
        }
    }
    refuse_unresolved(missing, "Outputs")
}

fn refuse_unresolved(missing: BTreeSet<String>, block: &str) -> Result<(), TemplateError> {
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = missing.into_iter().collect();
    Err(TemplateError::format(format!(
        "Unresolved resource dependencies [{}] in the {block} block of the template",
        names.join(", ")
    )))
}

fn conditions_resolve(template: &Template) -> Result<(), TemplateError> {
    for value in template.conditions.values() {
        for reference in all_references(value) {
            match reference {
                Reference::Name(name) | Reference::Attribute(name, _)
                    if !PSEUDO_PARAMETERS.contains(&name.as_str()) && !template.parameters.contains_key(&name) =>
                {
                    return Err(TemplateError::format(format!(
                        "Unresolved dependencies [{name}]. Cannot reference resources in the Conditions block of the template"
                    )));
                }
                _ => {}
            }
        }
    }
    let resources =
        template.resources.values().filter_map(|resource| resource.condition.as_ref().map(|name| (name, "Resources")));
    let outputs =
        template.outputs.values().filter_map(|output| output.condition.as_ref().map(|name| (name, "Outputs")));
    for (name, block) in resources.chain(outputs) {
        if !template.conditions.contains_key(name) {
            return Err(TemplateError::format(format!(
                "Unresolved condition dependency {name} in the {block} block of the template"
            )));
        }
    }
    let values = template.resources.values().filter_map(|resource| resource.properties.as_ref());
    for value in values.chain(template.outputs.values().map(|output| &output.value)) {
        if let Some(name) = first_missing_condition(value, template) {
            return Err(TemplateError::content(format!("Unresolved condition dependency {name} in Fn::If")));
        }
    }
    Ok(())
}

fn first_missing_condition(value: &Value, template: &Template) -> Option<String> {
    if let Some(("Fn::If", Value::Array(items))) = function(value) {
        let name = items.first().and_then(Value::as_str).unwrap_or_default();
        if !template.conditions.contains_key(name) {
            return Some(name.to_owned());
        }
    }
    match value {
        Value::Object(object) => object.values().find_map(|item| first_missing_condition(item, template)),
        Value::Array(items) => items.iter().find_map(|item| first_missing_condition(item, template)),
        _ => None,
    }
}

fn attributes_resolve(template: &Template) -> Result<(), TemplateError> {
    let resources = template.resources.values().filter_map(|resource| resource.properties.as_ref());
    for value in resources.chain(template.outputs.values().map(|output| &output.value)) {
        get_att_shapes(value)?;
        for reference in all_references(value) {
            if let Reference::Attribute(resource, _) = reference
                && !template.resources.contains_key(&resource)
            {
                return Err(TemplateError::content(format!(
                    "instance of Fn::GetAtt references undefined resource {resource}"
                )));
            }
        }
    }
    Ok(())
}

fn get_att_shapes(value: &Value) -> Result<(), TemplateError> {
    if let Some(("Fn::GetAtt", argument)) = function(value)
        && attribute(argument)
            .is_none_or(|(resource, name)| resource.is_empty() || name.is_some_and(|name| name.is_empty()))
    {
        return Err(TemplateError::content(
            "Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute",
        ));
    }
    match value {
        Value::Object(object) => object.values().try_for_each(get_att_shapes),
        Value::Array(items) => items.iter().try_for_each(get_att_shapes),
        _ => Ok(()),
    }
}

fn outputs_are_well_formed(template: &Template) -> Result<(), TemplateError> {
    for (name, output) in &template.outputs {
        let whole =
            matches!(output.value, Value::Array(_)) || (output.value.is_object() && function(&output.value).is_none());
        if whole || (output.value.is_null() && scalar(&output.value).is_none()) {
            return Err(TemplateError::format(format!(
                "The Value field of every Outputs member must evaluate to a String: {name}"
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        check(&Template::parse(text).unwrap()).unwrap_err().to_string()
    }

    #[test]
    fn a_name_that_stands_for_nothing_is_listed() {
        assert_eq!(
            refusal("Resources: {A: {Type: T, DependsOn: Z, Properties: {x: !Ref Y, y: !Sub '${X}'}}}"),
            "Template format error: Unresolved resource dependencies [X, Y, Z] in the Resources block of the template"
        );
        assert_eq!(
            refusal("Resources: {A: {Type: T}}\nOutputs: {O: {Value: !Ref Nope}}"),
            "Template format error: Unresolved resource dependencies [Nope] in the Outputs block of the template"
        );
    }

    #[test]
    fn an_attribute_needs_its_resource() {
        assert_eq!(
            refusal("Resources: {A: {Type: T, Properties: {x: !GetAtt B.Arn}}}"),
            "Template error: instance of Fn::GetAtt references undefined resource B"
        );
    }

    #[test]
    fn conditions_must_exist() {
        assert_eq!(
            refusal("Resources: {A: {Type: T, Condition: P}}"),
            "Template format error: Unresolved condition dependency P in the Resources block of the template"
        );
        assert_eq!(
            refusal("Conditions: {P: !Equals [!Ref A, x]}\nResources: {A: {Type: T}}"),
            "Template format error: Unresolved dependencies [A]. Cannot reference resources in the Conditions block of the template"
        );
    }
}
