//! What makes a stack whole again that counts resources which are gone, or are not as it says: a template that says how they
//! are. Once the stack has that one, CloudFormation sees what the wanted template changes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::scope::Known;

/// Types whose resources are parts of another one, and the property that names it.
const PARTS: &[(&str, &str)] = &[
    ("AWS::ApiGateway::", "RestApiId"),
    ("AWS::ApiGatewayV2::", "ApiId"),
    ("AWS::Lambda::Alias", "FunctionName"),
    ("AWS::Lambda::EventInvokeConfig", "FunctionName"),
    ("AWS::Lambda::Permission", "FunctionName"),
    ("AWS::Lambda::Url", "TargetFunctionArn"),
    ("AWS::Lambda::Version", "FunctionName"),
    ("AWS::S3::BucketPolicy", "Bucket"),
    ("AWS::SNS::Subscription", "TopicArn"),
];

/// A resource that is not what its stack says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strayed {
    pub logical_id: String,
    pub kind: String,
    pub physical_id: String,
    pub how: Astray,
}

/// How a resource is not what its stack says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Astray {
    Gone,
    /// These properties have other values; a path as `/Environment/Variables/TABLE`, a value as the cloud writes it.
    Differs(BTreeMap<String, String>),
}

/// What makes a stack whole again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Renewal {
    /// The stack's template as its resources are.
    pub template: Value,
    /// What it makes good.
    pub renewed: Vec<Strayed>,
    /// Parts of what is gone, which went with it and come again with it.
    pub parts: Vec<String>,
    /// What it cannot make good, and why.
    pub left: Vec<(Strayed, String)>,
}

/// What makes the stack of `known` whole again.
pub fn renewal(known: &Known<'_>, strayed: Vec<Strayed>) -> Renewal {
    let mut renewal = Renewal { template: known.template.clone(), renewed: strayed, ..Renewal::default() };
    // Each round that does not come through leaves one resource out.
    for _ in 0..=renewal.renewed.len() {
        let gone = renewal.renewed.iter().filter(|one| one.how == Astray::Gone);
        let gone: BTreeSet<&str> = gone.map(|one| one.logical_id.as_str()).collect();
        let all = with_parts(known.template, &gone);
        match without(known, &all) {
            Ok(template) => {
                renewal.parts = all.into_iter().filter(|id| !gone.contains(id)).map(str::to_owned).collect();
                renewal.template = template;
                break;
            }
            Err((id, why)) => {
                let named = renewal.renewed.iter().position(|one| one.logical_id == id);
                // A part that is needed elsewhere keeps all of what is gone in the stack.
                let at = named.or_else(|| renewal.renewed.iter().position(|one| one.how == Astray::Gone)).unwrap_or(0);
                let one = renewal.renewed.remove(at);
                renewal.left.push((one, why));
            }
        }
    }
    for Strayed { logical_id, how, .. } in &renewal.renewed {
        if let Astray::Differs(values) = how {
            values.iter().for_each(|(path, actual)| set(&mut renewal.template, logical_id, path, actual));
        }
    }
    renewal
}

/// Some resources, and all that are parts of them.
fn with_parts<'a>(template: &'a Value, gone: &BTreeSet<&'a str>) -> BTreeSet<&'a str> {
    let mut all = gone.clone();
    let resources = template.get("Resources").and_then(Value::as_object);
    loop {
        let parts = resources.into_iter().flatten().filter(|(_, resource)| {
            let kind = resource.get("Type").and_then(Value::as_str).unwrap_or_default();
            let properties = PARTS.iter().filter(|(known, _)| kind.starts_with(known));
            properties.filter_map(|(_, name)| resource.get("Properties")?.get(name)).any(|value| names(value, &all))
        });
        let found: Vec<&str> = parts.map(|(id, _)| id.as_str()).filter(|id| !all.contains(id)).collect();
        if found.is_empty() {
            return all;
        }
        all.extend(found);
    }
}

/// Whether a value is a reference to one of some resources.
fn names(value: &Value, ids: &BTreeSet<&str>) -> bool {
    referred(value).is_some_and(|(id, _)| ids.contains(id))
}

/// The resource, and the attribute of it, that a value refers to as a whole.
fn referred(value: &Value) -> Option<(&str, Option<&str>)> {
    if let Some(id) = value.get("Ref").and_then(Value::as_str) {
        return Some((id, None));
    }
    match value.get("Fn::GetAtt")? {
        Value::Array(parts) => Some((parts.first()?.as_str()?, parts.get(1).and_then(Value::as_str))),
        Value::String(path) => path.split_once('.').map(|(id, attribute)| (id, Some(attribute))),
        _ => None,
    }
}

/// The template without some resources; what refers to them has their names and ARNs in its place.
///
/// # Errors
/// The resource of which something else needs what only CloudFormation knows, and what.
fn without(known: &Known<'_>, gone: &BTreeSet<&str>) -> Result<Value, (String, String)> {
    let mut template = known.template.clone();
    for section in ["Resources", "Outputs"] {
        let Some(entries) = template.get_mut(section).and_then(Value::as_object_mut) else { continue };
        if section == "Resources" {
            entries.retain(|id, _| !gone.contains(id.as_str()));
        }
        for entry in entries.values_mut() {
            independent(entry, gone);
            *entry = replaced(entry, known, gone)?;
        }
    }
    Ok(template)
}

/// Takes some resources out of a resource's `DependsOn`.
fn independent(resource: &mut Value, gone: &BTreeSet<&str>) {
    let Some(entries) = resource.as_object_mut() else { return };
    let is_gone = |id: &Value| id.as_str().is_some_and(|id| gone.contains(id));
    match entries.get_mut("DependsOn") {
        Some(Value::Array(ids)) => ids.retain(|id| !is_gone(id)),
        Some(id) if is_gone(id) => drop(entries.remove("DependsOn")),
        _ => {}
    }
}

fn replaced(value: &Value, known: &Known<'_>, gone: &BTreeSet<&str>) -> Result<Value, (String, String)> {
    if names(value, gone) {
        return worked_out(value, known);
    }
    match value {
        Value::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| {
                let value = match (key.as_str(), value) {
                    ("Fn::Sub", Value::String(text)) => Value::from(substituted(text, known, gone)?),
                    ("Fn::Sub", Value::Array(parts)) => {
                        let mut parts =
                            parts.iter().map(|part| replaced(part, known, gone)).collect::<Result<Vec<_>, _>>()?;
                        if let Some(Value::String(text)) = parts.first_mut() {
                            *text = substituted(text, known, gone)?;
                        }
                        Value::Array(parts)
                    }
                    _ => replaced(value, known, gone)?,
                };
                Ok::<_, (String, String)>((key.clone(), value))
            });
            Ok(Value::Object(entries.collect::<Result<Map<_, _>, _>>()?))
        }
        Value::Array(items) => {
            Ok(Value::Array(items.iter().map(|item| replaced(item, known, gone)).collect::<Result<_, _>>()?))
        }
        _ => Ok(value.clone()),
    }
}

fn worked_out(value: &Value, known: &Known<'_>) -> Result<Value, (String, String)> {
    let id = referred(value).map(|(id, _)| id.to_owned()).unwrap_or_default();
    match known.value(value) {
        Ok(value) => Ok(value.unwrap_or_else(|| json!({"Ref": "AWS::NoValue"}))),
        Err(error) => Err((id, error.to_string().trim_start_matches("Template error: ").to_owned())),
    }
}

/// A text of `Fn::Sub` in which `${Id}` and `${Id.Attribute}` of some resources are worked out.
fn substituted(text: &str, known: &Known<'_>, gone: &BTreeSet<&str>) -> Result<String, (String, String)> {
    let mut parts = text.split("${");
    let mut result = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let Some((name, rest)) = part.split_once('}') else {
            result.push_str("${");
            result.push_str(part);
            continue;
        };
        let (id, attribute) = name.split_once('.').map_or((name, None), |(id, attribute)| (id, Some(attribute)));
        match gone.contains(id) {
            true => {
                let reference = match attribute {
                    Some(attribute) => json!({ "Fn::GetAtt": [id, attribute] }),
                    None => json!({ "Ref": id }),
                };
                result.push_str(worked_out(&reference, known)?.as_str().unwrap_or_default());
            }
            false => result.push_str(&format!("${{{name}}}")),
        }
        result.push_str(rest);
    }
    Ok(result)
}

/// Gives a property the value that the cloud says it has; one that it does not have goes.
fn set(template: &mut Value, id: &str, path: &str, actual: &str) {
    let Some(properties) = template.pointer_mut(&format!("/Resources/{id}/Properties")) else { return };
    let Some((parent, name)) = path.rsplit_once('/') else { return };
    let Some(parent) = properties.pointer_mut(parent) else { return };
    // Values come as text; a text that reads as JSON is what was written.
    let value = match serde_json::from_str::<Value>(actual) {
        Ok(value) => value,
        Err(_) => Value::from(actual),
    };
    match (parent, value) {
        (Value::Object(entries), Value::Null) => drop(entries.remove(name)),
        (Value::Object(entries), value) => drop(entries.insert(name.to_owned(), value)),
        (Value::Array(items), value) => {
            if let Some(item) = name.parse().ok().and_then(|at: usize| items.get_mut(at)) {
                *item = value;
            }
        }
        _ => {}
    }
}

impl Renewal {
    /// What is done, a line each.
    pub fn words(&self) -> Vec<String> {
        let renewed = self.renewed.iter().map(|Strayed { logical_id, kind, physical_id, how }| match how {
            Astray::Gone => {
                let data = if super::holds_data(kind) { ", and what was in it" } else { "" };
                format!("make {logical_id} ({kind}) again: `{physical_id}` is gone{data}")
            }
            Astray::Differs(values) => {
                let paths: Vec<String> =
                    values.keys().map(|path| path.trim_start_matches('/').replace('/', ".")).collect();
                format!("bring {logical_id} ({kind}) back to its template: {} differs", paths.join(", "))
            }
        });
        let parts =
            (!self.parts.is_empty()).then(|| format!("make again what went with it: {}", self.parts.join(", ")));
        let left = self.left.iter().map(|(one, why)| {
            format!(
                "left alone: {} ({}) is gone, and what refers to it needs what {why}; take it out of the configuration, \
                 deploy, put it back and deploy",
                one.logical_id, one.kind
            )
        });
        renewed.chain(parts).chain(left).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::scope::fixture;

    fn template() -> Value {
        json!({
            "Resources": {
                "F": {"Type": "AWS::Lambda::Function", "DependsOn": ["L"], "Properties": {
                    "MemorySize": 128, "Environment": {"Variables": {"TABLE": {"Ref": "T"}}}}},
                "V": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "F"}}},
                "L": {"Type": "AWS::Logs::LogGroup"},
                "T": {"Type": "AWS::DynamoDB::Table"},
                "M": {"Type": "AWS::StepFunctions::StateMachine", "DependsOn": "L", "Properties": {
                    "DefinitionString": {"Fn::Sub": ["${a} ${F.Arn} ${!F}", {"a": {"Fn::GetAtt": ["F", "Arn"]}}]}}},
            },
            "Outputs": {"Name": {"Value": {"Fn::Sub": "${F} in ${AWS::Region}"}}},
        })
    }

    fn renewed(strayed: &[(&str, Astray)]) -> Renewal {
        let template = template();
        let resources = fixture::resources(&[
            ("F", "f", "AWS::Lambda::Function"),
            ("L", "/aws/lambda/f", "AWS::Logs::LogGroup"),
            ("T", "t", "AWS::DynamoDB::Table"),
            ("M", "arn:m", "AWS::StepFunctions::StateMachine"),
        ]);
        let known = fixture::known(&template, &resources);
        let strayed = strayed.iter().map(|(id, how)| Strayed {
            logical_id: (*id).into(),
            kind: template["Resources"][id]["Type"].as_str().unwrap().into(),
            physical_id: "f".into(),
            how: how.clone(),
        });
        renewal(&known, strayed.collect())
    }

    #[test]
    fn what_is_gone_is_left_out_with_its_parts_and_its_names_stay() {
        let renewal = renewed(&[("F", Astray::Gone), ("L", Astray::Gone)]);
        let arn = "arn:aws:lambda:us-east-1:000000000000:function:f";
        assert_eq!(renewal.parts, ["V"]);
        assert_eq!(
            renewal.template,
            json!({
                "Resources": {
                    "T": {"Type": "AWS::DynamoDB::Table"},
                    "M": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {
                        "DefinitionString": {"Fn::Sub": [format!("${{a}} {arn} ${{!F}}"), {"a": arn}]}}},
                },
                "Outputs": {"Name": {"Value": {"Fn::Sub": "f in ${AWS::Region}"}}},
            })
        );
        assert_eq!(renewal.words()[0], "make F (AWS::Lambda::Function) again: `f` is gone");
    }

    #[test]
    fn what_differs_is_written_as_it_is() {
        let values = [("/MemorySize", "256"), ("/Environment/Variables/TABLE", "other"), ("/Timeout", "null")];
        let values = values.map(|(path, value)| (path.to_owned(), value.to_owned()));
        let renewal = renewed(&[("F", Astray::Differs(values.into()))]);
        assert_eq!(
            renewal.template["Resources"]["F"]["Properties"],
            json!({"MemorySize": 256, "Environment": {"Variables": {"TABLE": "other"}}})
        );
    }

    #[test]
    fn what_others_need_more_of_than_is_known_is_left_with_the_reason() {
        let mut with_stream = template();
        with_stream["Resources"]["F"]["Properties"]["Environment"]["Variables"]["TABLE"] =
            json!({"Fn::GetAtt": ["T", "StreamArn"]});
        let known = fixture::known(&with_stream, &[]);
        let table = Strayed {
            logical_id: "T".into(),
            kind: "AWS::DynamoDB::Table".into(),
            physical_id: "t".into(),
            how: Astray::Gone,
        };
        let renewal = renewal(&known, vec![table]);
        assert!(renewal.renewed.is_empty() && renewal.template == with_stream);
        assert!(renewal.words()[0].contains("only CloudFormation knows T.StreamArn"), "{:?}", renewal.words());
    }
}
