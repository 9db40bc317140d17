//! Signature Version 4, seen from the side that checks it.
//!
//! A request claims an identity ([`Claim`]); [`verify`] recomputes the signature over what arrived and compares.
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html> and
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>.

mod canonical;
mod claim;
mod refusal;

use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use bytes::Bytes;
use http::request::Parts;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

pub use claim::{Claim, Form};
pub use refusal::Refusal;

/// How far a client's clock may be off: five minutes, for S3 fifteen.
const SKEW_S: i64 = 5 * 60;
const S3_SKEW_S: i64 = 15 * 60;

/// What the `x-amz-content-sha256` header may say in place of a hash.
pub const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";
const STREAMING: &str = "STREAMING-";

/// The key and scope under which the chunks of a signed stream are verified.
#[derive(Clone)]
pub struct Signer {
    key: Vec<u8>,
    amz_date: String,
    scope: String,
    /// The signature of the request itself, which the first chunk builds upon.
    pub seed: String,
}

impl Signer {
    /// A signer with given parts, for signatures that AWS published.
    #[cfg(test)]
    pub fn for_test(key: Vec<u8>, amz_date: &str, scope: &str, seed: &str) -> Signer {
        Signer { key, amz_date: amz_date.to_owned(), scope: scope.to_owned(), seed: seed.to_owned() }
    }

    /// The signature of one chunk that follows the chunk signed `previous`.
    pub fn chunk(&self, previous: &str, data: &[u8]) -> String {
        let to_sign = format!(
            "AWS4-HMAC-SHA256-PAYLOAD\n{}\n{}\n{previous}\n{}\n{}",
            self.amz_date,
            self.scope,
            sha256_hex(b""),
            sha256_hex(data)
        );
        calculate_signature(&self.key, to_sign.as_bytes())
    }

    /// The signature of the trailing headers, given as `name:value\n` lines.
    pub fn trailer(&self, previous: &str, lines: &[u8]) -> String {
        let to_sign =
            format!("AWS4-HMAC-SHA256-TRAILER\n{}\n{}\n{previous}\n{}", self.amz_date, self.scope, sha256_hex(lines));
        calculate_signature(&self.key, to_sign.as_bytes())
    }
}

/// Checks that the holder of `secret` signed this request, recently enough.
///
/// # Errors
/// The refusal that AWS would answer with: skew, expiry, a body that is not the signed one, a wrong signature.
pub fn verify(parts: &Parts, body: &Bytes, claim: &Claim, secret: &str, now: Timestamp) -> Result<Signer, Refusal> {
    check_time(claim, now)?;
    let payload = payload_hash(parts, body, claim)?;
    let canonical = canonical::request(parts, claim, &payload);
    let scope = claim.scope();
    let to_sign = format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{}", claim.amz_date, sha256_hex(canonical.as_bytes()));
    let key = generate_signing_key(secret, claim.signed_at.into(), &claim.region, &claim.service).as_ref().to_vec();
    let expected = calculate_signature(&key, to_sign.as_bytes());
    if !same(expected.as_bytes(), claim.signature.as_bytes()) {
        return Err(Refusal::WrongSignature);
    }
    Ok(Signer { key, amz_date: claim.amz_date.clone(), scope, seed: expected })
}

fn check_time(claim: &Claim, now: Timestamp) -> Result<(), Refusal> {
    let off_s = now.as_second() - claim.signed_at.as_second();
    if let Form::Query { expires_s } = claim.form {
        if off_s > expires_s {
            return Err(Refusal::Expired);
        }
        if off_s < -S3_SKEW_S {
            return Err(Refusal::Skew { signed: claim.amz_date.clone(), now });
        }
        return Ok(());
    }
    let allowed_s = if claim.service == "s3" { S3_SKEW_S } else { SKEW_S };
    if off_s.abs() > allowed_s {
        return Err(Refusal::Skew { signed: claim.amz_date.clone(), now });
    }
    Ok(())
}

/// The last line of the canonical request: what the client says of the body, checked where it can be.
fn payload_hash(parts: &Parts, body: &Bytes, claim: &Claim) -> Result<String, Refusal> {
    let stated = parts.headers.get("x-amz-content-sha256").and_then(|value| value.to_str().ok());
    match stated {
        Some(word) if word == UNSIGNED_PAYLOAD || word.starts_with(STREAMING) => Ok(word.to_owned()),
        Some(hash) if claim.service == "s3" => {
            if hash.eq_ignore_ascii_case(&sha256_hex(body)) {
                Ok(hash.to_owned())
            } else {
                Err(Refusal::WrongPayload)
            }
        }
        None if claim.service == "s3" && matches!(claim.form, Form::Query { .. }) => Ok(UNSIGNED_PAYLOAD.to_owned()),
        _ => Ok(sha256_hex(body)),
    }
}

/// Lowercase hexadecimal SHA-256.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Lowercase hexadecimal digits of `bytes`.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Equality whose duration does not tell where two secrets first differ.
pub fn same(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len() && left.iter().zip(right).fold(0, |seen, (l, r)| seen | (l ^ r)) == 0
}

#[cfg(test)]
mod tests;
