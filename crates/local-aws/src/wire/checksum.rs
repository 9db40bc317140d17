//! The checksums that S3 clients send along with a body.
//!
//! Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use md5::{Digest, Md5};
use sha2::Sha256;

use super::Fault;

/// An algorithm of S3's additional checksums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checksum {
    Crc32,
    Crc32c,
    Crc64Nvme,
    Sha1,
    Sha256,
}

const ALL: &[Checksum] = &[Checksum::Crc32, Checksum::Crc32c, Checksum::Crc64Nvme, Checksum::Sha1, Checksum::Sha256];

const CRC32C: [u32; 256] = table32(0x82F6_3B78);
const CRC64NVME: [u64; 256] = table64(0x9A6C_9329_AC4B_C9B5);

impl Checksum {
    /// The member's name in the API: `ChecksumCRC32`.
    pub fn member(self) -> &'static str {
        match self {
            Checksum::Crc32 => "ChecksumCRC32",
            Checksum::Crc32c => "ChecksumCRC32C",
            Checksum::Crc64Nvme => "ChecksumCRC64NVME",
            Checksum::Sha1 => "ChecksumSHA1",
            Checksum::Sha256 => "ChecksumSHA256",
        }
    }

    /// The header: `x-amz-checksum-crc32`.
    pub fn header(self) -> &'static str {
        match self {
            Checksum::Crc32 => "x-amz-checksum-crc32",
            Checksum::Crc32c => "x-amz-checksum-crc32c",
            Checksum::Crc64Nvme => "x-amz-checksum-crc64nvme",
            Checksum::Sha1 => "x-amz-checksum-sha1",
            Checksum::Sha256 => "x-amz-checksum-sha256",
        }
    }

    /// The checksum of `bytes` in base64, as it travels.
    pub fn of(self, bytes: &[u8]) -> String {
        match self {
            Checksum::Crc32 => STANDARD.encode(crc32fast::hash(bytes).to_be_bytes()),
            Checksum::Crc32c => STANDARD.encode(crc32c(bytes).to_be_bytes()),
            Checksum::Crc64Nvme => STANDARD.encode(crc64nvme(bytes).to_be_bytes()),
            Checksum::Sha1 => STANDARD.encode(sha1::Sha1::digest(bytes)),
            Checksum::Sha256 => STANDARD.encode(Sha256::digest(bytes)),
        }
    }
}

/// Checks `body` against every checksum in `headers`; the additional one that was there, with its value.
///
/// # Errors
/// `BadDigest` when one does not match, `InvalidDigest` and `InvalidRequest` when one cannot be read, or is of an
/// algorithm that is not there.
pub fn verify(headers: &HeaderMap, body: &[u8]) -> Result<Option<(Checksum, String)>, Fault> {
    if let Some(stated) = headers.get("content-md5") {
        verify_md5(stated.as_bytes(), body)?;
    }
    let mut found = None;
    for (name, value) in headers {
        let Some(algorithm) = name.as_str().strip_prefix("x-amz-checksum-") else { continue };
        if matches!(algorithm, "mode" | "algorithm" | "type") {
            continue;
        }
        let checksum = ALL.iter().find(|checksum| checksum.header() == name.as_str()).ok_or_else(|| {
            Fault::sender("InvalidRequest", format!("the local AWS does not support the checksum {algorithm}"))
        })?;
        let expected = checksum.of(body);
        if value.as_bytes() != expected.as_bytes() {
            let name = algorithm.to_ascii_uppercase();
            let message = format!("The {name} you specified did not match the calculated checksum.");
            return Err(Fault::sender("BadDigest", message));
        }
        found = Some((*checksum, expected));
    }
    Ok(found)
}

fn verify_md5(stated: &[u8], body: &[u8]) -> Result<(), Fault> {
    match STANDARD.decode(stated) {
        Ok(digest) if digest.len() == 16 => {
            if digest.as_slice() == Md5::digest(body).as_slice() {
                Ok(())
            } else {
                Err(Fault::sender("BadDigest", "The Content-MD5 you specified did not match what we received."))
            }
        }
        _ => Err(Fault::sender("InvalidDigest", "The Content-MD5 you specified was invalid.")),
    }
}

fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc: u32, byte| CRC32C[((crc ^ u32::from(*byte)) & 0xFF) as usize] ^ (crc >> 8))
}

fn crc64nvme(bytes: &[u8]) -> u64 {
    !bytes.iter().fold(!0, |crc: u64, byte| CRC64NVME[((crc ^ u64::from(*byte)) & 0xFF) as usize] ^ (crc >> 8))
}

/// The table of a reflected CRC-32.
const fn table32(polynomial: u32) -> [u32; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut crc = index as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ polynomial } else { crc >> 1 };
            bit += 1;
        }
        table[index] = crc;
        index += 1;
    }
    table
}

/// The table of a reflected CRC-64.
const fn table64(polynomial: u64) -> [u64; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut crc = index as u64;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ polynomial } else { crc >> 1 };
            bit += 1;
        }
        table[index] = crc;
        index += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Source: the check values (of `123456789`) in the catalogue of parametrised CRC algorithms; FIPS 180 for SHA.
    #[test]
    fn every_checksum_of_the_catalogue_s_check_text_is_the_published_one() {
        let text = b"123456789";
        assert_eq!(Checksum::Crc32.of(text), STANDARD.encode(0xCBF4_3926_u32.to_be_bytes()));
        assert_eq!(Checksum::Crc32c.of(text), STANDARD.encode(0xE306_9283_u32.to_be_bytes()));
        assert_eq!(Checksum::Crc64Nvme.of(text), STANDARD.encode(0xAE8B_1486_0A79_9888_u64.to_be_bytes()));
        assert_eq!(Checksum::Sha1.of(b"abc"), "qZk+NkcGgWq6PiVxeFDCbJzQ2J0=");
        assert_eq!(Checksum::Sha256.of(b"abc"), "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
    }

    #[test]
    fn a_body_that_does_not_match_its_checksum_is_refused() {
        let mut headers = HeaderMap::new();
        headers.insert("x-amz-checksum-crc32", "AAAAAA==".parse().unwrap());
        assert_eq!(verify(&headers, b"abc").unwrap_err().code, "BadDigest");
        headers.insert("x-amz-checksum-crc32", Checksum::Crc32.of(b"abc").parse().unwrap());
        assert_eq!(verify(&headers, b"abc").unwrap(), Some((Checksum::Crc32, Checksum::Crc32.of(b"abc"))));
        headers.insert("content-md5", "kAFQmDzST7DWlj99KOF/cg==".parse().unwrap());
        assert!(verify(&headers, b"abc").is_ok());
        assert_eq!(verify(&headers, b"abd").unwrap_err().code, "BadDigest");
    }
}
