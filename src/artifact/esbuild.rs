//! TypeScript and bundled JavaScript: esbuild, the project's own first.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::manifest::{Content, Entry, Manifest};
use super::record::Record;
use super::tool::Tool;
use super::{BuildEvent, BuildFailure, Selection, Unit, Workshop, select};

/// The esbuild that is fetched through npx when the project has none.
pub const PINNED: &str = "esbuild@0.28.2";

/// Endings of a handler's file, in the order in which they are looked for.
pub const ENDINGS: &[&str] = &["ts", "tsx", "mts", "cts", "js", "mjs", "cjs", "jsx"];

/// How the bundles are made: the options of `build.esbuild` that change the result.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Packages that are not bundled.
    pub external: Vec<String>,
    pub minify: bool,
    pub sourcemap: bool,
    /// Bundles are ES modules, `.mjs`.
    pub esm: bool,
    /// `node22`.
    pub target: String,
    /// Further files beside the bundles, as `package.patterns` selects them.
    pub with_patterns: bool,
}

/// The file of a handler `path/file.function`, with the ending that is there.
pub fn source_of(root: &Path, handler: &str) -> Option<PathBuf> {
    let (module, _) = handler.rsplit_once('.')?;
    ENDINGS.iter().map(|ending| root.join(format!("{module}.{ending}"))).find(|path| path.is_file())
}

/// The manifest of the bundles of all handlers, each where its handler says. Nothing is bundled again while no file that
/// went into the bundles has changed.
///
/// # Errors
/// A handler without a file; esbuild's own words; esbuild and npx both missing.
pub fn manifest(
    unit: &Unit,
    root: &Path,
    handlers: &[String],
    options: &Options,
    selection: &Selection,
    workshop: &Workshop,
    tell: &(dyn Fn(BuildEvent) + Sync),
) -> Result<Manifest, BuildFailure> {
    let request =
        blake3::hash(format!("{PINNED}|{}|{handlers:?}|{options:?}", root.display()).as_bytes()).to_hex().to_string();
    let folder = workshop.state_dir.join("artifacts").join(format!("esbuild-{}", &request[..32]));
    let record_path = folder.join("record.json");
    let bundles = match Record::outputs(&record_path, &request) {
        Some(bundles) => bundles,
        None => {
            std::fs::create_dir_all(&folder).map_err(|source| BuildFailure::write(&folder, source))?;
            let mut bundles = BTreeMap::new();
            let mut inputs =
                BTreeSet::from([root.join("package.json"), root.join("package-lock.json"), root.join("tsconfig.json")]);
            for handler in handlers {
                let name = bundle_name(handler, options);
                let target = folder.join(&name);
                inputs.extend(bundle(unit, root, handler, &target, options, workshop, tell)?);
                bundles.insert(name, target);
            }
            Record::save(&record_path, &request, &bundles, inputs)?;
            bundles
        }
    };
    let mut entries = Vec::new();
    for (name, target) in &bundles {
        entries.extend(written(name, target));
    }
    if options.with_patterns {
        entries.extend(select::entries(root, selection)?);
    }
    Manifest::new(entries)
}

fn bundle_name(handler: &str, options: &Options) -> String {
    let module = handler.rsplit_once('.').map_or(handler, |(module, _)| module);
    format!("{}.{}", module.trim_start_matches("./"), if options.esm { "mjs" } else { "js" })
}

/// The bundle, and its source map where there is one.
fn written(name: &str, target: &Path) -> Vec<Entry> {
    let entry = |path: String, file: PathBuf| Entry { path, executable: false, content: Content::File(file) };
    let map = PathBuf::from(format!("{}.map", target.display()));
    let mut entries = vec![entry(name.to_owned(), target.to_owned())];
    if map.is_file() {
        entries.push(entry(format!("{name}.map"), map));
    }
    entries
}

/// Bundles one handler and answers every file that went in.
fn bundle(
    unit: &Unit,
    root: &Path,
    handler: &str,
    target: &Path,
    options: &Options,
    workshop: &Workshop,
    tell: &(dyn Fn(BuildEvent) + Sync),
) -> Result<Vec<PathBuf>, BuildFailure> {
    let source = source_of(root, handler).ok_or_else(|| BuildFailure::UnknownHandler {
        owner: unit.owners.join(", "),
        handler: handler.to_owned(),
        candidates: Vec::new(),
    })?;
    let own = root.ancestors().map(|folder| folder.join("node_modules/.bin/esbuild")).find(|path| path.is_file());
    let mut command = match own {
        Some(program) => Command::new(program),
        None if workshop.tolerant => return Err(without_esbuild(unit)),
        None => {
            let mut npx = Command::new("npx");
            npx.args(["--yes", PINNED]);
            npx
        }
    };
    command.arg(&source).args(["--bundle", "--platform=node", "--log-level=warning", "--charset=utf8"]);
    command.arg(format!("--outfile={}", target.display()));
    command.arg(format!("--target={}", options.target));
    command.arg(if options.esm { "--format=esm" } else { "--format=cjs" });
    command.args(options.external.iter().map(|name| format!("--external:{name}")));
    command.args(options.minify.then_some("--minify"));
    command.args(options.sourcemap.then_some("--sourcemap"));
    let hint = "run `npm install --save-dev esbuild` in the project, or install Node with npm";
    let metafile = PathBuf::from(format!("{}.inputs.json", target.display()));
    command.arg(format!("--metafile={}", metafile.display()));
    Tool { name: "esbuild", owners: &unit.owners, hint }.run(&mut command, root, tell)?;
    inputs(root, &metafile)
}

/// The files that esbuild read, as its metafile lists them.
fn inputs(root: &Path, metafile: &Path) -> Result<Vec<PathBuf>, BuildFailure> {
    let unreadable = |source| BuildFailure::read(metafile, source);
    let text = std::fs::read(metafile).map_err(unreadable)?;
    let listed: serde_json::Value = serde_json::from_slice(&text).map_err(|error| unreadable(error.into()))?;
    let names = listed.get("inputs").and_then(serde_json::Value::as_object);
    Ok(names.into_iter().flatten().map(|(name, _)| root.join(name)).collect())
}

fn without_esbuild(unit: &Unit) -> BuildFailure {
    BuildFailure::ToolMissing {
        tool: "esbuild",
        owners: unit.owners.clone(),
        hint: "run `npm install --save-dev esbuild` in the project",
        source: std::io::Error::from(std::io::ErrorKind::NotFound),
    }
}
