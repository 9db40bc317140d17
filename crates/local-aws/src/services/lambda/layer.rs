//! Layers: PublishLayerVersion and its family, and the layers a function version uses.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::code;
use super::function::{Code, LayerUse, Policy};
use super::input::{self, LambdaFault, constraint, invalid, only};
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// The table of layer versions; keys are `region/name/version` with ten digits.
const LAYERS: &str = "lambda.layers";
/// The number of the newest version ever published, by `region/name`.
const COUNTERS: &str = "lambda.layer-counters";
/// A function uses at most this many layers.
/// Source: Lambda quotas, "Function layers".
const LAYERS_MOST: usize = 5;

#[derive(Clone, Debug, Serialize, Deserialize)]
struct LayerVersion {
    name: String,
    region: String,
    number: u64,
    code: Code,
    description: String,
    license: Option<String>,
    runtimes: Vec<String>,
    architectures: Vec<String>,
    created_ms: i64,
    policy: Policy,
}

impl LayerVersion {
    fn key(region: &str, name: &str, number: u64) -> String {
        format!("{region}/{name}/{number:010}")
    }

    fn layer_arn(&self, cloud: &Cloud) -> String {
        format!("arn:aws:lambda:{}:{}:layer:{}", self.region, cloud.config.account, self.name)
    }

    fn summary(&self, cloud: &Cloud) -> Value {
        let created = jiff::Timestamp::from_millisecond(self.created_ms).unwrap_or_default();
        let mut shape = json!({
            "LayerVersionArn": format!("{}:{}", self.layer_arn(cloud), self.number),
            "Version": self.number,
            "Description": self.description,
            "CreatedDate": created.strftime("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string(),
            "CompatibleRuntimes": self.runtimes,
            "CompatibleArchitectures": self.architectures,
        });
        if let Some(license) = &self.license {
            shape["LicenseInfo"] = json!(license);
        }
        shape
    }

    fn whole(&self, cloud: &Cloud) -> Value {
        let mut shape = self.summary(cloud);
        shape["LayerArn"] = json!(self.layer_arn(cloud));
        shape["Content"] = json!({
            "Location": super::get::download(cloud, &self.code.digest),
            "CodeSha256": self.code.sha256,
            "CodeSize": self.code.size_bytes,
        });
        shape
    }
}

/// The layer versions that `arns` name.
///
/// # Errors
/// In AWS's words for one that is not there, one that is named twice, and too many.
pub fn resolve(cloud: &Cloud, arns: &[String]) -> Result<Vec<LayerUse>, Fault> {
    if arns.len() > LAYERS_MOST {
        return Err(invalid(format!("Cannot reference more than {LAYERS_MOST} layers.")));
    }
    let mut uses: Vec<LayerUse> = Vec::new();
    for arn in arns {
        let layer = by_arn(cloud, arn)?;
        let of_layer = layer.layer_arn(cloud);
        if uses.iter().any(|other| other.arn.rsplit_once(':').is_some_and(|(other, _)| other == of_layer)) {
            return Err(invalid(format!(
                "Two different versions of the same layer are not allowed to be referenced in the same function. {arn}"
            )));
        }
        uses.push(LayerUse { arn: arn.clone(), code: layer.code });
    }
    Ok(uses)
}

/// The digests of all layer versions there are.
pub fn digests(cloud: &Cloud) -> Result<Vec<String>, Fault> {
    let layers: Vec<(String, LayerVersion)> = cloud.store.scan(LAYERS, "")?;
    Ok(layers.into_iter().map(|(_, layer)| layer.code.digest).collect())
}

fn by_arn(cloud: &Cloud, arn: &str) -> Result<LayerVersion, Fault> {
    let parts: Vec<&str> = arn.split(':').collect();
    let ["arn", _, "lambda", region, account, "layer", name, number] = parts.as_slice() else {
        let pattern = "arn:[a-zA-Z0-9-]+:lambda:[a-zA-Z0-9-]+:\\d{12}:layer:[a-zA-Z0-9-_]+:[0-9]+";
        let rule =
            format!("Member must satisfy constraint: [Member must satisfy regular expression pattern: {pattern}]");
        return Err(constraint(format!("[{arn}]"), "layers", &rule));
    };
    let number: u64 = number.parse().map_err(|_| invalid(format!("Layer version {arn} does not exist.")))?;
    if *account != cloud.config.account {
        return Err(invalid(format!(
            "the local AWS has no layers of other accounts: {arn}; publish the layer here and use its ARN"
        )));
    }
    let layer = cloud.store.get(LAYERS, &LayerVersion::key(region, name, number))?;
    layer.ok_or_else(|| invalid(format!("Layer version {arn} does not exist.")))
}

fn layer_name(cloud: &Cloud, call: &Call) -> Result<(String, String), Fault> {
    let text = input::required(&call.input, "LayerName")?;
    let parts: Vec<&str> = text.split(':').collect();
    let (region, name) = match parts.as_slice() {
        ["arn", _, "lambda", region, account, "layer", name] if *account == cloud.config.account => (*region, *name),
        [name] => (call.region.as_str(), *name),
        _ => ("", ""),
    };
    let valid = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if valid && name.len() <= 140 {
        return Ok((region.to_owned(), name.to_owned()));
    }
    let pattern = "(arn:[a-zA-Z0-9-]+:lambda:[a-zA-Z0-9-]+:\\d{12}:layer:[a-zA-Z0-9-_]+)|[a-zA-Z0-9-_]+";
    Err(constraint(text, "layerName", &format!("Member must satisfy regular expression pattern: {pattern}")))
}

fn stored(cloud: &Cloud, call: &Call) -> Result<LayerVersion, Fault> {
    let (region, name) = layer_name(cloud, call)?;
    let number = input::integer(&call.input, "VersionNumber")?.unwrap_or(0);
    let found =
        u64::try_from(number).ok().map(|number| cloud.store.get(LAYERS, &LayerVersion::key(&region, &name, number)));
    found.transpose()?.flatten().ok_or_else(|| not_found("The resource you requested does not exist."))
}

fn not_found(message: &str) -> Fault {
    Fault::sender("ResourceNotFoundException", message).with_status(404).typed("User")
}

/// PublishLayerVersion.
pub async fn publish(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    only(
        &call,
        &["LayerName", "Description", "Content", "CompatibleRuntimes", "CompatibleArchitectures", "LicenseInfo"],
    )?;
    let (region, name) = layer_name(&cloud, &call)?;
    let code = code::bring(&cloud, &call, &call.input["Content"]).await?;
    let counter = format!("{region}/{name}");
    let number = cloud.store.get::<u64>(COUNTERS, &counter)?.unwrap_or(0) + 1;
    cloud.store.put(COUNTERS, &counter, &number)?;
    let layer = LayerVersion {
        name,
        region,
        number,
        code,
        description: input::text(&call.input, "Description")?.unwrap_or_default().to_owned(),
        license: input::text(&call.input, "LicenseInfo")?.map(str::to_owned),
        runtimes: input::texts(&call.input, "CompatibleRuntimes")?.unwrap_or_default(),
        architectures: input::texts(&call.input, "CompatibleArchitectures")?.unwrap_or_default(),
        created_ms: cloud.clock.now_ms(),
        policy: Policy::default(),
    };
    cloud.store.put(LAYERS, &LayerVersion::key(&layer.region, &layer.name, number), &layer)?;
    Ok(Output::json(layer.whole(&cloud)).with_status(201))
}

/// GetLayerVersion.
pub async fn get(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    Ok(Output::json(stored(&cloud, &call)?.whole(&cloud)))
}

/// GetLayerVersionByArn.
pub async fn get_by_arn(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let arn = input::required(&call.input, "Arn")?;
    Ok(Output::json(by_arn(&cloud, arn)?.whole(&cloud)))
}

/// DeleteLayerVersion; deleting what is not there succeeds, as on AWS.
pub async fn delete(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    if let Ok(layer) = stored(&cloud, &call) {
        cloud.store.delete(LAYERS, &LayerVersion::key(&layer.region, &layer.name, layer.number))?;
    }
    Ok(Output::empty().with_status(204))
}

/// ListLayerVersions, newest first.
pub async fn list_versions(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let (region, name) = layer_name(&cloud, &call)?;
    let layers: Vec<(String, LayerVersion)> = cloud.store.scan(LAYERS, &format!("{region}/{name}/"))?;
    let versions: Vec<Value> = layers.iter().rev().map(|(_, layer)| layer.summary(&cloud)).collect();
    super::page::of(&call, "LayerVersions", versions)
}

/// ListLayers with the newest version of each.
pub async fn list(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let layers: Vec<(String, LayerVersion)> = cloud.store.scan(LAYERS, &format!("{}/", call.region))?;
    let mut newest: std::collections::BTreeMap<String, Value> = std::collections::BTreeMap::new();
    for (_, layer) in layers {
        let shape = json!({
            "LayerName": layer.name,
            "LayerArn": layer.layer_arn(&cloud),
            "LatestMatchingVersion": layer.summary(&cloud),
        });
        newest.insert(layer.name, shape);
    }
    super::page::of(&call, "Layers", newest.into_values().collect())
}
