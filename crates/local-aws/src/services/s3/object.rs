//! What is stored of a key: its versions, newest first.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::bucket::{Bucket, Versioning};
use super::multipart::Upload;
use super::{OBJECTS, UPLOADS, fault};
use crate::Cloud;
use crate::store::{Store, StoreError};
use crate::wire::Fault;

/// The longest key, in bytes of UTF-8.
const LONGEST_KEY: usize = 1024;

/// The version id of what was written without versioning.
pub const NULL_VERSION: &str = "null";

/// Members of a request that are kept and come back as headers.
const KEPT: &[&str] = &[
    "CacheControl",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
    "ContentType",
    "Expires",
    "SSEKMSKeyId",
    "ServerSideEncryption",
    "StorageClass",
    "WebsiteRedirectLocation",
];

/// One version of a key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Version {
    pub id: String,
    /// True for a delete marker, which has no body.
    pub marker: bool,
    /// Milliseconds since 1970.
    pub modified_ms: i64,
    pub size: u64,
    /// With quotes, as it travels.
    pub etag: String,
    pub body: Option<String>,
    /// Kept members by name.
    pub kept: Map<String, Value>,
    pub metadata: Map<String, Value>,
    /// Tags as `{Key, Value}`.
    pub tags: Vec<Value>,
    /// The additional checksum's member and value.
    pub checksum: Option<(String, String)>,
    /// The sizes of the parts of a multipart upload.
    pub parts: Vec<u64>,
}

impl Version {
    /// A delete marker.
    pub fn marker(id: String, modified_ms: i64) -> Version {
        Version {
            id,
            marker: true,
            modified_ms,
            size: 0,
            etag: String::new(),
            body: None,
            kept: Map::new(),
            metadata: Map::new(),
            tags: Vec::new(),
            checksum: None,
            parts: Vec::new(),
        }
    }

    /// Seconds since 1970, whole, as S3 tells them.
    pub fn modified_s(&self) -> i64 {
        self.modified_ms.div_euclid(1000)
    }

    /// The members that come with the body and in an answer to `HEAD`.
    pub fn members(&self) -> Map<String, Value> {
        let mut members = self.kept.clone();
        members.remove("StorageClass");
        if let Some(class) = self.kept.get("StorageClass").filter(|class| *class != "STANDARD") {
            members.insert("StorageClass".to_owned(), class.clone());
        }
        members.insert("AcceptRanges".to_owned(), json!("bytes"));
        members.insert("ContentLength".to_owned(), json!(self.size));
        members.insert("ETag".to_owned(), json!(self.etag));
        members.insert("LastModified".to_owned(), json!(self.modified_s()));
        members.insert("Metadata".to_owned(), Value::Object(self.metadata.clone()));
        if self.id != NULL_VERSION {
            members.insert("VersionId".to_owned(), json!(self.id));
        }
        if !self.tags.is_empty() {
            members.insert("TagCount".to_owned(), json!(self.tags.len()));
        }
        members
    }
}

/// The members of `input` that stay with an object, and S3's defaults for those that are not given.
pub fn kept(input: &Value, bucket: &Bucket) -> Map<String, Value> {
    let mut kept: Map<String, Value> =
        KEPT.iter().filter_map(|name| Some(((*name).to_owned(), input.get(*name)?.clone()))).collect();
    kept.entry("ContentType").or_insert_with(|| json!("binary/octet-stream"));
    kept.entry("ServerSideEncryption").or_insert_with(|| bucket.default_encryption());
    kept
}

/// The user's metadata in `input`.
pub fn metadata(input: &Value) -> Map<String, Value> {
    input.get("Metadata").and_then(Value::as_object).cloned().unwrap_or_default()
}

/// Checks a key's length.
///
/// # Errors
/// `KeyTooLongError`.
pub fn check_key(key: &str) -> Result<(), Fault> {
    if key.len() > LONGEST_KEY {
        return Err(Fault::sender("KeyTooLongError", "Your key is too long"));
    }
    Ok(())
}

/// The versions of a key, newest first; none when it was never written.
pub fn versions(cloud: &Cloud, bucket: &str, key: &str) -> Result<Vec<Version>, Fault> {
    Ok(cloud.store.get(OBJECTS, &row(bucket, key))?.unwrap_or_default())
}

/// Writes the versions of a key; no version is no row.
pub fn save(cloud: &Cloud, bucket: &str, key: &str, versions: &[Version]) -> Result<(), Fault> {
    if versions.is_empty() {
        cloud.store.delete(OBJECTS, &row(bucket, key))?;
    } else {
        cloud.store.put(OBJECTS, &row(bucket, key), &versions)?;
    }
    Ok(())
}

/// The version that a read means.
///
/// # Errors
/// `NoSuchKey`, `NoSuchVersion`, and `MethodNotAllowed` for a delete marker that is asked for by its id.
pub fn find(cloud: &Cloud, bucket: &str, key: &str, id: Option<&str>) -> Result<Version, Fault> {
    let versions = versions(cloud, bucket, key)?;
    let Some(id) = id else {
        return match versions.into_iter().next() {
            Some(version) if !version.marker => Ok(version),
            Some(marker) => {
                let mut fault = fault::no_such_key(key);
                fault.members.insert("DeleteMarker".to_owned(), json!("true"));
                fault.members.insert("VersionId".to_owned(), json!(marker.id));
                Err(fault)
            }
            None => Err(fault::no_such_key(key)),
        };
    };
    match versions.into_iter().find(|version| version.id == id) {
        Some(version) if version.marker => {
            let message = "The specified method is not allowed against this resource.";
            let mut fault = Fault::sender("MethodNotAllowed", message).with_status(405);
            fault.members.insert("DeleteMarker".to_owned(), json!("true"));
            Err(fault)
        }
        Some(version) => Ok(version),
        None => Err(fault::no_such_version(key, id)),
    }
}

/// Puts `version` in front of a key's versions as the bucket's versioning says; the bodies that are now nobody's.
pub fn push(
    cloud: &Cloud,
    bucket: &Bucket,
    key: &str,
    mut version: Version,
) -> Result<(Option<String>, Vec<String>), Fault> {
    let mut versions = versions(cloud, &bucket.name, key)?;
    let mut orphans = Vec::new();
    if bucket.versioning == Some(Versioning::Enabled) {
        version.id = new_version_id();
    } else {
        version.id = NULL_VERSION.to_owned();
        versions.retain_mut(|old| {
            let replaced = old.id == NULL_VERSION;
            if replaced {
                orphans.extend(old.body.take());
            }
            !replaced
        });
    }
    let id = bucket.versioning.map(|_| version.id.clone());
    versions.insert(0, version);
    save(cloud, &bucket.name, key, &versions)?;
    Ok((id, orphans))
}

/// Thirty-two characters, as S3's version ids.
fn new_version_id() -> String {
    Uuid::new_v4().simple().to_string()
}

/// The row of a key.
pub fn row(bucket: &str, key: &str) -> String {
    format!("{bucket}/{key}")
}

/// The ids of all bodies that a row refers to.
pub fn all_bodies(store: &Store) -> Result<HashSet<String>, StoreError> {
    let objects: Vec<(String, Vec<Version>)> = store.scan(OBJECTS, "")?;
    let uploads: Vec<(String, Upload)> = store.scan(UPLOADS, "")?;
    let of_objects = objects.into_iter().flat_map(|(_, versions)| versions).filter_map(|version| version.body);
    let of_parts = uploads.into_iter().flat_map(|(_, upload)| upload.parts.into_values()).map(|part| part.body);
    Ok(of_objects.chain(of_parts).collect())
}
