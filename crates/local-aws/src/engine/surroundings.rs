//! What a template sees of the world around its stack.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::provider::World;
use super::stacks::Stacks;
use crate::wire::Fault;

/// What a template sees of the world around its stack, as of one moment.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    pub account: String,
    pub region: String,
    pub stack_id: String,
    pub stack_name: String,
    pub notification_arns: Vec<String>,
    /// The exports of the region's other stacks.
    pub exports: BTreeMap<String, String>,
    /// Each `{{resolve:…}}` of the template with its value.
    pub dynamic: BTreeMap<String, String>,
}

impl Surroundings {
    /// Looks around for a stack whose template's text is `body`.
    ///
    /// # Errors
    /// A fault when a dynamic reference cannot be resolved.
    pub async fn of(
        world: &dyn World,
        stacks: &Stacks,
        region: &str,
        stack_id: &str,
        stack_name: &str,
        body: &str,
    ) -> Result<Surroundings, Fault> {
        Ok(Surroundings {
            account: world.account().to_owned(),
            region: region.to_owned(),
            stack_id: stack_id.to_owned(),
            stack_name: stack_name.to_owned(),
            notification_arns: Vec::new(),
            exports: stacks.exports(region, stack_id),
            dynamic: dynamic_references(world, region, body).await?,
        })
    }
}

async fn dynamic_references(world: &dyn World, region: &str, body: &str) -> Result<BTreeMap<String, String>, Fault> {
    let mut found = BTreeSet::new();
    let mut rest = body;
    while let Some(start) = rest.find("{{resolve:") {
        let Some(end) = rest[start..].find("}}") else { break };
        found.insert(rest[start..start + end + 2].to_owned());
        rest = &rest[start + end + 2..];
    }
    let mut values = BTreeMap::new();
    for reference in found {
        // A reference that still holds `${…}` is resolved when its name is known.
        if reference.contains("${") {
            continue;
        }
        let value = resolve(world, region, &reference).await?;
        values.insert(reference, value);
    }
    Ok(values)
}

/// The value of one `{{resolve:service:name[:version]}}`.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html>
async fn resolve(world: &dyn World, region: &str, reference: &str) -> Result<String, Fault> {
    let inner = reference.trim_start_matches("{{resolve:").trim_end_matches("}}");
    let (service, name) = inner.split_once(':').unwrap_or((inner, ""));
    if !matches!(service, "ssm" | "ssm-secure") {
        return Err(Fault::sender(
            "ValidationError",
            format!("the local AWS does not support the dynamic reference {reference}; see docs/local-aws.md"),
        ));
    }
    let input = json!({ "Name": name, "WithDecryption": service == "ssm-secure" });
    let output = world
        .invoke("ssm", "GetParameter", region, input)
        .await
        .map_err(|_| Fault::sender("ValidationError", format!("Parameters: [{service}:{name}] cannot be found.")))?;
    output
        .body
        .pointer("/Parameter/Value")
        .and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or_else(|| Fault::sender("ValidationError", format!("Parameters: [{service}:{name}] cannot be found.")))
}
