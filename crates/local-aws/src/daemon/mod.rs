//! Start, find and stop the local AWS of a project.
//!
//! Everything is under one state folder (mode 0700): the credentials (0600), the port, the lock of the running process,
//! its log, and what the services store. A running local AWS is found by asking its port for a proof that it knows the
//! project's secret, so a stale file or a foreign server on the port is never mistaken for it.

mod build;
mod credentials;
mod embedded;
mod error;
mod launch;
mod probe;
mod running;
mod serve;
mod state_dir;
mod stop;

pub use build::{build_of, own_build};
pub use credentials::Credentials;
pub use embedded::LocalAws;
pub use error::DaemonError;
pub use launch::ensure;
pub use probe::find;
pub use running::Running;
pub use serve::{Options, serve};
pub use stop::stop;
