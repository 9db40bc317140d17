//! Files that must not leave this machine inside an artifact.

use std::io::Read;
use std::path::Path;

use super::BuildFailure;
use super::manifest::{Content, Entry};

/// What happens to files that may hold secrets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Secrets {
    /// They are an error that names them.
    #[default]
    Refused,
    /// They stay out of the zip.
    LeftOut,
    /// They go in: `package.allowSecretsInArtifact`.
    Allowed,
}

/// Names that hold secrets by their purpose.
const NAMES: &[&str] = &[
    "env.yml",
    "env.yaml",
    "env.json",
    ".env",
    ".netrc",
    ".pypirc",
    "credentials",
    "credentials.json",
    "credentials.csv",
    "id_rsa",
    "id_dsa",
    "id_ecdsa",
    "id_ed25519",
    ".git",
];

/// `.env.NAME` and `NAME.env` that show what belongs there and hold nothing.
const EXAMPLES: &[&str] = &["example", "sample", "template", "dist", "default", "defaults"];

/// Folders of which nothing may be in a zip.
const FOLDERS: &[&str] = &[".git", ".deploy", ".aws"];

/// How much of a file is searched for a key.
pub const SEARCHED_BYTES: u64 = 64 * 1024;

/// Whether the file at `path` (with `/`, relative) may hold secrets; `content` is asked for only when the name leaves it
/// open. Packages that an installer put there are public and not looked at.
pub fn is_secret(path: &str, content: impl FnOnce() -> Option<Vec<u8>>) -> bool {
    let mut folders: Vec<&str> = path.split('/').collect();
    let name = folders.pop().unwrap_or_default();
    if folders.iter().any(|folder| FOLDERS.contains(folder)) {
        return true;
    }
    if folders.contains(&"node_modules") {
        return false;
    }
    if let Some(stage) = name.strip_prefix(".env.") {
        return !stage.split('.').any(|part| EXAMPLES.contains(&part));
    }
    if let Some(stage) = name.strip_suffix(".env").filter(|stage| !stage.is_empty()) {
        return !stage.split(['.', '-', '_']).any(|part| EXAMPLES.contains(&part));
    }
    if NAMES.contains(&name) {
        return true;
    }
    let needle: &[u8] = match name {
        ".npmrc" | ".yarnrc" | ".yarnrc.yml" => b"auth",
        _ if name.ends_with(".pem") || name.ends_with(".key") => b"PRIVATE KEY",
        _ => return false,
    };
    let holds = |bytes: Vec<u8>| bytes.windows(needle.len()).any(|part| part.eq_ignore_ascii_case(needle));
    content().is_some_and(holds)
}

/// The folder at or above a file that must not be packaged as a whole: `lib/.git`.
pub fn folder(path: &str) -> Option<&str> {
    let mut ends = path.match_indices('/').map(|(at, _)| &path[..at]);
    ends.find(|above| above.rsplit('/').next().is_some_and(|name| FOLDERS.contains(&name)))
}

/// Takes the files that may hold secrets out of `entries` and answers their names, or refuses them.
///
/// # Errors
/// [`BuildFailure::Secrets`].
pub fn sift(entries: &mut Vec<Entry>, secrets: Secrets) -> Result<Vec<String>, BuildFailure> {
    if secrets == Secrets::Allowed {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    entries.retain(|entry| {
        let secret = is_secret(&entry.path, || content(entry));
        files.extend(secret.then(|| entry.path.clone()));
        !secret
    });
    files.sort();
    match secrets {
        Secrets::Refused if !files.is_empty() => Err(BuildFailure::Secrets { owners: Vec::new(), files }),
        _ => Ok(files),
    }
}

fn content(entry: &Entry) -> Option<Vec<u8>> {
    match &entry.content {
        Content::File(path) => beginning(path),
        Content::Bytes(bytes) => Some(bytes.clone()),
        Content::Link(_) => None,
    }
}

fn beginning(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path).ok()?.take(SEARCHED_BYTES).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_hold_secrets_are_known_wherever_they_stand() {
        for path in [
            "env.yml",
            "a/.env",
            ".env.prod",
            "conf/credentials",
            ".git/config",
            "lib/.git/HEAD",
            ".deploy/x",
            "prod.env",
        ] {
            assert!(is_secret(path, || None), "{path}");
        }
        for path in [
            "environment.yml",
            ".env.example",
            ".env.prod.sample",
            "node_modules/a/.env",
            "credentials.py",
            "sample.env",
        ] {
            assert!(!is_secret(path, || None), "{path}");
        }
    }

    #[test]
    fn keys_and_tokens_are_told_from_certificates_and_settings_by_their_content() {
        let with = |path: &str, text: &str| is_secret(path, || Some(text.as_bytes().to_vec()));
        assert!(with("tls.pem", "-----BEGIN RSA PRIVATE KEY-----"));
        assert!(!with("global-bundle.pem", "-----BEGIN CERTIFICATE-----"));
        assert!(with(".npmrc", "//npm.example.com/:_authToken=abc"));
        assert!(!with(".npmrc", "engine-strict=true"));
    }
}
