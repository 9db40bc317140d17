//! What would change, worked out from two templates, without asking anybody.

use std::collections::BTreeMap;

use cfn::Template;
use cfn::diff::{Difference, ResourceDifference};
use serde_json::Value;

use super::phrase::phrase;
use super::places::place_of;
use super::review::{Entry, Fate, Reason, Review, holds_data, shown};

/// Properties that cannot be changed on a resource that stands.
///
/// Source: AWS CloudFormation Template Reference, "Update requires: Replacement" of each type.
const REPLACING: &[(&str, &[&str])] = &[
    ("AWS::ApiGateway::RestApi", &["ApiKeySourceType"]),
    ("AWS::Cognito::UserPool", &["AliasAttributes", "UsernameAttributes", "UsernameConfiguration"]),
    ("AWS::DynamoDB::Table", &["ImportSourceSpecification", "KeySchema", "LocalSecondaryIndexes", "TableName"]),
    ("AWS::IAM::Role", &["Path", "RoleName"]),
    ("AWS::Kinesis::Stream", &["Name"]),
    ("AWS::Lambda::Function", &["FunctionName", "PackageType"]),
    ("AWS::Logs::LogGroup", &["LogGroupName"]),
    ("AWS::S3::Bucket", &["BucketName", "ObjectLockEnabled"]),
    ("AWS::SNS::Topic", &["FifoTopic", "TopicName"]),
    ("AWS::SQS::Queue", &["FifoQueue", "QueueName"]),
    ("AWS::StepFunctions::StateMachine", &["StateMachineName", "StateMachineType"]),
];

/// What would change of `before`; all is new without one. CloudFormation may know of more that is made anew.
pub fn compare(stack: &str, before: Option<&Template>, after: &Template, places: &BTreeMap<String, String>) -> Review {
    let nothing = Template::default();
    let before = before.unwrap_or(&nothing);
    let difference = cfn::diff::templates(before, after);
    let entries = difference.resources.iter().map(|(id, difference)| entry(id, difference, before, after, places));
    Review { is_offline: true, ..Review::sorted(stack, entries.collect()) }
}

fn entry(
    id: &str,
    difference: &ResourceDifference,
    before: &Template,
    after: &Template,
    places: &BTreeMap<String, String>,
) -> Entry {
    let old = before.resources.get(id);
    let kind = after.resources.get(id).or(old).map(|resource| resource.kind.clone()).unwrap_or_default();
    let (fate, reasons) = match difference {
        ResourceDifference::Added => (Fate::Added, Vec::new()),
        ResourceDifference::Removed => (Fate::Removed, Vec::new()),
        ResourceDifference::Retyped => (Fate::Replaced, Vec::new()),
        ResourceDifference::Changed(found) => {
            let reasons: Vec<Reason> = found.iter().map(|one| reason(id, &kind, one, places)).collect();
            let fate = if reasons.iter().any(|reason| reason.replaces) { Fate::Replaced } else { Fate::Changed };
            (fate, reasons)
        }
    };
    let policy = match fate {
        Fate::Removed => old.and_then(|resource| resource.deletion_policy.as_ref()),
        _ => old.and_then(|resource| resource.update_replace_policy.as_ref()),
    };
    let keeps = policy.and_then(Value::as_str).is_some_and(|policy| policy != "Delete");
    Entry {
        loses_data: matches!(fate, Fate::Removed | Fate::Replaced) && holds_data(&kind) && !keeps,
        fate,
        logical_id: id.to_owned(),
        physical_id: None,
        place: places.get(id).cloned(),
        kind,
        reasons,
    }
}

fn reason(id: &str, kind: &str, difference: &Difference, places: &BTreeMap<String, String>) -> Reason {
    let property = match difference.path.split_first() {
        Some((section, path)) if section == "Properties" && !path.is_empty() => path.join("."),
        _ => difference.path.join("."),
    };
    let first = property.split('.').next().unwrap_or_default();
    let replaces = REPLACING.iter().any(|(known, properties)| *known == kind && properties.contains(&first));
    let text = |value: &Option<Value>| value.as_ref().map(|value| shown(&property, &phrase(value)));
    Reason {
        before: text(&difference.before),
        after: text(&difference.after),
        place: place_of(places, id, &property),
        replaces: replaces && difference.path.first().is_some_and(|section| section == "Properties"),
        caused_by: None,
        property,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn template(key: &str, memory: u32) -> Template {
        let template = json!({"Resources": {
            "Users": {"Type": "AWS::DynamoDB::Table", "Properties": {
                "TableName": "users", "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
            }},
            "F": {"Type": "AWS::Lambda::Function", "Properties": {"MemorySize": memory}},
        }});
        Template::from_value(template).unwrap()
    }

    #[test]
    fn a_new_key_of_a_table_makes_it_anew_and_loses_what_is_in_it() {
        let places = BTreeMap::from([("Users/Properties/KeySchema".to_owned(), "stack.yaml:5:7".to_owned())]);
        let review = compare("signup-dev", Some(&template("id", 128)), &template("email", 256), &places);
        let told: Vec<(Fate, &str, bool)> =
            review.entries.iter().map(|entry| (entry.fate, entry.logical_id.as_str(), entry.loses_data)).collect();
        assert_eq!(told, [(Fate::Changed, "F", false), (Fate::Replaced, "Users", true)]);
        let reason = &review.entries[1].reasons[0];
        assert_eq!(reason.property, "KeySchema.0.AttributeName");
        assert_eq!(reason.place.as_deref(), Some("stack.yaml:5:7"));
        assert!(review.is_offline);
    }

    #[test]
    fn without_a_template_before_everything_is_added() {
        let review = compare("signup-dev", None, &template("id", 128), &BTreeMap::new());
        assert_eq!(review.count(Fate::Added), 2);
        assert_eq!(compare("s", Some(&template("id", 1)), &template("id", 1), &BTreeMap::new()).entries, []);
    }
}
