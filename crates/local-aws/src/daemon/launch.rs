//! A local AWS in the background.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::time::Instant;

use super::DaemonError;
use super::build::build_of;
use super::credentials::Credentials;
use super::probe::find;
use super::running::Running;
use super::state_dir::StateDir;
use super::stop::stop_process;

/// How long a started process may take until it answers; it takes a few milliseconds on an idle machine.
const PATIENCE: Duration = Duration::from_secs(20);

const POLL: Duration = Duration::from_millis(5);

/// A log longer than this is begun anew at the next start.
const LONGEST_LOG_BYTES: u64 = 4 * 1024 * 1024;

/// The local AWS that runs from `state_dir`; when none does, `program local serve --state-dir DIR` is started detached
/// from this terminal, and answers when this returns.
///
/// One of another build of the program is stopped first: it may not know what this one asks for.
///
/// Two callers at once get the same one: the second process finds the folder locked and its starter waits for the first.
///
/// # Errors
/// [`DaemonError::PortTaken`] and [`DaemonError::StateDir`] before anything is started, [`DaemonError::Died`] with the
/// end of the log when the process ends early, [`DaemonError::Slow`] when it does not answer in time.
pub async fn ensure(state_dir: &Path, program: &Path) -> Result<Running, DaemonError> {
    if let Some(running) = find(state_dir).await {
        if running.build == build_of(program) {
            return Ok(running);
        }
        // What is deployed and what is in flight is in the store, so the new program goes on where the old one was.
        stop_process(state_dir, running.pid).await?;
    }
    let folder = StateDir::at(state_dir);
    folder.create()?;
    Credentials::read_or_generate(&folder)?;
    check_port(&folder)?;
    let mut child = spawn(&folder, program)?;
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if let Some(running) = find(state_dir).await {
            reap(child);
            return Ok(running);
        }
        if let Ok(Some(status)) = child.try_wait()
            && folder.holder().is_none()
        {
            let tail = folder.log_tail();
            return Err(DaemonError::Died { status: status.to_string(), log: folder.log_file(), tail });
        }
        tokio::time::sleep(POLL).await;
    }
    reap(child);
    Err(DaemonError::Slow { what: "answer", seconds: PATIENCE.as_secs(), log: folder.log_file() })
}

/// A kept port that another program has is the caller's to hear, before a process fails on it in the background.
fn check_port(folder: &StateDir) -> Result<(), DaemonError> {
    let Some(port) = folder.port()? else { return Ok(()) };
    if folder.holder().is_some() {
        return Ok(());
    }
    match std::net::TcpListener::bind(("127.0.0.1", port)) {
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            Err(DaemonError::PortTaken { port, port_file: folder.port_file() })
        }
        _ => Ok(()),
    }
}

fn spawn(folder: &StateDir, program: &Path) -> Result<Child, DaemonError> {
    let path = folder.log_file();
    let failed = |source| DaemonError::StateDir { path: path.clone(), source };
    let long = std::fs::metadata(&path).is_ok_and(|metadata| metadata.len() > LONGEST_LOG_BYTES);
    if long {
        std::fs::rename(&path, path.with_extension("log.old")).map_err(failed)?;
    }
    let log = OpenOptions::new().create(true).append(true).mode(0o600).open(&path).map_err(failed)?;
    let errors = log.try_clone().map_err(failed)?;
    Command::new(program)
        .args(["local", "serve", "--state-dir"])
        .arg(folder.path())
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(errors)
        // Out of the terminal's process group: Ctrl-C there is not meant for it.
        .process_group(0)
        .spawn()
        .map_err(|source| DaemonError::Spawn { program: program.to_owned(), source })
}

/// Waits for the child in the background, so that it leaves no zombie while this process lives.
fn reap(mut child: Child) {
    let _ = std::thread::Builder::new().name("reap".to_owned()).spawn(move || child.wait());
}
