//! A local AWS in this process, and SDK clients that point at it.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::Builder;
use local_aws::daemon::LocalAws;

/// A local AWS that forgets everything with the test.
pub async fn local_aws() -> LocalAws {
    LocalAws::start(None).await.expect("a local AWS in memory starts")
}

/// What every SDK client of the project's own key is made from.
pub fn sdk_config(local: &LocalAws) -> SdkConfig {
    let running = local.running();
    sdk_config_with(local, Credentials::new(running.access_key_id, running.secret_access_key, None, None, "test"))
}

/// What an SDK client with other credentials is made from.
pub fn sdk_config_with(local: &LocalAws, credentials: Credentials) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(local.running().endpoint)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(Builder::new().build_http())
        .retry_config(aws_config::retry::RetryConfig::disabled())
        .build()
}

/// An S3 client in path style, as an endpoint without DNS wants it.
pub fn s3(local: &LocalAws) -> aws_sdk_s3::Client {
    aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(&sdk_config(local)).force_path_style(true).build())
}
