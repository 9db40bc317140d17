//! Lambda and Step Functions, as changing them directly sees them.

use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{Environment, EphemeralStorage, LastUpdateStatus, Runtime, TracingConfig, TracingMode};
use serde_json::{Map, Value};

use super::Clients;
use super::clients::{LONG_TIMEOUT, timeouts};
use super::error::{AwsError, from_sdk};
use crate::apply::{Liveness, SentCode, Swapping};

/// Lambda's own defaults, for properties that are taken away.
///
/// Source: Lambda API Reference, `CreateFunction`.
const DEFAULT_MEMORY_MB: i32 = 128;
const DEFAULT_TIMEOUT_S: i32 = 3;
const DEFAULT_STORAGE_MB: i32 = 512;

impl Swapping for Clients {
    async fn update_code(&self, function: &str, code: &SentCode) -> Result<Liveness, AwsError> {
        let call = self.lambda.update_function_code().function_name(function);
        let call = match code {
            SentCode::Zip(bytes) => call.zip_file(Blob::new(bytes.clone())),
            SentCode::Stored { bucket, key } => call.s3_bucket(bucket).s3_key(key),
        };
        let long = aws_sdk_lambda::config::Builder::new()
            .retry_config(RetryConfig::standard().with_max_attempts(3))
            .timeout_config(timeouts(LONG_TIMEOUT));
        let answer = call.customize().config_override(long).send().await.map_err(from_sdk("UpdateFunctionCode"))?;
        Ok(liveness(answer.last_update_status, answer.last_update_status_reason))
    }

    async fn update_configuration(
        &self,
        function: &str,
        configuration: &Map<String, Value>,
    ) -> Result<Liveness, AwsError> {
        let mut call = self.lambda.update_function_configuration().function_name(function);
        for (name, value) in configuration {
            call = match name.as_str() {
                "Description" => call.description(text(value)),
                "Handler" => call.handler(text(value)),
                "Runtime" => call.runtime(Runtime::from(text(value).as_str())),
                "MemorySize" => call.memory_size(number(value).unwrap_or(DEFAULT_MEMORY_MB)),
                "Timeout" => call.timeout(number(value).unwrap_or(DEFAULT_TIMEOUT_S)),
                "Environment" => call.environment(environment(value)),
                "EphemeralStorage" => call.ephemeral_storage(storage(value)?),
                "Layers" => call.set_layers(Some(list(value))),
                "TracingConfig" => call.tracing_config(tracing(value)),
                other => {
                    let message = format!("{other} cannot be set directly");
                    return Err(AwsError::garbled("UpdateFunctionConfiguration", message));
                }
            };
        }
        let answer = call.send().await.map_err(from_sdk("UpdateFunctionConfiguration"))?;
        Ok(liveness(answer.last_update_status, answer.last_update_status_reason))
    }

    async fn liveness(&self, function: &str) -> Result<Liveness, AwsError> {
        let answer = self.lambda.get_function_configuration().function_name(function).send().await;
        let answer = answer.map_err(from_sdk("GetFunctionConfiguration"))?;
        Ok(liveness(answer.last_update_status, answer.last_update_status_reason))
    }

    async fn update_machine(&self, arn: &str, definition: &str) -> Result<(), AwsError> {
        let call = self.sfn.update_state_machine().state_machine_arn(arn).definition(definition);
        call.send().await.map(|_| ()).map_err(from_sdk("UpdateStateMachine"))
    }
}

/// Source: Lambda API Reference, `LastUpdateStatus` of `FunctionConfiguration`.
fn liveness(status: Option<LastUpdateStatus>, reason: Option<String>) -> Liveness {
    match status {
        Some(LastUpdateStatus::InProgress) => Liveness::Changing,
        Some(LastUpdateStatus::Failed) => {
            Liveness::Failed(reason.unwrap_or_else(|| "Lambda gives no reason".to_owned()))
        }
        _ => Liveness::Live,
    }
}

/// A scalar as text; nothing is the empty text, which takes a description away.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| if value.is_null() { String::new() } else { value.to_string() }, str::to_owned)
}

fn number(value: &Value) -> Option<i32> {
    let number = value.as_i64().or_else(|| value.as_str()?.parse().ok())?;
    i32::try_from(number).ok()
}

fn environment(value: &Value) -> Environment {
    let variables = value.get("Variables").and_then(Value::as_object).into_iter().flatten();
    let variables = variables.map(|(name, value)| (name.clone(), text(value)));
    Environment::builder().set_variables(Some(variables.collect())).build()
}

fn storage(value: &Value) -> Result<EphemeralStorage, AwsError> {
    let size = value.get("Size").and_then(number).unwrap_or(DEFAULT_STORAGE_MB);
    let built = EphemeralStorage::builder().size(size).build();
    built.map_err(|error| AwsError::garbled("UpdateFunctionConfiguration", error.to_string()))
}

fn list(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(text).collect()
}

fn tracing(value: &Value) -> TracingConfig {
    let mode = value.get("Mode").and_then(Value::as_str).unwrap_or("PassThrough");
    TracingConfig::builder().mode(TracingMode::from(mode)).build()
}
