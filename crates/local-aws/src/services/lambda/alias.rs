//! Aliases: CreateAlias, UpdateAlias, GetAlias, DeleteAlias, ListAliases.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::function::{Alias, Function, revision};
use super::input::{self, LambdaFault, constraint, invalid, only};
use super::name::FunctionName;
use super::{page, update};
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// The alias that a qualifier names, if it names one.
pub fn named<'a>(function: &Function, qualifier: Option<&'a str>) -> Option<&'a str> {
    qualifier.filter(|name| function.aliases.contains_key(*name))
}

/// CreateAlias.
pub async fn create(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    only(&call, &["FunctionName", "Name", "FunctionVersion", "Description", "RoutingConfig"])?;
    let _edit = cloud.lambda.edit();
    let (mut function, name, alias_name) = start(&cloud, &call)?;
    let letters = alias_name.chars().any(|c| !c.is_ascii_digit());
    if !letters
        || !alias_name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
        || alias_name.len() > 128
    {
        let rule = "Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)";
        return Err(constraint(alias_name, "name", rule));
    }
    if function.aliases.contains_key(&alias_name) {
        let arn = format!("{}:{alias_name}", name.arn(&cloud));
        let message = format!("Alias already exists: {arn}");
        return Err(Fault::sender("ResourceConflictException", message).with_status(409).typed("User"));
    }
    let version = input::required(&call.input, "FunctionVersion")?;
    let mut alias = Alias {
        version: checked_version(&cloud, &function, version)?,
        description: input::text(&call.input, "Description")?.unwrap_or_default().to_owned(),
        weights: BTreeMap::new(),
        revision_id: revision(),
    };
    set_weights(&cloud, &function, &mut alias, &call.input["RoutingConfig"])?;
    let shape = shape(&cloud, &function, &alias_name, &alias);
    function.aliases.insert(alias_name, alias);
    function.save(&cloud)?;
    Ok(Output::json(shape).with_status(201))
}

/// UpdateAlias.
pub async fn update(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    only(&call, &["FunctionName", "Name", "FunctionVersion", "Description", "RoutingConfig", "RevisionId"])?;
    let _edit = cloud.lambda.edit();
    let (mut function, name, alias_name) = start(&cloud, &call)?;
    let mut alias = stored(&cloud, &function, &name, &alias_name)?;
    update::compare_revision(&call, &alias.revision_id)?;
    if let Some(version) = input::text(&call.input, "FunctionVersion")? {
        alias.version = checked_version(&cloud, &function, version)?;
    }
    if let Some(description) = input::text(&call.input, "Description")? {
        description.clone_into(&mut alias.description);
    }
    set_weights(&cloud, &function, &mut alias, &call.input["RoutingConfig"])?;
    alias.revision_id = revision();
    let shape = shape(&cloud, &function, &alias_name, &alias);
    function.aliases.insert(alias_name, alias);
    function.save(&cloud)?;
    Ok(Output::json(shape))
}

/// GetAlias.
pub async fn get(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let (function, name, alias_name) = start(&cloud, &call)?;
    let alias = stored(&cloud, &function, &name, &alias_name)?;
    Ok(Output::json(shape(&cloud, &function, &alias_name, &alias)))
}

/// DeleteAlias; deleting what is not there succeeds, as on AWS.
pub async fn delete(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let _edit = cloud.lambda.edit();
    let (mut function, _, alias_name) = start(&cloud, &call)?;
    if function.aliases.remove(&alias_name).is_some() {
        function.policies.remove(&alias_name);
        function.provisioned_concurrency.remove(&alias_name);
        function.event_invoke.remove(&alias_name);
        function.urls.remove(&alias_name);
        function.save(&cloud)?;
    }
    Ok(Output::empty().with_status(204))
}

/// ListAliases, all or those of one version.
pub async fn list(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    only(&call, &["FunctionName", "FunctionVersion", "Marker", "MaxItems"])?;
    let name = FunctionName::of(&cloud, &call)?;
    let function = Function::load(&cloud, &name)?;
    let version = input::text(&call.input, "FunctionVersion")?;
    let wanted = function.aliases.iter().filter(|(_, alias)| version.is_none_or(|version| alias.version == version));
    let shapes = wanted.map(|(name, alias)| shape(&cloud, &function, name, alias)).collect();
    page::of(&call, "Aliases", shapes)
}

fn start(cloud: &Cloud, call: &Call) -> Result<(Function, FunctionName, String), Fault> {
    let name = FunctionName::of(cloud, call)?;
    let function = Function::load(cloud, &name)?;
    let alias = input::required(&call.input, "Name")?.to_owned();
    Ok((function, name, alias))
}

fn stored(cloud: &Cloud, function: &Function, name: &FunctionName, alias: &str) -> Result<Alias, Fault> {
    let message = || format!("Cannot find alias arn: {}:{alias}", name.arn(cloud));
    let missing = || Fault::sender("ResourceNotFoundException", message()).with_status(404).typed("User");
    function.aliases.get(alias).cloned().ok_or_else(missing)
}

fn checked_version(cloud: &Cloud, function: &Function, version: &str) -> Result<String, Fault> {
    let there =
        version == "$LATEST" || version.parse().is_ok_and(|number: u64| function.versions.contains_key(&number));
    if there {
        return Ok(version.to_owned());
    }
    let message = format!("Function not found: {}:{version}", function.arn(cloud));
    Err(Fault::sender("ResourceNotFoundException", message).with_status(404).typed("User"))
}

fn set_weights(cloud: &Cloud, function: &Function, alias: &mut Alias, routing: &Value) -> Result<(), Fault> {
    let Some(weights) = routing["AdditionalVersionWeights"].as_object() else {
        if routing.is_object() {
            alias.weights.clear();
        }
        return Ok(());
    };
    if alias.version == "$LATEST" && !weights.is_empty() {
        return Err(invalid("$LATEST is not supported for an alias pointing to more than 1 version"));
    }
    if weights.len() > 1 {
        return Err(invalid("Number of items in AdditionalVersionWeights cannot be greater than 1"));
    }
    let mut set = BTreeMap::new();
    for (version, weight) in weights {
        let weight = weight.as_f64().filter(|weight| (0.0..=1.0).contains(weight));
        let weight = weight.ok_or_else(|| invalid("The weight of a version must be a number from 0.0 to 1.0"))?;
        if *version == alias.version {
            return Err(invalid(format!(
                "Invalid function version {version}. Function version {version} is already included in routing configuration."
            )));
        }
        set.insert(checked_version(cloud, function, version)?, weight);
    }
    alias.weights = set;
    Ok(())
}

fn shape(cloud: &Cloud, function: &Function, name: &str, alias: &Alias) -> Value {
    let mut shape = json!({
        "AliasArn": format!("{}:{name}", function.arn(cloud)),
        "Name": name,
        "FunctionVersion": alias.version,
        "Description": alias.description,
        "RevisionId": alias.revision_id,
    });
    if !alias.weights.is_empty() {
        shape["RoutingConfig"] = json!({"AdditionalVersionWeights": alias.weights});
    }
    shape
}
