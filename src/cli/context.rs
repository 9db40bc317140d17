//! What a command runs with: the options of every command, the report, a runtime when it needs one.

use std::future::Future;

use super::Global;
use crate::failure::MachineFailure;
use crate::report::Report;

/// What a command runs with.
pub struct Context {
    pub global: Global,
    pub report: Report,
}

impl Context {
    /// A context that writes as the options ask.
    pub fn new(global: Global) -> Context {
        let report = Report::new(global.json, global.verbose);
        Context { global, report }
    }

    /// Runs a future to its end on a runtime that is started for it.
    ///
    /// # Errors
    /// [`MachineFailure`] when this machine gives no threads; else what the future ends with.
    pub fn block_on<T, E: From<MachineFailure>>(&self, future: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.map_err(MachineFailure::while_doing("cannot start the asynchronous runtime"))?;
        runtime.block_on(future)
    }
}
