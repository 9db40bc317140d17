//! Names and paths, and pages of lists.

use serde_json::{Value, json};

use super::fault;
use crate::services::input;
use crate::wire::{Call, Fault, Output};

/// Checks a role's or policy's name.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>.
///
/// # Errors
/// `ValidationError`.
pub fn check(member: &str, name: &str, longest: usize) -> Result<(), Fault> {
    if name.chars().count() > longest {
        return Err(fault::invalid(format!(
            "1 validation error detected: Value '{name}' at '{member}' failed to satisfy constraint: Member must have \
             length less than or equal to {longest}"
        )));
    }
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c)) {
        return Err(fault::invalid(format!(
            "The specified value for {member} is invalid. It must contain only alphanumeric characters and/or the \
             following: +=,.@_-"
        )));
    }
    Ok(())
}

/// The path of a new role or policy, `/` when none is given.
///
/// # Errors
/// `ValidationError` for one that does not begin and end with a slash.
pub fn path(call: &Call) -> Result<String, Fault> {
    let path = input::text(call, "Path").unwrap_or("/");
    let fine =
        path.starts_with('/') && path.ends_with('/') && path.len() <= 512 && path.chars().all(|c| c.is_ascii_graphic());
    if fine {
        return Ok(path.to_owned());
    }
    Err(fault::invalid(
        "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric \
         characters and/or / characters.",
    ))
}

/// One page of `items` under `member`; the marker is the number of items that came before.
///
/// # Errors
/// `ValidationError` for a marker that is none.
pub fn page(call: &Call, member: &str, items: Vec<Value>) -> Result<Output, Fault> {
    let limit = input::integer(call, "MaxItems").unwrap_or(100).clamp(1, 1_000);
    let limit = usize::try_from(limit).unwrap_or(100);
    let start: usize = match input::text(call, "Marker") {
        Some(marker) => marker.parse().map_err(|_| fault::invalid("The specified marker is invalid."))?,
        None => 0,
    };
    let total = items.len();
    let page: Vec<Value> = items.into_iter().skip(start).take(limit).collect();
    let end = start + page.len();
    let mut body = json!({ member: page, "IsTruncated": end < total });
    if end < total {
        body["Marker"] = json!(end.to_string());
    }
    Ok(Output::json(body))
}
