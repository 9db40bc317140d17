//! The operations of `iam`.

use crate::cloud::Config;
use crate::services::Operation;
use crate::store::{Store, StoreError};

/// The operations that are there.
pub const OPERATIONS: &[Operation] = &[];

/// What this service remembers between calls beside the store.
#[derive(Debug, Default)]
pub struct State {}

impl State {
    /// The state over what `store` remembers.
    ///
    /// # Errors
    /// When what was stored cannot be read.
    pub fn open(_config: &Config, _store: &Store) -> Result<State, StoreError> {
        Ok(State::default())
    }
}
