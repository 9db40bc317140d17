//! `Custom::NAME` and `AWS::CloudFormation::CustomResource`: resources that a function makes.
//!
//! Source: AWS CloudFormation User Guide, "Custom resource request objects" and "Custom resource response objects".

use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};

use super::member::{found, invented, required, text};
use crate::Store;
use crate::engine::journal::Live;
use crate::engine::names::Letters;
use crate::engine::provider::{Context, Made, OWN_WORDS, Provider, Reading};
use crate::engine::schema::{Property, Schema};
use crate::wire::Fault;

/// Answers that came, by the id of their request.
const ANSWERS: &str = "cloudformation.custom-resources";

/// The type that has no name of its own.
pub const KIND: &str = "AWS::CloudFormation::CustomResource";

/// How long an answer is waited for, in seconds, where `ServiceTimeout` says nothing.
const LONGEST_S: i64 = 3600;

/// The largest answer.
/// Source: as above, "The total size of the response body can't exceed 4096 bytes."
const ANSWER_BYTES: usize = 4096;

/// The longest name after `Custom::`.
const NAME_LETTERS: usize = 60;

/// How often an answer is looked for.
const PAUSE: Duration = Duration::from_millis(20);

static SCHEMA: Schema = Schema {
    kind: KIND,
    properties: &[
        Property::text("ServiceToken").required(),
        Property::integer("ServiceTimeout", 1, LONGEST_S),
        Property::any_other(),
    ],
    attributes: &["*"],
    volatile: &["*"],
    identifier: None,
    taggable: false,
};

/// The provider of custom resources of one type.
///
/// Diverges: `ResponseURL` is `ENDPOINT/_aws/custom-resource/ID` instead of a signed address of S3; a function that fails
/// without having answered fails the resource at once; `NoEcho` hides nothing.
pub struct Custom {
    kind: String,
}

impl Custom {
    /// The provider of `kind`, if it is a type of custom resources.
    pub fn of(kind: &str) -> Option<Custom> {
        let plain = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_@-".contains(&byte));
        let named =
            kind.strip_prefix("Custom::").is_some_and(|name| (1..=NAME_LETTERS).contains(&name.len()) && plain(name));
        (named || kind == KIND).then(|| Custom { kind: kind.to_owned() })
    }
}

impl Provider for Custom {
    fn schema(&self) -> &Schema {
        &SCHEMA
    }

    /// What the resource is called until its function says otherwise.
    fn name(&self, context: &Context, _properties: &Value) -> Option<String> {
        Some(invented(context, 128, Letters::Upper))
    }

    fn create(&self, context: Context, properties: Value) -> BoxFuture<'static, Result<Made, Fault>> {
        let kind = self.kind.clone();
        Box::pin(async move {
            let asked = Asked { kind: &kind, action: "Create", physical: None, properties: &properties, old: None };
            ask(&context, &asked).await
        })
    }

    fn update(&self, context: Context, live: Live, properties: Value) -> BoxFuture<'static, Result<Made, Fault>> {
        let kind = self.kind.clone();
        Box::pin(async move {
            if required(&live.properties, "ServiceToken") != required(&properties, "ServiceToken") {
                return Err(failed("Modifying service token is not allowed."));
            }
            let asked = Asked {
                kind: &kind,
                action: "Update",
                physical: Some(&live.physical),
                properties: &properties,
                old: Some(&live.properties),
            };
            ask(&context, &asked).await
        })
    }

    fn delete(&self, context: Context, live: Live) -> BoxFuture<'static, Result<(), Fault>> {
        Box::pin(async move {
            let physical = Some(live.physical.as_str());
            let asked = Asked { kind: &live.kind, action: "Delete", physical, properties: &live.properties, old: None };
            ask(&context, &asked).await.map(drop)
        })
    }

    /// Only its function knows what it is: what has another name than the invented one is taken to be there.
    fn read(&self, context: Context, physical: String, properties: Value) -> Reading {
        let invented = self.name(&context, &properties);
        Box::pin(
            async move { if invented.as_ref() == Some(&physical) { Ok(None) } else { Ok(found(Made::new(physical))) } },
        )
    }
}

/// What is asked of the function.
struct Asked<'a> {
    kind: &'a str,
    action: &'static str,
    physical: Option<&'a str>,
    properties: &'a Value,
    old: Option<&'a Value>,
}

impl Asked<'_> {
    fn request(&self, context: &Context, id: &str) -> Value {
        let mut request = json!({
            "RequestType": self.action,
            "ServiceToken": self.properties["ServiceToken"],
            "ResponseURL": format!("{}/_aws/custom-resource/{}", context.world.endpoint(), row(id)),
            "StackId": context.stack_id,
            "RequestId": id,
            "LogicalResourceId": context.logical,
            "ResourceType": self.kind,
            "ResourceProperties": self.properties,
        });
        if let Some(physical) = self.physical {
            request["PhysicalResourceId"] = json!(physical);
        }
        if let Some(old) = self.old {
            request["OldResourceProperties"] = old.clone();
        }
        request
    }
}

/// Sends the request and waits for its answer.
async fn ask(context: &Context, asked: &Asked<'_>) -> Result<Made, Fault> {
    let id = uuid::Uuid::new_v4().to_string();
    let request = asked.request(context, &id);
    let (store, clock) = (context.world.store(), context.world.clock());
    let longest_s = asked.properties.get("ServiceTimeout").and_then(Value::as_i64).unwrap_or(LONGEST_S);
    let until = clock.now_ms() + longest_s * 1000;
    let mut sent = Some(Box::pin(send(context, required(asked.properties, "ServiceToken"), &request)));
    let answer = loop {
        let mut said = Ok(());
        match sent.as_mut() {
            Some(sending) => tokio::select! {
                ended = sending => {
                    said = ended;
                    sent = None;
                }
                () = tokio::time::sleep(PAUSE) => {}
            },
            None => tokio::time::sleep(PAUSE).await,
        }
        // What was answered counts, also when the function failed afterwards.
        if let Some(answer) = store.get::<Value>(ANSWERS, &row(&id))? {
            store.delete(ANSWERS, &row(&id))?;
            break answer;
        }
        said?;
        if clock.now_ms() >= until {
            return Err(failed(&format!(
                "CloudFormation did not receive a response from your Custom Resource. Please check your logs for requestId [{id}]."
            )));
        }
    };
    read(&request, &answer)
}

/// Hands the request to the function or the topic; a function's failure is one of the resource.
async fn send(context: &Context, token: &str, request: &Value) -> Result<(), Fault> {
    let parts: Vec<&str> = token.splitn(6, ':').collect();
    let ["arn", _, service, region, ..] = parts[..] else {
        return Err(failed(&format!("Invalid service token: {token}")));
    };
    let call = |operation: &'static str, input: Value| async move {
        context.world.invoke(service, operation, region, input).await.map_err(|fault| failed(&fault.to_string()))
    };
    match service {
        "lambda" => {
            let input = json!({
                "FunctionName": token, "InvocationType": "RequestResponse", "Payload": request.to_string(),
            });
            let output = call("Invoke", input).await?;
            let broken = output.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("x-amz-function-error"));
            if broken {
                let said = failure(output.payload.as_deref().unwrap_or_default());
                return Err(failed(&format!("The function {token} failed and sent no response: {said}")));
            }
            Ok(())
        }
        "sns" => {
            let subject = "AWS CloudFormation custom resource request";
            let input = json!({"TopicArn": token, "Message": request.to_string(), "Subject": subject});
            call("Publish", input).await.map(drop)
        }
        _ => Err(failed(&format!("Invalid service token: {token}"))),
    }
}

/// What a function's error document says, without its trace.
fn failure(document: &[u8]) -> String {
    let said: Value = serde_json::from_slice(document).unwrap_or_default();
    let line = |name: &str| text(&said, name).and_then(|text| text.lines().next()).unwrap_or_default().to_owned();
    format!("{}: {}", line("errorType"), line("errorMessage"))
}

/// What an answer says of the resource.
fn read(request: &Value, answer: &Value) -> Result<Made, Fault> {
    let id = required(request, "RequestId");
    match text(answer, "Status") {
        Some("SUCCESS") => {}
        Some("FAILED") => {
            let reason = text(answer, "Reason").unwrap_or_default();
            return Err(failed(&format!(
                "Received response status [FAILED] from custom resource. Message returned: {reason} (RequestId: {id})"
            )));
        }
        _ => return Err(failed("Invalid Status in the response of the custom resource: it is SUCCESS or FAILED")),
    }
    if let Some(name) =
        ["StackId", "RequestId", "LogicalResourceId"].iter().find(|name| answer[**name] != request[**name])
    {
        return Err(failed(&format!("The response of the custom resource has another {name} than its request")));
    }
    let physical = text(answer, "PhysicalResourceId").filter(|physical| !physical.is_empty());
    let physical = physical.ok_or_else(|| failed("Invalid PhysicalResourceId"))?;
    let attributes = match answer.get("Data") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(data)) => data.clone(),
        Some(_) => return Err(failed("The Data of the custom resource's response is no object")),
    };
    Ok(Made { physical: physical.to_owned(), reference: None, attributes })
}

/// The letters of a request's id, as its address has them.
fn row(id: &str) -> String {
    id.replace('-', "")
}

fn failed(message: &str) -> Fault {
    Fault::sender(OWN_WORDS, message.to_owned())
}

/// Takes the answer to the request of these letters.
///
/// # Errors
/// `MalformedResponse` when it is none; the store cannot be written.
pub fn take_answer(store: &Store, letters: &str, body: &[u8]) -> Result<(), Fault> {
    if body.len() > ANSWER_BYTES {
        let answer = json!({"Status": "FAILED", "Reason": "Response object is too long."});
        return Ok(store.put(ANSWERS, letters, &answer)?);
    }
    let answer: Value = serde_json::from_slice(body)
        .map_err(|error| Fault::sender("MalformedResponse", format!("a response is a JSON object: {error}")))?;
    Ok(store.put(ANSWERS, letters, &answer)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_of_custom_resources_is_known_by_its_name() {
        for kind in ["Custom::S3", "Custom::My_Own-Thing@2", KIND] {
            assert!(Custom::of(kind).is_some(), "{kind}");
        }
        for kind in ["Custom::", "Custom::a b", "AWS::S3::Bucket", &format!("Custom::{}", "a".repeat(61))] {
            assert!(Custom::of(kind).is_none(), "{kind}");
        }
    }

    #[test]
    fn an_answer_has_to_be_whole_and_to_be_the_one_that_was_asked_for() {
        let request = json!({"StackId": "s", "RequestId": "r", "LogicalResourceId": "l"});
        let answer = |change: &str, value: Value| {
            let mut answer = json!({
                "Status": "SUCCESS", "PhysicalResourceId": "p", "StackId": "s", "RequestId": "r", "LogicalResourceId": "l",
                "Data": {"a": "1"},
            });
            answer[change] = value;
            read(&request, &answer).map_err(|fault| fault.message)
        };
        assert_eq!(answer("Reason", json!("")), Ok(Made::new("p").with("a", "1")));
        for (change, value, said) in [
            ("Status", json!("DONE"), "Invalid Status"),
            ("Status", json!("FAILED"), "Received response status [FAILED]"),
            ("PhysicalResourceId", json!(""), "Invalid PhysicalResourceId"),
            ("RequestId", json!("x"), "another RequestId"),
            ("Data", json!("x"), "no object"),
        ] {
            let message = answer(change, value).unwrap_err();
            assert!(message.contains(said), "{message}");
        }
    }
}
