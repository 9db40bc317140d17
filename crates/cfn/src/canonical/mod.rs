//! The one form of all spellings of a template that mean the same, so that two templates can be compared.
//!
//! Alike become: the order of keys, of members of sets and of resources; `Fn::Sub`, `Fn::Join` and plain text; the two
//! forms of `Fn::GetAtt`; JSON inside text, whatever its spacing; `true` and `"true"`, `1` and `"1"`; IAM statements that
//! grant the same; dependencies that a reference implies.

mod policy;
mod text;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use indexmap::IndexMap;
use serde_json::{Map, Value};

use crate::reference::{Reference, all_references};
use crate::{Output, Resource, Template};

/// New names of logical ids that are named after their content.
pub type Names = HashMap<String, String>;

/// How deep values may be; a template that CloudFormation takes is flatter.
const DEPTH_LIMIT: usize = 64;

/// Lists that CloudFormation takes as sets: the order of their members says nothing.
///
/// Source: AWS CloudFormation resource type schemas, `insertionOrder: false`, and the properties that are sets by what
/// they describe.
const SETS: &[&str] = &[
    "AlarmActions",
    "Aliases",
    "AllowHeaders",
    "AllowMethods",
    "AllowOrigins",
    "AllowedHeaders",
    "AllowedMethods",
    "AllowedOrigins",
    "ApiStages",
    "Architectures",
    "AttributeDefinitions",
    "Audience",
    "AuthorizationScopes",
    "BinaryMediaTypes",
    "CacheKeyParameters",
    "CompatibleArchitectures",
    "CompatibleRuntimes",
    "Dimensions",
    "Endpoints",
    "ExposeHeaders",
    "Filters",
    "FunctionResponseTypes",
    "GlobalSecondaryIndexes",
    "IdentitySource",
    "InsufficientDataActions",
    "IntegrationResponses",
    "LambdaConfigurations",
    "LocalSecondaryIndexes",
    "ManagedPolicyArns",
    "MethodResponses",
    "NonKeyAttributes",
    "OKActions",
    "Policies",
    "ProviderARNs",
    "QueueConfigurations",
    "Regions",
    "SecurityGroupIds",
    "SecurityGroups",
    "SourceAccessConfigurations",
    "StageKeys",
    "SubnetIds",
    "Subnets",
    "Tags",
    "Targets",
    "TopicConfigurations",
    "Types",
    "VpcEndpointIds",
];

/// What tells the members of a set apart, the first that they all have.
const MEMBER_NAMES: &[&str] =
    &["PolicyName", "Key", "StatusCode", "IndexName", "AttributeName", "Id", "Name", "Field", "Type"];

/// The one form of a template, its logical ids renamed.
pub fn template(template: &Template, names: &Names) -> Template {
    let outputs = template.outputs.iter().map(|(id, output)| {
        let plain = |given: &Option<Value>| given.as_ref().map(|given| value(given, names));
        let output = Output {
            description: None,
            value: value(&output.value, names),
            export: plain(&output.export),
            condition: output.condition.clone(),
        };
        (renamed(id, names), output)
    });
    let values = |all: &IndexMap<String, Value>| {
        all.iter().map(|(key, given)| (key.clone(), value(given, names))).collect::<IndexMap<String, Value>>()
    };
    let resources = template.resources.iter().map(|(id, given)| (renamed(id, names), resource(given, names)));
    let mut canonical = Template {
        format_version: None,
        description: None,
        transform: template.transform.as_ref().map(|given| value(given, names)),
        metadata: template.metadata.as_ref().map(|given| value(given, names)),
        parameters: template.parameters.clone(),
        mappings: values(&template.mappings),
        rules: values(&template.rules),
        conditions: values(&template.conditions),
        resources: resources.collect(),
        outputs: outputs.collect(),
    };
    without_implied(&mut canonical, &referred(template, names));
    canonical
}

/// The one form of a value; references use the new names.
pub fn value(given: &Value, names: &Names) -> Value {
    form(given, &Place { names, key: "", in_json: false, depth: 0 })
}

fn renamed(id: &str, names: &Names) -> String {
    names.get(id).cloned().unwrap_or_else(|| id.to_owned())
}

fn resource(given: &Resource, names: &Names) -> Resource {
    let plain = |given: &Option<Value>| given.as_ref().map(|given| value(given, names));
    let depends_on: BTreeSet<String> =
        crate::graph::depends_on(given).into_iter().map(|id| renamed(id, names)).collect();
    Resource {
        kind: given.kind.clone(),
        condition: given.condition.clone(),
        depends_on: (!depends_on.is_empty()).then(|| Value::from(depends_on.into_iter().collect::<Vec<_>>())),
        properties: plain(&given.properties)
            .filter(|properties| properties.as_object().is_none_or(|all| !all.is_empty())),
        deletion_policy: plain(&given.deletion_policy),
        update_replace_policy: plain(&given.update_replace_policy),
        update_policy: plain(&given.update_policy),
        creation_policy: plain(&given.creation_policy),
        metadata: plain(&given.metadata),
        version: plain(&given.version),
    }
}

/// Which ids each resource refers to, by their new names.
fn referred(template: &Template, names: &Names) -> BTreeMap<String, BTreeSet<String>> {
    let ids = |resource: &Resource| {
        let all = resource.properties.iter().flat_map(all_references);
        let named = all.filter_map(|reference| match reference {
            Reference::Name(id) | Reference::Attribute(id, _) => Some(renamed(&id, names)),
            Reference::Condition(_) => None,
        });
        named.collect()
    };
    template.resources.iter().map(|(id, resource)| (renamed(id, names), ids(resource))).collect()
}

/// Takes away every `DependsOn` that the resource's other references and dependencies bring anyway.
fn without_implied(template: &mut Template, referred: &BTreeMap<String, BTreeSet<String>>) {
    let depends: BTreeMap<String, Vec<String>> = template
        .resources
        .iter()
        .map(|(id, resource)| (id.clone(), crate::graph::depends_on(resource).into_iter().map(str::to_owned).collect()))
        .collect();
    for (id, resource) in &mut template.resources {
        let own = depends.get(id).into_iter().flatten();
        let kept: Vec<&str> =
            own.filter(|dependency| !reaches(id, dependency, referred, &depends)).map(String::as_str).collect();
        resource.depends_on = (!kept.is_empty()).then(|| Value::from(kept));
    }
}

/// Whether `from` needs `to` even without its own `DependsOn` on it.
fn reaches(
    from: &str,
    to: &str,
    referred: &BTreeMap<String, BTreeSet<String>>,
    depends: &BTreeMap<String, Vec<String>>,
) -> bool {
    if referred.get(from).is_some_and(|all| all.contains(to)) {
        return true;
    }
    let edges = |id: &str| {
        let by_reference = referred.get(id).into_iter().flatten().map(String::as_str);
        by_reference.chain(depends.get(id).into_iter().flatten().map(String::as_str)).collect::<Vec<&str>>()
    };
    let mut seen = BTreeSet::from([from]);
    let mut waiting: Vec<&str> = referred.get(from).into_iter().flatten().map(String::as_str).collect();
    waiting.extend(depends.get(from).into_iter().flatten().map(String::as_str).filter(|next| *next != to));
    while let Some(id) = waiting.pop() {
        if id == to {
            return true;
        }
        if let Some((known, _)) = referred.get_key_value(id)
            && seen.insert(known)
        {
            waiting.extend(edges(known));
        }
    }
    false
}

/// Where a value stands.
#[derive(Clone, Copy)]
struct Place<'a> {
    names: &'a Names,
    /// The key that holds it.
    key: &'a str,
    /// Inside JSON that is text in the template: numbers and booleans mean themselves, lists are lists.
    in_json: bool,
    depth: usize,
}

impl<'a> Place<'a> {
    fn below(self, key: &'a str) -> Place<'a> {
        Place { key, depth: self.depth + 1, ..self }
    }
}

fn form(given: &Value, place: &Place) -> Value {
    if place.depth > DEPTH_LIMIT {
        return given.clone();
    }
    match given {
        Value::Object(object) => {
            if let Some(whole) = text::function(object, place) {
                return whole;
            }
            if !place.in_json
                && let Some(grants) = policy::grants(object, place)
            {
                return grants;
            }
            let said = object.iter().filter(|(_, value)| place.in_json || !value.is_null());
            Value::Object(said.map(|(key, value)| (key.clone(), form(value, &place.below(key)))).collect())
        }
        Value::Array(items) => {
            let items: Vec<Value> = items.iter().map(|item| form(item, &place.below(""))).collect();
            if SETS.contains(&place.key) && !place.in_json { set(items) } else { Value::Array(items) }
        }
        Value::Bool(_) | Value::Number(_) if !place.in_json => Value::String(given.to_string()),
        Value::String(written) if !place.in_json => text::plain(written, place),
        other => other.clone(),
    }
}

/// The members of a set under names that tell them apart, so that a changed one is seen as that one's change.
fn set(members: Vec<Value>) -> Value {
    let named = MEMBER_NAMES.iter().find_map(|name| {
        let keys: BTreeSet<&str> = members.iter().filter_map(|member| member.get(*name)?.as_str()).collect();
        (keys.len() == members.len() && !members.is_empty()).then_some(*name)
    });
    let mut object = Map::new();
    for member in members {
        let name = named.and_then(|name| member.get(name)?.as_str().map(str::to_owned));
        let (key, value) = match (name, &member) {
            (Some(name), _) => (name, member),
            (None, Value::String(text)) => (text.clone(), Value::Bool(true)),
            (None, other) => (other.to_string(), Value::Bool(true)),
        };
        object.insert(key, value);
    }
    Value::Object(object)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diff;

    fn parsed(text: &str) -> Template {
        template(&Template::parse(text).unwrap(), &Names::new())
    }

    fn one(given: Value) -> Value {
        value(&given, &Names::new())
    }

    #[test]
    fn spellings_of_one_text_are_one() {
        let join = json!({"Fn::Join": [":", ["arn", {"Ref": "AWS::Partition"}, {"Fn::Join": ["", ["a", "/b"]]}]]});
        let sub = json!({"Fn::Sub": "arn:${AWS::Partition}:a/b"});
        assert_eq!(one(join), one(sub.clone()));
        assert_eq!(one(json!({"Fn::Sub": ["arn:${P}:a/b", {"P": {"Ref": "AWS::Partition"}}]})), one(sub));
        assert_eq!(one(json!({"Fn::Sub": "${A.Arn}"})), json!({"Fn::GetAtt": ["A", "Arn"]}));
        assert_eq!(one(json!({"Fn::Join": ["", ["a", "b"]]})), json!("ab"));
    }

    #[test]
    fn json_inside_text_is_compared_as_json() {
        let spaced = json!({"Fn::Sub": "{ \"Resource\": \"${A.Arn}\",  \"Retry\": 1 }"});
        let tight = json!({"Fn::Join": ["", ["{\"Retry\":1,\"Resource\":\"", {"Fn::GetAtt": "A.Arn"}, "\"}"]]});
        assert_eq!(one(spaced), one(tight.clone()));
        assert_ne!(one(tight), one(json!({"Fn::Sub": "{\"Retry\":\"1\",\"Resource\":\"${A.Arn}\"}"})));
    }

    #[test]
    fn statements_that_grant_the_same_are_one() {
        let both = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": ["a", "b"]}]});
        let apart = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "s3:putObject", "Resource": ["b", "a"], "Sid": "x"},
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "a"},
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "b"}]});
        assert_eq!(one(both.clone()), one(apart));
        let fewer = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "a"}]});
        assert_eq!(diff::values(&one(both), &one(fewer)).len(), 3);
    }

    #[test]
    fn the_order_of_sets_says_nothing_and_that_of_lists_does() {
        let tags = |one: &str, two: &str| json!({"Tags": [{"Key": one, "Value": one}, {"Key": two, "Value": two}]});
        assert_eq!(one(tags("a", "b")), one(tags("b", "a")));
        assert_ne!(one(json!({"Layers": ["a", "b"]})), one(json!({"Layers": ["b", "a"]})));
    }

    #[test]
    fn a_dependency_that_a_reference_brings_makes_no_difference() {
        let with = parsed(
            "Resources: {A: {Type: T, DependsOn: [B, C], Properties: {x: !Ref B}}, B: {Type: T, DependsOn: C}, C: {Type: T}}",
        );
        let without =
            parsed("Resources: {A: {Type: T, Properties: {x: !Ref B}}, B: {Type: T, DependsOn: [C]}, C: {Type: T}}");
        assert!(diff::templates(&with, &without).is_empty());
        let lost = parsed("Resources: {A: {Type: T, Properties: {x: !Ref B}}, B: {Type: T}, C: {Type: T}}");
        assert!(!diff::templates(&with, &lost).is_empty());
    }

    #[test]
    fn renamed_resources_are_referred_to_by_their_new_names() {
        let before =
            Template::parse("Resources: {D1: {Type: T}, S: {Type: U, DependsOn: D1, Properties: {d: !Ref D1}}}")
                .unwrap();
        let after =
            Template::parse("Resources: {D2: {Type: T}, S: {Type: U, DependsOn: D2, Properties: {d: !Ref D2}}}")
                .unwrap();
        let names = |id: &str| Names::from([(id.to_owned(), "D#".to_owned())]);
        assert!(diff::templates(&template(&before, &names("D1")), &template(&after, &names("D2"))).is_empty());
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic_and_a_second_time_changes_nothing(text in "[-{}\\[\\]\"$:,.!a-cAB01 ]{0,60}") {
            let once = one(json!({"Fn::Sub": text}));
            proptest::prop_assert_eq!(one(once.clone()), once);
        }
    }
}
