//! Brings a function's or a layer's code to this machine: from the request or from S3, checked and unpacked.

use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::function::{Code, FUNCTIONS, Function, Settings, Version};
use super::input::{self, LambdaFault, invalid};
use super::layer;
use crate::Cloud;
use crate::runtime::archive::{self, ArchiveError};
use crate::wire::{Call, Fault};

/// The largest zip file a request may carry itself.
/// Source: Lambda quotas, "Deployment package (.zip file archive) size", 50 MB zipped, direct upload.
const DIRECT_LIMIT_BYTES: usize = 50 * 1024 * 1024;

/// Reads the zip file that `from` (`Code` of CreateFunction, `Content` of PublishLayerVersion, or the whole input of
/// UpdateFunctionCode) names, unpacks it and keeps it.
///
/// # Errors
/// In AWS's words: a missing object, a file that is no zip, too large, or nothing named at all.
pub async fn bring(cloud: &Arc<Cloud>, call: &Call, from: &Value) -> Result<Code, Fault> {
    for member in ["ImageUri", "SourceKMSKeyArn"] {
        if !from[member].is_null() {
            return Err(invalid(format!("the local AWS does not support Code.{member}; see docs/local-aws.md")));
        }
    }
    let zip = match (input::text(from, "ZipFile")?, input::text(from, "S3Bucket")?, input::text(from, "S3Key")?) {
        (Some(base64), None, None) => direct(call, base64)?,
        (None, Some(bucket), Some(key)) => from_s3(cloud, call, bucket, key, &from["S3ObjectVersion"]).await?,
        (Some(_), _, _) => {
            return Err(invalid("Please do not provide other FunctionCode parameters when providing a ZipFile."));
        }
        _ => return Err(invalid("Please provide a source for function code.")),
    };
    keep(cloud, zip).await
}

fn direct(call: &Call, base64: &str) -> Result<Bytes, Fault> {
    let bytes = STANDARD
        .decode(base64)
        .map_err(|_| Fault::sender("SerializationException", "the member ZipFile must be Base64"))?;
    if bytes.len() > DIRECT_LIMIT_BYTES {
        let message = format!("Request must be smaller than 70167211 bytes for the {} operation", call.operation);
        return Err(Fault::sender("RequestEntityTooLargeException", message).with_status(413).typed("User"));
    }
    Ok(Bytes::from(bytes))
}

async fn from_s3(cloud: &Arc<Cloud>, call: &Call, bucket: &str, key: &str, version: &Value) -> Result<Bytes, Fault> {
    let mut object = json!({"Bucket": bucket, "Key": key});
    if !version.is_null() {
        object["VersionId"] = version.clone();
    }
    match cloud.invoke("s3", "GetObject", &call.region, object).await {
        Ok(output) => Ok(output.payload.unwrap_or_default()),
        Err(fault) if fault.blame == crate::wire::Blame::Sender => Err(invalid(format!(
            "Error occurred while GetObject. S3 Error Code: {}. S3 Error Message: {}",
            fault.code, fault.message
        ))),
        Err(fault) => Err(fault),
    }
}

/// Unpacks `zip` unless its digest is here already.
async fn keep(cloud: &Arc<Cloud>, zip: Bytes) -> Result<Code, Fault> {
    let hash = Sha256::digest(&zip);
    let digest: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let code = Code { digest, sha256: STANDARD.encode(hash), size_bytes: zip.len() as u64 };
    let directory = directory(cloud, &code.digest);
    let file = zip_file(cloud, &code.digest);
    let unpacked = tokio::task::spawn_blocking(move || {
        archive::unpack_once(&[&zip], &directory)?;
        std::fs::write(&file, &zip).map_err(|source| ArchiveError::Io { path: file, source })
    });
    match unpacked.await {
        Ok(Ok(())) => Ok(code),
        Ok(Err(error @ ArchiveError::Io { .. })) => Err(Fault::receiver("ServiceException", error.to_string())),
        Ok(Err(error)) => Err(invalid(error.to_string())),
        Err(_) => Err(Fault::receiver("ServiceException", "unpacking the code was interrupted")),
    }
}

/// Where the code of a digest is unpacked.
pub fn directory(cloud: &Cloud, digest: &str) -> PathBuf {
    cloud.config.state_dir.join("lambda/code").join(digest)
}

/// Where the zip file of a digest is.
pub fn zip_file(cloud: &Cloud, digest: &str) -> PathBuf {
    cloud.config.state_dir.join("lambda/code").join(format!("{digest}.zip"))
}

/// Where the layers of `settings` are unpacked together, if it has any.
///
/// # Errors
/// When they cannot be unpacked, or are too large together with the code.
pub async fn layers_directory(cloud: &Arc<Cloud>, settings: &Settings) -> Result<Option<PathBuf>, Fault> {
    if settings.layers.is_empty() {
        return Ok(None);
    }
    let mut hash = Sha256::new();
    settings.layers.iter().for_each(|layer| hash.update(layer.code.digest.as_bytes()));
    let name: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let directory = cloud.config.state_dir.join("lambda/opt").join(name);
    let files: Vec<PathBuf> = settings.layers.iter().map(|layer| zip_file(cloud, &layer.code.digest)).collect();
    let target = directory.clone();
    let unpacked = tokio::task::spawn_blocking(move || {
        if target.is_dir() {
            return Ok(());
        }
        let read =
            |path: &PathBuf| std::fs::read(path).map_err(|source| ArchiveError::Io { path: path.clone(), source });
        let zips = files.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        archive::unpack_once(&zips.iter().map(Vec::as_slice).collect::<Vec<_>>(), &target)
    });
    match unpacked.await {
        Ok(Ok(())) => Ok(Some(directory)),
        Ok(Err(error)) => Err(invalid(format!("Layers cannot be unpacked: {error}"))),
        Err(_) => Err(Fault::receiver("ServiceException", "unpacking the layers was interrupted")),
    }
}

/// Removes the files of digests that `version` used and nothing uses any more.
pub fn forget(cloud: &Cloud, versions: &[&Version]) -> Result<(), Fault> {
    let functions: Vec<(String, Function)> = cloud.store.scan(FUNCTIONS, "")?;
    let layers = layer::digests(cloud)?;
    for version in versions {
        let digest = version.code.digest.as_str();
        let used = layers.iter().any(|layer| layer == digest)
            || functions.iter().any(|(_, function)| function.digests().any(|other| other == digest));
        if !used {
            remove(cloud, digest);
        }
    }
    Ok(())
}

/// Removes the files of one digest.
pub fn remove(cloud: &Cloud, digest: &str) {
    // Files that are gone already are what is wanted.
    let _ = std::fs::remove_dir_all(directory(cloud, digest));
    let _ = std::fs::remove_file(zip_file(cloud, digest));
}
