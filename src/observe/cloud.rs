//! What observing asks of the cloud.

use jiff::Timestamp;
use serde_json::Value;

use crate::aws::AwsError;

/// A function to be invoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// Name or ARN.
    pub function: String,
    pub payload: Vec<u8>,
    /// Version or alias.
    pub qualifier: Option<String>,
    pub manner: CallManner,
    /// What the caller says about itself, as JSON: the function's `clientContext`.
    pub client_context: Option<String>,
}

/// What is done with a function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CallManner {
    /// Call it and wait for the answer.
    #[default]
    Wait,
    /// Call it and do not wait.
    Async,
    /// Only ask whether it could be called.
    Dry,
}

/// What a function answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    pub payload: Vec<u8>,
    /// `Handled` or `Unhandled` when the function failed; the payload is then the error.
    pub error: Option<String>,
    /// The last lines of its log, at most 4 KiB.
    pub log_tail: Option<String>,
}

/// Functions that run.
pub trait Functions {
    /// Invokes a function, once: a second attempt could do its work twice.
    fn invoke(&self, invocation: &Invocation) -> impl Future<Output = Result<Answer, AwsError>> + Send;
}

/// A state machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    pub arn: String,
    pub name: String,
    /// It answers at once and keeps no history.
    pub express: bool,
    /// The definition, as JSON text.
    pub definition: String,
}

/// How an execution stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Execution {
    pub arn: String,
    pub name: String,
    /// `RUNNING`, `SUCCEEDED`, `FAILED`, `TIMED_OUT`, `ABORTED`, `PENDING_REDRIVE`.
    pub status: String,
    pub input: Option<String>,
    /// JSON text.
    pub output: Option<String>,
    pub error: Option<String>,
    pub cause: Option<String>,
    pub started: Timestamp,
    pub stopped: Option<Timestamp>,
}

/// One event of an execution, with of its details what tells who did what.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HistoryEvent {
    pub id: i64,
    /// 0 when there is none.
    pub previous_id: i64,
    /// `TaskStateEntered`, `LambdaFunctionFailed`, …
    pub kind: String,
    pub at: Timestamp,
    /// The state that was entered or left.
    pub state: Option<String>,
    /// What was called: a function's ARN, or a resource such as `invoke`.
    pub resource: Option<String>,
    /// What a scheduled task was called with, as JSON text.
    pub parameters: Option<String>,
    pub error: Option<String>,
    pub cause: Option<String>,
}

/// One page of a history, the oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HistoryPage {
    pub events: Vec<HistoryEvent>,
    pub next: Option<String>,
}

/// State machines and their executions.
pub trait Machines {
    /// A state machine.
    fn machine(&self, arn: &str) -> impl Future<Output = Result<Machine, AwsError>> + Send;

    /// Starts an execution; answers its ARN.
    fn start(&self, machine: &str, input: &Value) -> impl Future<Output = Result<String, AwsError>> + Send;

    /// Runs an express machine and waits for it.
    fn start_sync(&self, machine: &str, input: &Value) -> impl Future<Output = Result<Execution, AwsError>> + Send;

    /// How an execution stands.
    fn execution(&self, arn: &str) -> impl Future<Output = Result<Execution, AwsError>> + Send;

    /// One page of the history of an execution.
    fn history(&self, arn: &str, page: Option<&str>) -> impl Future<Output = Result<HistoryPage, AwsError>> + Send;
}

/// One line of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    pub id: String,
    pub at: Timestamp,
    pub message: String,
}

/// One page of log lines, the oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogPage {
    pub lines: Vec<LogLine>,
    pub next: Option<String>,
}

/// Log groups.
pub trait Logs {
    /// One page of the lines of a group from `from` on. None when there is no such group.
    fn log(
        &self,
        group: &str,
        from: Timestamp,
        filter: Option<&str>,
        page: Option<&str>,
    ) -> impl Future<Output = Result<Option<LogPage>, AwsError>> + Send;
}
