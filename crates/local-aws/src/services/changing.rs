//! The memory of services whose resources are all in the store.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::cloud::Config;
use crate::store::{Store, StoreError};

/// What such a service remembers between calls beside the store.
#[derive(Debug, Default)]
pub struct State {
    /// Held while a resource is read and written again.
    changing: Mutex<()>,
}

impl State {
    /// The state over what `store` remembers.
    ///
    /// # Errors
    /// None today.
    pub fn open(_config: &Config, _store: &Store) -> Result<State, StoreError> {
        Ok(State::default())
    }

    /// Holds off other changes of the service's resources.
    pub fn change(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
