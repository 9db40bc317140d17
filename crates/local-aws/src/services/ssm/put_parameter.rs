//! Parameters are written and removed.

use std::sync::Arc;

use regex::Regex;
use serde_json::{Value, json};

use super::parameter::{DEFAULT_KEY, Parameter, Selector, Version};
use super::{PARAMETERS, fault};
use crate::Cloud;
use crate::services::input;
use crate::wire::{Call, Fault, Output};

const LONGEST_STANDARD: usize = 4_096;
const LONGEST_ADVANCED: usize = 8_192;
const MOST_VERSIONS: usize = 100;
const DEEPEST: usize = 15;

/// Makes a parameter, or a new version of one.
///
/// Source: <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html>.
pub async fn put_parameter(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let name = input::text(&call, "Name").unwrap_or_default();
    check_name(name)?;
    refuse_unsupported(&call)?;
    let _changing = cloud.ssm.change();
    let existing = match Parameter::load(&cloud, &call.region, name) {
        Ok(parameter) => Some(parameter),
        Err(fault) if fault.code == "ParameterNotFound" => None,
        Err(fault) => return Err(fault),
    };
    let tags = input::list(&call, "Tags").to_vec();
    let overwrite = input::flag(&call, "Overwrite");
    if existing.is_some() && !overwrite {
        let message =
            "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.";
        return Err(Fault::sender("ParameterAlreadyExists", message));
    }
    if overwrite && !tags.is_empty() {
        return Err(fault::invalid("Invalid request: tags and overwrite can't be used together."));
    }
    let mut parameter = existing.unwrap_or_else(|| Parameter {
        name: name.to_owned(),
        tier: "Standard".to_owned(),
        tags,
        versions: Vec::new(),
    });
    let value = input::text(&call, "Value").unwrap_or_default();
    parameter.tier = tier(&call, &parameter, value)?;
    let version = version(&cloud, &call, &parameter, value)?;
    let number = version.number;
    parameter.versions.push(version);
    if parameter.versions.len() > MOST_VERSIONS {
        parameter.versions.remove(0);
    }
    parameter.save(&cloud, &call.region)?;
    Ok(Output::json(json!({ "Version": number, "Tier": parameter.tier })))
}

fn version(cloud: &Cloud, call: &Call, parameter: &Parameter, value: &str) -> Result<Version, Fault> {
    let previous = parameter.versions.last();
    let kind = input::text(call, "Type").or(previous.map(|version| version.kind.as_str()));
    let kind = kind.ok_or_else(|| fault::invalid("A parameter type is required when you create a parameter."))?;
    if !matches!(kind, "String" | "StringList" | "SecureString") {
        let message = format!("The following parameter type is not supported: {kind}");
        return Err(Fault::sender("UnsupportedParameterType", message));
    }
    if value.is_empty() {
        return Err(fault::invalid(
            "1 validation error detected: Value '' at 'value' failed to satisfy constraint: Member must have length greater than or equal to 1",
        ));
    }
    let pattern = input::text(call, "AllowedPattern").filter(|pattern| !pattern.is_empty());
    if let Some(pattern) = pattern {
        let regex = Regex::new(&format!("^(?:{pattern})$")).map_err(|_| {
            Fault::sender("InvalidAllowedPatternException", "The specified allowed pattern is not valid.")
        })?;
        if !regex.is_match(value) {
            let message = format!("Parameter value, cannot be validated against allowedPattern: {pattern}");
            return Err(Fault::sender("ParameterPatternMismatchException", message));
        }
    }
    let key = input::text(call, "KeyId").unwrap_or(DEFAULT_KEY);
    Ok(Version {
        number: previous.map_or(1, |version| version.number + 1),
        kind: kind.to_owned(),
        value: value.to_owned(),
        data_type: input::text(call, "DataType").unwrap_or("text").to_owned(),
        key: (kind == "SecureString").then(|| key.to_owned()),
        description: input::text(call, "Description").map(str::to_owned),
        allowed_pattern: pattern.map(str::to_owned),
        labels: Vec::new(),
        modified_ms: cloud.clock.now_ms(),
    })
}

fn tier(call: &Call, parameter: &Parameter, value: &str) -> Result<String, Fault> {
    let asked = input::text(call, "Tier").unwrap_or(&parameter.tier);
    let needs_advanced = value.len() > LONGEST_STANDARD;
    if value.len() > LONGEST_ADVANCED || (needs_advanced && asked == "Standard") {
        let message = "Standard tier parameters support a maximum parameter value of 4096 characters. To create a larger \
                       parameter value, upgrade the parameter to use the advanced-parameter tier.";
        return Err(fault::invalid(message));
    }
    match asked {
        "Standard" if parameter.tier == "Advanced" => Err(fault::invalid(
            "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier to the standard-parameter tier.",
        )),
        "Standard" | "Advanced" => Ok(asked.to_owned()),
        "Intelligent-Tiering" => Ok(if needs_advanced { "Advanced" } else { "Standard" }.to_owned()),
        other => Err(fault::invalid(format!("'{other}' is no parameter tier"))),
    }
}

fn check_name(name: &str) -> Result<(), Fault> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_.-/".contains(c);
    if name.is_empty() || name.len() > 2_048 || !name.chars().all(allowed) || name.ends_with('/') {
        return Err(fault::invalid(
            "Parameter name: can't be prefixed with \"ssm\" (case-insensitive). If formed as a path, it can consist of \
             sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the \
             following 3 symbols .-_",
        ));
    }
    if name.contains('/') && !name.starts_with('/') {
        return Err(fault::invalid("Parameter name must be a fully qualified name."));
    }
    let first = name.trim_start_matches('/').split('/').next().unwrap_or_default().to_ascii_lowercase();
    if first.starts_with("aws") {
        return Err(Fault::sender("AccessDeniedException", format!("No access to reserved parameter name: {name}.")));
    }
    if first.starts_with("ssm") {
        return Err(fault::invalid("Parameter name: can't be prefixed with \"ssm\" (case-insensitive)."));
    }
    if name.matches('/').count() > DEEPEST {
        let message = "A parameter name can't have more than fifteen levels in its hierarchy.";
        return Err(Fault::sender("HierarchyLevelLimitExceededException", message));
    }
    Ok(())
}

fn refuse_unsupported(call: &Call) -> Result<(), Fault> {
    if input::text(call, "Policies").is_some_and(|policies| !policies.is_empty() && policies != "[]") {
        return Err(fault::invalid("the local AWS does not support parameter policies; see docs/local-aws.md"));
    }
    match input::text(call, "DataType") {
        None | Some("text") => Ok(()),
        Some(other) => {
            Err(fault::invalid(format!("the local AWS does not support the data type {other}; see docs/local-aws.md")))
        }
    }
}

/// Removes a parameter.
pub async fn delete_parameter(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let name = Selector::parse(input::text(&call, "Name").unwrap_or_default()).name;
    let _changing = cloud.ssm.change();
    if remove(&cloud, &call.region, &name)? { Ok(Output::empty()) } else { Err(fault::not_found()) }
}

/// Removes parameters; names that are not there are told.
pub async fn delete_parameters(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let names = input::list(&call, "Names");
    if names.is_empty() || names.len() > 10 {
        return Err(fault::invalid("Names must have 1 to 10 items"));
    }
    let _changing = cloud.ssm.change();
    let (mut gone, mut missing) = (Vec::new(), Vec::new());
    for name in names.iter().filter_map(Value::as_str) {
        if remove(&cloud, &call.region, name)? { gone.push(name) } else { missing.push(name) }
    }
    Ok(Output::json(json!({ "DeletedParameters": gone, "InvalidParameters": missing })))
}

fn remove(cloud: &Cloud, region: &str, name: &str) -> Result<bool, Fault> {
    Ok(cloud.store.delete(PARAMETERS, &format!("{region}\u{0}{name}"))?)
}
