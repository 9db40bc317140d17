//! Function URLs: their settings, and where a request to one leads.

use std::sync::Arc;

use serde_json::{Value, json};

use super::function::{FUNCTIONS, Function};
use super::input::{self, LambdaFault, constraint, invalid, only};
use super::name::FunctionName;
use super::page;
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

const MEMBERS: &[&str] = &["FunctionName", "Qualifier", "AuthType", "Cors", "InvokeMode"];

/// CreateFunctionUrlConfig.
///
/// Diverges: the URL is `ENDPOINT/_aws/lambda-url/ID/` instead of `https://ID.lambda-url.REGION.on.aws/`.
pub async fn create(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    only(&call, MEMBERS)?;
    let _edit = cloud.lambda.edit();
    let (mut function, key, arn) = start(&cloud, &call)?;
    if function.urls.contains_key(&key) {
        let message = format!(
            "Failed to create function url config for [functionArn = {arn}]. Error message:  FunctionUrlConfig exists for this Lambda function"
        );
        return Err(Fault::sender("ResourceConflictException", message).with_status(409).typed("User"));
    }
    input::required(&call.input, "AuthType")?;
    let id: String = std::iter::repeat_with(fastrand::lowercase).take(32).collect();
    let now = time_text(&cloud);
    let mut config = json!({
        "FunctionUrl": format!("{}/_aws/lambda-url/{id}/", cloud.config.endpoint),
        "FunctionArn": arn,
        "AuthType": "NONE",
        "CreationTime": now,
        "LastModifiedTime": now,
        "InvokeMode": "BUFFERED",
    });
    change(&mut config, &call.input)?;
    function.urls.insert(key, config.clone());
    function.save(&cloud)?;
    Ok(Output::json(config).with_status(201))
}

/// UpdateFunctionUrlConfig.
pub async fn update(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    only(&call, MEMBERS)?;
    let _edit = cloud.lambda.edit();
    let (mut function, key, _) = start(&cloud, &call)?;
    let config = function.urls.get_mut(&key).ok_or_else(missing)?;
    change(config, &call.input)?;
    config["LastModifiedTime"] = json!(time_text(&cloud));
    let config = config.clone();
    function.save(&cloud)?;
    Ok(Output::json(config))
}

/// GetFunctionUrlConfig.
pub async fn get(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let (function, key, _) = start(&cloud, &call)?;
    Ok(Output::json(function.urls.get(&key).cloned().ok_or_else(missing)?))
}

/// DeleteFunctionUrlConfig.
pub async fn delete(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let _edit = cloud.lambda.edit();
    let (mut function, key, _) = start(&cloud, &call)?;
    function.urls.remove(&key).ok_or_else(missing)?;
    function.save(&cloud)?;
    Ok(Output::empty().with_status(204))
}

/// ListFunctionUrlConfigs.
pub async fn list(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let function = Function::load(&cloud, &FunctionName::of(&cloud, &call)?)?;
    page::of(&call, "FunctionUrlConfigs", function.urls.into_values().collect())
}

/// The region and the settings of the function URL with this id.
///
/// # Errors
/// When the store cannot be read.
pub fn find(cloud: &Cloud, id: &str) -> Result<Option<(String, Value)>, Fault> {
    let functions: Vec<(String, Function)> = cloud.store.scan(FUNCTIONS, "")?;
    let end = format!("/_aws/lambda-url/{id}/");
    let mut all = functions.into_iter().flat_map(|(_, function)| {
        let region = function.region.clone();
        function.urls.into_values().map(move |config| (region.clone(), config))
    });
    Ok(all.find(|(_, config)| config["FunctionUrl"].as_str().is_some_and(|url| url.ends_with(&end))))
}

fn change(config: &mut Value, input: &Value) -> Result<(), Fault> {
    if let Some(kind) = input::text(input, "AuthType")? {
        if !["NONE", "AWS_IAM"].contains(&kind) {
            return Err(constraint(kind, "authType", "Member must satisfy enum value set: [NONE, AWS_IAM]"));
        }
        config["AuthType"] = json!(kind);
    }
    match input::text(input, "InvokeMode")? {
        None | Some("BUFFERED") => {}
        Some("RESPONSE_STREAM") => {
            return Err(invalid("the local AWS does not support InvokeMode RESPONSE_STREAM; see docs/local-aws.md"));
        }
        Some(other) => {
            let rule = "Member must satisfy enum value set: [BUFFERED, RESPONSE_STREAM]";
            return Err(constraint(other, "invokeMode", rule));
        }
    }
    if input::object(input, "Cors")?.is_some() {
        config["Cors"] = input["Cors"].clone();
    }
    Ok(())
}

fn start(cloud: &Cloud, call: &Call) -> Result<(Function, String, String), Fault> {
    let name = FunctionName::of(cloud, call)?;
    let function = Function::load(cloud, &name)?;
    let qualifier = name.qualifier.clone().unwrap_or_default();
    if !qualifier.is_empty() && !function.aliases.contains_key(&qualifier) {
        return Err(name.not_found(cloud));
    }
    Ok((function, qualifier, name.qualified_arn(cloud)))
}

fn time_text(cloud: &Cloud) -> String {
    cloud.clock.now().strftime("%Y-%m-%dT%H:%M:%S%.9fZ").to_string()
}

fn missing() -> Fault {
    Fault::sender("ResourceNotFoundException", "The resource you requested does not exist.")
        .with_status(404)
        .typed("User")
}
