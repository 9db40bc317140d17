//! Lambda, as observing sees it.

use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{InvocationType, LogType};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Clients;
use super::clients::{LONG_TIMEOUT, timeouts};
use super::error::{AwsError, from_sdk};
use crate::observe::{Answer, CallManner, Functions, Invocation};

impl Functions for Clients {
    async fn invoke(&self, invocation: &Invocation) -> Result<Answer, AwsError> {
        let once = aws_sdk_lambda::config::Builder::new()
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts(LONG_TIMEOUT));
        let (kind, log) = match invocation.manner {
            CallManner::Wait => (InvocationType::RequestResponse, Some(LogType::Tail)),
            CallManner::Async => (InvocationType::Event, None),
            CallManner::Dry => (InvocationType::DryRun, None),
        };
        let client_context = invocation.client_context.as_ref().map(|context| STANDARD.encode(context));
        let call = self.lambda.invoke().function_name(&invocation.function).invocation_type(kind).set_log_type(log);
        let call = call.set_client_context(client_context);
        let call = call.set_qualifier(invocation.qualifier.clone()).payload(Blob::new(invocation.payload.clone()));
        let answer = call.customize().config_override(once).send().await.map_err(from_sdk("Invoke"))?;
        let log_tail = answer.log_result.and_then(|log| STANDARD.decode(log).ok());
        Ok(Answer {
            payload: answer.payload.map(Blob::into_inner).unwrap_or_default(),
            error: answer.function_error,
            log_tail: log_tail.map(|log| String::from_utf8_lossy(&log).into_owned()),
        })
    }
}
