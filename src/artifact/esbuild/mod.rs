//! TypeScript and bundled JavaScript: esbuild, the project's own first.

mod options;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

pub use options::{Defaults, Options, reads_source_maps};

use super::manifest::{Entry, Manifest};
use super::record::Record;
use super::run::Run;
use super::tool::Tool;
use super::{BuildFailure, Secrets, Selection, Unit, node_modules, select};

/// The esbuild that is fetched through npx when the project has none.
pub const PINNED: &str = "esbuild@0.28.2";

/// Endings of a handler's file, in the order in which they are looked for.
pub const ENDINGS: &[&str] = &["ts", "tsx", "mts", "cts", "js", "mjs", "cjs", "jsx"];

/// Files beside the sources that rule what a bundle is.
const RULERS: &[&str] =
    &["package.json", "package-lock.json", "yarn.lock", "pnpm-lock.yaml", "tsconfig.json", "tsconfig.base.json"];

/// Handlers that are bundled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Builder {
    pub root: PathBuf,
    pub handlers: Vec<String>,
    pub options: Options,
    pub selection: Selection,
}

/// The file of a handler `path/file.function`, with the ending that is there.
pub fn source_of(root: &Path, handler: &str) -> Option<PathBuf> {
    let (module, _) = handler.rsplit_once('.')?;
    ENDINGS.iter().map(|ending| root.join(format!("{module}.{ending}"))).find(|path| path.is_file())
}

/// Whether a handler's file is an ES module: by its ending, or by the `type` of the project's `package.json`.
pub fn is_module(root: &Path, source: &Path) -> bool {
    match source.extension().and_then(|ending| ending.to_str()) {
        Some("mts" | "mjs") => true,
        Some("cts" | "cjs") => false,
        _ => {
            let text = std::fs::read(root.join("package.json")).unwrap_or_default();
            let manifest: Value = serde_json::from_slice(&text).unwrap_or_default();
            manifest.get("type").and_then(Value::as_str) == Some("module")
        }
    }
}

/// The manifest of the bundles of all handlers, each where its handler says, and of the packages that stay outside of
/// them. Nothing is bundled again while no file that went into the bundles has changed.
///
/// # Errors
/// A handler without a file; esbuild's own words; esbuild and npx both missing.
pub fn manifest(unit: &Unit, builder: &Builder, run: &Run) -> Result<(Manifest, Vec<String>), BuildFailure> {
    let bundles = bundles(unit, builder, run)?;
    let mut entries: Vec<Entry> = bundles.iter().map(|(name, path)| Entry::file(name.clone(), path)).collect();
    entries.extend(externals(builder)?);
    let mut left_out = Vec::new();
    if builder.options.with_patterns {
        let selected = run.select(&builder.root, &Selection { only_patterns: true, ..builder.selection.clone() })?;
        entries.extend(selected.entries);
        left_out = selected.left_out;
    }
    Ok((run.manifest(entries)?, left_out))
}

/// What esbuild wrote, by its path in the zip.
fn bundles(unit: &Unit, builder: &Builder, run: &Run) -> Result<BTreeMap<String, PathBuf>, BuildFailure> {
    let Builder { root, handlers, options, .. } = builder;
    let request = format!("{PINNED}|{}|{handlers:?}|{options:?}", root.display());
    let request = blake3::hash(request.as_bytes()).to_hex().to_string();
    let record_path = run.cache.path(&format!("esbuild-{}.json", &request[..32]));
    if let Some(bundles) = Record::outputs(&record_path, &request)
        && run.cache.has(&record_path)
        && bundles.values().filter_map(|path| kept_folder(run, path)).all(|folder| run.cache.has(&folder))
    {
        return Ok(bundles);
    }
    let draft = run.cache.draft()?;
    let target = draft.path().join("bundles");
    let inputs = bundle(unit, builder, &target, run)?;
    let all = Selection { secrets: Secrets::Allowed, ..Selection::default() };
    let written = run.manifest(select::select(&target, &all)?.entries)?;
    let folder = run.cache.path(&format!("esbuild-{}", &written.digest()[..32]));
    run.cache.keep(&target, &folder)?;
    let bundles = written.items().iter().map(|item| &item.entry.path);
    let bundles = bundles.map(|path| (path.clone(), folder.join(path))).collect();
    Record::save(run.cache, &record_path, &request, &bundles, inputs)?;
    Ok(bundles)
}

/// The folder of the cache that a bundle is in.
fn kept_folder(run: &Run, bundle: &Path) -> Option<PathBuf> {
    let cache = run.cache.path("");
    let below = bundle.strip_prefix(&cache).ok()?;
    below.components().next().map(|folder| cache.join(folder))
}

/// Bundles all handlers into `target` with one call and answers every file that went in.
fn bundle(unit: &Unit, builder: &Builder, target: &Path, run: &Run) -> Result<BTreeSet<PathBuf>, BuildFailure> {
    let Builder { root, handlers, options, .. } = builder;
    let mut command = program(unit, root, run.workshop.tolerant)?;
    for handler in handlers {
        let source = source_of(root, handler).ok_or_else(|| BuildFailure::Unsupported {
            problem: format!("the handler `{handler}` of {} has no file", unit.owners.join(", ")),
            hint: format!("a handler is `path/file.function`; the file may end in {}", ENDINGS.join(", ")),
        })?;
        command.arg(source);
    }
    let metafile = target.with_extension("inputs.json");
    command.arg("--log-level=warning").args(&options.flags);
    command.args(options.external.iter().chain(&options.excluded).map(|name| format!("--external:{name}")));
    command.args(options.packages_external.then_some("--packages=external"));
    command.arg(format!("--outdir={}", target.display())).arg(format!("--outbase={}", root.display()));
    command.args((options.extension != ".js").then(|| format!("--out-extension:.js={}", options.extension)));
    command.arg(format!("--metafile={}", metafile.display()));
    let hint = "run `npm install --save-dev esbuild` in the project, or install Node with npm";
    Tool { name: "esbuild", owners: &unit.owners, hint }.run(&mut command, root, run.tell)?;
    inputs(root, &metafile)
}

/// The project's esbuild, from its folder or one above it; else a pinned one through npx.
fn program(unit: &Unit, root: &Path, tolerant: bool) -> Result<Command, BuildFailure> {
    let own = root.ancestors().map(|folder| folder.join("node_modules/.bin/esbuild")).find(|path| path.is_file());
    match own {
        Some(program) => Ok(Command::new(program)),
        None if tolerant => Err(without_esbuild(unit)),
        None => {
            let mut npx = Command::new("npx");
            npx.args(["--yes", PINNED]);
            Ok(npx)
        }
    }
}

/// The files that esbuild read, as its metafile lists them, and those that rule how it reads.
fn inputs(root: &Path, metafile: &Path) -> Result<BTreeSet<PathBuf>, BuildFailure> {
    let unreadable = |source| BuildFailure::read(metafile, source);
    let text = std::fs::read(metafile).map_err(unreadable)?;
    let listed: Value = serde_json::from_slice(&text).map_err(|error| unreadable(error.into()))?;
    let names = listed.get("inputs").and_then(Value::as_object);
    let read = names.into_iter().flatten().map(|(name, _)| root.join(name));
    Ok(read.chain(RULERS.iter().map(|name| root.join(name))).collect())
}

/// The packages that are not bundled, with everything that they depend on.
fn externals(builder: &Builder) -> Result<Vec<Entry>, BuildFailure> {
    let Builder { root, options, .. } = builder;
    let mut names: Vec<String> =
        options.external.iter().filter(|name| !name.contains(['*', '/']) || name.starts_with('@')).cloned().collect();
    if options.packages_external {
        names.extend(node_modules::dependencies(root)?);
    }
    names.retain(|name| !options.excluded.iter().any(|excluded| matches_package(excluded, name)));
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let real = root.canonicalize().map_err(|source| BuildFailure::read(root, source))?;
    if let Some(missing) = names.iter().find(|name| node_modules::resolve(&real, &real, name).is_none()) {
        return Err(BuildFailure::Unsupported {
            problem: format!("the package `{missing}` is external, and is not installed in node_modules"),
            hint: "install the project's packages, or list it under `exclude` if a layer or the runtime brings it"
                .to_owned(),
        });
    }
    let all = Selection { secrets: Secrets::Allowed, ..Selection::default() };
    let mut entries = Vec::new();
    for package in node_modules::closure(&real, &names)? {
        let Some(place) = package.strip_prefix(&real).ok().and_then(Path::to_str) else { continue };
        let files = select::select(&package, &all)?.entries;
        let own = files.into_iter().filter(|entry| !entry.path.starts_with("node_modules/"));
        entries.extend(own.map(|entry| Entry { path: format!("{place}/{}", entry.path), ..entry }));
    }
    Ok(entries)
}

/// Whether a name of `exclude`, perhaps with `*` at its end, names a package.
fn matches_package(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |start| name.starts_with(start))
}

fn without_esbuild(unit: &Unit) -> BuildFailure {
    BuildFailure::ToolMissing {
        tool: "esbuild",
        owners: unit.owners.clone(),
        hint: "run `npm install --save-dev esbuild` in the project",
        source: std::io::Error::from(std::io::ErrorKind::NotFound),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        folder
    }

    #[test]
    fn external_packages_are_zipped_with_what_they_need() {
        let root = folder(&[
            ("node_modules/a/package.json", r#"{"dependencies": {"b": "1"}}"#),
            ("node_modules/a/index.js", ""),
            ("node_modules/b/index.js", ""),
            ("node_modules/c/index.js", ""),
        ]);
        let with = |external: &[&str]| {
            let external = external.iter().map(|name| (*name).to_owned()).collect();
            let options = Options { external, ..Options::default() };
            externals(&Builder {
                root: root.path().to_owned(),
                handlers: Vec::new(),
                options,
                selection: Selection::default(),
            })
        };
        let mut names: Vec<String> = with(&["a"]).unwrap().into_iter().map(|entry| entry.path).collect();
        names.sort();
        assert_eq!(names, ["node_modules/a/index.js", "node_modules/a/package.json", "node_modules/b/index.js"]);
        assert!(with(&["sharp"]).unwrap_err().to_string().contains("sharp"));
    }

    #[test]
    fn a_module_is_known_by_its_ending_or_by_the_project() {
        let root = folder(&[("package.json", r#"{"type": "module"}"#)]);
        assert!(is_module(root.path(), Path::new("a.ts")) && !is_module(root.path(), Path::new("a.cts")));
        assert!(
            !is_module(Path::new("/nowhere"), Path::new("a.ts"))
                && is_module(Path::new("/nowhere"), Path::new("a.mjs"))
        );
    }
}
