//! Runs a builder's program and keeps what it printed.

use std::path::Path;
use std::process::{Command, Stdio};

use super::{BuildEvent, BuildFailure};

/// How much of a program's output is kept for an error, from its end.
const OUTPUT_LIMIT_BYTES: usize = 64 * 1024;

/// A program to run for these functions.
pub struct Tool<'a> {
    /// As people know it: `uv`, `esbuild`.
    pub name: &'static str,
    pub owners: &'a [String],
    /// What to do when it is not there.
    pub hint: &'static str,
}

impl Tool<'_> {
    /// Runs the program in `folder` to its end.
    ///
    /// # Errors
    /// [`BuildFailure::ToolMissing`] when it cannot be started, [`BuildFailure::Builder`] with the end of its output
    /// when it fails.
    pub fn run(
        &self,
        command: &mut Command,
        folder: &Path,
        tell: &(dyn Fn(BuildEvent) + Sync),
    ) -> Result<Vec<u8>, BuildFailure> {
        tell(BuildEvent::Started { builder: self.name, owners: self.owners.to_vec() });
        let output = command.current_dir(folder).stdin(Stdio::null()).output().map_err(|source| {
            BuildFailure::ToolMissing { tool: self.name, owners: self.owners.to_vec(), hint: self.hint, source }
        })?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let mut words = String::from_utf8_lossy(&output.stderr).into_owned();
        words.push_str(&String::from_utf8_lossy(&output.stdout));
        Err(BuildFailure::Builder { builder: self.name, owners: self.owners.to_vec(), output: tail(&words) })
    }
}

/// The end of a text, cut at a line.
fn tail(text: &str) -> String {
    let Some(cut) = text.len().checked_sub(OUTPUT_LIMIT_BYTES) else { return text.to_owned() };
    let start = (cut..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    let from_line = text[start..].find('\n').map_or(start, |line| start + line + 1);
    format!("…\n{}", &text[from_line..])
}

/// True when `program --version` can be run.
pub fn answers(program: &str) -> bool {
    let asked = Command::new(program).arg("--version").stdin(Stdio::null()).output();
    asked.is_ok_and(|output| output.status.success())
}

/// Whether a program of this name is on the `PATH`.
pub fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| is_program(&folder.join(program)))
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file() || path.with_extension("exe").is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_carries_what_the_program_said() {
        let owners = ["hello".to_owned()];
        let tool = Tool { name: "sh", owners: &owners, hint: "" };
        let failure =
            tool.run(Command::new("sh").args(["-c", "echo no such package >&2; exit 3"]), Path::new("."), &|_| {});
        assert!(matches!(failure, Err(BuildFailure::Builder { output, .. }) if output == "no such package\n"));
    }

    #[test]
    fn long_output_keeps_its_end() {
        let text = "line\n".repeat(50_000) + "the error\n";
        let kept = tail(&text);
        assert!(
            kept.len() <= OUTPUT_LIMIT_BYTES + 8 && kept.ends_with("line\nthe error\n") && kept.starts_with("…\nline")
        );
    }
}
