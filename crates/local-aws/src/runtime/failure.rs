//! Why an invocation has no result, in the words Lambda sends to its caller.

use bytes::Bytes;
use serde_json::json;

/// An invocation that failed: its error document and whether the process can take another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionFailure {
    /// The error's type as REPORT names it: `Sandbox.Timedout`, `Runtime.ExitError`, or the function's own.
    pub kind: String,
    /// The JSON document that the caller receives as payload.
    pub document: Bytes,
}

impl FunctionFailure {
    /// A failure of the sandbox around the function.
    pub fn platform(kind: &str, request_id: &str, message: &str) -> FunctionFailure {
        FunctionFailure::plain(kind, &format!("RequestId: {request_id} Error: {message}"))
    }

    /// A failure whose message names no request.
    pub fn plain(kind: &str, message: &str) -> FunctionFailure {
        let document = json!({"errorType": kind, "errorMessage": message}).to_string();
        FunctionFailure { kind: kind.to_owned(), document: Bytes::from(document) }
    }

    /// The function ran longer than its timeout.
    ///
    /// Source: the payload that Lambda answers, `Task timed out after 6.00 seconds`.
    pub fn timed_out(request_id: &str, timeout_s: u64) -> FunctionFailure {
        FunctionFailure::platform("Sandbox.Timedout", request_id, &timeout_words(timeout_s))
    }
}

/// Lambda's sentence for a timeout, as payload and log line have it.
pub fn timeout_words(timeout_s: u64) -> String {
    format!("Task timed out after {timeout_s}.00 seconds")
}
