//! CreateApi, GetApi, GetApis, UpdateApi, DeleteApi, DeleteCorsConfiguration.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::document::{APIS, Api, Definition, bad, fresh_id, take, text, unsupported};
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

const MEMBERS: &[&str] = &[
    "Name",
    "ProtocolType",
    "Description",
    "Version",
    "CorsConfiguration",
    "DisableExecuteApiEndpoint",
    "RouteSelectionExpression",
    "ApiKeySelectionExpression",
    "IpAddressType",
    "Tags",
];

/// CreateApi.
pub async fn create(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let given = take(&call, &[], MEMBERS)?;
    text(&call, "Name")?;
    match text(&call, "ProtocolType")? {
        "HTTP" => {}
        "WEBSOCKET" => return Err(unsupported("WebSocket APIs")),
        other => return Err(bad(&format!("Invalid protocol specified: {other}. Must be one of [HTTP, WEBSOCKET]"))),
    }
    let id = fresh_id(10);
    let mut shape = Map::new();
    shape.insert("ApiId".to_owned(), json!(id));
    shape.insert("ApiEndpoint".to_owned(), json!(format!("https://{id}.execute-api.{}.amazonaws.com", call.region)));
    shape.insert("ApiKeySelectionExpression".to_owned(), json!("$request.header.x-api-key"));
    shape.insert("RouteSelectionExpression".to_owned(), json!("$request.method $request.path"));
    shape.insert("DisableExecuteApiEndpoint".to_owned(), json!(false));
    shape.extend(given);
    shape.insert("CreatedDate".to_owned(), json!(cloud.clock.now().as_second()));
    let api = Api {
        id,
        region: call.region.clone(),
        shape,
        definition: Definition::default(),
        stages: BTreeMap::new(),
        deployments: BTreeMap::new(),
    };
    cloud.store.put(APIS, &api.id, &api)?;
    Ok(Output::json(Value::Object(api.shape)).with_status(201))
}

/// GetApi.
pub async fn get(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    Ok(Output::json(Value::Object(Api::load(&cloud, &call)?.shape)))
}

/// GetApis.
pub async fn list(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let apis: Vec<(String, Api)> = cloud.store.scan(APIS, "")?;
    let here = apis.into_iter().filter(|(_, api)| api.region == call.region);
    Ok(Output::json(json!({"Items": here.map(|(_, api)| Value::Object(api.shape)).collect::<Vec<_>>()})))
}

/// UpdateApi.
pub async fn update(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let given = take(&call, &["ApiId"], MEMBERS)?;
    let shape = Api::edit(&cloud, &call, |api| {
        api.shape.extend(given);
        Ok(api.shape.clone())
    })?;
    Ok(Output::json(Value::Object(shape)))
}

/// DeleteApi.
pub async fn delete(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let api = Api::load(&cloud, &call)?;
    cloud.store.delete(APIS, &api.id)?;
    Ok(Output::empty().with_status(204))
}

/// DeleteCorsConfiguration.
pub async fn delete_cors(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    Api::edit(&cloud, &call, |api| {
        api.shape.shift_remove("CorsConfiguration");
        Ok(())
    })?;
    Ok(Output::empty().with_status(204))
}
