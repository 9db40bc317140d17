//! The REST API: one for the `http` events of functions and of state machines.

use serde_json::{Value, json};

use crate::stack::Stack;

use super::draft::Draft;
use super::intrinsic::{attribute, reference};

mod api;
mod authorizer;
mod cors;
mod deployment;
mod machine;
mod mapping;
mod method;
mod model;
mod resource;
mod route;
mod stage;
mod usage;

use route::Route;

/// The id of the API that the stack makes.
const API: &str = "ApiGatewayRestApi";

/// Adds the API, its resources, methods, authorizers, models, stage and deployment; nothing without an `http` event.
pub fn render(draft: &mut Draft) {
    let routes = route::all(draft);
    if routes.is_empty() {
        return;
    }
    let of_functions = routes.iter().any(|route| route.function().is_some());
    api::render(draft, &routes, of_functions);
    let resources = resource::render(draft, &routes);
    let mut methods = Vec::new();
    cors::render(draft, &routes, &resources, &mut methods);
    for route in &routes {
        let id = match (route.function(), route.machine()) {
            (Some(function), _) => method::render(draft, route, function, &resources),
            (None, Some(machine)) => machine::render(draft, route, machine, &resources),
            (None, None) => continue,
        };
        methods.push(id);
        draft.endpoints.push(route.endpoint());
    }
    authorizer::render(draft, &routes);
    authorizer::render_of_plugin(draft, &routes);
    model::render(draft, &routes);
    machine::render_role(draft, &routes);
    let deployment = deployment::render(draft, &routes, &methods);
    usage::render(draft, &deployment);
    stage::render(draft, &deployment, of_functions);
}

/// The API's id as resources name it: the stack's own, or the one that the user gave.
fn api_id(stack: &Stack) -> Value {
    let given = stack.provider.api_gateway.as_ref().and_then(|api| api.rest_api_id.as_ref());
    given.map_or_else(|| reference(API), |id| id.value.clone())
}

/// Whether the API exists already.
fn is_shared(stack: &Stack) -> bool {
    stack.provider.api_gateway.as_ref().is_some_and(|api| api.rest_api_id.is_some())
}

/// The resource of `/`.
fn root_id(stack: &Stack) -> Value {
    let given = stack.provider.api_gateway.as_ref().and_then(|api| api.root_resource_id.as_ref());
    given.map_or_else(|| attribute(API, "RootResourceId"), |id| id.value.clone())
}

/// The stage's name as keys, plans and the address name it. The framework knows `apiGateway.stage` in the deployment only.
fn stage_elsewhere(stack: &Stack) -> String {
    if stack.is_safe() { stage_name(stack) } else { stack.stage.clone() }
}

/// The stage's name.
fn stage_name(stack: &Stack) -> String {
    let given = stack.provider.api_gateway.as_ref().and_then(|api| api.stage.as_ref());
    given.map_or_else(|| stack.stage.clone(), |stage| stage.text.clone())
}

/// Headers as parameters of a method's response.
fn response_parameters<'h>(headers: impl Iterator<Item = (&'h str, Value)>) -> Value {
    Value::Object(headers.map(|(name, value)| (format!("method.response.header.{name}"), value)).collect())
}

/// The same parameters, declared.
fn declared(parameters: &Value) -> Value {
    let names = parameters.as_object().into_iter().flatten();
    Value::Object(names.map(|(name, _)| (name.clone(), json!(true))).collect())
}
