//! A tree of values as a [`Template`], with CloudFormation's answer for each thing that is out of place.

use indexmap::IndexMap;
use serde_json::{Map, Value};

use crate::{Output, Parameter, Resource, Template, TemplateError, document};

/// What a resource may have.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-product-attribute-reference.html>
pub const RESOURCE_ATTRIBUTES: &[&str] = &[
    "Type",
    "Condition",
    "DependsOn",
    "Properties",
    "DeletionPolicy",
    "UpdateReplacePolicy",
    "UpdatePolicy",
    "CreationPolicy",
    "Metadata",
    "Version",
];

/// What an output may have.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/outputs-section-structure.html>
pub const OUTPUT_ATTRIBUTES: &[&str] = &["Description", "Value", "Export", "Condition"];

/// What a parameter may have.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html>
pub const PARAMETER_ATTRIBUTES: &[&str] = &[
    "Type",
    "Default",
    "Description",
    "AllowedPattern",
    "AllowedValues",
    "ConstraintDescription",
    "MaxLength",
    "MaxValue",
    "MinLength",
    "MinValue",
    "NoEcho",
];

impl Template {
    /// Reads a template from JSON or YAML text.
    ///
    /// # Errors
    /// [`TemplateError`] in CloudFormation's words when the text is not a template. References are not checked here;
    /// see [`crate::check`].
    pub fn parse(text: &str) -> Result<Template, TemplateError> {
        Template::from_value(document::read(text)?)
    }

    /// Reads a template from a tree of values.
    ///
    /// # Errors
    /// As [`Template::parse`].
    pub fn from_value(value: Value) -> Result<Template, TemplateError> {
        let Value::Object(sections) = value else {
            return Err(TemplateError::format("unsupported structure."));
        };
        let mut template = Template::default();
        let mut unknown = Vec::new();
        for (name, section) in sections {
            match name.as_str() {
                "AWSTemplateFormatVersion" => template.format_version = Some(version(&section)?),
                "Description" => {
                    template.description = Some(text(&section, "every Description member must be a string.")?)
                }
                "Transform" => template.transform = Some(section),
                "Metadata" => template.metadata = Some(section),
                "Parameters" => template.parameters = entries(section, "Parameters", parameter)?,
                "Mappings" => template.mappings = entries(section, "Mappings", mapping)?,
                "Rules" => template.rules = entries(section, "Rules", |_, value| Ok(value))?,
                "Conditions" => template.conditions = entries(section, "Conditions", |_, value| Ok(value))?,
                "Resources" => template.resources = entries(section, "Resources", resource)?,
                "Outputs" => template.outputs = entries(section, "Outputs", output)?,
                _ => unknown.push(name),
            }
        }
        if !unknown.is_empty() {
            return Err(TemplateError::UnknownSection(unknown.join(", ")));
        }
        if template.resources.is_empty() {
            return Err(TemplateError::format("At least one Resources member must be defined."));
        }
        Ok(template)
    }
}

fn version(value: &Value) -> Result<String, TemplateError> {
    match value.as_str() {
        Some("2010-09-09") => Ok("2010-09-09".to_owned()),
        _ => Err(TemplateError::format(format!(
            "Template format version not supported: {}",
            value.as_str().map_or_else(|| value.to_string(), str::to_owned)
        ))),
    }
}

fn text(value: &Value, otherwise: &str) -> Result<String, TemplateError> {
    value.as_str().map(str::to_owned).ok_or_else(|| TemplateError::format(otherwise))
}

fn entries<T>(
    section: Value,
    name: &str,
    decode: impl Fn(&str, Value) -> Result<T, TemplateError>,
) -> Result<IndexMap<String, T>, TemplateError> {
    match section {
        Value::Object(entries) => {
            entries.into_iter().map(|(key, value)| decode(&key, value).map(|entry| (key, entry))).collect()
        }
        Value::Null => Err(TemplateError::format(format!("[/{name}] 'null' values are not allowed in templates"))),
        _ => Err(TemplateError::format(format!("{name} must be an object."))),
    }
}

fn object(at: &str, value: Value) -> Result<Map<String, Value>, TemplateError> {
    match value {
        Value::Object(object) => Ok(object),
        Value::Null => Err(TemplateError::format(format!("[{at}] 'null' values are not allowed in templates"))),
        _ => Err(TemplateError::format(format!("[{at}] must be an object."))),
    }
}

fn mapping(name: &str, value: Value) -> Result<Value, TemplateError> {
    if name == "Fn::Transform" || value.is_object() {
        return Ok(value);
    }
    Err(TemplateError::format(format!("Every Mappings member {name} must be a map.")))
}

fn parameter(name: &str, value: Value) -> Result<Parameter, TemplateError> {
    let mut object = object(&format!("/Parameters/{name}"), value)?;
    let Some(Value::String(kind)) = object.shift_remove("Type") else {
        return Err(TemplateError::format("Every Parameters object must contain a Type member."));
    };
    let default = object.shift_remove("Default");
    let no_echo = object.shift_remove("NoEcho");
    if let Some(key) = object.keys().find(|key| !PARAMETER_ATTRIBUTES.contains(&key.as_str())) {
        return Err(TemplateError::format(format!("Invalid template parameter property '{key}'")));
    }
    Ok(Parameter { kind, default, no_echo, constraints: object.into_iter().collect() })
}

fn resource(name: &str, value: Value) -> Result<Resource, TemplateError> {
    let at = format!("/Resources/{name}");
    if !logical_id(name) {
        return Err(TemplateError::format(format!("Resource name {name} is non alphanumeric.")));
    }
    let mut object = object(&at, value)?;
    if let Some(key) = object.keys().find(|key| !RESOURCE_ATTRIBUTES.contains(&key.as_str())) {
        return Err(TemplateError::UnknownAttribute(key.clone()));
    }
    let kind = match object.shift_remove("Type") {
        Some(Value::String(kind)) if !kind.is_empty() => kind,
        _ => {
            return Err(TemplateError::format(format!("[{at}] Every Resources object must contain a Type member.")));
        }
    };
    let condition = object.shift_remove("Condition").map(|value| condition(&at, &value)).transpose()?;
    let properties = match object.shift_remove("Properties") {
        None => None,
        Some(value @ Value::Object(_)) => Some(value),
        Some(_) => return Err(TemplateError::format(format!("[{at}/Properties] must be an object."))),
    };
    Ok(Resource {
        kind,
        condition,
        properties,
        depends_on: object.shift_remove("DependsOn"),
        deletion_policy: object.shift_remove("DeletionPolicy"),
        update_replace_policy: object.shift_remove("UpdateReplacePolicy"),
        update_policy: object.shift_remove("UpdatePolicy"),
        creation_policy: object.shift_remove("CreationPolicy"),
        metadata: object.shift_remove("Metadata"),
        version: object.shift_remove("Version"),
    })
}

fn condition(at: &str, value: &Value) -> Result<String, TemplateError> {
    text(value, &format!("[{at}/Condition] every Condition member must be a string."))
}

fn output(name: &str, value: Value) -> Result<Output, TemplateError> {
    let at = format!("/Outputs/{name}");
    let mut object = object(&at, value)?;
    let Some(value) = object.shift_remove("Value") else {
        return Err(TemplateError::format(format!("[{at}] Every Outputs member must contain a Value object")));
    };
    let condition = object.shift_remove("Condition").map(|value| condition(&at, &value)).transpose()?;
    let output = Output {
        value,
        condition,
        description: object.shift_remove("Description"),
        export: object.shift_remove("Export"),
    };
    match object.keys().next() {
        Some(key) => Err(TemplateError::format(format!("Invalid template output property '{key}'"))),
        None => Ok(output),
    }
}

/// Whether CloudFormation takes `name` as a logical id: letters and digits only, at most 255.
pub fn logical_id(name: &str) -> bool {
    // `Fn::ForEach::Name` stands where a logical id stands until it is expanded.
    !name.is_empty()
        && name.len() <= 255
        && (name.starts_with("Fn::ForEach::") || name.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        Template::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn a_template_needs_resources() {
        assert_eq!(refusal("{}"), "Template format error: At least one Resources member must be defined.");
        assert_eq!(refusal("hello"), "Template format error: unsupported structure.");
    }

    #[test]
    fn an_unknown_section_is_named() {
        assert_eq!(refusal("Resource: {}"), "Invalid template property or properties [Resource]");
    }

    #[test]
    fn a_resource_needs_a_type() {
        assert_eq!(
            refusal("Resources: {A: {Properties: {}}}"),
            "Template format error: [/Resources/A] Every Resources object must contain a Type member."
        );
    }

    #[test]
    fn a_misspelt_resource_attribute_is_named() {
        assert_eq!(
            refusal("Resources: {A: {Type: 'AWS::S3::Bucket', Property: {}}}"),
            "Invalid template resource property 'Property'"
        );
    }

    #[test]
    fn a_logical_id_has_letters_and_digits_only() {
        assert_eq!(
            refusal("Resources: {a-b: {Type: 'AWS::S3::Bucket'}}"),
            "Template format error: Resource name a-b is non alphanumeric."
        );
    }
}
