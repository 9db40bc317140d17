//! Objects are removed.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::bucket::{Bucket, Versioning};
use super::notification::{self, Happened};
use super::object::{self, NULL_VERSION, Version};
use crate::Cloud;
use crate::services::input;
use crate::wire::{Call, Fault, Output};

/// The most objects in one request.
const MOST: usize = 1_000;

/// What a removal did.
struct Removed {
    /// The version that is gone, or the marker that was put.
    version: Option<String>,
    /// True when a marker was put or removed.
    marker: bool,
    /// What is told of it; none when there was nothing.
    what: Option<&'static str>,
    orphans: Vec<String>,
}

/// Removes an object or a version, or puts a delete marker; removing nothing is no mistake.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html>.
pub async fn delete_object(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let _changing = cloud.s3.change().await;
    let bucket = Bucket::of(&cloud, &call)?;
    let key = input::required_text(&call, "Key")?;
    let removed = remove(&cloud, &bucket, key, input::text(&call, "VersionId"))?;
    told(&cloud, &bucket, key, &removed);
    cloud.s3.bodies.remove(removed.orphans);
    let mut members = Map::new();
    if let Some(id) = removed.version {
        members.insert("VersionId".to_owned(), json!(id));
    }
    if removed.marker {
        members.insert("DeleteMarker".to_owned(), json!(true));
    }
    Ok(Output::json(Value::Object(members)).with_status(204))
}

/// Removes many objects; what cannot be removed is listed.
pub async fn delete_objects(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let objects = call.input["Delete"]["Objects"].as_array().cloned().unwrap_or_default();
    if objects.is_empty() || objects.len() > MOST {
        let message = "The XML you provided was not well-formed or did not validate against our published schema";
        return Err(Fault::sender("MalformedXML", message));
    }
    let quiet = call.input["Delete"]["Quiet"].as_bool().unwrap_or(false);
    let _changing = cloud.s3.change().await;
    let bucket = Bucket::of(&cloud, &call)?;
    let (mut deleted, mut errors, mut orphans) = (Vec::new(), Vec::new(), Vec::new());
    for wanted in &objects {
        let key = wanted["Key"].as_str().unwrap_or_default();
        let id = wanted["VersionId"].as_str();
        match remove(&cloud, &bucket, key, id) {
            Ok(removed) => {
                told(&cloud, &bucket, key, &removed);
                orphans.extend(removed.orphans);
                let mut entry = Map::new();
                entry.insert("Key".to_owned(), json!(key));
                if let Some(id) = id {
                    entry.insert("VersionId".to_owned(), json!(id));
                }
                if removed.marker {
                    entry.insert("DeleteMarker".to_owned(), json!(true));
                    entry.insert("DeleteMarkerVersionId".to_owned(), json!(removed.version));
                }
                deleted.push(Value::Object(entry));
            }
            Err(fault) => {
                errors.push(json!({ "Key": key, "VersionId": id, "Code": fault.code, "Message": fault.message }))
            }
        }
    }
    cloud.s3.bodies.remove(orphans);
    let deleted = if quiet { Vec::new() } else { deleted };
    Ok(Output::json(json!({ "Deleted": deleted, "Errors": errors })))
}

fn remove(cloud: &Cloud, bucket: &Bucket, key: &str, id: Option<&str>) -> Result<Removed, Fault> {
    let mut versions = object::versions(cloud, &bucket.name, key)?;
    if let Some(id) = id {
        let gone = versions.iter().position(|version| version.id == id).map(|index| versions.remove(index));
        object::save(cloud, &bucket.name, key, &versions)?;
        let marker = gone.as_ref().is_some_and(|version| version.marker);
        let what = gone.is_some().then_some("ObjectRemoved:Delete");
        let orphans = gone.and_then(|version| version.body).into_iter().collect();
        return Ok(Removed { version: Some(id.to_owned()), marker, what, orphans });
    }
    if bucket.versioning.is_none() {
        let what = (!versions.is_empty()).then_some("ObjectRemoved:Delete");
        let orphans = versions.iter_mut().filter_map(|version| version.body.take()).collect();
        object::save(cloud, &bucket.name, key, &[])?;
        return Ok(Removed { version: None, marker: false, what, orphans });
    }
    // Without versions of its own, a suspended bucket overwrites the null version by a null marker.
    let suspended = bucket.versioning == Some(Versioning::Suspended);
    let id = if suspended { NULL_VERSION.to_owned() } else { uuid::Uuid::new_v4().simple().to_string() };
    let marker = Version::marker(id, cloud.clock.now_ms());
    let (version, orphans) = object::push(cloud, bucket, key, marker)?;
    Ok(Removed { version, marker: true, what: Some("ObjectRemoved:DeleteMarkerCreated"), orphans })
}

/// Tells what a removal did.
fn told(cloud: &Arc<Cloud>, bucket: &Bucket, key: &str, removed: &Removed) {
    let Some(what) = removed.what else { return };
    let happened = Happened { what, key: key.to_owned(), version: removed.version.clone(), written: None };
    notification::tell(cloud, bucket, happened);
}
