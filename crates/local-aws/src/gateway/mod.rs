//! The data plane: deployed APIs, function URLs, the code archives that Lambda answers addresses for, and the handles of
//! wait conditions.
//!
//! Nothing here is signed by the project's key; what an API wants of its callers (keys, authorizers, signatures) is
//! checked as the API says.

mod address;
mod answer;
mod authorize;
mod download;
mod exchange;
mod fetch;
mod format2;
mod http_api;
mod http_authorize;
mod invoke;
mod jwt;
mod mapping;
mod memory;
mod proxy;
mod rest;
mod route;
mod schema;
mod service;
mod signal;
mod validate;
pub mod vtl;

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};

use crate::Cloud;
use address::Address;

pub use answer::RESPONSE_TYPES;
pub use memory::Memory;
pub use schema::check as check_schema;
pub use service::integrates_with;

/// Answers a request to a deployed API; `None` when the address is not the gateway's.
///
/// Addresses: `/_aws/execute-api/API/STAGE/path`, `/restapis/API/STAGE/_user_request_/path`,
/// `Host: API.execute-api.…`, `/_aws/lambda-url/ID/path`, `/_aws/lambda/code/DIGEST.zip`, `/_aws/wait-condition/ID`,
/// `/_aws/custom-resource/ID`.
pub async fn handle(cloud: &Arc<Cloud>, request: Request<Bytes>) -> Option<Response<Bytes>> {
    let address = Address::of(&request)?;
    Some(match address {
        Address::Api { id, path } => match http_api::handle(cloud, &id, &path, &request).await {
            Some(response) => response,
            None => rest::handle(cloud, &id, &path, request).await,
        },
        Address::Url { id, path } => http_api::function_url(cloud, &id, &path, &request).await,
        Address::Code { digest } => download::answer(cloud, &digest).await,
        Address::WaitCondition { id } => signal::answer(cloud, &id, &request),
        Address::CustomResource { id } => signal::custom_resource(cloud, &id, &request),
    })
}
