//! Signals to wait conditions, and answers of custom resources.

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};

use crate::providers::{take_answer, take_signal};
use crate::wire::Fault;
use crate::{Cloud, Store};

/// What takes a body for the letters of an address.
type Take = fn(&Store, &str, &[u8]) -> Result<(), Fault>;

/// Takes a signal: `PUT` with the signal as JSON, as to the signed address that AWS gives.
pub fn answer(cloud: &Arc<Cloud>, id: &str, request: &Request<Bytes>) -> Response<Bytes> {
    taken(cloud, id, request, take_signal)
}

/// Takes the answer of a custom resource, in the same way.
pub fn custom_resource(cloud: &Arc<Cloud>, id: &str, request: &Request<Bytes>) -> Response<Bytes> {
    taken(cloud, id, request, take_answer)
}

fn taken(cloud: &Arc<Cloud>, id: &str, request: &Request<Bytes>, take: Take) -> Response<Bytes> {
    if request.method() != Method::PUT {
        return refused(StatusCode::METHOD_NOT_ALLOWED, "it is sent by PUT");
    }
    match take(&cloud.store, id, request.body()) {
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
