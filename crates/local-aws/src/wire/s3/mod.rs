//! restXml as S3 speaks it: the operation in method, path and query.

mod address;
mod members;
mod shape;
mod shapes;

use bytes::Bytes;
use http::request::Parts;
use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::{Call, Fault, Output, checksum, xml};
use address::Address;
use shapes::Document;

/// Fills `call` from a request, after checking the body's checksums.
///
/// # Errors
/// `BadDigest` and its kin for a body that is not what was sent, `MalformedXML`, `InvalidURI`.
pub fn decode(call: &mut Call, parts: &Parts, body: Bytes) -> Result<(), Fault> {
    let verified = checksum::verify(&parts.headers, &body)?;
    let address = Address::read(parts)?;
    let operation = address.operation(parts);
    let mut input = members::of_request(parts)?;
    if let Some(bucket) = address.bucket {
        input.insert("Bucket".to_owned(), json!(bucket));
    }
    if let Some(key) = address.key {
        input.insert("Key".to_owned(), json!(key));
    }
    if let Some((checksum, value)) = verified {
        input.insert(checksum.member().to_owned(), json!(value));
    }
    match shapes::input(operation) {
        Some((member, shape)) if !body.is_empty() => {
            input.insert(member.to_owned(), shape.parse(&body)?);
        }
        _ if operation == "PutBucketPolicy" => {
            input.insert("Policy".to_owned(), json!(String::from_utf8_lossy(&body)));
        }
        _ => call.payload = body,
    }
    call.operation = operation.to_owned();
    call.input = Value::Object(input);
    Ok(())
}

/// The answer to a call that went well.
pub fn answer(operation: &str, mut output: Output) -> Response<Bytes> {
    let document = shapes::output(operation);
    let mut headers = members::to_headers(&output.body, document.is_some());
    let content = match (output.payload.take(), document) {
        (Some(payload), _) => payload,
        (None, Some(document)) => {
            headers.push(("content-type".to_owned(), "application/xml".to_owned()));
            write(document, &output.body)
        }
        (None, None) if operation == "GetBucketPolicy" => {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
            Bytes::from(output.body["Policy"].as_str().unwrap_or_default().to_owned())
        }
        (None, None) => Bytes::new(),
    };
    headers.extend(output.headers);
    let mut response = Response::new(content);
    *response.status_mut() = StatusCode::from_u16(output.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    super::front::add_headers(&mut response, &headers);
    response
}

fn write(document: Document, body: &Value) -> Bytes {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let value = document.payload.map_or(body, |member| &body[member]);
    document.shape.write_root(&mut out, document.root, value);
    Bytes::from(out)
}

/// The answer to a call that failed; a status without a body (304) gets none.
pub fn refuse(fault: &Fault, path: &str, request_id: &str) -> Response<Bytes> {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>");
    xml::element(&mut out, "Code", &fault.code);
    xml::element(&mut out, "Message", &fault.message);
    let mut headers = vec![("content-type".to_owned(), "application/xml".to_owned())];
    for (name, value) in &fault.members {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match members::header_of(name) {
            Some(header) => headers.push((header.to_owned(), text)),
            None => xml::element(&mut out, name, &text),
        }
    }
    xml::element(&mut out, "Resource", path);
    xml::element(&mut out, "RequestId", request_id);
    xml::close(&mut out, "Error");
    let content = if fault.status == 304 { Bytes::new() } else { Bytes::from(out) };
    let mut response = Response::new(content);
    *response.status_mut() = StatusCode::from_u16(fault.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    super::front::add_headers(&mut response, &headers);
    response
}

#[cfg(test)]
mod tests;
