//! The tags of objects.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::bucket::Bucket;
use super::object;
use crate::Cloud;
use crate::services::input;
use crate::wire::{Call, Fault, Output, uri};

/// The most tags of an object.
const MOST: usize = 10;

/// Tags from the header's form, `a=b&c=d`.
///
/// # Errors
/// `InvalidTag` and its kin.
pub fn from_header(text: &str) -> Result<Vec<Value>, Fault> {
    let pairs = uri::query_pairs(&text.replace('+', "%20"));
    let tags: Vec<Value> = pairs.into_iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
    check(&tags, MOST)?;
    Ok(tags)
}

/// Checks number, lengths and uniqueness.
///
/// # Errors
/// `BadRequest` for too many, `InvalidTag` for a bad or repeated one.
pub fn check(tags: &[Value], most: usize) -> Result<(), Fault> {
    if tags.len() > most {
        return Err(Fault::sender("BadRequest", format!("Object tags cannot be greater than {most}")));
    }
    let mut seen = BTreeSet::new();
    for tag in tags {
        let key = tag["Key"].as_str().unwrap_or_default();
        let value = tag["Value"].as_str().unwrap_or_default();
        if key.is_empty() || key.chars().count() > 128 {
            return Err(Fault::sender("InvalidTag", "The TagKey you have provided is invalid"));
        }
        if value.chars().count() > 256 {
            return Err(Fault::sender("InvalidTag", "The TagValue you have provided is invalid"));
        }
        if !seen.insert(key) {
            return Err(Fault::sender("InvalidTag", "Cannot provide multiple Tags with the same key"));
        }
    }
    Ok(())
}

/// An object's tags.
pub async fn get_object_tagging(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let bucket = Bucket::of(&cloud, &call)?;
    let key = input::required_text(&call, "Key")?;
    let version = object::find(&cloud, &bucket.name, key, input::text(&call, "VersionId"))?;
    let mut body = Map::new();
    body.insert("TagSet".to_owned(), Value::Array(version.tags));
    if bucket.versioning.is_some() {
        body.insert("VersionId".to_owned(), json!(version.id));
    }
    Ok(Output::json(Value::Object(body)))
}

/// Replaces an object's tags.
pub async fn put_object_tagging(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let tags = call.input["Tagging"]["TagSet"].as_array().cloned().unwrap_or_default();
    check(&tags, MOST)?;
    replace(&cloud, &call, tags).await?;
    Ok(Output::empty())
}

/// Removes an object's tags.
pub async fn delete_object_tagging(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    replace(&cloud, &call, Vec::new()).await?;
    Ok(Output::empty().with_status(204))
}

async fn replace(cloud: &Cloud, call: &Call, tags: Vec<Value>) -> Result<(), Fault> {
    let _changing = cloud.s3.change().await;
    let bucket = Bucket::of(cloud, call)?;
    let key = input::required_text(call, "Key")?;
    let found = object::find(cloud, &bucket.name, key, input::text(call, "VersionId"))?;
    let mut versions = object::versions(cloud, &bucket.name, key)?;
    for version in versions.iter_mut().filter(|version| version.id == found.id) {
        version.tags.clone_from(&tags);
    }
    object::save(cloud, &bucket.name, key, &versions)
}
