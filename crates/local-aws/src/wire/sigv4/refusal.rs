//! Why a signature is not accepted, in the words of each kind of service.

use jiff::Timestamp;

use crate::wire::{Fault, Protocol};

/// Why a request is not let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no signature.
    Missing,
    /// The signature cannot be read; the words say what is missing.
    Incomplete(String),
    /// Another algorithm than `AWS4-HMAC-SHA256`.
    Unsupported(String),
    /// Nobody has this access key.
    UnknownKey,
    /// Temporary credentials whose token is missing, wrong or expired.
    Token { expired: bool },
    /// The signature is not the one that the key's holder would have made.
    WrongSignature,
    /// The body is not the one whose hash was signed.
    WrongPayload,
    /// The client's clock is too far off.
    Skew { signed: String, now: Timestamp },
    /// A presigned address is used after its time.
    Expired,
}

const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. Check your AWS \
                        Secret Access Key and signing method. Consult the service documentation for details.";

const INVALID_TOKEN: &str = "The security token included in the request is invalid.";
const EXPIRED_TOKEN: &str = "The security token included in the request is expired";

impl Refusal {
    /// The fault that a service of this protocol answers.
    pub fn fault(&self, protocol: Protocol) -> Fault {
        match protocol {
            Protocol::RestXml => self.s3(),
            Protocol::Query => self.query(),
            // The JSON 1.x services answer 400 where the REST ones answer 403.
            Protocol::Json { .. } => self.json().with_status(400),
            Protocol::RestJson => self.json(),
        }
    }

    fn json(&self) -> Fault {
        let (code, message) = match self {
            Refusal::Missing => ("MissingAuthenticationTokenException", "Missing Authentication Token".to_owned()),
            Refusal::Incomplete(words) => ("IncompleteSignatureException", words.clone()),
            Refusal::Unsupported(name) => ("IncompleteSignatureException", unsupported(name)),
            Refusal::UnknownKey | Refusal::Token { expired: false } => {
                ("UnrecognizedClientException", INVALID_TOKEN.to_owned())
            }
            Refusal::Token { expired: true } => ("ExpiredTokenException", EXPIRED_TOKEN.to_owned()),
            Refusal::WrongSignature | Refusal::WrongPayload => ("InvalidSignatureException", MISMATCH.to_owned()),
            Refusal::Skew { signed, now } => ("InvalidSignatureException", skew(signed, *now)),
            Refusal::Expired => ("InvalidSignatureException", "Signature expired".to_owned()),
        };
        Fault::sender(code, message).with_status(403)
    }

    fn query(&self) -> Fault {
        let (code, message) = match self {
            Refusal::Missing => ("MissingAuthenticationToken", "Request is missing Authentication Token".to_owned()),
            Refusal::Incomplete(words) => ("IncompleteSignature", words.clone()),
            Refusal::Unsupported(name) => ("IncompleteSignature", unsupported(name)),
            Refusal::UnknownKey | Refusal::Token { expired: false } => {
                ("InvalidClientTokenId", INVALID_TOKEN.to_owned())
            }
            Refusal::Token { expired: true } => ("ExpiredToken", EXPIRED_TOKEN.to_owned()),
            Refusal::WrongSignature | Refusal::WrongPayload => ("SignatureDoesNotMatch", MISMATCH.to_owned()),
            Refusal::Skew { signed, now } => ("SignatureDoesNotMatch", skew(signed, *now)),
            Refusal::Expired => ("SignatureDoesNotMatch", "Signature expired".to_owned()),
        };
        Fault::sender(code, message).with_status(403)
    }

    fn s3(&self) -> Fault {
        let (code, status, message) = match self {
            Refusal::Missing => ("AccessDenied", 403, "Access Denied"),
            Refusal::Incomplete(words) => ("AuthorizationHeaderMalformed", 400, words.as_str()),
            Refusal::Unsupported(_) => (
                "InvalidRequest",
                400,
                "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
            ),
            Refusal::UnknownKey => {
                ("InvalidAccessKeyId", 403, "The AWS Access Key Id you provided does not exist in our records.")
            }
            Refusal::Token { expired: false } => {
                ("InvalidToken", 400, "The provided token is malformed or otherwise invalid.")
            }
            Refusal::Token { expired: true } => ("ExpiredToken", 400, "The provided token has expired."),
            Refusal::WrongSignature => (
                "SignatureDoesNotMatch",
                403,
                "The request signature we calculated does not match the signature you provided. Check your key and \
                 signing method.",
            ),
            Refusal::WrongPayload => (
                "XAmzContentSHA256Mismatch",
                400,
                "The provided 'x-amz-content-sha256' header does not match what was computed.",
            ),
            Refusal::Skew { .. } => (
                "RequestTimeTooSkewed",
                403,
                "The difference between the request time and the current time is too large.",
            ),
            Refusal::Expired => ("AccessDenied", 403, "Request has expired"),
        };
        Fault::sender(code, message).with_status(status)
    }
}

fn unsupported(name: &str) -> String {
    format!("Unsupported AWS 'algorithm': '{name}'.")
}

fn skew(signed: &str, now: Timestamp) -> String {
    let now = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    if signed < now.as_str() {
        format!("Signature expired: {signed} is now earlier than {now} (5 min. allowed)")
    } else {
        format!("Signature not yet current: {signed} is still later than {now} (5 min. allowed)")
    }
}
