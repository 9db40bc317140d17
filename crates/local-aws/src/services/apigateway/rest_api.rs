//! CreateRestApi, GetRestApi, GetRestApis, UpdateRestApi, DeleteRestApi.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::document::{APIS, Definition, Resource, RestApi};
use super::member::{bad, fresh_id, page, required, take, unsupported};
use super::patch::{self, Setting};
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

const MEMBERS: &[&str] = &[
    "name",
    "description",
    "version",
    "binaryMediaTypes",
    "apiKeySource",
    "endpointConfiguration",
    "policy",
    "tags",
    "disableExecuteApiEndpoint",
    "securityPolicy",
    "endpointAccessMode",
];

/// CreateRestApi.
///
/// Diverges: resource policies are kept and answered, not enforced.
pub async fn create(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    required(&call, "name")?;
    let given = take(&call, &["cloneFrom", "minimumCompressionSize"], MEMBERS)?;
    for member in ["cloneFrom", "minimumCompressionSize"] {
        if !call.input[member].is_null() {
            return Err(unsupported(&format!("{member} of CreateRestApi")));
        }
    }
    let mut shape = Map::new();
    shape.extend(given);
    shape.insert("createdDate".to_owned(), json!(cloud.clock.now().as_second()));
    shape.entry("apiKeySource").or_insert_with(|| json!("HEADER"));
    shape.entry("endpointConfiguration").or_insert_with(|| json!({"types": ["EDGE"], "ipAddressType": "ipv4"}));
    shape.entry("disableExecuteApiEndpoint").or_insert_with(|| json!(false));
    check(&shape)?;
    let root = Resource {
        id: fresh_id(10),
        parent_id: None,
        path_part: String::new(),
        path: "/".to_owned(),
        methods: BTreeMap::new(),
    };
    let _edit = cloud.apigateway.edit();
    let api = RestApi {
        id: fresh_id(10),
        region: call.region.clone(),
        definition: Definition {
            shape,
            resources: BTreeMap::from([(root.id.clone(), root)]),
            models: super::model::defaults(),
            validators: BTreeMap::new(),
            authorizers: BTreeMap::new(),
            responses: BTreeMap::new(),
        },
        deployments: BTreeMap::new(),
        stages: BTreeMap::new(),
    };
    cloud.store.put(APIS, &api.id, &api)?;
    Ok(Output::json(api.describe()).with_status(201))
}

fn check(shape: &Map<String, Value>) -> Result<(), Fault> {
    match shape.get("apiKeySource").and_then(Value::as_str) {
        Some("HEADER" | "AUTHORIZER") | None => {}
        Some(other) => return Err(bad(format!("Invalid API key source specified: {other}"))),
    }
    let types = shape.get("endpointConfiguration").and_then(|endpoint| endpoint["types"].as_array());
    for kind in types.into_iter().flatten() {
        if !["EDGE", "REGIONAL", "PRIVATE"].iter().any(|known| kind == known) {
            return Err(bad("Endpoint type must be one of [EDGE, REGIONAL, PRIVATE]"));
        }
    }
    Ok(())
}

/// GetRestApi.
pub async fn get(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    Ok(Output::json(RestApi::load(&cloud, &call)?.describe()))
}

/// GetRestApis.
pub async fn list(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let apis: Vec<(String, RestApi)> = cloud.store.scan(APIS, "")?;
    let here = apis.iter().filter(|(_, api)| api.region == call.region);
    Ok(Output::json(page(&call, here.map(|(_, api)| api.describe()).collect())?))
}

/// UpdateRestApi.
pub async fn update(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let settings = [
        ("name", Setting::Text),
        ("description", Setting::Text),
        ("policy", Setting::Text),
        ("apiKeySource", Setting::Text),
        ("binaryMediaTypes", Setting::List),
        ("disableExecuteApiEndpoint", Setting::Flag),
        (
            "endpointConfiguration",
            Setting::Structure(&[
                ("types", Setting::List),
                ("vpcEndpointIds", Setting::List),
                ("ipAddressType", Setting::Text),
            ]),
        ),
    ];
    let shape = RestApi::edit(&cloud, &call, |api| {
        let mut shape = Value::Object(api.definition.shape.clone());
        patch::apply(&call, &mut shape, &settings)?;
        if let Value::Object(shape) = shape {
            check(&shape)?;
            api.definition.shape = shape;
        }
        Ok(api.describe())
    })?;
    Ok(Output::json(shape))
}

/// DeleteRestApi.
pub async fn delete(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let _edit = cloud.apigateway.edit();
    let api = RestApi::load(&cloud, &call)?;
    cloud.store.delete(APIS, &api.id)?;
    Ok(Output::empty().with_status(202))
}
