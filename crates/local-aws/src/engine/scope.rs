//! What the names in a stack's template stand for.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use indexmap::IndexMap;
use serde_json::{Map, Value};

use cfn::evaluate::{Mapped, Scope, UNKNOWN};
use cfn::{Template, TemplateError};

use super::blueprint::Blueprint;
use super::journal::Live;
use super::surroundings::Surroundings;

/// Names that need no resource: parameters, pseudo parameters, mappings.
pub struct ParameterScope<'a> {
    pub template: &'a Template,
    pub parameters: &'a IndexMap<String, Value>,
    pub surroundings: &'a Surroundings,
}

impl ParameterScope<'_> {
    fn known(&self, name: &str) -> Option<Option<Value>> {
        let around = self.surroundings;
        if let Some(value) = self.parameters.get(name) {
            return Some(Some(value.clone()));
        }
        let value = match name {
            "AWS::AccountId" => Value::from(around.account.as_str()),
            "AWS::NoValue" => return Some(None),
            "AWS::NotificationARNs" => Value::from(around.notification_arns.clone()),
            "AWS::Partition" => Value::from("aws"),
            "AWS::Region" => Value::from(around.region.as_str()),
            "AWS::StackId" => Value::from(around.stack_id.as_str()),
            "AWS::StackName" => Value::from(around.stack_name.as_str()),
            "AWS::URLSuffix" => Value::from("amazonaws.com"),
            _ => return None,
        };
        Some(Some(value))
    }
}

fn unresolved(name: &str) -> TemplateError {
    TemplateError::format(format!("Unresolved resource dependencies [{name}] in the Resources block of the template"))
}

impl Scope for ParameterScope<'_> {
    fn reference(&self, name: &str) -> Result<Option<Value>, TemplateError> {
        self.known(name).ok_or_else(|| unresolved(name))
    }

    fn attribute(&self, resource: &str, _attribute: &str) -> Result<Value, TemplateError> {
        Err(unresolved(resource))
    }

    fn condition(&self, name: &str) -> Result<bool, TemplateError> {
        Err(TemplateError::content(format!("Unresolved condition dependency {name}")))
    }

    fn mapping(&self, map: &str, top: &str, second: &str) -> Mapped {
        let Some(map) = self.template.mappings.get(map) else { return Mapped::NoMap };
        match map.get(top).and_then(|entries| entries.get(second)) {
            Some(value) => Mapped::Value(value.clone()),
            None => Mapped::NoEntry,
        }
    }

    fn import(&self, name: &str) -> Result<Value, TemplateError> {
        let value = self.surroundings.exports.get(name).ok_or_else(|| TemplateError::NoExport(name.to_owned()))?;
        Ok(Value::from(value.as_str()))
    }

    fn zones(&self, region: &str) -> Vec<String> {
        let region = if region.is_empty() { &self.surroundings.region } else { region };
        ["a", "b", "c"].iter().map(|zone| format!("{region}{zone}")).collect()
    }

    fn dynamic(&self, text: &str) -> Result<String, TemplateError> {
        replace_dynamic(text, &self.surroundings.dynamic)
    }
}

fn replace_dynamic(text: &str, values: &BTreeMap<String, String>) -> Result<String, TemplateError> {
    let replaced = values.iter().fold(text.to_owned(), |text, (reference, value)| text.replace(reference, value));
    match replaced.find("{{resolve:") {
        Some(start) if !replaced[start..].starts_with("{{resolve:ssm:${") => Err(TemplateError::content(format!(
            "Could not resolve dynamic reference {}",
            replaced[start..].split("}}").next().unwrap_or_default()
        ))),
        _ => Ok(replaced),
    }
}

/// What is known of a resource that a template refers to.
#[derive(Clone, Debug, PartialEq)]
pub enum Known {
    /// Everything, but for the attributes named.
    Present { reference: String, attributes: Map<String, Value>, unknown: BTreeSet<String> },
    /// Nothing before it has been made.
    Later,
}

impl Known {
    /// Whether an attribute is only known once the resource is made or changed; `*` stands for all of them.
    pub fn is_later(&self, attribute: &str) -> bool {
        match self {
            Known::Later => true,
            Known::Present { unknown, .. } => unknown.contains(attribute) || unknown.contains("*"),
        }
    }
}

impl From<&Live> for Known {
    fn from(live: &Live) -> Known {
        Known::Present {
            reference: live.reference.clone(),
            attributes: live.attributes.clone(),
            unknown: BTreeSet::new(),
        }
    }
}

/// All names of a stack's template.
pub struct StackScope<'a> {
    pub blueprint: &'a Blueprint,
    pub surroundings: &'a Surroundings,
    pub resources: &'a HashMap<String, Known>,
    /// Collects the names of the exports that were used.
    pub imports: Mutex<BTreeSet<String>>,
}

impl<'a> StackScope<'a> {
    /// The scope of `blueprint` where `resources` are known.
    pub fn new(
        blueprint: &'a Blueprint,
        surroundings: &'a Surroundings,
        resources: &'a HashMap<String, Known>,
    ) -> StackScope<'a> {
        StackScope { blueprint, surroundings, resources, imports: Mutex::default() }
    }

    /// The names of the exports that were used.
    pub fn into_imports(self) -> BTreeSet<String> {
        self.imports.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn base(&self) -> ParameterScope<'_> {
        ParameterScope {
            template: &self.blueprint.template,
            parameters: &self.blueprint.parameters,
            surroundings: self.surroundings,
        }
    }
}

impl Scope for StackScope<'_> {
    fn reference(&self, name: &str) -> Result<Option<Value>, TemplateError> {
        if let Some(value) = self.base().known(name) {
            return Ok(value);
        }
        match self.resources.get(name).ok_or_else(|| unresolved(name))? {
            Known::Present { reference, .. } => Ok(Some(Value::from(reference.as_str()))),
            Known::Later => Ok(Some(Value::from(UNKNOWN))),
        }
    }

    fn attribute(&self, resource: &str, attribute: &str) -> Result<Value, TemplateError> {
        match self.resources.get(resource).ok_or_else(|| unresolved(resource))? {
            known if known.is_later(attribute) => Ok(Value::from(UNKNOWN)),
            Known::Later => Ok(Value::from(UNKNOWN)),
            Known::Present { attributes, .. } => attributes.get(attribute).cloned().ok_or_else(|| {
                TemplateError::content(format!(
                    "resource {resource} does not support attribute type {attribute} in Fn::GetAtt"
                ))
            }),
        }
    }

    fn condition(&self, name: &str) -> Result<bool, TemplateError> {
        self.blueprint
            .conditions
            .get(name)
            .copied()
            .ok_or_else(|| TemplateError::content(format!("Unresolved condition dependency {name} in Fn::If")))
    }

    fn mapping(&self, map: &str, top: &str, second: &str) -> Mapped {
        self.base().mapping(map, top, second)
    }

    fn import(&self, name: &str) -> Result<Value, TemplateError> {
        let value = self.base().import(name)?;
        self.imports.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
        Ok(value)
    }

    fn zones(&self, region: &str) -> Vec<String> {
        self.base().zones(region)
    }

    fn dynamic(&self, text: &str) -> Result<String, TemplateError> {
        self.base().dynamic(text)
    }
}
