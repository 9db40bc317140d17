//! Unpacks deployment packages, once a digest, and refuses archives that would write elsewhere.

use std::fs;
use std::io::{Cursor, Read};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Component, Path, PathBuf};

use zip::ZipArchive;
use zip::read::ZipFile;

/// The most that a function's code and its layers may have unpacked.
/// Source: Lambda quotas, "Deployment package (.zip file archive) size", 250 MB unzipped.
pub const UNZIPPED_LIMIT_BYTES: u64 = 262_144_000;
/// An archive with more entries than this is refused: far more than 250 MB of real files have.
const ENTRY_LIMIT: usize = 250_000;

/// Why an archive is not unpacked.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// Not a zip file, or a damaged one.
    #[error("Could not unzip uploaded file. Please check your file, then try to upload again.")]
    Malformed,
    /// A zip file without any file.
    #[error("Uploaded file must be a non-empty zip")]
    Empty,
    /// More than [`UNZIPPED_LIMIT_BYTES`] or [`ENTRY_LIMIT`].
    #[error("Unzipped size must be smaller than {UNZIPPED_LIMIT_BYTES} bytes")]
    TooLarge,
    /// An entry that would be written, or would point, outside of the directory.
    #[error("Could not unzip uploaded file: the entry `{entry}` leads out of the archive")]
    Escapes { entry: String },
    /// The file system of this machine.
    #[error("cannot unpack into `{path}`: {source}")]
    Io { path: PathBuf, source: std::io::Error },
}

impl ArchiveError {
    fn io(path: &Path) -> impl FnOnce(std::io::Error) -> ArchiveError + '_ {
        move |source| ArchiveError::Io { path: path.to_owned(), source }
    }
}

/// Unpacks `bytes` into `directory`, which may hold files already (layers are laid over each other), and returns how
/// many bytes it unpacked. `budget` is what may still be unpacked.
///
/// # Errors
/// When the archive is refused; what was written until then stays.
pub fn unpack(bytes: &[u8], directory: &Path, budget: u64) -> Result<u64, ArchiveError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| ArchiveError::Malformed)?;
    if archive.is_empty() {
        return Err(ArchiveError::Empty);
    }
    if archive.len() > ENTRY_LIMIT {
        return Err(ArchiveError::TooLarge);
    }
    fs::create_dir_all(directory).map_err(ArchiveError::io(directory))?;
    let mut total = 0;
    let mut links = Vec::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(|_| ArchiveError::Malformed)?;
        let name = entry.name().map_err(|_| ArchiveError::Malformed)?.into_owned();
        let path = directory.join(inside(&name)?);
        if entry.is_symlink() {
            let mut target = String::new();
            entry.by_ref().take(4096).read_to_string(&mut target).map_err(|_| ArchiveError::Malformed)?;
            links.push((name, path, target));
        } else if entry.is_dir() {
            fs::create_dir_all(&path).map_err(ArchiveError::io(&path))?;
        } else {
            total += write(&mut entry, &path, budget.saturating_sub(total))?;
        }
    }
    link(directory, &links)?;
    Ok(total)
}

/// Where an entry goes, relative to the directory.
fn inside(entry: &str) -> Result<PathBuf, ArchiveError> {
    let path = Path::new(entry);
    let plain = path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if plain && !entry.contains('\0') {
        return Ok(path.to_owned());
    }
    Err(ArchiveError::Escapes { entry: entry.to_owned() })
}

fn write<R: Read>(entry: &mut ZipFile<'_, R>, path: &Path, budget: u64) -> Result<u64, ArchiveError> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(ArchiveError::io(parent))?;
    }
    let mode = entry.unix_mode().map_or(0o644, |mode| mode & 0o777) | 0o600;
    // A later entry or layer may replace a file that nobody may write, and must not write through a link.
    if fs::symlink_metadata(path).is_ok_and(|old| !old.is_dir()) {
        fs::remove_file(path).map_err(ArchiveError::io(path))?;
    }
    let mut file = fs::File::create_new(path).map_err(ArchiveError::io(path))?;
    // The size in the directory of the archive may lie; what really comes out is counted.
    let mut limited = entry.take(budget + 1);
    let mut buffer = vec![0_u8; 64 * 1024];
    let mut written = 0;
    loop {
        let count = limited.read(&mut buffer).map_err(|_| ArchiveError::Malformed)?;
        if count == 0 {
            break;
        }
        std::io::Write::write_all(&mut file, &buffer[..count]).map_err(ArchiveError::io(path))?;
        written += count as u64;
    }
    if written > budget {
        return Err(ArchiveError::TooLarge);
    }
    file.set_permissions(fs::Permissions::from_mode(mode)).map_err(ArchiveError::io(path))?;
    Ok(written)
}

/// Makes the symbolic links after all files, so that no file is written through one, and refuses those that end
/// outside of `directory`.
fn link(directory: &Path, links: &[(String, PathBuf, String)]) -> Result<(), ArchiveError> {
    let escapes = |entry: &str| ArchiveError::Escapes { entry: entry.to_owned() };
    for (entry, path, target) in links {
        if Path::new(target).is_absolute() || target.contains('\0') || target.is_empty() {
            return Err(escapes(entry));
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(ArchiveError::io(parent))?;
        }
        symlink(target, path).map_err(|_| ArchiveError::Malformed)?;
    }
    let root = directory.canonicalize().map_err(ArchiveError::io(directory))?;
    for (entry, path, _) in links {
        // A link to nothing, or in a circle, has no end that could be inside.
        let end = path.canonicalize().map_err(|_| escapes(entry))?;
        if !end.starts_with(&root) {
            return Err(escapes(entry));
        }
    }
    Ok(())
}

/// Unpacks `archives` over each other into `directory`, unless that was done before.
///
/// A half-unpacked directory is never seen under the final name: the work is done beside it and moved.
///
/// # Errors
/// When an archive is refused, or all together are larger than [`UNZIPPED_LIMIT_BYTES`].
pub fn unpack_once(archives: &[&[u8]], directory: &Path) -> Result<(), ArchiveError> {
    if directory.is_dir() {
        return Ok(());
    }
    let parent = directory.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(ArchiveError::io(parent))?;
    let work = tempfile::Builder::new().prefix(".unpack-").tempdir_in(parent).map_err(ArchiveError::io(parent))?;
    let inner = work.path().join("root");
    let mut budget = UNZIPPED_LIMIT_BYTES;
    for archive in archives {
        budget = budget.saturating_sub(unpack(archive, &inner, budget)?);
    }
    match fs::rename(&inner, directory) {
        Ok(()) => Ok(()),
        // Another call unpacked the same digest meanwhile.
        Err(_) if directory.is_dir() => Ok(()),
        Err(source) => Err(ArchiveError::Io { path: directory.to_owned(), source }),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn zip_of(files: &[(&str, &[u8])], links: &[(&str, &str)]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            writer.start_file(*name, SimpleFileOptions::default().unix_permissions(0o755)).unwrap();
            writer.write_all(bytes).unwrap();
        }
        for (name, target) in links {
            writer.add_symlink(*name, *target, SimpleFileOptions::default()).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn unpacked(bytes: &[u8]) -> (tempfile::TempDir, Result<u64, ArchiveError>) {
        let directory = tempfile::tempdir().unwrap();
        let result = unpack(bytes, &directory.path().join("root"), UNZIPPED_LIMIT_BYTES);
        (directory, result)
    }

    #[test]
    fn files_keep_their_content_and_their_execute_bit() {
        let (directory, result) = unpacked(&zip_of(&[("bootstrap", b"#!/bin/sh\n"), ("lib/a.py", b"a")], &[]));
        assert_eq!(result.unwrap(), 11);
        let root = directory.path().join("root");
        assert_eq!(fs::read(root.join("lib/a.py")).unwrap(), b"a");
        assert_eq!(fs::metadata(root.join("bootstrap")).unwrap().permissions().mode() & 0o777, 0o755);
    }

    #[test]
    fn an_entry_that_climbs_out_is_refused_and_writes_nothing() {
        for name in ["../evil", "a/../../evil", "/evil"] {
            let (directory, result) = unpacked(&zip_of(&[(name, b"x")], &[]));
            assert!(matches!(result, Err(ArchiveError::Escapes { .. })), "{name}");
            assert!(!directory.path().join("evil").exists());
        }
    }

    #[test]
    fn a_link_inside_the_archive_works() {
        let (directory, result) = unpacked(&zip_of(&[("lib/real", b"x")], &[("lib/alias", "real"), ("top", "lib")]));
        result.unwrap();
        assert_eq!(fs::read(directory.path().join("root/top/alias")).unwrap(), b"x");
    }

    #[test]
    fn links_that_leave_the_archive_are_refused() {
        let deep: &[(&str, &[u8])] = &[("a/b/c/file", b"x")];
        for links in [
            &[("evil", "/etc/passwd")][..],
            &[("evil", "../../etc")],
            &[("evil", "missing")],
            &[("a/b/c/up", "../../.."), ("evil", "a/b/c/up/../../..")],
            &[("evil", "evil")],
        ] {
            let (_directory, result) = unpacked(&zip_of(deep, links));
            assert!(matches!(result, Err(ArchiveError::Escapes { .. })), "{links:?}");
        }
    }

    #[test]
    fn no_file_is_written_through_a_link() {
        let (directory, result) = unpacked(&zip_of(&[("door/evil", b"x")], &[("door", "..")]));
        assert!(result.is_err());
        assert!(!directory.path().join("evil").exists());
    }

    #[test]
    fn an_archive_that_grows_beyond_the_limit_is_refused_without_being_unpacked_whole() {
        let zeros = vec![0_u8; 1_000_000];
        let directory = tempfile::tempdir().unwrap();
        let result = unpack(&zip_of(&[("a", &zeros), ("b", &zeros)], &[]), directory.path(), 1_500_000);
        assert!(matches!(result, Err(ArchiveError::TooLarge)));
        assert!(fs::metadata(directory.path().join("b")).unwrap().len() <= 500_001);
    }

    #[test]
    fn what_is_no_zip_is_refused() {
        assert!(matches!(unpacked(b"hello").1, Err(ArchiveError::Malformed)));
        assert!(matches!(unpacked(&zip_of(&[], &[])).1, Err(ArchiveError::Empty | ArchiveError::Malformed)));
    }

    #[test]
    fn layers_are_laid_over_each_other() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("opt");
        let (first, second) = (zip_of(&[("x", b"1"), ("y", b"1")], &[]), zip_of(&[("x", b"2")], &[]));
        unpack_once(&[&first, &second], &root).unwrap();
        assert_eq!(fs::read(root.join("x")).unwrap(), b"2");
        assert_eq!(fs::read(root.join("y")).unwrap(), b"1");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_archive_however_damaged_panics_or_writes_outside(at in 0_usize..400, byte in any::<u8>(), name in "[a./]{1,8}") {
            let mut bytes = zip_of(&[("one/two", b"data"), ("three", b"more data")], &[("four", "three")]);
            let at = at % bytes.len();
            bytes[at] = byte;
            let (directory, _) = unpacked(&bytes);
            let outside = fs::read_dir(directory.path()).unwrap().filter(|entry| entry.as_ref().unwrap().file_name() != "root");
            prop_assert_eq!(outside.count(), 0);
            let named = unpacked(&zip_of(&[(&name, b"x")], &[]));
            let outside = fs::read_dir(named.0.path()).unwrap().filter(|entry| entry.as_ref().unwrap().file_name() != "root");
            prop_assert_eq!(outside.count(), 0);
        }
    }
}
