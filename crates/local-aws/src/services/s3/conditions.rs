//! Conditional reads and writes.
//!
//! Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html>.

use super::fault;
use super::object::Version;
use crate::services::input;
use crate::wire::{Call, Fault};

/// Checks a read's conditions against the version that is there.
///
/// # Errors
/// `NotModified` (304) and `PreconditionFailed` (412).
pub fn check_read(call: &Call, version: &Version) -> Result<(), Fault> {
    let seconds = |name: &str| call.input.get(name).and_then(serde_json::Value::as_f64);
    let modified = version.modified_s() as f64;
    let if_match = input::text(call, "IfMatch");
    if if_match.is_some_and(|tags| !matches_any(tags, &version.etag)) {
        return Err(fault::precondition_failed("If-Match"));
    }
    if if_match.is_none() && seconds("IfUnmodifiedSince").is_some_and(|since| modified > since) {
        return Err(fault::precondition_failed("If-Unmodified-Since"));
    }
    let if_none_match = input::text(call, "IfNoneMatch");
    if if_none_match.is_some_and(|tags| matches_any(tags, &version.etag)) {
        return Err(not_modified(version));
    }
    if if_none_match.is_none() && seconds("IfModifiedSince").is_some_and(|since| modified <= since) {
        return Err(not_modified(version));
    }
    Ok(())
}

/// Checks a write's conditions against what is there before it.
///
/// # Errors
/// `PreconditionFailed`, and `NoSuchKey` for `If-Match` on nothing.
pub fn check_write(call: &Call, key: &str, current: Option<&Version>) -> Result<(), Fault> {
    let current = current.filter(|version| !version.marker);
    if let Some(tags) = input::text(call, "IfNoneMatch") {
        if tags != "*" {
            let message = "A header you provided implies functionality that is not implemented";
            return Err(Fault::sender("NotImplemented", message).with_status(501));
        }
        if current.is_some() {
            return Err(fault::precondition_failed("If-None-Match"));
        }
    }
    if let Some(tags) = input::text(call, "IfMatch") {
        let current = current.ok_or_else(|| fault::no_such_key(key))?;
        if !matches_any(tags, &current.etag) {
            return Err(fault::precondition_failed("If-Match"));
        }
    }
    Ok(())
}

/// True when `etag` is one of `tags`, or they are `*`.
pub fn matches_any(tags: &str, etag: &str) -> bool {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").trim_matches('"').to_owned();
    tags.split(',').any(|tag| tag.trim() == "*" || bare(tag) == bare(etag))
}

fn not_modified(version: &Version) -> Fault {
    let mut fault = Fault::sender("NotModified", "Not Modified").with_status(304);
    fault.members.insert("ETag".to_owned(), version.etag.clone().into());
    fault
}
