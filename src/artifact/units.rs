//! Which zips a stack is made of.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::python::{Interpreter, Options as PythonOptions};
use super::{Architecture, ArtifactKind, Builder, Requirements, Secrets, Selection, Unit, elf, esbuild, python};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::project::{Dialect, Target};
use crate::source::Span;
use crate::stack::package::Package;
use crate::stack::{self, Function, Named, Stack, Text};

/// The zips of a stack: one a Rust function, one a function that is packaged individually, one for all others together,
/// one for each zip that is there already, one a layer.
///
/// # Errors
/// Functions whose builder does not exist, and paths that lead nowhere, each with its place.
pub fn units(stack: &Stack) -> Result<Vec<Unit>, Diagnostics> {
    let mut found = Found { stack, units: Vec::new(), mistakes: Diagnostics::default() };
    if stack.dialect == Dialect::Stack {
        found.patterns();
    }
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
    if found.mistakes.errors() > 0 {
        return Err(found.mistakes);
    }
    distinct_names(&mut found.units);
    Ok(found.units)
}

/// Gives every zip a file name of its own: the second `app.zip` is `app-2.zip`.
fn distinct_names(units: &mut [Unit]) {
    let mut taken: HashSet<String> = HashSet::new();
    for unit in units {
        let mut name = unit.file_name.clone();
        let mut number = 2;
        while !taken.insert(name.clone()) {
            let (stem, ending) = unit.file_name.rsplit_once('.').unwrap_or((&unit.file_name, "zip"));
            name = format!("{stem}-{number}.{ending}");
            number += 1;
        }
        unit.file_name = name;
    }
}

struct Found<'a> {
    stack: &'a Stack,
    units: Vec<Unit>,
    mistakes: Diagnostics,
}

impl Found<'_> {
    /// Patterns that could never fit a file: paths are relative, and `..` stands only at their beginning.
    fn patterns(&mut self) {
        let functions = self.stack.functions.entries.iter().filter_map(|function| function.value.package.as_ref());
        let layers = self.stack.layers.entries.iter().filter_map(|layer| layer.value.package.as_ref());
        let packages = self.stack.package.iter().chain(functions).chain(layers);
        for pattern in
            packages.flat_map(|package| package.exclude.iter().chain(&package.include).chain(&package.patterns))
        {
            let plain = pattern.text.trim_start_matches('!');
            let inner = plain.trim_start_matches("./").trim_start_matches("../");
            if plain.starts_with('/') || inner.split('/').any(|part| part == "..") {
                let message = format!("the pattern `{}` fits no file", pattern.text);
                let hint = "patterns are relative to the folder of the configuration file, and `..` stands only at the beginning";
                self.mistakes.push(Diagnostic::error(Code::FileNotFound, pattern.span, message).hint(hint));
            }
        }
    }

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
            stack::Builder::Prebuilt(path) => {
                let secrets = self.secrets(function.value.package.as_ref());
                self.prebuilt(ArtifactKind::Function, key, function.span, &path, secrets);
            }
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
            builder: Builder::Rust {
                handler: handler.text.clone(),
                architecture,
                runtime: self.stack.lambda_runtime(&function.value),
            },
        });
    }

    /// A function of files: in a zip of its own, or in the one that all such functions share.
    fn files(&mut self, function: &Named<Function>) {
        let individual = self.stack.is_individual(&function.value);
        let selection = self.selection(if individual { function.value.package.as_ref() } else { None });
        let Some(builder) = self.builder(function, individual, selection) else { return };
        let individual = individual || matches!(builder, Builder::Binary { .. });
        let name = if individual { &function.name } else { &self.stack.service };
        let file_name = format!("{name}.zip");
        let same = |unit: &&mut Unit| !individual && unit.file_name == file_name && unit.builder.shares(&builder);
        if let Some(unit) = self.units.iter_mut().find(same) {
            unit.owners.push(function.name.clone());
            return unit.builder.also(builder);
        }
        self.units.push(Unit { owners: vec![function.name.clone()], kind: ArtifactKind::Function, file_name, builder });
    }

    fn builder(&mut self, function: &Named<Function>, individual: bool, selection: Selection) -> Option<Builder> {
        let root = self.stack.root.clone();
        Some(match self.stack.builder(&function.value) {
            stack::Builder::Python => self.python(function, individual, selection)?,
            stack::Builder::Node => match self.bundled(function) {
                Some(given) => self.esbuild(function, &given, selection)?,
                None => {
                    self.check_installed(function, &root);
                    let without_development = self.without_development();
                    Builder::Folder { root, selection: Selection { without_development, ..selection } }
                }
            },
            stack::Builder::Provided => self.binary(function).unwrap_or(Builder::Folder { root, selection }),
            _ => Builder::Folder { root, selection },
        })
    }

    /// Yarn's Plug'n'Play puts packages where only its own loader finds them.
    fn check_installed(&mut self, function: &Named<Function>, root: &Path) {
        let plug_and_play = root.join(".pnp.cjs").is_file() && !root.join("node_modules").is_dir();
        if self.stack.dialect == Dialect::Stack && plug_and_play {
            let message = "the packages are in Yarn's Plug'n'Play, which Lambda's Node does not read";
            let hint = "write `nodeLinker: node-modules` into .yarnrc.yml and run `yarn install`, or bundle with `build: esbuild`";
            self.mistakes.push(Diagnostic::error(Code::UnsupportedKey, function.span, message).hint(hint));
        }
    }

    /// A function whose handler is a Linux binary that is there: it becomes the `bootstrap` that the runtime starts.
    fn binary(&self, function: &Named<Function>) -> Option<Builder> {
        let handler = &function.value.handler.as_ref()?.text;
        let path = self.stack.root.join(handler);
        let is_elf = elf::is_elf(&path);
        (is_elf && Path::new(handler) != Path::new("bootstrap")).then(|| Builder::Binary {
            path,
            architecture: self.architecture(&function.value),
            runtime: self.stack.lambda_runtime(&function.value),
        })
    }

    /// A Python function, with its dependencies where it has any. `module` makes its folder the root of the zip.
    fn python(&mut self, function: &Named<Function>, individual: bool, selection: Selection) -> Option<Builder> {
        let module = function.value.module.as_ref().filter(|_| individual).map(|module| module.text.as_str());
        let root = module.map_or_else(|| self.stack.root.clone(), |module| self.stack.root.join(module));
        if !root.is_dir() {
            self.missing(function.span, module.unwrap_or("."), "the folder of the module");
            return None;
        }
        let settings = self.python_settings();
        let options = self.python_options(&settings, function.span)?;
        let Some(requirements) = self.requirements(function, &root, individual, &settings) else {
            if self.stack.dialect == Dialect::Stack && python::names_dependencies(&root) {
                let message = "pyproject.toml names dependencies, and nothing says in which versions they are packaged";
                let hint = "`uv lock` or `poetry lock` says it; a requirements.txt does as well";
                self.mistakes.push(Diagnostic::error(Code::FileNotFound, function.span, message).hint(hint));
            }
            return Some(Builder::Folder { root, selection });
        };
        Some(Builder::Python(python::Builder {
            root,
            selection,
            requirements,
            interpreter: self.interpreter(&function.value),
            options,
            below: "",
        }))
    }

    /// `custom.pythonRequirements`.
    fn python_settings(&self) -> Value {
        let custom = self.stack.custom.as_ref().map(|custom| custom.to_json());
        custom.and_then(|custom| custom.get("pythonRequirements").cloned()).unwrap_or_default()
    }

    /// The options that change what is packaged; those that cannot be followed are mistakes.
    ///
    /// Source: serverless-python-requirements, README.
    fn python_options(&mut self, settings: &Value, span: Span) -> Option<PythonOptions> {
        let flag = |name: &str| settings.get(name).is_some_and(|value| value.as_bool() == Some(true));
        let said =
            |name: &&&str| settings.get(**name).is_some_and(|value| !value.is_null() && value != &Value::Bool(false));
        let refused = ["zip", "vendor", "layer", "strip"];
        if let Some(name) = refused.iter().find(said) {
            let message = format!("`custom.pythonRequirements.{name}` is not supported");
            let hint = match *name {
                "layer" => "make a layer: `layers: {deps: {path: deps}}` with a requirements.txt in the folder `deps`",
                "zip" => "take it out: packages are found without being unzipped first",
                "vendor" => "put the vendored packages beside the functions",
                _ => "take it out: wheels come without debug symbols",
            };
            self.mistakes.push(Diagnostic::error(Code::UnsupportedKey, span, message).hint(hint));
            return None;
        }
        let own = texts(settings.get("slimPatterns"));
        let defaults = settings.get("slimPatternsAppendDefaults") != Some(&Value::Bool(false));
        let slim =
            if flag("slim") { PythonOptions::slim_patterns(own.unwrap_or_default(), defaults) } else { Vec::new() };
        let listed = texts(settings.get("noDeploy"));
        Some(PythonOptions { slim, left_out: listed })
    }

    /// Dependencies are installed for every Python function of a `stack.yaml`, from the list that is nearest to its handler;
    /// a `serverless.yml` asks for it with a plugin, for the whole service or for the module.
    fn requirements(
        &self,
        function: &Named<Function>,
        root: &Path,
        individual: bool,
        settings: &Value,
    ) -> Option<Requirements> {
        let file_name = settings.get("fileName").and_then(Value::as_str).unwrap_or("requirements.txt");
        let find = |folder: &Path| Requirements::find(folder, file_name);
        if self.stack.dialect == Dialect::Serverless {
            let plugin = self.stack.has_plugin("serverless-python-requirements");
            let own = if individual { find(root) } else { None };
            return own.or_else(|| find(&self.stack.root)).filter(|_| plugin);
        }
        let handler = function.value.handler.as_ref().map_or("", |handler| handler.text.as_str());
        let start = root.join(handler);
        let nearest =
            start.ancestors().skip(1).take_while(|folder| folder.starts_with(&self.stack.root)).find_map(find);
        nearest.or_else(|| find(&self.stack.root))
    }

    fn interpreter(&self, function: &Function) -> Interpreter {
        let runtime = self.stack.lambda_runtime(function);
        let version = runtime.strip_prefix("python").unwrap_or("3.13").to_owned();
        Interpreter { version, architecture: self.architecture(function) }
    }

    fn bundled(&self, function: &Named<Function>) -> Option<Value> {
        bundled(self.stack, function)
    }

    fn esbuild(&mut self, function: &Named<Function>, given: &Value, selection: Selection) -> Option<Builder> {
        let handler = function.value.handler.as_ref()?.text.clone();
        let runtime = self.stack.lambda_runtime(&function.value);
        let node = runtime.strip_prefix("nodejs").and_then(|rest| rest.split('.').next()?.parse().ok()).unwrap_or(22);
        let root = self.stack.root.clone();
        let modules = esbuild::source_of(&root, &handler).is_some_and(|source| esbuild::is_module(&root, &source));
        let read = esbuild::Options::read(given, &esbuild::Defaults { node, modules });
        let options = match read {
            Ok(options) => options,
            Err(failure) => {
                let diagnostic = Diagnostic::error(Code::UnsupportedKey, function.span, failure.to_string());
                self.mistakes.push(diagnostic.hint(failure.hint().unwrap_or_default()));
                return None;
            }
        };
        let with_patterns = selection.patterns.iter().any(|pattern| !pattern.starts_with('!'));
        let options = esbuild::Options { with_patterns, ..options };
        Some(Builder::Esbuild(esbuild::Builder { root, handlers: vec![handler], options, selection }))
    }

    fn without_development(&self) -> bool {
        let package = self.stack.package.as_ref();
        package.and_then(|package| package.exclude_dev_dependencies).is_none_or(|flag| flag.value)
    }

    fn architecture(&self, function: &Function) -> Architecture {
        self.processor(self.stack.architecture(function))
    }

    fn processor(&self, written: Option<stack::function::Architecture>) -> Architecture {
        match written {
            Some(stack::function::Architecture::Arm) => Architecture::Arm64,
            Some(stack::function::Architecture::X86) => Architecture::X86_64,
            None if self.stack.target == Target::Local => Architecture::host().unwrap_or(Architecture::X86_64),
            None => Architecture::X86_64,
        }
    }

    /// The function's or layer's own `allowSecretsInArtifact`, else the one of the whole service.
    fn secrets(&self, own: Option<&Package>) -> Secrets {
        let said = |package: &Package| package.allow_secrets.map(|flag| flag.value);
        let allowed = own.and_then(said).or_else(|| self.stack.package.as_ref().and_then(said));
        if allowed == Some(true) { Secrets::Allowed } else { Secrets::Refused }
    }

    fn layer(&mut self, layer: &Named<stack::Layer>) {
        let package = layer.value.package.as_ref();
        let secrets = self.secrets(package);
        if let Some(artifact) = package.and_then(|package| package.artifact.as_ref()) {
            return self.prebuilt(ArtifactKind::Layer, &layer.name, artifact.span, &artifact.text, secrets);
        }
        let Some(path) = &layer.value.path else { return };
        let root = self.stack.root.join(&path.text);
        if !root.is_dir() {
            return self.missing(path.span, &path.text, "the folder of the layer");
        }
        let patterns = package.map(patterns).unwrap_or_default();
        let selection = Selection { patterns, secrets, ..Selection::default() };
        let Some(builder) = self.layer_builder(layer, root, selection) else { return };
        self.units.push(Unit {
            owners: vec![layer.name.clone()],
            kind: ArtifactKind::Layer,
            file_name: format!("{}.zip", layer.name),
            builder,
        });
    }

    /// A layer's folder as it is. In a `stack.yaml`, a list of Python requirements in it is installed below `python/`, where
    /// Lambda's Python looks for packages of layers.
    fn layer_builder(&mut self, layer: &Named<stack::Layer>, root: PathBuf, selection: Selection) -> Option<Builder> {
        let settings = self.python_settings();
        let file_name = settings.get("fileName").and_then(Value::as_str).unwrap_or("requirements.txt");
        let runtimes = layer.value.compatible_runtimes.iter().chain(&self.stack.provider.runtime).map(Text::as_str);
        let version = runtimes.filter_map(|runtime| runtime.strip_prefix("python")).next().map(str::to_owned);
        let found = Requirements::find(&root, file_name).filter(|_| self.stack.dialect == Dialect::Stack);
        let (Some(requirements), Some(version)) = (found, version) else {
            return Some(Builder::Folder { root, selection });
        };
        let own = layer.value.compatible_architectures.first().copied().or(self.stack.provider.architecture);
        Some(Builder::Python(python::Builder {
            root,
            selection,
            requirements,
            interpreter: Interpreter { version, architecture: self.processor(own) },
            options: self.python_options(&settings, layer.span)?,
            below: "python",
        }))
    }

    fn prebuilt(&mut self, kind: ArtifactKind, owner: &str, span: Span, path: &str, secrets: Secrets) {
        let full = self.stack.root.join(path);
        if !full.is_file() {
            return self.missing(span, path, "the zip");
        }
        let builder = Builder::Prebuilt { path: full, secrets };
        if let Some(unit) = self.units.iter_mut().find(|unit| unit.kind == kind && unit.builder == builder) {
            return unit.owners.push(owner.to_owned());
        }
        let file_name = file_name(Path::new(path));
        self.units.push(Unit { owners: vec![owner.to_owned()], kind, file_name, builder });
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
        let layers = layers.map(|path| format!("{}/**", path.text.trim_start_matches("./").trim_end_matches('/')));
        let configuration = self.stack.file_name.clone();
        let dotenv = self.stack.use_dotenv.then(|| ".env*".to_owned());
        Selection {
            patterns: selected,
            excludes: layers.chain([configuration]).chain(dotenv).collect(),
            secrets: self.secrets(own),
            ..Selection::default()
        }
    }
}

/// Whether Node is to read the source maps of a function, once esbuild has made its bundle.
pub fn source_maps(stack: &Stack, function: &Named<Function>) -> bool {
    let node = stack.builder(&function.value) == stack::Builder::Node;
    node && bundled(stack, function).is_some_and(|options| esbuild::reads_source_maps(&options))
}

/// The options when esbuild makes the function: asked for by its own `build`, by `build: esbuild` or the plugin, or
/// TypeScript in a `stack.yaml`.
fn bundled(stack: &Stack, function: &Named<Function>) -> Option<Value> {
    let handler = function.value.handler.as_ref()?.text.as_str();
    let own = function.value.build.as_ref().map(stack::Any::to_json);
    match own.as_ref().map(build_option) {
        Some(Some(options)) => return Some(options),
        Some(None) => return None,
        None => {}
    }
    let shared = stack.build.as_ref().and_then(|build| build_option(&build.to_json()));
    let typescript = || {
        let source = esbuild::source_of(&stack.root, handler)?;
        let ending = source.extension()?.to_str()?;
        let typed = ["ts", "tsx", "mts", "cts"].contains(&ending);
        (stack.dialect == Dialect::Stack && typed).then_some(Value::Null)
    };
    shared.or_else(|| plugin_option(stack)).or_else(typescript)
}

/// `custom.esbuild`, when the plugin is listed.
fn plugin_option(stack: &Stack) -> Option<Value> {
    let custom = || stack.custom.as_ref().and_then(|custom| custom.to_json().get("esbuild").cloned());
    stack.has_plugin("serverless-esbuild").then(|| custom().unwrap_or(Value::Null))
}

/// `esbuild`, `true`, or `{esbuild: true | {…}}`: the options, if esbuild is asked for.
fn build_option(build: &Value) -> Option<Value> {
    match build {
        Value::String(name) if name == "esbuild" => Some(Value::Null),
        Value::Object(all) => all.get("esbuild").filter(|options| **options != Value::Bool(false)).cloned(),
        _ => None,
    }
}

fn texts(value: Option<&Value>) -> Option<Vec<String>> {
    let items = value?.as_array()?;
    Some(items.iter().filter_map(Value::as_str).map(str::to_owned).collect())
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
