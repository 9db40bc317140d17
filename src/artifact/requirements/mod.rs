//! What a Python project depends on, as a list that pip and uv read.

mod lines;
mod poetry;
mod pyproject;
mod uv;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

pub use lines::{built, local};
pub use pyproject::names_dependencies;

use super::BuildFailure;
use super::tool::Tool;

/// Packages that Lambda's Python runtimes bring: left out unless a version is asked for.
///
/// Source: AWS Lambda developer guide, "Runtime-included SDK versions", and what botocore depends on.
pub const IN_RUNTIME: &[&str] = &["boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six"];

/// Calls a tool and answers what it printed.
type Run<'a> = &'a dyn Fn(&Tool, &mut Command) -> Result<Vec<u8>, BuildFailure>;

/// Where a Python function's dependencies are written down.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Requirements {
    /// `requirements.txt`, or the file that takes its place.
    File(PathBuf),
    /// `uv.lock`, and the folder with the `pyproject.toml` that it is read for: beside it, or a member of its workspace.
    UvLock { lock: PathBuf, project: PathBuf },
    /// `poetry.lock` beside `pyproject.toml`: read here, or exported by poetry where it takes more than that.
    PoetryLock(PathBuf),
    /// `Pipfile.lock`.
    PipfileLock(PathBuf),
}

impl Requirements {
    /// Those of a folder, the most exact first; none when the folder lists no dependencies.
    pub fn find(folder: &Path, file_name: &str) -> Option<Requirements> {
        let there = |name: &str| Some(folder.join(name)).filter(|path| path.is_file());
        let uv = there("uv.lock").map(|lock| Requirements::UvLock { lock, project: folder.to_owned() });
        let poetry = || there("poetry.lock").map(Requirements::PoetryLock);
        let pipfile = || there("Pipfile.lock").map(Requirements::PipfileLock);
        let own = uv.or_else(poetry).or_else(pipfile).or_else(|| there(file_name).map(Requirements::File));
        own.or_else(|| Requirements::of_workspace(folder))
    }

    /// The lock of the workspace that a project's folder is in.
    fn of_workspace(folder: &Path) -> Option<Requirements> {
        let member = folder.join("pyproject.toml").is_file();
        let root = folder.ancestors().skip(1).find(|above| member && uv::is_workspace(above))?;
        Some(Requirements::UvLock { lock: root.join("uv.lock"), project: folder.to_owned() })
    }

    /// The file itself.
    pub fn path(&self) -> &Path {
        match self {
            Requirements::File(path)
            | Requirements::UvLock { lock: path, .. }
            | Requirements::PoetryLock(path)
            | Requirements::PipfileLock(path) => path,
        }
    }

    /// The folder that relative paths in it start from, and that its tool runs in.
    pub fn folder(&self) -> &Path {
        match self {
            Requirements::UvLock { project, .. } => project,
            _ => self.path().parent().unwrap_or(Path::new(".")),
        }
    }

    /// The list that the file stands for, one requirement a line; `run` calls the tool that reads a lock. Of a lock, what
    /// `of_runtime` names is left out with all that only it needs, where the project takes any version of it.
    ///
    /// # Errors
    /// A file that cannot be read, or what `run` ends with.
    pub fn list(&self, owners: &[String], of_runtime: &[&str], run: Run) -> Result<Vec<String>, BuildFailure> {
        match self {
            Requirements::File(path) => lines::included(path, 0),
            Requirements::UvLock { lock, project } => {
                let hint = "uv.lock is read by uv: https://docs.astral.sh/uv";
                let mut command = uv::export(project, &read(lock)?, of_runtime);
                let exported = run(&Tool { name: "uv", owners, hint }, &mut command)?;
                Ok(uv::listed(&String::from_utf8_lossy(&exported), lock))
            }
            Requirements::PoetryLock(path) => {
                let asked = pyproject::asked(&pyproject::text(self.folder()));
                match poetry::list(&read(path)?, &asked, of_runtime) {
                    Some(lines) => Ok(lines),
                    None => exported_by_poetry(self.folder(), owners, run),
                }
            }
            Requirements::PipfileLock(path) => pipfile_list(path),
        }
    }
}

/// The list of a lock that only poetry reads.
fn exported_by_poetry(folder: &Path, owners: &[String], run: Run) -> Result<Vec<String>, BuildFailure> {
    let hint = "poetry.lock is read by poetry with its export plugin: `pipx install poetry && pipx inject poetry \
                poetry-plugin-export`; `poetry lock` of poetry 2 writes one that needs neither, as long as all packages \
                come from an index";
    let mut command = Command::new("poetry");
    command.args(["export", "--format", "requirements.txt"]);
    let exported = run(&Tool { name: "poetry", owners, hint }, &mut command)?;
    let exported = String::from_utf8_lossy(&exported);
    Ok(lines::logical(&exported).iter().map(|line| lines::settled(line, folder)).collect())
}

/// The list without the packages that are not wanted: those of `left_out`, and those of the runtime that name no version.
pub fn without(lines: Vec<String>, left_out: Option<&[String]>) -> Vec<String> {
    let unwanted = |line: &String| {
        let Some(name) = lines::name(line) else { return false };
        match left_out {
            Some(names) => names.iter().any(|unwanted| lines::normal(unwanted) == name),
            None => IN_RUNTIME.contains(&name.as_str()) && !line.contains(['=', '<', '>', '~', '@']),
        }
    };
    lines.into_iter().filter(|line| !unwanted(line)).collect()
}

fn read(path: &Path) -> Result<String, BuildFailure> {
    std::fs::read_to_string(path).map_err(|source| BuildFailure::read(path, source))
}

/// The packages of `Pipfile.lock`'s `default` section.
fn pipfile_list(path: &Path) -> Result<Vec<String>, BuildFailure> {
    let lock: Value =
        serde_json::from_str(&read(path)?).map_err(|error| BuildFailure::read(path, std::io::Error::from(error)))?;
    let mut lines = Vec::new();
    for (name, package) in lock.get("default").and_then(Value::as_object).into_iter().flatten() {
        let text = |key: &str| package.get(key).and_then(Value::as_str);
        let Some(version) = text("version") else {
            let reason = format!("`{name}` has no version; only packages of an index are supported");
            return Err(BuildFailure::read(path, std::io::Error::other(reason)));
        };
        let markers = text("markers").map(|markers| format!(" ; {markers}")).unwrap_or_default();
        lines.push(format!("{name}{version}{markers}"));
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(requirements: &Requirements) -> Result<Vec<String>, BuildFailure> {
        requirements.list(&[], &[], &|tool, _| {
            Err(BuildFailure::Builder { builder: tool.name, owners: Vec::new(), output: String::new() })
        })
    }

    #[test]
    fn a_lock_is_more_exact_than_a_list() {
        let folder = tempfile::tempdir().unwrap();
        let find = || Requirements::find(folder.path(), "requirements.txt");
        assert_eq!(find(), None);
        for (name, expected) in [
            ("requirements.txt", Requirements::File(folder.path().join("requirements.txt"))),
            ("Pipfile.lock", Requirements::PipfileLock(folder.path().join("Pipfile.lock"))),
            ("poetry.lock", Requirements::PoetryLock(folder.path().join("poetry.lock"))),
            (
                "uv.lock",
                Requirements::UvLock { lock: folder.path().join("uv.lock"), project: folder.path().to_owned() },
            ),
        ] {
            std::fs::write(folder.path().join(name), "").unwrap();
            assert_eq!(find(), Some(expected));
        }
    }

    #[test]
    fn lists_include_others_and_join_their_lines() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("requirements.txt", "# all\n-r more/base.txt\nflask==3.0 \\\n    --hash=sha256:ab # why\n\n./own\n");
        std::fs::create_dir(folder.path().join("more")).unwrap();
        write("more/base.txt", "six\n");
        let all = list(&Requirements::File(folder.path().join("requirements.txt"))).unwrap();
        let own = folder.path().join("./own").display().to_string();
        assert_eq!(all, ["six", "flask==3.0      --hash=sha256:ab", &own]);
        write("more/base.txt", "-r ../requirements.txt\n");
        assert!(list(&Requirements::File(folder.path().join("requirements.txt"))).is_err());
        write("requirements.txt", "-e ./own\n");
        assert_eq!(list(&Requirements::File(folder.path().join("requirements.txt"))).unwrap(), [own]);
    }

    #[test]
    fn what_the_runtime_brings_is_left_out_unless_a_version_is_asked_for() {
        let lines = || ["boto3", "botocore==1.35", "Flask_Login", "-i https://example.com"].map(str::to_owned).to_vec();
        assert_eq!(without(lines(), None), ["botocore==1.35", "Flask_Login", "-i https://example.com"]);
        assert_eq!(
            without(lines(), Some(&["flask-login".to_owned()])),
            ["boto3", "botocore==1.35", "-i https://example.com"]
        );
        assert_eq!(without(lines(), Some(&[])), lines());
    }

    #[test]
    fn a_member_of_a_workspace_is_locked_above_it() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("uv.lock", "");
        write("services/api/pyproject.toml", "[project]\nname = \"api\"\n");
        let project = folder.path().join("services/api");
        assert_eq!(Requirements::find(&project, "requirements.txt"), None);
        write("pyproject.toml", "[tool.uv.workspace]\nmembers = [\"services/*\"]\n");
        let expected = Requirements::UvLock { lock: folder.path().join("uv.lock"), project: project.clone() };
        assert_eq!(Requirements::find(&project, "requirements.txt"), Some(expected));
        assert_eq!(Requirements::find(&folder.path().join("services"), "requirements.txt"), None);
    }

    #[test]
    fn the_default_packages_of_a_pipfile_lock_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("Pipfile.lock");
        std::fs::write(&path, r#"{"default": {"six": {"version": "==1.17.0", "markers": "a"}}, "develop": {"x": {}}}"#)
            .unwrap();
        assert_eq!(list(&Requirements::PipfileLock(path)).unwrap(), ["six==1.17.0 ; a"]);
    }
}
