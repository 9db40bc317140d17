//! The template document, in the order of its source.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A template. Logical ids keep the order in which they were inserted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default, deny_unknown_fields)]
pub struct Template {
    #[serde(rename = "AWSTemplateFormatVersion", skip_serializing_if = "Option::is_none")]
    pub format_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `Transform`: a name or a list of names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transform: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Value>,
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub parameters: IndexMap<String, Parameter>,
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub mappings: IndexMap<String, Value>,
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub rules: IndexMap<String, Value>,
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub conditions: IndexMap<String, Value>,
    pub resources: IndexMap<String, Resource>,
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub outputs: IndexMap<String, Output>,
}

/// One entry of `Parameters`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Parameter {
    #[serde(rename = "Type")]
    pub kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// Shown as `****` wherever the parameter is described.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_echo: Option<Value>,
    /// `AllowedValues`, `AllowedPattern`, `MinLength`, `Description`, …
    #[serde(flatten)]
    pub constraints: IndexMap<String, Value>,
}

/// One entry of `Resources`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default, deny_unknown_fields)]
pub struct Resource {
    #[serde(rename = "Type")]
    pub kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// A logical id or a list of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub depends_on: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub properties: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_policy: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_replace_policy: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_policy: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_policy: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Value>,
    /// A version of the type, which custom resources may carry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Value>,
}

/// One entry of `Outputs`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default, deny_unknown_fields)]
pub struct Output {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Value>,
    pub value: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub export: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
}
