//! The HTTP API: one for the `httpApi` events of all functions.

use indexmap::IndexSet;
use serde_json::{Map, Value, json};

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::stack::event::Event;
use crate::stack::http_api::{HttpApiAuthorizer, HttpApiCors, HttpApiRoute, RouteAuthorizer, RouteAuthorizerDetails};
use crate::stack::value::{Setting, Toggle};
use crate::stack::{Expr, Function, Named, Stack, Text, normalized};

use super::draft::{Draft, change, depend, extend, present};
use super::intrinsic::{account, arn, concat, reference, region};
use super::naming::path_id;
use super::{Api, Endpoint, EndpointTarget};

const API: &str = "HttpApi";

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "OPTIONS", "HEAD", "DELETE"];

/// Milliseconds that an integration may take: the most that API Gateway waits.
const TIMEOUT_MS: u32 = 30_000;

/// One line a request, as JSON.
const FORMAT: &str = "{\"requestId\":\"$context.requestId\",\"ip\":\"$context.identity.sourceIp\",\"requestTime\":\"$context.requestTime\",\
\"httpMethod\":\"$context.httpMethod\",\"routeKey\":\"$context.routeKey\",\"status\":\"$context.status\",\
\"protocol\":\"$context.protocol\",\"responseLength\":\"$context.responseLength\"}";

struct Route<'a> {
    function: &'a Named<Function>,
    /// `None` for everything that no other route takes.
    key: Option<(String, String)>,
    authorizer: Option<&'a RouteAuthorizer>,
    span: Span,
}

impl Route<'_> {
    fn text(&self) -> String {
        self.key.as_ref().map_or("*".to_owned(), |(method, path)| format!("{method} {path}"))
    }

    fn id(&self) -> String {
        match &self.key {
            None => "HttpApiRouteDefault".to_owned(),
            Some(_) => format!("HttpApiRoute{}", path_id(&self.text())),
        }
    }
}

/// Adds the API, its stage, routes, integrations and authorizers; nothing without an `httpApi` event.
pub fn render(draft: &mut Draft) {
    let routes = routes(draft);
    let Some(first) = routes.first() else { return };
    let span = draft.stack.provider.http_api.as_ref().map_or(first.span, |settings| settings.span);
    if !is_shared(draft.stack) {
        add_api(draft, span, &routes);
        add_stage(draft, span);
    }
    add_authorizers(draft);
    for route in &routes {
        add_integration(draft, route);
        add_route(draft, route);
        let (method, path) = route.key.clone().unwrap_or_else(|| ("ANY".to_owned(), "/{proxy+}".to_owned()));
        let target = EndpointTarget::Function(route.function.name.clone());
        draft.endpoints.push(Endpoint { api: Api::Http, method, path, target });
    }
}

fn is_shared(stack: &Stack) -> bool {
    stack.provider.http_api.as_ref().is_some_and(|settings| settings.id.is_some())
}

fn api_id(stack: &Stack) -> Value {
    let given = stack.provider.http_api.as_ref().and_then(|settings| settings.id.as_ref());
    given.map_or_else(|| reference(API), |id| id.value.clone())
}

fn routes<'a>(draft: &mut Draft<'a>) -> Vec<Route<'a>> {
    let stack = draft.stack;
    let mut all = Vec::new();
    for function in stack.functions.iter() {
        for event in &function.value.events {
            let Event::HttpApi(event) = event else { continue };
            let (line, authorizer, span) = match &**event {
                HttpApiRoute::Line(line) => (line.text.clone(), None, line.span),
                HttpApiRoute::Detailed(event) => {
                    let text = |text: &Option<Text>| text.as_ref().map(|text| text.text.clone());
                    let path = text(&event.path).or_else(|| text(&event.route)).unwrap_or_default();
                    let line = text(&event.method).map_or_else(|| path.clone(), |method| format!("{method} {path}"));
                    (line, event.authorizer.as_ref(), event.span)
                }
            };
            match route_key(&line) {
                Some(key) => all.push(Route { function, key, authorizer, span }),
                None => {
                    let message =
                        format!("`{line}` is no route: write a method and a path, such as `GET /posts`, or `*`");
                    let hint = line_hint(&line);
                    draft.diagnostics.push(Diagnostic::error(Code::WrongType, span, message).hint(hint));
                }
            }
        }
    }
    all
}

/// Method and path of a route, nothing inside for the default route, `None` when it is neither.
/// The route that was meant where a line is none.
fn line_hint(line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        [method, path] if METHODS.contains(&method.to_uppercase().as_str()) => {
            format!("a path begins with `/`: `{} /{path}`", method.to_uppercase())
        }
        [method, path] => match crate::diagnostic::nearest(method, METHODS.iter().copied()) {
            Some(near) => format!("did you mean `{near} {path}`?"),
            None => format!("the methods are *, {}", METHODS.join(", ")),
        },
        [path] if !path.starts_with('/') => format!("write `GET /{path}`, or `*` for every request"),
        _ => "write one method and one path, such as `GET /posts`".to_owned(),
    }
}

fn route_key(line: &str) -> Option<Option<(String, String)>> {
    let line = line.trim();
    if line == "*" || line == "* *" {
        return Some(None);
    }
    let (method, path) = line.split_once(char::is_whitespace).unwrap_or(("*", line));
    let method = if method == "*" { "ANY".to_owned() } else { method.to_uppercase() };
    let known = method == "ANY" || METHODS.contains(&method.as_str());
    (known && path.trim().starts_with('/')).then(|| Some((method, path.trim().to_owned())))
}

fn add_api(draft: &mut Draft, span: Span, routes: &[Route]) {
    let stack = draft.stack;
    let settings = stack.provider.http_api.as_ref();
    let service_first = settings.and_then(|settings| settings.service_first).is_some_and(|flag| flag.value);
    let (service, stage) = (&stack.service, &stack.stage);
    let made = if service_first { format!("{service}-{stage}") } else { format!("{stage}-{service}") };
    let name = settings.and_then(|settings| settings.name.as_ref()).map_or(made, |name| name.text.clone());
    let api = present([
        ("Name", Some(json!(name))),
        ("ProtocolType", Some(json!("HTTP"))),
        ("Description", settings.and_then(|settings| settings.description.as_ref()).map(|text| json!(text.text))),
        (
            "DisableExecuteApiEndpoint",
            settings.and_then(|settings| settings.disable_default_endpoint).map(|flag| json!(flag.value)),
        ),
        ("Tags", tags(stack)),
        ("CorsConfiguration", settings.and_then(|settings| cors(&settings.cors, routes))),
    ]);
    draft.add(API, span, "AWS::ApiGatewayV2::Api", api);
    draft.output("HttpApiId", "Id of the HTTP API", reference(API));
    let address = vec![
        json!("https://"),
        reference(API),
        json!(".execute-api."),
        region(),
        json!("."),
        reference("AWS::URLSuffix"),
    ];
    draft.output("HttpApiUrl", "URL of the HTTP API", concat(address));
}

fn tags(stack: &Stack) -> Option<Value> {
    let tags = stack.provider.tags.iter().map(|tag| (tag.name.clone(), tag.value.value.clone()));
    let tags: Map<String, Value> = tags.collect();
    (!tags.is_empty()).then_some(Value::Object(tags))
}

fn cors(cors: &Toggle<HttpApiCors>, routes: &[Route]) -> Option<Value> {
    if !cors.is_on() {
        return None;
    }
    let details = cors.details();
    let given = |setting: Option<&Setting<Vec<Text>>>| match setting {
        Some(Setting::Is(texts)) => Some(texts.iter().map(|text| text.text.clone()).collect::<IndexSet<_>>()),
        _ => None,
    };
    let headers = [
        "Content-Type",
        "X-Amz-Date",
        "Authorization",
        "X-Api-Key",
        "X-Amz-Security-Token",
        "X-Amz-User-Agent",
        "X-Amzn-Trace-Id",
    ];
    let headers = given(details.map(|cors| &cors.allowed_headers))
        .unwrap_or_else(|| headers.iter().map(|name| (*name).to_owned()).collect());
    let origins =
        given(details.map(|cors| &cors.allowed_origins)).unwrap_or_else(|| ["*".to_owned()].into_iter().collect());
    let methods = given(details.map(|cors| &cors.allowed_methods)).unwrap_or_else(|| used_methods(routes));
    let credentials = details.and_then(|cors| cors.allow_credentials).filter(|flag| flag.value);
    Some(present([
        ("AllowCredentials", credentials.map(|_| json!(true))),
        ("AllowHeaders", Some(json!(headers))),
        ("AllowMethods", Some(json!(methods))),
        ("AllowOrigins", Some(json!(origins))),
        ("ExposeHeaders", given(details.map(|cors| &cors.exposed_response_headers)).map(|names| json!(names))),
        ("MaxAge", details.and_then(|cors| cors.max_age_s).map(|age| json!(age.value))),
    ]))
}

fn used_methods(routes: &[Route]) -> IndexSet<String> {
    let mut methods: IndexSet<String> = ["OPTIONS".to_owned()].into_iter().collect();
    for route in routes {
        match &route.key {
            Some((method, _)) if method != "ANY" => {
                methods.insert(method.clone());
            }
            _ => methods.extend(METHODS.iter().map(|method| (*method).to_owned())),
        }
    }
    methods
}

fn add_stage(draft: &mut Draft, span: Span) {
    let stack = draft.stack;
    let metrics = stack.provider.http_api.as_ref().and_then(|settings| settings.metrics).is_some_and(|flag| flag.value);
    let logs = stack.provider.logs.as_ref().map(|logs| &logs.http_api).filter(|logs| logs.is_on());
    let format = logs
        .map(|logs| logs.details().and_then(|logs| logs.format.as_ref()).map_or(FORMAT, |format| format.text.as_str()));
    let group = "HttpApiLogGroup";
    let settings = format.map(|format| json!({"DestinationArn": {"Fn::GetAtt": [group, "Arn"]}, "Format": format}));
    let stage = present([
        ("ApiId", Some(reference(API))),
        ("StageName", Some(json!("$default"))),
        ("AutoDeploy", Some(json!(true))),
        ("DefaultRouteSettings", Some(json!({"DetailedMetricsEnabled": metrics}))),
        ("Tags", tags(stack)),
        ("AccessLogSettings", settings),
    ]);
    depend(draft.add("HttpApiStage", span, "AWS::ApiGatewayV2::Stage", stage), format.map(|_| group.to_owned()));
    if format.is_some() {
        super::log_group::add(draft, group.to_owned(), span, format!("/aws/http-api/{}", stack.stack_name()));
    }
}

fn integration_id(function: &Named<Function>) -> String {
    format!("HttpApiIntegration{}", normalized(&function.name))
}

fn source_arn(stack: &Stack) -> Value {
    arn(vec![json!(":execute-api:"), region(), json!(":"), account(), json!(":"), api_id(stack), json!("/*")])
}

fn add_integration(draft: &mut Draft, route: &Route) {
    let stack = draft.stack;
    let function = route.function;
    let own = function.value.http_api.as_ref().and_then(|settings| settings.payload.as_ref());
    let shared = stack.provider.http_api.as_ref().and_then(|settings| settings.payload.as_ref());
    let integration = json!({
        "ApiId": api_id(stack),
        "IntegrationType": "AWS_PROXY",
        "IntegrationUri": draft.function_arn(&function.name),
        "PayloadFormatVersion": own.or(shared).map_or("2.0", |version| version.text.as_str()),
        "TimeoutInMillis": TIMEOUT_MS,
    });
    let alias = draft.aliases.get(&function.name).cloned();
    depend(
        draft.add(integration_id(function), route.span, "AWS::ApiGatewayV2::Integration", integration),
        alias.clone(),
    );
    let permission = json!({
        "FunctionName": draft.function_arn(&function.name),
        "Action": "lambda:InvokeFunction",
        "Principal": "apigateway.amazonaws.com",
        "SourceArn": source_arn(stack),
    });
    let id = format!("{}LambdaPermissionHttpApi", normalized(&function.name));
    depend(draft.add(id, route.span, "AWS::Lambda::Permission", permission), alias);
}

fn add_route(draft: &mut Draft, route: &Route) {
    let integration = integration_id(route.function);
    let key = route.text();
    let properties_of_route = json!({
        "ApiId": api_id(draft.stack),
        "RouteKey": if key == "*" { "$default" } else { key.as_str() },
        "Target": {"Fn::Join": ["/", ["integrations", reference(&integration)]]},
    });
    let guard = route.authorizer.and_then(|authorizer| guard(draft, authorizer, route.span));
    let resource = draft.add(route.id(), route.span, "AWS::ApiGatewayV2::Route", properties_of_route);
    depend(resource, [integration]);
    if let Some(guard) = guard {
        change(resource, |properties| properties.extend(guard));
    }
}

/// `AuthorizationType` and what goes with it.
fn guard(draft: &mut Draft, authorizer: &RouteAuthorizer, span: Span) -> Option<Map<String, Value>> {
    let (name, details): (Option<&Text>, Option<&RouteAuthorizerDetails>) = match authorizer {
        RouteAuthorizer::Name(name) => (Some(name), None),
        RouteAuthorizer::Detailed(details) => (details.name.as_ref(), Some(details)),
    };
    let kind = details.and_then(|details| details.kind.as_ref()).map(|kind| kind.text.as_str());
    let mut all = Map::new();
    if kind == Some("aws_iam") || details.is_none() && name.is_some_and(|name| name.text == "aws_iam") {
        all.insert("AuthorizationType".into(), json!("AWS_IAM"));
        return Some(all);
    }
    let scopes =
        details.map(|details| details.scopes.iter().map(|scope: &Expr| scope.value.clone()).collect::<Vec<_>>());
    extend(&mut all, [("AuthorizationScopes", scopes.filter(|scopes| !scopes.is_empty()).map(|scopes| json!(scopes)))]);
    if let Some(id) = details.and_then(|details| details.id.as_ref()) {
        if draft.stack.provider.http_api.as_ref().is_none_or(|settings| settings.id.is_none()) {
            let message =
                "this route names an authorizer by its id, and the API is made by this stack: it has none yet";
            let hint = "declare it in `provider.httpApi.authorizers` and name it, or set `provider.httpApi.id` to the API that has it";
            draft.diagnostics.push(Diagnostic::error(Code::UnknownReference, id.span, message).hint(hint));
        }
        all.insert("AuthorizationType".into(), json!(if kind == Some("request") { "CUSTOM" } else { "JWT" }));
        all.insert("AuthorizerId".into(), id.value.clone());
        return Some(all);
    }
    let known = draft.stack.provider.http_api.as_ref().map(|settings| &settings.authorizers);
    let entry = name.and_then(|name| known?.entry(&name.text));
    let Some(entry) = entry else {
        let shown = name.map_or("", |name| name.text.as_str());
        let message = format!("`{shown}` is not an authorizer of `provider.httpApi.authorizers`");
        let diagnostic = Diagnostic::error(Code::UnknownReference, name.map_or(span, |name| name.span), message);
        let names = known.map(|known| known.names().collect::<Vec<_>>()).unwrap_or_default();
        draft.diagnostics.push(diagnostic.choose(shown, names, "declare it under `provider.httpApi.authorizers`"));
        return None;
    };
    let is_request = entry.value.kind.as_ref().is_some_and(|kind| kind.text == "request");
    all.insert("AuthorizationType".into(), json!(if is_request { "CUSTOM" } else { "JWT" }));
    let id = entry.value.id.as_ref().map(|id| id.value.clone());
    all.insert("AuthorizerId".into(), id.unwrap_or_else(|| reference(&authorizer_id(entry))));
    Some(all)
}

fn authorizer_name(entry: &Named<HttpApiAuthorizer>) -> String {
    entry.value.name.as_ref().map_or_else(|| entry.name.clone(), |name| name.text.clone())
}

fn authorizer_id(entry: &Named<HttpApiAuthorizer>) -> String {
    format!("HttpApiAuthorizer{}", normalized(&authorizer_name(entry)))
}

fn add_authorizers(draft: &mut Draft) {
    let Some(settings) = &draft.stack.provider.http_api else { return };
    for entry in settings.authorizers.iter().filter(|entry| entry.value.id.is_none()) {
        let is_request = entry.value.kind.as_ref().is_some_and(|kind| kind.text == "request");
        let mut all = Map::new();
        all.insert("ApiId".into(), api_id(draft.stack));
        all.insert("Name".into(), json!(authorizer_name(entry)));
        let sources: Vec<Value> = entry.value.identity_source.iter().map(|source| source.value.clone()).collect();
        if is_request {
            if !add_request_authorizer(draft, entry, &mut all, sources) {
                continue;
            }
        } else {
            let audience: Vec<Value> = entry.value.audience.iter().map(|name| name.value.clone()).collect();
            let issuer = entry.value.issuer_url.as_ref().map(|url| url.value.clone());
            let sources = if sources.is_empty() { vec![json!("$request.header.Authorization")] } else { sources };
            all.insert("AuthorizerType".into(), json!("JWT"));
            all.insert("IdentitySource".into(), json!(sources));
            all.insert("JwtConfiguration".into(), present([("Audience", Some(json!(audience))), ("Issuer", issuer)]));
        }
        let alias = authorizer_alias(draft, &entry.value);
        depend(draft.add(authorizer_id(entry), entry.span, "AWS::ApiGatewayV2::Authorizer", Value::Object(all)), alias);
    }
}

/// The alias that an authorizer calls, when it is a function of the stack that has one.
fn authorizer_alias(draft: &Draft, authorizer: &HttpApiAuthorizer) -> Option<String> {
    let key = authorizer.function_name.as_ref().filter(|_| authorizer.function_arn.is_none())?;
    draft.aliases.get(&key.text).cloned()
}

/// An authorizer that is a function; whether there is one.
fn add_request_authorizer(
    draft: &mut Draft,
    entry: &Named<HttpApiAuthorizer>,
    all: &mut Map<String, Value>,
    sources: Vec<Value>,
) -> bool {
    let value = &entry.value;
    let key = value.function_name.as_ref().filter(|name| draft.stack.functions.entry(&name.text).is_some());
    let target = match (&value.function_arn, key) {
        (Some(arn), _) => arn.value.clone(),
        (None, Some(name)) => draft.function_arn(&name.text),
        (None, None) => {
            let message = format!(
                "the authorizer `{}` names no function of the stack (`functionName`) and no `functionArn`",
                entry.name
            );
            let diagnostic = Diagnostic::error(Code::UnknownReference, entry.span, message);
            let wanted = value.function_name.as_ref().map_or("", |name| name.text.as_str());
            let none = "declare the function under `functions`, or give an ARN";
            draft.diagnostics.push(diagnostic.choose(wanted, draft.stack.functions.names(), none));
            return false;
        }
    };
    let uri = arn(vec![
        json!(":apigateway:"),
        region(),
        json!(":lambda:path/2015-03-31/functions/"),
        target.clone(),
        json!("/invocations"),
    ]);
    let ttl = value.result_ttl_s.map(|ttl| json!(ttl.value));
    all.insert("AuthorizerType".into(), json!("REQUEST"));
    all.insert("AuthorizerUri".into(), uri);
    extend(
        all,
        [
            ("IdentitySource", Some(json!(sources))),
            ("EnableSimpleResponses", value.simple_responses.map(|flag| json!(flag.value))),
            ("AuthorizerResultTtlInSeconds", ttl),
            (
                "AuthorizerPayloadFormatVersion",
                Some(json!(value.payload_version.as_ref().map_or("2.0", |version| version.text.as_str()))),
            ),
        ],
    );
    if value.managed_externally.is_none_or(|flag| !flag.value) {
        let permission = json!({
            "FunctionName": target,
            "Action": "lambda:InvokeFunction",
            "Principal": "apigateway.amazonaws.com",
            "SourceArn": source_arn(draft.stack),
        });
        let id = format!("{}LambdaAuthorizerPermissionHttpApi", normalized(&authorizer_name(entry)));
        let alias = authorizer_alias(draft, value);
        depend(draft.add(id, entry.span, "AWS::Lambda::Permission", permission), alias);
    }
    true
}
