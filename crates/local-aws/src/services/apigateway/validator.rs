//! Request validators.

use std::sync::Arc;

use serde_json::{Value, json};

use super::document::RestApi;
use super::member::{fresh_id, not_found, page, required, take};
use super::patch::{self, Setting};
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// CreateRequestValidator.
pub async fn create(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let given = take(&call, &["restApiId"], &["name", "validateRequestBody", "validateRequestParameters"])?;
    let id = fresh_id(6);
    let mut validator = json!({"id": id, "validateRequestBody": false, "validateRequestParameters": false});
    for (member, value) in given {
        validator[member] = value;
    }
    RestApi::edit(&cloud, &call, |api| {
        api.definition.validators.insert(id, validator.clone());
        Ok(())
    })?;
    Ok(Output::json(validator).with_status(201))
}

fn stored<'a>(api: &'a mut RestApi, call: &Call) -> Result<&'a mut Value, Fault> {
    let id = required(call, "requestValidatorId")?;
    let missing = || not_found("Invalid Request Validator identifier specified");
    api.definition.validators.get_mut(id).ok_or_else(missing)
}

/// GetRequestValidator.
pub async fn get(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    Ok(Output::json(stored(&mut RestApi::load(&cloud, &call)?, &call)?.clone()))
}

/// GetRequestValidators.
pub async fn list(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let api = RestApi::load(&cloud, &call)?;
    Ok(Output::json(page(&call, api.definition.validators.into_values().collect())?))
}

/// UpdateRequestValidator.
pub async fn update(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let settings =
        [("name", Setting::Text), ("validateRequestBody", Setting::Flag), ("validateRequestParameters", Setting::Flag)];
    let validator = RestApi::edit(&cloud, &call, |api| {
        let validator = stored(api, &call)?;
        patch::apply(&call, validator, &settings)?;
        Ok(validator.clone())
    })?;
    Ok(Output::json(validator))
}

/// DeleteRequestValidator.
pub async fn delete(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    RestApi::edit(&cloud, &call, |api| {
        stored(api, &call)?;
        api.definition.validators.remove(required(&call, "requestValidatorId")?);
        Ok(())
    })?;
    Ok(Output::empty().with_status(202))
}
