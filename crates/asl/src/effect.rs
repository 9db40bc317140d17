//! What an execution asks of the world, and what the world answers.

use crate::resource::Resource;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Milliseconds since 1970, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// This time and `seconds` more; the far future where that does not fit.
    pub fn plus_seconds(self, seconds: f64) -> Timestamp {
        Timestamp(self.0.saturating_add((seconds.max(0.0) * 1000.0) as i64))
    }

    /// `2016-03-14T01:59:00.123Z`, as in the context object.
    pub fn rfc3339(self) -> String {
        let time = jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
    }
}

/// Names one effect within its execution; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EffectId(pub u64);

/// An error name and its cause. A Fail state may give neither.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}

impl Failure {
    pub fn new(error: impl Into<String>, cause: impl Into<String>) -> Failure {
        Failure { error: Some(error.into()), cause: Some(cause.into()) }
    }
}

/// A call that a Task state makes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Invoke {
    pub id: EffectId,
    /// The Task state's name.
    pub state: String,
    pub resource: Resource,
    /// `Parameters` or `Arguments` evaluated, or the effective input.
    pub payload: Value,
    /// `Credentials` evaluated.
    pub credentials: Option<Value>,
    /// Given for activities and `.waitForTaskToken`: what SendTaskSuccess, SendTaskFailure and SendTaskHeartbeat name.
    /// It is also the value of `$$.Task.Token` while the payload is made.
    pub task_token: Option<String>,
    /// What `TimeoutSeconds` says. The execution itself keeps the time (it asks for a [`Effect::WakeAt`] of its own, then
    /// [`Effect::Cancel`]s this); a driver needs the figure only to pass it on.
    pub timeout_s: Option<u64>,
    /// The same for `HeartbeatSeconds`.
    pub heartbeat_s: Option<u64>,
}

/// Items to be read for a distributed Map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReadItems {
    pub id: EffectId,
    pub state: String,
    pub resource: Resource,
    /// `Parameters` or `Arguments` of the ItemReader, evaluated: `Bucket`, `Key` or `Prefix`.
    pub parameters: Value,
    /// `ReaderConfig` evaluated: `InputType`, `CSVHeaderLocation`, `CSVHeaders`, `CSVDelimiter`, `ItemsPointer`,
    /// `Transformation`; `MaxItems` is applied by the execution.
    pub config: Value,
}

/// Results of a distributed Map to be written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WriteResults {
    pub id: EffectId,
    pub state: String,
    /// `None` when only `WriterConfig` is given.
    pub resource: Option<Resource>,
    /// `Bucket` and `Prefix`.
    pub parameters: Value,
    pub config: Value,
    pub map_run_arn: String,
    /// One record a child: `ExecutionArn`, `Input`, `Name`, `Output` or `Error`/`Cause`, `Status`, `StartDate`, `StopDate`, ….
    pub succeeded: Vec<Value>,
    pub failed: Vec<Value>,
    /// Those that were never started, because too many others failed.
    pub pending: Vec<Value>,
}

/// Something that an execution asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Effect {
    /// Call a resource. Answers: any of [`Reply::Started`], [`Reply::Submitted`], [`Reply::Heartbeat`], then one of the
    /// closing ones.
    Invoke(Invoke),
    /// Answer [`Reply::Woke`] at `time` or later.
    WakeAt { id: EffectId, time: Timestamp },
    /// Read items; answer [`Reply::Items`] or [`Reply::Failed`].
    ReadItems(ReadItems),
    /// Write results; answer [`Reply::Succeeded`] with the object that becomes the Map's result, or [`Reply::Failed`].
    WriteResults(WriteResults),
    /// The answer to `id` is no longer wanted.
    Cancel { id: EffectId },
}

/// The answer to an effect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reply {
    /// The time of a [`Effect::WakeAt`] has come.
    Woke,
    /// The resource has begun to work (`LambdaFunctionStarted`, `TaskStarted`, `ActivityStarted`). `worker` names an
    /// activity's worker. Optional: a closing answer without it adds the event itself where AWS always has one.
    Started {
        worker: Option<String>,
    },
    /// `.sync` and `.waitForTaskToken`: the request was taken; `output` is the service's answer (`TaskSubmitted`).
    Submitted {
        output: Value,
    },
    /// SendTaskHeartbeat: the heartbeat time starts again.
    Heartbeat,
    /// The result.
    Succeeded(Value),
    Failed(Failure),
    /// The resource itself reports a time-out (error `States.Timeout`).
    TimedOut(Failure),
    /// It could not be scheduled (`LambdaFunctionScheduleFailed`, `ActivityScheduleFailed`; a service's `TaskStartFailed`).
    ScheduleFailed(Failure),
    /// `LambdaFunctionStartFailed`, `TaskStartFailed`.
    StartFailed(Failure),
    /// `TaskSubmitFailed`.
    SubmitFailed(Failure),
    /// The items of a [`Effect::ReadItems`].
    Items(Vec<Value>),
}

impl Reply {
    /// Whether it is one of the answers that the effect may get.
    pub fn answers(&self, effect: &Effect) -> bool {
        match effect {
            Effect::WakeAt { .. } => matches!(self, Reply::Woke),
            Effect::Invoke(_) => !matches!(self, Reply::Woke | Reply::Items(_)),
            Effect::ReadItems(_) => matches!(self, Reply::Items(_) | Reply::Failed(_) | Reply::TimedOut(_)),
            Effect::WriteResults(_) => matches!(self, Reply::Succeeded(_) | Reply::Failed(_) | Reply::TimedOut(_)),
            Effect::Cancel { .. } => false,
        }
    }
}

/// How an execution ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    Succeeded(Value),
    Failed(Failure),
    TimedOut(Failure),
    Aborted(Failure),
}

impl Outcome {
    /// `SUCCEEDED`, `FAILED`, `TIMED_OUT`, `ABORTED`.
    pub fn status(&self) -> &'static str {
        match self {
            Outcome::Succeeded(_) => "SUCCEEDED",
            Outcome::Failed(_) => "FAILED",
            Outcome::TimedOut(_) => "TIMED_OUT",
            Outcome::Aborted(_) => "ABORTED",
        }
    }

    /// The failure, whichever way it failed.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Outcome::Succeeded(_) => None,
            Outcome::Failed(failure) | Outcome::TimedOut(failure) | Outcome::Aborted(failure) => Some(failure),
        }
    }
}

/// What an execution wants after a step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Turn {
    /// New wishes, in the order in which they arose; those asked for before stay open until answered or cancelled.
    pub effects: Vec<Effect>,
    /// Given once, by the turn that ends the execution.
    pub outcome: Option<Outcome>,
}
