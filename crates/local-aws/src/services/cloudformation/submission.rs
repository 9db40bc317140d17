//! What a caller submits to make a stack of: the template, parameters, tags and capabilities.

use std::sync::Arc;

use cfn::parameter::{self, Kind};
use cfn::{Template, TemplateError};
use indexmap::IndexMap;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::Cloud;
use crate::engine::blueprint::Blueprint;
use crate::engine::changes;
use crate::engine::journal::{RollbackTriggers, Spec};
use crate::engine::run::Engine;
use crate::engine::stack::Stack;
use crate::engine::surroundings::Surroundings;
use crate::wire::{Call, Fault};

use super::capability;
use super::input::{invalid, list, pairs, text, texts};

const MAX_BODY_BYTES: usize = 51_200;
const MAX_TEMPLATE_BYTES: usize = 1_000_000;
/// Source: AWS CloudFormation API Reference, `RollbackConfiguration`.
const MOST_MONITORING_MINUTES: i64 = 180;
/// Source: the same page.
const MOST_TRIGGERS: usize = 5;

/// What a caller submitted, checked as far as it can be before anything is done.
pub struct Submission {
    pub spec: Spec,
    pub blueprint: Blueprint,
    pub around: Surroundings,
}

/// The stack that a submission is for.
pub struct For<'a> {
    pub id: &'a str,
    pub name: &'a str,
    /// The stack as it is, when there is one.
    pub stack: Option<&'a Stack>,
}

/// Reads and checks a submission.
///
/// # Errors
/// `ValidationError` or `InsufficientCapabilitiesException` in CloudFormation's words.
pub async fn read(cloud: &Arc<Cloud>, engine: &Engine, call: &Call, target: For<'_>) -> Result<Submission, Fault> {
    refuse_members(call)?;
    let previous = target.stack.map(Stack::spec);
    let body = template_text(cloud, call, previous).await?;
    let template = Template::parse(&body).map_err(refused)?;
    let given = given_parameters(call, previous)?;
    let parameters = parameter::texts(&template.parameters, &given).map_err(refused)?;
    let stored = stored_parameters(engine, call, &template, &parameters).await?;
    let tags = match call.input.get("Tags") {
        None => previous.map(|spec| spec.tags.clone()).unwrap_or_default(),
        Some(_) => pairs(call, "Tags", "Key", "Value"),
    };
    let spec = Spec {
        body,
        parameters,
        stored,
        tags,
        capabilities: texts(call, "Capabilities"),
        notification_arns: texts(call, "NotificationARNs"),
        role_arn: text(call, "RoleARN").map(str::to_owned),
        rollback: match call.input.get("RollbackConfiguration") {
            Some(given) => triggers(given)?,
            // What is not given stays as it is.
            None => previous.map(|spec| spec.rollback.clone()).unwrap_or_default(),
        },
        change_set_id: None,
    };
    let world = engine.world.as_ref();
    let mut around = Surroundings::of(world, &engine.stacks, &call.region, target.id, target.name, &spec.body).await?;
    around.notification_arns.clone_from(&spec.notification_arns);
    refuse_transforms(&template)?;
    let blueprint = Blueprint::new(&spec, &around).map_err(refused)?;
    changes::refuse(world, &blueprint, target.stack)?;
    capability::check(&blueprint, &spec.capabilities)?;
    Ok(Submission { spec, blueprint, around })
}

/// The alarms that roll an operation back.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_RollbackConfiguration.html>
fn triggers(given: &Value) -> Result<RollbackTriggers, Fault> {
    let minutes =
        given.get("MonitoringTimeInMinutes").and_then(|value| value.as_i64().or(value.as_str()?.parse().ok()));
    if let Some(minutes) = minutes.filter(|minutes| !(0..=MOST_MONITORING_MINUTES).contains(minutes)) {
        return Err(invalid(format!(
            "1 validation error detected: Value '{minutes}' at 'rollbackConfiguration.monitoringTimeInMinutes' failed to satisfy constraint: Member must have value less than or equal to {MOST_MONITORING_MINUTES}"
        )));
    }
    let listed = given.get("RollbackTriggers").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if listed.len() > MOST_TRIGGERS {
        return Err(invalid(format!("a stack has at most {MOST_TRIGGERS} rollback triggers")));
    }
    let member = |trigger: &Value, name: &str| trigger.get(name).and_then(Value::as_str).map(str::to_owned);
    let alarm = |trigger: &Value| match (member(trigger, "Arn"), member(trigger, "Type").as_deref()) {
        (Some(arn), Some("AWS::CloudWatch::Alarm")) if arn.contains(":alarm:") => Ok(arn),
        (_, Some("AWS::CloudWatch::CompositeAlarm")) => Err(invalid(
            "the local AWS does not support rollback triggers of the type AWS::CloudWatch::CompositeAlarm; see docs/local-aws.md",
        )),
        (arn, kind) => Err(invalid(format!(
            "Invalid rollback trigger: {} of the type {}",
            arn.unwrap_or_default(),
            kind.unwrap_or_default()
        ))),
    };
    let alarms = listed.iter().map(alarm).collect::<Result<_, _>>()?;
    Ok(RollbackTriggers { monitoring_minutes: minutes, alarms })
}

/// Members of the input that AWS has and this local AWS does not.
fn refuse_members(call: &Call) -> Result<(), Fault> {
    let given = |name: &str| match call.input.get(name) {
        None | Some(Value::Null) | Some(Value::Bool(false)) => false,
        Some(Value::String(text)) => !text.is_empty() && text != "false",
        Some(Value::Array(items)) => !items.is_empty(),
        Some(Value::Object(members)) => {
            members.values().any(|value| value.as_array().is_none_or(|items| !items.is_empty()))
        }
        Some(_) => true,
    };
    const UNSUPPORTED: &[&str] = &[
        "DeploymentMode",
        "ImportExistingResources",
        "IncludeNestedStacks",
        "ResourceTypes",
        "StackPolicyURL",
        "TimeoutInMinutes",
    ];
    match UNSUPPORTED.iter().find(|name| given(name)) {
        Some(name) => Err(invalid(format!("the local AWS does not support {name}; see docs/local-aws.md"))),
        None => Ok(()),
    }
}

/// A template error as CloudFormation answers it.
pub fn refused(error: TemplateError) -> Fault {
    invalid(error.to_string())
}

/// Templates that need a macro's work.
///
/// # Errors
/// `ValidationError` that names the macro.
pub fn refuse_transforms(template: &Template) -> Result<(), Fault> {
    let names: Vec<&str> = match &template.transform {
        None => Vec::new(),
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        Some(_) => vec!["AWS::Include"],
    };
    // The functions of this one are built in.
    match names.iter().find(|name| **name != "AWS::LanguageExtensions") {
        Some(name) => {
            Err(invalid(format!("the local AWS does not support the transform {name}; see docs/local-aws.md")))
        }
        None => Ok(()),
    }
}

/// The text of the template that the call names: in the call, in S3, or the one before.
///
/// # Errors
/// `ValidationError` when none or several are named, or it is too long or not there.
pub async fn template_text(cloud: &Arc<Cloud>, call: &Call, previous: Option<&Spec>) -> Result<String, Fault> {
    let use_previous = super::input::flag(call, "UsePreviousTemplate").unwrap_or(false);
    match (text(call, "TemplateBody"), text(call, "TemplateURL"), use_previous) {
        (Some(body), None, false) => {
            if body.len() > MAX_BODY_BYTES {
                return Err(invalid(
                    "1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to 51200",
                ));
            }
            Ok(body.to_owned())
        }
        (None, Some(url), false) => fetch(cloud, &call.region, url).await,
        (None, None, true) => {
            previous.map(|spec| spec.body.clone()).ok_or_else(|| invalid("No previous template to use"))
        }
        (None, None, false) => Err(invalid("Either Template URL or Template Body must be specified.")),
        _ => Err(invalid("You cannot specify more than one of: TemplateBody, TemplateURL, UsePreviousTemplate.")),
    }
}

async fn fetch(cloud: &Arc<Cloud>, region: &str, url: &str) -> Result<String, Fault> {
    let (bucket, key) = s3_address(url).ok_or_else(|| invalid("TemplateURL must be a supported URL."))?;
    let input = json!({ "Bucket": bucket, "Key": key });
    let output = cloud
        .invoke("s3", "GetObject", region, input)
        .await
        .map_err(|fault| invalid(format!("S3 error: {}\nFor more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html", fault.message)))?;
    let bytes = output.payload.unwrap_or_default();
    if bytes.len() > MAX_TEMPLATE_BYTES {
        return Err(invalid("Template may not exceed 1000000 bytes in size."));
    }
    String::from_utf8(bytes.to_vec()).map_err(|_| invalid("Template format error: unsupported structure."))
}

/// Bucket and key of an object's URL, in path style or with the bucket in the host.
fn s3_address(url: &str) -> Option<(String, String)> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let rest = rest.split(['?', '#']).next()?;
    let (host, path) = rest.split_once('/')?;
    let decode = |text: &str| percent_decode_str(text).decode_utf8().ok().map(|text| text.into_owned());
    let name = host.split(':').next()?;
    let bucket = [".s3.", ".s3-"].iter().find_map(|mark| name.find(mark)).map(|at| &name[..at]);
    let bucket = bucket.or_else(|| name.strip_suffix(".localhost"));
    let (bucket, key) = match bucket {
        Some(bucket) => (bucket, path),
        None => path.split_once('/')?,
    };
    (!bucket.is_empty() && !key.is_empty()).then(|| Some((decode(bucket)?, decode(key)?))).flatten()
}

fn given_parameters(call: &Call, previous: Option<&Spec>) -> Result<IndexMap<String, String>, Fault> {
    let mut given = IndexMap::new();
    for item in list(call, "Parameters") {
        let Some(key) = item.get("ParameterKey").and_then(Value::as_str) else {
            return Err(invalid("Parameters must have a ParameterKey"));
        };
        let keep = match item.get("UsePreviousValue") {
            Some(Value::Bool(keep)) => *keep,
            Some(Value::String(text)) => text == "true",
            _ => false,
        };
        let value = if keep {
            previous.and_then(|spec| spec.parameters.get(key)).cloned().ok_or_else(|| {
                invalid(format!("Invalid input for parameter key {key}. Cannot specify usePreviousValue as true for a parameter key not in the previous template"))
            })?
        } else {
            item.get("ParameterValue").and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        given.insert(key.to_owned(), value);
    }
    Ok(given)
}

async fn stored_parameters(
    engine: &Engine,
    call: &Call,
    template: &Template,
    parameters: &IndexMap<String, String>,
) -> Result<IndexMap<String, String>, Fault> {
    let mut stored = IndexMap::new();
    for (name, declared) in &template.parameters {
        let Kind::Stored { .. } = Kind::of(name, &declared.kind).map_err(refused)? else { continue };
        let path = parameters.get(name).map(String::as_str).unwrap_or_default();
        let missing = || invalid(format!("Unable to fetch parameters [{path}] from parameter store for this account."));
        let output = engine
            .world
            .invoke("ssm", "GetParameter", &call.region, json!({ "Name": path }))
            .await
            .map_err(|_| missing())?;
        let value = output.body.pointer("/Parameter/Value").and_then(Value::as_str).ok_or_else(missing)?;
        stored.insert(name.clone(), value.to_owned());
    }
    Ok(stored)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_found_by_every_form_of_its_url() {
        let expected = Some(("my-bucket".to_owned(), "a/b c.json".to_owned()));
        for url in [
            "https://my-bucket.s3.eu-west-1.amazonaws.com/a/b%20c.json",
            "https://my-bucket.s3.amazonaws.com/a/b%20c.json?versionId=1",
            "https://s3.eu-west-1.amazonaws.com/my-bucket/a/b%20c.json",
            "https://s3-eu-west-1.amazonaws.com/my-bucket/a/b%20c.json",
            "http://127.0.0.1:4566/my-bucket/a/b%20c.json",
        ] {
            assert_eq!(s3_address(url), expected, "{url}");
        }
        assert_eq!(s3_address("ftp://x/y/z"), None);
    }
}
