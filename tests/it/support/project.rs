//! A project in a temporary folder, with the `deploy` binary to run in it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The environment that a build needs; all else is cleared.
const KEPT: &[&str] = &["PATH", "HOME", "CARGO_HOME", "RUSTUP_HOME", "TMPDIR"];

/// The Lambda functions of the tests: a crate without dependencies that speaks the Runtime API over a socket.
const FUNCTION: &str = include_str!("function.rs");

/// A project in a temporary folder. Its local AWS is stopped when it is dropped.
pub struct Project {
    folder: tempfile::TempDir,
}

/// What a run of `deploy` ended with.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// What a process left; the exit code is -1 when a signal ended it.
    pub fn of(output: Output) -> Ran {
        Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Panics with everything that was printed unless the exit code is `code`.
    #[track_caller]
    pub fn expect(self, code: i32) -> Ran {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Standard output and standard error in one.
    pub fn all(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// Panics unless `text` was printed.
    #[track_caller]
    pub fn says(self, text: &str) -> Ran {
        assert!(self.all().contains(text), "no {text:?} in\nstdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl Project {
    /// An empty project.
    pub fn empty() -> Project {
        Project { folder: tempfile::tempdir().unwrap() }
    }

    /// A project with this `stack.yaml`, whose Rust functions are binaries of one crate: `echo`, `sleeper`, `panicker`.
    pub fn with_stack(stack: &str) -> Project {
        let project = Project::empty();
        project.write("stack.yaml", stack);
        project.write("Cargo.toml", "[package]\nname = \"echo\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n\n[profile.release]\nopt-level = 0\n");
        for name in ["main", "bin/sleeper", "bin/panicker"] {
            project.write(&format!("src/{name}.rs"), FUNCTION);
        }
        project
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The command `deploy ARGS` in the project's folder, in a cleared environment. `DEPLOY_BINARY` names another build
    /// of the same program.
    pub fn command(&self, args: &[&str]) -> Command {
        let binary = std::env::var_os("DEPLOY_BINARY").unwrap_or_else(|| env!("CARGO_BIN_EXE_deploy").into());
        let mut command = Command::new(binary);
        command.args(args).current_dir(self.path()).env_clear().stdin(Stdio::null());
        for name in KEPT {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command
    }

    /// Runs `deploy ARGS` to its end.
    pub fn run(&self, args: &[&str]) -> Ran {
        Ran::of(self.command(args).output().unwrap())
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        if self.path().join(".deploy/local").exists() {
            let stopped = self.run(&["local", "stop"]);
            if stopped.code != 0 && !std::thread::panicking() {
                panic!("the local AWS does not stop: {stopped:?}");
            }
        }
    }
}
