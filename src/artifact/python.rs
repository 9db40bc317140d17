//! What a Python function depends on: installed once per list of requirements, as wheels for Lambda's machine.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::manifest::Manifest;
use super::tool::{self, Tool};
use super::{Architecture, BuildEvent, BuildFailure, Selection, Unit, Workshop, select};

/// What an installer writes that no function needs and that differs from run to run.
const LEFT_OUT: &[&str] = &[
    "!bin/**",
    "!**/__pycache__/**",
    "!*.dist-info/RECORD",
    "!*.dist-info/INSTALLER",
    "!*.dist-info/REQUESTED",
    "!*.dist-info/direct_url.json",
    "!.lock",
];

/// Where a Python function's dependencies are written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Requirements {
    /// `requirements.txt`.
    File(PathBuf),
    /// `uv.lock` beside `pyproject.toml`: exported by uv.
    UvLock(PathBuf),
    /// `poetry.lock` beside `pyproject.toml`: exported by poetry.
    PoetryLock(PathBuf),
}

impl Requirements {
    /// Those of a folder, the most exact first; none when the folder lists no dependencies.
    pub fn find(folder: &Path) -> Option<Requirements> {
        let there = |name: &str| Some(folder.join(name)).filter(|path| path.is_file());
        let uv = there("uv.lock").map(Requirements::UvLock);
        let poetry = || there("poetry.lock").map(Requirements::PoetryLock);
        uv.or_else(poetry).or_else(|| there("requirements.txt").map(Requirements::File))
    }

    fn path(&self) -> &Path {
        match self {
            Requirements::File(path) | Requirements::UvLock(path) | Requirements::PoetryLock(path) => path,
        }
    }
}

/// Which Python the wheels are for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interpreter {
    /// `3.13`.
    pub version: String,
    pub architecture: Architecture,
}

/// The manifest of a function's files and everything that it depends on; its own files win.
///
/// # Errors
/// As [`select::manifest`] for its own files; the installer's words when a dependency has no wheel for Lambda's
/// machine; a missing installer.
pub fn manifest(
    unit: &Unit,
    root: &Path,
    selection: &Selection,
    requirements: &Requirements,
    interpreter: &Interpreter,
    workshop: &Workshop,
    tell: &(dyn Fn(BuildEvent) + Sync),
) -> Result<Manifest, BuildFailure> {
    let mut entries = select::entries(root, selection)?;
    let installed = install(unit, requirements, interpreter, workshop, tell)?;
    let patterns = LEFT_OUT.iter().map(|pattern| (*pattern).to_owned()).collect();
    let all = Selection { patterns, secrets_allowed: true, ..Selection::default() };
    entries.extend(select::entries(&installed, &all)?);
    Manifest::new(entries)
}

/// The folder with the installed dependencies, from an earlier run if the list and the machine are the same.
fn install(
    unit: &Unit,
    requirements: &Requirements,
    interpreter: &Interpreter,
    workshop: &Workshop,
    tell: &(dyn Fn(BuildEvent) + Sync),
) -> Result<PathBuf, BuildFailure> {
    let list = exported(unit, requirements, workshop, tell)?;
    let uv = tool::is_there("uv");
    let cache = workshop.state_dir.join("artifacts");
    let key = key(&list, interpreter, workshop.runs_on_host, uv);
    let folder = cache.join(format!("python-{key}"));
    if folder.is_dir() {
        return Ok(folder);
    }
    let failed = |source| BuildFailure::write(&cache, source);
    let draft = tempfile::Builder::new().prefix("python-").tempdir_in(&cache).map_err(failed)?;
    let list_path = draft.path().join("requirements.txt");
    std::fs::write(&list_path, &list).map_err(|source| BuildFailure::write(&list_path, source))?;
    let target = draft.path().join("installed");
    std::fs::create_dir(&target).map_err(failed)?;
    let beside = requirements.path().parent().unwrap_or(&workshop.root).to_owned();
    let (name, mut command) =
        if uv { ("uv", uv_install(interpreter, workshop)) } else { ("pip", pip_install(interpreter, workshop)) };
    command.arg("--requirement").arg(&list_path).arg("--target").arg(&target);
    let hint = "install uv (https://docs.astral.sh/uv) or Python with pip";
    Tool { name, owners: &unit.owners, hint }.run(&mut command, &beside, tell)?;
    match std::fs::rename(&target, &folder) {
        // Another run was faster with the same list: its folder is as good.
        Err(_) if folder.is_dir() => Ok(folder),
        Err(source) => Err(BuildFailure::write(&folder, source)),
        Ok(()) => Ok(folder),
    }
}

/// The list of requirements as text.
fn exported(
    unit: &Unit,
    requirements: &Requirements,
    workshop: &Workshop,
    tell: &(dyn Fn(BuildEvent) + Sync),
) -> Result<Vec<u8>, BuildFailure> {
    let folder = requirements.path().parent().unwrap_or(&workshop.root);
    match requirements {
        Requirements::File(path) => std::fs::read(path).map_err(|source| BuildFailure::read(path, source)),
        Requirements::UvLock(_) => {
            let tool =
                Tool { name: "uv", owners: &unit.owners, hint: "uv.lock is read by uv: https://docs.astral.sh/uv" };
            let words =
                ["export", "--frozen", "--no-dev", "--no-emit-project", "--no-header", "--format", "requirements-txt"];
            tool.run(Command::new("uv").args(words), folder, tell)
        }
        Requirements::PoetryLock(_) => {
            let hint =
                "poetry.lock is read by poetry with its export plugin: `pipx inject poetry poetry-plugin-export`";
            let tool = Tool { name: "poetry", owners: &unit.owners, hint };
            tool.run(Command::new("poetry").args(["export", "--format", "requirements.txt"]), folder, tell)
        }
    }
}

fn key(list: &[u8], interpreter: &Interpreter, runs_on_host: bool, uv: bool) -> String {
    let machine = format!("{}|{}|{runs_on_host}|{uv}|", interpreter.version, interpreter.architecture.triple());
    let hash = blake3::Hasher::new().update(machine.as_bytes()).update(list).finalize();
    hash.to_hex()[..32].to_owned()
}

/// Wheels for the interpreter that runs the function here, or for Lambda's.
fn uv_install(interpreter: &Interpreter, workshop: &Workshop) -> Command {
    let mut command = Command::new("uv");
    command.args(["pip", "install", "--quiet", "--python-version", &interpreter.version]);
    if !workshop.runs_on_host {
        let platform = match interpreter.architecture {
            Architecture::X86_64 => "x86_64-manylinux_2_28",
            Architecture::Arm64 => "aarch64-manylinux_2_28",
        };
        command.args(["--python-platform", platform, "--only-binary", ":all:"]);
    }
    command
}

fn pip_install(interpreter: &Interpreter, workshop: &Workshop) -> Command {
    let exact = format!("python{}", interpreter.version);
    let program = if workshop.runs_on_host && tool::is_there(&exact) { exact.as_str() } else { "python3" };
    let mut command = Command::new(program);
    command.args(["-m", "pip", "install", "--quiet", "--no-compile", "--disable-pip-version-check", "--no-input"]);
    if !workshop.runs_on_host {
        let machine = match interpreter.architecture {
            Architecture::X86_64 => "x86_64",
            Architecture::Arm64 => "aarch64",
        };
        for level in ["manylinux2014", "manylinux_2_17", "manylinux_2_28"] {
            command.args(["--platform", &format!("{level}_{machine}")]);
        }
        command.args(["--python-version", &interpreter.version, "--implementation", "cp", "--only-binary", ":all:"]);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_more_exact_than_a_list() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Requirements::find(folder.path()), None);
        for (name, expected) in [
            ("requirements.txt", Requirements::File(folder.path().join("requirements.txt"))),
            ("poetry.lock", Requirements::PoetryLock(folder.path().join("poetry.lock"))),
            ("uv.lock", Requirements::UvLock(folder.path().join("uv.lock"))),
        ] {
            std::fs::write(folder.path().join(name), "").unwrap();
            assert_eq!(Requirements::find(folder.path()), Some(expected));
        }
    }

    #[test]
    fn another_machine_is_another_installation() {
        let keys: std::collections::BTreeSet<String> =
            [("3.12", Architecture::X86_64), ("3.13", Architecture::X86_64), ("3.13", Architecture::Arm64)]
                .map(|(version, architecture)| {
                    key(b"six", &Interpreter { version: version.to_owned(), architecture }, false, true)
                })
                .into();
        assert_eq!(keys.len(), 3);
    }
}
