//! Zips a manifest: compressed in parallel, written in order, the same bytes for the same entries.

use std::io::{Cursor, Read, Write};
use std::path::Path;

use base64::Engine;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use zip::write::{PreparedZipFile, SimpleFileOptions, ZipFileBuilder};
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::BuildFailure;
use super::manifest::{Content, Entry, Manifest};

/// The level of compression: 9 takes twice the time of 6 for some percent less.
pub const LEVEL: i64 = 6;

/// How many bytes of entries are compressed before they are written: what bounds the memory.
const BATCH_BYTES: u64 = 16 * 1024 * 1024;

/// A file from this size on is compressed straight into the zip, so that it is never in memory as a whole.
const STREAMED_BYTES: u64 = 8 * 1024 * 1024;

/// How many entries a batch has at the most.
const BATCH_ENTRIES: usize = 512;

/// Writes the zip of `manifest` to `target` and answers the Base64 SHA-256 and the size of its bytes.
///
/// # Errors
/// A file of the manifest that cannot be read, or `target` that cannot be written.
pub fn write(manifest: &Manifest, target: &Path) -> Result<(String, u64), BuildFailure> {
    let failed = |source: std::io::Error| BuildFailure::write(target, source);
    let file = std::fs::File::create(target).map_err(failed)?;
    let mut writer = ZipWriter::new(std::io::BufWriter::new(file));
    for batch in batches(manifest.entries()) {
        let prepared: Vec<Option<PreparedZipFile>> =
            batch.par_iter().map(|(entry, size)| prepare(entry, *size)).collect::<Result<_, _>>()?;
        for ((entry, _), file) in batch.iter().zip(prepared) {
            let added = match (&entry.content, file) {
                (_, Some(file)) => writer.add_prepared_file(file),
                (Content::Link(to), None) => writer.add_symlink(entry.path.as_str(), to.as_str(), options(entry)),
                (Content::File(path), None) => {
                    writer.start_file(entry.path.as_str(), options(entry)).map_err(|error| failed(error.into()))?;
                    copy(path, &mut writer)?.map_err(failed)?;
                    Ok(())
                }
                (Content::Bytes(_), None) => Ok(()),
            };
            added.map_err(|error| failed(error.into()))?;
        }
    }
    let mut buffered = writer.finish().map_err(|error| failed(error.into()))?;
    buffered.flush().map_err(failed)?;
    drop(buffered);
    digest(target)
}

/// The Base64 SHA-256 of a zip, as Lambda's `CodeSha256`.
pub fn code_sha256(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(Sha256::digest(bytes))
}

/// The entries of a zip, each with the size that it unpacks to.
///
/// # Errors
/// [`BuildFailure::NotAZip`].
pub fn contents(path: &Path, bytes: &[u8]) -> Result<Vec<(String, u64)>, BuildFailure> {
    let not_a_zip = |reason: String| BuildFailure::NotAZip { path: path.to_owned(), reason };
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| not_a_zip(error.to_string()))?;
    let mut entries = Vec::with_capacity(archive.len());
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(|error| not_a_zip(error.to_string()))?;
        let name = entry.name().map_err(|error| not_a_zip(error.to_string()))?.into_owned();
        entries.push((name, entry.size()));
    }
    Ok(entries)
}

fn batches(entries: &[(Entry, u64)]) -> Vec<&[(Entry, u64)]> {
    let mut batches = Vec::new();
    let mut rest = entries;
    while !rest.is_empty() {
        let mut bytes = 0;
        let fits = rest.iter().take(BATCH_ENTRIES).take_while(|(_, size)| {
            let first = bytes == 0;
            bytes += if *size >= STREAMED_BYTES { 1 } else { (*size).max(1) };
            first || bytes <= BATCH_BYTES
        });
        let (batch, after) = rest.split_at(fits.count().max(1));
        batches.push(batch);
        rest = after;
    }
    batches
}

/// The compressed entry; none for a link and a large file, which are written straight into the archive.
fn prepare(entry: &Entry, size: u64) -> Result<Option<PreparedZipFile>, BuildFailure> {
    if size >= STREAMED_BYTES && matches!(entry.content, Content::File(_)) {
        return Ok(None);
    }
    let in_memory = |error: zip::result::ZipError| BuildFailure::write(Path::new(&entry.path), error.into());
    let mut builder = ZipFileBuilder::new(entry.path.as_str(), options(entry)).map_err(in_memory)?;
    let written = match &entry.content {
        Content::Link(_) => return Ok(None),
        Content::Bytes(bytes) => builder.write_all(bytes),
        Content::File(path) => copy(path, &mut builder)?,
    };
    written.map_err(|source| BuildFailure::write(Path::new(&entry.path), source))?;
    builder.finish().map(Some).map_err(in_memory)
}

/// Copies a file; the inner result is the writer's.
fn copy(path: &Path, writer: &mut impl Write) -> Result<std::io::Result<()>, BuildFailure> {
    let mut file = std::fs::File::open(path).map_err(|source| BuildFailure::read(path, source))?;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = file.read(&mut buffer).map_err(|source| BuildFailure::read(path, source))?;
        if count == 0 {
            return Ok(Ok(()));
        }
        if let Err(error) = writer.write_all(&buffer[..count]) {
            return Ok(Err(error));
        }
    }
}

fn options(entry: &Entry) -> SimpleFileOptions {
    let mode = if entry.executable { 0o100_755 } else { 0o100_644 };
    SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(LEVEL))
        .last_modified_time(DateTime::default())
        .unix_permissions(mode)
}

fn digest(path: &Path) -> Result<(String, u64), BuildFailure> {
    let failed = |source| BuildFailure::read(path, source);
    let mut file = std::fs::File::open(path).map_err(failed)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut size = 0;
    loop {
        let count = file.read(&mut buffer).map_err(failed)?;
        if count == 0 {
            return Ok((base64::engine::general_purpose::STANDARD.encode(hasher.finalize()), size));
        }
        hasher.update(&buffer[..count]);
        size += count as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(seed: u64) -> Manifest {
        let mut random = fastrand::Rng::with_seed(7);
        let mut entries: Vec<Entry> = (0..24)
            .map(|index| {
                let bytes: Vec<u8> = (0..random.usize(0..6_000)).map(|_| random.u8(b'a'..=b'h')).collect();
                Entry {
                    path: format!("d{}/f{index}", index % 3),
                    executable: index % 5 == 0,
                    content: Content::Bytes(bytes),
                }
            })
            .collect();
        entries.push(Entry { path: "link".to_owned(), executable: false, content: Content::Link("d0/f0".to_owned()) });
        fastrand::Rng::with_seed(seed).shuffle(&mut entries);
        Manifest::new(entries).unwrap()
    }

    fn bytes_with(threads: usize, seed: u64) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a.zip");
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| write(&manifest(seed), &target)).unwrap();
        std::fs::read(target).unwrap()
    }

    #[test]
    fn the_bytes_depend_on_neither_order_nor_threads() {
        let reference = bytes_with(1, 1);
        assert_eq!(reference, bytes_with(4, 2));
        assert_eq!(reference, bytes_with(2, 3));
    }

    #[test]
    fn modes_links_and_contents_come_back() {
        let bytes = bytes_with(2, 1);
        let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
        assert_eq!(archive.len(), 25);
        let executable = archive.by_name("d0/f0").unwrap();
        assert_eq!(executable.unix_mode().unwrap() & 0o777, 0o755);
        assert!(executable.last_modified().is_some_and(|time| time.year() == 1980));
        drop(executable);
        assert_eq!(archive.by_name("d1/f1").unwrap().unix_mode().unwrap() & 0o777, 0o644);
        let mut link = String::new();
        let mut entry = archive.by_name("link").unwrap();
        assert!(entry.is_symlink());
        entry.read_to_string(&mut link).unwrap();
        assert_eq!(link, "d0/f0");
    }

    #[test]
    fn a_large_file_streams_into_the_zip_between_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let large = folder.path().join("large");
        let bytes: Vec<u8> = (0..STREAMED_BYTES + 7).map(|at| (at % 251) as u8).collect();
        std::fs::write(&large, &bytes).unwrap();
        let small = |name: &str| Entry {
            path: name.to_owned(),
            executable: false,
            content: Content::Bytes(name.as_bytes().to_vec()),
        };
        let manifest = Manifest::new(vec![small("a"), Entry::file("b".to_owned(), &large), small("c")]).unwrap();
        let target = folder.path().join("a.zip");
        write(&manifest, &target).unwrap();
        let mut archive = ZipArchive::new(std::fs::File::open(&target).unwrap()).unwrap();
        let names: Vec<String> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
        assert_eq!(names, ["a", "b", "c"]);
        let mut read = Vec::new();
        archive.by_name("b").unwrap().read_to_end(&mut read).unwrap();
        assert!(read == bytes);
        let listed = contents(&target, &std::fs::read(&target).unwrap()).unwrap();
        assert_eq!(listed[1], ("b".to_owned(), bytes.len() as u64));
    }

    #[test]
    fn a_file_that_is_no_zip_is_refused() {
        let refused = contents(Path::new("a.zip"), b"no zip").unwrap_err();
        assert!(refused.to_string().starts_with("a.zip is not a zip archive"), "{refused}");
    }
}
