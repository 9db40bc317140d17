//! What a Linux binary needs of the machine that runs it.

use std::io::Read;
use std::path::Path;

use object::elf::{EM_AARCH64, EM_X86_64, FileHeader64};
use object::read::elf::{FileHeader, SectionHeader};
use object::{Endianness, read};

use super::Architecture;

/// The processor that a 64-bit ELF file is for; none for another kind of file or processor.
pub fn machine(bytes: &[u8]) -> Option<Machine> {
    let header = FileHeader64::<Endianness>::parse(bytes).ok()?;
    let endian = header.endian().ok()?;
    Some(match header.e_machine(endian) {
        EM_X86_64 => Machine::Known(Architecture::X86_64),
        EM_AARCH64 => Machine::Known(Architecture::Arm64),
        other => Machine::Other(other.0),
    })
}

/// Whether a file begins as ELF files do.
pub fn is_elf(path: &Path) -> bool {
    let mut magic = [0; 4];
    std::fs::File::open(path).is_ok_and(|mut file| file.read_exact(&mut magic).is_ok()) && magic == *b"\x7fELF"
}

/// A processor as an ELF file names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Machine {
    Known(Architecture),
    /// One that Lambda does not have, by its ELF number.
    Other(u16),
}

/// The newest version of the C library that a binary asks for, as (major, minor); none for a static binary.
pub fn glibc_needed(bytes: &[u8]) -> Option<(u32, u32)> {
    versions(bytes).ok().unwrap_or_default().iter().filter_map(|name| version(name)).max()
}

fn version(name: &str) -> Option<(u32, u32)> {
    let mut numbers = name.strip_prefix("GLIBC_")?.split('.');
    let major = numbers.next()?.parse().ok()?;
    let minor = numbers.next()?.parse().ok()?;
    Some((major, minor))
}

fn versions(bytes: &[u8]) -> read::Result<Vec<String>> {
    let header = FileHeader64::<Endianness>::parse(bytes)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, bytes)?;
    let mut names = Vec::new();
    for section in sections.iter() {
        let Some((mut needs, strings)) = section.gnu_verneed(endian, bytes)? else { continue };
        let strings = sections.strings(endian, bytes, strings)?;
        while let Some((_, mut libraries)) = needs.next()? {
            while let Some(library) = libraries.next()? {
                names.push(String::from_utf8_lossy(library.name(endian, strings)?).into_owned());
            }
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_very_binary_is_for_this_machine_and_needs_a_c_library() {
        let bytes = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        assert_eq!(machine(&bytes), Architecture::host().map(Machine::Known));
        assert!(glibc_needed(&bytes).is_some_and(|needed| needed >= (2, 2)));
    }

    #[test]
    fn what_is_no_binary_has_no_machine() {
        assert_eq!(machine(b"#!/bin/sh\n"), None);
        assert_eq!(glibc_needed(b"#!/bin/sh\n"), None);
    }
}
