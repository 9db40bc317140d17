//! What a value refers to: resources, parameters, conditions.

use serde_json::Value;

use crate::substitution::{Piece, pieces};

/// One reference from a value to something named elsewhere in the template.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reference {
    /// `Ref`, or `${Name}` in an `Fn::Sub`: a parameter, a pseudo parameter or a resource.
    Name(String),
    /// `Fn::GetAtt`, or `${Name.Attribute}` in an `Fn::Sub`.
    Attribute(String, String),
    /// The condition of an `Fn::If`, or a `Condition` function.
    Condition(String),
}

/// Every reference in `value`, in the order of the text. `active` says which branch of an `Fn::If` is looked at: for
/// a condition's name the answer `Some(true)` means the first only, `Some(false)` the second only, `None` both.
pub fn references(value: &Value, active: &dyn Fn(&str) -> Option<bool>) -> Vec<Reference> {
    let mut found = Vec::new();
    collect(value, active, &mut found);
    found
}

/// As [`references`], both branches of every `Fn::If`.
pub fn all_references(value: &Value) -> Vec<Reference> {
    references(value, &|_| None)
}

/// The one function that `value` is, with its argument: an object with exactly one key, `Ref`, `Condition` or `Fn::…`.
pub fn function(value: &Value) -> Option<(&str, &Value)> {
    let object = value.as_object()?;
    if object.len() != 1 {
        return None;
    }
    let (name, argument) = object.iter().next()?;
    (name == "Ref" || name == "Condition" || name.starts_with("Fn::")).then_some((name.as_str(), argument))
}

/// The resource and attribute of an `Fn::GetAtt`'s argument, in its list or dotted form. The attribute may itself be a
/// function, and is then not known here.
pub fn attribute(argument: &Value) -> Option<(&str, Option<String>)> {
    match argument {
        Value::String(text) => text.split_once('.').map(|(resource, name)| (resource, Some(name.to_owned()))),
        Value::Array(items) => {
            let resource = items.first()?.as_str()?;
            let names: Option<Vec<&str>> = items.get(1..)?.iter().map(Value::as_str).collect();
            Some((resource, names.filter(|names| !names.is_empty()).map(|names| names.join("."))))
        }
        _ => None,
    }
}

fn collect(value: &Value, active: &dyn Fn(&str) -> Option<bool>, found: &mut Vec<Reference>) {
    match (function(value), value) {
        (Some(("Ref", Value::String(name))), _) => found.push(Reference::Name(name.clone())),
        (Some(("Condition", Value::String(name))), _) => found.push(Reference::Condition(name.clone())),
        (Some(("Fn::GetAtt", argument)), _) => {
            if let Some((resource, name)) = attribute(argument) {
                found.push(Reference::Attribute(resource.to_owned(), name.unwrap_or_default()));
            }
            if let Value::Array(items) = argument {
                items.iter().skip(1).for_each(|item| collect(item, active, found));
            }
        }
        (Some(("Fn::Sub", argument)), _) => collect_substitution(argument, active, found),
        (Some(("Fn::If", Value::Array(items))), _) if items.len() == 3 => collect_if(items, active, found),
        (_, Value::Object(object)) => object.values().for_each(|item| collect(item, active, found)),
        (_, Value::Array(items)) => items.iter().for_each(|item| collect(item, active, found)),
        _ => {}
    }
}

fn collect_if(items: &[Value], active: &dyn Fn(&str) -> Option<bool>, found: &mut Vec<Reference>) {
    let name = items[0].as_str().unwrap_or_default();
    found.push(Reference::Condition(name.to_owned()));
    match active(name) {
        Some(true) => collect(&items[1], active, found),
        Some(false) => collect(&items[2], active, found),
        None => items[1..].iter().for_each(|item| collect(item, active, found)),
    }
}

fn collect_substitution(argument: &Value, active: &dyn Fn(&str) -> Option<bool>, found: &mut Vec<Reference>) {
    let (text, variables) = match argument {
        Value::String(text) => (text.as_str(), None),
        Value::Array(items) => {
            (items.first().and_then(Value::as_str).unwrap_or_default(), items.get(1).and_then(Value::as_object))
        }
        _ => return,
    };
    for piece in pieces(text) {
        let Piece::Variable(name) = piece else { continue };
        if variables.is_some_and(|variables| variables.contains_key(name)) {
            continue;
        }
        found.push(match name.split_once('.') {
            Some((resource, attribute)) => Reference::Attribute(resource.to_owned(), attribute.to_owned()),
            None => Reference::Name(name.to_owned()),
        });
    }
    variables.into_iter().flat_map(|variables| variables.values()).for_each(|item| collect(item, active, found));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_form_of_reference_is_found() {
        let value = json!({
            "a": {"Ref": "A"},
            "b": [{"Fn::GetAtt": "B.Arn"}, {"Fn::GetAtt": ["C", "Outputs.X"]}],
            "d": {"Fn::Sub": ["${D} ${E.Arn} ${local} ${!F}", {"local": {"Ref": "G"}}]},
        });
        let name = |text: &str| Reference::Name(text.into());
        let attribute = |a: &str, b: &str| Reference::Attribute(a.into(), b.into());
        assert_eq!(
            all_references(&value),
            [
                name("A"),
                attribute("B", "Arn"),
                attribute("C", "Outputs.X"),
                name("D"),
                attribute("E", "Arn"),
                name("G")
            ]
        );
    }

    #[test]
    fn only_the_branch_that_is_taken_counts() {
        let value = json!({"Fn::If": ["P", {"Ref": "A"}, {"Ref": "B"}]});
        let found = references(&value, &|_| Some(false));
        assert_eq!(found, [Reference::Condition("P".into()), Reference::Name("B".into())]);
    }
}
