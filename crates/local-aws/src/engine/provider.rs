//! The seam between the engine and what it manages: a provider does the work of one resource type.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::journal::Live;
use super::schema::Schema;
use crate::wire::{Fault, Output};
use crate::{Clock, Store};

/// The world outside of the engine: the services it calls, its memory and the time.
pub trait World: Send + Sync + 'static {
    /// Calls an operation of a service, with input and output in AWS's shapes.
    fn invoke<'a>(
        &'a self,
        service: &'a str,
        operation: &'a str,
        region: &'a str,
        input: Value,
    ) -> BoxFuture<'a, Result<Output, Fault>>;
    /// Where journals are kept.
    fn store(&self) -> &Store;
    /// The time.
    fn clock(&self) -> &Clock;
    /// The twelve digits of the account.
    fn account(&self) -> &str;
    /// `http://127.0.0.1:PORT`, under which the local AWS answers.
    fn endpoint(&self) -> &str;
    /// The resource types there are.
    fn provider(&self, kind: &str) -> Option<Arc<dyn Provider>>;
}

/// The code of a fault whose message is an event's reason as it is.
pub const OWN_WORDS: &str = "OwnWords";

/// Which resource of which stack a provider works for.
#[derive(Clone)]
pub struct Context {
    pub world: Arc<dyn World>,
    pub region: String,
    pub account: String,
    pub stack_id: String,
    pub stack_name: String,
    pub logical: String,
    /// The tags of the stack.
    pub tags: IndexMap<String, String>,
    /// Differs for each physical resource made for the same logical id.
    pub generation: u64,
}

impl Context {
    /// Calls an operation of a service in the stack's region.
    ///
    /// # Errors
    /// The service's fault.
    pub async fn invoke(&self, service: &str, operation: &str, input: Value) -> Result<Value, Fault> {
        self.world.invoke(service, operation, &self.region, input).await.map(|output| output.body)
    }

    /// `arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE`
    pub fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{resource}", self.region, self.account)
    }
}

/// A resource that is being read.
pub type Reading = BoxFuture<'static, Result<Option<Found>, Fault>>;

/// A physical resource that a provider has made or changed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Made {
    /// The physical id.
    pub physical: String,
    /// What `Ref` gives; the physical id unless the type says otherwise.
    pub reference: Option<String>,
    /// What `Fn::GetAtt` gives.
    pub attributes: Map<String, Value>,
}

impl Made {
    /// A physical resource whose `Ref` is its physical id.
    pub fn new(physical: impl Into<String>) -> Made {
        Made { physical: physical.into(), ..Made::default() }
    }

    /// With one attribute more.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Made {
        self.attributes.insert(name.to_owned(), value.into());
        self
    }

    /// With a `Ref` of its own.
    pub fn referenced_as(mut self, reference: impl Into<String>) -> Made {
        self.reference = Some(reference.into());
        self
    }
}

/// Creates, updates and deletes the resources of one type.
///
/// Properties arrive with every function worked out and in the types that the schema names. Deleting what is not there
/// is a success.
pub trait Provider: Send + Sync {
    /// What the type's properties are.
    fn schema(&self) -> &Schema;
    /// The physical id that `create` will use, when the type lets the caller choose it.
    fn name(&self, context: &Context, properties: &Value) -> Option<String>;
    /// Creates the resource.
    fn create(&self, context: Context, properties: Value) -> BoxFuture<'static, Result<Made, Fault>>;
    /// Changes the resource in place.
    fn update(&self, context: Context, live: Live, properties: Value) -> BoxFuture<'static, Result<Made, Fault>>;
    /// Deletes the resource.
    fn delete(&self, context: Context, live: Live) -> BoxFuture<'static, Result<(), Fault>>;
    /// The resource's properties as they now are: those that the type can read back. `None` when it is not there.
    fn read(&self, context: Context, physical: String, properties: Value) -> Reading;
    /// Whether the change from `before` to `after` needs a new physical resource.
    fn replaces(&self, before: &Value, after: &Value) -> bool {
        self.schema().replaced_by(before, after).next().is_some()
    }
}

/// A physical resource as it was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    pub made: Made,
    /// The properties that could be read back.
    pub properties: Map<String, Value>,
}
