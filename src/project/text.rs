//! Reads text files, bounded.

use std::io::Read;
use std::path::Path;

use crate::source::limits;

/// Why a file's text could not be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    #[error("there is no such file")]
    Missing,
    #[error("it is a folder")]
    Folder,
    #[error("it is larger than {} MiB", limits::FILE_BYTES / 1024 / 1024)]
    TooLarge,
    #[error("byte {0} is not UTF-8 text")]
    NotText(usize),
    /// The system's own words.
    #[error("{0}")]
    Refused(String),
}

/// The text of a file of at most [`limits::FILE_BYTES`].
///
/// # Errors
/// See [`Unread`].
pub fn read_text(path: &Path) -> Result<String, Unread> {
    let refused = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => Unread::Missing,
        std::io::ErrorKind::IsADirectory => Unread::Folder,
        _ => Unread::Refused(error.to_string()),
    };
    let file = std::fs::File::open(path).map_err(refused)?;
    if file.metadata().map_err(refused)?.is_dir() {
        return Err(Unread::Folder);
    }
    let mut bytes = Vec::new();
    file.take(limits::FILE_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(refused)?;
    if bytes.len() > limits::FILE_BYTES {
        return Err(Unread::TooLarge);
    }
    String::from_utf8(bytes).map_err(|error| Unread::NotText(error.utf8_error().valid_up_to()))
}
