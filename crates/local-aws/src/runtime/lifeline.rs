//! Ties a child's life to ours: when this process ends in any way, the child's whole process group is killed.
//!
//! A shell of a few lines starts the program and leaves a watcher in its process group. The watcher reads from a pipe
//! whose only writing end is held here; the kernel closes that end when we end, even by SIGKILL, and the watcher then
//! kills its group.

use std::ffi::OsStr;
use std::io::PipeWriter;
use std::process::Stdio;

use tokio::process::Command;

/// `$@` replaces the shell, so its exit status is the child's own; file descriptor 3 is the pipe.
const SCRIPT: &str = r#"exec 3<&0
{ read -r _ <&3; kill -9 0; } >/dev/null 2>&1 &
exec 3<&- </dev/null
exec "$@""#;

/// A command that runs `program` in a process group of its own, and the pipe end that keeps it alive.
///
/// # Errors
/// When no pipe can be made.
pub fn tie(program: &OsStr, arguments: &[&OsStr]) -> std::io::Result<(Command, PipeWriter)> {
    let (reader, writer) = std::io::pipe()?;
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(SCRIPT).arg("sh").arg(program).args(arguments);
    command.stdin(Stdio::from(reader)).process_group(0).kill_on_drop(true);
    Ok((command, writer))
}
