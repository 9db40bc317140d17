//! The packages of a `uv.lock`, as uv exports them.

use std::path::Path;
use std::process::Command;

use super::{lines, pyproject};

/// The command that lists what the project in `folder` needs when it runs. What `of_runtime` names is left out, if the
/// project takes any version of it and no other package of the lock needs it, with all that only it needs.
pub fn export(folder: &Path, lock: &str, of_runtime: &[&str]) -> Command {
    let mut command = Command::new("uv");
    command.args(["export", "--frozen", "--no-dev", "--no-emit-project", "--no-editable", "--no-header"]);
    command.args(["--no-annotate", "--format", "requirements-txt"]);
    for asked in pyproject::asked(&pyproject::text(folder)) {
        if asked.any_version && of_runtime.contains(&asked.name.as_str()) && !needed_by_a_package(lock, &asked.name) {
            command.args(["--prune", &asked.name]);
        }
    }
    command
}

/// Whether a package of the lock that comes from elsewhere than this machine needs `name`.
fn needed_by_a_package(lock: &str, name: &str) -> bool {
    let needle = format!("{{ name = \"{name}\"");
    let packages = lock.split("[[package]]").skip(1);
    let from_index = |package: &&str| !["editable", "virtual", "directory"].iter().any(|kind| is_from(package, kind));
    packages.filter(from_index).any(|package| package.contains(&needle))
}

fn is_from(package: &str, kind: &str) -> bool {
    package.lines().any(|line| line.starts_with("source = {") && line.contains(&format!(" {kind} = ")))
}

/// Whether a folder's project is the root of a workspace.
pub fn is_workspace(folder: &Path) -> bool {
    folder.join("uv.lock").is_file() && pyproject::text(folder).lines().any(|line| line.trim() == "[tool.uv.workspace]")
}

/// The lines of an export, with paths made absolute: uv writes them from where the lock is.
pub fn listed(exported: &str, lock: &Path) -> Vec<String> {
    let folder = lock.parent().unwrap_or(Path::new("."));
    lines::logical(exported).iter().map(|line| lines::settled(line, folder)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "version = 1\n\n[[package]]\nname = \"app\"\nsource = { virtual = \".\" }\ndependencies = [\n    \
                        { name = \"boto3\" },\n]\n\n[[package]]\nname = \"boto3\"\nversion = \"1\"\nsource = { registry = \
                        \"https://pypi.org/simple\" }\n";

    fn pruned(pyproject: &str, lock: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("pyproject.toml"), pyproject).unwrap();
        let command = export(folder.path(), lock, &["boto3", "six"]);
        let words: Vec<String> = command.get_args().map(|word| word.to_string_lossy().into_owned()).collect();
        words.windows(2).filter(|pair| pair[0] == "--prune").map(|pair| pair[1].clone()).collect()
    }

    #[test]
    fn only_what_nobody_binds_to_a_version_is_pruned() {
        let with = |list: &str| format!("[project]\nname = \"app\"\ndependencies = [{list}]\n");
        assert_eq!(pruned(&with("\"boto3\", \"requests\""), LOCK), ["boto3"]);
        assert!(pruned(&with("\"boto3>=1.40\""), LOCK).is_empty());
        let needed = format!(
            "{LOCK}\n[[package]]\nname = \"aioboto3\"\nsource = {{ registry = \"x\" }}\ndependencies = [\n    \
             {{ name = \"boto3\" }},\n]\n"
        );
        assert!(pruned(&with("\"boto3\", \"aioboto3\""), &needed).is_empty());
    }

    #[test]
    fn paths_of_an_export_start_at_the_lock() {
        let lines = listed("./shared\nsix==1.17.0 \\\n    --hash=sha256:ab\n", Path::new("/a/uv.lock"));
        assert_eq!(lines, ["/a/./shared", "six==1.17.0      --hash=sha256:ab"]);
    }
}
