//! An object is read.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::bucket::Bucket;
use super::object::{self, Version};
use super::range::Range;
use super::{conditions, fault};
use crate::Cloud;
use crate::services::input;
use crate::wire::{Call, Fault, Output};

/// Query members that replace a header of the answer.
const OVERRIDES: &[(&str, &str)] = &[
    ("ResponseCacheControl", "CacheControl"),
    ("ResponseContentDisposition", "ContentDisposition"),
    ("ResponseContentEncoding", "ContentEncoding"),
    ("ResponseContentLanguage", "ContentLanguage"),
    ("ResponseContentType", "ContentType"),
    ("ResponseExpires", "Expires"),
];

/// What a read answers beside the body.
struct Found {
    version: Version,
    members: Map<String, Value>,
    range: Option<Range>,
}

/// An object's body and members.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>.
pub async fn get_object(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let found = find(&cloud, &call)?;
    let (start, length) = found.range.map_or((0, found.version.size), |range| (range.start, range.length));
    let payload = match &found.version.body {
        Some(body) => cloud.s3.bodies.read(body, start, length).await?,
        None => bytes::Bytes::new(),
    };
    let mut output = Output::json(Value::Object(found.members));
    output.status = if found.range.is_some() { 206 } else { 200 };
    output.payload = Some(payload);
    Ok(output)
}

/// An object's members alone.
pub async fn head_object(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let found = find(&cloud, &call)?;
    let status = if found.range.is_some() { 206 } else { 200 };
    Ok(Output::json(Value::Object(found.members)).with_status(status))
}

fn find(cloud: &Cloud, call: &Call) -> Result<Found, Fault> {
    let bucket = Bucket::of(cloud, call)?;
    let key = input::required_text(call, "Key")?;
    let version = object::find(cloud, &bucket.name, key, input::text(call, "VersionId"))?;
    conditions::check_read(call, &version)?;
    let range = range(call, &version)?;
    let mut members = version.members();
    for (from, to) in OVERRIDES {
        if let Some(value) = call.input.get(*from) {
            members.insert((*to).to_owned(), value.clone());
        }
    }
    if let Some(range) = range {
        members.insert("ContentLength".to_owned(), json!(range.length));
        members.insert("ContentRange".to_owned(), json!(range.content_range(version.size)));
    } else if let (Some("ENABLED"), Some((name, value))) = (input::text(call, "ChecksumMode"), &version.checksum) {
        members.insert(name.clone(), json!(value));
        members.insert("ChecksumType".to_owned(), json!("FULL_OBJECT"));
    }
    if call.input.get("PartNumber").is_some() && !version.parts.is_empty() {
        members.insert("PartsCount".to_owned(), json!(version.parts.len()));
    }
    Ok(Found { version, members, range })
}

fn range(call: &Call, version: &Version) -> Result<Option<Range>, Fault> {
    let Some(number) = input::integer(call, "PartNumber") else {
        return input::text(call, "Range").map_or(Ok(None), |text| Range::parse(text, version.size));
    };
    let sizes = if version.parts.is_empty() { std::slice::from_ref(&version.size) } else { version.parts.as_slice() };
    let index = usize::try_from(number - 1).ok().filter(|index| *index < sizes.len());
    let Some(index) = index else {
        let message = "The requested partnumber is not satisfiable";
        return Err(Fault::sender("InvalidPartNumber", message).with_status(416));
    };
    if sizes[index] == 0 {
        return Ok(None);
    }
    Ok(Some(Range { start: sizes[..index].iter().sum(), length: sizes[index] }))
}

/// The source that `x-amz-copy-source` names: bucket, key, version.
///
/// # Errors
/// `InvalidArgument` for what is no `bucket/key`.
pub fn copy_source(call: &Call) -> Result<(String, String, Option<String>), Fault> {
    let text = input::required_text(call, "CopySource")?;
    let (path, version) = match text.split_once("?versionId=") {
        Some((path, version)) => (path, Some(version.to_owned())),
        None => (text, None),
    };
    let path = crate::wire::uri::decode_text(path);
    let path = path.strip_prefix('/').unwrap_or(&path);
    match path.split_once('/') {
        Some((bucket, key)) if !bucket.is_empty() && !key.is_empty() => {
            Ok((bucket.to_owned(), key.to_owned(), version))
        }
        _ => Err(fault::invalid_argument("Copy Source must mention the source bucket and key: sourcebucket/sourcekey")),
    }
}
