//! The engine's world: the other services of the same cloud.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::Value;

use crate::engine::provider::{Provider, World};
use crate::wire::{Fault, Output};
use crate::{Clock, Cloud, Store, providers};

/// The other services of the same cloud.
pub struct Inside(pub Arc<Cloud>);

impl World for Inside {
    fn invoke<'a>(
        &'a self,
        service: &'a str,
        operation: &'a str,
        region: &'a str,
        input: Value,
    ) -> BoxFuture<'a, Result<Output, Fault>> {
        Box::pin(self.0.invoke(service, operation, region, input))
    }

    fn store(&self) -> &Store {
        &self.0.store
    }

    fn clock(&self) -> &Clock {
        &self.0.clock
    }

    fn account(&self) -> &str {
        &self.0.config.account
    }

    fn endpoint(&self) -> &str {
        &self.0.config.endpoint
    }

    fn provider(&self, kind: &str) -> Option<Arc<dyn Provider>> {
        providers::find(kind)
    }
}
