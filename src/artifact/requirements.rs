//! What a Python project depends on, as a list that pip and uv read.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::BuildFailure;
use super::tool::Tool;

/// How deep lists may include one another.
const INCLUDE_LIMIT: usize = 16;

/// Packages that Lambda's Python runtimes bring: left out unless a version is asked for.
///
/// Source: AWS Lambda developer guide, "Runtime-included SDK versions"; the list of serverless-python-requirements.
pub const IN_RUNTIME: &[&str] = &["boto3", "botocore", "docutils", "jmespath", "python-dateutil", "s3transfer", "six"];

/// Calls a tool and answers what it printed.
type Run<'a> = &'a dyn Fn(&Tool, &mut Command) -> Result<Vec<u8>, BuildFailure>;

/// Where a Python function's dependencies are written down.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Requirements {
    /// `requirements.txt`, or the file that takes its place.
    File(PathBuf),
    /// `uv.lock` beside `pyproject.toml`: exported by uv.
    UvLock(PathBuf),
    /// `poetry.lock` beside `pyproject.toml`: read here, or exported by poetry where it takes more than that.
    PoetryLock(PathBuf),
    /// `Pipfile.lock`.
    PipfileLock(PathBuf),
}

impl Requirements {
    /// Those of a folder, the most exact first; none when the folder lists no dependencies.
    pub fn find(folder: &Path, file_name: &str) -> Option<Requirements> {
        let there = |name: &str| Some(folder.join(name)).filter(|path| path.is_file());
        let uv = there("uv.lock").map(Requirements::UvLock);
        let poetry = || there("poetry.lock").map(Requirements::PoetryLock);
        let pipfile = || there("Pipfile.lock").map(Requirements::PipfileLock);
        uv.or_else(poetry).or_else(pipfile).or_else(|| there(file_name).map(Requirements::File))
    }

    /// The file itself.
    pub fn path(&self) -> &Path {
        match self {
            Requirements::File(path)
            | Requirements::UvLock(path)
            | Requirements::PoetryLock(path)
            | Requirements::PipfileLock(path) => path,
        }
    }

    /// The folder that relative paths in it start from.
    pub fn folder(&self) -> &Path {
        self.path().parent().unwrap_or(Path::new("."))
    }

    /// The list that the file stands for, one requirement a line; `run` calls the tool that reads a lock.
    ///
    /// # Errors
    /// A file that cannot be read, or what `run` ends with.
    pub fn list(&self, owners: &[String], run: Run) -> Result<Vec<String>, BuildFailure> {
        let text = match self {
            Requirements::File(path) => return included(path, 0),
            Requirements::UvLock(_) => {
                let hint = "uv.lock is read by uv: https://docs.astral.sh/uv";
                let words = [
                    "export",
                    "--frozen",
                    "--no-dev",
                    "--no-emit-project",
                    "--no-header",
                    "--no-annotate",
                    "--format",
                    "requirements-txt",
                ];
                run(&Tool { name: "uv", owners, hint }, Command::new("uv").args(words))?
            }
            Requirements::PoetryLock(path) => match poetry_list(&read(path)?) {
                Some(lines) => return Ok(lines),
                None => {
                    let hint = "poetry.lock is read by poetry with its export plugin: `pipx inject poetry poetry-plugin-export`";
                    let mut command = Command::new("poetry");
                    run(
                        &Tool { name: "poetry", owners, hint },
                        command.args(["export", "--format", "requirements.txt"]),
                    )?
                }
            },
            Requirements::PipfileLock(path) => return pipfile_list(path),
        };
        Ok(logical_lines(&String::from_utf8_lossy(&text)))
    }
}

/// The list without the packages that are not wanted: those of `left_out`, and those of the runtime that name no version.
pub fn without(lines: Vec<String>, left_out: Option<&[String]>) -> Vec<String> {
    let unwanted = |line: &String| {
        let Some(name) = name(line) else { return false };
        match left_out {
            Some(names) => names.iter().any(|unwanted| normal(unwanted) == name),
            None => IN_RUNTIME.contains(&name.as_str()) && !line.contains(['=', '<', '>', '~', '@']),
        }
    };
    lines.into_iter().filter(|line| !unwanted(line)).collect()
}

fn read(path: &Path) -> Result<String, BuildFailure> {
    std::fs::read_to_string(path).map_err(|source| BuildFailure::read(path, source))
}

/// The lines of a list, those that it includes in their place, and paths made absolute.
fn included(path: &Path, depth: usize) -> Result<Vec<String>, BuildFailure> {
    if depth > INCLUDE_LIMIT {
        return Err(BuildFailure::read(path, std::io::Error::other("lists include one another in a circle")));
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut lines = Vec::new();
    for line in logical_lines(&read(path)?) {
        let after = |words: &[&str]| {
            words
                .iter()
                .find_map(|word| line.strip_prefix(word))
                .map(|rest| rest.trim_start_matches(['=', ' ']).to_owned())
        };
        if let Some(other) = after(&["--requirement", "-r"]) {
            lines.extend(included(&folder.join(other), depth + 1)?);
        } else if let Some(other) = after(&["--constraint", "-c"]) {
            lines.push(format!("--constraint {}", folder.join(other).display()));
        } else if after(&["--editable", "-e"]).is_some() {
            let reason = format!("`{line}` is an editable install, which cannot be zipped; name the path alone");
            return Err(BuildFailure::read(path, std::io::Error::other(reason)));
        } else if line.starts_with("./") || line.starts_with("../") {
            lines.push(folder.join(&line).display().to_string());
        } else {
            lines.push(line);
        }
    }
    Ok(lines)
}

/// The lines with their continuations, without comments and empty ones.
fn logical_lines(text: &str) -> Vec<String> {
    let joined = text.replace("\\\r\n", " ").replace("\\\n", " ");
    let bare = joined.lines().map(|line| {
        let line = if line.trim_start().starts_with('#') { "" } else { line };
        line.split_once(" #").map_or(line, |(before, _)| before).trim().to_owned()
    });
    bare.filter(|line| !line.is_empty()).collect()
}

/// The package that a line asks for, in its normal spelling.
fn name(line: &str) -> Option<String> {
    let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(line.len());
    (!line.starts_with('-') && !line.starts_with(['.', '/']) && end > 0).then(|| normal(&line[..end]))
}

/// Source: Python packaging specification, "Names and normalization".
fn normal(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for character in name.trim().chars() {
        let character = if "-_.".contains(character) { '-' } else { character.to_ascii_lowercase() };
        if !(character == '-' && normal.ends_with('-')) {
            normal.push(character);
        }
    }
    normal
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

/// One `[[package]]` of `poetry.lock`.
#[derive(Default)]
struct Locked {
    name: String,
    version: String,
    groups: String,
    markers: String,
    optional: bool,
    foreign: bool,
}

impl Locked {
    /// The requirement, or nothing for a package of another group; none when it takes more than the lock says.
    fn line(&self) -> Option<Option<String>> {
        if self.groups.is_empty() || self.foreign || self.name.is_empty() || self.version.is_empty() {
            return None;
        }
        if !self.groups.contains("\"main\"") || self.optional {
            return Some(None);
        }
        match self.markers.as_str() {
            "" => Some(Some(format!("{}=={}", self.name, self.version))),
            markers if markers.starts_with('{') => None,
            markers => Some(Some(format!("{}=={} ; {markers}", self.name, self.version))),
        }
    }
}

/// The packages of the main group of a `poetry.lock` that tells groups (poetry 2); none for an older one, and where a
/// package comes from elsewhere than an index.
fn poetry_list(lock: &str) -> Option<Vec<String>> {
    let mut packages: Vec<Locked> = Vec::new();
    let mut section = String::new();
    for line in lock.lines().map(str::trim) {
        if line == "[[package]]" {
            packages.push(Locked::default());
            section = "package".to_owned();
        } else if line.starts_with('[') && !line.contains('=') {
            section = line.to_owned();
        }
        let (Some(package), Some((key, value))) = (packages.last_mut(), line.split_once(" = ")) else { continue };
        let text = || unquoted(value);
        match (section.as_str(), key) {
            ("package", "name") => package.name = text(),
            ("package", "version") => package.version = text(),
            ("package", "groups") => package.groups = value.to_owned(),
            ("package", "markers") => package.markers = text(),
            ("package", "optional") => package.optional = value == "true",
            ("[package.source]", "type") => package.foreign = text() != "legacy",
            _ => {}
        }
    }
    let lines: Option<Vec<Option<String>>> = packages.iter().map(Locked::line).collect();
    lines.map(|lines| lines.into_iter().flatten().collect())
}

/// The text of a TOML string.
fn unquoted(value: &str) -> String {
    match value.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        Some(literal) => literal.to_owned(),
        None => {
            let inner = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
            inner.replace("\\\"", "\"").replace("\\\\", "\\")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn list(requirements: &Requirements) -> Result<Vec<String>, BuildFailure> {
        requirements.list(&[], &|tool, _| {
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
            ("uv.lock", Requirements::UvLock(folder.path().join("uv.lock"))),
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
        write("requirements.txt", "-e .\n");
        assert!(list(&Requirements::File(folder.path().join("requirements.txt"))).is_err());
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
    fn the_main_group_of_a_poetry_lock_is_read_without_poetry() {
        let lock = "[[package]]\nname = \"six\"\nversion = \"1.17.0\"\noptional = false\ngroups = [\"main\", \"dev\"]\n\
                    markers = \"python_version < \\\"3.13\\\"\"\nfiles = [\n    {file = \"a\", hash = \"b\"},\n]\n\n\
                    [package.dependencies]\nname = \"1\"\n\n[[package]]\nname = \"pytest\"\nversion = \"8\"\n\
                    optional = false\ngroups = [\"dev\"]\n\n[metadata]\nlock-version = \"2.1\"\n";
        assert_eq!(poetry_list(lock).unwrap(), ["six==1.17.0 ; python_version < \"3.13\""]);
        assert_eq!(poetry_list(&lock.replace("groups", "g")), None);
        let git = lock.replace("[package.dependencies]", "[package.source]\ntype = \"git\"");
        assert_eq!(poetry_list(&git), None);
    }

    #[test]
    fn the_default_packages_of_a_pipfile_lock_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("Pipfile.lock");
        std::fs::write(&path, r#"{"default": {"six": {"version": "==1.17.0", "markers": "a"}}, "develop": {"x": {}}}"#)
            .unwrap();
        assert_eq!(list(&Requirements::PipfileLock(path)).unwrap(), ["six==1.17.0 ; a"]);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".*") {
            let lines = logical_lines(&text);
            without(lines, None);
            poetry_list(&text);
        }
    }
}
