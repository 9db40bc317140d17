//! `AWS::ApiGateway::Model` and `RequestValidator`: requests are checked before they reach a function.

use serde_json::{Value, json};

use crate::source::{Kind, Node};
use crate::stack::rest_api::{ApiSchema, HttpEvent};
use crate::stack::{Any, Map};
use crate::template::draft::{Draft, set as set_properties};
use crate::template::intrinsic::reference;
use crate::template::naming::{alphanumeric_upper, words_upper};

use super::method::{is_required, parameters};
use super::{Route, api_id};

/// Adds the validator and the models of every route that wants them.
pub fn render(draft: &mut Draft, routes: &[Route]) {
    for route in routes {
        let (wants, schemas) = match route {
            Route::Function(_, event) => {
                (parameters(event).into_iter().any(|(_, parameter)| is_required(parameter)), schemas(event))
            }
            Route::Machine(_, event) => (false, event.request.as_ref().map(|request| &request.schemas)),
        };
        let entries = schemas.map(|schemas| schemas.entries.as_slice()).unwrap_or_default();
        if !wants && entries.is_empty() {
            continue;
        }
        let validator = add_validator(draft, route);
        set(draft, route, "RequestValidatorId", reference(&validator));
        let models = entries.iter().map(|schema| {
            let model = add_model(draft, route, &schema.name, &schema.value);
            (schema.name.clone(), reference(&model))
        });
        let models: serde_json::Map<String, Value> = models.collect();
        if !models.is_empty() {
            set(draft, route, "RequestModels", Value::Object(models));
        }
    }
}

fn schemas(event: &HttpEvent) -> Option<&Map<Any>> {
    let request = event.request.as_ref()?;
    Some(if request.schemas.is_empty() { &request.schema } else { &request.schemas })
}

fn set(draft: &mut Draft, route: &Route, name: &str, value: Value) {
    if let Some(method) = draft.template.resources.get_mut(&route.method_id()) {
        set_properties(method, [(name, Some(value))]);
    }
}

fn add_validator(draft: &mut Draft, route: &Route) -> String {
    let stack = draft.stack;
    let id = format!("ApiGateway{}RequestValidator", alphanumeric_upper(&stack.service));
    let validator = json!({
        "RestApiId": api_id(stack),
        "ValidateRequestBody": true,
        "ValidateRequestParameters": true,
        "Name": format!("{}-{} | Validate request body and querystring parameters", stack.service, stack.stage),
    });
    draft.add(&id, route.span(), "AWS::ApiGateway::RequestValidator", validator);
    id
}

fn add_model(draft: &mut Draft, route: &Route, content_type: &str, schema: &Any) -> String {
    let shared = schema.0.as_str().and_then(|name| {
        let schemas = &draft.stack.provider.api_gateway.as_ref()?.request.as_ref()?.schemas;
        Some((name, schemas.get(name)?))
    });
    if let Some((name, shared)) = shared {
        return add_shared_model(draft, name, shared);
    }
    let id = format!("{}{}Model", route.method_id(), words_upper(content_type));
    let details = matches!(schema.0.kind, Kind::Mapping(_)).then(|| schema.0.get("schema")).flatten();
    let named = details.map(|_| &schema.0);
    let definition = details.map_or_else(|| schema.to_json(), Node::to_json);
    let model = json!({"RestApiId": api_id(draft.stack), "ContentType": content_type, "Schema": definition});
    let of = |key: &str| named.and_then(|node| node.get(key)).map(Node::to_json);
    let extra = [("Name", of("name")), ("Description", of("description"))];
    set_properties(draft.add(&id, route.span(), "AWS::ApiGateway::Model", model), extra);
    id
}

fn add_shared_model(draft: &mut Draft, name: &str, schema: &ApiSchema) -> String {
    let id = format!("ApiGateway{}Model", words_upper(name));
    let definition = schema.schema.as_ref().map_or(Value::Null, Any::to_json);
    let model = json!({"RestApiId": api_id(draft.stack), "ContentType": "application/json", "Schema": definition});
    let extra = [
        ("Name", schema.name.as_ref().map(|text| json!(text.text))),
        ("Description", schema.description.as_ref().map(|text| json!(text.text))),
    ];
    set_properties(draft.add(&id, schema.span, "AWS::ApiGateway::Model", model), extra);
    id
}
