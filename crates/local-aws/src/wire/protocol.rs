//! Which protocol each service speaks.

use http::request::Parts;

/// One of AWS's protocols.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Form-encoded input with an `Action`, XML output.
    Query,
    /// JSON both ways, the operation in `X-Amz-Target`; `1.0` or `1.1`.
    Json { version: &'static str },
    /// JSON both ways, the operation in method and path.
    RestJson,
    /// S3: XML both ways, the operation in method, path and query.
    RestXml,
}

const JSON_1_0: Protocol = Protocol::Json { version: "1.0" };
const JSON_1_1: Protocol = Protocol::Json { version: "1.1" };

impl Protocol {
    /// The protocol of a request to the service with this signing name; for a service that is not there, what the
    /// request itself looks like.
    pub fn of(service: &str, parts: &Parts) -> Protocol {
        match service {
            "cloudformation" | "iam" | "sns" | "sts" => Protocol::Query,
            "dynamodb" | "sqs" | "states" => JSON_1_0,
            "logs" | "ssm" => JSON_1_1,
            "lambda" | "apigateway" | "scheduler" => Protocol::RestJson,
            "s3" => Protocol::RestXml,
            _ => Protocol::guess(parts),
        }
    }

    /// The protocol that a request without a known service looks like.
    pub fn guess(parts: &Parts) -> Protocol {
        let content_type = header(parts, "content-type");
        if parts.headers.contains_key("x-amz-target") {
            return if content_type.contains("1.0") { JSON_1_0 } else { JSON_1_1 };
        }
        if content_type.starts_with("application/x-www-form-urlencoded") {
            return Protocol::Query;
        }
        let path = parts.uri.path();
        if super::rest::looks_like_rest_json(path) { Protocol::RestJson } else { Protocol::RestXml }
    }
}

fn header<'a>(parts: &'a Parts, name: &str) -> &'a str {
    parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The XML namespace of a query service.
pub fn namespace(service: &str) -> &'static str {
    match service {
        "cloudformation" => "http://cloudformation.amazonaws.com/doc/2010-05-15/",
        "monitoring" => "http://monitoring.amazonaws.com/doc/2010-08-01/",
        "iam" => "https://iam.amazonaws.com/doc/2010-05-08/",
        "sns" => "http://sns.amazonaws.com/doc/2010-03-31/",
        "sts" => "https://sts.amazonaws.com/doc/2011-06-15/",
        _ => "http://webservices.amazon.com/AWSFault/2005-15-09",
    }
}
