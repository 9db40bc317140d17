//! What is running, and what went wrong: endpoints and names, invocations, executions, logs.

mod cloud;
mod endpoint;
mod execution;
mod log;
mod overview;
mod stage;

pub use cloud::{
    Answer, Execution, Functions, HistoryEvent, HistoryPage, Invocation, LogLine, LogPage, Logs, Machine, Machines,
};
pub use endpoint::{Endpoint, Protocol, endpoints};
pub use execution::{Fault, Finished, Started, fault, follow, start};
pub use log::{Shown, group_of, lines_between, shown};
pub use overview::{Address, Named, Overview, overview};
pub use stage::{ApiStage, Apis, stages};
