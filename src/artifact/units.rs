//! Which zips a stack is made of.

use std::path::{Path, PathBuf};

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::project::{Dialect, Target};
use crate::source::Span;
use crate::stack::package::Package;
use crate::stack::{self, Function, Named, Stack};

use serde_json::Value;

use super::{Architecture, ArtifactKind, Builder, Interpreter, Requirements, Selection, Unit, esbuild};

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
    if !stack.helpers().is_empty() {
        let file_name = stack::helper::FILE_NAME.to_owned();
        found.units.push(Unit { owners: Vec::new(), kind: ArtifactKind::Helper, file_name, builder: Builder::Helper });
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
                self.files(function);
            }
        }
    }

    fn rust(&mut self, function: &Named<Function>) {
        let Some(handler) = &function.value.handler else { return };
        let architecture = self.architecture(&function.value);
        self.units.push(Unit {
            owners: vec![function.name.clone()],
            kind: ArtifactKind::Function,
            file_name: format!("{}.zip", function.name),
            builder: Builder::Rust { handler: handler.text.clone(), architecture },
        });
    }

    /// A function of files: in a zip of its own, or in the one that all such functions share.
    fn files(&mut self, function: &Named<Function>) {
        let individual = self.stack.is_individual(&function.value);
        let name = if individual { &function.name } else { &self.stack.service };
        let file_name = format!("{name}.zip");
        let selection = self.selection(if individual { function.value.package.as_ref() } else { None });
        let builder = self.builder(function, selection);
        let same = |unit: &&mut Unit| !individual && unit.file_name == file_name && unit.builder.shares(&builder);
        if let Some(unit) = self.units.iter_mut().find(same) {
            unit.owners.push(function.name.clone());
            return unit.builder.also(builder);
        }
        self.units.push(Unit { owners: vec![function.name.clone()], kind: ArtifactKind::Function, file_name, builder });
    }

    fn builder(&self, function: &Named<Function>, selection: Selection) -> Builder {
        let root = self.stack.root.clone();
        match self.stack.builder(&function.value) {
            stack::Builder::Python => match self.requirements() {
                Some(requirements) => {
                    Builder::Python { root, selection, requirements, interpreter: self.interpreter(&function.value) }
                }
                None => Builder::Folder { root, selection },
            },
            stack::Builder::Node => match self.bundled(function) {
                Some((handler, options)) => Builder::Esbuild { root, handlers: vec![handler], options, selection },
                None => Builder::Folder {
                    root,
                    selection: Selection { without_development: self.without_development(), ..selection },
                },
            },
            _ => Builder::Folder { root, selection },
        }
    }

    /// Dependencies are installed for every Python function of a `stack.yaml`; a `serverless.yml` asks for it with a
    /// plugin.
    fn requirements(&self) -> Option<Requirements> {
        let asked = self.stack.dialect == Dialect::Stack || self.has_plugin("serverless-python-requirements");
        if asked { Requirements::find(&self.stack.root) } else { None }
    }

    fn interpreter(&self, function: &Function) -> Interpreter {
        let runtime = self.stack.lambda_runtime(function);
        let version = runtime.strip_prefix("python").unwrap_or("3.13").to_owned();
        Interpreter { version, architecture: self.architecture(function) }
    }

    /// The handler and the options when esbuild makes it: asked for by `build: esbuild` or its plugin, or TypeScript in a
    /// `stack.yaml`.
    fn bundled(&self, function: &Named<Function>) -> Option<(String, esbuild::Options)> {
        let handler = function.value.handler.as_ref()?.text.clone();
        let asked = self.build_option().or_else(|| self.plugin_option());
        let typescript = || {
            let source = esbuild::source_of(&self.stack.root, &handler)?;
            let ending = source.extension()?.to_str()?;
            (self.stack.dialect == Dialect::Stack && ["ts", "tsx", "mts", "cts"].contains(&ending))
                .then_some(Value::Null)
        };
        let options = asked.or_else(typescript)?;
        Some((handler, self.esbuild_options(function, &options)))
    }

    /// `build: esbuild` or `build: {esbuild: true | {…}}`.
    fn build_option(&self) -> Option<Value> {
        let build = self.stack.build.as_ref()?.to_json();
        let esbuild = if build == "esbuild" { Value::Bool(true) } else { build.get("esbuild")?.clone() };
        (esbuild != Value::Bool(false)).then_some(esbuild)
    }

    /// `custom.esbuild`, when the plugin is listed.
    fn plugin_option(&self) -> Option<Value> {
        let custom = || self.stack.custom.as_ref().and_then(|custom| custom.to_json().get("esbuild").cloned());
        self.has_plugin("serverless-esbuild").then(|| custom().unwrap_or(Value::Null))
    }

    fn esbuild_options(&self, function: &Named<Function>, options: &Value) -> esbuild::Options {
        let flag = |name: &str| options.get(name).is_some_and(|value| value != &Value::Bool(false) && !value.is_null());
        let runtime = self.stack.lambda_runtime(&function.value);
        let version = runtime.strip_prefix("nodejs").and_then(|rest| rest.split('.').next()).unwrap_or("22").to_owned();
        let listed = options.get("external").or_else(|| options.get("exclude")).and_then(Value::as_array);
        // Lambda's Node runtimes bring the AWS SDK of their time.
        let with_runtime = if version.parse::<u32>().is_ok_and(|major| major < 18) { "aws-sdk" } else { "@aws-sdk/*" };
        let external = match listed {
            Some(names) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            None => vec![with_runtime.to_owned()],
        };
        esbuild::Options {
            external,
            minify: flag("minify"),
            sourcemap: flag("sourcemap"),
            esm: options.get("format").and_then(Value::as_str) == Some("esm"),
            target: format!("node{version}"),
            with_patterns: self
                .stack
                .package
                .as_ref()
                .is_some_and(|package| package.patterns.iter().any(|pattern| !pattern.text.starts_with('!'))),
        }
    }

    fn without_development(&self) -> bool {
        let package = self.stack.package.as_ref();
        package.and_then(|package| package.exclude_dev_dependencies).is_none_or(|flag| flag.value)
    }

    fn has_plugin(&self, name: &str) -> bool {
        self.stack.plugins.iter().any(|plugin| plugin.text == name)
    }

    fn architecture(&self, function: &Function) -> Architecture {
        match self.stack.architecture(function) {
            Some(stack::function::Architecture::Arm) => Architecture::Arm64,
            Some(stack::function::Architecture::X86) => Architecture::X86_64,
            None if self.stack.target == Target::Local => Architecture::host().unwrap_or(Architecture::X86_64),
            None => Architecture::X86_64,
        }
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
        Selection { patterns: selected, excludes, secrets_allowed: false, without_development: false }
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
