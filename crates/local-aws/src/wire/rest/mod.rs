//! restJson: the operation in method and path, members in path, query, headers and body.
//!
//! Source: <https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html>.

mod apigateway;
mod apigatewayv2;
mod casing;
mod lambda;
mod route;
mod scheduler;

use bytes::Bytes;
use http::request::Parts;
use http::{Response, StatusCode};
use serde_json::{Map, Value, json};

use super::{Blame, Call, Fault, Output, json as json_protocol, timestamp};
use route::Route;

/// The operations of a service by method and path.
struct Table {
    service: &'static str,
    routes: &'static [Route],
    /// Members that are timestamps in ISO 8601 on this service's wire; elsewhere they are epoch seconds.
    iso_timestamps: &'static [&'static str],
}

const LAMBDA: Table = Table { service: "lambda", routes: lambda::ROUTES, iso_timestamps: &[] };
const APIGATEWAY: Table = Table { service: "apigateway", routes: apigateway::ROUTES, iso_timestamps: &[] };
const APIGATEWAYV2: Table = Table {
    service: "apigatewayv2",
    routes: apigatewayv2::ROUTES,
    iso_timestamps: &["createdDate", "lastUpdatedDate", "certificateUploadDate"],
};

const SCHEDULER: Table = Table { service: "scheduler", routes: scheduler::ROUTES, iso_timestamps: &[] };

/// The table that answers for a signing name and path: both API Gateways sign as `apigateway`.
fn table(service: &str, path: &str) -> &'static Table {
    match service {
        "lambda" => &LAMBDA,
        "scheduler" => &SCHEDULER,
        _ if path.starts_with("/v2/") => &APIGATEWAYV2,
        _ => &APIGATEWAY,
    }
}

/// True for addresses that a client of these services would ask.
pub fn looks_like_rest_json(path: &str) -> bool {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    let dated = first.len() == 10 && first.as_bytes()[4] == b'-' && first.as_bytes()[7] == b'-';
    dated
        || matches!(
            first,
            "restapis" | "v2" | "schedules" | "apikeys" | "usageplans" | "tags" | "account" | "domainnames"
        )
}

/// Fills `call` from a request.
///
/// # Errors
/// `UnknownOperationException` naming method and path, `SerializationException` for a body or parameter that cannot be
/// read.
pub fn decode(call: &mut Call, parts: &Parts, body: Bytes) -> Result<(), Fault> {
    let path = parts.uri.path();
    let table = table(&call.service, path);
    let (route, captures) = route::find(table.routes, parts)
        .ok_or_else(|| Fault::unknown_operation(table.service, &format!("{} {path}", parts.method)).with_status(404))?;
    let mut input = if route.payload { Value::Object(Map::new()) } else { json_protocol::input(&body)? };
    if table.service == APIGATEWAYV2.service {
        input = casing::upper(input);
    }
    if route.operation == "PutIntegration" && table.service == APIGATEWAY.service {
        rename_integration_method(&mut input);
    }
    let members = route.members(parts, captures)?;
    if let Some(input) = input.as_object_mut() {
        input.extend(members);
    }
    call.service = table.service.to_owned();
    call.operation = route.operation.to_owned();
    call.input = input;
    if route.payload {
        call.payload = body;
    }
    Ok(())
}

/// In the body of `PutIntegration`, `httpMethod` is the integration's; the path says the method's own.
fn rename_integration_method(input: &mut Value) {
    if let Some(members) = input.as_object_mut()
        && let Some(method) = members.shift_remove("httpMethod")
    {
        members.insert("integrationHttpMethod".to_owned(), method);
    }
}

/// The answer to a call that went well.
pub fn answer(service: &str, mut output: Output) -> Response<Bytes> {
    let content = match output.payload.take() {
        Some(payload) => payload,
        None if output.status == 204 => Bytes::new(),
        None => {
            if service == APIGATEWAYV2.service {
                output.body = casing::lower(output.body);
                write_iso_timestamps(&mut output.body, APIGATEWAYV2.iso_timestamps);
            }
            Bytes::from(output.body.to_string())
        }
    };
    let mut response = Response::new(content);
    *response.status_mut() = StatusCode::from_u16(output.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    super::front::add_headers(&mut response, &[("content-type".to_owned(), "application/json".to_owned())]);
    super::front::add_headers(&mut response, &output.headers);
    response
}

/// The answer to a call that failed.
pub fn refuse(service: &str, fault: &Fault) -> Response<Bytes> {
    let mut members = fault.members.clone();
    if service == LAMBDA.service {
        let blame = match fault.blame {
            Blame::Sender => "User",
            Blame::Receiver => "Service",
        };
        members.entry("Type").or_insert_with(|| json!(blame));
        members.entry("Message").or_insert_with(|| json!(fault.message));
    }
    members.entry("message").or_insert_with(|| json!(fault.message));
    let mut response = Response::new(Bytes::from(Value::Object(members).to_string()));
    *response.status_mut() = StatusCode::from_u16(fault.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = [
        ("content-type".to_owned(), "application/json".to_owned()),
        ("x-amzn-ErrorType".to_owned(), fault.code.clone()),
    ];
    super::front::add_headers(&mut response, &headers);
    response
}

fn write_iso_timestamps(value: &mut Value, names: &[&str]) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| write_iso_timestamps(item, names)),
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                if names.contains(&name.as_str())
                    && let Some(text) = timestamp::iso8601_seconds(member)
                {
                    *member = Value::String(text);
                } else {
                    write_iso_timestamps(member, names);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
