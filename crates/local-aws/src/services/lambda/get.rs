//! GetFunction, GetFunctionConfiguration, ListFunctions and the reads that clients make beside them.

use std::sync::Arc;

use serde_json::{Value, json};

use super::function::{FUNCTIONS, Function};
use super::input;
use super::name::FunctionName;
use super::{alias, page};
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// GetFunction.
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let name = FunctionName::of(&cloud, &call)?;
    let function = Function::load(&cloud, &name)?;
    let configuration = configuration_of(&cloud, &function, &name)?;
    let digest = match function.version(name.qualifier.as_deref(), 1.0) {
        Some((_, version)) => version.code.digest.clone(),
        None => return Err(name.not_found(&cloud)),
    };
    let mut body = json!({
        "Configuration": configuration,
        "Code": {"RepositoryType": "S3", "Location": download(&cloud, &digest)},
    });
    if !function.tags.is_empty() {
        body["Tags"] = json!(function.tags);
    }
    if let Some(reserved) = function.reserved_concurrency {
        body["Concurrency"] = json!({"ReservedConcurrentExecutions": reserved});
    }
    Ok(Output::json(body))
}

/// GetFunctionConfiguration.
pub async fn configuration(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let name = FunctionName::of(&cloud, &call)?;
    let function = Function::load(&cloud, &name)?;
    Ok(Output::json(configuration_of(&cloud, &function, &name)?))
}

fn configuration_of(cloud: &Cloud, function: &Function, name: &FunctionName) -> Result<Value, Fault> {
    let (number, version) = function.version(name.qualifier.as_deref(), 1.0).ok_or_else(|| name.not_found(cloud))?;
    let mut shape = function.configuration(cloud, &number, version, name.qualifier.is_some());
    if let Some(alias) = alias::named(function, name.qualifier.as_deref()) {
        shape["FunctionArn"] = json!(format!("{}:{alias}", function.arn(cloud)));
    }
    Ok(shape)
}

/// Where a code or layer archive can be downloaded without a signature: whoever knows the digest knows the code.
pub fn download(cloud: &Cloud, digest: &str) -> String {
    format!("{}/_aws/lambda/code/{digest}.zip", cloud.config.endpoint)
}

/// ListFunctions; with `FunctionVersion` `ALL` every published version as well.
pub async fn list(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    input::only(&call, &["FunctionVersion", "Marker", "MaxItems"])?;
    let all = input::text(&call.input, "FunctionVersion")? == Some("ALL");
    let functions: Vec<(String, Function)> = cloud.store.scan(FUNCTIONS, &format!("{}/", call.region))?;
    let mut shapes = Vec::new();
    for (_, function) in &functions {
        shapes.push(function.configuration(&cloud, "$LATEST", &function.latest, all));
        if all {
            let versions = function.versions.iter();
            shapes.extend(
                versions.map(|(number, version)| function.configuration(&cloud, &number.to_string(), version, true)),
            );
        }
    }
    page::of(&call, "Functions", shapes)
}

/// GetFunctionCodeSigningConfig: none can be set, and AWS answers the bare name then.
pub async fn code_signing(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let name = FunctionName::of(&cloud, &call)?;
    let function = Function::load(&cloud, &name)?;
    Ok(Output::json(json!({"FunctionName": function.name})))
}
