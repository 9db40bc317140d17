//! API Gateway's data plane.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};

use crate::Cloud;

/// Answers a request to a deployed API; `None` when the address is not the gateway's.
///
/// These requests carry no signature: they are what an application's users send.
pub async fn handle(_cloud: &Arc<Cloud>, _request: Request<Bytes>) -> Option<Response<Bytes>> {
    None
}
