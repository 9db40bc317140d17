//! Signals to wait conditions.

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};

use crate::Cloud;
use crate::providers::take_signal;

/// Takes a signal: `PUT` with the signal as JSON, as to the signed address that AWS gives.
pub fn answer(cloud: &Arc<Cloud>, id: &str, request: &Request<Bytes>) -> Response<Bytes> {
    if request.method() != Method::PUT {
        return refused(StatusCode::METHOD_NOT_ALLOWED, "a signal is sent by PUT");
    }
    match take_signal(&cloud.store, id, request.body()) {
        Ok(()) => Response::new(Bytes::new()),
        Err(fault) => {
            let status = StatusCode::from_u16(fault.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            refused(status, &fault.message)
        }
    }
}

fn refused(status: StatusCode, words: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(format!("{words}\n")));
    *response.status_mut() = status;
    response
}
