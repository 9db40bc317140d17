//! Tags of functions: TagResource, UntagResource, ListTags.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::function::Function;
use super::input::{self, invalid, only};
use super::name::FunctionName;
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// A resource has at most this many tags.
const TAGS_MOST: usize = 50;

/// Reads a map of tags.
///
/// # Errors
/// For keys and values outside AWS's limits.
pub fn read(shape: &Value) -> Result<BTreeMap<String, String>, Fault> {
    let wrapped = json!({"Tags": shape});
    let tags = input::text_map(&wrapped, "Tags")?.unwrap_or_default();
    for (key, value) in &tags {
        if key.is_empty() || key.chars().count() > 128 || value.chars().count() > 256 || key.starts_with("aws:") {
            return Err(invalid(format!(
                "The tag `{key}` is not valid: keys have 1 to 128 characters and do not begin with `aws:`, values have at most 256"
            )));
        }
    }
    if tags.len() > TAGS_MOST {
        return Err(invalid(format!("The number of tags exceeds the limit of {TAGS_MOST}.")));
    }
    Ok(tags)
}

/// TagResource.
pub async fn add(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    only(&call, &["Resource", "Tags"])?;
    let _edit = cloud.lambda.edit();
    let mut function = tagged(&cloud, &call)?;
    function.tags.extend(read(&call.input["Tags"])?);
    read(&json!(function.tags))?;
    function.save(&cloud)?;
    Ok(Output::empty().with_status(204))
}

/// UntagResource.
pub async fn remove(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    only(&call, &["Resource", "TagKeys"])?;
    let _edit = cloud.lambda.edit();
    let mut function = tagged(&cloud, &call)?;
    let keys = input::texts(&call.input, "TagKeys")?.unwrap_or_default();
    function.tags.retain(|key, _| !keys.contains(key));
    function.save(&cloud)?;
    Ok(Output::empty().with_status(204))
}

/// ListTags.
pub async fn list(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    only(&call, &["Resource"])?;
    Ok(Output::json(json!({"Tags": tagged(&cloud, &call)?.tags})))
}

fn tagged(cloud: &Cloud, call: &Call) -> Result<Function, Fault> {
    let arn = input::required(&call.input, "Resource")?;
    if !arn.contains(":function:") {
        return Err(invalid(format!("the local AWS has tags on functions only, not on {arn}; see docs/local-aws.md")));
    }
    let name = FunctionName::parse(cloud, &call.region, arn)?;
    Function::load(cloud, &name)
}
