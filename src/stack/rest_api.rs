//! The REST API: `provider.apiGateway` and `http` events.

use crate::source::{Kind, Node, Span};

use super::alternative::{is_intrinsic, short_or_long};
use super::reader::{Decode, Reader};
use super::section::{section, words};
use super::shape::Shape;
use super::value::{Any, Expr, Flag, Map, Text, Toggle, Whole};

section! {
    /// The REST API.
    RestApi, "`provider.apiGateway`" {
        /// An API that exists; `http` events add to it.
        "restApiId" => rest_api_id: Option<Expr>;
        /// The root resource of that API.
        "restApiRootResourceId" => root_resource_id: Option<Expr>;
        /// Resources of that API that exist, path by path.
        "restApiResources" => resources: Option<Any>;
        /// A WebSocket API that exists.
        "websocketApiId" => websocket_api_id: Option<Expr>;
        /// Keys: names, `{name, value}`, or lists by usage plan.
        "apiKeys" => api_keys: Option<Any>;
        /// Where the key of a request is: `HEADER` or `AUTHORIZER`.
        "apiKeySourceType" => api_key_source: Option<Text>, words ["HEADER", "AUTHORIZER"];
        /// Media types that are binary.
        "binaryMediaTypes" => binary_media_types: Vec<Text>;
        /// A sentence about the API.
        "description" => description: Option<Expr>;
        /// Clients must use a domain of the author's own.
        "disableDefaultEndpoint" => disable_default_endpoint: Option<Flag>;
        /// Metrics by method.
        "metrics" => metrics: Option<Flag>;
        /// Bytes from which answers are compressed.
        "minimumCompressionSize" => minimum_compression_bytes: Option<Whole>, from 0 to 10_485_760;
        /// Schemas that requests are checked against.
        "request" => request: Option<ApiRequest>;
        /// Statements that say who may call.
        "resourcePolicy" => resource_policy: Option<Any>;
        /// Name the API `SERVICE-STAGE` rather than `STAGE-SERVICE`.
        "shouldStartNameWithService" => service_first: Option<Flag>;
        /// The stage's name; else the stage.
        "stage" => stage: Option<Text>;
        /// How much who may call: a plan, or several by name.
        "usagePlan" => usage_plan: Option<Any>;
        /// Milliseconds that an integration may take.
        "timeoutInMillis" => timeout_ms: Option<Whole>, from 50;
        /// The least version of TLS, and who may use the endpoint.
        "endpoint" => endpoint: super::value::Refused;
        /// The name; else `provider.apiName`.
        "name" => name: Option<Text>;
    }
}

section! {
    /// Schemas of the whole API.
    ApiRequest, "`provider.apiGateway.request`" {
        /// Schemas by name: `{schema, name, description}`.
        "schemas" => schemas: Map<ApiSchema>;
    }
}

section! {
    /// A schema of requests.
    ApiSchema, "a request schema" {
        /// The JSON Schema.
        "schema" => schema: Option<Any>;
        /// Its name.
        "name" => name: Option<Text>;
        /// A sentence about it.
        "description" => description: Option<Text>;
    }
}

words! {
    /// The method of a request.
    HttpMethod {
        Get = "get", Post = "post", Put = "put", Patch = "patch", Options = "options", Head = "head", Delete = "delete", Any = "any",
    }
}

/// Declares a request to the REST API: the keys that say which one and who may send it, then its own.
macro_rules! request {
    ($(#[doc = $about:tt])+ $name:ident, $title:tt { $($own:tt)* }) => {
        section! {
            $(#[doc = $about])+
            $name, $title {
                /// The path, `posts/{id}`.
                "path" => path: Text;
                /// The method.
                "method" => method: HttpMethod;
                /// Let web pages of other origins call: `true`, or the details.
                "cors" => cors: Toggle<Cors>;
                /// Demand an API key.
                "private" => private: Option<Flag>;
                /// Who may call.
                "authorizer" => authorizer: Option<Authorizer>;
                $($own)*
            }
        }
    };
}
pub(super) use request;

request! {
    /// A request to the REST API.
    HttpEvent, "an `http` event" {
        /// `lambda-proxy` (the default), `lambda`, `http`, `http-proxy`, `mock`.
        "integration" => integration: Option<Text>, words ["lambda-proxy", "lambda_proxy", "lambda", "aws", "aws-proxy", "aws_proxy", "http", "http-proxy", "http_proxy", "mock"];
        /// What is taken from the request.
        "request" => request: Option<HttpRequest>;
        /// What is answered, for `integration: lambda`.
        "response" => response: Option<HttpResponse>;
        /// Call the function without waiting.
        "async" => asynchronous: Option<Flag>;
        /// How the function's answer is passed on: `buffered` or `stream`.
        "transferMode" => transfer_mode: Option<Text>, words ["buffered", "stream"];
        /// `VPC_LINK` or `INTERNET`.
        "connectionType" => connection_type: Option<Text>, words ["vpc-link", "VPC_LINK", "INTERNET"];
        /// The VPC link.
        "connectionId" => connection_id: Option<Expr>;
        /// Milliseconds that the integration may take.
        "timeoutInMillis" => timeout_ms: Option<Whole>, from 50;
        /// The operation's name in the documentation.
        "operationId" => operation_id: Option<Text>;
        /// Documentation plugins read it.
        "documentation" => documentation: super::value::WithoutEffect;
    }
}

/// A request, written `GET posts` or in detail.
#[derive(Clone, Debug, PartialEq)]
pub struct Http(pub HttpEvent);

impl Decode for Http {
    fn shape() -> Shape {
        Shape::OneOf(vec![Shape::Text, HttpEvent::shape()])
    }

    fn decode(node: &Node, reader: &mut Reader) -> Option<Http> {
        match &node.kind {
            Kind::String(line) => {
                let (method, path) = route_line(node, line, reader)?;
                Some(Http(HttpEvent::plain(node.span, method, path)))
            }
            _ => HttpEvent::decode(node, reader).map(Http),
        }
    }
}

impl HttpEvent {
    /// A request with nothing but a method and a path.
    pub fn plain(span: Span, method: HttpMethod, path: Text) -> HttpEvent {
        HttpEvent {
            span,
            path,
            method,
            cors: Toggle::Off,
            private: None,
            authorizer: None,
            integration: None,
            request: None,
            response: None,
            asynchronous: None,
            transfer_mode: None,
            connection_type: None,
            connection_id: None,
            timeout_ms: None,
            operation_id: None,
            documentation: super::value::WithoutEffect,
        }
    }
}

/// Method and path of `GET posts`; also used by state machines.
pub(super) fn route_line(node: &Node, line: &str, reader: &mut Reader) -> Option<(HttpMethod, Text)> {
    let mut words = line.split_whitespace();
    let (Some(method), Some(path), None) = (words.next(), words.next(), words.next()) else {
        reader.wrong(node, "a method and a path, such as `GET posts`");
        return None;
    };
    let word = Node { kind: Kind::String(method.to_owned()), ..node.clone() };
    let method = HttpMethod::decode(&word, reader)?;
    Some((method, Text { text: path.to_owned(), span: node.span, secret: node.secret }))
}

section! {
    /// Which web pages may call.
    Cors, "CORS" {
        /// The origin.
        "origin" => origin: Option<Expr>;
        /// The origins.
        "origins" => origins: Option<Vec<Expr>>;
        /// Request headers.
        "headers" => headers: Option<Vec<Text>>;
        /// Methods; else those of the path.
        "methods" => methods: Option<Vec<Text>>;
        /// Send cookies.
        "allowCredentials" => allow_credentials: Option<Flag>;
        /// Seconds that a browser keeps the answer.
        "maxAge" => max_age_s: Option<Whole>, from 1;
        /// The `Cache-Control` header of the answer.
        "cacheControl" => cache_control: Option<Text>;
    }
}

/// Who may call.
#[derive(Clone, Debug, PartialEq)]
pub enum Authorizer {
    /// `aws_iam`, a function's key, or an ARN.
    Name(Expr),
    Detailed(Box<AuthorizerDetails>),
}

impl Decode for Authorizer {
    fn shape() -> Shape {
        Shape::OneOf(vec![Shape::Expression, AuthorizerDetails::shape()])
    }

    fn decode(node: &Node, reader: &mut Reader) -> Option<Authorizer> {
        if matches!(node.kind, Kind::Mapping(_)) && !is_intrinsic(node) {
            AuthorizerDetails::decode(node, reader).map(|details| Authorizer::Detailed(Box::new(details)))
        } else {
            Expr::decode(node, reader).map(Authorizer::Name)
        }
    }
}

section! {
    /// Who may call, in detail.
    AuthorizerDetails, "an authorizer" {
        /// A function's key, or a name for the authorizer.
        "name" => name: Option<Text>;
        /// The ARN of a function or a user pool.
        "arn" => arn: Option<Expr>;
        /// `TOKEN`, `REQUEST`, `AWS_IAM`, `COGNITO_USER_POOLS`, `CUSTOM`.
        "type" => kind: Option<Text>, words ["TOKEN", "REQUEST", "AWS_IAM", "COGNITO_USER_POOLS", "CUSTOM"];
        /// An authorizer that exists.
        "authorizerId" => authorizer_id: Option<Expr>;
        /// Seconds that an answer is kept, 300 unless given.
        "resultTtlInSeconds" => result_ttl_s: Option<Whole>, from 0 to 3_600;
        /// Where the identity is in the request.
        "identitySource" => identity_source: Option<Text>;
        /// A pattern that the token must match.
        "identityValidationExpression" => identity_validation: Option<Text>;
        /// Claims passed on to the function.
        "claims" => claims: Option<Vec<Text>>;
        /// OAuth scopes.
        "scopes" => scopes: Option<Vec<Expr>>;
        /// The right to call the function is given elsewhere.
        "managedExternally" => managed_externally: Option<Flag>;
    }
}

section! {
    /// What is taken from a request.
    HttpRequest, "a request" {
        /// Parameters: `{paths, querystrings, headers}`, each by name.
        "parameters" => parameters: Option<RequestParameters>;
        /// Mapping templates by content type.
        "template" => template: Option<Any>;
        /// Schemas by content type: a schema, `{schema, name, description}`, or a name of the API's.
        "schemas" => schemas: Map<Any>;
        /// The old spelling of `schemas`.
        "schema" => schema: Map<Any>, instead "schemas";
        /// What happens to content without a template: `never`, `when_no_match`, `when_no_templates`.
        "passThrough" => pass_through: Option<Text>, words ["never", "when_no_match", "when_no_templates"];
        /// The address, for `integration: http`.
        "uri" => uri: Option<Expr>;
        /// The method, for `integration: http`.
        "method" => method: Option<Text>;
        /// Conversion of the payload.
        "contentHandling" => content_handling: Option<Text>, words ["CONVERT_TO_BINARY", "CONVERT_TO_TEXT"];
    }
}

section! {
    /// Parameters of a request.
    RequestParameters, "request parameters" {
        /// Parts of the path.
        "paths" => paths: Map<Parameter>;
        /// Of the query string.
        "querystrings" => querystrings: Map<Parameter>;
        /// Headers.
        "headers" => headers: Map<Parameter>;
    }
}

/// One parameter: whether it is required, or its mapping.
#[derive(Clone, Debug, PartialEq)]
pub enum Parameter {
    Required(Flag),
    Mapped(MappedParameter),
}

short_or_long!(Parameter, Required(Flag), Mapped(MappedParameter));

section! {
    /// A parameter and what it is mapped to.
    MappedParameter, "a parameter" {
        /// Refuse requests without it.
        "required" => required: Option<Flag>;
        /// The name on the integration's side.
        "mappedValue" => mapped_value: Option<Text>;
    }
}

section! {
    /// What is answered.
    HttpResponse, "a response" {
        /// Headers: a value, or a mapping such as `integration.response.header.X`.
        "headers" => headers: Map<Expr>;
        /// The mapping template: one, or by content type.
        "template" => template: Option<Any>;
        /// Conversion of the payload.
        "contentHandling" => content_handling: Option<Text>, words ["CONVERT_TO_BINARY", "CONVERT_TO_TEXT"];
        /// Answers by status code: `{pattern, headers, template}`.
        "statusCodes" => status_codes: Map<StatusCode>;
        /// How the function's answer is passed on.
        "transferMode" => transfer_mode: Option<Text>, words ["buffered", "stream"];
    }
}

section! {
    /// One answer.
    StatusCode, "a status code" {
        /// Which errors of the function it stands for; an empty one is the default answer.
        "pattern" => pattern: Option<Text>;
        /// Headers.
        "headers" => headers: Map<Expr>;
        /// The mapping template.
        "template" => template: Option<Any>;
    }
}
