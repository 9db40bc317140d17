//! Policies that say who may use some topics or queues: one document that is set on each.

use futures_util::future::BoxFuture;
use serde_json::Value;

use super::member::{document, found, gone, invented, unchanged};
use crate::engine::journal::Live;
use crate::engine::names::Letters;
use crate::engine::provider::{Context, Found, Made};
use crate::wire::Fault;

/// What such a policy is set on.
pub struct Guarded {
    /// The property that lists them.
    pub list: &'static str,
    /// Sets a policy.
    pub set: for<'a> fn(&'a Context, &'a str, String) -> BoxFuture<'a, Result<(), Fault>>,
    /// The policy of one that has none of its own.
    pub without: fn(&Context, &str) -> String,
}

impl Guarded {
    fn listed<'a>(&self, properties: &'a Value) -> impl Iterator<Item = &'a str> {
        properties.get(self.list).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }

    async fn put(&self, context: &Context, properties: &Value) -> Result<(), Fault> {
        let policy = properties.get("PolicyDocument").map(document).unwrap_or_default();
        for one in self.listed(properties) {
            (self.set)(context, one, policy.clone()).await?;
        }
        Ok(())
    }

    async fn take(&self, context: &Context, one: &str) -> Result<(), Fault> {
        gone((self.set)(context, one, (self.without)(context, one)).await)
    }

    /// Sets the policy on each.
    pub async fn create(&self, context: Context, properties: Value) -> Result<Made, Fault> {
        self.put(&context, &properties).await?;
        let id = invented(&context, 128, Letters::Mixed);
        Ok(Made::new(id.clone()).with("Id", id))
    }

    /// Takes it from those that are listed no longer, and sets it on the others.
    pub async fn update(&self, context: Context, live: Live, properties: Value) -> Result<Made, Fault> {
        for one in self.listed(&live.properties).filter(|one| !self.listed(&properties).any(|kept| kept == *one)) {
            self.take(&context, one).await?;
        }
        self.put(&context, &properties).await?;
        Ok(unchanged(live))
    }

    /// Takes it from each.
    pub async fn delete(&self, context: Context, live: Live) -> Result<(), Fault> {
        for one in self.listed(&live.properties) {
            self.take(&context, one).await?;
        }
        Ok(())
    }
}

/// Nobody chooses its name.
pub fn name(_context: &Context, _properties: &Value) -> Option<String> {
    None
}

/// It has no properties that can be read back: several policies may be set on one.
pub async fn read(_context: Context, physical: String, _properties: Value) -> Result<Option<Found>, Fault> {
    Ok(found(Made::new(physical.clone()).with("Id", physical)))
}
