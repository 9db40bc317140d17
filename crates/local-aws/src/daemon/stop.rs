//! The end of a local AWS in the background.

use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::time::Instant;

use super::DaemonError;
use super::probe::find;
use super::state_dir::StateDir;

/// How long a process may take to end; then it is killed, which loses nothing that was written.
const PATIENCE: Duration = Duration::from_secs(10);
const AFTER_KILL: Duration = Duration::from_secs(5);

const POLL: Duration = Duration::from_millis(10);

/// Stops the local AWS that runs from `state_dir` and waits until it has ended; true if one ran.
///
/// # Errors
/// [`DaemonError::Signal`] when the process belongs to someone else, [`DaemonError::Slow`] when it does not end.
pub async fn stop(state_dir: &Path) -> Result<bool, DaemonError> {
    let folder = StateDir::at(state_dir);
    // The holder of the lock is the process even when it does not answer any more.
    let pid = match find(state_dir).await {
        Some(running) => running.pid,
        None => match folder.holder() {
            Some(pid) => pid,
            None => return Ok(false),
        },
    };
    stop_process(state_dir, pid).await?;
    Ok(true)
}

/// Stops that process, and no other that may have the folder by now.
///
/// # Errors
/// Those of [`stop`].
pub async fn stop_process(state_dir: &Path, pid: u32) -> Result<(), DaemonError> {
    let folder = StateDir::at(state_dir);
    signal(pid, Signal::TERM)?;
    if ended(&folder, pid, PATIENCE).await {
        return Ok(());
    }
    signal(pid, Signal::KILL)?;
    if ended(&folder, pid, AFTER_KILL).await {
        return Ok(());
    }
    Err(DaemonError::Slow { what: "end", seconds: (PATIENCE + AFTER_KILL).as_secs(), log: folder.log_file() })
}

async fn ended(folder: &StateDir, pid: u32, patience: Duration) -> bool {
    let deadline = Instant::now() + patience;
    while Instant::now() < deadline {
        if folder.holder() != Some(pid) {
            return true;
        }
        tokio::time::sleep(POLL).await;
    }
    false
}

fn signal(pid: u32, signal: Signal) -> Result<(), DaemonError> {
    let Some(target) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return Ok(()) };
    match kill_process(target, signal) {
        Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
        Err(error) => Err(DaemonError::Signal { pid, source: error.into() }),
    }
}
