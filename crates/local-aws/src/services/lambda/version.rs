//! PublishVersion and ListVersionsByFunction.

use std::sync::Arc;

use serde_json::Value;

use super::function::{Function, revision};
use super::input::{self, LambdaFault, only};
use super::name::FunctionName;
use super::{page, update};
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// PublishVersion: a new version only if code or configuration changed since the last one.
pub async fn publish(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    only(&call, &["FunctionName", "CodeSha256", "Description", "RevisionId"])?;
    let name = FunctionName::of(&cloud, &call)?;
    let _edit = cloud.lambda.edit();
    let mut function = Function::load(&cloud, &name)?;
    update::check_revision(&call, &function)?;
    if let Some(wanted) = input::text(&call.input, "CodeSha256")?.filter(|sha| *sha != function.latest.code.sha256) {
        let message = format!(
            "CodeSHA256 ({wanted}) is different from current CodeSHA256 in $LATEST ({}). Please try again with the CodeSHA256 in $LATEST.",
            function.latest.code.sha256
        );
        return Err(Fault::sender("InvalidParameterValueException", message).typed("User"));
    }
    let description = input::text(&call.input, "Description")?.map(str::to_owned);
    let shape = add(&cloud, &mut function, description)?;
    function.save(&cloud)?;
    Ok(Output::json(shape).with_status(201))
}

/// Publishes `$LATEST` and answers the version's configuration; the caller saves the function.
pub fn add(cloud: &Cloud, function: &mut Function, description: Option<String>) -> Result<Value, Fault> {
    let last = function.last_version;
    let unchanged = function.versions.get(&last).is_some_and(|version| {
        let mut settings = function.latest.settings.clone();
        settings.description.clone_from(&version.settings.description);
        version.code == function.latest.code && version.settings == settings
    });
    if !unchanged {
        let mut version = function.latest.clone();
        version.revision_id = revision();
        if let Some(description) = description {
            version.settings.description = description;
        }
        function.last_version += 1;
        function.versions.insert(function.last_version, version);
    }
    let number = function.last_version;
    let version = function
        .versions
        .get(&number)
        .ok_or_else(|| Fault::receiver("ServiceException", "the published version is not there").typed("Service"))?;
    Ok(function.configuration(cloud, &number.to_string(), version, true))
}

/// ListVersionsByFunction, `$LATEST` first.
pub async fn list(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let name = FunctionName::of(&cloud, &call)?;
    let function = Function::load(&cloud, &name)?;
    let mut shapes = vec![function.configuration(&cloud, "$LATEST", &function.latest, true)];
    let versions = function.versions.iter();
    shapes.extend(versions.map(|(number, version)| function.configuration(&cloud, &number.to_string(), version, true)));
    page::of(&call, "Versions", shapes)
}
