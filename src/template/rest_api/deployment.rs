//! `AWS::ApiGateway::Deployment`: a snapshot of the API, made anew when, and only when, the API changes.

use serde_json::{Value, json};

use crate::template::draft::{Draft, depend, set};
use crate::template::naming::content_hash;

use super::{Route, api_id, stage, stage_name};

/// Adds the deployment, named by the content of the API; its id. The plugin that makes it when no function has a route knows neither
/// its description nor `apiGateway.stage`.
pub fn render(draft: &mut Draft, routes: &[Route], methods: &[String]) -> String {
    let by_plugin = !draft.stack.is_safe() && routes.iter().all(|route| route.function().is_none());
    let id = format!("ApiGatewayDeployment{}", fingerprint(draft));
    let span = routes.first().map_or(draft.stack.span, Route::span);
    let stage = if by_plugin { draft.stack.stage.clone() } else { stage_name(draft.stack) };
    let of_stage = stage::is_explicit(draft.stack);
    let resource = draft.add(&id, span, "AWS::ApiGateway::Deployment", json!({"RestApiId": api_id(draft.stack)}));
    set(resource, [("StageName", (!of_stage).then(|| json!(stage)))]);
    let description = draft.stack.provider.api_gateway.as_ref().and_then(|api| api.description.as_ref());
    let description = description.filter(|_| !by_plugin).map(|text| text.value.clone());
    if let Some(resource) = draft.template.resources.get_mut(&id) {
        set(resource, [("Description", description)]);
        depend(resource, methods.iter().cloned());
    }
    id
}

/// A name for everything that a deployment captures: resources, methods, authorizers, models, the API itself.
fn fingerprint(draft: &Draft) -> String {
    let kinds = ["RestApi", "Resource", "Method", "Authorizer", "Model", "RequestValidator", "GatewayResponse"];
    let captured = draft.template.resources.iter().filter(|(_, resource)| {
        resource.kind.strip_prefix("AWS::ApiGateway::").is_some_and(|kind| kinds.contains(&kind))
    });
    let mut parts: Vec<(&String, &Option<Value>)> = captured.map(|(id, resource)| (id, &resource.properties)).collect();
    parts.sort_by_key(|(id, _)| *id);
    let text: String =
        parts.iter().map(|(id, properties)| format!("{id}{}", properties.as_ref().unwrap_or(&Value::Null))).collect();
    content_hash(&text)
}
