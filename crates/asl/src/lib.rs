//! The Amazon States Language: parse, check and run state machines.
//!
//! Pure: no I/O, no clock, no async, no panic on any input. An [`Execution`] asks for what it needs with [`Effect`]s and
//! is told what came of them with [`Reply`]s; the time is an argument.
//!
//! - [`Machine::parse`] reads a definition, [`validate`] says everything that is wrong or doubtful with it, each
//!   [`Problem`] with its place.
//! - [`Execution::start`] begins; every [`Execution::resume`] answers one effect and gives the next [`Turn`].
//! - [`Execution::history`] tells what happened, event by event, in Step Functions' own shape
//!   ([`HistoryEvent::to_wire`]).
//! - [`Execution::replay`] brings an execution back from a journal of its replies; [`Execution::redrive`] lets one that
//!   failed go on from there.
//! - [`StateTest`] runs one state on its own.
//!
//! ```
//! use asl::{Effect, Execution, Launch, Machine, Outcome, Reply, Timestamp};
//! use serde_json::json;
//!
//! let machine = Machine::parse(r#"{
//!     "StartAt": "Greet",
//!     "States": {
//!         "Greet": {
//!             "Type": "Task",
//!             "Resource": "arn:aws:lambda:us-east-1:123456789012:function:greet",
//!             "ResultPath": "$.greeting",
//!             "End": true
//!         }
//!     }
//! }"#).unwrap();
//! let launch = Launch::new(r#"{"name": "Ada"}"#).unwrap();
//! let (mut execution, turn) = Execution::start(&machine, launch, Timestamp(0));
//! let Effect::Invoke(invoke) = &turn.effects[0] else { panic!("a Task calls its resource") };
//! assert_eq!(invoke.payload, json!({"name": "Ada"}));
//!
//! let turn = execution.resume(invoke.id, Reply::Succeeded(json!("hello")), Timestamp(20));
//! assert_eq!(turn.outcome, Some(Outcome::Succeeded(json!({"name": "Ada", "greeting": "hello"}))));
//! assert_eq!(execution.history().last().unwrap().kind(), "ExecutionSucceeded");
//! ```
//!
//! A driver keeps the open effects by their ids, and forgets one when the execution cancels it. This one answers calls at
//! once and lets the time jump to the next clock:
//!
//! ```
//! use asl::{Effect, EffectId, Execution, Launch, Machine, Reply, Timestamp};
//! use serde_json::json;
//! use std::collections::BTreeMap;
//!
//! let machine = Machine::parse(r#"{"StartAt": "Each", "States": {"Each": {"Type": "Map", "End": true, "ItemProcessor": {
//!     "StartAt": "Rest", "States": {
//!         "Rest": {"Type": "Wait", "Seconds": 30, "Next": "Double"},
//!         "Double": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:double", "End": true}
//!     }}}}}"#).unwrap();
//! let mut now = Timestamp(0);
//! let (mut execution, mut turn) = Execution::start(&machine, Launch::new("[1, 2, 3]").unwrap(), now);
//! let mut open: BTreeMap<EffectId, Effect> = BTreeMap::new();
//! while execution.outcome().is_none() {
//!     for effect in turn.effects {
//!         match &effect {
//!             Effect::Cancel { id } => _ = open.remove(id),
//!             Effect::Invoke(call) => _ = open.insert(call.id, effect),
//!             Effect::WakeAt { id, .. } => _ = open.insert(*id, effect),
//!             other => panic!("this machine reads and writes nothing: {other:?}"),
//!         }
//!     }
//!     let (id, effect) = open.pop_first().expect("an execution that goes on waits for something");
//!     let reply = match effect {
//!         Effect::WakeAt { time, .. } => {
//!             now = now.max(time);
//!             Reply::Woke
//!         }
//!         Effect::Invoke(call) => Reply::Succeeded(json!(call.payload.as_i64().unwrap() * 2)),
//!         other => panic!("{other:?}"),
//!     };
//!     turn = execution.resume(id, reply, now);
//! }
//! assert_eq!(turn.outcome.unwrap(), asl::Outcome::Succeeded(json!([2, 4, 6])));
//! assert_eq!(now, Timestamp(30_000));
//! ```

mod data;
pub mod effect;
pub mod execution;
pub mod inspect;
mod intrinsic;
mod jsonata;
mod limits;
pub mod machine;
mod parse;
pub mod problem;
mod raise;
pub mod resource;
mod scope;
mod state;
pub mod vocabulary;

pub use effect::{Effect, EffectId, Failure, Invoke, Outcome, ReadItems, Reply, Timestamp, Turn, WriteResults};
pub use execution::history::{Event, HistoryEvent};
pub use execution::map_run::{Child, MapRun, MapRunStatus, MapRunUpdate};
pub use execution::{Execution, Launch};
pub use inspect::{StateTest, Tested};
pub use machine::{Kind, Machine, StateKind};
pub use problem::{Problem, Severity, fault_message};
pub use resource::{Pattern, Resource};

/// Everything that the static checks say about a definition, errors and warnings.
pub fn validate(definition: &str, kind: Kind) -> Vec<Problem> {
    match Machine::parse_as(definition, kind) {
        Ok(machine) => machine.warnings().to_vec(),
        Err(problems) => problems,
    }
}
