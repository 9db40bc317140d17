//! Request validation: required parameters and bodies by model.

use serde_json::Value;

use super::answer::Refusal;
use super::exchange::Exchange;
use super::schema;
use crate::services::apigateway::document::Definition;

/// Checks a request as its method's validator says.
///
/// # Errors
/// 400 in AWS's words.
pub fn check(definition: &Definition, method: &Value, exchange: &Exchange) -> Result<(), Refusal> {
    let validator = method["requestValidatorId"].as_str().and_then(|id| definition.validators.get(id));
    let Some(validator) = validator else { return Ok(()) };
    if validator["validateRequestParameters"] == true {
        let missing = missing_parameters(method, exchange);
        if !missing.is_empty() {
            return Err(Refusal::bad_parameters(&missing.join(", ")));
        }
    }
    if validator["validateRequestBody"] == true && !body_fits(definition, method, exchange) {
        return Err(Refusal::bad_body());
    }
    Ok(())
}

fn missing_parameters(method: &Value, exchange: &Exchange) -> Vec<String> {
    let parameters = method["requestParameters"].as_object().into_iter().flatten();
    let required = parameters.filter(|(_, required)| **required == Value::Bool(true)).map(|(name, _)| name);
    let missing = required.filter_map(|name| {
        let (place, name) = name.strip_prefix("method.request.")?.split_once('.')?;
        let given = match place {
            "header" | "multivalueheader" => exchange.header(name),
            "querystring" | "multivaluequerystring" => exchange.query_value(name),
            _ => exchange.path_parameters.get(name).map(String::as_str),
        };
        given.is_none_or(str::is_empty).then(|| name.to_owned())
    });
    missing.collect()
}

fn body_fits(definition: &Definition, method: &Value, exchange: &Exchange) -> bool {
    let models = method["requestModels"].as_object();
    let media_type = exchange.media_type();
    let model = models.into_iter().flatten().find(|(name, _)| name.eq_ignore_ascii_case(&media_type));
    let model = model.or_else(|| models.into_iter().flatten().find(|(name, _)| *name == "$default"));
    let Some(name) = model.and_then(|(_, name)| name.as_str()) else { return true };
    let schema_of =
        |name: &str| -> Option<Value> { serde_json::from_str(definition.models.get(name)?["schema"].as_str()?).ok() };
    let Some(schema) = schema_of(name) else { return true };
    let text = exchange.text();
    let body = serde_json::from_str(if text.is_empty() { "{}" } else { &text });
    body.is_ok_and(|body| schema::accepts(&schema, &body, &schema_of))
}
