//! An HTTP API as it is stored.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Cloud;
use crate::wire::{Call, Fault};

/// The table of HTTP APIs by id.
pub const APIS: &str = "apigatewayv2.apis";

/// One HTTP API; every part is in AWS's shape.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Api {
    pub id: String,
    pub region: String,
    pub shape: Map<String, Value>,
    pub definition: Definition,
    /// By name.
    pub stages: BTreeMap<String, Value>,
    /// By id: the shape and what it froze.
    pub deployments: BTreeMap<String, (Value, Definition)>,
}

/// What a deployment freezes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Definition {
    pub routes: BTreeMap<String, Value>,
    pub integrations: BTreeMap<String, Value>,
    #[serde(default)]
    pub authorizers: BTreeMap<String, Value>,
}

impl Api {
    /// The API with this id in any region: the data plane's addresses carry no region.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn find(cloud: &Cloud, id: &str) -> Result<Option<Api>, Fault> {
        Ok(cloud.store.get(APIS, id)?)
    }

    /// The API that `call` names by `ApiId`.
    ///
    /// # Errors
    /// `NotFoundException` when there is none in the region.
    pub fn load(cloud: &Cloud, call: &Call) -> Result<Api, Fault> {
        let id = text(call, "ApiId")?;
        let found = Api::find(cloud, id)?.filter(|api| api.region == call.region);
        found.ok_or_else(|| not_found(&format!("Invalid API identifier specified {}:{id}", cloud.config.account)))
    }

    /// Changes the API that `call` names, or leaves it as it is when `change` fails.
    ///
    /// # Errors
    /// As [`Api::load`], and those of `change`.
    pub fn edit<T>(cloud: &Cloud, call: &Call, change: impl FnOnce(&mut Api) -> Result<T, Fault>) -> Result<T, Fault> {
        let _edit = cloud.apigatewayv2.edit();
        let mut api = Api::load(cloud, call)?;
        let result = change(&mut api)?;
        cloud.store.put(APIS, &api.id, &api)?;
        Ok(result)
    }
}

/// The text member `name`, which must be there.
///
/// # Errors
/// `BadRequestException` when it is not.
pub fn text<'a>(call: &'a Call, name: &str) -> Result<&'a str, Fault> {
    call.input[name].as_str().ok_or_else(|| bad(&format!("{name} is required")))
}

/// A request that is refused.
pub fn bad(message: &str) -> Fault {
    Fault::sender("BadRequestException", message)
}

/// Something that is not there.
pub fn not_found(message: &str) -> Fault {
    Fault::sender("NotFoundException", message).with_status(404)
}

/// What only the local AWS lacks.
pub fn unsupported(what: &str) -> Fault {
    bad(&format!("the local AWS does not support {what}; see docs/local-aws.md"))
}

/// The members of the input that are in `known`, without those of the address.
///
/// # Errors
/// For any further member, by name.
pub fn take(call: &Call, address: &[&str], known: &[&str]) -> Result<Map<String, Value>, Fault> {
    let mut taken = Map::new();
    for (name, value) in call.input.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()) {
        if known.contains(&name.as_str()) {
            taken.insert(name.clone(), value.clone());
        } else if !address.contains(&name.as_str()) {
            return Err(unsupported(&format!("{name} of {}", call.operation)));
        }
    }
    Ok(taken)
}

/// A fresh id: lower-case letters and digits.
pub fn fresh_id(length: usize) -> String {
    let rest = std::iter::repeat_with(|| fastrand::digit(36)).take(length.saturating_sub(1));
    std::iter::once(fastrand::lowercase()).chain(rest).collect()
}
