//! The commands that install packages.

use std::process::Command;

use super::{Interpreter, requirements, tool};

/// The program that runs the function on this machine: the exact version, else the machine's Python.
fn host_python(interpreter: &Interpreter) -> String {
    let exact = format!("python{}", interpreter.version);
    if tool::answers(&exact) { exact } else { "python3".to_owned() }
}

/// Wheels for the interpreter that runs the function here, or for Lambda's. A package of the project's own, or of a
/// repository, has none, and is built.
pub fn uv(interpreter: &Interpreter, runs_on_host: bool, lines: &[String]) -> Command {
    let mut command = Command::new("uv");
    command.args(["pip", "install", "--quiet", "--no-compile-bytecode"]);
    if runs_on_host {
        command.args(["--python", &host_python(interpreter)]);
    } else {
        let level = if interpreter.glibc() < 28 { "manylinux_2_17" } else { "manylinux_2_28" };
        let platform = format!("{}-{level}", interpreter.machine());
        command.args(["--python-version", &interpreter.version]);
        command.args(["--python-platform", &platform, "--only-binary", ":all:"]);
        for name in lines.iter().filter_map(|line| requirements::built(line)) {
            command.args(["--no-binary", &name]);
        }
    }
    command
}

/// As [`uv`], with pip; which builds packages of the project's own without being asked.
pub fn pip(interpreter: &Interpreter, runs_on_host: bool) -> Command {
    let program = if runs_on_host { host_python(interpreter) } else { "python3".to_owned() };
    let mut command = Command::new(program);
    command.args(["-m", "pip", "install", "--quiet", "--no-compile", "--disable-pip-version-check", "--no-input"]);
    if !runs_on_host {
        let machine = interpreter.machine();
        for minor in (5..=interpreter.glibc()).rev() {
            command.args(["--platform", &format!("manylinux_2_{minor}_{machine}")]);
        }
        command.args(["--platform", &format!("manylinux2014_{machine}"), "--platform", &format!("linux_{machine}")]);
        command.args(["--python-version", &interpreter.version, "--implementation", "cp", "--only-binary", ":all:"]);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Architecture;

    fn interpreter(version: &str, architecture: Architecture) -> Interpreter {
        Interpreter { version: version.to_owned(), architecture }
    }

    fn words(command: &Command) -> Vec<String> {
        command.get_args().map(|word| word.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn wheels_ask_for_no_newer_c_library_than_the_runtime_has() {
        let on_al2 = words(&pip(&interpreter("3.11", Architecture::Arm64), false));
        assert!(on_al2.contains(&"manylinux_2_26_aarch64".to_owned()));
        assert!(!on_al2.contains(&"manylinux_2_28_aarch64".to_owned()));
        let on_al2023 = words(&pip(&interpreter("3.13", Architecture::X86_64), false));
        assert!(on_al2023.contains(&"manylinux_2_34_x86_64".to_owned()));
        let with_uv = words(&uv(
            &interpreter("3.11", Architecture::X86_64),
            false,
            &["a @ git+https://example.com/a".to_owned()],
        ));
        assert!(with_uv.contains(&"x86_64-manylinux_2_17".to_owned()));
        assert!(with_uv.ends_with(&["--only-binary", ":all:", "--no-binary", "a"].map(str::to_owned)));
    }
}
