//! Packages that an installer built on this machine: whether they can run on Lambda's.

use std::path::{Path, PathBuf};

use super::Interpreter;
use crate::artifact::{BuildFailure, elf};

/// Refuses packages that were built for another processor, another Python, or a newer C library than the function has.
/// Wheels of an index are what the installer was asked for.
///
/// # Errors
/// [`BuildFailure::WrongBinary`] with the package's name.
pub fn check(installed: &Path, interpreter: &Interpreter, owners: &[String]) -> Result<(), BuildFailure> {
    let folders = std::fs::read_dir(installed).map_err(|source| BuildFailure::read(installed, source))?;
    let mut packages: Vec<PathBuf> = folders.flatten().map(|entry| entry.path()).collect();
    packages.sort();
    for package in packages.iter().filter(|path| path.extension().is_some_and(|ending| ending == "dist-info")) {
        let wheel = std::fs::read_to_string(package.join("WHEEL")).unwrap_or_default();
        let problem = wheel
            .lines()
            .filter_map(|line| line.strip_prefix("Tag: "))
            .filter_map(Tag::of_host)
            .find_map(|tag| tag.mismatch(interpreter).or_else(|| too_new(installed, package, interpreter)));
        if let Some(problem) = problem {
            return Err(refused(package, &problem, owners));
        }
    }
    Ok(())
}

/// What a wheel is for that was built here and brings machine code.
struct Tag<'a> {
    python: &'a str,
    abi: &'a str,
    machine: &'a str,
}

impl<'a> Tag<'a> {
    /// Source: Python packaging specification, "Platform compatibility tags": an index takes no plain `linux_…`.
    fn of_host(tag: &'a str) -> Option<Tag<'a>> {
        let mut parts = tag.trim().splitn(3, '-');
        let (python, abi, platform) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Tag { python, abi, machine: platform.strip_prefix("linux_")? })
    }

    fn mismatch(&self, interpreter: &Interpreter) -> Option<String> {
        let python = format!("cp{}", interpreter.version.replace('.', ""));
        if self.machine != interpreter.machine() {
            return Some(format!("was built for {}, and the function runs on {}", self.machine, interpreter.machine()));
        }
        (self.abi != "abi3" && self.abi != "none" && self.python != python)
            .then(|| format!("was built for Python {}, and the function runs on {python}", self.python))
    }
}

/// The first file of a package that asks for a newer C library than the runtime has.
fn too_new(installed: &Path, package: &Path, interpreter: &Interpreter) -> Option<String> {
    let record = std::fs::read_to_string(package.join("RECORD")).ok()?;
    let files = record.lines().filter_map(|line| line.split(',').next()).filter(|file| file.contains(".so"));
    files.into_iter().find_map(|file| {
        let needed = elf::glibc_needed(&std::fs::read(installed.join(file)).ok()?)?;
        let has = (2, interpreter.glibc());
        (needed > has)
            .then(|| format!("({file}) needs glibc {}.{}, and its runtime has {}.{}", needed.0, needed.1, has.0, has.1))
    })
}

fn refused(package: &Path, problem: &str, owners: &[String]) -> BuildFailure {
    let name = package.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    BuildFailure::WrongPackage { owners: owners.to_vec(), package: name, problem: problem.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Architecture;

    fn checked(tag: &str, version: &str, architecture: Architecture) -> Result<(), String> {
        let folder = tempfile::tempdir().unwrap();
        let package = folder.path().join("own-0.1.dist-info");
        std::fs::create_dir(&package).unwrap();
        std::fs::write(package.join("WHEEL"), format!("Wheel-Version: 1.0\nTag: {tag}\n")).unwrap();
        let interpreter = Interpreter { version: version.to_owned(), architecture };
        check(folder.path(), &interpreter, &[]).map_err(|failure| failure.to_string())
    }

    #[test]
    fn what_was_built_here_has_to_fit_the_function() {
        assert_eq!(checked("cp311-cp311-linux_x86_64", "3.11", Architecture::X86_64), Ok(()));
        assert_eq!(checked("cp38-abi3-linux_x86_64", "3.11", Architecture::X86_64), Ok(()));
        assert_eq!(checked("py3-none-any", "3.13", Architecture::Arm64), Ok(()));
        assert_eq!(checked("cp312-cp312-manylinux_2_28_x86_64", "3.11", Architecture::Arm64), Ok(()));
        let refused = checked("cp311-cp311-linux_x86_64", "3.11", Architecture::Arm64).unwrap_err();
        assert!(refused.contains("own-0.1") && refused.contains("x86_64"), "{refused}");
        assert!(checked("cp311-cp311-linux_x86_64", "3.13", Architecture::X86_64).unwrap_err().contains("cp313"));
    }
}
