//! UpdateFunctionCode and UpdateFunctionConfiguration.

use std::sync::Arc;

use super::function::{Function, revision};
use super::input::{self, LambdaFault, constraint, only};
use super::name::FunctionName;
use super::{code, settings, version};
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// UpdateFunctionCode.
pub async fn code(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let own = ["FunctionName", "ZipFile", "S3Bucket", "S3Key", "S3ObjectVersion", "ImageUri", "SourceKMSKeyArn"];
    let more = ["Publish", "DryRun", "RevisionId", "Architectures"];
    only(&call, &[&own[..], &more[..]].concat())?;
    let name = FunctionName::of(&cloud, &call)?;
    check_revision(&call, &Function::load(&cloud, &name)?)?;
    let code = code::bring(&cloud, &call, &call.input).await?;
    let _edit = cloud.lambda.edit();
    let mut function = Function::load(&cloud, &name)?;
    let architectures = input::texts(&call.input, "Architectures")?;
    if let Some(other) = architectures.iter().flatten().find(|name| !["x86_64", "arm64"].contains(&name.as_str())) {
        return Err(constraint(other, "architectures", "Member must satisfy enum value set: [x86_64, arm64]"));
    }
    let before = function.latest.clone();
    function.latest.code = code;
    if let Some(architectures) = architectures {
        function.latest.settings.architectures = architectures;
    }
    if input::flag(&call.input, "DryRun")?.unwrap_or(false) {
        return Ok(Output::json(function.configuration(&cloud, "$LATEST", &function.latest, false)));
    }
    let output = finish(&cloud, &call, &mut function)?;
    code::forget(&cloud, &[&before])?;
    Ok(output)
}

/// UpdateFunctionConfiguration.
pub async fn configuration(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    only(&call, &[&["FunctionName", "RevisionId"][..], settings::MEMBERS].concat())?;
    let name = FunctionName::of(&cloud, &call)?;
    let function = Function::load(&cloud, &name)?;
    check_revision(&call, &function)?;
    let mut changed = function.latest.settings.clone();
    changed.change(&cloud, &call).await?;
    code::layers_directory(&cloud, &changed).await?;
    // What another call changed while roles and layers were looked up stays.
    let _edit = cloud.lambda.edit();
    let mut function = Function::load(&cloud, &name)?;
    function.latest.settings = changed;
    finish(&cloud, &call, &mut function)
}

fn finish(cloud: &Cloud, call: &Call, function: &mut Function) -> Result<Output, Fault> {
    function.latest.revision_id = revision();
    function.latest.last_modified_ms = cloud.clock.now_ms();
    let shape = if input::flag(&call.input, "Publish")?.unwrap_or(false) {
        version::add(cloud, function, None)?
    } else {
        function.configuration(cloud, "$LATEST", &function.latest, false)
    };
    function.save(cloud)?;
    cloud.lambda.runtime.retire(&function.arn(cloud));
    Ok(Output::json(shape))
}

/// Refuses a conditional change of something that has changed meanwhile.
pub fn check_revision(call: &Call, function: &Function) -> Result<(), Fault> {
    compare_revision(call, &function.latest.revision_id)
}

/// The same for anything with a revision.
pub fn compare_revision(call: &Call, current: &str) -> Result<(), Fault> {
    match input::text(&call.input, "RevisionId")? {
        Some(given) if given != current => Err(Fault::sender(
            "PreconditionFailedException",
            "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to \
             retrieve the latest Revision Id",
        )
        .with_status(412)
        .typed("User")),
        _ => Ok(()),
    }
}
