//! What a Python function depends on: installed once per list of requirements, as wheels for Lambda's machine.

mod built;
mod installer;

use std::path::{Path, PathBuf};

use super::manifest::{Entry, Manifest};
use super::requirements::{self, Requirements};
use super::rules::Pattern;
use super::run::Run;
use super::select::Selected;
use super::tool::{self, Tool};
use super::{Architecture, BuildFailure, Secrets, Selection, Unit, select};
pub use requirements::names_dependencies;

/// What an installer writes that no function needs and that differs from run to run.
const LEFT_OUT: &[&str] = &[
    "!bin/**",
    "!**/__pycache__/**",
    "!*.dist-info/RECORD",
    "!*.dist-info/INSTALLER",
    "!*.dist-info/REQUESTED",
    "!*.dist-info/direct_url.json",
    "!*.dist-info/uv_cache.json",
    "!*.dist-info/uv_build.json",
    "!.lock",
];

/// What building a package of one's own leaves in its folder.
const BUILT: &[&str] = &["build/**", "*.egg-info/**", "src/*.egg-info/**"];

/// What `slim` leaves out.
///
/// Source: serverless-python-requirements, "Slim Package".
const SLIM: &[&str] = &["**/*.py[co]", "**/__pycache__*", "**/*.dist-info*"];

/// How a function's dependencies become files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Builder {
    pub root: PathBuf,
    pub selection: Selection,
    pub requirements: Requirements,
    pub interpreter: Interpreter,
    pub options: Options,
    /// The folder in the zip that dependencies go to: empty for a function, `python` for a layer.
    pub below: &'static str,
}

/// The options of `custom.pythonRequirements` that change what is packaged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Patterns of files and folders to leave out of the dependencies.
    pub slim: Vec<String>,
    /// `noDeploy`: packages to leave out; none for what the runtime brings.
    pub left_out: Option<Vec<String>>,
}

impl Options {
    /// With `slim` and further patterns.
    pub fn slim_patterns(own: Vec<String>, with_defaults: bool) -> Vec<String> {
        let defaults = SLIM.iter().filter(|_| with_defaults).map(|pattern| (*pattern).to_owned());
        defaults.chain(own).collect()
    }
}

/// Which Python the wheels are for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interpreter {
    /// `3.13`.
    pub version: String,
    pub architecture: Architecture,
}

impl Interpreter {
    /// The newest C library (2.x) that wheels may ask for: the one of the runtime's Amazon Linux.
    ///
    /// Source: AWS Lambda developer guide, "Lambda runtimes": Python 3.12 and later run on Amazon Linux 2023 (glibc 2.34),
    /// earlier ones on Amazon Linux 2 (glibc 2.26).
    fn glibc(&self) -> u32 {
        let minor = self.version.strip_prefix("3.").and_then(|minor| minor.parse::<u32>().ok());
        if minor.is_some_and(|minor| minor < 12) { 26 } else { 34 }
    }

    fn machine(&self) -> &'static str {
        match self.architecture {
            Architecture::X86_64 => "x86_64",
            Architecture::Arm64 => "aarch64",
        }
    }
}

/// The manifest of a function's files and everything that it depends on; its own files win.
///
/// # Errors
/// As [`select::select`] for its own files; the installer's words when a dependency has no wheel for Lambda's
/// machine; a missing installer.
pub fn manifest(unit: &Unit, builder: &Builder, run: &Run) -> Result<(Manifest, Vec<String>), BuildFailure> {
    let installed = install(unit, builder, run)?;
    let mut selection = builder.selection.clone();
    selection.excludes.extend(installed.iter().flat_map(|installed| installed.built_below(&builder.root)));
    let Selected { mut entries, left_out } = run.select(&builder.root, &selection)?;
    if let Some(Installed { folder: installed, .. }) = installed {
        let patterns = LEFT_OUT.iter().map(|pattern| (*pattern).to_owned()).collect();
        let all = Selection { patterns, secrets: Secrets::Allowed, ..Selection::default() };
        let dependencies = slimmed(select::select(&installed, &all)?.entries, &builder.options.slim)?;
        entries.extend(dependencies.into_iter().map(|entry| match builder.below {
            "" => entry,
            folder => Entry { path: format!("{folder}/{}", entry.path), ..entry },
        }));
    }
    if entries.is_empty() {
        return Err(BuildFailure::Empty { root: builder.root.clone() });
    }
    Ok((run.manifest(entries)?, left_out))
}

/// The entries that no pattern names, itself or a folder above it.
fn slimmed(entries: Vec<Entry>, patterns: &[String]) -> Result<Vec<Entry>, BuildFailure> {
    let mut globs = Vec::with_capacity(2 * patterns.len());
    for pattern in patterns {
        globs.push(Pattern::new(pattern)?);
        globs.push(Pattern::new(&format!("{}/**", pattern.trim_end_matches('/')))?);
    }
    Ok(entries.into_iter().filter(|entry| !globs.iter().any(|glob| glob.matches(&entry.path))).collect())
}

/// Installed dependencies.
struct Installed {
    folder: PathBuf,
    /// The folders on this machine that packages were built from.
    sources: Vec<PathBuf>,
}

impl Installed {
    /// Patterns for what the builds of packages below `root` left there: no build is to change what the next one zips.
    fn built_below(&self, root: &Path) -> Vec<String> {
        let below = self.sources.iter().filter_map(|source| source.strip_prefix(root).ok()?.to_str());
        let parts = below.map(|below| below.trim_start_matches("./"));
        parts
            .filter(|below| !below.is_empty())
            .flat_map(|below| BUILT.iter().map(move |p| format!("{below}/{p}")))
            .collect()
    }
}

/// The installed dependencies, from an earlier run if the list and the machine are the same; none when nothing is left
/// to install.
fn install(unit: &Unit, builder: &Builder, run: &Run) -> Result<Option<Installed>, BuildFailure> {
    let workshop = run.workshop;
    let left_out = if workshop.runs_on_host { Some([].as_slice()) } else { builder.options.left_out.as_deref() };
    let of_runtime = if left_out.is_none() { requirements::IN_RUNTIME } else { &[] };
    // One installer at a time: functions with the same list wait for the first one and take its folder.
    let _turn = run.turn();
    let lines = requirements::without(listed(unit, &builder.requirements, of_runtime, run)?, left_out);
    if lines.iter().all(|line| line.starts_with('-')) {
        return Ok(None);
    }
    let sources = lines.iter().filter_map(|line| requirements::local(line)).filter(|path| path.is_dir()).collect();
    let list = lines.join("\n") + "\n";
    let uv = tool::is_there("uv");
    let key = key(&list, &builder.interpreter, workshop.runs_on_host, uv, &local_content(&lines, run)?);
    let folder = run.cache.path(&format!("python-{key}"));
    if run.cache.has(&folder) {
        return Ok(Some(Installed { folder, sources }));
    }
    let draft = run.cache.draft()?;
    let list_path = draft.path().join("requirements.txt");
    std::fs::write(&list_path, &list).map_err(|source| BuildFailure::write(&list_path, source))?;
    let target = draft.path().join("installed");
    std::fs::create_dir(&target).map_err(|source| BuildFailure::write(&target, source))?;
    let (name, mut command) = if uv {
        ("uv", installer::uv(&builder.interpreter, workshop.runs_on_host, &lines))
    } else {
        ("pip", installer::pip(&builder.interpreter, workshop.runs_on_host))
    };
    command.arg("--requirement").arg(&list_path).arg("--target").arg(&target);
    let hint = "install uv (https://docs.astral.sh/uv) or Python with pip";
    Tool { name, owners: &unit.owners, hint }.run(&mut command, builder.requirements.folder(), run.tell)?;
    if !workshop.runs_on_host {
        built::check(&target, &builder.interpreter, &unit.owners)?;
    }
    run.cache.keep(&target, &folder)?;
    Ok(Some(Installed { folder, sources }))
}

/// The list of requirements. What a tool read from a lock is kept for as long as the lock is the same.
fn listed(
    unit: &Unit,
    requirements: &Requirements,
    of_runtime: &[&str],
    run: &Run,
) -> Result<Vec<String>, BuildFailure> {
    let path = requirements.path();
    let lock = std::fs::read(path).map_err(|source| BuildFailure::read(path, source))?;
    if matches!(requirements, Requirements::File(_) | Requirements::PipfileLock(_)) {
        return requirements.list(&unit.owners, of_runtime, &|_, _| Ok(Vec::new()));
    }
    let project = std::fs::read(requirements.folder().join("pyproject.toml")).unwrap_or_default();
    let mut hasher = blake3::Hasher::new();
    hasher.update(path.as_os_str().as_encoded_bytes()).update(&lock).update(&project);
    let hash =
        hasher.update(requirements.folder().as_os_str().as_encoded_bytes()).update(&[u8::from(of_runtime.is_empty())]);
    let hash = hash.finalize();
    let kept = run.cache.path(&format!("python-{}.txt", &hash.to_hex()[..32]));
    if let Ok(text) = std::fs::read_to_string(&kept) {
        return Ok(text.lines().map(str::to_owned).collect());
    }
    let lines = requirements
        .list(&unit.owners, of_runtime, &|tool, command| tool.run(command, requirements.folder(), run.tell))?;
    run.cache.keep_text(&kept, &(lines.join("\n") + "\n"))?;
    Ok(lines)
}

/// What paths in the list hold, as digests: packages of the project itself and lists of constraints.
fn local_content(lines: &[String], run: &Run) -> Result<String, BuildFailure> {
    let mut digests = String::new();
    for line in lines {
        if let Some(path) = requirements::local(line) {
            let entries = if path.is_dir() {
                let excludes = BUILT.iter().map(|pattern| (*pattern).to_owned()).collect();
                select::select(&path, &Selection { secrets: Secrets::Allowed, excludes, ..Selection::default() })?
                    .entries
            } else {
                vec![Entry::file(line.clone(), &path)]
            };
            digests.push_str(run.manifest(entries)?.digest());
        }
    }
    Ok(digests)
}

fn key(list: &str, interpreter: &Interpreter, runs_on_host: bool, uv: bool, local: &str) -> String {
    let exact = runs_on_host && tool::is_there(&format!("python{}", interpreter.version));
    let machine =
        format!("{}|{}|{runs_on_host}|{exact}|{uv}|{local}|", interpreter.version, interpreter.architecture.triple());
    let hash = blake3::Hasher::new().update(machine.as_bytes()).update(list.as_bytes()).finalize();
    hash.to_hex()[..32].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interpreter(version: &str, architecture: Architecture) -> Interpreter {
        Interpreter { version: version.to_owned(), architecture }
    }

    #[test]
    fn another_machine_is_another_installation() {
        let keys: std::collections::BTreeSet<String> =
            [("3.12", Architecture::X86_64), ("3.13", Architecture::X86_64), ("3.13", Architecture::Arm64)]
                .map(|(version, architecture)| key("six", &interpreter(version, architecture), false, true, ""))
                .into();
        assert_eq!(keys.len(), 3);
    }

    #[test]
    fn slim_patterns_name_files_and_whole_folders() {
        let entry = |path: &str| Entry::file(path.to_owned(), Path::new(path));
        let all = vec![entry("a.py"), entry("a.pyc"), entry("a-1.dist-info/METADATA"), entry("b/tests/c.py")];
        let own = Options::slim_patterns(vec!["**/tests".to_owned()], true);
        let kept: Vec<String> = slimmed(all, &own).unwrap().into_iter().map(|entry| entry.path).collect();
        assert_eq!(kept, ["a.py"]);
    }
}
