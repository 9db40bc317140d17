//! The canonical form of a request, over which both sides compute the signature.

use http::request::Parts;

use super::{Claim, Form};
use crate::wire::uri;

/// The canonical request: method, path, query, headers, their names, and the payload's hash.
pub fn request(parts: &Parts, claim: &Claim, payload: &str) -> String {
    let mut headers = String::new();
    for name in &claim.signed_headers {
        headers.push_str(name);
        headers.push(':');
        headers.push_str(&header_value(parts, name));
        headers.push('\n');
    }
    format!(
        "{}\n{}\n{}\n{headers}\n{}\n{payload}",
        parts.method,
        path(parts.uri.path(), &claim.service),
        query(parts.uri.query().unwrap_or_default(), claim.form),
        claim.signed_headers.join(";"),
    )
}

/// All values of a header, trimmed, inner runs of spaces as one, joined by commas.
fn header_value(parts: &Parts, name: &str) -> String {
    let values = parts.headers.get_all(name).iter();
    let values = values.map(|value| {
        let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
        text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
    });
    values.collect::<Vec<_>>().join(",")
}

/// S3 encodes each segment once; every other service encodes the path as sent once more, without dot segments.
fn path(raw: &str, service: &str) -> String {
    if service == "s3" {
        return uri::encode_path(&uri::decode(raw));
    }
    let mut segments: Vec<&str> = Vec::new();
    for segment in raw.split('/').filter(|segment| !segment.is_empty()) {
        match segment {
            "." => {}
            ".." => {
                segments.pop();
            }
            name => segments.push(name),
        }
    }
    let trailing = if raw.ends_with('/') && !segments.is_empty() { "/" } else { "" };
    uri::encode_path(format!("/{}{trailing}", segments.join("/")).as_bytes())
}

fn query(raw: &str, form: Form) -> String {
    let mut pairs: Vec<(String, String)> = uri::query_pairs_raw(raw)
        .filter(|(name, _)| form == Form::Header || *name != "X-Amz-Signature")
        .map(|(name, value)| (uri::encode(&uri::decode(name)), uri::encode(&uri::decode(value))))
        .collect();
    pairs.sort();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}
