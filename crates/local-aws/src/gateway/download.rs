//! Downloads of code archives: whoever knows the digest of the code may have it.

use std::sync::Arc;

use bytes::Bytes;
use http::{Response, StatusCode};

use crate::Cloud;
use crate::services::lambda::code;

/// The zip file with this digest.
pub async fn answer(cloud: &Arc<Cloud>, digest: &str) -> Response<Bytes> {
    let path = code::zip_file(cloud, &digest.to_ascii_lowercase());
    let (status, body) = match tokio::fs::read(path).await {
        Ok(bytes) => (StatusCode::OK, Bytes::from(bytes)),
        Err(_) => (StatusCode::NOT_FOUND, Bytes::new()),
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/zip"));
    response
}
