//! The bodies of objects and parts: files named by random ids.
//!
//! A body is written before the row that refers to it, and removed only after the row's removal is on disk, so a crash
//! at any time leaves at most a file that nothing refers to; the next start removes it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use tokio::fs;
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
use uuid::Uuid;

use crate::store::Store;
use crate::wire::Fault;

/// The folder of bodies.
#[derive(Debug)]
pub struct Bodies {
    folder: PathBuf,
    store: Store,
}

impl Bodies {
    /// Bodies in `folder`, which is made with the first of them.
    pub fn at(folder: PathBuf, store: Store) -> Bodies {
        Bodies { folder, store }
    }

    /// Removes every file that is none of `known`.
    pub fn sweep(&self, known: &HashSet<String>) {
        let entries = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        for entry in entries {
            if !known.contains(entry.file_name().to_string_lossy().as_ref())
                && let Err(error) = std::fs::remove_file(entry.path())
            {
                tracing::warn!(%error, file = %entry.path().display(), "a left-over body stays");
            }
        }
    }

    /// Writes a body; its id.
    pub async fn write(&self, bytes: &Bytes) -> Result<String, Fault> {
        let id = Uuid::new_v4().simple().to_string();
        fs::create_dir_all(&self.folder).await.map_err(broken)?;
        fs::write(self.path(&id), bytes).await.map_err(broken)?;
        Ok(id)
    }

    /// Writes the bodies `ids` one after the other as a new body; its id.
    pub async fn join(&self, ids: &[String]) -> Result<String, Fault> {
        let id = Uuid::new_v4().simple().to_string();
        let mut whole = fs::File::create(self.path(&id)).await.map_err(broken)?;
        for part in ids {
            let mut part = fs::File::open(self.path(part)).await.map_err(broken)?;
            tokio::io::copy(&mut part, &mut whole).await.map_err(broken)?;
        }
        whole.flush().await.map_err(broken)?;
        Ok(id)
    }

    /// The `length` bytes of a body from `start`.
    pub async fn read(&self, id: &str, start: u64, length: u64) -> Result<Bytes, Fault> {
        let mut file = fs::File::open(self.path(id)).await.map_err(broken)?;
        if start > 0 {
            file.seek(std::io::SeekFrom::Start(start)).await.map_err(broken)?;
        }
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
        file.take(length).read_to_end(&mut bytes).await.map_err(broken)?;
        if bytes.len() as u64 != length {
            return Err(Fault::receiver("InternalError", "a stored object is shorter than it was"));
        }
        Ok(bytes.into())
    }

    /// Removes bodies in the background, once the removal of their rows is on disk.
    pub fn remove(&self, ids: Vec<String>) {
        if ids.is_empty() {
            return;
        }
        let paths: Vec<PathBuf> = ids.iter().map(|id| self.path(id)).collect();
        let store = self.store.clone();
        tokio::task::spawn_blocking(move || {
            if store.flush().is_ok() {
                paths.iter().for_each(|path| remove_file(path));
            }
        });
    }

    fn path(&self, id: &str) -> PathBuf {
        self.folder.join(id)
    }
}

fn remove_file(path: &Path) {
    if let Err(error) = std::fs::remove_file(path) {
        tracing::warn!(%error, file = %path.display(), "a body stays");
    }
}

fn broken(error: std::io::Error) -> Fault {
    Fault::receiver("InternalError", format!("the local AWS cannot read or write an object's file: {error}"))
}
