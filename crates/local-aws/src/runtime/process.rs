//! A function's operating system process, its process group, and its output.

use std::io::PipeWriter;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, Command};

use super::log::{Drain, LogStream};

/// A running function. Dropping it kills the whole process group.
#[derive(Debug)]
pub struct Process {
    child: Child,
    group: Option<Pid>,
    /// Closed with this value; see [`super::lifeline`].
    _lifeline: PipeWriter,
    drain: Drain,
    scratch: tempfile::TempDir,
}

impl Process {
    /// Starts `command`, whose output goes to `log`.
    ///
    /// # Errors
    /// When the process or its pipe cannot be made.
    pub fn start(
        mut command: Command,
        lifeline: PipeWriter,
        scratch: tempfile::TempDir,
        log: &LogStream,
    ) -> std::io::Result<Process> {
        let (reader, writer) = std::io::pipe()?;
        command.stdout(writer.try_clone()?).stderr(writer);
        let child = command.spawn()?;
        // The command holds the pipe's writing ends; with them open the reader would never see the end.
        drop(command);
        let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        Ok(Process { child, group, _lifeline: lifeline, drain: Drain::start(reader, log.clone())?, scratch })
    }

    /// The process id while it runs.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// This process's own temporary directory.
    pub fn scratch(&self) -> &Path {
        self.scratch.path()
    }

    /// Waits until the process ends by itself.
    pub async fn exited(&mut self) -> std::io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// True while the process has not ended.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Returns when everything the function has written so far is in the log.
    pub async fn settle_output(&self) {
        self.drain.settle().await;
    }

    /// Kills the process group and waits for the process to be gone and its output read.
    pub async fn kill(&mut self) {
        self.kill_group();
        // Only an already reaped child fails here.
        let _ = self.child.wait().await;
        self.drain.settle().await;
    }

    fn kill_group(&self) {
        if let Some(group) = self.group {
            // A group that is gone already is what we want.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill_group();
    }
}

/// Lambda's words for how a process ended.
pub fn exit_words(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(0), _) => "Runtime exited without providing a reason".to_owned(),
        (Some(code), _) => format!("Runtime exited with error: exit status {code}"),
        (None, Some(signal)) => format!("Runtime exited with error: signal: {}", signal_words(signal)),
        (None, None) => "Runtime exited with error".to_owned(),
    }
}

/// A signal as Go's runtime prints it, which is what Lambda's messages carry.
fn signal_words(signal: i32) -> String {
    match signal {
        1 => "hangup".to_owned(),
        2 => "interrupt".to_owned(),
        4 => "illegal instruction".to_owned(),
        6 => "aborted".to_owned(),
        8 => "floating point exception".to_owned(),
        9 => "killed".to_owned(),
        11 => "segmentation fault".to_owned(),
        13 => "broken pipe".to_owned(),
        15 => "terminated".to_owned(),
        other => format!("signal {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_process_is_told_in_lambdas_words() {
        assert_eq!(exit_words(ExitStatus::from_raw(0)), "Runtime exited without providing a reason");
        assert_eq!(exit_words(ExitStatus::from_raw(3 << 8)), "Runtime exited with error: exit status 3");
        assert_eq!(exit_words(ExitStatus::from_raw(9)), "Runtime exited with error: signal: killed");
        assert_eq!(exit_words(ExitStatus::from_raw(11)), "Runtime exited with error: signal: segmentation fault");
    }
}
