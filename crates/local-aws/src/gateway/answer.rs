//! Answers of the gateway itself, which an API may change by type.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use super::exchange::Exchange;
use super::mapping;
use super::vtl::{Template, render};
use crate::services::apigateway::document::Definition;

/// The types of gateway responses and their status, where they have one of their own.
/// Source: API Gateway developer guide, "Gateway response types".
pub const RESPONSE_TYPES: &[(&str, Option<u16>)] = &[
    ("ACCESS_DENIED", Some(403)),
    ("API_CONFIGURATION_ERROR", Some(500)),
    ("AUTHORIZER_CONFIGURATION_ERROR", Some(500)),
    ("AUTHORIZER_FAILURE", Some(500)),
    ("BAD_REQUEST_BODY", Some(400)),
    ("BAD_REQUEST_PARAMETERS", Some(400)),
    ("DEFAULT_4XX", None),
    ("DEFAULT_5XX", None),
    ("EXPIRED_TOKEN", Some(403)),
    ("INTEGRATION_FAILURE", Some(504)),
    ("INTEGRATION_TIMEOUT", Some(504)),
    ("INVALID_API_KEY", Some(403)),
    ("INVALID_SIGNATURE", Some(403)),
    ("MISSING_AUTHENTICATION_TOKEN", Some(403)),
    ("QUOTA_EXCEEDED", Some(429)),
    ("REQUEST_TOO_LARGE", Some(413)),
    ("RESOURCE_NOT_FOUND", Some(404)),
    ("THROTTLED", Some(429)),
    ("UNAUTHORIZED", Some(401)),
    ("UNSUPPORTED_MEDIA_TYPE", Some(415)),
    ("WAF_FILTERED", Some(403)),
];

/// A request the gateway ends itself: the type of its response, the message, and why, for whoever runs this local AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub kind: &'static str,
    pub status: u16,
    /// The exception's name in `x-amzn-ErrorType`.
    pub error: &'static str,
    pub message: Option<String>,
    /// What AWS would only write to its execution log.
    pub reason: Option<String>,
}

impl Refusal {
    fn new(kind: &'static str, status: u16, error: &'static str, message: &str) -> Refusal {
        Refusal { kind, status, error, message: Some(message.to_owned()), reason: None }
    }

    /// The same with the reason.
    pub fn because(mut self, reason: impl Into<String>) -> Refusal {
        self.reason = Some(reason.into());
        self
    }

    /// No such API or stage.
    pub fn forbidden() -> Refusal {
        Refusal::new("ACCESS_DENIED", 403, "ForbiddenException", "Forbidden")
    }

    /// No such resource or method; also a signature that is wanted and missing.
    pub fn missing_token() -> Refusal {
        let error = "MissingAuthenticationTokenException";
        Refusal::new("MISSING_AUTHENTICATION_TOKEN", 403, error, "Missing Authentication Token")
    }

    /// A signature for another service than `execute-api`.
    pub fn invalid_signature() -> Refusal {
        let message = "Credential should be scoped to correct service: 'execute-api'.";
        Refusal::new("INVALID_SIGNATURE", 403, "InvalidSignatureException", message)
    }

    /// An authorizer that got no identity, or said `Unauthorized`.
    pub fn unauthorized() -> Refusal {
        Refusal::new("UNAUTHORIZED", 401, "UnauthorizedException", "Unauthorized")
    }

    /// A policy that denies; explicitly or by allowing nothing.
    pub fn denied(explicit: bool) -> Refusal {
        let message = if explicit {
            "User is not authorized to access this resource with an explicit deny"
        } else {
            "User is not authorized to access this resource"
        };
        Refusal::new("ACCESS_DENIED", 403, "AccessDeniedException", message)
    }

    /// An authorizer that failed or answered nonsense.
    pub fn authorizer_failure() -> Refusal {
        let error = "AuthorizerConfigurationException";
        Refusal { message: None, ..Refusal::new("AUTHORIZER_CONFIGURATION_ERROR", 500, error, "") }
    }

    /// A missing or unknown API key.
    pub fn invalid_key() -> Refusal {
        Refusal::new("INVALID_API_KEY", 403, "ForbiddenException", "Forbidden")
    }

    /// More requests than the usage plan allows in a moment.
    pub fn throttled() -> Refusal {
        Refusal::new("THROTTLED", 429, "TooManyRequestsException", "Too Many Requests")
    }

    /// More requests than the usage plan allows in its period.
    pub fn quota() -> Refusal {
        Refusal::new("QUOTA_EXCEEDED", 429, "LimitExceededException", "Limit Exceeded")
    }

    /// A body over 10 MB.
    pub fn too_large() -> Refusal {
        let message = "HTTP content length exceeded 10485760 bytes.";
        Refusal::new("REQUEST_TOO_LARGE", 413, "RequestEntityTooLargeException", message)
    }

    /// A media type without a template.
    pub fn unsupported_media_type() -> Refusal {
        let error = "UnsupportedMediaTypeException";
        Refusal::new("UNSUPPORTED_MEDIA_TYPE", 415, error, "Unsupported Media Type")
    }

    /// A body that is not what its model says.
    pub fn bad_body() -> Refusal {
        Refusal::new("BAD_REQUEST_BODY", 400, "BadRequestException", "Invalid request body")
    }

    /// A body that a template wants to read as JSON and cannot.
    pub fn unreadable_body(message: &str) -> Refusal {
        Refusal::new("BAD_REQUEST_BODY", 400, "BadRequestException", message)
    }

    /// Required parameters that are missing.
    pub fn bad_parameters(names: &str) -> Refusal {
        let message = format!("Missing required request parameters: [{names}]");
        Refusal::new("BAD_REQUEST_PARAMETERS", 400, "BadRequestException", &message)
    }

    /// An API that cannot work as it is configured.
    pub fn misconfigured(reason: impl Into<String>) -> Refusal {
        let error = "InternalServerErrorException";
        Refusal::new("API_CONFIGURATION_ERROR", 500, error, "Internal server error").because(reason)
    }

    /// A proxy function that failed or answered something malformed.
    pub fn bad_gateway(reason: impl Into<String>) -> Refusal {
        let error = "InternalServerErrorException";
        Refusal::new("DEFAULT_5XX", 502, error, "Internal server error").because(reason)
    }

    /// A backend that could not be reached.
    pub fn integration_failure(reason: impl Into<String>) -> Refusal {
        let error = "InternalServerErrorException";
        Refusal::new("INTEGRATION_FAILURE", 504, error, "Network error communicating with endpoint").because(reason)
    }

    /// A backend that took longer than the integration's timeout.
    pub fn timeout() -> Refusal {
        let error = "InternalServerErrorException";
        Refusal::new("INTEGRATION_TIMEOUT", 504, error, "Endpoint request timed out")
    }

    /// The answer, as the API has changed it.
    pub fn answer(&self, definition: Option<&Definition>, exchange: &Exchange) -> Response<Bytes> {
        if let Some(reason) = &self.reason {
            tracing::warn!(api = exchange.api_id, path = exchange.path, reason, "a request to an API failed");
        }
        let default = if self.status >= 500 { "DEFAULT_5XX" } else { "DEFAULT_4XX" };
        let changed = definition
            .and_then(|definition| [self.kind, default].iter().find_map(|kind| definition.responses.get(*kind)));
        let mut response = Response::new(Bytes::from(self.body(changed, exchange)));
        let status = changed.and_then(|changed| changed["statusCode"].as_str()?.parse().ok()).unwrap_or(self.status);
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        add_header(&mut response, "content-type", "application/json");
        add_header(&mut response, "x-amzn-ErrorType", self.error);
        for (name, value) in changed.and_then(|changed| changed["responseParameters"].as_object()).into_iter().flatten()
        {
            let name = name.strip_prefix("gatewayresponse.header.").unwrap_or(name);
            if let Some(value) = mapping::request_value(value.as_str().unwrap_or_default(), exchange) {
                add_header(&mut response, name, &value);
            }
        }
        identify(&mut response, exchange);
        if let Some(reason) = &self.reason {
            add_header(&mut response, "x-local-aws-reason", &reason.replace(['\r', '\n'], " "));
        }
        response
    }

    fn body(&self, changed: Option<&Value>, exchange: &Exchange) -> String {
        let plain = match self.error {
            // AWS spells this one with a capital letter.
            "AccessDeniedException" => json!({"Message": self.message}),
            _ => json!({"message": self.message}),
        };
        let template = changed.and_then(|changed| changed["responseTemplates"]["application/json"].as_str());
        let Some(template) = template else { return plain.to_string() };
        let mut variables = exchange.variables(exchange.text());
        variables.context["error"] = json!({
            "message": self.message,
            "messageString": json!(self.message).to_string(),
            "responseType": self.kind,
        });
        let rendered = Template::parse(template).and_then(|template| render(&template, &variables));
        rendered.map_or_else(|_| plain.to_string(), |outcome| outcome.text)
    }
}

/// Adds a header; one that HTTP cannot carry is left out.
pub fn add_header(response: &mut Response<Bytes>, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
        response.headers_mut().insert(name, value);
    }
}

/// Adds the ids every answer of a REST API carries.
pub fn identify(response: &mut Response<Bytes>, exchange: &Exchange) {
    add_header(response, "x-amzn-RequestId", &exchange.request_id);
    add_header(response, "x-amz-apigw-id", &exchange.extended_id);
}
