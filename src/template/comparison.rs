//! The project's template beside another one, compared by what they mean.
//!
//! What changes with every build of the same project, or from one tool to the other without changing the stack, makes no
//! difference: artifact keys, the content hashes in logical ids, descriptions.

use cfn::canonical::{self, Names};
use cfn::diff::{self, TemplateDifference};
use cfn::{Resource, Template};
use serde_json::{Value, json};

/// What two templates have in common and what not.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// What differs; before is the other template, after the project's.
    pub difference: TemplateDifference,
    /// The type of each resource of either, by logical id.
    pub kinds: std::collections::BTreeMap<String, String>,
    /// How many resources mean the same in both.
    pub equal: usize,
}

/// Compares the template of another tool or another time with the project's.
pub fn compare(other: &Template, own: &Template) -> Comparison {
    let before = canonical::template(&neutral(other), &names(other));
    let after = canonical::template(&neutral(own), &names(own));
    let difference = diff::templates(&before, &after);
    let all = before.resources.iter().chain(&after.resources);
    let kinds = all.map(|(id, resource)| (id.clone(), resource.kind.clone())).collect();
    let equal = after.resources.keys().filter(|id| !difference.resources.contains_key(*id)).count();
    Comparison { difference, kinds, equal }
}

/// Logical ids that hold a hash of content, each under a name that holds none.
fn names(template: &Template) -> Names {
    let mut names = Names::new();
    let mut taken = std::collections::BTreeSet::new();
    for (id, resource) in &template.resources {
        let Some(stem) = stem(id, &resource.kind) else { continue };
        let mut name = format!("{stem}#");
        let mut number = 2;
        while !taken.insert(name.clone()) {
            name = format!("{stem}#{number}");
            number += 1;
        }
        names.insert(id.clone(), name);
    }
    names
}

/// What of a logical id says which resource it is, where the rest says what is in it.
///
/// Source: the Serverless Framework's naming and the one of serverless-step-functions.
fn stem<'a>(id: &'a str, kind: &str) -> Option<&'a str> {
    let after = |word: &str, at_least: usize| {
        let end = id.rfind(word)? + word.len();
        (id.len() >= end + at_least && id[end..].bytes().all(|byte| byte.is_ascii_alphanumeric())).then_some(&id[..end])
    };
    let found = match kind {
        "AWS::Lambda::Version" => after("LambdaVersion", 20),
        "AWS::Lambda::LayerVersion" => after("LambdaLayer", 20),
        "AWS::ApiGateway::Deployment" => after("ApiGatewayDeployment", 1),
        "AWS::ApiGatewayV2::Deployment" => after("WebsocketsDeployment", 1).or_else(|| after("HttpApiDeployment", 1)),
        "AWS::StepFunctions::StateMachineVersion" => after("Version", 20),
        _ => id.len().checked_sub(5).and_then(|end| id.get(..end)).filter(|stem| stem.ends_with("ResourcePolicy")),
    };
    found.or_else(|| {
        let hexadecimal = id.bytes().rev().take_while(u8::is_ascii_hexdigit).count();
        (hexadecimal >= 40 && hexadecimal < id.len()).then(|| &id[..id.len() - hexadecimal.min(64)])
    })
}

/// The template without what differs from build to build.
fn neutral(template: &Template) -> Template {
    let mut neutral = template.clone();
    for resource in neutral.resources.values_mut() {
        match resource.kind.as_str() {
            "AWS::Lambda::Function" => artifact(resource, "Code"),
            "AWS::Lambda::LayerVersion" => artifact(resource, "Content"),
            "AWS::Lambda::Version" => drop(take(resource, "CodeSha256")),
            _ => {}
        }
    }
    for (id, output) in &mut neutral.outputs {
        if id.ends_with("LambdaLayerHash") || id.ends_with("LambdaLayerS3Key") {
            output.value = json!("(artifact)");
        }
    }
    neutral
}

fn artifact(resource: &mut Resource, property: &str) {
    let place =
        resource.properties.as_mut().and_then(|all| all.get_mut(property)).and_then(|code| code.get_mut("S3Key"));
    if let Some(key) = place {
        *key = json!("(artifact)");
    }
}

fn take(resource: &mut Resource, property: &str) -> Option<Value> {
    resource.properties.as_mut()?.as_object_mut()?.shift_remove(property)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Template {
        Template::parse(text).unwrap()
    }

    #[test]
    fn hashes_of_content_and_artifact_keys_make_no_difference() {
        let template = |hash: &str, key: &str| {
            parsed(&format!(
                "Resources:\n  ApiGatewayDeployment{hash}: {{Type: 'AWS::ApiGateway::Deployment'}}\n  \
                 F: {{Type: 'AWS::Lambda::Function', Properties: {{Code: {{S3Key: {key}}}}}}}\n  \
                 S: {{Type: 'AWS::ApiGateway::Stage', Properties: {{DeploymentId: !Ref ApiGatewayDeployment{hash}}}}}\n  \
                 FLambdaVersion{hash}aaaaaaaaaaaaaaaaaaaaaaaaaaa: {{Type: 'AWS::Lambda::Version', Properties: {{CodeSha256: {hash}}}}}\n"
            ))
        };
        let compared = compare(&template("1700000000000", "a/b.zip"), &template("4f", "c.zip"));
        assert!(compared.difference.is_empty(), "{:?}", compared.difference);
        assert_eq!(compared.equal, 4);
    }

    #[test]
    fn what_means_something_else_is_found() {
        let one = parsed("Resources: {F: {Type: 'AWS::Lambda::Function', Properties: {MemorySize: 128}}}");
        let two =
            parsed("Resources: {F: {Type: 'AWS::Lambda::Function', Properties: {MemorySize: 256}}, T: {Type: T}}");
        let compared = compare(&one, &two);
        assert_eq!(compared.difference.resources.len(), 2);
        assert_eq!((compared.equal, compared.kinds["T"].as_str()), (0, "T"));
    }
}
