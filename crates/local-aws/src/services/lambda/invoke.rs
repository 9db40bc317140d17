//! Invoke: synchronous, asynchronous and dry run.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

use super::account::CONCURRENCY;
use super::function::Function;
use super::input::{self, LambdaFault, constraint, only};
use super::name::FunctionName;
use super::{asynchronous, code};
use crate::Cloud;
use crate::runtime::pool::{Concurrency, Throttled};
use crate::runtime::{Invocation, Request, Spec};
use crate::wire::{Call, Fault, Output};

/// Source: Lambda quotas, "Invocation payload (request and response)", 6 MB each (synchronous).
const PAYLOAD_LIMIT_BYTES: usize = 6_291_456;
/// Source: Lambda quotas, "Invocation payload", 256 KB (asynchronous).
const EVENT_LIMIT_BYTES: usize = 262_144;
/// How much of an invocation's log travels with its answer.
/// Source: API reference, Invoke, `LogType`: "the last 4 KB of the execution log".
const TAIL_BYTES: usize = 4096;

/// Invoke.
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    only(&call, &["FunctionName", "Qualifier", "InvocationType", "LogType", "ClientContext", "Payload"])?;
    let name = FunctionName::of(&cloud, &call)?;
    let kind = input::text(&call.input, "InvocationType")?.unwrap_or("RequestResponse");
    let payload = payload(&call)?;
    match kind {
        "RequestResponse" => synchronous(&cloud, &call, &name, payload).await,
        "Event" => {
            check_size(&payload, EVENT_LIMIT_BYTES)?;
            target(&cloud, &name)?;
            let request_id = asynchronous::enqueue(&cloud, name, payload, client_context(&call)?);
            Ok(answer(202, Bytes::new(), &request_id))
        }
        "DryRun" => {
            target(&cloud, &name)?;
            Ok(answer(204, Bytes::new(), &uuid::Uuid::new_v4().to_string()))
        }
        other => {
            let rule = "Member must satisfy enum value set: [Event, RequestResponse, DryRun]";
            Err(constraint(other, "invocationType", rule))
        }
    }
}

async fn synchronous(cloud: &Arc<Cloud>, call: &Call, name: &FunctionName, payload: Bytes) -> Result<Output, Fault> {
    check_size(&payload, PAYLOAD_LIMIT_BYTES)?;
    let request = request(cloud, name, payload, client_context(call)?);
    let (version, invocation) = once(cloud, name, &request).await?;
    let (payload, failed) = match invocation.result {
        Ok(payload) => (payload, false),
        Err(failure) => (failure.document, true),
    };
    let mut output = answer(200, payload, &request.request_id);
    output.headers.push(("X-Amz-Executed-Version".to_owned(), version));
    output.headers.push(("X-Amzn-Trace-Id".to_owned(), request.trace.clone()));
    if failed {
        output.headers.push(("X-Amz-Function-Error".to_owned(), "Unhandled".to_owned()));
    }
    if input::text(&call.input, "LogType")? == Some("Tail") {
        output.headers.push(("X-Amz-Log-Result".to_owned(), STANDARD.encode(tail(&invocation.log))));
    }
    Ok(output)
}

fn answer(status: u16, payload: Bytes, request_id: &str) -> Output {
    let headers = vec![("x-amzn-RequestId".to_owned(), request_id.to_owned())];
    Output { status, body: json!({}), headers, payload: Some(payload) }
}

/// Runs one request once, in the version that the name means, and says which that was.
///
/// # Errors
/// When there is no such function or it is throttled.
pub async fn once(cloud: &Arc<Cloud>, name: &FunctionName, request: &Request) -> Result<(String, Invocation), Fault> {
    let function = target(cloud, name)?;
    let spec = Arc::new(spec(cloud, &function, name).await?);
    let version = spec.version.clone();
    let limits = Concurrency {
        reserved: function.reserved_concurrency.map(|reserved| usize::try_from(reserved).unwrap_or(usize::MAX)),
        account: usize::try_from(CONCURRENCY).unwrap_or(usize::MAX),
    };
    match cloud.lambda.runtime.invoke(cloud, &spec, request, limits).await {
        Ok(invocation) => Ok((version, invocation)),
        Err(throttled) => Err(too_many(throttled)),
    }
}

/// A request for the function with a fresh id and trace.
pub fn request(cloud: &Cloud, name: &FunctionName, payload: Bytes, client_context: Option<String>) -> Request {
    let seconds = cloud.clock.now().as_second();
    let root = uuid::Uuid::new_v4().simple().to_string();
    let parent = uuid::Uuid::new_v4().simple().to_string();
    Request {
        request_id: uuid::Uuid::new_v4().to_string(),
        payload,
        invoked_arn: name.qualified_arn(cloud),
        client_context,
        trace: format!("Root=1-{seconds:08x}-{};Parent={};Sampled=0", &root[..24], &parent[..16]),
    }
}

/// The function, if it has the version or alias that the name asks for.
pub fn target(cloud: &Cloud, name: &FunctionName) -> Result<Function, Fault> {
    let function = Function::load(cloud, name)?;
    match function.version(name.qualifier.as_deref(), 1.0) {
        Some(_) => Ok(function),
        None => Err(name.not_found(cloud)),
    }
}

async fn spec(cloud: &Arc<Cloud>, function: &Function, name: &FunctionName) -> Result<Spec, Fault> {
    let (number, version) =
        function.version(name.qualifier.as_deref(), fastrand::f64()).ok_or_else(|| name.not_found(cloud))?;
    let settings = &version.settings;
    Ok(Spec {
        account: cloud.config.account.clone(),
        region: function.region.clone(),
        name: function.name.clone(),
        version: number,
        function_arn: function.arn(cloud),
        revision: version.revision_id.clone(),
        runtime: settings.runtime.clone(),
        handler: settings.handler.clone(),
        timeout_s: settings.timeout_s,
        memory_mb: settings.memory_mb,
        environment: settings.environment.clone(),
        task_root: code::directory(cloud, &version.code.digest),
        opt: code::layers_directory(cloud, settings).await?,
        work_dir: cloud.config.state_dir.join("lambda/work"),
        log_group: function.log_group(settings),
        log_format: settings.log_format.clone(),
        endpoint: cloud.config.endpoint.clone(),
        access_key_id: cloud.config.access_key_id.clone(),
        secret_access_key: cloud.config.secret_access_key.clone(),
    })
}

/// The event: the raw body, or the `Payload` member of calls from inside; nothing at all is an empty object.
fn payload(call: &Call) -> Result<Bytes, Fault> {
    let bytes = match &call.input["Payload"] {
        Value::String(text) if call.payload.is_empty() => Bytes::from(text.clone()),
        _ => call.payload.clone(),
    };
    if bytes.is_empty() {
        return Ok(Bytes::from_static(b"{}"));
    }
    if let Err(error) = serde_json::from_slice::<serde::de::IgnoredAny>(&bytes) {
        let message = format!("Could not parse request body into json: {error}");
        return Err(Fault::sender("InvalidRequestContentException", message).typed("User"));
    }
    Ok(bytes)
}

fn check_size(payload: &Bytes, limit: usize) -> Result<(), Fault> {
    if payload.len() <= limit {
        return Ok(());
    }
    let message = format!("Request must be smaller than {limit} bytes for the InvokeFunction operation");
    Err(Fault::sender("RequestTooLargeException", message).with_status(413).typed("User"))
}

fn client_context(call: &Call) -> Result<Option<String>, Fault> {
    let Some(encoded) = input::text(&call.input, "ClientContext")? else { return Ok(None) };
    let refused = || {
        let message = "Client context must be a valid Base64-encoded JSON object.";
        Fault::sender("InvalidRequestContentException", message).typed("User")
    };
    let bytes = STANDARD.decode(encoded).map_err(|_| refused())?;
    let value: Value = serde_json::from_slice(&bytes).map_err(|_| refused())?;
    Ok(Some(value.to_string()))
}

fn too_many(throttled: Throttled) -> Fault {
    let reason = match throttled {
        Throttled::Reserved => "ReservedFunctionConcurrentInvocationLimitExceeded",
        Throttled::Account => "ConcurrentInvocationLimitExceeded",
    };
    let mut fault = Fault::sender("TooManyRequestsException", "Rate Exceeded.").with_status(429).typed("User");
    fault.members.insert("Reason".to_owned(), json!(reason));
    fault
}

fn tail(log: &str) -> &[u8] {
    let bytes = log.as_bytes();
    &bytes[bytes.len().saturating_sub(TAIL_BYTES)..]
}
