//! A small AWS on this machine, on the real wire protocols.
//!
//! `wire` turns bytes into a [`wire::Call`] and back; a service is a table of operations over its own state in
//! [`Cloud`]; services, CloudFormation providers, the gateway and executions reach each other only through
//! [`Cloud::invoke`], that is through AWS's own API shapes.

pub mod clock;
pub mod cloud;
pub mod daemon;
pub mod engine;
pub mod event_pattern;
pub mod executions;
pub mod gateway;
pub mod providers;
pub mod runtime;
pub mod services;
pub mod store;
pub mod wire;

pub use clock::Clock;
pub use cloud::{Cloud, Config, OpenError};
pub use store::Store;
