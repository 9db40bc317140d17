//! Percent-encoding as AWS signs and sends it.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};

/// RFC 3986's unreserved characters stay.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
const PATH: &AsciiSet = &COMPONENT.remove(b'/');

/// Everything but unreserved characters as `%XX`.
pub fn encode(bytes: &[u8]) -> String {
    percent_encode(bytes, COMPONENT).to_string()
}

/// As [`encode`], with slashes kept.
pub fn encode_path(bytes: &[u8]) -> String {
    percent_encode(bytes, PATH).to_string()
}

/// The bytes that `text` stands for; a `+` is a plus.
pub fn decode(text: &str) -> Cow<'_, [u8]> {
    percent_decode_str(text).into()
}

/// As [`decode`], as text; what is not UTF-8 becomes the replacement character.
pub fn decode_text(text: &str) -> String {
    String::from_utf8_lossy(&decode(text)).into_owned()
}

/// Names and values of a query, as sent.
pub fn query_pairs_raw(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// Names and values of a query, decoded.
pub fn query_pairs(query: &str) -> Vec<(String, String)> {
    query_pairs_raw(query).map(|(name, value)| (decode_text(name), decode_text(value))).collect()
}
