//! Asynchronous invocation: retries, the age of events, and destinations.
//!
//! Diverges: the queue is in memory; events that wait when the local AWS stops are lost.

use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use super::function::Function;
use super::name::FunctionName;
use super::{destination, event_invoke, invoke};
use crate::Cloud;
use crate::runtime::{Invocation, Request};

/// The pause before the first and the second retry.
/// Source: Lambda developer guide, "Error handling for asynchronous invocation".
const RETRY_AFTER: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(120)];
/// The first pause after a throttled attempt; it doubles up to five minutes.
const THROTTLED_FIRST: Duration = Duration::from_secs(1);
const THROTTLED_MOST: Duration = Duration::from_secs(300);
/// AWS's defaults.
const ATTEMPTS: u64 = 2;
const AGE_S: u64 = 21_600;

/// Takes an event and answers its request id; the function runs later.
pub fn enqueue(cloud: &Arc<Cloud>, name: FunctionName, payload: Bytes, client_context: Option<String>) -> String {
    let request = invoke::request(cloud, &name, payload, client_context);
    let request_id = request.request_id.clone();
    tokio::spawn(deliver(Arc::downgrade(cloud), name, request));
    request_id
}

/// What became of an event in the end.
struct Delivery {
    condition: &'static str,
    attempts: u64,
    version: String,
    invocation: Option<Invocation>,
}

async fn deliver(cloud: Weak<Cloud>, name: FunctionName, request: Request) {
    let Some((retries, age)) = cloud.upgrade().and_then(|cloud| limits(&cloud, &name)) else { return };
    let began = tokio::time::Instant::now();
    let mut failed = 0;
    let mut throttled = THROTTLED_FIRST;
    // Ends by the event's age at the latest.
    let delivery = loop {
        let Some(strong) = cloud.upgrade() else { return };
        let pause = match invoke::once(&strong, &name, &request).await {
            Ok((version, invocation)) => {
                let condition = if invocation.result.is_ok() { "Success" } else { "RetriesExhausted" };
                if invocation.result.is_ok() || failed >= retries {
                    break Delivery { condition, attempts: failed + 1, version, invocation: Some(invocation) };
                }
                failed += 1;
                RETRY_AFTER[usize::try_from(failed - 1).unwrap_or(1).min(1)]
            }
            Err(fault) if fault.status == 429 => {
                throttled = (throttled * 2).min(THROTTLED_MOST);
                throttled / 2
            }
            // The function is gone: there is nobody to deliver to.
            Err(_) => return,
        };
        drop(strong);
        if began.elapsed() + pause > age {
            let version = "$LATEST".to_owned();
            break Delivery { condition: "EventAgeExceeded", attempts: failed, version, invocation: None };
        }
        tokio::time::sleep(pause).await;
    };
    if let Some(cloud) = cloud.upgrade() {
        pass_on(&cloud, &name, &request, &delivery).await;
    }
}

/// How often a failed event is tried again, and how old it may become.
fn limits(cloud: &Cloud, name: &FunctionName) -> Option<(u64, Duration)> {
    let function = Function::load(cloud, name).ok()?;
    let config = event_invoke::of(&function, name.qualifier.as_deref());
    let retries = config["MaximumRetryAttempts"].as_u64().unwrap_or(ATTEMPTS);
    let age = config["MaximumEventAgeInSeconds"].as_u64().unwrap_or(AGE_S);
    Some((retries, Duration::from_secs(age)))
}

/// Sends the invocation record to the destination that is configured for this end.
async fn pass_on(cloud: &Arc<Cloud>, name: &FunctionName, request: &Request, delivery: &Delivery) {
    let Ok(function) = Function::load(cloud, name) else { return };
    let config = event_invoke::of(&function, name.qualifier.as_deref());
    let side = if delivery.condition == "Success" { "OnSuccess" } else { "OnFailure" };
    let record = || record(cloud, &function, request, delivery).to_string();
    let destination = config["DestinationConfig"][side]["Destination"].as_str().map(|arn| (arn.to_owned(), record()));
    // A dead-letter queue gets the event itself.
    let version = function.version(name.qualifier.as_deref(), 1.0).map(|(_, version)| version);
    let buried = version.and_then(|version| version.settings.dead_letter.clone()).filter(|_| side == "OnFailure");
    let event = String::from_utf8_lossy(&request.payload).into_owned();
    for (arn, text) in destination.into_iter().chain(buried.map(|arn| (arn, event))) {
        if let Err(fault) = destination::send(cloud, &name.region, &arn, text).await {
            tracing::warn!(arn, %fault, "the record of an asynchronous invocation is lost");
        }
    }
}

/// Source: Lambda developer guide, "Invocation record".
fn record(cloud: &Cloud, function: &Function, request: &Request, delivery: &Delivery) -> Value {
    let json_of = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap_or(Value::Null);
    let mut record = json!({
        "version": "1.0",
        "timestamp": cloud.clock.now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        "requestContext": {
            "requestId": request.request_id,
            "functionArn": format!("{}:{}", function.arn(cloud), delivery.version),
            "condition": delivery.condition,
            "approximateInvokeCount": delivery.attempts,
        },
        "requestPayload": json_of(&request.payload),
    });
    if let Some(invocation) = &delivery.invocation {
        record["responseContext"] = json!({"statusCode": 200, "executedVersion": delivery.version});
        record["responsePayload"] = match &invocation.result {
            Ok(payload) => json_of(payload),
            Err(failure) => {
                record["responseContext"]["functionError"] = json!("Unhandled");
                json_of(&failure.document)
            }
        };
    }
    record
}
