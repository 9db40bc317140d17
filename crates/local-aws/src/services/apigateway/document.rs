//! A REST API as it is stored: what is being edited, the deployments (each a snapshot), and the stages.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::member::not_found;
use crate::Cloud;
use crate::wire::{Call, Fault};

/// The table of REST APIs by id.
pub const APIS: &str = "apigateway.apis";

/// One REST API.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RestApi {
    pub id: String,
    pub region: String,
    /// What the next deployment will be a snapshot of.
    pub definition: Definition,
    pub deployments: BTreeMap<String, Deployment>,
    /// Stages by name, in AWS's shape.
    pub stages: BTreeMap<String, Value>,
}

/// Everything of an API that a deployment freezes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Definition {
    /// The API's own members in AWS's shape: `name`, `apiKeySource`, `binaryMediaTypes`, …
    pub shape: Map<String, Value>,
    pub resources: BTreeMap<String, Resource>,
    /// By name.
    pub models: BTreeMap<String, Value>,
    /// By id.
    pub validators: BTreeMap<String, Value>,
    /// By id.
    pub authorizers: BTreeMap<String, Value>,
    /// Changed gateway responses by type.
    pub responses: BTreeMap<String, Value>,
}

/// One part of the path and its methods.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Resource {
    pub id: String,
    pub parent_id: Option<String>,
    pub path_part: String,
    pub path: String,
    /// Methods in AWS's shape by HTTP method or `ANY`.
    pub methods: BTreeMap<String, Value>,
}

/// A frozen definition.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Deployment {
    /// In AWS's shape, without `apiSummary`.
    pub shape: Value,
    pub definition: Definition,
}

impl RestApi {
    /// The API with this id in any region: the data plane's addresses carry no region.
    pub fn find(cloud: &Cloud, id: &str) -> Result<Option<RestApi>, Fault> {
        Ok(cloud.store.get(APIS, id)?)
    }

    /// The API that `call` names by `restApiId`.
    ///
    /// # Errors
    /// `NotFoundException` when there is none in the region.
    pub fn load(cloud: &Cloud, call: &Call) -> Result<RestApi, Fault> {
        let id = super::member::required(call, "restApiId")?;
        let found = RestApi::find(cloud, id)?.filter(|api| api.region == call.region);
        let message = || format!("Invalid API identifier specified {}:{id}", cloud.config.account);
        found.ok_or_else(|| not_found(message()))
    }

    /// Changes the API that `call` names, or leaves it as it is when `change` fails.
    ///
    /// # Errors
    /// As [`RestApi::load`], and those of `change`.
    pub fn edit<T>(
        cloud: &Cloud,
        call: &Call,
        change: impl FnOnce(&mut RestApi) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let _edit = cloud.apigateway.edit();
        let mut api = RestApi::load(cloud, call)?;
        let result = change(&mut api)?;
        cloud.store.put(APIS, &api.id, &api)?;
        Ok(result)
    }

    /// The API in AWS's shape.
    pub fn describe(&self) -> Value {
        let root = self.definition.resources.values().find(|resource| resource.parent_id.is_none());
        let mut shape = Map::new();
        shape.insert("id".to_owned(), json!(self.id));
        shape.extend(self.definition.shape.clone());
        shape.insert("rootResourceId".to_owned(), json!(root.map(|root| root.id.as_str())));
        Value::Object(shape)
    }

    /// The resource that `call` names.
    ///
    /// # Errors
    /// `NotFoundException` when there is none.
    pub fn resource(&mut self, call: &Call) -> Result<&mut Resource, Fault> {
        let id = super::member::required(call, "resourceId")?;
        self.definition.resources.get_mut(id).ok_or_else(|| not_found("Invalid Resource identifier specified"))
    }

    /// The method that `call` names.
    ///
    /// # Errors
    /// `NotFoundException` when there is none.
    pub fn method(&mut self, call: &Call) -> Result<&mut Value, Fault> {
        let name = super::member::required(call, "httpMethod")?.to_owned();
        let resource = self.resource(call)?;
        resource.methods.get_mut(&name).ok_or_else(|| not_found("Invalid Method identifier specified"))
    }
}

impl Resource {
    /// The resource in AWS's shape; with `methods` the methods are whole, else only named.
    pub fn describe(&self, methods: bool) -> Value {
        let mut shape = json!({"id": self.id});
        if let Some(parent) = &self.parent_id {
            shape["parentId"] = json!(parent);
            shape["pathPart"] = json!(self.path_part);
        }
        shape["path"] = json!(self.path);
        if !self.methods.is_empty() {
            let named = self
                .methods
                .iter()
                .map(|(name, method)| (name.clone(), if methods { method.clone() } else { json!({}) }));
            shape["resourceMethods"] = Value::Object(named.collect());
        }
        shape
    }
}
