//! Reserved and provisioned concurrency.

use std::sync::Arc;

use serde_json::{Value, json};

use super::account::CONCURRENCY;
use super::function::Function;
use super::input::{self, LambdaFault, invalid, only};
use super::name::FunctionName;
use super::page;
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// AWS keeps at least this much of the account's concurrency unreserved.
const UNRESERVED_LEAST: u64 = 100;

/// PutFunctionConcurrency.
pub async fn put(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    only(&call, &["FunctionName", "ReservedConcurrentExecutions"])?;
    let _edit = cloud.lambda.edit();
    let mut function = Function::load(&cloud, &FunctionName::of(&cloud, &call)?)?;
    let wanted = input::integer(&call.input, "ReservedConcurrentExecutions")?;
    let reserved = wanted.and_then(|wanted| u64::try_from(wanted).ok());
    let reserved = reserved.ok_or_else(|| invalid("ReservedConcurrentExecutions must be a number of 0 or more"))?;
    if reserved > CONCURRENCY - UNRESERVED_LEAST {
        return Err(invalid(format!(
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [{UNRESERVED_LEAST}]."
        )));
    }
    function.reserved_concurrency = Some(reserved);
    function.save(&cloud)?;
    Ok(Output::json(json!({"ReservedConcurrentExecutions": reserved})))
}

/// GetFunctionConcurrency.
pub async fn get(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let function = Function::load(&cloud, &FunctionName::of(&cloud, &call)?)?;
    Ok(function
        .reserved_concurrency
        .map_or_else(Output::empty, |reserved| Output::json(json!({"ReservedConcurrentExecutions": reserved}))))
}

/// DeleteFunctionConcurrency.
pub async fn delete(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let _edit = cloud.lambda.edit();
    let mut function = Function::load(&cloud, &FunctionName::of(&cloud, &call)?)?;
    function.reserved_concurrency = None;
    function.save(&cloud)?;
    Ok(Output::empty().with_status(204))
}

/// PutProvisionedConcurrencyConfig.
///
/// Diverges: the setting is kept and answered as ready, but processes are started when they are needed.
pub async fn put_provisioned(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    only(&call, &["FunctionName", "Qualifier", "ProvisionedConcurrentExecutions"])?;
    let _edit = cloud.lambda.edit();
    let (mut function, name, qualifier) = start(&cloud, &call)?;
    if qualifier == "$LATEST" {
        return Err(invalid("Provisioned Concurrency Configs cannot be applied to unpublished function versions."));
    }
    if function.version(Some(&qualifier), 1.0).is_none() {
        return Err(name.not_found(&cloud));
    }
    let wanted = input::integer(&call.input, "ProvisionedConcurrentExecutions")?;
    let wanted = wanted.and_then(|wanted| u64::try_from(wanted).ok()).filter(|wanted| *wanted > 0);
    let wanted = wanted.ok_or_else(|| invalid("ProvisionedConcurrentExecutions must be a number of 1 or more"))?;
    function.provisioned_concurrency.insert(qualifier, wanted);
    function.save(&cloud)?;
    Ok(Output::json(shape(&function, wanted)).with_status(202))
}

/// GetProvisionedConcurrencyConfig.
pub async fn get_provisioned(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let (function, _, qualifier) = start(&cloud, &call)?;
    let wanted = function.provisioned_concurrency.get(&qualifier).copied().ok_or_else(|| {
        let message = "No Provisioned Concurrency Config found for this function";
        Fault::sender("ProvisionedConcurrencyConfigNotFoundException", message).with_status(404).typed("User")
    })?;
    Ok(Output::json(shape(&function, wanted)))
}

/// DeleteProvisionedConcurrencyConfig.
pub async fn delete_provisioned(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let _edit = cloud.lambda.edit();
    let (mut function, _, qualifier) = start(&cloud, &call)?;
    function.provisioned_concurrency.remove(&qualifier);
    function.save(&cloud)?;
    Ok(Output::empty().with_status(204))
}

/// ListProvisionedConcurrencyConfigs.
pub async fn list_provisioned(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let function = Function::load(&cloud, &FunctionName::of(&cloud, &call)?)?;
    let arn = function.arn(&cloud);
    let configs = function.provisioned_concurrency.iter().map(|(qualifier, wanted)| {
        let mut shape = shape(&function, *wanted);
        shape["FunctionArn"] = json!(format!("{arn}:{qualifier}"));
        shape
    });
    page::of(&call, "ProvisionedConcurrencyConfigs", configs.collect())
}

fn start(cloud: &Cloud, call: &Call) -> Result<(Function, FunctionName, String), Fault> {
    let name = FunctionName::of(cloud, call)?;
    let function = Function::load(cloud, &name)?;
    let qualifier = input::required(&call.input, "Qualifier")?.to_owned();
    Ok((function, name, qualifier))
}

fn shape(function: &Function, wanted: u64) -> Value {
    let modified = jiff::Timestamp::from_millisecond(function.latest.last_modified_ms).unwrap_or_default();
    json!({
        "RequestedProvisionedConcurrentExecutions": wanted,
        "AvailableProvisionedConcurrentExecutions": wanted,
        "AllocatedProvisionedConcurrentExecutions": wanted,
        "Status": "READY",
        "LastModified": modified.strftime("%Y-%m-%dT%H:%M:%S+0000").to_string(),
    })
}
