//! `AWS::ApiGateway::Method` of functions, and the right of the API to call them.

use serde_json::{Map, Value, json};

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::stack::rest_api::{HttpEvent, Parameter};
use crate::stack::{Function, Named, Stack, normalized};
use crate::template::draft::{Draft, depend, extend, present};
use crate::template::intrinsic::{account, arn, attribute, concat, region};

use super::resource::Resources;
use super::{Route, api_id, authorizer, mapping};

/// How API Gateway speaks with what answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Integration {
    /// The function gets the request as it is.
    LambdaProxy,
    /// The request is mapped to an event, the answer back.
    Lambda,
    Http,
    HttpProxy,
    Mock,
}

impl Integration {
    /// What an event asks for.
    pub fn of(event: &HttpEvent) -> Option<Integration> {
        let Some(text) = &event.integration else {
            let waits = event.asynchronous.is_none_or(|flag| !flag.value);
            return Some(if waits { Integration::LambdaProxy } else { Integration::Lambda });
        };
        match text.text.to_uppercase().replace('-', "_").as_str() {
            "LAMBDA" | "AWS" => Some(Integration::Lambda),
            "LAMBDA_PROXY" | "AWS_PROXY" => Some(Integration::LambdaProxy),
            "HTTP" => Some(Integration::Http),
            "HTTP_PROXY" => Some(Integration::HttpProxy),
            "MOCK" => Some(Integration::Mock),
            _ => None,
        }
    }

    /// AWS's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Integration::LambdaProxy => "AWS_PROXY",
            Integration::Lambda => "AWS",
            Integration::Http => "HTTP",
            Integration::HttpProxy => "HTTP_PROXY",
            Integration::Mock => "MOCK",
        }
    }

    /// Whether requests and answers pass through mapping templates.
    pub fn is_mapped(self) -> bool {
        matches!(self, Integration::Lambda | Integration::Http | Integration::Mock)
    }
}

/// Adds a method and the API's right to call the function; the method's id.
pub fn render(
    draft: &mut Draft,
    route: &Route,
    (function, event): (&Named<Function>, &HttpEvent),
    resources: &Resources,
) -> String {
    let stack = draft.stack;
    let id = route.method_id();
    let Some(integration) = Integration::of(event) else {
        let text = event.integration.as_ref().map_or("", |text| text.text.as_str());
        let message = format!("`{text}` is not an integration: lambda-proxy, lambda, http, http-proxy or mock");
        draft.diagnostics.push(Diagnostic::error(Code::WrongType, event.span, message));
        return id;
    };
    let mut method = Map::new();
    method.insert("HttpMethod".into(), json!(route.method().to_uppercase()));
    method.insert("RequestParameters".into(), Value::Object(request_parameters(event)));
    method.insert("ResourceId".into(), resources.get(route.path()).cloned().unwrap_or(Value::Null));
    method.insert("RestApiId".into(), api_id(stack));
    method.insert("ApiKeyRequired".into(), json!(route.is_private()));
    method.insert("Integration".into(), Value::Object(integration_of(draft, route, function, event, integration)));
    method.insert("MethodResponses".into(), mapping::method_responses(route, event, integration));
    extend(&mut method, [("OperationName", event.operation_id.as_ref().map(|text| json!(text.text)))]);
    let authorization = authorizer::authorization(draft, route);
    method.extend(authorization.properties);
    let permission = add_permission(draft, function, route.span());
    let alias = draft.aliases.get(&function.name).cloned();
    let draft_is_safe = stack.is_safe();
    let resource = draft.add(&id, route.span(), "AWS::ApiGateway::Method", Value::Object(method));
    // The framework loses the first two where there is an authorizer.
    let first = (draft_is_safe || authorization.depends_on.is_none()).then_some(permission);
    depend(resource, first.into_iter().chain(alias).chain(authorization.depends_on));
    id
}

/// The ARN of a function, or of its alias, in parts.
fn target(draft: &Draft, function: &Named<Function>) -> Vec<Value> {
    let mut parts = vec![attribute(&draft.stack.function_id(&function.name), "Arn")];
    if let Some(alias) = draft.alias_name(&function.name) {
        parts.push(json!(":"));
        parts.push(json!(alias));
    }
    parts
}

fn add_permission(draft: &mut Draft, function: &Named<Function>, span: Span) -> String {
    let id = format!("{}LambdaPermissionApiGateway", normalized(&function.name));
    let mut target = target(draft, function);
    let function_name = if target.len() == 1 { target.remove(0) } else { concat(target) };
    let properties = present([
        ("FunctionName", Some(function_name)),
        ("Action", Some(Value::from("lambda:InvokeFunction"))),
        ("Principal", Some(Value::from("apigateway.amazonaws.com"))),
        ("SourceArn", Some(source_arn(draft.stack))),
    ]);
    let alias = draft.aliases.get(&function.name).cloned();
    depend(draft.add(&id, span, "AWS::Lambda::Permission", properties), alias);
    id
}

/// Any method of any stage of the API.
pub fn source_arn(stack: &Stack) -> Value {
    arn(vec![json!(":execute-api:"), region(), json!(":"), account(), json!(":"), api_id(stack), json!("/*/*")])
}

fn integration_of(
    draft: &Draft,
    route: &Route,
    function: &Named<Function>,
    event: &HttpEvent,
    integration: Integration,
) -> Map<String, Value> {
    let stack = draft.stack;
    let mut all = Map::new();
    all.insert("Type".into(), json!(integration.as_str()));
    all.insert("IntegrationHttpMethod".into(), json!("POST"));
    let streams = transfer_mode(event).as_deref() == Some("STREAM");
    match integration {
        Integration::Lambda | Integration::LambdaProxy => {
            let streams = streams && integration == Integration::LambdaProxy;
            all.insert("Uri".into(), invocation(target(draft, function), streams));
        }
        Integration::Http | Integration::HttpProxy => {
            let request = event.request.as_ref();
            let method =
                request.and_then(|request| request.method.as_ref()).map_or(route.method(), |method| &method.text);
            all.insert("IntegrationHttpMethod".into(), json!(method.to_uppercase()));
            let connection =
                event.connection_type.as_ref().map(|kind| json!(kind.text.to_uppercase().replace('-', "_")));
            extend(
                &mut all,
                [
                    ("Uri", request.and_then(|request| request.uri.as_ref()).map(|uri| uri.value.clone())),
                    ("ConnectionType", connection),
                    ("ConnectionId", event.connection_id.as_ref().map(|id| id.value.clone())),
                ],
            );
        }
        Integration::Mock => {}
    }
    if integration.is_mapped() {
        all.extend(mapping::templates(route, event, integration, stack.is_safe()));
    }
    let proxied = matches!(integration, Integration::LambdaProxy | Integration::HttpProxy);
    let parameters = mapping::integration_parameters(event, integration);
    let shared_timeout = stack.provider.api_gateway.as_ref().and_then(|api| api.timeout_ms);
    extend(
        &mut all,
        [
            ("TimeoutInMillis", event.timeout_ms.or(shared_timeout).map(|timeout| json!(timeout.value))),
            ("RequestParameters", parameters),
            ("ResponseTransferMode", transfer_mode(event).filter(|_| proxied).map(|mode| json!(mode))),
        ],
    );
    all
}

fn transfer_mode(event: &HttpEvent) -> Option<String> {
    let mode = event.response.as_ref().and_then(|response| response.transfer_mode.as_ref());
    mode.or(event.transfer_mode.as_ref()).map(|mode| mode.text.to_uppercase())
}

/// The address by which API Gateway calls a function.
pub fn invocation(target: Vec<Value>, streams: bool) -> Value {
    let (version, call) =
        if streams { ("2021-11-15", "/response-streaming-invocations") } else { ("2015-03-31", "/invocations") };
    let mut parts = vec![json!(":apigateway:"), region(), json!(format!(":lambda:path/{version}/functions/"))];
    parts.extend(target);
    parts.push(json!(call));
    arn(parts)
}

/// Parameters of the request, `method.request.path.id`, each with whether it is required.
pub fn request_parameters(event: &HttpEvent) -> Map<String, Value> {
    parameters(event).into_iter().map(|(name, parameter)| (name, json!(is_required(parameter)))).collect()
}

/// Whether a parameter is required: a mapping without `required` is.
pub fn is_required(parameter: &Parameter) -> bool {
    match parameter {
        Parameter::Required(flag) => flag.value,
        Parameter::Mapped(mapped) => mapped.required.is_none_or(|flag| flag.value),
    }
}

/// Parameters of the request by their full names.
pub fn parameters(event: &HttpEvent) -> Vec<(String, &Parameter)> {
    let Some(given) = event.request.as_ref().and_then(|request| request.parameters.as_ref()) else { return Vec::new() };
    let kinds = [("header", &given.headers), ("querystring", &given.querystrings), ("path", &given.paths)];
    let of_kind = kinds.into_iter().flat_map(|(kind, names)| {
        names.iter().map(move |named| (format!("method.request.{kind}.{}", named.name), &named.value))
    });
    of_kind.collect()
}
