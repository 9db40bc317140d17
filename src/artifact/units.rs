//! Which zips a stack is made of.

use std::path::{Path, PathBuf};

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::project::Target;
use crate::source::Span;
use crate::stack::package::Package;
use crate::stack::{self, Function, Named, Stack};

use super::{Architecture, ArtifactKind, Builder, Selection, Unit};

/// The zips of a stack: one a Rust function, one a function that is packaged individually, one for all others together,
/// one for each zip that is there already, one a layer.
///
/// # Errors
/// Functions whose builder does not exist, and paths that lead nowhere, each with its place.
pub fn units(stack: &Stack) -> Result<Vec<Unit>, Diagnostics> {
    let mut found = Found { stack, units: Vec::new(), mistakes: Diagnostics::default() };
    for function in &stack.functions.entries {
        found.function(function);
    }
    for layer in &stack.layers.entries {
        found.layer(layer);
    }
    if found.mistakes.errors() == 0 { Ok(found.units) } else { Err(found.mistakes) }
}

struct Found<'a> {
    stack: &'a Stack,
    units: Vec<Unit>,
    mistakes: Diagnostics,
}

impl Found<'_> {
    fn function(&mut self, function: &Named<Function>) {
        let key = function.name.as_str();
        match self.stack.builder(&function.value) {
            stack::Builder::Image => {}
            stack::Builder::StackStorm => self.mistakes.push(
                Diagnostic::error(
                    Code::UnsupportedKey,
                    function.span,
                    format!("`{key}` is a StackStorm action, which `deploy` cannot build yet"),
                )
                .hint("write the function in Rust, Python or Node, or give its zip as `package.artifact`"),
            ),
            stack::Builder::Prebuilt(path) => self.prebuilt(ArtifactKind::Function, key, function.span, &path),
            stack::Builder::Rust => self.rust(function),
            stack::Builder::Python | stack::Builder::Node | stack::Builder::Provided | stack::Builder::Folder => {
                self.folder(function);
            }
        }
    }

    fn rust(&mut self, function: &Named<Function>) {
        let Some(handler) = &function.value.handler else { return };
        let architecture = match self.stack.architecture(&function.value) {
            Some(stack::function::Architecture::Arm) => Architecture::Arm64,
            Some(stack::function::Architecture::X86) => Architecture::X86_64,
            None if self.stack.target == Target::Local => Architecture::host().unwrap_or(Architecture::X86_64),
            None => Architecture::X86_64,
        };
        self.units.push(Unit {
            owners: vec![function.name.clone()],
            kind: ArtifactKind::Function,
            file_name: format!("{}.zip", function.name),
            builder: Builder::Rust { handler: handler.text.clone(), architecture },
        });
    }

    fn folder(&mut self, function: &Named<Function>) {
        let own = function.value.package.as_ref();
        if !self.stack.is_individual(&function.value) {
            return self.shared(function);
        }
        let selection = self.selection(own);
        self.units.push(Unit {
            owners: vec![function.name.clone()],
            kind: ArtifactKind::Function,
            file_name: format!("{}.zip", function.name),
            builder: Builder::Folder { root: self.stack.root.clone(), selection },
        });
    }

    /// One zip for all functions that are not packaged individually.
    fn shared(&mut self, function: &Named<Function>) {
        let file_name = format!("{}.zip", self.stack.service);
        let is_shared =
            |unit: &&mut Unit| unit.file_name == file_name && matches!(unit.builder, Builder::Folder { .. });
        if let Some(unit) = self.units.iter_mut().find(is_shared) {
            return unit.owners.push(function.name.clone());
        }
        let selection = self.selection(None);
        self.units.push(Unit {
            owners: vec![function.name.clone()],
            kind: ArtifactKind::Function,
            file_name,
            builder: Builder::Folder { root: self.stack.root.clone(), selection },
        });
    }

    fn layer(&mut self, layer: &Named<stack::Layer>) {
        let given = layer.value.package.as_ref().and_then(|package| package.artifact.as_ref());
        if let Some(artifact) = given {
            return self.prebuilt(ArtifactKind::Layer, &layer.name, artifact.span, &artifact.text);
        }
        let Some(path) = &layer.value.path else { return };
        let root = self.stack.root.join(&path.text);
        if !root.is_dir() {
            return self.missing(path.span, &path.text, "the folder of the layer");
        }
        let patterns = layer.value.package.as_ref().map(patterns).unwrap_or_default();
        self.units.push(Unit {
            owners: vec![layer.name.clone()],
            kind: ArtifactKind::Layer,
            file_name: format!("{}.zip", layer.name),
            builder: Builder::Folder { root, selection: Selection { patterns, ..Selection::default() } },
        });
    }

    fn prebuilt(&mut self, kind: ArtifactKind, owner: &str, span: Span, path: &str) {
        let full = self.stack.root.join(path);
        if !full.is_file() {
            return self.missing(span, path, "the zip");
        }
        let same = |unit: &&mut Unit| {
            unit.kind == kind && matches!(&unit.builder, Builder::Prebuilt { path } if *path == full)
        };
        if let Some(unit) = self.units.iter_mut().find(same) {
            return unit.owners.push(owner.to_owned());
        }
        let file_name = file_name(&full);
        self.units.push(Unit {
            owners: vec![owner.to_owned()],
            kind,
            file_name,
            builder: Builder::Prebuilt { path: full },
        });
    }

    fn missing(&mut self, span: Span, path: &str, what: &str) {
        let message = format!("{what} `{path}` does not exist");
        let hint = "paths are relative to the folder of the configuration file";
        self.mistakes.push(Diagnostic::error(Code::FileNotFound, span, message).hint(hint));
    }

    fn selection(&self, own: Option<&Package>) -> Selection {
        let mut selected: Vec<String> = self.stack.package.as_ref().map(patterns).unwrap_or_default();
        selected.extend(own.map(patterns).unwrap_or_default());
        let layers = self.stack.layers.entries.iter().filter_map(|layer| layer.value.path.as_ref());
        let excludes =
            layers.map(|path| format!("{}/**", path.text.trim_start_matches("./").trim_end_matches('/'))).collect();
        Selection { patterns: selected, excludes, secrets_allowed: false }
    }
}

/// The older keys come first, as the Serverless Framework reads them: `exclude`, `include`, then `patterns`.
fn patterns(package: &Package) -> Vec<String> {
    let excluded = package.exclude.iter().map(|pattern| negated(&pattern.text));
    let others = package.include.iter().chain(&package.patterns).map(|pattern| pattern.text.clone());
    excluded.chain(others).collect()
}

fn negated(pattern: &str) -> String {
    match pattern.strip_prefix('!') {
        Some(kept) => kept.to_owned(),
        None => format!("!{pattern}"),
    }
}

fn file_name(path: &Path) -> String {
    let name: PathBuf = path.file_name().map(PathBuf::from).unwrap_or_default();
    name.to_string_lossy().into_owned()
}
