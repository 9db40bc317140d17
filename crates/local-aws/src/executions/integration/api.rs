//! Optimised integrations that pass one request on to one API operation, and the shape of their answers.

use asl::Failure;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};

use super::{Answer, Task};
use crate::wire::{Fault, Output};

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
    pub content_type: &'static str,
}

pub const LAMBDA: Service = Service {
    name: "lambda",
    prefix: "Lambda",
    title: "AWSLambda",
    general: "AWSLambdaException",
    content_type: "application/json",
};

pub const STATES: Service = Service {
    name: "states",
    prefix: "StepFunctions",
    title: "AWSStepFunctions",
    general: "AWSStepFunctionsException",
    content_type: "application/x-amz-json-1.0",
};

const DYNAMODB: Service = Service {
    name: "dynamodb",
    prefix: "DynamoDB",
    title: "AmazonDynamoDBv2",
    general: "AmazonDynamoDBException",
    content_type: "application/x-amz-json-1.0",
};

/// Passes the payload on to the operation that the action names.
pub fn request(task: &Task) -> BoxFuture<'_, Answer> {
    Box::pin(async move {
        let operation = operation_of(&task.invoke.resource.action_name());
        let input = task.invoke.payload.clone();
        match task.cloud.invoke(DYNAMODB.name, &operation, task.region(), input).await {
            Ok(output) => Ok(with_metadata(&DYNAMODB, output)),
            Err(fault) => Err(DYNAMODB.failure(&fault)),
        }
    })
}

/// `putItem` to `PutItem`.
pub fn operation_of(action: &str) -> String {
    let mut letters = action.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}

/// The output's members with what the SDK adds to them.
fn with_metadata(service: &Service, output: Output) -> Value {
    let length = output.body.to_string().len();
    let mut members = match output.body {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    members.append(&mut service.metadata(output.status, length));
    Value::Object(members)
}

impl Service {
    /// `SdkHttpMetadata` and `SdkResponseMetadata` of an answer of `length` bytes.
    pub fn metadata(&self, status: u16, length: usize) -> Map<String, Value> {
        let id = uuid::Uuid::new_v4().to_string();
        let length = length.to_string();
        let headers = json!({
            "x-amzn-RequestId": id,
            "Content-Length": length,
            "Content-Type": self.content_type,
        });
        let all = json!({
            "x-amzn-RequestId": [id],
            "Content-Length": [length],
            "Content-Type": [self.content_type],
        });
        let http = json!({"AllHttpHeaders": all, "HttpHeaders": headers, "HttpStatusCode": status});
        let mut members = Map::new();
        members.insert("SdkHttpMetadata".to_owned(), http);
        members.insert("SdkResponseMetadata".to_owned(), json!({"RequestId": id}));
        members
    }

    /// A fault as the integration reports it.
    pub fn failure(&self, fault: &Fault) -> Failure {
        let error = match is_general(&fault.code) {
            true => self.general.to_owned(),
            false if fault.code.ends_with("Exception") => fault.code.clone(),
            false => format!("{}Exception", fault.code),
        };
        let cause = format!(
            "{} (Service: {}; Status Code: {}; Error Code: {}; Request ID: {}; Proxy: null)",
            fault.message,
            self.title,
            fault.status,
            fault.code,
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
    }
}
