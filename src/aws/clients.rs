//! One client a service, all over one configuration.

use std::time::Duration;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

use super::json::JsonApi;
use super::patience::Patience;
use crate::apply::Pace;

/// How long a connection may take to stand.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long one attempt of an ordinary call may take.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a call may take that carries a zip, or waits for a function's answer (Lambda's own limit).
pub(super) const LONG_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// Which AWS to talk to.
#[derive(Clone, PartialEq, Eq)]
pub enum Destination {
    /// The local AWS of a project.
    Local { endpoint: String, access_key_id: String, secret_access_key: String, region: String },
    /// An account of AWS; `endpoint` is for other implementations of AWS (`AWS_ENDPOINT_URL` does the same).
    Aws { region: String, profile: Option<String>, endpoint: Option<String> },
}

/// One client a service.
#[derive(Clone)]
pub struct Clients {
    pub(super) cloudformation: aws_sdk_cloudformation::Client,
    pub(super) s3: aws_sdk_s3::Client,
    pub(super) sts: aws_sdk_sts::Client,
    pub(super) apigateway: aws_sdk_apigateway::Client,
    pub(super) lambda: aws_sdk_lambda::Client,
    pub(super) sfn: aws_sdk_sfn::Client,
    pub(super) json: JsonApi,
    region: String,
    pub(super) patience: Patience,
    /// The address of a local AWS; none for AWS itself.
    local_endpoint: Option<String>,
}

impl Clients {
    /// Clients for a destination. Nothing is asked yet: bad credentials show at the first call.
    pub async fn connect(destination: &Destination) -> Clients {
        match destination {
            Destination::Local { endpoint, access_key_id, secret_access_key, region } => {
                let credentials = Credentials::new(access_key_id, secret_access_key, None, None, "local-aws");
                let config = SdkConfig::builder()
                    .behavior_version(BehaviorVersion::latest())
                    // No TLS on loopback, so the certificates of this machine need not be read.
                    .http_client(aws_smithy_http_client::Builder::new().build_http())
                    .credentials_provider(SharedCredentialsProvider::new(credentials))
                    .region(Region::new(region.clone()))
                    .endpoint_url(endpoint)
                    .retry_config(Patience::NEAR.retries())
                    .timeout_config(timeouts(ATTEMPT_TIMEOUT))
                    .build();
                Clients::over(&config, Patience::NEAR, region, Some(endpoint.clone()))
            }
            Destination::Aws { region, profile, endpoint } => {
                let http = aws_smithy_http_client::Builder::new()
                    .tls_provider(Provider::Rustls(CryptoMode::Ring))
                    .build_https();
                let mut loader = aws_config::defaults(BehaviorVersion::latest())
                    .http_client(http.clone())
                    .region(Region::new(region.clone()))
                    .timeout_config(timeouts(ATTEMPT_TIMEOUT));
                if let Some(profile) = profile {
                    // A profile that was asked for rules over keys in the environment.
                    let around = ProviderConfig::without_region()
                        .with_region(Some(Region::new(region.clone())))
                        .with_http_client(http);
                    let provider =
                        ProfileFileCredentialsProvider::builder().configure(&around).profile_name(profile).build();
                    loader = loader.profile_name(profile).credentials_provider(provider);
                }
                if let Some(endpoint) = endpoint {
                    loader = loader.endpoint_url(endpoint);
                }
                let config = loader.load().await;
                let patience = Patience::of(&config);
                let config = config.into_builder().retry_config(patience.retries()).build();
                Clients::over(&config, patience, region, None)
            }
        }
    }

    fn over(config: &SdkConfig, patience: Patience, region: &str, local_endpoint: Option<String>) -> Clients {
        // Other implementations of AWS have no host name a bucket.
        let path_style = config.endpoint_url().is_some();
        let s3 = aws_sdk_s3::config::Builder::from(config).force_path_style(path_style).build();
        Clients {
            cloudformation: aws_sdk_cloudformation::Client::new(config),
            s3: aws_sdk_s3::Client::from_conf(s3),
            sts: aws_sdk_sts::Client::new(config),
            apigateway: aws_sdk_apigateway::Client::new(config),
            lambda: aws_sdk_lambda::Client::new(config),
            sfn: aws_sdk_sfn::Client::new(config),
            json: JsonApi::over(config, patience, region),
            region: region.to_owned(),
            patience,
            local_endpoint,
        }
    }

    /// The region of the clients.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// How often a stack is looked at while something happens to it.
    pub fn pace(&self) -> Pace {
        self.patience.pace
    }

    /// The address of the local AWS that they talk to; none for AWS itself.
    pub fn local_endpoint(&self) -> Option<&str> {
        self.local_endpoint.as_deref()
    }
}

/// The local AWS of a project as a destination.
pub fn local_destination(running: &local_aws::daemon::Running, region: &str) -> Destination {
    Destination::Local {
        endpoint: running.endpoint.clone(),
        access_key_id: running.access_key_id.clone(),
        secret_access_key: running.secret_access_key.clone(),
        region: region.to_owned(),
    }
}

/// Time-outs with a given time an attempt.
pub(super) fn timeouts(attempt: Duration) -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).operation_attempt_timeout(attempt).build()
}
