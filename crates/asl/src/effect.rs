//! What an execution asks of the world, and what the world answers.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Milliseconds since 1970, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp(pub i64);

/// Names one effect within its execution; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EffectId(pub u64);

/// An error name and its cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub error: String,
    pub cause: Option<String>,
}

/// Something that an execution asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Call the resource with the payload and answer with its result. `deadline` is when the state's own timeout ends
    /// the wait, whatever the resource does.
    Invoke { id: EffectId, resource: String, payload: Value, deadline: Option<Timestamp> },
    /// Answer [`Reply::Woke`] at `time` or later.
    WakeAt { id: EffectId, time: Timestamp },
    /// The answer to `id` is no longer wanted.
    Cancel { id: EffectId },
}

/// The answer to an effect.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    Output(Value),
    Failed(Failure),
    Woke,
}

/// What an execution wants after a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Turn {
    /// It waits for these, and for those it asked for before.
    Waiting(Vec<Effect>),
    Done(Result<Value, Failure>),
}
