//! Models: JSON schemas by name.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::document::RestApi;
use super::member::{bad, conflict, fresh_id, not_found, page, required, take};
use super::patch::{self, Setting};
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// The models every new API has.
pub fn defaults() -> BTreeMap<String, Value> {
    let empty = json!({
        "id": fresh_id(6),
        "name": "Empty",
        "description": "This is a default empty schema model",
        "schema": "{\n  \"$schema\": \"http://json-schema.org/draft-04/schema#\",\n  \"title\" : \"Empty Schema\",\n  \"type\" : \"object\"\n}",
        "contentType": "application/json",
    });
    let error = json!({
        "id": fresh_id(6),
        "name": "Error",
        "description": "This is a default error schema model",
        "schema": "{\n  \"$schema\" : \"http://json-schema.org/draft-04/schema#\",\n  \"title\" : \"Error Schema\",\n  \"type\" : \"object\",\n  \"properties\" : {\n    \"message\" : { \"type\" : \"string\" }\n  }\n}",
        "contentType": "application/json",
    });
    BTreeMap::from([("Empty".to_owned(), empty), ("Error".to_owned(), error)])
}

/// CreateModel.
pub async fn create(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let given = take(&call, &["restApiId"], &["name", "description", "schema", "contentType"])?;
    let name = required(&call, "name")?;
    required(&call, "contentType")?;
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric()) {
        return Err(bad(format!("Model name must be alphanumeric: {name}")));
    }
    let mut model = json!({"id": fresh_id(6)});
    for (member, value) in given {
        model[member] = value;
    }
    check_schema(&model)?;
    RestApi::edit(&cloud, &call, |api| {
        if api.definition.models.contains_key(name) {
            return Err(conflict(format!("Model name already exists for this REST API: {name}")));
        }
        api.definition.models.insert(name.to_owned(), model.clone());
        Ok(())
    })?;
    Ok(Output::json(model).with_status(201))
}

fn check_schema(model: &Value) -> Result<(), Fault> {
    let Some(schema) = model["schema"].as_str() else { return Ok(()) };
    let parsed: Value =
        serde_json::from_str(schema).map_err(|error| bad(format!("Invalid model schema specified: {error}")))?;
    crate::gateway::check_schema(&parsed).map_err(|what| {
        bad(format!("Invalid model specified: the local AWS does not support {what}; see docs/local-aws.md"))
    })
}

fn stored<'a>(api: &'a mut RestApi, call: &Call) -> Result<&'a mut Value, Fault> {
    let name = required(call, "modelName")?;
    let missing = || not_found(format!("Invalid model name specified: {name}"));
    api.definition.models.get_mut(name).ok_or_else(missing)
}

/// GetModel.
pub async fn get(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    Ok(Output::json(stored(&mut RestApi::load(&cloud, &call)?, &call)?.clone()))
}

/// GetModels.
pub async fn list(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let api = RestApi::load(&cloud, &call)?;
    Ok(Output::json(page(&call, api.definition.models.into_values().collect())?))
}

/// UpdateModel.
pub async fn update(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let model = RestApi::edit(&cloud, &call, |api| {
        let model = stored(api, &call)?;
        patch::apply(&call, model, &[("description", Setting::Text), ("schema", Setting::Text)])?;
        check_schema(model)?;
        Ok(model.clone())
    })?;
    Ok(Output::json(model))
}

/// DeleteModel; not while a method uses it.
pub async fn delete(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    RestApi::edit(&cloud, &call, |api| {
        let name = required(&call, "modelName")?;
        stored(api, &call)?;
        let methods = api.definition.resources.values().flat_map(|resource| resource.methods.values());
        let mut models = methods.flat_map(|method| method["requestModels"].as_object().into_iter().flatten());
        if models.any(|(_, model)| model == name) {
            return Err(conflict(format!("Cannot delete model '{name}', is referenced in method request")));
        }
        api.definition.models.remove(name);
        Ok(())
    })?;
    Ok(Output::empty().with_status(202))
}
