//! Lambda over host processes.
//!
//! A function version runs as a child process that speaks the Lambda Runtime API with a listener of its own. [`Runtime`]
//! keeps warm [`sandbox::Sandbox`]es by version; [`archive`] unpacks code once a digest; [`launch`] knows what each
//! runtime identifier executes.

pub mod api;
pub mod archive;
pub mod environment;
pub mod failure;
pub mod launch;
pub mod lifeline;
pub mod log;
pub mod memory;
pub mod pool;
pub mod process;
pub mod sandbox;
pub mod spec;

pub use failure::FunctionFailure;
pub use pool::Runtime;
pub use spec::{Invocation, Request, Spec};
