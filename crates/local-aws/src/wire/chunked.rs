//! `aws-chunked` bodies: sizes, optional signatures, trailers.
//!
//! Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html>.

use super::Fault;
use super::sigv4::{Signer, same};

/// Trailing headers in lowercase, in order.
pub type Headers = Vec<(String, String)>;

/// The longest chunk header or trailer line.
const LONGEST_LINE: usize = 8 * 1024;

/// The most trailing headers.
const MOST_TRAILERS: usize = 16;

/// The body and the trailing headers of a chunked `stream`; with a `signer` every chunk's signature is checked.
///
/// # Errors
/// `IncompleteBody` when the stream ends early or is not framed as it should be, `SignatureDoesNotMatch` for a chunk
/// that was not signed by the request's signer.
pub fn decode(stream: &[u8], signer: Option<&Signer>) -> Result<(Vec<u8>, Headers), Fault> {
    let mut rest = stream;
    let mut body = Vec::with_capacity(stream.len());
    let mut previous = signer.map(|signer| signer.seed.clone()).unwrap_or_default();
    loop {
        let (size, signature) = header(line(&mut rest)?)?;
        if size > rest.len() {
            return Err(incomplete());
        }
        let (data, after) = rest.split_at(size);
        if let Some(signer) = signer {
            previous = check(signature, signer.chunk(&previous, data))?;
        }
        if size == 0 {
            break;
        }
        body.extend_from_slice(data);
        rest = after.strip_prefix(b"\r\n").ok_or_else(incomplete)?;
    }
    let trailers = trailers(rest, signer, &previous)?;
    Ok((body, trailers))
}

fn header(line: &[u8]) -> Result<(usize, Option<&str>), Fault> {
    let text = std::str::from_utf8(line).map_err(|_| incomplete())?;
    let (size, extension) = text.split_once(';').map_or((text, None), |(size, extension)| (size, Some(extension)));
    let digits = size.trim();
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(incomplete());
    }
    let size = usize::from_str_radix(digits, 16).map_err(|_| incomplete())?;
    Ok((size, extension.and_then(|extension| extension.trim().strip_prefix("chunk-signature="))))
}

fn trailers(mut rest: &[u8], signer: Option<&Signer>, previous: &str) -> Result<Headers, Fault> {
    let mut trailers = Vec::new();
    let mut signed = String::new();
    let mut signature = None;
    while !rest.is_empty() {
        let line = line(&mut rest)?;
        if line.is_empty() {
            continue;
        }
        let text = std::str::from_utf8(line).map_err(|_| incomplete())?;
        let (name, value) = text.split_once(':').ok_or_else(incomplete)?;
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim().to_owned());
        if name == "x-amz-trailer-signature" {
            signature = Some(value);
            continue;
        }
        if trailers.len() == MOST_TRAILERS {
            return Err(incomplete());
        }
        signed.push_str(&format!("{name}:{value}\n"));
        trailers.push((name, value));
    }
    if let Some(signer) = signer
        && !trailers.is_empty()
    {
        check(signature.as_deref(), signer.trailer(previous, signed.as_bytes()))?;
    }
    Ok(trailers)
}

fn check(stated: Option<&str>, expected: String) -> Result<String, Fault> {
    match stated {
        Some(stated) if same(stated.as_bytes(), expected.as_bytes()) => Ok(expected),
        _ => Err(Fault::sender(
            "SignatureDoesNotMatch",
            "The chunk signature we calculated does not match the signature you provided. Check your key and signing \
             method.",
        )
        .with_status(403)),
    }
}

/// The bytes up to the next CRLF, which is taken too.
fn line<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], Fault> {
    let window = &rest[..rest.len().min(LONGEST_LINE)];
    let end = window.windows(2).position(|pair| pair == b"\r\n").ok_or_else(incomplete)?;
    let line = &rest[..end];
    *rest = &rest[end + 2..];
    Ok(line)
}

fn incomplete() -> Fault {
    Fault::sender("IncompleteBody", "The request body terminated unexpectedly")
}

#[cfg(test)]
#[path = "chunked_tests.rs"]
mod tests;
