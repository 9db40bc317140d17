//! Map runs on the wire.

use serde_json::{Map, Value};

use crate::Cloud;
use crate::services::states::page::Page;
use crate::services::states::refusal;
use crate::wire::Fault;

/// The child executions of a map run.
pub fn list_children(
    _cloud: &Cloud,
    arn: &str,
    _status: Option<&str>,
    _page: &Page,
) -> Result<Map<String, Value>, Fault> {
    Err(refusal::no_resource(arn))
}
