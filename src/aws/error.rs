//! What AWS answers when it does not do what was asked.

use std::error::Error;

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// A call to AWS that did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsError {
    /// The operation as AWS names it: `CreateChangeSet`.
    pub operation: &'static str,
    pub kind: Kind,
    /// AWS's error code, `AccessDeniedException`; empty when no answer came.
    pub code: String,
    /// AWS's own sentence, or what was seen on the way to it.
    pub message: String,
}

/// What a failed call means for whoever made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// AWS understood and said no.
    Refused,
    /// Too many calls; it goes on failing after the SDK's own retries.
    Throttled,
    /// AWS had a fault of its own.
    Broken,
    /// There are no credentials, or not those of that profile.
    NoCredentials,
    /// The credentials were good once, or are not known to AWS.
    BadCredentials,
    /// This machine's clock is too far from AWS's for a signature to be good.
    Skewed,
    /// No answer: no route, connection cut, time-out.
    Unreachable,
    /// An answer that makes no sense.
    Garbled,
}

impl std::fmt::Display for AwsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let AwsError { operation, code, message, .. } = self;
        match self.kind {
            Kind::Refused if message.is_empty() => write!(f, "AWS refused {operation}: {code}"),
            Kind::Refused => write!(f, "AWS refused {operation}: {message} ({code})"),
            Kind::Throttled => {
                write!(f, "AWS asks for fewer calls and does not answer {operation}: {message} ({code})")
            }
            Kind::Broken => write!(f, "AWS had a fault of its own in {operation}: {message} ({code})"),
            Kind::NoCredentials => write!(f, "there are no AWS credentials: {message}"),
            Kind::BadCredentials => write!(f, "AWS does not accept the credentials: {message} ({code})"),
            Kind::Skewed => {
                write!(
                    f,
                    "the clock of this machine is wrong, so AWS does not accept the signature: {message} ({code})"
                )
            }
            Kind::Unreachable => write!(f, "no answer to {operation}: {message}"),
            Kind::Garbled => write!(f, "the answer to {operation} makes no sense: {message}"),
        }
    }
}

impl Error for AwsError {}

impl AwsError {
    /// An error of which AWS gave the code.
    pub fn answered(operation: &'static str, status: u16, code: &str, message: &str) -> AwsError {
        let kind = if is_about_time(code, message) { Kind::Skewed } else { kind(status, code) };
        AwsError { operation, kind, code: code.to_owned(), message: message.trim().to_owned() }
    }

    /// An answer in which something is missing.
    pub fn garbled(operation: &'static str, message: impl Into<String>) -> AwsError {
        AwsError { operation, kind: Kind::Garbled, code: String::new(), message: message.into() }
    }

    /// Whether another attempt later can succeed without anybody doing anything.
    pub fn is_passing(&self) -> bool {
        matches!(self.kind, Kind::Throttled | Kind::Broken | Kind::Unreachable)
    }

    /// Whether AWS was not reached with good credentials: exit code 5 instead of 1.
    pub fn is_unreachable(&self) -> bool {
        matches!(self.kind, Kind::NoCredentials | Kind::BadCredentials | Kind::Skewed | Kind::Unreachable)
    }

    /// The word of this kind of failure.
    pub fn word(&self) -> &'static str {
        match self.kind {
            Kind::Refused => "aws-refused",
            Kind::Throttled => "aws-throttled",
            Kind::Broken => "aws-broken",
            Kind::NoCredentials => "no-credentials",
            Kind::BadCredentials => "bad-credentials",
            Kind::Skewed => "clock-skewed",
            Kind::Unreachable => "aws-unreachable",
            Kind::Garbled => "aws-garbled",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self.kind {
            Kind::NoCredentials => Some(
                "run `aws configure` or `aws sso login`, or name a profile with `--profile`, `provider.profile` or AWS_PROFILE, or set \
                 AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; `--target local` deploys to this machine"
                    .to_owned(),
            ),
            Kind::BadCredentials if self.code.contains("Expired") => {
                Some("get new credentials (`aws sso login`, or whatever gave you these) and run the command again".to_owned())
            }
            Kind::BadCredentials => Some("look at `aws sts get-caller-identity` with the same profile".to_owned()),
            Kind::Skewed => Some("set the clock of this machine (`timedatectl`, NTP) and run the command again".to_owned()),
            Kind::Refused if is_denied(&self.code) => {
                Some("the message names the action and the resource that a policy of yours must allow".to_owned())
            }
            Kind::Throttled => Some("wait a minute and run the command again".to_owned()),
            Kind::Unreachable => Some("look at the network, the proxy and the region, then run the command again".to_owned()),
            Kind::Refused | Kind::Broken | Kind::Garbled => None,
        }
    }
}

fn is_denied(code: &str) -> bool {
    matches!(code, "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" | "AuthorizationError")
}

/// Source: AWS General Reference, "Troubleshooting Signature Version 4": a signature is good for five minutes (S3: fifteen).
fn is_about_time(code: &str, message: &str) -> bool {
    match code {
        "RequestTimeTooSkewed" | "RequestInTheFuture" => true,
        "SignatureDoesNotMatch" | "InvalidSignatureException" => {
            message.starts_with("Signature expired") || message.starts_with("Signature not yet current")
        }
        _ => false,
    }
}

/// Source: the error codes common to AWS services, "Common Errors" of each API reference.
fn kind(status: u16, code: &str) -> Kind {
    match code {
        "ExpiredToken"
        | "ExpiredTokenException"
        | "RequestExpired"
        | "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "InvalidAccessKeyId"
        | "SignatureDoesNotMatch"
        | "InvalidSignatureException"
        | "IncompleteSignature"
        | "MissingAuthenticationToken" => Kind::BadCredentials,
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "RequestLimitExceeded"
        | "SlowDown"
        | "TooManyRequestsException"
        | "RequestThrottled"
        | "BandwidthLimitExceeded" => Kind::Throttled,
        _ if status == 429 => Kind::Throttled,
        _ if status >= 500 => Kind::Broken,
        _ => Kind::Refused,
    }
}

/// Turns an SDK's error into ours.
pub(super) fn from_sdk<E, R>(operation: &'static str) -> impl FnOnce(SdkError<E, R>) -> AwsError
where
    E: ProvideErrorMetadata + Error + 'static,
    R: HasStatus + std::fmt::Debug,
{
    move |error| match &error {
        SdkError::ServiceError(service) => {
            let (code, message) = (service.err().code(), service.err().message());
            let status = service.raw().status_code();
            // An answer without a code is what a proxy or a broken connection gives.
            let code = code.map_or_else(|| format!("HTTP {status}"), str::to_owned);
            AwsError::answered(operation, status, &code, message.unwrap_or_default())
        }
        SdkError::ResponseError(_) => AwsError::garbled(operation, chain(&error)),
        SdkError::ConstructionFailure(_) | SdkError::DispatchFailure(_) | SdkError::TimeoutError(_) => {
            let message = chain(&error);
            match is_about_credentials(&message) {
                true => {
                    AwsError { operation, kind: Kind::NoCredentials, code: String::new(), message: searched(message) }
                }
                false => AwsError { operation, kind: Kind::Unreachable, code: String::new(), message },
            }
        }
        _ => AwsError { operation, kind: Kind::Unreachable, code: String::new(), message: chain(&error) },
    }
}

/// The status line of a raw answer.
pub(super) trait HasStatus {
    fn status_code(&self) -> u16;
}

impl HasStatus for aws_smithy_runtime_api::client::orchestrator::HttpResponse {
    fn status_code(&self) -> u16 {
        self.status().as_u16()
    }
}

/// The SDK tells about credentials only in the words of its causes.
fn is_about_credentials(message: &str) -> bool {
    let message = message.to_lowercase();
    message.contains("credential") || message.contains("sso") || message.contains("identity resolver")
}

/// Where credentials were looked for.
pub(super) const NOWHERE: &str =
    "neither in the environment, nor in a profile, nor from a web identity, a container or the machine";

/// Where credentials were looked for, instead of the SDK's list of everything that is not set.
fn searched(message: String) -> String {
    match message.contains("no credentials found in chain") {
        true => NOWHERE.to_owned(),
        false => message,
    }
}

/// The causes of an error in one line, from the first cause that says something to the last.
fn chain(error: &dyn Error) -> String {
    let words = crate::failure::causes(error);
    match words.len() {
        0 => error.to_string(),
        _ => words.join(": "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expired_token_is_a_matter_of_credentials() {
        let error = AwsError::answered("DescribeStacks", 403, "ExpiredToken", "The security token is expired");
        assert_eq!(error.kind, Kind::BadCredentials);
        assert!(error.is_unreachable());
        assert!(error.hint().is_some_and(|hint| hint.starts_with("get new credentials")));
    }

    #[test]
    fn a_wrong_clock_is_not_taken_for_wrong_credentials() {
        let expired = "Signature expired: 20260101T000000Z is now earlier than 20260101T001000Z (5 min. allowed)";
        for (code, message) in
            [("SignatureDoesNotMatch", expired), ("RequestTimeTooSkewed", "The difference is too large")]
        {
            let error = AwsError::answered("DescribeStacks", 403, code, message);
            assert_eq!(error.kind, Kind::Skewed, "{code}");
            assert!(error.is_unreachable() && error.hint().is_some_and(|hint| hint.contains("clock")));
        }
        let other =
            AwsError::answered("DescribeStacks", 403, "SignatureDoesNotMatch", "The request signature does not match");
        assert_eq!(other.kind, Kind::BadCredentials);
    }

    #[test]
    fn throttling_and_faults_of_aws_pass_by_themselves_and_a_refusal_does_not() {
        assert!(AwsError::answered("DescribeStacks", 400, "Throttling", "Rate exceeded").is_passing());
        assert!(AwsError::answered("DescribeStacks", 503, "ServiceUnavailable", "").is_passing());
        assert!(!AwsError::answered("DescribeStacks", 400, "ValidationError", "no").is_passing());
    }
}
