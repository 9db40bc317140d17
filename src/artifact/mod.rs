//! Builds and zips what functions and layers are made of.

use std::path::PathBuf;

/// A zip that is ready to upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// The function keys whose code this is (several share one zip unless packaged individually), or the layer's key.
    pub owners: Vec<String>,
    /// Functions' code or a layer's content.
    pub kind: ArtifactKind,
    /// The zip on disk.
    pub path: PathBuf,
    /// Its name in the bucket: `signup.zip`, `RecordDB.zip`.
    pub file_name: String,
    /// Hex BLAKE3 of the manifest (path, mode, content of every entry): names the content, whatever the compressor.
    pub digest: String,
    /// Base64 SHA-256 of the zip, as Lambda's `CodeSha256`.
    pub code_sha256: String,
    pub size_bytes: u64,
    pub unzipped_bytes: u64,
}

/// What an artifact is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArtifactKind {
    Function,
    Layer,
}
