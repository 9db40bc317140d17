//! Compresses contents, each distinct one once a run.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use libdeflater::{CompressionLvl, Compressor, Crc};

/// How many compressed bytes are kept for zips that hold the same file.
const KEPT_BYTES: usize = 16 * 1024 * 1024;

/// Contents of less bytes are stored: there is nothing to gain.
const LEAST_BYTES: usize = 16;

/// A content as a zip holds it.
#[derive(Debug, PartialEq, Eq)]
pub struct Packed {
    /// Deflated, else as it is.
    pub deflated: bool,
    pub crc32: u32,
    /// What it unpacks to.
    pub size_bytes: u64,
    pub bytes: Vec<u8>,
}

/// Compressors, and what they made.
#[derive(Default)]
pub struct Deflater {
    /// Those that nobody works with at the moment.
    idle: Mutex<Vec<Compressor>>,
    kept: Mutex<Kept>,
    /// Several zips may hold the same file.
    keeps: bool,
}

#[derive(Default)]
struct Kept {
    by_content: HashMap<blake3::Hash, Arc<Packed>>,
    bytes: usize,
}

impl Deflater {
    /// One that keeps what it made, for zips that share files.
    pub fn keeping() -> Deflater {
        Deflater { keeps: true, ..Deflater::default() }
    }

    /// A content in its shorter form, deflated or as it is. The bytes depend on nothing but the content.
    ///
    /// # Errors
    /// What `content` says; the compressor's refusal.
    pub fn pack<E>(
        &self,
        hash: &blake3::Hash,
        content: impl FnOnce() -> Result<Vec<u8>, E>,
        refused: impl FnOnce(io::Error) -> E,
    ) -> Result<Arc<Packed>, E> {
        if let Some(packed) = self.kept().by_content.get(hash) {
            return Ok(packed.clone());
        }
        let packed = Arc::new(self.packed(content()?).map_err(refused)?);
        let mut kept = self.kept();
        if self.keeps && kept.bytes + packed.bytes.len() <= KEPT_BYTES {
            kept.bytes += packed.bytes.len();
            kept.by_content.insert(*hash, packed.clone());
        }
        Ok(packed)
    }

    fn packed(&self, content: Vec<u8>) -> io::Result<Packed> {
        let mut crc = Crc::new();
        crc.update(&content);
        let (crc32, size_bytes) = (crc.sum(), content.len() as u64);
        let shorter = if content.len() < LEAST_BYTES { None } else { Some(self.deflate(&content)?) };
        let shorter = shorter.filter(|bytes| bytes.len() < content.len());
        Ok(Packed { deflated: shorter.is_some(), crc32, size_bytes, bytes: shorter.unwrap_or(content) })
    }

    fn deflate(&self, content: &[u8]) -> io::Result<Vec<u8>> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = idle().pop();
        let mut compressor = waiting.unwrap_or_else(|| Compressor::new(CompressionLvl::default()));
        let mut bytes = vec![0; compressor.deflate_compress_bound(content.len())];
        let length = compressor.deflate_compress(content, &mut bytes).map_err(io::Error::other)?;
        idle().push(compressor);
        bytes.truncate(length);
        bytes.shrink_to_fit();
        Ok(bytes)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // What is counted and not kept after a panic only ends the keeping earlier.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Read;

    fn pack(deflater: &Deflater, content: &[u8]) -> Arc<Packed> {
        deflater.pack(&blake3::hash(content), || Ok(content.to_vec()), |error| error).unwrap()
    }

    #[test]
    fn the_same_content_is_compressed_once_where_zips_share_files() {
        let keeping = Deflater::keeping();
        let content = b"the same again, the same again, the same again";
        assert!(Arc::ptr_eq(&pack(&keeping, content), &pack(&keeping, content)));
        let alone = Deflater::default();
        assert_eq!(pack(&alone, content), pack(&keeping, content));
        assert!(!Arc::ptr_eq(&pack(&alone, content), &pack(&alone, content)));
    }

    #[test]
    fn what_cannot_be_read_is_asked_for_again() {
        let keeping = Deflater::keeping();
        let refused = keeping.pack(&blake3::hash(b"a"), || Err(io::Error::other("gone")), |error| error);
        assert_eq!(refused.unwrap_err().to_string(), "gone");
        assert_eq!(pack(&keeping, b"a").bytes, b"a");
    }

    proptest! {
        #[test]
        fn every_content_comes_back_and_is_never_longer(
            content in prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..2_000),
                "[ab]{0,2000}".prop_map(String::into_bytes),
            ],
        ) {
            let packed = pack(&Deflater::default(), &content);
            prop_assert!(packed.bytes.len() <= content.len());
            let mut read = packed.bytes.clone();
            if packed.deflated {
                read.clear();
                flate2::read::DeflateDecoder::new(packed.bytes.as_slice()).read_to_end(&mut read).unwrap();
            }
            prop_assert_eq!(read, content);
        }
    }
}
