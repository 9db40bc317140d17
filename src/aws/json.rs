//! The services that are asked without an SDK crate: awsJson over a hand-signed request.
//!
//! CloudWatch Logs and Systems Manager speak JSON under an `X-Amz-Target`; a handful of their operations does not pay for
//! the two largest SDK crates.

use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings, SharedHttpConnector};
use aws_smithy_types::body::SdkBody;
use http_body_util::BodyExt;
use serde_json::Value;

use super::error::{AwsError, Kind, NOWHERE};
use super::patience::Patience;

/// How long an answer may take.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// A service that speaks awsJson.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct JsonService {
    /// The host's first label: `logs`.
    pub host: &'static str,
    /// The name that requests are signed for.
    pub signing: &'static str,
    /// What stands before the operation in `X-Amz-Target`.
    pub target: &'static str,
    pub version: &'static str,
}

/// Source: the service model of CloudWatch Logs, API version 2014-03-28.
pub(super) const LOGS: JsonService =
    JsonService { host: "logs", signing: "logs", target: "Logs_20140328", version: "1.1" };

/// Source: the service model of Systems Manager, API version 2014-11-06.
pub(super) const SSM: JsonService = JsonService { host: "ssm", signing: "ssm", target: "AmazonSSM", version: "1.1" };
/// Source: the service model of Step Functions, API version 2016-11-23, `StartSyncExecution` with its host prefix.
pub(super) const SYNC_STATES: JsonService =
    JsonService { host: "sync-states", signing: "states", target: "AWSStepFunctions", version: "1.0" };

/// Source: the service model of DynamoDB, API version 2012-08-10.
pub(super) const DYNAMODB: JsonService =
    JsonService { host: "dynamodb", signing: "dynamodb", target: "DynamoDB_20120810", version: "1.0" };

/// Source: the service model of CloudWatch, API version 2010-08-01, in its JSON protocol.
pub(super) const MONITORING: JsonService =
    JsonService { host: "monitoring", signing: "monitoring", target: "GraniteServiceVersion20100801", version: "1.0" };

/// Calls of awsJson services.
#[derive(Clone)]
pub(super) struct JsonApi {
    credentials: Option<SharedCredentialsProvider>,
    connector: SharedHttpConnector,
    region: String,
    endpoint: Option<String>,
    patience: Patience,
}

impl JsonApi {
    pub(super) fn over(config: &SdkConfig, patience: Patience, region: &str) -> JsonApi {
        let endpoint = config.endpoint_url().map(|url| url.trim_end_matches('/').to_owned());
        let settings =
            HttpConnectorSettings::builder().connect_timeout(Duration::from_secs(5)).read_timeout(READ_TIMEOUT).build();
        let builder = Connector::builder().connector_settings(settings);
        let connector = match endpoint.as_deref().is_some_and(|url| url.starts_with("http://")) {
            true => SharedHttpConnector::new(builder.build_http()),
            false => SharedHttpConnector::new(builder.tls_provider(Provider::Rustls(CryptoMode::Ring)).build()),
        };
        JsonApi { credentials: config.credentials_provider(), connector, region: region.to_owned(), endpoint, patience }
    }

    /// Calls an operation; throttling and faults of AWS are tried again.
    ///
    /// # Errors
    /// What AWS answers to the last attempt.
    pub(super) async fn call(
        &self,
        service: JsonService,
        operation: &'static str,
        input: &Value,
    ) -> Result<Value, AwsError> {
        self.patience.tries(AwsError::is_passing, || self.attempt(service, operation, input)).await
    }

    async fn attempt(&self, service: JsonService, operation: &'static str, input: &Value) -> Result<Value, AwsError> {
        let request = self.signed(service, operation, input.to_string()).await?;
        let request = request.try_into().map_err(|error| AwsError::garbled(operation, format!("{error}")))?;
        let answer = self.connector.call(request).await.map_err(|error| unreachable(operation, &error))?;
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.map_err(|error| unreachable(operation, &*error))?.to_bytes();
        let value: Value = match body.is_empty() {
            true => Value::Null,
            false => serde_json::from_slice(&body).map_err(|error| answered_oddly(operation, status, &error))?,
        };
        match status {
            200..=299 => Ok(value),
            _ => Err(refusal(operation, status, &value)),
        }
    }

    async fn signed(
        &self,
        service: JsonService,
        operation: &'static str,
        body: String,
    ) -> Result<http::Request<SdkBody>, AwsError> {
        let headers = [
            ("content-type", format!("application/x-amz-json-{}", service.version)),
            ("x-amz-target", format!("{}.{operation}", service.target)),
        ];
        self.signed_with(operation, (service.signing, &self.region), &self.url(service), &headers, body).await
    }

    /// A request with these headers, signed for a service in a region.
    async fn signed_with(
        &self,
        operation: &'static str,
        (service, region): (&str, &str),
        url: &str,
        headers: &[(&str, String)],
        body: String,
    ) -> Result<http::Request<SdkBody>, AwsError> {
        let missing = |message: String| AwsError { operation, kind: Kind::NoCredentials, code: String::new(), message };
        let provider = self.credentials.as_ref().ok_or_else(|| missing("no provider of credentials".to_owned()))?;
        let credentials = provider.provide_credentials().await.map_err(|error| {
            missing(match error {
                CredentialsError::CredentialsNotLoaded(_) => NOWHERE.to_owned(),
                other => other.to_string(),
            })
        })?;
        let identity = credentials.into();
        let oddly = |error: &dyn std::error::Error| AwsError::garbled(operation, error.to_string());
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(region)
            .name(service)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| oddly(&error))?
            .into();
        let signable = SignableRequest::new(
            "POST",
            url,
            headers.iter().map(|(name, value)| (*name, value.as_str())),
            SignableBody::Bytes(body.as_bytes()),
        );
        let signable = signable.map_err(|error| oddly(&error))?;
        let (instructions, _) = sign(signable, &params).map_err(|error| oddly(&error))?.into_parts();
        let mut request = http::Request::builder().method("POST").uri(url);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let mut request = request.body(SdkBody::from(body)).map_err(|error| oddly(&error))?;
        instructions.apply_to_request_http1x(&mut request);
        Ok(request)
    }

    /// Asks IAM for a role: the only question of the project to a service that speaks forms and XML.
    ///
    /// # Errors
    /// `NoSuchEntity` when there is no such role.
    ///
    /// Source: IAM API Reference, `GetRole`, version 2010-05-08.
    pub(super) async fn role(&self, name: &str) -> Result<(), AwsError> {
        self.patience.tries(AwsError::is_passing, || self.ask_for_role(name)).await
    }

    async fn ask_for_role(&self, name: &str) -> Result<(), AwsError> {
        const OPERATION: &str = "GetRole";
        let (url, region) = match &self.endpoint {
            Some(endpoint) => (format!("{endpoint}/"), self.region.as_str()),
            None if self.region.starts_with("cn-") => {
                ("https://iam.cn-north-1.amazonaws.com.cn/".to_owned(), "cn-north-1")
            }
            None => ("https://iam.amazonaws.com/".to_owned(), "us-east-1"),
        };
        let name: String = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let body = format!("Action={OPERATION}&Version=2010-05-08&RoleName={name}");
        let headers = [("content-type", "application/x-www-form-urlencoded; charset=utf-8".to_owned())];
        let request = self.signed_with(OPERATION, ("iam", region), &url, &headers, body).await?;
        let request = request.try_into().map_err(|error| AwsError::garbled(OPERATION, format!("{error}")))?;
        let answer = self.connector.call(request).await.map_err(|error| unreachable(OPERATION, &error))?;
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.map_err(|error| unreachable(OPERATION, &*error))?.to_bytes();
        let text = String::from_utf8_lossy(&body);
        match status {
            200..=299 if element(&text, "RoleName").is_empty() => {
                Err(AwsError::garbled(OPERATION, "an answer without a role"))
            }
            200..=299 => Ok(()),
            _ => Err(AwsError::answered(OPERATION, status, element(&text, "Code"), element(&text, "Message"))),
        }
    }

    fn url(&self, service: JsonService) -> String {
        match &self.endpoint {
            Some(endpoint) => format!("{endpoint}/"),
            None => {
                let suffix = if self.region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
                format!("https://{}.{}.{suffix}/", service.host, self.region)
            }
        }
    }
}

fn unreachable(operation: &'static str, error: &dyn std::error::Error) -> AwsError {
    let message = crate::failure::causes(error).pop().unwrap_or_else(|| error.to_string());
    AwsError { operation, kind: Kind::Unreachable, code: String::new(), message }
}

/// The text of the first element of that name; empty when there is none.
fn element<'a>(xml: &'a str, name: &str) -> &'a str {
    let after = xml.split_once(&format!("<{name}>")).map_or("", |(_, after)| after);
    after.split('<').next().unwrap_or_default()
}

fn answered_oddly(operation: &'static str, status: u16, error: &serde_json::Error) -> AwsError {
    match status {
        // What stands in front of AWS answers in HTML.
        500.. => AwsError::answered(operation, status, &format!("HTTP {status}"), ""),
        _ => AwsError::garbled(operation, format!("HTTP {status}, not JSON: {error}")),
    }
}

/// Source: "AWS JSON 1.1 protocol", operation error serialization: the code stands in `__type` after a `#`, the
/// message in `message` or `Message`.
fn refusal(operation: &'static str, status: u16, body: &Value) -> AwsError {
    let text = |key: &str| body.get(key).and_then(Value::as_str);
    let code = text("__type").or_else(|| text("code")).unwrap_or_default();
    let code = code.rsplit('#').next().unwrap_or_default();
    let message = text("message").or_else(|| text("Message")).unwrap_or_default();
    AwsError::answered(operation, status, code, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_code_of_a_refusal_stands_after_the_namespace() {
        let body = json!({"__type": "com.amazonaws.logs#ResourceNotFoundException", "message": "no such log group"});
        let error = refusal("FilterLogEvents", 400, &body);
        assert_eq!((error.code.as_str(), error.message.as_str()), ("ResourceNotFoundException", "no such log group"));
    }
}
