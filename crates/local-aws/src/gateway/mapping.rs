//! Parameter mappings and templates between the request, the integration and the response.

use serde_json::Value;

use super::answer::Refusal;
use super::exchange::Exchange;
use super::vtl::{Outcome, Template, TemplateError, Variables, render};

/// The value of a mapping expression over the request: `'literal'`, `method.request.…`, `context.…`,
/// `stageVariables.…`.
pub fn request_value(expression: &str, exchange: &Exchange) -> Option<String> {
    if let Some(value) = common(expression, exchange) {
        return value;
    }
    let rest = expression.strip_prefix("method.request.")?;
    if rest == "body" {
        return Some(exchange.text());
    }
    let (place, name) = rest.split_once('.')?;
    match place {
        "header" | "multivalueheader" => exchange.header(name).map(str::to_owned),
        "querystring" | "multivaluequerystring" => exchange.query_value(name).map(str::to_owned),
        "path" => exchange.path_parameters.get(name).cloned(),
        "body" => body_value(&exchange.text(), name),
        _ => None,
    }
}

/// The value of a mapping expression over the integration's answer: `'literal'`, `integration.response.…`, `context.…`.
pub fn response_value(
    expression: &str,
    exchange: &Exchange,
    headers: &[(String, String)],
    body: &str,
) -> Option<String> {
    if let Some(value) = common(expression, exchange) {
        return value;
    }
    let rest = expression.strip_prefix("integration.response.")?;
    if rest == "body" {
        return Some(body.to_owned());
    }
    let (place, name) = rest.split_once('.')?;
    match place {
        "header" | "multivalueheader" => {
            headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
        }
        "body" => body_value(body, name),
        _ => None,
    }
}

fn common(expression: &str, exchange: &Exchange) -> Option<Option<String>> {
    if let Some(literal) = expression.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        return Some(Some(literal.to_owned()));
    }
    if let Some(name) = expression.strip_prefix("stageVariables.") {
        return Some(exchange.stage_variables.get(name).cloned());
    }
    let path = expression.strip_prefix("context.")?;
    let context = exchange.request_context();
    let found = path.split('.').try_fold(&context, |value, name| value.get(name));
    Some(found.and_then(plain))
}

fn body_value(body: &str, path: &str) -> Option<String> {
    let document: Value = serde_json::from_str(body).ok()?;
    let found = super::vtl::select(&document, &format!("$.{path}")).ok()??;
    plain(&found)
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// The body an integration gets, by the media type of the request.
///
/// # Errors
/// 415 where the integration wants a template and has none for the type; 500 for a template that fails.
pub fn request_body(integration: &Value, exchange: &Exchange) -> Result<Outcome, Refusal> {
    let templates = integration["requestTemplates"].as_object();
    let media_type = exchange.media_type();
    let found = templates.into_iter().flatten().find(|(name, _)| name.trim().eq_ignore_ascii_case(&media_type));
    if let Some((_, template)) = found {
        return rendered(template, &exchange.variables(exchange.text()));
    }
    let none = templates.is_none_or(|templates| templates.is_empty());
    match integration["passthroughBehavior"].as_str().unwrap_or("WHEN_NO_MATCH") {
        "NEVER" => Err(Refusal::unsupported_media_type()),
        "WHEN_NO_TEMPLATES" if !none => Err(Refusal::unsupported_media_type()),
        _ => Ok(Outcome { text: exchange.text(), overrides: Value::Null }),
    }
}

/// Renders a template.
///
/// # Errors
/// 400 for a body that is no JSON although the template reads it, 500 with the reason for other failures.
pub fn rendered(template: &Value, variables: &Variables) -> Result<Outcome, Refusal> {
    let text = template.as_str().unwrap_or_default();
    let outcome = Template::parse(text).and_then(|template| render(&template, variables));
    outcome.map_err(|error| match error {
        TemplateError::Body(_) => Refusal::unreadable_body(&error.to_string()),
        error => Refusal::misconfigured(format!("mapping template: {error}")),
    })
}

/// `integration.request.PLACE.NAME` mappings that have a value, as name and value.
pub fn request_parameters(integration: &Value, place: &str, exchange: &Exchange) -> Vec<(String, String)> {
    let prefix = format!("integration.request.{place}.");
    let mappings = integration["requestParameters"].as_object().into_iter().flatten();
    let of_place = mappings.filter_map(|(to, from)| Some((to.strip_prefix(&prefix)?, from.as_str()?)));
    of_place.filter_map(|(name, from)| Some((name.to_owned(), request_value(from, exchange)?))).collect()
}

/// Puts the stage's variables into `${stageVariables.name}`.
pub fn with_stage_variables(text: &str, exchange: &Exchange) -> String {
    let mut out = text.to_owned();
    for (name, value) in &exchange.stage_variables {
        out = out.replace(&format!("${{stageVariables.{name}}}"), value);
    }
    out
}
