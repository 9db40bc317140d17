//! Members that travel in S3's headers and query.

use http::request::Parts;
use serde_json::{Map, Value, json};

use crate::wire::{Fault, timestamp, uri};

const METADATA_PREFIX: &str = "x-amz-meta-";

/// Request and response headers and the member that each is.
#[rustfmt::skip]
const HEADERS: &[(&str, &str)] = &[
    ("accept-ranges", "AcceptRanges"),
    ("cache-control", "CacheControl"),
    ("content-disposition", "ContentDisposition"),
    ("content-encoding", "ContentEncoding"),
    ("content-language", "ContentLanguage"),
    ("content-range", "ContentRange"),
    ("content-type", "ContentType"),
    ("etag", "ETag"),
    ("expires", "Expires"),
    ("if-match", "IfMatch"),
    ("if-none-match", "IfNoneMatch"),
    ("range", "Range"),
    ("x-amz-abort-date", "AbortDate"),
    ("x-amz-abort-rule-id", "AbortRuleId"),
    ("x-amz-acl", "ACL"),
    ("x-amz-bucket-object-lock-enabled", "ObjectLockEnabledForBucket"),
    ("x-amz-bucket-region", "BucketRegion"),
    ("x-amz-checksum-algorithm", "ChecksumAlgorithm"),
    ("x-amz-checksum-crc32", "ChecksumCRC32"),
    ("x-amz-checksum-crc32c", "ChecksumCRC32C"),
    ("x-amz-checksum-crc64nvme", "ChecksumCRC64NVME"),
    ("x-amz-checksum-mode", "ChecksumMode"),
    ("x-amz-checksum-sha1", "ChecksumSHA1"),
    ("x-amz-checksum-sha256", "ChecksumSHA256"),
    ("x-amz-checksum-type", "ChecksumType"),
    ("x-amz-copy-source", "CopySource"),
    ("x-amz-copy-source-if-match", "CopySourceIfMatch"),
    ("x-amz-copy-source-if-none-match", "CopySourceIfNoneMatch"),
    ("x-amz-copy-source-range", "CopySourceRange"),
    ("x-amz-copy-source-version-id", "CopySourceVersionId"),
    ("x-amz-delete-marker", "DeleteMarker"),
    ("x-amz-expected-bucket-owner", "ExpectedBucketOwner"),
    ("x-amz-metadata-directive", "MetadataDirective"),
    ("x-amz-mp-parts-count", "PartsCount"),
    ("x-amz-object-attributes", "ObjectAttributes"),
    ("x-amz-object-lock-legal-hold", "ObjectLockLegalHoldStatus"),
    ("x-amz-object-lock-mode", "ObjectLockMode"),
    ("x-amz-object-ownership", "ObjectOwnership"),
    ("x-amz-server-side-encryption", "ServerSideEncryption"),
    ("x-amz-server-side-encryption-aws-kms-key-id", "SSEKMSKeyId"),
    ("x-amz-server-side-encryption-bucket-key-enabled", "BucketKeyEnabled"),
    ("x-amz-server-side-encryption-customer-algorithm", "SSECustomerAlgorithm"),
    ("x-amz-storage-class", "StorageClass"),
    ("x-amz-tagging", "Tagging"),
    ("x-amz-tagging-count", "TagCount"),
    ("x-amz-tagging-directive", "TaggingDirective"),
    ("x-amz-version-id", "VersionId"),
    ("x-amz-website-redirect-location", "WebsiteRedirectLocation"),
];

/// Headers whose text is an instant; the member is seconds since 1970.
const TIMES: &[(&str, &str)] = &[
    ("if-modified-since", "IfModifiedSince"),
    ("if-unmodified-since", "IfUnmodifiedSince"),
    ("last-modified", "LastModified"),
    ("x-amz-copy-source-if-modified-since", "CopySourceIfModifiedSince"),
    ("x-amz-copy-source-if-unmodified-since", "CopySourceIfUnmodifiedSince"),
];

#[rustfmt::skip]
const QUERY: &[(&str, &str)] = &[
    ("bucket-region", "BucketRegion"),
    ("continuation-token", "ContinuationToken"),
    ("delimiter", "Delimiter"),
    ("encoding-type", "EncodingType"),
    ("fetch-owner", "FetchOwner"),
    ("id", "Id"),
    ("key-marker", "KeyMarker"),
    ("marker", "Marker"),
    ("prefix", "Prefix"),
    ("response-cache-control", "ResponseCacheControl"),
    ("response-content-disposition", "ResponseContentDisposition"),
    ("response-content-encoding", "ResponseContentEncoding"),
    ("response-content-language", "ResponseContentLanguage"),
    ("response-content-type", "ResponseContentType"),
    ("response-expires", "ResponseExpires"),
    ("start-after", "StartAfter"),
    ("upload-id-marker", "UploadIdMarker"),
    ("uploadId", "UploadId"),
    ("version-id-marker", "VersionIdMarker"),
    ("versionId", "VersionId"),
];

const INTEGERS: &[(&str, &str)] = &[
    ("max-buckets", "MaxBuckets"),
    ("max-keys", "MaxKeys"),
    ("max-parts", "MaxParts"),
    ("max-uploads", "MaxUploads"),
    ("part-number-marker", "PartNumberMarker"),
    ("partNumber", "PartNumber"),
];

/// The members in a request's headers and query.
///
/// # Errors
/// `InvalidArgument` for a number or an instant that is none.
pub fn of_request(parts: &Parts) -> Result<Map<String, Value>, Fault> {
    let mut members = Map::new();
    let mut metadata = Map::new();
    for (name, value) in &parts.headers {
        let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
        if let Some(key) = name.as_str().strip_prefix(METADATA_PREFIX) {
            metadata.insert(key.to_owned(), Value::String(text));
        } else if let Some((_, member)) = TIMES.iter().find(|(header, _)| header == name) {
            if let Some(seconds) = timestamp::parse(&text) {
                members.insert((*member).to_owned(), json!(seconds));
            }
        } else if let Some((_, member)) = HEADERS.iter().find(|(header, _)| header == name) {
            let text = if *member == "ContentEncoding" { without_chunking(&text) } else { text };
            if !text.is_empty() {
                members.insert((*member).to_owned(), Value::String(text));
            }
        }
    }
    if !metadata.is_empty() {
        members.insert("Metadata".to_owned(), Value::Object(metadata));
    }
    for (name, value) in uri::query_pairs(parts.uri.query().unwrap_or_default()) {
        if let Some((_, member)) = QUERY.iter().find(|(word, _)| *word == name) {
            members.insert((*member).to_owned(), json!(value));
        } else if let Some((_, member)) = INTEGERS.iter().find(|(word, _)| *word == name) {
            let number: i64 = value.parse().map_err(|_| {
                Fault::sender("InvalidArgument", format!("Provided {name} not an integer or within integer range"))
            })?;
            members.insert((*member).to_owned(), json!(number));
        }
    }
    Ok(members)
}

/// `aws-chunked` is how the body travelled, not how the object is encoded.
fn without_chunking(encodings: &str) -> String {
    let kept = encodings.split(',').map(str::trim).filter(|encoding| !encoding.eq_ignore_ascii_case("aws-chunked"));
    kept.collect::<Vec<_>>().join(",")
}

/// The header that a member travels in.
pub fn header_of(member: &str) -> Option<&'static str> {
    HEADERS.iter().chain(TIMES).find(|(_, name)| *name == member).map(|(header, _)| *header)
}

/// The headers of an output; where the body is a document, only members that stand in no document.
pub fn to_headers(body: &Value, document: bool) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    for (name, value) in body.as_object().into_iter().flatten() {
        if document && !matches!(name.as_str(), "VersionId" | "CopySourceVersionId" | "ServerSideEncryption") {
            continue;
        }
        match name.as_str() {
            "Metadata" => {
                for (key, text) in value.as_object().into_iter().flatten() {
                    headers.push((format!("{METADATA_PREFIX}{key}"), plain(text)));
                }
            }
            "ContentLength" => headers.push(("content-length".to_owned(), plain(value))),
            "LastModified" => {
                headers.extend(timestamp::http_date(value).map(|text| ("last-modified".to_owned(), text)))
            }
            name => headers.extend(header_of(name).map(|header| (header.to_owned(), plain(value)))),
        }
    }
    headers
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
