//! What CloudFormation knows of each resource type, one file a type.

use std::sync::Arc;

use crate::engine::provider::Provider;

/// The provider of a resource type, if the local AWS has it.
pub fn find(_kind: &str) -> Option<Arc<dyn Provider>> {
    None
}
