//! The Amazon States Language: parse, check and run state machines.
//!
//! Pure: no I/O, no clock, no async, no panic on any input. An [`Execution`] asks for what it needs with [`Effect`]s and
//! is told what came of them with [`Reply`]s; the time is an argument.
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
