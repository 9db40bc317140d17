//! The liveness address, which also proves whose local AWS answers.
//!
//! Any process can listen on a port. A client that knows the project's secret sends a nonce; only a server that knows
//! it too can answer with the right digest, so a stale or foreign server is never mistaken for ours.

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::{Request, Response, StatusCode};
use serde_json::json;
use sha2::Sha256;

use super::{sigv4, uri};
use crate::cloud::Config;
use crate::daemon::own_build;

/// The address of the liveness answer.
pub const HEALTH_PATH: &str = "/_local/health";

const LONGEST_NONCE: usize = 128;

/// The digest that proves knowledge of `secret` for this `nonce`.
pub fn prove(secret: &str, nonce: &str) -> String {
    match Hmac::<Sha256>::new_from_slice(secret.as_bytes()) {
        Ok(mut mac) => {
            mac.update(b"local-aws health ");
            mac.update(nonce.as_bytes());
            sigv4::hex(&mac.finalize().into_bytes())
        }
        // HMAC takes keys of every length.
        Err(_) => String::new(),
    }
}

/// The answer to `GET /_local/health?nonce=N`: who runs here, and the proof.
pub fn answer(config: &Config, stacks: usize, request: &Request<Bytes>) -> Response<Bytes> {
    let pairs = uri::query_pairs(request.uri().query().unwrap_or_default());
    let nonce = pairs.into_iter().find(|(name, _)| name == "nonce").map(|(_, value)| value).unwrap_or_default();
    let mut body = json!({
        "service": "local-aws",
        "version": env!("CARGO_PKG_VERSION"),
        "build": own_build(),
        "pid": std::process::id(),
        "stacks": stacks,
        "account": config.account,
        "region": config.default_region,
    });
    if !nonce.is_empty() && nonce.len() <= LONGEST_NONCE {
        body["proof"] = json!(prove(&config.secret_access_key, &nonce));
    }
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = StatusCode::OK;
    super::front::add_headers(&mut response, &[("content-type".to_owned(), "application/json".to_owned())]);
    response
}
