//! A resource type as a table of functions.

use futures_util::future::BoxFuture;
use serde_json::Value;

use crate::engine::journal::Live;
use crate::engine::provider::{Context, Made, Provider, Reading};
use crate::engine::schema::Schema;
use crate::wire::Fault;

/// A resource type: its schema, and the functions that do its work.
pub struct Kind {
    pub schema: Schema,
    /// The physical id that `create` will use, when the caller of the service chooses it.
    pub name: fn(&Context, &Value) -> Option<String>,
    pub create: fn(Context, Value) -> BoxFuture<'static, Result<Made, Fault>>,
    pub update: fn(Context, Live, Value) -> BoxFuture<'static, Result<Made, Fault>>,
    pub delete: fn(Context, Live) -> BoxFuture<'static, Result<(), Fault>>,
    pub read: fn(Context, String, Value) -> Reading,
}

/// Makes a [`Kind`] of a schema and the functions `name`, `create`, `update`, `delete` and `read` around it.
macro_rules! kind {
    ($schema:expr) => {
        $crate::providers::kind::Kind {
            schema: $schema,
            name,
            create: |context, properties| Box::pin(create(context, properties)),
            update: |context, live, properties| Box::pin(update(context, live, properties)),
            delete: |context, live| Box::pin(delete(context, live)),
            read: |context, physical, properties| Box::pin(read(context, physical, properties)),
        }
    };
}
pub(super) use kind;

impl Provider for &'static Kind {
    fn schema(&self) -> &Schema {
        &self.schema
    }
    fn name(&self, context: &Context, properties: &Value) -> Option<String> {
        (self.name)(context, properties)
    }
    fn create(&self, context: Context, properties: Value) -> BoxFuture<'static, Result<Made, Fault>> {
        (self.create)(context, properties)
    }
    fn update(&self, context: Context, live: Live, properties: Value) -> BoxFuture<'static, Result<Made, Fault>> {
        (self.update)(context, live, properties)
    }
    fn delete(&self, context: Context, live: Live) -> BoxFuture<'static, Result<(), Fault>> {
        (self.delete)(context, live)
    }
    fn read(&self, context: Context, physical: String, properties: Value) -> Reading {
        (self.read)(context, physical, properties)
    }
}
