//! S3, as applying sees it.

use std::path::Path;

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jiff::Timestamp;

use super::Clients;
use super::clients::{LONG_TIMEOUT, timeouts};
use super::error::{AwsError, Kind, from_sdk};
use super::stacks::timestamp;
use crate::apply::{ObjectPage, ObjectVersion, Objects, Unless};
use crate::plan::{StoredText, Texts};

impl Clients {
    /// The bytes of an object and its tag; none if the object or the bucket does not exist. The SDK's own attempts end with the
    /// head of an answer, so an answer that is cut in its body is asked for again here.
    ///
    /// # Errors
    /// See [`AwsError`].
    pub(super) async fn object(&self, bucket: &str, key: &str) -> Result<Option<(Vec<u8>, Option<String>)>, AwsError> {
        let is_body = |cut: &Cut| matches!(cut, Cut::Body(_));
        self.patience.tries(is_body, || self.object_once(bucket, key)).await.map_err(|cut| match cut {
            Cut::Call(error) | Cut::Body(error) => error,
        })
    }

    async fn object_once(&self, bucket: &str, key: &str) -> Result<Option<(Vec<u8>, Option<String>)>, Cut> {
        let answer = match self.s3.get_object().bucket(bucket).key(key).send().await {
            Ok(answer) => answer,
            Err(error) if matches!(error.code(), Some("NoSuchKey" | "NoSuchBucket")) => return Ok(None),
            Err(error) => return Err(Cut::Call(from_sdk("GetObject")(error))),
        };
        let cut = |error: aws_sdk_s3::primitives::ByteStreamError| {
            let (operation, kind) = ("GetObject", Kind::Unreachable);
            Cut::Body(AwsError { operation, kind, code: String::new(), message: error.to_string() })
        };
        let bytes = answer.body.collect().await.map_err(cut)?;
        Ok(Some((bytes.to_vec(), answer.e_tag)))
    }
}

/// Where the reading of an object ended.
enum Cut {
    /// Before the answer's body, after the SDK's own attempts.
    Call(AwsError),
    Body(AwsError),
}

impl Texts for Clients {
    async fn text(&self, bucket: &str, key: &str) -> Result<Option<StoredText>, AwsError> {
        let Some((bytes, tag)) = self.object(bucket, key).await? else { return Ok(None) };
        let text = String::from_utf8(bytes);
        let text = text.map_err(|_| AwsError::garbled("GetObject", format!("{key} is no text")))?;
        Ok(Some(StoredText { text, tag }))
    }
}

impl Objects for Clients {
    async fn written_at(&self, bucket: &str, key: &str) -> Result<Option<Timestamp>, AwsError> {
        match self.s3.head_object().bucket(bucket).key(key).send().await {
            Ok(found) => Ok(Some(timestamp(found.last_modified.as_ref()))),
            Err(error) if error.as_service_error().is_some_and(|error| error.is_not_found()) => Ok(None),
            Err(error) => Err(self.in_words(bucket, key, from_sdk("HeadObject")(error)).await),
        }
    }

    async fn put_text_unless(
        &self,
        bucket: &str,
        key: &str,
        text: &str,
        unless: &Unless,
    ) -> Result<Option<String>, AwsError> {
        let body = ByteStream::from(text.as_bytes().to_vec());
        let call = self.s3.put_object().bucket(bucket).key(key).body(body).content_type("application/json");
        let call = match unless {
            Unless::There => call.if_none_match("*"),
            Unless::Changed(tag) => call.if_match(tag),
        };
        Ok(call.send().await.map_err(from_sdk("PutObject"))?.e_tag)
    }

    async fn put_file(&self, bucket: &str, key: &str, file: &Path, digest: &str) -> Result<(), AwsError> {
        let body = ByteStream::from_path(file).await.map_err(|error| AwsError {
            operation: "PutObject",
            kind: Kind::Garbled,
            code: String::new(),
            message: format!("cannot read {}: {error}", file.display()),
        })?;
        let call = self.s3.put_object().bucket(bucket).key(key).body(body);
        let call = call.content_type("application/zip").metadata("digest", digest);
        let long = aws_sdk_s3::config::Builder::new().timeout_config(timeouts(LONG_TIMEOUT));
        call.customize().config_override(long).send().await.map(|_| ()).map_err(from_sdk("PutObject"))
    }

    async fn put_text(&self, bucket: &str, key: &str, text: &str) -> Result<(), AwsError> {
        let body = ByteStream::from(text.as_bytes().to_vec());
        let call = self.s3.put_object().bucket(bucket).key(key).body(body).content_type("application/json");
        call.send().await.map(|_| ()).map_err(from_sdk("PutObject"))
    }

    async fn versions(
        &self,
        bucket: &str,
        prefix: &str,
        after: Option<&(String, String)>,
    ) -> Result<Option<ObjectPage>, AwsError> {
        let call = self.s3.list_object_versions().bucket(bucket).prefix(prefix);
        let call = call.set_key_marker(after.map(|(key, _)| key.clone()));
        let call = call.set_version_id_marker(after.map(|(_, version)| version.clone()));
        let answer = match call.send().await {
            Ok(answer) => answer,
            Err(error) if error.code() == Some("NoSuchBucket") => return Ok(None),
            Err(error) => return Err(from_sdk("ListObjectVersions")(error)),
        };
        let mut objects = Vec::new();
        for version in answer.versions.unwrap_or_default() {
            let Some(key) = version.key else { continue };
            let size_bytes = version.size.and_then(|size| u64::try_from(size).ok()).unwrap_or_default();
            objects.push(ObjectVersion {
                key,
                version: real(version.version_id),
                size_bytes,
                tag: version.e_tag,
                modified: version.last_modified.as_ref().map(|time| timestamp(Some(time))),
                is_latest: version.is_latest.unwrap_or(true),
            });
        }
        for marker in answer.delete_markers.unwrap_or_default() {
            let Some(key) = marker.key else { continue };
            let version = real(marker.version_id);
            objects.push(ObjectVersion { key, version, ..ObjectVersion::default() });
        }
        let next = answer.next_key_marker.zip(answer.next_version_id_marker);
        Ok(Some(ObjectPage { objects, next: next.filter(|_| answer.is_truncated == Some(true)) }))
    }

    async fn delete_objects(&self, bucket: &str, objects: &[ObjectVersion]) -> Result<(), AwsError> {
        let oddly = |error: aws_sdk_s3::error::BuildError| AwsError::garbled("DeleteObjects", error.to_string());
        let ids: Result<Vec<ObjectIdentifier>, _> = objects
            .iter()
            .map(|object| ObjectIdentifier::builder().key(&object.key).set_version_id(object.version.clone()).build())
            .collect();
        let delete = Delete::builder().set_objects(Some(ids.map_err(oddly)?)).quiet(true).build().map_err(oddly)?;
        let call = self.s3.delete_objects().bucket(bucket).delete(delete);
        let answer = call.send().await.map_err(from_sdk("DeleteObjects"))?;
        match answer.errors.unwrap_or_default().into_iter().next() {
            None => Ok(()),
            Some(error) => {
                let message = format!("{}: {}", error.key.unwrap_or_default(), error.message.unwrap_or_default());
                Err(AwsError::answered("DeleteObjects", 400, &error.code.unwrap_or_default(), &message))
            }
        }
    }

    fn object_url(&self, bucket: &str, key: &str) -> String {
        match self.local_endpoint() {
            Some(endpoint) => format!("{endpoint}/{bucket}/{key}"),
            None => {
                let region = self.region();
                let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
                format!("https://{bucket}.s3.{region}.{suffix}/{key}")
            }
        }
    }
}

impl Clients {
    /// An answer to HEAD has no body, so a refusal comes without its reason; GET says it.
    async fn in_words(&self, bucket: &str, key: &str, error: AwsError) -> AwsError {
        if error.kind != Kind::Refused || !error.message.is_empty() {
            return error;
        }
        match self.s3.get_object().bucket(bucket).key(key).range("bytes=0-0").send().await {
            Ok(_) => error,
            Err(refused) => AwsError { operation: "HeadObject", ..from_sdk("GetObject")(refused) },
        }
    }
}

/// The id `null` is a version's id in a bucket that had no versions when the object came; it deletes like any other.
fn real(version: Option<String>) -> Option<String> {
    version.filter(|version| !version.is_empty())
}
