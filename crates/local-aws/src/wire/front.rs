//! The front door: liveness, the gateway's data plane, then signed calls to services.

use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use uuid::Uuid;

use super::sigv4::{self, Claim, Refusal, Signer};
use super::{Call, Caller, Fault, Output, Protocol, chunked, health, json, query, rest, s3};
use crate::{Cloud, gateway};

/// Answers one HTTP request.
///
/// Unsigned requests reach only the liveness address and deployed APIs; everything else needs the project's key.
pub async fn respond(cloud: &Arc<Cloud>, request: Request<Bytes>) -> Response<Bytes> {
    if request.uri().path() == health::HEALTH_PATH {
        return health::answer(&cloud.config, cloud.cloudformation.count(), &request);
    }
    if let Some(response) = gateway::handle(cloud, request.clone()).await {
        return response;
    }
    let (mut parts, body) = request.into_parts();
    let (claim, signer) = match admit(cloud, &parts, &body) {
        Ok(admitted) => admitted,
        Err((protocol, refusal)) => return encode_fault(&parts, protocol, None, &refusal.fault(protocol)),
    };
    let protocol = Protocol::of(&claim.service, &parts);
    let decoded = plain_body(&mut parts, body, &signer)
        .and_then(|body| decode(&parts, body, &claim, protocol).map_err(|fault| localise(protocol, fault)));
    let call = match decoded {
        Ok(call) => call,
        Err(fault) => return encode_fault(&parts, protocol, Some(&claim.service), &fault),
    };
    let (service, operation) = (call.service.clone(), call.operation.clone());
    match cloud.answer(call).await {
        Ok(output) => encode(&parts, protocol, &service, &operation, output),
        Err(fault) => {
            tracing::debug!(service, operation, code = fault.code, message = fault.message, "a call failed");
            encode_fault(&parts, protocol, Some(&service), &localise(protocol, fault))
        }
    }
}

/// The fault as an answer to a request whose service is not known yet.
pub fn refuse(parts: &Parts, fault: &Fault) -> Response<Bytes> {
    encode_fault(parts, Protocol::guess(parts), None, fault)
}

/// Who signed the request, if the signature is right.
fn admit(cloud: &Cloud, parts: &Parts, body: &Bytes) -> Result<(Claim, Signer), (Protocol, Refusal)> {
    let claim = Claim::read(parts).map_err(|refusal| (Protocol::guess(parts), refusal))?;
    let protocol = Protocol::of(&claim.service, parts);
    let now = cloud.clock.now();
    let secret = if claim.access_key_id == cloud.config.access_key_id {
        Ok(cloud.config.secret_access_key.clone())
    } else {
        cloud.sts.secret(&claim.access_key_id, claim.session_token.as_deref(), now)
    };
    let secret = secret.map_err(|refusal| (protocol, refusal))?;
    let signer = sigv4::verify(parts, body, &claim, &secret, now).map_err(|refusal| (protocol, refusal))?;
    Ok((claim, signer))
}

/// The service a request is signed for, if the signature is right: what methods of deployed APIs with `AWS_IAM` want.
pub fn signed_service(cloud: &Cloud, parts: &Parts, body: &Bytes) -> Option<String> {
    admit(cloud, parts, body).ok().map(|(claim, _)| claim.service)
}

/// The body without transfer framing; trailers join the headers.
fn plain_body(parts: &mut Parts, body: Bytes, signer: &Signer) -> Result<Bytes, Fault> {
    let stated = parts.headers.get("x-amz-content-sha256").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !stated.starts_with("STREAMING-") {
        return Ok(body);
    }
    let signer = stated.starts_with("STREAMING-AWS4-HMAC-SHA256").then_some(signer);
    let (body, trailers) = chunked::decode(&body, signer)?;
    let expected = parts.headers.get("x-amz-decoded-content-length").and_then(|value| value.to_str().ok());
    if expected.is_some_and(|length| length.parse() != Ok(body.len())) {
        return Err(Fault::sender("IncompleteBody", "The request body terminated unexpectedly"));
    }
    insert_headers(&mut parts.headers, &trailers);
    Ok(body.into())
}

fn decode(parts: &Parts, body: Bytes, claim: &Claim, protocol: Protocol) -> Result<Call, Fault> {
    let mut call = Call {
        service: claim.service.clone(),
        operation: String::new(),
        region: claim.region.clone(),
        input: serde_json::Value::Null,
        payload: Bytes::new(),
        headers: parts.headers.clone(),
        caller: Caller::Signed { access_key_id: claim.access_key_id.clone() },
    };
    match protocol {
        Protocol::Query => {
            (call.operation, call.input) = query::input(&body, parts.uri.query().unwrap_or_default())?;
        }
        Protocol::Json { .. } => {
            let (_, operation) = json::target(parts)
                .ok_or_else(|| Fault::sender("UnknownOperationException", "X-Amz-Target names no operation"))?;
            call.operation = operation;
            call.input = json::input(&body)?;
        }
        Protocol::RestJson => rest::decode(&mut call, parts, body)?,
        Protocol::RestXml => s3::decode(&mut call, parts, body)?,
    }
    Ok(call)
}

/// S3's own code for what is not there; the other protocols know `UnknownOperationException`.
fn localise(protocol: Protocol, fault: Fault) -> Fault {
    if protocol == Protocol::RestXml && fault.code == "UnknownOperationException" {
        return Fault { code: "NotImplemented".to_owned(), status: 501, ..fault };
    }
    fault
}

fn encode(parts: &Parts, protocol: Protocol, service: &str, operation: &str, output: Output) -> Response<Bytes> {
    let request_id = Uuid::new_v4().to_string();
    let mut response = match protocol {
        Protocol::Query => query::answer(service, operation, &output, &request_id),
        Protocol::Json { version } => json::answer(version, output),
        Protocol::RestJson => rest::answer(service, output),
        Protocol::RestXml => s3::answer(operation, output),
    };
    finish(&mut response, protocol, &request_id);
    if parts.method == http::Method::HEAD { without_body(response) } else { response }
}

fn encode_fault(parts: &Parts, protocol: Protocol, service: Option<&str>, fault: &Fault) -> Response<Bytes> {
    let request_id = Uuid::new_v4().to_string();
    let mut response = match protocol {
        Protocol::Query => query::refuse(service.unwrap_or_default(), fault, &request_id),
        Protocol::Json { version } => json::refuse(version, service, fault),
        Protocol::RestJson => rest::refuse(service.unwrap_or_default(), fault),
        Protocol::RestXml => s3::refuse(fault, parts.uri.path(), &request_id),
    };
    finish(&mut response, protocol, &request_id);
    response
}

fn finish(response: &mut Response<Bytes>, protocol: Protocol, request_id: &str) {
    let name = if protocol == Protocol::RestXml { "x-amz-request-id" } else { "x-amzn-RequestId" };
    if !response.headers().contains_key(name) {
        add_headers(response, &[(name.to_owned(), request_id.to_owned())]);
    }
}

/// Adds headers, over earlier ones of the same name; a value that HTTP cannot carry is left out.
pub fn add_headers(response: &mut Response<Bytes>, headers: &[(String, String)]) {
    insert_headers(response.headers_mut(), headers);
}

fn insert_headers(map: &mut HeaderMap, headers: &[(String, String)]) {
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name.as_str()), HeaderValue::from_str(value)) {
            map.insert(name, value);
        }
    }
}

/// The answer to a `HEAD`: the headers of the answer, its length, no body.
pub fn without_body(mut response: Response<Bytes>) -> Response<Bytes> {
    if !response.headers().contains_key(http::header::CONTENT_LENGTH) {
        let length = HeaderValue::from(response.body().len());
        response.headers_mut().insert(http::header::CONTENT_LENGTH, length);
    }
    *response.body_mut() = Bytes::new();
    response
}
