//! Lists in pages: `Marker` and `MaxItems` in, `NextMarker` out.

use serde_json::{Map, Value};

use super::input;
use crate::wire::{Call, Fault, Output};

/// Lambda answers at most this many items at once.
const MOST: usize = 50;

/// The page of `items` that `call` asks for, under `member`.
///
/// # Errors
/// For a marker that no earlier page gave.
pub fn of(call: &Call, member: &str, items: Vec<Value>) -> Result<Output, Fault> {
    let size = input::integer(&call.input, "MaxItems")?.and_then(|size| usize::try_from(size).ok()).unwrap_or(MOST);
    let start: usize = match input::text(&call.input, "Marker")? {
        None | Some("") => 0,
        Some(marker) => marker.parse().map_err(|_| input::invalid("Invalid pagination token"))?,
    };
    let end = items.len().min(start.saturating_add(size.clamp(1, MOST)));
    let page: Vec<Value> = items.get(start..end).unwrap_or_default().to_vec();
    let mut body = Map::new();
    body.insert(member.to_owned(), Value::Array(page));
    if end < items.len() {
        body.insert("NextMarker".to_owned(), Value::String(end.to_string()));
    }
    Ok(Output::json(Value::Object(body)))
}
