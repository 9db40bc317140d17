//! What each runtime identifier executes on this machine.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::io::{PipeWriter, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{LazyLock, Mutex, PoisonError};

use tokio::process::Command;

use super::{Spec, lifeline};

const PYTHON_BOOTSTRAP: &str = include_str!("bootstrap/python.py");
const NODE_BOOTSTRAP: &str = include_str!("bootstrap/node.mjs");

/// Runtimes that share a way to be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// `bootstrap` in the code speaks the Runtime API itself.
    Provided,
    /// The host's Python runs our bootstrap.
    Python,
    /// The host's Node.js runs our bootstrap.
    Node,
}

/// The runtimes Lambda accepts for new functions, in the order in which its message lists them here.
/// Source: Lambda developer guide, "Lambda runtimes", supported runtimes.
pub const SUPPORTED: &[&str] = &[
    "nodejs20.x",
    "nodejs22.x",
    "nodejs24.x",
    "python3.9",
    "python3.10",
    "python3.11",
    "python3.12",
    "python3.13",
    "python3.14",
    "provided.al2",
    "provided.al2023",
];

/// Runtimes that AWS has and this local AWS cannot execute.
const ELSEWHERE: &[&str] = &[
    "java8.al2",
    "java11",
    "java17",
    "java21",
    "java25",
    "dotnet8",
    "dotnet9",
    "dotnet10",
    "ruby3.2",
    "ruby3.3",
    "ruby3.4",
];

/// Runtimes whose functions can no longer be created on AWS.
/// Source: Lambda developer guide, "Deprecated runtimes".
const DEPRECATED: &[&str] = &[
    "nodejs",
    "nodejs4.3",
    "nodejs4.3-edge",
    "nodejs6.10",
    "nodejs8.10",
    "nodejs10.x",
    "nodejs12.x",
    "nodejs14.x",
    "nodejs16.x",
    "python2.7",
    "python3.6",
    "python3.7",
    "java8",
    "dotnetcore1.0",
    "dotnetcore2.0",
    "dotnetcore2.1",
    "dotnetcore3.1",
    "dotnet5.0",
    "dotnet6",
    "dotnet7",
    "go1.x",
    "ruby2.5",
    "ruby2.7",
];

/// Why a runtime identifier is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuntimeRefused {
    #[error(
        "The runtime parameter of {0} is no longer supported for creating or updating AWS Lambda functions. We recommend \
         you use a supported runtime while creating or updating functions."
    )]
    Deprecated(String),
    #[error("the local AWS does not execute the runtime {0}; see docs/local-aws.md")]
    Elsewhere(String),
    #[error(
        "Value {0} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [{list}] or be a valid ARN",
        list = SUPPORTED.join(", ")
    )]
    Unknown(String),
}

/// How `runtime` is started.
///
/// # Errors
/// In AWS's words for identifiers that AWS refuses, by name for those that only this local AWS lacks.
///
/// Diverges: `nodejs18.x`, `python3.8` and `provided` are still accepted, as existing applications name them.
pub fn family(runtime: &str) -> Result<Family, RuntimeRefused> {
    match runtime {
        "provided" => Ok(Family::Provided),
        "nodejs18.x" => Ok(Family::Node),
        "python3.8" => Ok(Family::Python),
        known if SUPPORTED.contains(&known) => Ok(match known {
            known if known.starts_with("python") => Family::Python,
            known if known.starts_with("nodejs") => Family::Node,
            _ => Family::Provided,
        }),
        old if DEPRECATED.contains(&old) => Err(RuntimeRefused::Deprecated(old.to_owned())),
        other if ELSEWHERE.contains(&other) => Err(RuntimeRefused::Elsewhere(other.to_owned())),
        unknown => Err(RuntimeRefused::Unknown(unknown.to_owned())),
    }
}

/// Why a function's process cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    #[error(transparent)]
    Runtime(#[from] RuntimeRefused),
    #[error("Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]")]
    NoBootstrap,
    #[error("fork/exec {path}: {reason}")]
    NotExecutable { path: &'static str, reason: &'static str },
    #[error("the function's runtime {runtime} needs `{program}` on this machine, and there is none in the search path")]
    NoInterpreter { runtime: String, program: &'static str },
    #[error("the function's process cannot be prepared: {0}")]
    Io(#[from] std::io::Error),
}

/// The command that starts a process of `spec`, without its environment.
///
/// # Errors
/// When the code has no usable entry point or the machine has no interpreter for it.
pub fn command(spec: &Spec) -> Result<(Command, PipeWriter, Family), LaunchError> {
    let family = family(&spec.runtime)?;
    let (program, arguments) = match family {
        Family::Provided => (bootstrap(spec)?.into_os_string(), Vec::new()),
        Family::Python => interpreter(spec, &python_programs(&spec.runtime), "python.py", PYTHON_BOOTSTRAP)?,
        Family::Node => interpreter(spec, &["node"], "node.mjs", NODE_BOOTSTRAP)?,
    };
    let arguments: Vec<&OsStr> = arguments.iter().map(OsString::as_os_str).collect();
    let (mut command, lifeline) = lifeline::tie(&program, &arguments)?;
    command.current_dir(&spec.task_root).env_clear();
    Ok((command, lifeline, family))
}

fn bootstrap(spec: &Spec) -> Result<PathBuf, LaunchError> {
    let places = [("/var/task/bootstrap", Some(&spec.task_root)), ("/opt/bootstrap", spec.opt.as_ref())];
    for (shown, directory) in places {
        let Some(path) = directory.map(|directory| directory.join("bootstrap")).filter(|path| path.is_file()) else {
            continue;
        };
        check_executable(&path, shown)?;
        return Ok(path);
    }
    Err(LaunchError::NoBootstrap)
}

/// What `execve` would say; asked beforehand because a shell runs a file of unknown format as a script.
fn check_executable(path: &Path, shown: &'static str) -> Result<(), LaunchError> {
    let refused = |reason| LaunchError::NotExecutable { path: shown, reason };
    if std::fs::metadata(path)?.permissions().mode() & 0o111 == 0 {
        return Err(refused("permission denied"));
    }
    let mut head = Vec::new();
    std::fs::File::open(path)?.take(20).read_to_end(&mut head)?;
    if head.starts_with(b"#!") || looks_binary(&head) && runs_here(&head) != Some(false) {
        return Ok(());
    }
    Err(refused("exec format error"))
}

fn looks_binary(head: &[u8]) -> bool {
    let mach = [[0xcf, 0xfa, 0xed, 0xfe], [0xca, 0xfe, 0xba, 0xbe]];
    head.starts_with(b"\x7fELF") || mach.iter().any(|magic| head.starts_with(magic))
}

/// Whether an ELF file is for this machine's processor; `None` for other files.
fn runs_here(head: &[u8]) -> Option<bool> {
    if !head.starts_with(b"\x7fELF") {
        return None;
    }
    let machine = u16::from_le_bytes([*head.get(18)?, *head.get(19)?]);
    Some(match std::env::consts::ARCH {
        "x86_64" => machine == 62,
        "aarch64" => machine == 183,
        _ => true,
    })
}

/// The exact version first, then whatever Python there is: the local AWS cannot install one.
fn python_programs(runtime: &str) -> Vec<&'static str> {
    let exact = match runtime {
        "python3.8" => "python3.8",
        "python3.9" => "python3.9",
        "python3.10" => "python3.10",
        "python3.11" => "python3.11",
        "python3.12" => "python3.12",
        "python3.13" => "python3.13",
        _ => "python3.14",
    };
    vec![exact, "python3", "python"]
}

fn interpreter(
    spec: &Spec,
    programs: &[&'static str],
    file: &str,
    source: &str,
) -> Result<(OsString, Vec<OsString>), LaunchError> {
    let Some(program) = programs.iter().find_map(|program| located(program)) else {
        let program = if file == "node.mjs" { "node" } else { "python3" };
        return Err(LaunchError::NoInterpreter { runtime: spec.runtime.clone(), program });
    };
    Ok((program.into_os_string(), vec![installed(&spec.work_dir, file, source)?.into_os_string()]))
}

/// Where the interpreter `program` really is, asked once.
///
/// What the search path has may be a version manager's shim, which needs the environment that a function does not get;
/// so the interpreter itself is asked for its path. A shim with nothing behind it fails here.
fn located(program: &'static str) -> Option<PathBuf> {
    static KNOWN: LazyLock<Mutex<HashMap<&'static str, Option<PathBuf>>>> = LazyLock::new(Mutex::default);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    known.entry(program).or_insert_with(|| ask(program)).clone()
}

fn ask(program: &str) -> Option<PathBuf> {
    let script =
        if program == "node" { ["-p", "process.execPath"] } else { ["-c", "import sys; print(sys.executable)"] };
    let answer = std::process::Command::new(program).args(script).stdin(Stdio::null()).output().ok()?;
    let path = PathBuf::from(String::from_utf8(answer.stdout).ok()?.trim());
    (answer.status.success() && path.is_file()).then_some(path)
}

/// The bootstrap `source` as a file in `directory`.
fn installed(directory: &Path, file: &str, source: &str) -> std::io::Result<PathBuf> {
    let path = directory.join(file);
    if std::fs::read(&path).is_ok_and(|bytes| bytes == source.as_bytes()) {
        return Ok(path);
    }
    std::fs::create_dir_all(directory)?;
    let mut draft = tempfile::NamedTempFile::new_in(directory)?;
    std::io::Write::write_all(&mut draft, source.as_bytes())?;
    draft.persist(&path).map_err(|error| error.error)?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runtimes_are_refused_in_awss_words_or_by_name() {
        assert_eq!(family("provided.al2023"), Ok(Family::Provided));
        assert!(
            family("python2.7").unwrap_err().to_string().starts_with("The runtime parameter of python2.7 is no longer")
        );
        assert!(family("java21").unwrap_err().to_string().contains("does not execute the runtime java21"));
        let unknown = family("cobol").unwrap_err().to_string();
        assert!(unknown.starts_with(
            "Value cobol at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: ["
        ));
        assert!(unknown.ends_with("] or be a valid ARN"));
    }

    #[test]
    fn a_program_for_another_processor_does_not_run_here() {
        let mut head = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0".to_vec();
        head.extend(243_u16.to_le_bytes());
        assert_eq!(runs_here(&head), Some(false));
        assert_eq!(runs_here(b"#!/bin/sh"), None);
    }
}
