//! The HTTP API: `provider.httpApi` and `httpApi` events.

use crate::source::{Kind, Node};

use super::alternative::{is_intrinsic, short_or_long};
use super::reader::{Decode, Reader};
use super::section::section;
use super::shape::Shape;
use super::value::{Expr, Flag, Map, Setting, Text, Toggle, Whole};

section! {
    /// The HTTP API.
    HttpApi, "`provider.httpApi`" {
        /// An API that exists.
        "id" => id: Option<Expr>;
        /// Its name; else the stage and the service.
        "name" => name: Option<Text>;
        /// A sentence about it.
        "description" => description: Option<Text>;
        /// The events' payload format: `2.0` (the default) or `1.0`.
        "payload" => payload: Option<Text>, words ["1.0", "2.0"];
        /// Milliseconds that an integration may take; read for old files.
        "timeout" => timeout: super::value::WithoutEffect;
        /// Which web pages may call: `true`, or the details.
        "cors" => cors: Toggle<HttpApiCors>;
        /// Authorizers by name.
        "authorizers" => authorizers: Map<HttpApiAuthorizer>;
        /// The API always has the provider's tags.
        "useProviderTags" => use_provider_tags: super::value::WithoutEffect;
        /// Metrics by route.
        "metrics" => metrics: Option<Flag>;
        /// Clients must use a domain of the author's own.
        "disableDefaultEndpoint" => disable_default_endpoint: Option<Flag>;
        /// Name the API `SERVICE-STAGE` rather than `STAGE-SERVICE`.
        "shouldStartNameWithService" => service_first: Option<Flag>;
    }
}

section! {
    /// Which web pages may call the HTTP API.
    HttpApiCors, "CORS of the HTTP API" {
        /// Send cookies.
        "allowCredentials" => allow_credentials: Option<Flag>;
        /// Request headers.
        "allowedHeaders" => allowed_headers: Setting<Vec<Text>>;
        /// Methods.
        "allowedMethods" => allowed_methods: Setting<Vec<Text>>;
        /// Origins.
        "allowedOrigins" => allowed_origins: Setting<Vec<Text>>;
        /// Response headers that pages may read.
        "exposedResponseHeaders" => exposed_response_headers: Setting<Vec<Text>>;
        /// Seconds that a browser keeps the answer.
        "maxAge" => max_age_s: Option<Whole>, from -1 to 86_400;
    }
}

section! {
    /// An authorizer of the HTTP API.
    HttpApiAuthorizer, "an HTTP API authorizer" {
        /// `jwt` (the default) or `request`.
        "type" => kind: Option<Text>, words ["jwt", "request"];
        /// Its name; else the key.
        "name" => name: Option<Text>;
        /// Where the identity is in the request.
        "identitySource" => identity_source: Vec<Expr>;
        /// Who made the token.
        "issuerUrl" => issuer_url: Option<Expr>;
        /// For whom the token was made.
        "audience" => audience: Vec<Expr>;
        /// The authorizer's function, by key.
        "functionName" => function_name: Option<Text>;
        /// The authorizer's function, by ARN.
        "functionArn" => function_arn: Option<Expr>;
        /// The authorizer exists.
        "id" => id: Option<Expr>;
        /// The function answers `{isAuthorized}`.
        "enableSimpleResponses" => simple_responses: Option<Flag>;
        /// The event's format, `2.0` or `1.0`.
        "payloadVersion" => payload_version: Option<Text>, words ["1.0", "2.0"];
        /// Seconds that an answer is kept.
        "resultTtlInSeconds" => result_ttl_s: Option<Whole>, from 0 to 3_600;
        /// The right to call the function is given elsewhere.
        "managedExternally" => managed_externally: Option<Flag>;
    }
}

section! {
    /// A request to the HTTP API.
    HttpApiEvent, "an `httpApi` event" {
        /// The path, `/posts/{id}`; `*` for all.
        "path" => path: Option<Text>;
        /// The method; `*` for all.
        "method" => method: Option<Text>;
        /// The route, written `GET /posts`.
        "route" => route: Option<Text>;
        /// Who may call.
        "authorizer" => authorizer: Option<RouteAuthorizer>;
        /// Read for files of other tools.
        "cors" => cors: super::value::WithoutEffect;
    }
}

/// A request, written `GET /posts` or `*`, or in detail.
#[derive(Clone, Debug, PartialEq)]
pub enum HttpApiRoute {
    Line(Text),
    Detailed(Box<HttpApiEvent>),
}

short_or_long!(HttpApiRoute, Line(Text), Detailed(Box<HttpApiEvent>));

/// Who may call a route: `aws_iam`, the name of an authorizer, or the details.
#[derive(Clone, Debug, PartialEq)]
pub enum RouteAuthorizer {
    Name(Text),
    Detailed(Box<RouteAuthorizerDetails>),
}

impl Decode for RouteAuthorizer {
    fn shape() -> Shape {
        Shape::OneOf(vec![Shape::Text, RouteAuthorizerDetails::shape()])
    }

    fn decode(node: &Node, reader: &mut Reader) -> Option<RouteAuthorizer> {
        match node.kind {
            Kind::Mapping(_) if !is_intrinsic(node) => {
                RouteAuthorizerDetails::decode(node, reader).map(|details| RouteAuthorizer::Detailed(Box::new(details)))
            }
            _ => Text::decode(node, reader).map(RouteAuthorizer::Name),
        }
    }
}

section! {
    /// Who may call a route, in detail.
    RouteAuthorizerDetails, "a route's authorizer" {
        /// The name of an authorizer of `provider.httpApi.authorizers`.
        "name" => name: Option<Text>;
        /// An authorizer that exists.
        "id" => id: Option<Expr>;
        /// `aws_iam`, `jwt` or `request`.
        "type" => kind: Option<Text>, words ["aws_iam", "jwt", "request"];
        /// OAuth scopes.
        "scopes" => scopes: Vec<Expr>;
    }
}
