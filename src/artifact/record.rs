//! What a builder's last run was made of: while every input is the same, its outputs are today's.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::BuildFailure;
use super::cache::Cache;
use super::manifest::hash_file;

/// A builder's last run.
#[derive(Debug, Serialize, Deserialize)]
pub struct Record {
    /// What was asked for, as a hash.
    request: String,
    /// What came of it, by the handler that asked.
    outputs: BTreeMap<String, PathBuf>,
    /// Every file that went in or came out, with the hash of its content.
    files: Vec<(PathBuf, String)>,
}

impl Record {
    /// The outputs of the run that `path` records, if that was for the same request and no file has changed since.
    pub fn outputs(path: &Path, request: &str) -> Option<BTreeMap<String, PathBuf>> {
        let record: Record = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
        let same = |(path, hash): &(PathBuf, String)| content_hash(path) == *hash;
        let current = record.request == request && !record.files.is_empty() && record.files.iter().all(same);
        current.then_some(record.outputs)
    }

    /// Writes down a run; complete or not at all.
    ///
    /// # Errors
    /// [`BuildFailure::Write`].
    pub fn save(
        cache: &Cache,
        path: &Path,
        request: &str,
        outputs: &BTreeMap<String, PathBuf>,
        inputs: BTreeSet<PathBuf>,
    ) -> Result<(), BuildFailure> {
        let all = inputs.into_iter().chain(outputs.values().cloned()).collect::<BTreeSet<PathBuf>>();
        let files = all.into_iter().map(|path| (path.clone(), content_hash(&path))).collect();
        let record = Record { request: request.to_owned(), outputs: outputs.clone(), files };
        let text = serde_json::to_string(&record).map_err(|error| BuildFailure::write(path, error.into()))?;
        cache.keep_text(path, &text)
    }

    /// Forgets a run that must not be believed.
    pub fn forget(path: &Path) {
        // Nothing there is as good as removed.
        let _ = std::fs::remove_file(path);
    }
}

/// Hex BLAKE3 of a file, `absent` when there is none.
fn content_hash(path: &Path) -> String {
    hash_file(path).map_or_else(|_| "absent".to_owned(), |(hash, _)| hash.to_hex().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_input_a_new_input_and_a_lost_output_each_end_a_record() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path()).unwrap();
        let path = |name: &str| folder.path().join(name);
        let remember = || {
            std::fs::write(path("in"), "1").unwrap();
            std::fs::write(path("out"), "2").unwrap();
            let _ = std::fs::remove_file(path("later"));
            let outputs = BTreeMap::from([("a".to_owned(), path("out"))]);
            Record::save(&cache, &path("record"), "r", &outputs, BTreeSet::from([path("in"), path("later")])).unwrap();
        };
        let known = |request| Record::outputs(&path("record"), request).is_some();
        remember();
        assert!(known("r") && !known("another"));
        std::fs::write(path("in"), "changed").unwrap();
        assert!(!known("r"));
        remember();
        std::fs::write(path("later"), "").unwrap();
        assert!(!known("r"));
        remember();
        std::fs::remove_file(path("out")).unwrap();
        assert!(!known("r"));
    }
}
