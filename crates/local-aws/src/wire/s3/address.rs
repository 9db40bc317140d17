//! Which bucket, key and operation a request means.

use http::request::Parts;

use crate::wire::{Fault, uri};

/// The bucket and key of a request, in path style or with the bucket before the host.
#[derive(Debug, PartialEq, Eq)]
pub struct Address {
    pub bucket: Option<String>,
    pub key: Option<String>,
    subresources: Vec<String>,
}

/// A bucket's subresource: the query word, then the operations of GET, PUT and DELETE.
type Subresource = (&'static str, &'static str, &'static str, &'static str);

#[rustfmt::skip]
const BUCKET: &[Subresource] = &[
    ("accelerate", "GetBucketAccelerateConfiguration", "PutBucketAccelerateConfiguration", ""),
    ("acl", "GetBucketAcl", "PutBucketAcl", ""),
    ("analytics", "GetBucketAnalyticsConfiguration", "PutBucketAnalyticsConfiguration", "DeleteBucketAnalyticsConfiguration"),
    ("cors", "GetBucketCors", "PutBucketCors", "DeleteBucketCors"),
    ("encryption", "GetBucketEncryption", "PutBucketEncryption", "DeleteBucketEncryption"),
    ("intelligent-tiering", "GetBucketIntelligentTieringConfiguration", "PutBucketIntelligentTieringConfiguration", "DeleteBucketIntelligentTieringConfiguration"),
    ("inventory", "GetBucketInventoryConfiguration", "PutBucketInventoryConfiguration", "DeleteBucketInventoryConfiguration"),
    ("lifecycle", "GetBucketLifecycleConfiguration", "PutBucketLifecycleConfiguration", "DeleteBucketLifecycle"),
    ("location", "GetBucketLocation", "", ""),
    ("logging", "GetBucketLogging", "PutBucketLogging", ""),
    ("metrics", "GetBucketMetricsConfiguration", "PutBucketMetricsConfiguration", "DeleteBucketMetricsConfiguration"),
    ("notification", "GetBucketNotificationConfiguration", "PutBucketNotificationConfiguration", ""),
    ("object-lock", "GetObjectLockConfiguration", "PutObjectLockConfiguration", ""),
    ("ownershipControls", "GetBucketOwnershipControls", "PutBucketOwnershipControls", "DeleteBucketOwnershipControls"),
    ("policy", "GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy"),
    ("policyStatus", "GetBucketPolicyStatus", "", ""),
    ("publicAccessBlock", "GetPublicAccessBlock", "PutPublicAccessBlock", "DeletePublicAccessBlock"),
    ("replication", "GetBucketReplication", "PutBucketReplication", "DeleteBucketReplication"),
    ("requestPayment", "GetBucketRequestPayment", "PutBucketRequestPayment", ""),
    ("tagging", "GetBucketTagging", "PutBucketTagging", "DeleteBucketTagging"),
    ("uploads", "ListMultipartUploads", "", ""),
    ("versioning", "GetBucketVersioning", "PutBucketVersioning", ""),
    ("versions", "ListObjectVersions", "", ""),
    ("website", "GetBucketWebsite", "PutBucketWebsite", "DeleteBucketWebsite"),
];

#[rustfmt::skip]
const OBJECT: &[Subresource] = &[
    ("acl", "GetObjectAcl", "PutObjectAcl", ""),
    ("attributes", "GetObjectAttributes", "", ""),
    ("legal-hold", "GetObjectLegalHold", "PutObjectLegalHold", ""),
    ("retention", "GetObjectRetention", "PutObjectRetention", ""),
    ("tagging", "GetObjectTagging", "PutObjectTagging", "DeleteObjectTagging"),
    ("torrent", "GetObjectTorrent", "", ""),
    ("renameObject", "", "RenameObject", ""),
];

impl Address {
    /// The address of a request.
    ///
    /// # Errors
    /// `InvalidURI` for a path that is not UTF-8 once decoded.
    pub fn read(parts: &Parts) -> Result<Address, Fault> {
        let subresources = uri::query_pairs_raw(parts.uri.query().unwrap_or_default())
            .map(|(name, _)| uri::decode_text(name))
            .collect();
        let raw = parts.uri.path().strip_prefix('/').unwrap_or(parts.uri.path());
        let path = String::from_utf8(uri::decode(raw).into_owned())
            .map_err(|_| Fault::sender("InvalidURI", "Couldn't parse the specified URI."))?;
        if let Some(bucket) = bucket_of_host(parts) {
            let key = Some(path).filter(|key| !key.is_empty());
            return Ok(Address { bucket: Some(bucket), key, subresources });
        }
        let (bucket, key) = path.split_once('/').map_or((path.as_str(), ""), |(bucket, key)| (bucket, key));
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Ok(Address { bucket: given(bucket), key: given(key), subresources })
    }

    fn has(&self, name: &str) -> bool {
        self.subresources.iter().any(|given| given == name)
    }

    /// The operation of a request to this address, as AWS's model names it.
    pub fn operation(&self, parts: &Parts) -> &'static str {
        let copy = parts.headers.contains_key("x-amz-copy-source");
        match (parts.method.as_str(), &self.bucket, &self.key) {
            ("GET", None, _) => "ListBuckets",
            (_, None, _) => "the root address with this method",
            (method, Some(_), None) => self.of_bucket(method),
            (method, Some(_), Some(_)) => self.of_object(method, copy),
        }
    }

    fn of_bucket(&self, method: &str) -> &'static str {
        if let Some(operation) = self.of_subresource(BUCKET, method) {
            return operation;
        }
        match method {
            "GET" if self.subresources.iter().any(|name| name == "list-type") => "ListObjectsV2",
            "GET" => "ListObjects",
            "HEAD" => "HeadBucket",
            "PUT" => "CreateBucket",
            "DELETE" => "DeleteBucket",
            "POST" if self.has("delete") => "DeleteObjects",
            _ => "PostObject",
        }
    }

    fn of_object(&self, method: &str, copy: bool) -> &'static str {
        if let Some(operation) = self.of_subresource(OBJECT, method) {
            return operation;
        }
        match method {
            "PUT" if self.has("uploadId") && copy => "UploadPartCopy",
            "PUT" if self.has("uploadId") => "UploadPart",
            "PUT" if copy => "CopyObject",
            "PUT" => "PutObject",
            "POST" if self.has("uploads") => "CreateMultipartUpload",
            "POST" if self.has("uploadId") => "CompleteMultipartUpload",
            "POST" if self.has("restore") => "RestoreObject",
            "POST" => "SelectObjectContent",
            "GET" if self.has("uploadId") => "ListParts",
            "GET" => "GetObject",
            "HEAD" => "HeadObject",
            "DELETE" if self.has("uploadId") => "AbortMultipartUpload",
            _ => "DeleteObject",
        }
    }

    fn of_subresource(&self, table: &[Subresource], method: &str) -> Option<&'static str> {
        let (_, get, put, delete) = table.iter().find(|(name, ..)| self.has(name))?;
        let operation = match method {
            "GET" => get,
            "PUT" => put,
            "DELETE" => delete,
            _ => return None,
        };
        Some(if operation.is_empty() { "this subresource with this method" } else { operation })
    }
}

/// The bucket that stands before the host: `bucket.s3.amazonaws.com`, `bucket.localhost:4566`, `bucket.127.0.0.1`.
fn bucket_of_host(parts: &Parts) -> Option<String> {
    let host = parts.headers.get(http::header::HOST)?.to_str().ok()?;
    let host = host
        .rsplit_once(':')
        .map_or(host, |(name, port)| if port.bytes().all(|digit| digit.is_ascii_digit()) { name } else { host });
    let before = |marker: &str| host.find(marker).map(|at| host[..at].to_owned());
    let bucket = host
        .strip_suffix(".127.0.0.1")
        .map(str::to_owned)
        .or_else(|| before(".s3.").or_else(|| before(".s3-")))
        .or_else(|| host.strip_suffix(".localhost").filter(|name| *name != "s3").map(str::to_owned));
    bucket.filter(|bucket| !bucket.is_empty())
}
