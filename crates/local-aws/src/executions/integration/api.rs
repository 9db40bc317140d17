//! Optimised integrations that pass one request on to one API operation, and the shape of their answers.

use asl::Failure;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{Answer, Task};
use crate::services::sqs;
use crate::wire::{Fault, Output};

const REQUEST_ID: &str = "x-amzn-RequestId";

/// How a service calls itself in the answers of its integrations, which are those of the AWS SDK for Java 1.
pub struct Service {
    /// The signing name.
    pub name: &'static str,
    /// The prefix of its errors: `DynamoDB.ConditionalCheckFailedException`.
    pub prefix: &'static str,
    /// As in `(Service: AmazonDynamoDBv2; …)`.
    pub title: &'static str,
    /// The error of faults that its model does not name.
    pub general: &'static str,
    /// The headers that are the same in every answer.
    pub headers: &'static [(&'static str, &'static str)],
    /// Members that are texts to the service and may be any JSON to the integration.
    pub texts: &'static [&'static str],
    /// The code that its older protocol, which the SDK for Java 1 speaks, has for a code of its model.
    pub codes: fn(&str) -> Option<&'static str>,
    /// Codes of its model that the SDK for Java 1 has no class for.
    pub unmodelled: &'static [&'static str],
}

pub const LAMBDA: Service = Service {
    name: "lambda",
    prefix: "Lambda",
    title: "AWSLambda",
    general: "AWSLambdaException",
    headers: &[
        ("Connection", "keep-alive"),
        ("Content-Type", "application/json"),
        ("x-amzn-Remapped-Content-Length", "0"),
    ],
    texts: &[],
    codes: |_| None,
    unmodelled: &[],
};

pub const STATES: Service = Service {
    name: "states",
    prefix: "StepFunctions",
    title: "AWSStepFunctions",
    general: "AWSStepFunctionsException",
    headers: &[("connection", "keep-alive"), ("Content-Type", "application/x-amz-json-1.0")],
    texts: &["Input"],
    codes: |_| None,
    unmodelled: &[],
};

const DYNAMODB: Service = Service {
    name: "dynamodb",
    prefix: "DynamoDB",
    title: "AmazonDynamoDBv2",
    general: "AmazonDynamoDBException",
    headers: &[("Connection", "keep-alive"), ("Content-Type", "application/x-amz-json-1.0"), ("Server", "Server")],
    texts: &[],
    codes: |_| None,
    unmodelled: &[],
};

const SQS: Service = Service {
    name: "sqs",
    prefix: "SQS",
    title: "AmazonSQS",
    general: "AmazonSQSException",
    headers: &[("connection", "keep-alive"), ("Content-Type", "application/x-amz-json-1.0")],
    texts: &["MessageBody"],
    codes: sqs::query_code,
    unmodelled: &["MissingRequiredParameterException", "InvalidParameterValueException"],
};

const SNS: Service = Service {
    name: "sns",
    prefix: "SNS",
    title: "AmazonSNS",
    general: "AmazonSNSException",
    headers: &[("connection", "keep-alive"), ("Content-Type", "text/xml")],
    texts: &["Message"],
    codes: |_| None,
    unmodelled: &[],
};

/// The services whose integrations pass one request on.
const SERVICES: &[&Service] = &[&DYNAMODB, &SNS, &SQS];

/// Passes the payload on to the operation that the action names.
pub fn request(task: &Task) -> BoxFuture<'_, Answer> {
    Box::pin(async move {
        let resource = &task.invoke.resource;
        let Some(service) = SERVICES.iter().find(|service| service.name == resource.service_type()) else {
            return Err(super::unsupported(resource.arn()));
        };
        let action = resource.action_name();
        let operation = operation_of(action.split('.').next().unwrap_or_default());
        let input = service.input(&task.invoke.payload);
        if let Some(failure) = unreachable(service, &input) {
            return Err(failure);
        }
        match task.cloud.invoke(service.name, &operation, task.region(), input).await {
            Ok(output) => Ok(with_metadata(service, output, task.cloud.clock.now())),
            Err(fault) => Err(service.failure(&fault)),
        }
    })
}

/// The failure of a request to a queue URL that names no host: the SDK calls the URL itself.
fn unreachable(service: &Service, input: &Value) -> Option<Failure> {
    let url = input.get("QueueUrl")?.as_str()?;
    if url.starts_with("http://") || url.starts_with("https://") {
        return None;
    }
    let host = url.split('/').next().unwrap_or_default();
    let cause = format!("Unable to execute HTTP request: {host}: Name or service not known");
    Some(Failure::new(format!("{}.SdkClientException", service.prefix), cause))
}

/// `putItem` to `PutItem`.
pub fn operation_of(action: &str) -> String {
    let mut letters = action.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}

/// The output's members with what the SDK adds to them.
fn with_metadata(service: &Service, output: Output, now: Timestamp) -> Value {
    let text = output.body.to_string();
    let length = if service.name == SNS.name { xml_length("Publish", &output.body) } else { text.len() };
    let mut headers = Vec::new();
    if service.name == DYNAMODB.name {
        headers.push(("x-amz-crc32".to_owned(), crc32fast::hash(text.as_bytes()).to_string()));
    }
    let mut members = match output.body {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    members.append(&mut service.metadata(output.status, length, now, headers));
    Value::Object(members)
}

/// The length of an answer of SNS: XML with two spaces a level.
fn xml_length(operation: &str, body: &Value) -> usize {
    let element = |name: &str, length: usize| format!("    <{name}></{name}>\n").len() + length;
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string().len(), str::len);
    let members: usize = body.as_object().into_iter().flatten().map(|(name, value)| element(name, text(value))).sum();
    let frame = format!(
        "<{operation}Response xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">\n  <{operation}Result>\n  \
         </{operation}Result>\n  <ResponseMetadata>\n  </ResponseMetadata>\n</{operation}Response>\n"
    );
    frame.len() + members + element("RequestId", uuid::fmt::Hyphenated::LENGTH)
}

impl Service {
    /// The input of the service's operation: members that are null are not sent, and JSON goes as text where the
    /// service wants text.
    pub fn input(&self, payload: &Value) -> Value {
        let Value::Object(members) = payload else {
            return payload.clone();
        };
        let sent = members.iter().filter(|(_, value)| !value.is_null());
        let of = |(name, value): (&String, &Value)| match value {
            Value::String(_) => (name.clone(), value.clone()),
            other if self.texts.contains(&name.as_str()) => (name.clone(), Value::String(other.to_string())),
            other => (name.clone(), other.clone()),
        };
        Value::Object(sent.map(of).collect())
    }

    /// `SdkHttpMetadata` and `SdkResponseMetadata` of an answer of `length` bytes at `now`; `own` are the headers of this
    /// answer beside those that every answer has.
    pub fn metadata(
        &self,
        status: u16,
        length: usize,
        now: Timestamp,
        own: Vec<(String, String)>,
    ) -> Map<String, Value> {
        let now = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let fixed = self.headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut headers: Vec<(String, String)> = fixed.chain(own).collect();
        headers.push(("Content-Length".to_owned(), length.to_string()));
        headers.push(("Date".to_owned(), now));
        let id = match headers.iter().find(|(name, _)| name == REQUEST_ID) {
            Some((_, id)) => id.clone(),
            None => {
                let id = uuid::Uuid::new_v4().to_string();
                headers.push((REQUEST_ID.to_owned(), id.clone()));
                id
            }
        };
        headers.sort();
        let all: Map<String, Value> = headers.iter().map(|(name, value)| (name.clone(), json!([value]))).collect();
        let one: Map<String, Value> = headers.into_iter().map(|(name, value)| (name, value.into())).collect();
        let http = json!({"AllHttpHeaders": all, "HttpHeaders": one, "HttpStatusCode": status});
        let mut members = Map::new();
        members.insert("SdkHttpMetadata".to_owned(), http);
        members.insert("SdkResponseMetadata".to_owned(), json!({"RequestId": id}));
        members
    }

    /// A fault as the integration reports it.
    pub fn failure(&self, fault: &Fault) -> Failure {
        let error = match is_general(&fault.code) {
            true => self.general.to_owned(),
            false if self.unmodelled.contains(&fault.code.as_str()) => self.general.to_owned(),
            false if fault.code.ends_with("Exception") => fault.code.clone(),
            false => format!("{}Exception", fault.code),
        };
        let cause = format!(
            "{} (Service: {}; Status Code: {}; Error Code: {}; Request ID: {}; Proxy: null)",
            fault.message,
            self.title,
            fault.status,
            (self.codes)(&fault.code).unwrap_or(&fault.code),
            uuid::Uuid::new_v4(),
        );
        Failure::new(format!("{}.{error}", self.prefix), cause)
    }
}

/// Codes that the services' models do not name, so that the SDK has no class for them.
fn is_general(code: &str) -> bool {
    matches!(
        code,
        "ValidationException"
            | "SerializationException"
            | "AccessDeniedException"
            | "UnknownOperationException"
            | "UnrecognizedClientException"
            | "InternalFailure"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answers_of_sns_are_as_long_as_its_xml() {
        let body = json!({"MessageId": uuid::Uuid::nil().to_string()});
        assert_eq!(xml_length("Publish", &body), 294);
    }

    #[test]
    fn faults_become_errors_of_the_java_sdk() {
        let fault = Fault::sender("ResourceNotFoundException", "Requested resource not found");
        let failure = DYNAMODB.failure(&fault);
        assert_eq!(failure.error.as_deref(), Some("DynamoDB.ResourceNotFoundException"));
        let cause = failure.cause.unwrap();
        assert!(cause.starts_with(
            "Requested resource not found (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: \
             ResourceNotFoundException; Request ID: "
        ));
        let failure = STATES.failure(&Fault::sender("StateMachineDoesNotExist", "no"));
        assert_eq!(failure.error.as_deref(), Some("StepFunctions.StateMachineDoesNotExistException"));
        let failure = DYNAMODB.failure(&Fault::sender("ValidationException", "no"));
        assert_eq!(failure.error.as_deref(), Some("DynamoDB.AmazonDynamoDBException"));
        let missing = "The request must contain the parameter MessageBody.";
        let failure = SQS.failure(&Fault::sender("MissingRequiredParameterException", missing));
        assert_eq!(failure.error.as_deref(), Some("SQS.AmazonSQSException"));
        assert!(failure.cause.unwrap().contains("Error Code: MissingParameter; "));
        let failure = unreachable(&SQS, &json!({"QueueUrl": "nowhere"})).unwrap();
        assert_eq!(
            failure.cause.as_deref(),
            Some("Unable to execute HTTP request: nowhere: Name or service not known")
        );
    }
}
