//! How patiently a destination is asked: the pauses of an AWS that is shared by many, or of one on this machine.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;

use super::profile::variable;
use crate::apply::Pace;

/// How often a call is tried, the first time included, when nothing else is said.
const ATTEMPTS: u32 = 5;

/// How patiently a destination is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Patience {
    /// How often a call is tried, the first time included.
    pub attempts: u32,
    /// The pause before the second attempt, at most; each further one doubles it.
    pub first_pause: Duration,
    /// How often a stack is looked at.
    pub pace: Pace,
}

impl Patience {
    /// For an AWS on this machine, which answers in a millisecond and serves nobody else.
    pub const NEAR: Patience =
        Patience { attempts: ATTEMPTS, first_pause: Duration::from_millis(50), pace: Pace::LOCAL };
    /// For AWS.
    pub const FAR: Patience = Patience { attempts: ATTEMPTS, first_pause: Duration::from_secs(1), pace: Pace::AWS };

    /// For the destination of a configuration that was loaded. `AWS_MAX_ATTEMPTS` rules over our own number.
    ///
    /// Source: AWS SDKs and Tools Reference Guide, "Retry behavior".
    pub fn of(config: &SdkConfig) -> Patience {
        let patience = match config.endpoint_url().is_some_and(is_on_loopback) {
            true => Patience::NEAR,
            false => Patience::FAR,
        };
        let asked = config.retry_config().map_or(ATTEMPTS, RetryConfig::max_attempts);
        let attempts = if variable("AWS_MAX_ATTEMPTS").is_some() { asked } else { asked.max(ATTEMPTS) };
        Patience { attempts, ..patience }
    }

    /// Tries again, with growing pauses, as long as it ends with an error of which that may help.
    pub async fn tries<T, E, F>(self, helps: impl Fn(&E) -> bool, attempt: impl Fn() -> F) -> Result<T, E>
    where
        F: Future<Output = Result<T, E>>,
    {
        let mut pause = self.first_pause;
        for _ in 1..self.attempts {
            match attempt().await {
                Err(error) if helps(&error) => tokio::time::sleep(pause).await,
                answer => return answer,
            }
            pause *= 2;
        }
        attempt().await
    }

    /// These attempts and pauses for the SDK.
    pub fn retries(self) -> RetryConfig {
        RetryConfig::standard().with_max_attempts(self.attempts).with_initial_backoff(self.first_pause)
    }
}

/// Whether an address is one of this machine alone.
fn is_on_loopback(endpoint: &str) -> bool {
    let Ok(uri) = endpoint.parse::<http::Uri>() else { return false };
    let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    match host.parse::<std::net::IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_this_machine_is_known_by_its_host_and_not_by_its_text() {
        for near in ["http://127.0.0.1:4566", "http://localhost:1", "http://[::1]:80", "http://s3.localhost/"] {
            assert!(is_on_loopback(near), "{near}");
        }
        for far in ["https://localhost.example.com", "https://sts.amazonaws.com/127.0.0.1", "no address", ""] {
            assert!(!is_on_loopback(far), "{far}");
        }
    }
}
