//! Which changes can be made directly, past CloudFormation, and which cannot, each with its reason.

use std::collections::BTreeMap;
use std::path::PathBuf;

use cfn::diff::{Difference, ResourceDifference};
use serde_json::{Map, Value};

use super::scope::Known;
use super::{Swaps, Upload};

/// The properties of a function that can be set while it stands, beside its code.
///
/// Source: Lambda API Reference, `UpdateFunctionConfiguration`.
const CONFIGURATION: &[&str] = &[
    "Description",
    "Environment",
    "EphemeralStorage",
    "Handler",
    "Layers",
    "MemorySize",
    "Runtime",
    "Timeout",
    "TracingConfig",
];

/// The properties of a state machine that say what it does.
const DEFINITION: &[&str] = &["Definition", "DefinitionString", "DefinitionSubstitutions"];

/// A change of one resource, or of a section of the template.
#[derive(Clone, Debug, PartialEq)]
pub struct Classified {
    /// The logical id, or the section: `Outputs`.
    pub what: String,
    pub kind: String,
    pub place: Option<String>,
    pub verdict: Verdict,
}

/// Whether a change can be made directly.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    Function(FunctionSwap),
    Machine(MachineSwap),
    /// It follows from another change, and can wait for the next whole deployment: why.
    Waits(&'static str),
    /// Only CloudFormation can make it: why.
    Not(String),
}

/// A function that is changed directly.
#[derive(Clone, PartialEq)]
pub struct FunctionSwap {
    pub logical_id: String,
    /// Its deployed name.
    pub function: String,
    pub code: Option<Code>,
    /// The properties that change, in CloudFormation's shape; one that is null goes back to Lambda's default.
    pub configuration: Map<String, Value>,
}

/// Where the code of a function is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Code {
    /// A zip on this machine; it is sent along when it is not too large.
    File { path: PathBuf, key: String, digest: String, size_bytes: u64 },
    /// An object of the deployment bucket.
    Stored(String),
}

/// A state machine that is changed directly.
#[derive(Clone, PartialEq)]
pub struct MachineSwap {
    pub logical_id: String,
    pub arn: String,
    pub definition: String,
}

/// Environments may hold secrets.
impl std::fmt::Debug for FunctionSwap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&String> = self.configuration.keys().collect();
        f.debug_struct("FunctionSwap")
            .field("function", &self.function)
            .field("code", &self.code)
            .field("configuration", &names)
            .finish_non_exhaustive()
    }
}

/// Definitions may hold secrets.
impl std::fmt::Debug for MachineSwap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MachineSwap").field("arn", &self.arn).finish_non_exhaustive()
    }
}

/// What changes can be told from.
pub struct Question<'a> {
    /// The template as it runs: CloudFormation's, with what was swapped since.
    pub before: &'a Value,
    /// The names in the wanted template.
    pub known: &'a Known<'a>,
    pub uploads: &'a [Upload],
    pub places: &'a BTreeMap<String, String>,
}

/// The template as it runs: with the properties that were swapped since. Of those in `uncertain` it is not known whether
/// they were, so that everything of them that can be swapped counts as changed.
pub fn running(template: &Value, swaps: Option<&Swaps>, uncertain: bool) -> Value {
    let mut template = template.clone();
    for (id, properties) in swaps.into_iter().flat_map(|swaps| &swaps.resources) {
        let Some(own) = template.pointer_mut(&format!("/Resources/{id}/Properties")) else { continue };
        *own = properties.clone();
        if let (true, Some(own)) = (uncertain, own.as_object_mut()) {
            for name in ["Code"].iter().chain(CONFIGURATION).chain(DEFINITION) {
                if let Some(value) = own.get_mut(*name) {
                    *value = Value::Null;
                }
            }
        }
    }
    template
}

/// Every change between the template that runs and the wanted one, with what can be done about it.
pub fn classify(question: &Question<'_>) -> Vec<Classified> {
    let after = question.known.template;
    let parsed = |value: &Value| cfn::Template::from_value(value.clone());
    let (Ok(old), Ok(new)) = (parsed(question.before), parsed(after)) else {
        return vec![Classified {
            what: "template".to_owned(),
            kind: String::new(),
            place: None,
            verdict: Verdict::Not("the deployed template is not one of this program".to_owned()),
        }];
    };
    let difference = cfn::diff::templates(&old, &new);
    let mut found: Vec<Classified> = Vec::new();
    for (id, change) in &difference.resources {
        let kind = new.resources.get(id).or(old.resources.get(id)).map(|one| one.kind.clone()).unwrap_or_default();
        let verdict = resource(question, id, &kind, change);
        found.push(Classified { place: question.places.get(id).cloned(), what: id.clone(), kind, verdict });
    }
    for section in difference.sections.keys() {
        let verdict = match *section {
            "Outputs" => Verdict::Waits("outputs are set by the next whole deployment"),
            "Description" | "Metadata" => Verdict::Waits("it changes nothing that runs"),
            _ => Verdict::Not("only CloudFormation changes this part of a template".to_owned()),
        };
        found.push(Classified { what: (*section).to_owned(), kind: String::new(), place: None, verdict });
    }
    found
}

fn resource(question: &Question<'_>, id: &str, kind: &str, change: &ResourceDifference) -> Verdict {
    match (kind, change) {
        ("AWS::Lambda::Version", ResourceDifference::Added | ResourceDifference::Removed) => {
            Verdict::Waits("a version is published by the next whole deployment")
        }
        (_, ResourceDifference::Added) => Verdict::Not("only CloudFormation makes a resource".to_owned()),
        (_, ResourceDifference::Removed) => Verdict::Not("only CloudFormation removes a resource".to_owned()),
        (_, ResourceDifference::Retyped) => Verdict::Not("it becomes a resource of another type".to_owned()),
        (_, ResourceDifference::Changed(places)) => changed(question, id, kind, places),
    }
}

fn changed(question: &Question<'_>, id: &str, kind: &str, places: &[Difference]) -> Verdict {
    let section = |place: &Difference| place.path.first().cloned().unwrap_or_default();
    if places.iter().all(|place| matches!(section(place).as_str(), "DependsOn" | "Metadata")) {
        return Verdict::Waits("it changes nothing that runs");
    }
    let known: &[&str] = match kind {
        "AWS::Lambda::Function" => CONFIGURATION,
        "AWS::StepFunctions::StateMachine" => DEFINITION,
        _ => {
            let article = if kind.starts_with('A') { "an" } else { "a" };
            return Verdict::Not(format!("only CloudFormation changes {article} {kind}"));
        }
    };
    let mut properties: Vec<&str> = Vec::new();
    for place in places {
        match (section(place).as_str(), place.path.get(1)) {
            ("Properties", Some(property)) => properties.push(property),
            ("DependsOn" | "Metadata", _) => {}
            (other, _) => return Verdict::Not(format!("only CloudFormation changes its {other}")),
        }
    }
    properties.dedup();
    let is_function = kind == "AWS::Lambda::Function";
    if let Some(other) = properties.iter().find(|name| !(known.contains(name) || is_function && **name == "Code")) {
        return Verdict::Not(format!("only CloudFormation changes its {other}"));
    }
    let swap = match is_function {
        true => function(question, id, &properties).map(Verdict::Function),
        false => machine(question, id).map(Verdict::Machine),
    };
    swap.unwrap_or_else(Verdict::Not)
}

fn property<'a>(question: &Question<'a>, id: &str, name: &str) -> Option<&'a Value> {
    question.known.template.get("Resources")?.get(id)?.get("Properties")?.get(name)
}

/// # Errors
/// Why it cannot be swapped, in words.
fn function(question: &Question<'_>, id: &str, changed: &[&str]) -> Result<FunctionSwap, String> {
    let function = question.known.physical(id).ok_or("it is not deployed yet")?.to_owned();
    let mut configuration = Map::new();
    let mut code = None;
    for name in changed {
        let wanted = property(question, id, name);
        if *name == "Code" {
            code = Some(code_of(question, wanted)?);
            continue;
        }
        let value = match wanted {
            Some(wanted) => evaluated(question, wanted)?,
            None if matches!(*name, "Handler" | "Runtime") => return Err(format!("its {name} is taken away")),
            None => Value::Null,
        };
        configuration.insert((*name).to_owned(), value);
    }
    Ok(FunctionSwap { logical_id: id.to_owned(), function, code, configuration })
}

fn code_of(question: &Question<'_>, code: Option<&Value>) -> Result<Code, String> {
    let key = code.and_then(|code| code.get("S3Key")).and_then(Value::as_str);
    let key = key.ok_or("its code is not a zip of the deployment bucket")?;
    let upload = question.uploads.iter().find(|upload| upload.key == key);
    Ok(match upload {
        Some(Upload { key, path, digest, size_bytes }) => {
            Code::File { path: path.clone(), key: key.clone(), digest: digest.clone(), size_bytes: *size_bytes }
        }
        None => Code::Stored(key.to_owned()),
    })
}

fn machine(question: &Question<'_>, id: &str) -> Result<MachineSwap, String> {
    let arn = question.known.physical(id).ok_or("it is not deployed yet")?.to_owned();
    if property(question, id, "DefinitionSubstitutions").is_some() {
        return Err("its definition has DefinitionSubstitutions, which CloudFormation fills in".to_owned());
    }
    let definition = property(question, id, "DefinitionString").or_else(|| property(question, id, "Definition"));
    let definition = match evaluated(question, definition.ok_or("its definition is not in the template")?)? {
        Value::String(text) => text,
        other => other.to_string(),
    };
    Ok(MachineSwap { logical_id: id.to_owned(), arn, definition })
}

fn evaluated(question: &Question<'_>, value: &Value) -> Result<Value, String> {
    match question.known.value(value) {
        Ok(value) => Ok(value.unwrap_or(Value::Null)),
        Err(error) => Err(error.to_string().trim_start_matches("Template error: ").to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::scope::fixture;
    use serde_json::json;

    fn template(key: &str, memory: u32, more: Value) -> Value {
        let mut template = json!({"Resources": {
            "F": {"Type": "AWS::Lambda::Function", "Properties": {
                "FunctionName": "f", "MemorySize": memory,
                "Code": {"S3Bucket": {"Ref": "ServerlessDeploymentBucket"}, "S3Key": key},
                "Environment": {"Variables": {"TABLE": {"Ref": "Users"}}},
            }},
            "Users": {"Type": "AWS::DynamoDB::Table"},
            "M": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {
                "DefinitionString": {"Fn::Sub": ["{\"X\": \"${f}\"}", {"f": {"Fn::GetAtt": ["F", "Arn"]}}]},
            }},
        }});
        for (id, resource) in more.as_object().into_iter().flatten() {
            template["Resources"][id] = resource.clone();
        }
        template
    }

    fn verdicts(before: &Value, after: &Value) -> Vec<(String, Verdict)> {
        let resources = fixture::resources(&[
            ("F", "f", "AWS::Lambda::Function"),
            ("Users", "users-dev", "AWS::DynamoDB::Table"),
            ("M", "arn:aws:states:us-east-1:000000000000:stateMachine:m", "AWS::StepFunctions::StateMachine"),
        ]);
        let known = fixture::known(after, &resources);
        let uploads = [Upload { key: "b".into(), path: "b.zip".into(), digest: "d".into(), size_bytes: 9 }];
        let question = Question { before, known: &known, uploads: &uploads, places: &BTreeMap::new() };
        classify(&question).into_iter().map(|one| (one.what, one.verdict)).collect()
    }

    #[test]
    fn code_and_configuration_of_a_function_are_swapped_together() {
        let found = verdicts(&template("a", 128, json!({})), &template("b", 256, json!({})));
        let [(what, Verdict::Function(swap))] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((what.as_str(), swap.function.as_str()), ("F", "f"));
        assert!(matches!(&swap.code, Some(Code::File { key, .. }) if key == "b"));
        assert_eq!(Value::Object(swap.configuration.clone()), json!({"MemorySize": 256}));
    }

    #[test]
    fn what_only_cloudformation_can_do_is_told_with_the_reason() {
        let before = template("a", 128, json!({}));
        let mut after = template("a", 128, json!({"Topic": {"Type": "AWS::SNS::Topic"}}));
        after["Resources"]["F"]["Properties"]["Role"] = json!("arn");
        after["Resources"]["M"]["Properties"]["DefinitionString"] = json!({"Fn::GetAtt": ["Users", "StreamArn"]});
        after["Resources"]["Users"]["Properties"] = json!({"BillingMode": "PROVISIONED"});
        let found: BTreeMap<String, Verdict> = verdicts(&before, &after).into_iter().collect();
        let not = |what: &str| match &found[what] {
            Verdict::Not(why) => why.clone(),
            other => panic!("{other:?}"),
        };
        assert_eq!(not("Topic"), "only CloudFormation makes a resource");
        assert_eq!(not("F"), "only CloudFormation changes its Role");
        assert_eq!(not("M"), "only CloudFormation knows Users.StreamArn");
        assert_eq!(not("Users"), "only CloudFormation changes an AWS::DynamoDB::Table");
    }

    #[test]
    fn a_definition_is_sent_with_its_arns_and_a_version_waits() {
        let before = template("a", 128, json!({"FVersion1": {"Type": "AWS::Lambda::Version"}}));
        let mut after = template("a", 128, json!({"FVersion2": {"Type": "AWS::Lambda::Version"}}));
        after["Resources"]["M"]["Properties"]["DefinitionString"] =
            json!({"Fn::Sub": ["{\"Y\": \"${f}\"}", {"f": {"Fn::GetAtt": ["F", "Arn"]}}]});
        let found: BTreeMap<String, Verdict> = verdicts(&before, &after).into_iter().collect();
        let Verdict::Machine(swap) = &found["M"] else { panic!("{found:?}") };
        assert_eq!(swap.definition, r#"{"Y": "arn:aws:lambda:us-east-1:000000000000:function:f"}"#);
        assert!(matches!(found["FVersion1"], Verdict::Waits(_)));
        assert!(matches!(found["FVersion2"], Verdict::Waits(_)));
    }

    #[test]
    fn what_may_have_been_swapped_by_somebody_is_swapped_again() {
        let deployed = template("a", 128, json!({}));
        let swaps = Swaps {
            resources: BTreeMap::from([("F".to_owned(), deployed["Resources"]["F"]["Properties"].clone())]),
            ..Swaps::default()
        };
        assert_eq!(verdicts(&running(&deployed, Some(&swaps), false), &deployed), []);
        let found = verdicts(&running(&deployed, Some(&swaps), true), &deployed);
        let [(_, Verdict::Function(swap))] = found.as_slice() else { panic!("{found:?}") };
        assert!(swap.code.is_some());
        assert_eq!(swap.configuration["Environment"], json!({"Variables": {"TABLE": "users-dev"}}));
    }
}
