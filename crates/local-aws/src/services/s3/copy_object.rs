//! An object is copied.

use std::sync::Arc;

use serde_json::{Value, json};

use super::bucket::Bucket;
use super::get_object::copy_source;
use super::object::{self, Version};
use super::put_object::{self, refuse_unsupported};
use super::{conditions, fault, tagging};
use crate::Cloud;
use crate::services::input;
use crate::wire::{Call, Fault, Output};

/// Copies an object, with its metadata unless the call replaces it.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html>.
pub async fn copy_object(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let key = input::required_text(&call, "Key")?.to_owned();
    object::check_key(&key)?;
    refuse_unsupported(&call)?;
    let target = Bucket::of(&cloud, &call)?;
    let (source, source_id) = source(&cloud, &call)?;
    let replace = |name: &str| input::text(&call, name) == Some("REPLACE");
    let (from_bucket, from_key, from_version) = copy_source(&call)?;
    let itself = from_bucket == target.name && from_key == key && from_version.is_none();
    if itself
        && !replace("MetadataDirective")
        && !replace("TaggingDirective")
        && call.input.get("StorageClass").is_none()
    {
        let message = "This copy request is illegal because it is trying to copy an object to itself without changing \
                       the object's metadata, storage class, website redirect location or encryption attributes.";
        return Err(Fault::sender("InvalidRequest", message));
    }
    let bytes = match &source.body {
        Some(body) => cloud.s3.bodies.read(body, 0, source.size).await?,
        None => bytes::Bytes::new(),
    };
    let body = cloud.s3.bodies.write(&bytes).await?;
    let mut version = Version {
        body: Some(body.clone()),
        modified_ms: cloud.clock.now_ms(),
        etag: put_object::etag(&bytes),
        parts: Vec::new(),
        ..source
    };
    if replace("MetadataDirective") {
        version.kept = object::kept(&call.input, &target);
        version.metadata = object::metadata(&call.input);
    }
    if replace("TaggingDirective") {
        version.tags = input::text(&call, "Tagging").map(tagging::from_header).transpose()?.unwrap_or_default();
    }
    let result = json!({ "ETag": version.etag, "LastModified": version.modified_s() });
    match put_object::write(&cloud, &call, &key, version).await {
        Ok(mut output) => {
            output.body["CopyObjectResult"] = result;
            if let Some(id) = source_id {
                output.body["CopySourceVersionId"] = Value::String(id);
            }
            Ok(output)
        }
        Err(fault) => {
            cloud.s3.bodies.remove(vec![body]);
            Err(fault)
        }
    }
}

/// The version to copy, when the source's conditions hold, and its id in a versioned bucket.
pub fn source(cloud: &Cloud, call: &Call) -> Result<(Version, Option<String>), Fault> {
    let (bucket, key, version) = copy_source(call)?;
    let bucket = Bucket::load(cloud, &bucket)?;
    let source = object::find(cloud, &bucket.name, &key, version.as_deref())?;
    if input::text(call, "CopySourceIfMatch").is_some_and(|tags| !conditions::matches_any(tags, &source.etag)) {
        return Err(fault::precondition_failed("x-amz-copy-source-If-Match"));
    }
    if input::text(call, "CopySourceIfNoneMatch").is_some_and(|tags| conditions::matches_any(tags, &source.etag)) {
        return Err(fault::precondition_failed("x-amz-copy-source-If-None-Match"));
    }
    let seconds = |name: &str| call.input.get(name).and_then(Value::as_f64);
    let modified = source.modified_s() as f64;
    if seconds("CopySourceIfUnmodifiedSince").is_some_and(|since| modified > since) {
        return Err(fault::precondition_failed("x-amz-copy-source-If-Unmodified-Since"));
    }
    if seconds("CopySourceIfModifiedSince").is_some_and(|since| modified <= since) {
        return Err(fault::precondition_failed("x-amz-copy-source-If-Modified-Since"));
    }
    let id = bucket.versioning.map(|_| source.id.clone());
    Ok((source, id))
}
