//! What is running, and what went wrong: endpoints and names, invocations, executions, logs.

mod cloud;
mod drift;
mod endpoint;
mod execution;
mod log;
mod metrics;
mod overview;
mod stage;
mod stale;

pub use cloud::{
    Answer, CallManner, Execution, Functions, HistoryEvent, HistoryPage, Invocation, LogLine, LogPage, Logs, Machine,
    Machines,
};
pub use drift::{Detection, Drift, Drifted, DriftedProperty, Drifts, drift};
pub use endpoint::{Endpoint, Protocol, endpoints};
pub use execution::{Fault, Finished, Started, fault, follow, start};
pub use log::{Shown, group_of, lines_between, shown};
pub use metrics::{Metrics, Monitoring, metrics_of_log};
pub use overview::{Address, Named, Overview, overview, overview_of};
pub use stage::{ApiStage, Apis, stage_names, stages};
pub use stale::{StaleStage, refresh, stale_stages};
