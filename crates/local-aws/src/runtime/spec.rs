//! What a sandbox is started with, what it is asked, and what it answers.

use std::collections::BTreeMap;
use std::path::PathBuf;

use bytes::Bytes;

use super::FunctionFailure;

/// One version of one function, ready to be started.
#[derive(Clone, Debug)]
pub struct Spec {
    pub account: String,
    pub region: String,
    pub name: String,
    /// `$LATEST` or a version number.
    pub version: String,
    /// The ARN without a qualifier.
    pub function_arn: String,
    /// Changes with every change of code or configuration; warm processes of another revision are not used.
    pub revision: String,
    /// The runtime identifier: `provided.al2023`, `python3.13`, …
    pub runtime: String,
    pub handler: String,
    pub timeout_s: u64,
    pub memory_mb: u64,
    /// The function's own variables.
    pub environment: BTreeMap<String, String>,
    /// The unpacked code: `LAMBDA_TASK_ROOT`.
    pub task_root: PathBuf,
    /// The unpacked layers, if there are any: what `/opt` is on AWS.
    pub opt: Option<PathBuf>,
    /// Where bootstraps and scratch directories of processes are.
    pub work_dir: PathBuf,
    pub log_group: String,
    /// `Text` or `JSON`.
    pub log_format: String,
    /// The endpoint of this local AWS, given to the function as `AWS_ENDPOINT_URL`.
    pub endpoint: String,
    pub access_key_id: String,
    pub secret_access_key: String,
}

/// One event for a function.
#[derive(Clone, Debug)]
pub struct Request {
    pub request_id: String,
    pub payload: Bytes,
    /// The ARN the caller used, with its qualifier.
    pub invoked_arn: String,
    /// The client context as JSON text, decoded from the header.
    pub client_context: Option<String>,
    /// The trace header: `Root=…;Parent=…;Sampled=…`.
    pub trace: String,
}

/// What became of one event.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The function's result, or why there is none.
    pub result: Result<Bytes, FunctionFailure>,
    /// The log lines of this invocation, each with its line end.
    pub log: String,
}
