//! An object is written.

use std::sync::Arc;

use bytes::Bytes;
use md5::{Digest, Md5};
use serde_json::{Map, Value, json};

use super::bucket::Bucket;
use super::notification::{self, Happened};
use super::object::{self, Version};
use super::{conditions, tagging};
use crate::Cloud;
use crate::services::input;
use crate::wire::{Call, Fault, Output, sigv4};

/// Members of the additional checksums; the wire has checked them already.
const CHECKSUMS: &[&str] = &["ChecksumCRC32", "ChecksumCRC32C", "ChecksumCRC64NVME", "ChecksumSHA1", "ChecksumSHA256"];

/// Writes an object.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html>.
pub async fn put_object(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let key = input::required_text(&call, "Key")?.to_owned();
    object::check_key(&key)?;
    refuse_unsupported(&call)?;
    let bucket = Bucket::of(&cloud, &call)?;
    let tags = input::text(&call, "Tagging").map(tagging::from_header).transpose()?.unwrap_or_default();
    let body = cloud.s3.bodies.write(&call.payload).await?;
    let version = Version {
        id: String::new(),
        marker: false,
        modified_ms: cloud.clock.now_ms(),
        size: call.payload.len() as u64,
        etag: etag(&call.payload),
        body: Some(body.clone()),
        kept: object::kept(&call.input, &bucket),
        metadata: object::metadata(&call.input),
        tags,
        checksum: checksum(&call.input),
        parts: Vec::new(),
    };
    match write(&cloud, &call, &key, version).await {
        Ok(output) => Ok(output),
        Err(fault) => {
            cloud.s3.bodies.remove(vec![body]);
            Err(fault)
        }
    }
}

/// Puts `version` in front of the key's versions, if the call's conditions hold.
pub async fn write(cloud: &Arc<Cloud>, call: &Call, key: &str, version: Version) -> Result<Output, Fault> {
    let _changing = cloud.s3.change().await;
    let bucket = Bucket::of(cloud, call)?;
    let current = object::versions(cloud, &bucket.name, key)?;
    conditions::check_write(call, key, current.first())?;
    let mut members = Map::new();
    members.insert("ETag".to_owned(), json!(version.etag));
    members.insert("ServerSideEncryption".to_owned(), version.kept["ServerSideEncryption"].clone());
    if let Some((name, value)) = &version.checksum {
        members.insert(name.clone(), json!(value));
    }
    let written = Some((version.size, version.etag.clone()));
    let (id, orphans) = object::push(cloud, &bucket, key, version)?;
    cloud.s3.bodies.remove(orphans);
    if let Some(id) = &id {
        members.insert("VersionId".to_owned(), json!(id));
    }
    let what = match call.operation.as_str() {
        "CopyObject" => "ObjectCreated:Copy",
        "CompleteMultipartUpload" => "ObjectCreated:CompleteMultipartUpload",
        _ => "ObjectCreated:Put",
    };
    notification::tell(cloud, &bucket, Happened { what, key: key.to_owned(), version: id, written });
    Ok(Output::json(Value::Object(members)))
}

/// The MD5 of a body in quotes.
pub fn etag(body: &Bytes) -> String {
    format!("\"{}\"", sigv4::hex(&Md5::digest(body)))
}

/// The additional checksum in an input.
pub fn checksum(input: &Value) -> Option<(String, String)> {
    CHECKSUMS.iter().find_map(|name| Some(((*name).to_owned(), input.get(*name)?.as_str()?.to_owned())))
}

/// What would silently not happen is refused.
pub fn refuse_unsupported(call: &Call) -> Result<(), Fault> {
    for member in ["SSECustomerAlgorithm", "ObjectLockMode", "ObjectLockLegalHoldStatus"] {
        if call.input.get(member).is_some() {
            let message = format!("the local AWS does not support {member}; see docs/local-aws.md");
            return Err(Fault::sender("NotImplemented", message).with_status(501));
        }
    }
    match input::text(call, "ACL") {
        None | Some("private" | "bucket-owner-full-control") => Ok(()),
        Some(_) => Err(Fault::sender("AccessControlListNotSupported", "The bucket does not allow ACLs")),
    }
}
