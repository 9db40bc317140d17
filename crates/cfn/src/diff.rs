//! What differs between two values and between two templates.

use indexmap::IndexMap;
use serde_json::Value;

use crate::{Resource, Template};

/// How one place changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Add,
    Remove,
    Modify,
}

/// One place that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Keys and list positions from the root: `Environment`, `Variables`, `TABLE`.
    pub path: Vec<String>,
    pub kind: Kind,
    pub before: Option<Value>,
    pub after: Option<Value>,
}

impl Difference {
    /// The path as CloudFormation writes it: `/Environment/Variables/TABLE`.
    pub fn pointer(&self) -> String {
        self.path
            .iter()
            .fold(String::new(), |pointer, part| pointer + "/" + &part.replace('~', "~0").replace('/', "~1"))
    }
}

/// Every place where `after` differs from `before`: objects key by key, lists of equal length item by item, other
/// lists as a whole.
pub fn values(before: &Value, after: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(&mut Vec::new(), before, after, &mut found);
    found
}

fn compare(path: &mut Vec<String>, before: &Value, after: &Value, found: &mut Vec<Difference>) {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            for (key, old) in old {
                path.push(key.clone());
                match new.get(key) {
                    Some(new) => compare(path, old, new, found),
                    None => found.push(difference(path, Some(old), None)),
                }
                path.pop();
            }
            for (key, new) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
                path.push(key.clone());
                found.push(difference(path, None, Some(new)));
                path.pop();
            }
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            for (at, (old, new)) in old.iter().zip(new).enumerate() {
                path.push(at.to_string());
                compare(path, old, new, found);
                path.pop();
            }
        }
        (old, new) if old == new => {}
        (old, new) => found.push(difference(path, Some(old), Some(new))),
    }
}

fn difference(path: &[String], before: Option<&Value>, after: Option<&Value>) -> Difference {
    let kind = match (before, after) {
        (None, _) => Kind::Add,
        (_, None) => Kind::Remove,
        _ => Kind::Modify,
    };
    Difference { path: path.to_vec(), kind, before: before.cloned(), after: after.cloned() }
}

/// What differs between two templates.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TemplateDifference {
    /// Resources by logical id.
    pub resources: IndexMap<String, ResourceDifference>,
    /// Places outside of `Resources`, by section: `Outputs`, `Parameters`, …
    pub sections: IndexMap<&'static str, Vec<Difference>>,
}

impl TemplateDifference {
    /// Whether the templates mean the same.
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty() && self.sections.is_empty()
    }
}

/// How one resource differs.
#[derive(Clone, Debug, PartialEq)]
pub enum ResourceDifference {
    Added,
    Removed,
    /// Another type under the same logical id.
    Retyped,
    /// The places of its definition that differ: `Properties`, `Code`, `S3Key`; `DependsOn`; …
    Changed(Vec<Difference>),
}

/// What differs between `before` and `after` in meaning: the order of keys, of `DependsOn` lists and the two spellings
/// of `Fn::GetAtt` make no difference.
pub fn templates(before: &Template, after: &Template) -> TemplateDifference {
    let mut result = TemplateDifference::default();
    for (id, old) in &before.resources {
        let difference = match after.resources.get(id) {
            None => Some(ResourceDifference::Removed),
            Some(new) if new.kind != old.kind => Some(ResourceDifference::Retyped),
            Some(new) => {
                let places = values(&meaning(old), &meaning(new));
                (!places.is_empty()).then_some(ResourceDifference::Changed(places))
            }
        };
        result.resources.extend(difference.map(|difference| (id.clone(), difference)));
    }
    for id in after.resources.keys().filter(|id| !before.resources.contains_key(*id)) {
        result.resources.insert(id.clone(), ResourceDifference::Added);
    }
    for (name, section) in SECTIONS {
        let places = values(&normal(&section(before)), &normal(&section(after)));
        if !places.is_empty() {
            result.sections.insert(name, places);
        }
    }
    result
}

type Section = fn(&Template) -> Value;

const SECTIONS: &[(&str, Section)] = &[
    ("Parameters", |template| json(&template.parameters)),
    ("Mappings", |template| json(&template.mappings)),
    ("Conditions", |template| json(&template.conditions)),
    ("Rules", |template| json(&template.rules)),
    ("Outputs", |template| json(&template.outputs)),
    ("Transform", |template| json(&template.transform)),
    ("Metadata", |template| json(&template.metadata)),
    ("Description", |template| json(&template.description)),
];

fn json(value: &impl serde::Serialize) -> Value {
    // The document model holds strings, maps with string keys and JSON values: nothing that JSON could refuse.
    serde_json::to_value(value).unwrap_or(Value::Null)
}

fn meaning(resource: &Resource) -> Value {
    let mut depends_on: Vec<&str> = crate::graph::depends_on(resource);
    depends_on.sort_unstable();
    depends_on.dedup();
    let mut value = json(resource);
    if let Some(object) = value.as_object_mut() {
        object.shift_remove("DependsOn");
        if !depends_on.is_empty() {
            object.insert("DependsOn".to_owned(), Value::from(depends_on));
        }
        if object.get("Properties").and_then(Value::as_object).is_some_and(|properties| properties.is_empty()) {
            object.shift_remove("Properties");
        }
    }
    normal(&value)
}

/// The value with every `Fn::GetAtt` in its list form.
fn normal(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            if let (1, Some(Value::String(text))) = (object.len(), object.get("Fn::GetAtt"))
                && let Some((resource, attribute)) = text.split_once('.')
            {
                return serde_json::json!({ "Fn::GetAtt": [resource, attribute] });
            }
            Value::Object(object.iter().map(|(key, value)| (key.clone(), normal(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(normal).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_place_is_named_with_both_values() {
        let found = values(&json!({"a": {"b": 1, "c": [1, 2]}, "d": 1}), &json!({"a": {"b": 2, "c": [1]}, "e": 3}));
        let shown: Vec<(String, Kind)> = found.iter().map(|place| (place.pointer(), place.kind)).collect();
        assert_eq!(
            shown,
            [
                ("/a/b".to_owned(), Kind::Modify),
                ("/a/c".to_owned(), Kind::Modify),
                ("/d".to_owned(), Kind::Remove),
                ("/e".to_owned(), Kind::Add)
            ]
        );
        assert_eq!((&found[0].before, &found[0].after), (&Some(json!(1)), &Some(json!(2))));
    }

    #[test]
    fn order_and_spelling_make_no_difference() {
        let before = Template::parse(
            "Resources: {A: {Type: T, DependsOn: [C, B], Properties: {x: !GetAtt B.Arn, y: 1}}, B: {Type: T}, C: {Type: T}}",
        );
        let after = Template::parse(
            r#"{"Resources": {"C": {"Type": "T"}, "B": {"Type": "T", "Properties": {}}, "A": {"Type": "T", "DependsOn": ["B", "C"],
               "Properties": {"y": 1, "x": {"Fn::GetAtt": "B.Arn"}}}}}"#,
        );
        assert!(templates(&before.unwrap(), &after.unwrap()).is_empty());
    }

    #[test]
    fn resources_and_outputs_are_told_apart() {
        let before = Template::parse("Resources: {A: {Type: T}, B: {Type: T}, C: {Type: T}}").unwrap();
        let after = Template::parse(
            "Resources: {A: {Type: T, Properties: {p: 1}}, B: {Type: U}, D: {Type: T}}\nOutputs: {O: {Value: 1}}",
        )
        .unwrap();
        let found = templates(&before, &after);
        assert!(matches!(found.resources["A"], ResourceDifference::Changed(_)));
        assert_eq!(found.resources["B"], ResourceDifference::Retyped);
        assert_eq!(found.resources["C"], ResourceDifference::Removed);
        assert_eq!(found.resources["D"], ResourceDifference::Added);
        assert_eq!(found.sections["Outputs"][0].pointer(), "/O");
    }
}
