//! The operations of `dynamodb`.

use crate::services::Operation;

/// The operations that are there.
pub const OPERATIONS: &[Operation] = &[];

/// What this service remembers between calls beside the store.
#[derive(Debug, Default)]
pub struct State {}
