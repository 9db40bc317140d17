//! The Amazon States Language: parse, check and run state machines.
//!
//! Pure: no I/O, no clock, no async, no panic on any input. An [`Execution`] asks for what it needs with [`Effect`]s and
//! is told what came of them with [`Reply`]s; the time is an argument.

pub mod effect;

pub use effect::{Effect, EffectId, Failure, Reply, Timestamp, Turn};
