//! The zip format, as far as an artifact needs it: entries one after the other, then the directory.
//!
//! Source: PKWARE, APPNOTE.TXT - .ZIP File Format Specification, sections 4.3 and 4.4.

use std::io::{self, Write};

use super::deflater::Packed;

/// The first of January 1980, the first day that a zip can name.
const DATE: u16 = 0x0021;

/// What unpacks the archive has to know version 2.0: deflated entries.
const VERSION: u16 = 20;

/// The version that knows directories of more than 65,535 entries.
const VERSION_64: u16 = 45;

/// The archive was made on Unix, whose modes it holds.
const MADE_ON_UNIX: u16 = 3 << 8;

/// The name is UTF-8.
const UTF8: u16 = 1 << 11;

/// Checksum and sizes follow the content.
const SIZES_FOLLOW: u16 = 1 << 3;

const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// An archive that is being written, from its first to its last byte without going back.
pub struct Container<W> {
    out: W,
    written: u64,
    directory: Vec<u8>,
    entries: u64,
}

/// How a content is held.
struct Held {
    flags: u16,
    method: u16,
    crc32: u32,
    packed: u32,
    unpacked: u32,
}

impl<W: Write> Container<W> {
    pub fn new(out: W) -> Container<W> {
        Container { out, written: 0, directory: Vec::new(), entries: 0 }
    }

    /// Adds an entry; `mode` is that of Unix, with the type of the file.
    ///
    /// # Errors
    /// Those of the writer; a name or content that the format has no room for.
    pub fn add(&mut self, name: &str, mode: u32, content: &Packed) -> io::Result<()> {
        let held = Held {
            flags: 0,
            method: if content.deflated { DEFLATED } else { STORED },
            crc32: content.crc32,
            packed: room(content.bytes.len() as u64)?,
            unpacked: room(content.size_bytes)?,
        };
        let at = self.begin(name, &held)?;
        self.write_all(&content.bytes)?;
        self.list(name, mode, &held, at)
    }

    /// Adds an entry whose content is read piece by piece and deflated while it is written.
    ///
    /// # Errors
    /// As [`Container::add`]; the inner error is that of `pieces`.
    pub fn stream<E>(
        &mut self,
        name: &str,
        mode: u32,
        level: u32,
        mut piece: impl FnMut() -> Result<Option<Vec<u8>>, E>,
    ) -> io::Result<Result<(), E>> {
        let unknown = Held { flags: SIZES_FOLLOW, method: DEFLATED, crc32: 0, packed: 0, unpacked: 0 };
        let at = self.begin(name, &unknown)?;
        let start = self.written;
        let (mut crc, mut size) = (libdeflater::Crc::new(), 0);
        let mut encoder = flate2::write::DeflateEncoder::new(&mut *self, flate2::Compression::new(level));
        loop {
            match piece() {
                Err(error) => return Ok(Err(error)),
                Ok(None) => break,
                Ok(Some(bytes)) => {
                    crc.update(&bytes);
                    size += bytes.len() as u64;
                    encoder.write_all(&bytes)?;
                }
            }
        }
        encoder.finish()?;
        let (packed, unpacked) = (room(self.written - start)?, room(size)?);
        let held = Held { crc32: crc.sum(), packed, unpacked, ..unknown };
        let mut sizes = Vec::with_capacity(16);
        sizes.extend(0x0807_4b50_u32.to_le_bytes());
        [held.crc32, held.packed, held.unpacked].iter().for_each(|field| sizes.extend(field.to_le_bytes()));
        self.write_all(&sizes)?;
        self.list(name, mode, &held, at).map(Ok)
    }

    /// Writes the directory and answers the writer.
    ///
    /// # Errors
    /// Those of the writer; an archive of more than 4 GiB.
    pub fn finish(mut self) -> io::Result<W> {
        let (start, length) = (room(self.written)?, room(self.directory.len() as u64)?);
        let directory = std::mem::take(&mut self.directory);
        self.write_all(&directory)?;
        let count = u16::try_from(self.entries).ok().filter(|count| *count < u16::MAX);
        let mut end = Vec::with_capacity(98);
        if count.is_none() {
            let at = self.written;
            end.extend(0x0606_4b50_u32.to_le_bytes());
            end.extend(44_u64.to_le_bytes());
            [MADE_ON_UNIX | VERSION_64, VERSION_64].iter().for_each(|field| end.extend(field.to_le_bytes()));
            [0_u32, 0].iter().for_each(|disk| end.extend(disk.to_le_bytes()));
            let fields = [self.entries, self.entries, u64::from(length), u64::from(start)];
            fields.iter().for_each(|field| end.extend(field.to_le_bytes()));
            [0x0706_4b50_u32, 0].iter().for_each(|field| end.extend(field.to_le_bytes()));
            end.extend(at.to_le_bytes());
            end.extend(1_u32.to_le_bytes());
        }
        end.extend(0x0605_4b50_u32.to_le_bytes());
        let count = count.unwrap_or(u16::MAX);
        [0, 0, count, count].iter().for_each(|field| end.extend(field.to_le_bytes()));
        [length, start].iter().for_each(|field| end.extend(field.to_le_bytes()));
        end.extend(0_u16.to_le_bytes());
        self.write_all(&end)?;
        Ok(self.out)
    }

    /// Writes what stands before a content, and answers where that is.
    fn begin(&mut self, name: &str, held: &Held) -> io::Result<u32> {
        let at = room(self.written)?;
        let mut head = Vec::with_capacity(30 + name.len());
        head.extend(0x0403_4b50_u32.to_le_bytes());
        describe(&mut head, name, held)?;
        head.extend(name.as_bytes());
        self.write_all(&head)?;
        Ok(at)
    }

    /// Notes an entry in the directory.
    fn list(&mut self, name: &str, mode: u32, held: &Held, at: u32) -> io::Result<()> {
        self.directory.extend(0x0201_4b50_u32.to_le_bytes());
        self.directory.extend((MADE_ON_UNIX | VERSION).to_le_bytes());
        describe(&mut self.directory, name, held)?;
        // No comment, on the first disk, not known to be text.
        [0_u16, 0, 0].iter().for_each(|field| self.directory.extend(field.to_le_bytes()));
        self.directory.extend((mode << 16).to_le_bytes());
        self.directory.extend(at.to_le_bytes());
        self.directory.extend(name.as_bytes());
        self.entries += 1;
        Ok(())
    }
}

impl<W: Write> Write for Container<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write_all(bytes)?;
        self.written += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The fields that stand both before a content and in the directory.
fn describe(into: &mut Vec<u8>, name: &str, held: &Held) -> io::Result<()> {
    let length = u16::try_from(name.len()).map_err(|_| io::Error::other(format!("the name {name} is too long")))?;
    let flags = held.flags | if name.is_ascii() { 0 } else { UTF8 };
    [VERSION, flags, held.method, 0, DATE].iter().for_each(|field| into.extend(field.to_le_bytes()));
    [held.crc32, held.packed, held.unpacked].iter().for_each(|field| into.extend(field.to_le_bytes()));
    [length, 0].iter().for_each(|field| into.extend(field.to_le_bytes()));
    Ok(())
}

/// Fields have 32 bits; Lambda takes far less.
fn room(bytes: u64) -> io::Result<u32> {
    u32::try_from(bytes).map_err(|_| io::Error::other(format!("{bytes} bytes are more than an entry of a zip holds")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::deflater::Deflater;
    use std::io::{Cursor, Read};
    use zip::ZipArchive;

    fn packed(content: &[u8]) -> std::sync::Arc<Packed> {
        Deflater::default().pack(&blake3::hash(content), || Ok(content.to_vec()), |error: io::Error| error).unwrap()
    }

    #[test]
    fn a_reader_of_zips_finds_names_modes_times_and_contents() {
        let text = "again and ".repeat(40);
        let mut container = Container::new(Vec::new());
        container.add("a.py", 0o100_644, &packed(text.as_bytes())).unwrap();
        container.add("é/empty", 0o100_755, &packed(b"")).unwrap();
        let mut pieces = vec![text.clone().into_bytes(), text.clone().into_bytes()];
        let streamed = container.stream("large", 0o100_644, 6, || Ok::<_, io::Error>(pieces.pop())).unwrap();
        streamed.unwrap();
        container.add("link", 0o120_777, &packed(b"a.py")).unwrap();
        let mut archive = ZipArchive::new(Cursor::new(container.finish().unwrap())).unwrap();
        let twice = text.repeat(2);
        let expected =
            [("a.py", 0o644, text.as_str()), ("é/empty", 0o755, ""), ("large", 0o644, &twice), ("link", 0o777, "a.py")];
        for (at, (name, mode, content)) in expected.into_iter().enumerate() {
            let mut entry = archive.by_index(at).unwrap();
            assert_eq!((entry.name().unwrap().as_ref(), entry.unix_mode().unwrap() & 0o777), (name, mode));
            assert!(entry.last_modified().is_some_and(|time| (time.year(), time.month(), time.day()) == (1980, 1, 1)));
            assert_eq!(entry.is_symlink(), name == "link");
            let mut read = String::new();
            entry.read_to_string(&mut read).unwrap();
            assert_eq!(read, content);
        }
    }

    #[test]
    fn more_entries_than_sixteen_bits_count_are_all_found() {
        for count in [65_534, 65_535, 65_537] {
            let mut container = Container::new(Vec::new());
            let empty = packed(b"");
            for number in 0..count {
                container.add(&format!("{number}"), 0o100_644, &empty).unwrap();
            }
            let archive = ZipArchive::new(Cursor::new(container.finish().unwrap())).unwrap();
            assert_eq!(archive.len(), count);
        }
    }

    #[test]
    fn a_content_that_cannot_be_read_to_its_end_is_told() {
        let mut container = Container::new(Vec::new());
        let refused = container.stream("large", 0o100_644, 6, || Err::<Option<Vec<u8>>, _>("gone")).unwrap();
        assert_eq!(refused, Err("gone"));
    }

    #[test]
    fn a_name_that_the_format_has_no_room_for_is_refused() {
        let refused = Container::new(Vec::new()).add(&"a".repeat(65_536), 0o100_644, &packed(b"")).unwrap_err();
        assert!(refused.to_string().ends_with("is too long"));
    }
}
