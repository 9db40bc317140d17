//! Objects in parts.
//!
//! Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html>.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::bucket::{Bucket, owner};
use super::copy_object::source;
use super::object::{self, Version};
use super::put_object::{self, refuse_unsupported};
use super::range::Range;
use super::{UPLOADS, conditions, fault, tagging};
use crate::Cloud;
use crate::services::input;
use crate::wire::{Call, Fault, Output, sigv4};

/// The smallest part but the last, in bytes.
const SMALLEST_PART: u64 = 5 * 1024 * 1024;

/// The highest number of a part.
const MOST_PARTS: i64 = 10_000;

/// An upload that is neither completed nor aborted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Upload {
    pub id: String,
    pub key: String,
    /// Milliseconds since 1970.
    pub initiated_ms: i64,
    kept: Map<String, Value>,
    metadata: Map<String, Value>,
    tags: Vec<Value>,
    pub parts: BTreeMap<i64, Part>,
}

/// One part.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Part {
    pub body: String,
    size: u64,
    /// With quotes.
    etag: String,
    modified_ms: i64,
    checksum: Option<(String, String)>,
}

impl Upload {
    /// The ids of all bodies of its parts.
    pub fn bodies(&self) -> Vec<String> {
        self.parts.values().map(|part| part.body.clone()).collect()
    }

    fn load(cloud: &Cloud, call: &Call, bucket: &Bucket) -> Result<Upload, Fault> {
        let id = input::required_text(call, "UploadId")?;
        let key = input::required_text(call, "Key")?;
        let upload: Option<Upload> = cloud.store.get(UPLOADS, &object::row(&bucket.name, id))?;
        upload.filter(|upload| upload.key == key).ok_or_else(|| fault::no_such_upload(id))
    }

    fn save(&self, cloud: &Cloud, bucket: &Bucket) -> Result<(), Fault> {
        Ok(cloud.store.put(UPLOADS, &object::row(&bucket.name, &self.id), self)?)
    }
}

/// Begins an upload.
pub async fn create(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let key = input::required_text(&call, "Key")?;
    object::check_key(key)?;
    refuse_unsupported(&call)?;
    let bucket = Bucket::of(&cloud, &call)?;
    let upload = Upload {
        id: Uuid::new_v4().simple().to_string(),
        key: key.to_owned(),
        initiated_ms: cloud.clock.now_ms(),
        kept: object::kept(&call.input, &bucket),
        metadata: object::metadata(&call.input),
        tags: input::text(&call, "Tagging").map(tagging::from_header).transpose()?.unwrap_or_default(),
        parts: BTreeMap::new(),
    };
    upload.save(&cloud, &bucket)?;
    Ok(Output::json(json!({
        "Bucket": bucket.name,
        "Key": key,
        "UploadId": upload.id,
        "ServerSideEncryption": upload.kept["ServerSideEncryption"],
    })))
}

/// Stores a part.
pub async fn upload_part(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let payload = call.payload.clone();
    let part = store_part(&cloud, &call, &payload).await?;
    let mut members = Map::new();
    members.insert("ETag".to_owned(), json!(part.etag));
    if let Some((name, value)) = part.checksum {
        members.insert(name, json!(value));
    }
    Ok(Output::json(Value::Object(members)))
}

/// Stores a part from bytes of another object.
pub async fn upload_part_copy(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let (source, _) = source(&cloud, &call)?;
    let range = match input::text(&call, "CopySourceRange") {
        Some(text) => Range::parse(text, source.size)?.ok_or_else(|| {
            fault::invalid_argument("The x-amz-copy-source-range value must be of the form bytes=first-last")
        })?,
        None => Range { start: 0, length: source.size },
    };
    let bytes = match &source.body {
        Some(body) => cloud.s3.bodies.read(body, range.start, range.length).await?,
        None => Bytes::new(),
    };
    let part = store_part(&cloud, &call, &bytes).await?;
    let result = json!({ "ETag": part.etag, "LastModified": part.modified_ms.div_euclid(1000) });
    Ok(Output::json(json!({ "CopyPartResult": result })))
}

async fn store_part(cloud: &Cloud, call: &Call, bytes: &Bytes) -> Result<Part, Fault> {
    let number = input::integer(call, "PartNumber").filter(|number| (1..=MOST_PARTS).contains(number));
    let number = number
        .ok_or_else(|| fault::invalid_argument("Part number must be an integer between 1 and 10000, inclusive"))?;
    let bucket = Bucket::of(cloud, call)?;
    Upload::load(cloud, call, &bucket)?;
    let part = Part {
        body: cloud.s3.bodies.write(bytes).await?,
        size: bytes.len() as u64,
        etag: put_object::etag(bytes),
        modified_ms: cloud.clock.now_ms(),
        checksum: put_object::checksum(&call.input),
    };
    let _changing = cloud.s3.change().await;
    let mut upload = match Upload::load(cloud, call, &bucket) {
        Ok(upload) => upload,
        Err(fault) => {
            cloud.s3.bodies.remove(vec![part.body]);
            return Err(fault);
        }
    };
    let replaced = upload.parts.insert(number, part.clone());
    upload.save(cloud, &bucket)?;
    cloud.s3.bodies.remove(replaced.into_iter().map(|part| part.body).collect());
    Ok(part)
}

/// Makes the object of the parts.
pub async fn complete(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let bucket = Bucket::of(&cloud, &call)?;
    let upload = Upload::load(&cloud, &call, &bucket)?;
    let parts = chosen(&call, &upload)?;
    let bodies: Vec<String> = parts.iter().map(|part| part.body.clone()).collect();
    let body = cloud.s3.bodies.join(&bodies).await?;
    let version = Version {
        id: String::new(),
        marker: false,
        modified_ms: cloud.clock.now_ms(),
        size: parts.iter().map(|part| part.size).sum(),
        etag: etag_of(&parts),
        body: Some(body.clone()),
        kept: upload.kept.clone(),
        metadata: upload.metadata.clone(),
        tags: upload.tags.clone(),
        checksum: None,
        parts: parts.iter().map(|part| part.size).collect(),
    };
    let mut output = match put_object::write(&cloud, &call, &upload.key, version).await {
        Ok(output) => output,
        Err(fault) => {
            cloud.s3.bodies.remove(vec![body]);
            return Err(fault);
        }
    };
    cloud.store.delete(UPLOADS, &object::row(&bucket.name, &upload.id))?;
    cloud.s3.bodies.remove(upload.bodies());
    output.body["Location"] = json!(format!("{}/{}/{}", cloud.config.endpoint, bucket.name, upload.key));
    output.body["Bucket"] = json!(bucket.name);
    output.body["Key"] = json!(upload.key);
    Ok(output)
}

/// The parts that a completion lists, in order.
fn chosen(call: &Call, upload: &Upload) -> Result<Vec<Part>, Fault> {
    let listed = call.input["MultipartUpload"]["Parts"].as_array().filter(|parts| !parts.is_empty());
    let listed = listed.ok_or_else(|| Fault::sender("InvalidRequest", "You must specify at least one part"))?;
    let mut parts = Vec::with_capacity(listed.len());
    let mut previous = 0;
    for (index, wanted) in listed.iter().enumerate() {
        let number = wanted["PartNumber"].as_i64().unwrap_or_default();
        if number <= previous {
            let message = "The list of parts was not in ascending order. Parts must be ordered by part number.";
            return Err(Fault::sender("InvalidPartOrder", message));
        }
        previous = number;
        let etag = wanted["ETag"].as_str().unwrap_or_default();
        let part = upload.parts.get(&number).filter(|part| conditions::matches_any(etag, &part.etag)).ok_or_else(|| {
            let message = "One or more of the specified parts could not be found. The part may not have been uploaded, \
                           or the specified entity tag may not match the part's entity tag.";
            Fault::sender("InvalidPart", message)
        })?;
        if part.size < SMALLEST_PART && index + 1 < listed.len() {
            let message = "Your proposed upload is smaller than the minimum allowed size";
            return Err(Fault::sender("EntityTooSmall", message));
        }
        parts.push(part.clone());
    }
    Ok(parts)
}

/// The MD5 of the parts' MD5s, and how many they are.
fn etag_of(parts: &[Part]) -> String {
    let mut digest = Md5::new();
    for part in parts {
        digest.update(unhex(part.etag.trim_matches('"')));
    }
    format!("\"{}-{}\"", sigv4::hex(&digest.finalize()), parts.len())
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).filter_map(|at| u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok()).collect()
}

/// Gives an upload up.
pub async fn abort(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let _changing = cloud.s3.change().await;
    let bucket = Bucket::of(&cloud, &call)?;
    let upload = Upload::load(&cloud, &call, &bucket)?;
    cloud.store.delete(UPLOADS, &object::row(&bucket.name, &upload.id))?;
    cloud.s3.bodies.remove(upload.bodies());
    Ok(Output::empty().with_status(204))
}

/// The parts of an upload so far.
pub async fn list_parts(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let bucket = Bucket::of(&cloud, &call)?;
    let upload = Upload::load(&cloud, &call, &bucket)?;
    let after = input::integer(&call, "PartNumberMarker").unwrap_or(0);
    let limit = usize::try_from(input::integer(&call, "MaxParts").unwrap_or(1_000).clamp(0, 1_000)).unwrap_or_default();
    let mut rest = upload.parts.range(after + 1..);
    let parts: Vec<(&i64, &Part)> = rest.by_ref().take(limit).collect();
    let more = rest.next().is_some();
    let entries: Vec<Value> = parts
        .iter()
        .map(|(number, part)| {
            let mut entry = json!({
                "PartNumber": number,
                "LastModified": part.modified_ms.div_euclid(1000),
                "ETag": part.etag,
                "Size": part.size,
            });
            if let Some((name, value)) = &part.checksum {
                entry[name] = json!(value);
            }
            entry
        })
        .collect();
    Ok(Output::json(json!({
        "Bucket": bucket.name,
        "Key": upload.key,
        "UploadId": upload.id,
        "PartNumberMarker": after,
        "NextPartNumberMarker": parts.last().filter(|_| more).map(|(number, _)| **number),
        "MaxParts": limit,
        "IsTruncated": more,
        "Parts": entries,
        "Initiator": owner(&cloud),
        "Owner": owner(&cloud),
        "StorageClass": "STANDARD",
    })))
}

/// The uploads of a bucket that are under way, by key.
pub async fn list_uploads(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let bucket = Bucket::of(&cloud, &call)?;
    let prefix = input::text(&call, "Prefix").unwrap_or_default();
    let after =
        (input::text(&call, "KeyMarker").unwrap_or_default(), input::text(&call, "UploadIdMarker").unwrap_or_default());
    let limit =
        usize::try_from(input::integer(&call, "MaxUploads").unwrap_or(1_000).clamp(0, 1_000)).unwrap_or_default();
    let uploads: Vec<(String, Upload)> = cloud.store.scan(UPLOADS, &object::row(&bucket.name, ""))?;
    let mut uploads: Vec<Upload> = uploads.into_iter().map(|(_, upload)| upload).collect();
    uploads.retain(|upload| upload.key.starts_with(prefix) && (upload.key.as_str(), upload.id.as_str()) > after);
    uploads.sort_by(|one, other| (&one.key, &one.id).cmp(&(&other.key, &other.id)));
    let more = uploads.len() > limit;
    uploads.truncate(limit);
    let last = uploads.last().filter(|_| more);
    let entries: Vec<Value> = uploads
        .iter()
        .map(|upload| {
            json!({
                "Key": upload.key,
                "UploadId": upload.id,
                "Initiated": upload.initiated_ms.div_euclid(1000),
                "StorageClass": "STANDARD",
                "Owner": owner(&cloud),
                "Initiator": owner(&cloud),
            })
        })
        .collect();
    Ok(Output::json(json!({
        "Bucket": bucket.name,
        "KeyMarker": after.0,
        "UploadIdMarker": after.1,
        "NextKeyMarker": last.map(|upload| &upload.key),
        "NextUploadIdMarker": last.map(|upload| &upload.id),
        "MaxUploads": limit,
        "IsTruncated": more,
        "Prefix": prefix,
        "Uploads": entries,
    })))
}
