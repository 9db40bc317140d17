//! Zips a manifest: compressed in parallel, written in order, the same bytes for the same entries.

use std::io::{self, BufWriter, Cursor, Read, Write};
use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rayon::prelude::*;
use ring::digest::{Context, SHA256, digest};
use zip::ZipArchive;

use super::BuildFailure;
use super::container::Container;
use super::deflater::{Deflater, Packed};
use super::manifest::{Content, Entry, Item, Manifest};
use super::secret::SEARCHED_BYTES;

/// How much a large file is compressed: higher levels take twice the time for some percent less.
const LEVEL: u32 = 6;

/// How many bytes of entries are compressed while as many are written: what bounds the memory.
const BATCH_BYTES: u64 = 8 * 1024 * 1024;

/// A file from this size on is compressed straight into the zip, so that it is never in memory as a whole.
const STREAMED_BYTES: u64 = 8 * 1024 * 1024;

/// How many bytes of a large file are read at once.
const PIECE_BYTES: usize = 256 * 1024;

/// How many entries a batch has at the most.
const BATCH_ENTRIES: usize = 512;

/// Writes the zip of `manifest` to `target` and answers the Base64 SHA-256 and the size of its bytes.
///
/// # Errors
/// A file of the manifest that cannot be read, or `target` that cannot be written.
pub fn write(manifest: &Manifest, target: &Path, deflater: &Deflater) -> Result<(String, u64), BuildFailure> {
    let failed = |source: io::Error| BuildFailure::write(target, source);
    let file = std::fs::File::create(target).map_err(failed)?;
    let buffer = usize::try_from(manifest.unzipped_bytes()).unwrap_or(usize::MAX).clamp(1 << 10, 1 << 18);
    let summed = Summed { out: BufWriter::with_capacity(buffer, file), sum: Context::new(&SHA256), size_bytes: 0 };
    let mut container = Container::new(summed);
    let mut batches = batches(manifest.items()).into_iter();
    let mut ready = batches.next().map(|batch| (batch, pack(batch, deflater)));
    while let Some((batch, packed)) = ready {
        let packed = packed?;
        let next = batches.next();
        let (added, after) =
            rayon::join(|| add(&mut container, batch, packed), || next.map(|batch| (batch, pack(batch, deflater))));
        added.map_err(failed)??;
        ready = after;
    }
    let mut summed = container.finish().map_err(failed)?;
    summed.out.flush().map_err(failed)?;
    Ok((STANDARD.encode(summed.sum.finish()), summed.size_bytes))
}

/// Adds what was compressed; the inner error is that of a large file, which is read here.
fn add(
    container: &mut Container<impl Write>,
    batch: &[Item],
    packed: Vec<Option<Arc<Packed>>>,
) -> io::Result<Result<(), BuildFailure>> {
    for (item, packed) in batch.iter().zip(packed) {
        let Entry { path, content, .. } = &item.entry;
        match (packed, content) {
            (Some(packed), _) => container.add(path, mode(&item.entry), &packed)?,
            (None, Content::File(file)) => {
                let mut pieces = match Pieces::open(file) {
                    Ok(pieces) => pieces,
                    Err(failure) => return Ok(Err(failure)),
                };
                if let Err(failure) = container.stream(path, mode(&item.entry), LEVEL, || pieces.next())? {
                    return Ok(Err(failure));
                }
            }
            (None, Content::Bytes(_) | Content::Link(_)) => {}
        }
    }
    Ok(Ok(()))
}

/// A file, read piece by piece.
struct Pieces<'a> {
    path: &'a Path,
    file: std::fs::File,
}

impl Pieces<'_> {
    fn open(path: &Path) -> Result<Pieces<'_>, BuildFailure> {
        let file = std::fs::File::open(path).map_err(|source| BuildFailure::read(path, source))?;
        Ok(Pieces { path, file })
    }

    fn next(&mut self) -> Result<Option<Vec<u8>>, BuildFailure> {
        let mut piece = Vec::with_capacity(PIECE_BYTES);
        let read = Read::by_ref(&mut self.file).take(PIECE_BYTES as u64).read_to_end(&mut piece);
        read.map_err(|source| BuildFailure::read(self.path, source))?;
        Ok(Some(piece).filter(|piece| !piece.is_empty()))
    }
}

/// Sums up what goes through.
struct Summed<W> {
    out: W,
    sum: Context,
    size_bytes: u64,
}

impl<W: Write> Write for Summed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write_all(bytes)?;
        self.sum.update(bytes);
        self.size_bytes += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The Base64 SHA-256 of a zip, as Lambda's `CodeSha256`.
pub fn code_sha256(bytes: &[u8]) -> String {
    STANDARD.encode(digest(&SHA256, bytes))
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
        if leads_out(&name) {
            return Err(not_a_zip(format!("its entry `{name}` leads out of it")));
        }
        entries.push((name, entry.size()));
    }
    Ok(entries)
}

/// Whether an entry would be unpacked elsewhere than below the folder it is unpacked in.
fn leads_out(name: &str) -> bool {
    name.starts_with(['/', '\\']) || name.split(['/', '\\']).any(|part| part == "..")
}

/// The beginning of an entry's content, as much of it as is searched for keys.
pub fn beginning(bytes: &[u8], name: &str) -> Option<Vec<u8>> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).ok()?;
    let mut content = Vec::new();
    archive.by_name(name).ok()?.take(SEARCHED_BYTES).read_to_end(&mut content).ok()?;
    Some(content)
}

fn batches(items: &[Item]) -> Vec<&[Item]> {
    let mut batches = Vec::new();
    let mut rest = items;
    while !rest.is_empty() {
        let mut bytes = 0;
        let fits = rest.iter().take(BATCH_ENTRIES).take_while(|item| {
            let first = bytes == 0;
            bytes += if item.size_bytes >= STREAMED_BYTES { 1 } else { item.size_bytes.max(1) };
            first || bytes <= BATCH_BYTES
        });
        let (batch, after) = rest.split_at(fits.count().max(1));
        batches.push(batch);
        rest = after;
    }
    batches
}

/// The compressed entries; none for a large file, which is compressed while it is written.
fn pack(batch: &[Item], deflater: &Deflater) -> Result<Vec<Option<Arc<Packed>>>, BuildFailure> {
    batch.par_iter().map(|item| packed(item, deflater)).collect()
}

fn packed(item: &Item, deflater: &Deflater) -> Result<Option<Arc<Packed>>, BuildFailure> {
    let content = || match &item.entry.content {
        Content::Bytes(bytes) => Ok(bytes.clone()),
        Content::Link(to) => Ok(to.clone().into_bytes()),
        Content::File(path) => std::fs::read(path).map_err(|source| BuildFailure::read(path, source)),
    };
    if item.size_bytes >= STREAMED_BYTES && matches!(item.entry.content, Content::File(_)) {
        return Ok(None);
    }
    let refused = |source| BuildFailure::write(Path::new(&item.entry.path), source);
    deflater.pack(&item.hash, content, refused).map(Some)
}

/// The mode with the type of the file, as Unix has it.
fn mode(entry: &Entry) -> u32 {
    match (&entry.content, entry.executable) {
        (Content::Link(_), _) => 0o120_777,
        (_, true) => 0o100_755,
        (_, false) => 0o100_644,
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
        pool.install(|| write(&manifest(seed), &target, &Deflater::default())).unwrap();
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
        write(&manifest, &target, &Deflater::default()).unwrap();
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
    fn entries_that_lead_out_of_the_zip_are_refused() {
        let with = |name: &str| {
            let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
            writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            writer.write_all(b"//x:_authToken=abc").unwrap();
            let bytes = writer.finish().unwrap().into_inner();
            let key = beginning(&bytes, name);
            contents(Path::new("a.zip"), &bytes).map(|_| key).map_err(|failure| failure.to_string())
        };
        assert_eq!(with(".npmrc").unwrap().as_deref(), Some(b"//x:_authToken=abc".as_slice()));
        for name in ["../a", "a/../../b", "/etc/a", "..\\a"] {
            assert!(with(name).unwrap_err().contains("leads out of it"), "{name}");
        }
    }

    #[test]
    fn a_file_that_is_no_zip_is_refused() {
        let refused = contents(Path::new("a.zip"), b"no zip").unwrap_err();
        assert!(refused.to_string().starts_with("a.zip is not a zip archive"), "{refused}");
    }
}
