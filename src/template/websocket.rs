//! The WebSocket API: one for the `websocket` events of all functions.

use serde_json::{Map, Value, json};

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::stack::event::{Event, WebsocketAuthorizer, WebsocketChoice, WebsocketEvent};
use crate::stack::provider::WebsocketLogs;
use crate::stack::{Expr, Flag, Function, Named, Stack, normalized};

use super::draft::{Draft, depend, extend, present, set};
use super::intrinsic::{arn, concat, reference, region, sub};
use super::log_group;
use super::naming::content_hash;
use super::{Api, Endpoint, EndpointTarget};

const API: &str = "WebsocketsApi";

const LOG_GROUP: &str = "WebsocketsLogGroup";

/// One line a message.
const FORMAT: &str = "$context.identity.sourceIp $context.identity.caller $context.identity.user [$context.requestTime] \
\"$context.eventType $context.routeKey $context.connectionId\" $context.requestId";

struct Route<'a> {
    function: &'a Named<Function>,
    key: String,
    details: Option<&'a WebsocketEvent>,
    span: Span,
}

impl Route<'_> {
    fn id(&self) -> String {
        let key = self.key.replace('$', "S").replace('/', "Slash").replace('-', "Dash");
        format!("{}WebsocketsRoute", key.replace('_', "Underscore").replace('.', "Period"))
    }
}

/// Adds the API, its routes, integrations, authorizers, deployment and stage; nothing without a `websocket` event.
pub fn render(draft: &mut Draft) {
    let routes = routes(draft);
    let Some(first) = routes.first() else { return };
    let span = first.span;
    let stack = draft.stack;
    add_api(draft, span);
    let mut ids = Vec::new();
    for route in &routes {
        add_integration(draft, route);
        add_route(draft, route);
        ids.push(route.id());
        if route.details.is_some_and(|event| event.response_selection.is_some()) {
            ids.push(format!("{}Response", route.id()));
        }
        let target = EndpointTarget::Function(route.function.name.clone());
        draft.endpoints.push(Endpoint {
            api: Api::Websocket,
            method: "WS".to_owned(),
            path: route.key.clone(),
            target,
        });
        grant_connections(draft, &route.function.name);
    }
    add_stage(draft, span, ids);
    let address = vec![
        json!("wss://"),
        api_id(stack),
        json!(".execute-api."),
        region(),
        json!("."),
        reference("AWS::URLSuffix"),
        json!(format!("/{}", stack.stage)),
    ];
    draft.output("ServiceEndpointWebsocket", "URL of the service endpoint", concat(address));
}

/// Lets a function post to connections. The framework grants nothing on an API of another stack.
fn grant_connections(draft: &mut Draft, function: &str) {
    let resource = if draft.stack.is_safe() {
        let parts = vec![json!(":execute-api:"), region(), json!(":"), reference("AWS::AccountId"), json!(":")];
        let rest = vec![api_id(draft.stack), json!("/*/*/@connections/*")];
        arn(parts.into_iter().chain(rest).collect())
    } else if given_api(draft.stack).is_none() {
        sub("arn:${AWS::Partition}:execute-api:*:*:*/@connections/*")
    } else {
        return;
    };
    let statement = json!({"Effect": "Allow", "Action": ["execute-api:ManageConnections"], "Resource": [resource]});
    draft.grant(function, statement);
}

/// `provider.apiGateway.websocketApiId`: the API belongs to another stack.
fn given_api(stack: &Stack) -> Option<&Expr> {
    stack.provider.api_gateway.as_ref()?.websocket_api_id.as_ref()
}

fn api_id(stack: &Stack) -> Value {
    given_api(stack).map_or_else(|| reference(API), |id| id.value.clone())
}

fn routes<'a>(draft: &mut Draft<'a>) -> Vec<Route<'a>> {
    let mut all = Vec::new();
    for function in draft.stack.functions.iter() {
        for event in &function.value.events {
            let Event::Websocket(choice) = event else { continue };
            let (key, details, span) = match &**choice {
                WebsocketChoice::Route(route) => (Some(route), None, route.span),
                WebsocketChoice::Detailed(event) => (event.route.as_ref(), Some(&**event), event.span),
            };
            match key {
                Some(key) => all.push(Route { function, key: key.text.clone(), details, span }),
                None => draft.diagnostics.push(Diagnostic::error(Code::MissingKey, span, "this event has no `route`")),
            }
        }
    }
    all
}

fn description(stack: &Stack) -> &str {
    stack.provider.websockets_description.as_ref().map_or("Serverless Websockets", |text| text.text.as_str())
}

/// The provider's tags, which the framework puts on this API only when `provider.websocket.useProviderTags` asks for it.
fn tags(stack: &Stack) -> Option<Value> {
    let asked = stack.provider.websocket.as_ref().and_then(|settings| settings.use_provider_tags);
    let wanted = asked.map_or_else(|| stack.is_safe(), |flag| flag.value);
    let tags = stack.provider.tags.iter().filter(|_| wanted).map(|tag| (tag.name.clone(), tag.value.value.clone()));
    let tags: Map<String, Value> = tags.collect();
    (!tags.is_empty()).then_some(Value::Object(tags))
}

fn add_api(draft: &mut Draft, span: Span) {
    let stack = draft.stack;
    if given_api(stack).is_some() {
        return;
    }
    let name = stack.provider.websockets_api_name.as_ref().map(|name| name.text.clone());
    let selection =
        stack.provider.websockets_route_selection.as_ref().map_or("$request.body.action", |text| text.text.as_str());
    let closed = stack.provider.websocket.as_ref().and_then(|settings| settings.disable_default_endpoint);
    let tags = tags(stack);
    let api = present([
        ("Name", Some(json!(name.unwrap_or_else(|| format!("{}-{}-websockets", stack.stage, stack.service))))),
        ("RouteSelectionExpression", Some(json!(selection))),
        ("Description", Some(json!(description(stack)))),
        ("ProtocolType", Some(json!("WEBSOCKET"))),
        ("DisableExecuteApiEndpoint", closed.map(|flag| json!(flag.value))),
        ("Tags", tags),
    ]);
    draft.add(API, span, "AWS::ApiGatewayV2::Api", api);
}

fn invocation(target: Value) -> Value {
    arn(vec![
        json!(":apigateway:"),
        region(),
        json!(":lambda:path/2015-03-31/functions/"),
        target,
        json!("/invocations"),
    ])
}

fn permit(draft: &mut Draft, id: String, span: Span, target: Value, waits: Vec<String>) {
    let permission =
        json!({"FunctionName": target, "Action": "lambda:InvokeFunction", "Principal": "apigateway.amazonaws.com"});
    let waits = given_api(draft.stack).is_none().then(|| API.to_owned()).into_iter().chain(waits);
    depend(draft.add(id, span, "AWS::Lambda::Permission", permission), waits);
}

fn add_integration(draft: &mut Draft, route: &Route) {
    let target = draft.function_arn(&route.function.name);
    let integration = json!({
        "ApiId": api_id(draft.stack), "IntegrationType": "AWS_PROXY", "IntegrationUri": invocation(target.clone()),
    });
    let name = normalized(&route.function.name);
    let alias = draft.aliases.get(&route.function.name).cloned();
    let id = format!("{name}WebsocketsIntegration");
    depend(draft.add(id, route.span, "AWS::ApiGatewayV2::Integration", integration), alias.clone());
    let waits = alias.unwrap_or_else(|| draft.stack.function_id(&route.function.name));
    permit(draft, format!("{name}LambdaPermissionWebsockets"), route.span, target, vec![waits]);
}

fn add_route(draft: &mut Draft, route: &Route) {
    let integration = format!("{}WebsocketsIntegration", normalized(&route.function.name));
    let mut all = Map::new();
    all.insert("ApiId".into(), api_id(draft.stack));
    all.insert("RouteKey".into(), json!(route.key));
    all.insert("AuthorizationType".into(), json!("NONE"));
    all.insert("Target".into(), json!({"Fn::Join": ["/", ["integrations", reference(&integration)]]}));
    let selection = route.details.and_then(|event| event.response_selection.as_ref());
    extend(&mut all, [("RouteResponseSelectionExpression", selection.map(|text| json!(text.text)))]);
    let authorizer = route
        .details
        .and_then(|event| event.authorizer.as_ref())
        .and_then(|authorizer| add_authorizer(draft, route, authorizer));
    let resource = draft.add(route.id(), route.span, "AWS::ApiGatewayV2::Route", Value::Object(all));
    if let Some(id) = authorizer {
        let by = [("AuthorizationType", Some(json!("CUSTOM"))), ("AuthorizerId", Some(reference(&id)))];
        set(resource, by);
        depend(resource, [id]);
    }
    if selection.is_some() {
        let response =
            json!({"ApiId": api_id(draft.stack), "RouteId": reference(&route.id()), "RouteResponseKey": "$default"});
        draft.add(format!("{}Response", route.id()), route.span, "AWS::ApiGatewayV2::RouteResponse", response);
    }
}

/// Adds the authorizer of a route; its id.
fn add_authorizer(draft: &mut Draft, route: &Route, authorizer: &WebsocketAuthorizer) -> Option<String> {
    let (name, arn, sources) = match authorizer {
        WebsocketAuthorizer::Name(name) if name.text.contains(':') => (None, Some(json!(name.text)), None),
        WebsocketAuthorizer::Name(name) => (Some(name.text.clone()), None, None),
        WebsocketAuthorizer::Detailed(details) => (
            details.name.as_ref().map(|name| name.text.clone()),
            details.arn.as_ref().map(|arn| arn.value.clone()),
            details.identity_source.as_ref(),
        ),
    };
    // An ARN that is text names the authorizer itself, whatever `name` says.
    let of_arn = arn.as_ref().and_then(Value::as_str).and_then(|arn| arn.rsplit(':').next()).map(str::to_owned);
    let Some(name) = of_arn.or(name) else {
        let message = "this authorizer has an `arn` that is known at deployment only, and no `name`";
        draft.diagnostics.push(Diagnostic::error(Code::MissingKey, route.span, message).hint("add `name`"));
        return None;
    };
    let (target, waits) = match arn {
        Some(arn) => (arn, Vec::new()),
        None if draft.stack.functions.entry(&name).is_some() => {
            let alias = draft.aliases.get(&name).cloned();
            (draft.function_arn(&name), vec![alias.unwrap_or_else(|| draft.stack.function_id(&name))])
        }
        None => {
            let message = format!("the authorizer `{name}` is not a function of the stack");
            let diagnostic = Diagnostic::error(Code::UnknownReference, route.span, message);
            draft.diagnostics.push(diagnostic.choose(
                &name,
                draft.stack.functions.names(),
                "declare the function under `functions`, or give an ARN",
            ));
            return None;
        }
    };
    let sources = sources.map(|sources| sources.iter().map(|source| source.text.clone()).collect::<Vec<_>>());
    let id = format!("{}WebsocketsAuthorizer", normalized(&name));
    let resource = json!({
        "ApiId": api_id(draft.stack),
        "Name": name,
        "AuthorizerType": "REQUEST",
        "AuthorizerUri": invocation(target.clone()),
        "IdentitySource": sources.unwrap_or_else(|| vec!["route.request.header.Auth".to_owned()]),
    });
    let alias = draft.aliases.get(&name).cloned().filter(|alias| waits.contains(alias));
    depend(draft.add(&id, route.span, "AWS::ApiGatewayV2::Authorizer", resource), alias);
    permit(draft, format!("{}LambdaPermissionWebsockets", normalized(&name)), route.span, target, waits);
    Some(id)
}

fn add_stage(draft: &mut Draft, span: Span, routes: Vec<String>) {
    let stack = draft.stack;
    let captured =
        draft.template.resources.iter().filter(|(_, resource)| resource.kind.starts_with("AWS::ApiGatewayV2::"));
    let mut parts: Vec<String> =
        captured.map(|(id, resource)| format!("{id}{}", resource.properties.clone().unwrap_or_default())).collect();
    parts.sort_unstable();
    let text = parts.concat();
    let deployment = format!("WebsocketsDeployment{}", content_hash(&text));
    // The stage of another stack's API is brought up to date by the deployment itself.
    let of_other = given_api(stack).is_some();
    let settings = present([
        ("ApiId", Some(api_id(stack))),
        ("Description", Some(json!(description(stack)))),
        ("StageName", of_other.then(|| json!(stack.stage))),
    ]);
    depend(draft.add(&deployment, span, "AWS::ApiGatewayV2::Deployment", settings), routes);
    if of_other {
        return;
    }
    let tags = tags(stack).filter(|_| stack.is_safe());
    let mut stage = Map::new();
    extend(
        &mut stage,
        [
            ("ApiId", Some(api_id(stack))),
            ("StageName", Some(json!(stack.stage))),
            ("Description", Some(json!(description(stack)))),
            ("DeploymentId", Some(reference(&deployment))),
            ("Tags", tags),
        ],
    );
    let logs = stack.provider.logs.as_ref().map(|logs| &logs.websocket).filter(|logs| logs.is_on());
    if let Some(logs) = logs {
        stage.extend(log_settings(logs.details()));
        let name = format!("/aws/websocket/{}-{}", stack.service, stack.stage);
        log_group::add(draft, LOG_GROUP.to_owned(), span, name);
    }
    draft.add("WebsocketsDeploymentStage", span, "AWS::ApiGatewayV2::Stage", Value::Object(stage));
}

/// What the stage logs of each message, and where.
fn log_settings(logs: Option<&WebsocketLogs>) -> Map<String, Value> {
    let is_on = |of: fn(&WebsocketLogs) -> Option<Flag>| logs.and_then(of).is_none_or(|flag| flag.value);
    let level = logs.and_then(|logs| logs.level.as_ref()).map_or("INFO", |level| level.text.as_str());
    let level = if is_on(|logs| logs.execution_logging) { level } else { "OFF" };
    let mut all = Map::new();
    let route = json!({"DataTraceEnabled": is_on(|logs| logs.full_execution_data), "LoggingLevel": level});
    all.insert("DefaultRouteSettings".into(), route);
    if is_on(|logs| logs.access_logging) {
        let arn = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${WebsocketsLogGroup}";
        let format = logs.and_then(|logs| logs.format.as_ref()).map_or(FORMAT, |format| format.text.as_str());
        all.insert("AccessLogSettings".into(), json!({"DestinationArn": sub(arn), "Format": format}));
    }
    all
}
