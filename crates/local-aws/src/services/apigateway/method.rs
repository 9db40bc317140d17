//! Methods and their responses.

use std::sync::Arc;

use serde_json::{Value, json};

use super::document::RestApi;
use super::member::{bad, conflict, not_found, required, take, unsupported};
use super::patch::{self, Setting};
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

const METHODS: &[&str] = &["ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];
const ADDRESS: &[&str] = &["restApiId", "resourceId", "httpMethod"];
const MEMBERS: &[&str] = &[
    "authorizationType",
    "authorizerId",
    "apiKeyRequired",
    "operationName",
    "requestParameters",
    "requestModels",
    "requestValidatorId",
    "authorizationScopes",
];

/// PutMethod.
pub async fn put(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let given = take(&call, ADDRESS, MEMBERS)?;
    let name = required(&call, "httpMethod")?.to_owned();
    if !METHODS.contains(&name.as_str()) {
        return Err(bad(format!("Invalid HTTP method specified: {name}. Must be one of: [{}]", METHODS.join(", "))));
    }
    required(&call, "authorizationType")?;
    let method = RestApi::edit(&cloud, &call, |api| {
        let mut method = json!({"httpMethod": name, "apiKeyRequired": false});
        for (member, value) in given {
            method[member] = value;
        }
        check(api, &method)?;
        let resource = api.resource(&call)?;
        if resource.methods.contains_key(&name) {
            return Err(conflict("Method already exists for this resource"));
        }
        resource.methods.insert(name, method.clone());
        Ok(method)
    })?;
    Ok(Output::json(method).with_status(201))
}

/// What a method refers to must be there.
fn check(api: &RestApi, method: &Value) -> Result<(), Fault> {
    let authorizer = method["authorizerId"].as_str();
    match method["authorizationType"].as_str().unwrap_or_default() {
        "NONE" | "AWS_IAM" => {}
        "CUSTOM" => {
            let known = authorizer.is_some_and(|id| api.definition.authorizers.contains_key(id));
            if !known {
                return Err(bad(
                    "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer.",
                ));
            }
        }
        "COGNITO_USER_POOLS" => return Err(unsupported("authorizationType COGNITO_USER_POOLS")),
        other => return Err(bad(format!("Invalid authorization type specified: {other}"))),
    }
    if let Some(validator) = method["requestValidatorId"].as_str()
        && !api.definition.validators.contains_key(validator)
    {
        return Err(bad("Invalid Request Validator identifier specified"));
    }
    for model in method["requestModels"].as_object().into_iter().flat_map(|models| models.values()) {
        let name = model.as_str().unwrap_or_default();
        if !api.definition.models.contains_key(name) {
            return Err(bad(format!("Invalid model identifier specified: {name}")));
        }
    }
    for parameter in method["requestParameters"].as_object().into_iter().flat_map(|parameters| parameters.keys()) {
        let known = ["path", "querystring", "multivaluequerystring", "header", "multivalueheader"];
        let place = parameter.strip_prefix("method.request.").and_then(|rest| rest.split_once('.'));
        if !place.is_some_and(|(place, name)| known.contains(&place) && !name.is_empty()) {
            return Err(bad(format!(
                "Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression parameter specified: {parameter}]"
            )));
        }
    }
    Ok(())
}

/// GetMethod.
pub async fn get(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    Ok(Output::json(RestApi::load(&cloud, &call)?.method(&call)?.clone()))
}

/// UpdateMethod.
pub async fn update(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let settings = [
        ("authorizationType", Setting::Text),
        ("authorizerId", Setting::Text),
        ("apiKeyRequired", Setting::Flag),
        ("operationName", Setting::Text),
        ("requestParameters", Setting::FlagMap),
        ("requestModels", Setting::Map),
        ("requestValidatorId", Setting::Text),
        ("authorizationScopes", Setting::List),
    ];
    let method = RestApi::edit(&cloud, &call, |api| {
        let mut method = api.method(&call)?.clone();
        patch::apply(&call, &mut method, &settings)?;
        check(api, &method)?;
        api.method(&call)?.clone_from(&method);
        Ok(method)
    })?;
    Ok(Output::json(method))
}

/// DeleteMethod.
pub async fn delete(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    RestApi::edit(&cloud, &call, |api| {
        let name = required(&call, "httpMethod")?;
        let removed = api.resource(&call)?.methods.remove(name);
        removed.ok_or_else(|| not_found("Invalid Method identifier specified"))
    })?;
    Ok(Output::empty().with_status(204))
}

/// PutMethodResponse.
pub async fn put_response(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let address = [ADDRESS, &["statusCode"]].concat();
    let given = take(&call, &address, &["responseParameters", "responseModels"])?;
    let status = check_status(required(&call, "statusCode")?)?.to_owned();
    let response = RestApi::edit(&cloud, &call, |api| {
        for parameter in call.input["responseParameters"].as_object().into_iter().flat_map(|all| all.keys()) {
            if !parameter.starts_with("method.response.header.") {
                return Err(bad(format!("Invalid mapping expression parameter specified: {parameter}")));
            }
        }
        let method = api.method(&call)?;
        if !method["methodResponses"][&status].is_null() {
            return Err(conflict("Response already exists for this resource"));
        }
        let mut response = json!({"statusCode": status});
        for (member, value) in given {
            response[member] = value;
        }
        method["methodResponses"][&status] = response.clone();
        Ok(response)
    })?;
    Ok(Output::json(response).with_status(201))
}

/// A status code of a response.
pub fn check_status(status: &str) -> Result<&str, Fault> {
    let number: u16 = status.parse().unwrap_or(0);
    if (100..600).contains(&number) { Ok(status) } else { Err(bad(format!("Invalid HTTP status code: {status}"))) }
}

/// GetMethodResponse.
pub async fn get_response(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut api = RestApi::load(&cloud, &call)?;
    let status = required(&call, "statusCode")?;
    let response = api.method(&call)?["methodResponses"][status].clone();
    if response.is_null() { Err(no_response()) } else { Ok(Output::json(response)) }
}

/// UpdateMethodResponse.
pub async fn update_response(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let response = RestApi::edit(&cloud, &call, |api| {
        let status = required(&call, "statusCode")?;
        let response = api.method(&call)?.pointer_mut(&format!("/methodResponses/{status}")).ok_or_else(no_response)?;
        patch::apply(&call, response, &[("responseParameters", Setting::FlagMap), ("responseModels", Setting::Map)])?;
        Ok(response.clone())
    })?;
    Ok(Output::json(response).with_status(201))
}

/// DeleteMethodResponse.
pub async fn delete_response(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    RestApi::edit(&cloud, &call, |api| {
        let status = required(&call, "statusCode")?;
        let responses = api.method(&call)?.get_mut("methodResponses").and_then(Value::as_object_mut);
        responses.and_then(|responses| responses.shift_remove(status)).ok_or_else(no_response)
    })?;
    Ok(Output::empty().with_status(204))
}

fn no_response() -> Fault {
    not_found("Invalid Response status code specified")
}
