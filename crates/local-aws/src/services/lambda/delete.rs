//! DeleteFunction.

use std::sync::Arc;

use super::code;
use super::function::{FUNCTIONS, Function, Version};
use super::input::{LambdaFault, invalid, only};
use super::name::FunctionName;
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// DeleteFunction: the function with everything, or one published version.
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    only(&call, &["FunctionName", "Qualifier"])?;
    let name = FunctionName::of(&cloud, &call)?;
    let _edit = cloud.lambda.edit();
    let mut function = Function::load(&cloud, &name)?;
    match name.qualifier.as_deref() {
        None => {
            cloud.store.delete(FUNCTIONS, &name.key())?;
            let versions: Vec<&Version> = function.versions.values().chain([&function.latest]).collect();
            code::forget(&cloud, &versions)?;
        }
        Some("$LATEST") => {
            return Err(invalid("$LATEST version cannot be deleted without deleting the function."));
        }
        Some(number) => {
            if let Some((alias, _)) =
                function.aliases.iter().find(|(_, alias)| alias.version == number || alias.weights.contains_key(number))
            {
                return Err(referenced(&name, &cloud, alias));
            }
            let removed = number.parse().ok().and_then(|number: u64| function.versions.remove(&number));
            let removed = removed.ok_or_else(|| name.not_found(&cloud))?;
            function.save(&cloud)?;
            code::forget(&cloud, &[&removed])?;
        }
    }
    cloud.lambda.runtime.retire(&function.arn(&cloud));
    Ok(Output::empty().with_status(204))
}

fn referenced(name: &FunctionName, cloud: &Cloud, alias: &str) -> Fault {
    let arn = name.qualified_arn(cloud);
    let message = format!("Version {arn} is referenced by alias(es): [{alias}]. Remove the alias(es) first.");
    Fault::sender("ResourceConflictException", message).with_status(409).typed("User")
}
