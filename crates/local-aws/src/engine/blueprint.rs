//! A spec worked out as far as it goes without any resource: parameters, conditions, order.

use indexmap::IndexMap;
use serde_json::Value;

use cfn::{Graph, Resource, Template, TemplateError, check, condition, parameter, rule};

use super::journal::{Policy, Spec};
use super::scope::ParameterScope;
use super::surroundings::Surroundings;

/// A template with its parameters and conditions decided.
#[derive(Clone, Debug)]
pub struct Blueprint {
    pub template: Template,
    /// What `Ref` gives for each parameter.
    pub parameters: IndexMap<String, Value>,
    pub conditions: IndexMap<String, bool>,
    /// The resources that exist under the conditions, each with what it needs.
    pub graph: Graph,
}

impl Blueprint {
    /// Works out `spec`.
    ///
    /// # Errors
    /// [`TemplateError`] in CloudFormation's words.
    pub fn new(spec: &Spec, surroundings: &Surroundings) -> Result<Blueprint, TemplateError> {
        let template = Template::parse(&spec.body)?;
        check::check(&template)?;
        let mut parameters = IndexMap::new();
        for (name, declared) in &template.parameters {
            let text = spec.stored.get(name).or_else(|| spec.parameters.get(name)).map_or("", String::as_str);
            parameters.insert(name.clone(), parameter::value(name, declared, text)?);
        }
        let scope = ParameterScope { template: &template, parameters: &parameters, surroundings };
        rule::check(&template, &scope)?;
        let conditions = condition::resolve(&template, &scope)?;
        let graph = Graph::new(&template, &conditions)?;
        Ok(Blueprint { template, parameters, conditions, graph })
    }

    /// The resource of this logical id, when it exists under the conditions.
    pub fn resource(&self, logical: &str) -> Option<&Resource> {
        self.graph.needs.contains_key(logical).then(|| self.template.resources.get(logical)).flatten()
    }

    /// Whether a thing with this condition exists.
    pub fn holds(&self, condition: Option<&String>) -> bool {
        condition.is_none_or(|name| self.conditions.get(name).copied().unwrap_or(false))
    }
}

/// What `DeletionPolicy` or `UpdateReplacePolicy` says.
///
/// # Errors
/// [`TemplateError`] when it says something else than a policy, or `Snapshot`, which no type here supports.
pub fn policy(attribute: &str, resource: &Resource, value: Option<&Value>) -> Result<Policy, TemplateError> {
    match value {
        None => Ok(Policy::Delete),
        Some(Value::String(text)) => match (text.as_str(), attribute) {
            ("Delete", _) => Ok(Policy::Delete),
            ("Retain", _) => Ok(Policy::Retain),
            ("RetainExceptOnCreate", "DeletionPolicy") => Ok(Policy::RetainExceptOnCreate),
            ("Snapshot", _) => {
                let words = if attribute == "DeletionPolicy" { "deletion policy" } else { "update replace policy" };
                Err(TemplateError::content(format!(
                    "resource type {} does not support {words} Snapshot",
                    resource.kind
                )))
            }
            _ => Err(TemplateError::format(format!("Unrecognized {attribute} {text}"))),
        },
        Some(_) => Err(TemplateError::format(format!("Every {attribute} member must be a string."))),
    }
}
