//! Signed awsJson 1.0 requests over loopback, as a client without any SDK makes them.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use local_aws::daemon::Running;
use serde_json::Value;

/// A connection pool and the key to sign with.
pub struct Wire {
    client: Client<HttpConnector, Full<Bytes>>,
    endpoint: String,
    credentials: Credentials,
}

impl Wire {
    pub fn to(running: &Running) -> Wire {
        Wire {
            client: Client::builder(TokioExecutor::new()).build_http(),
            endpoint: running.endpoint.clone(),
            credentials: Credentials::new(
                running.access_key_id.clone(),
                running.secret_access_key.clone(),
                None,
                None,
                "test",
            ),
        }
    }

    /// Asks Step Functions; the HTTP status and the body.
    pub async fn states(&self, operation: &str, input: &Value) -> (u16, Value) {
        let body = Bytes::from(input.to_string());
        let mut request = http::Request::builder()
            .method("POST")
            .uri(format!("{}/", self.endpoint))
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", format!("AWSStepFunctions.{operation}"))
            .body(Full::new(body.clone()))
            .expect("a request");
        self.sign(&mut request, &body);
        let response = self.client.request(request).await.expect("the local AWS answers");
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.expect("a body").to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    fn sign(&self, request: &mut http::Request<Full<Bytes>>, body: &[u8]) {
        let identity = self.credentials.clone().into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region("us-east-1")
            .name("states")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .expect("signing parameters")
            .into();
        let headers = request.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().expect("text")));
        let uri = request.uri().to_string();
        let signable =
            SignableRequest::new("POST", uri, headers, SignableBody::Bytes(body)).expect("a signable request");
        let (instructions, _) = sign(signable, &parameters).expect("a signature").into_parts();
        instructions.apply_to_request_http1x(request);
    }
}
