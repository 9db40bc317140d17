//! What can go wrong around the process.

use std::path::PathBuf;

use crate::OpenError;
use crate::store::StoreError;
use crate::wire::ServerError;

/// Why the local AWS could not be started, found or stopped.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// The state folder or a file in it cannot be made, read or written.
    #[error("the state folder of the local AWS cannot be used: {}: {source}", path.display())]
    StateDir { path: PathBuf, source: std::io::Error },
    /// The credentials or port file holds something else.
    #[error("{} is damaged: {message}; remove it and start the local AWS again", path.display())]
    Damaged { path: PathBuf, message: String },
    /// Another process serves from this state folder.
    #[error("another local AWS already runs from {}{}", path.display(), of_process(*pid))]
    AlreadyRunning { path: PathBuf, pid: Option<u32> },
    /// The project's port belongs to another program.
    #[error(
        "port {port} of 127.0.0.1, where this project's local AWS answers, is taken by another program; stop that \
         program, or remove {} to get another port", port_file.display()
    )]
    PortTaken { port: u16, port_file: PathBuf },
    /// The socket cannot be opened for another reason.
    #[error(transparent)]
    Listen(ServerError),
    /// The stored state cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The program could not be started.
    #[error("the local AWS could not be started with {}: {source}", program.display())]
    Spawn { program: PathBuf, source: std::io::Error },
    /// The process was started but ended before it answered.
    #[error("the local AWS ended before it answered ({status}); the end of {}:\n{tail}", log.display())]
    Died { status: String, log: PathBuf, tail: String },
    /// The process runs but does not answer or end in time.
    #[error("the local AWS did not {what} within {seconds} s; see {}", log.display())]
    Slow { what: &'static str, seconds: u64, log: PathBuf },
    /// The process may not be signalled.
    #[error("the local AWS (process {pid}) cannot be stopped: {source}")]
    Signal { pid: u32, source: std::io::Error },
}

fn of_process(pid: Option<u32>) -> String {
    pid.map(|pid| format!(" (process {pid})")).unwrap_or_default()
}

impl From<StoreError> for DaemonError {
    fn from(error: StoreError) -> DaemonError {
        DaemonError::Open(OpenError::Store(error))
    }
}
