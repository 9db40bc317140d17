//! What runs a function and what builds it.

use super::function::{Architecture, ImageReference};
use super::{Function, Stack, Text};
use crate::diagnostic::{Code, Diagnostic};

/// What makes the code of a function ready for Lambda.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Builder {
    /// Cargo; Lambda runs the binary on `provided.al2023`.
    Rust,
    Python,
    /// JavaScript and TypeScript.
    Node,
    /// A binary that brings its own runtime: Go and others.
    Provided,
    /// Any other runtime: the folder as it is.
    Folder,
    /// A zip that is there already: its path from the project's root.
    Prebuilt(String),
    /// A container image.
    Image,
    /// A StackStorm action.
    StackStorm,
}

/// The runtime of functions when neither they nor the provider name one.
const DEFAULT_RUNTIME: &str = "nodejs24.x";

/// What Lambda runs binaries on.
const BINARY_RUNTIME: &str = "provided.al2023";

/// Families of runtimes that Lambda makes no functions with any more, and what takes their place.
///
/// Source: AWS Lambda developer guide, "Lambda runtimes", deprecated runtimes.
const SUCCESSORS: &[(&[&str], &str)] = &[
    (&["python2.7", "python3.6", "python3.7"], "python3.13"),
    (
        &[
            "nodejs",
            "nodejs4.3",
            "nodejs4.3-edge",
            "nodejs6.10",
            "nodejs8.10",
            "nodejs10.x",
            "nodejs12.x",
            "nodejs14.x",
            "nodejs16.x",
        ],
        "nodejs22.x",
    ),
    (&["go1.x"], "provided.al2023"),
    (&["java8"], "java8.al2"),
    (
        &["dotnetcore1.0", "dotnetcore2.0", "dotnetcore2.1", "dotnetcore3.1", "dotnet5.0", "dotnet6", "dotnet7"],
        "dotnet8",
    ),
    (&["ruby2.5", "ruby2.7"], "ruby3.4"),
];

/// What takes the place of a runtime that Lambda no longer takes; none for a living one.
fn successor(runtime: &str) -> Option<&'static str> {
    SUCCESSORS.iter().find(|(dead, _)| dead.contains(&runtime)).map(|(_, living)| *living)
}

impl Stack {
    /// Puts a living runtime in the place of each that Lambda makes no functions with any more, and answers a warning for
    /// each.
    pub fn revive_runtimes(&mut self) -> Vec<Diagnostic> {
        let mut warnings = Vec::new();
        let own = self.functions.entries.iter_mut().filter_map(|function| function.value.runtime.as_mut());
        for runtime in self.provider.runtime.as_mut().into_iter().chain(own) {
            if let Some(living) = successor(&runtime.text) {
                let message =
                    format!("Lambda makes no functions with `{}` any more: `{living}` runs them", runtime.text);
                let hint = format!("see that the code runs there, and write `runtime: {living}`");
                warnings.push(Diagnostic::warning(Code::DeprecatedKey, runtime.span, message).hint(hint));
                living.clone_into(&mut runtime.text);
            }
        }
        warnings
    }

    /// The runtime as it is written: the function's, else the provider's.
    pub fn written_runtime<'a>(&'a self, function: &'a Function) -> Option<&'a Text> {
        function.runtime.as_ref().or(self.provider.runtime.as_ref())
    }

    /// The runtime as Lambda knows it.
    pub fn lambda_runtime(&self, function: &Function) -> String {
        match self.written_runtime(function).map(Text::as_str) {
            Some("rust") => BINARY_RUNTIME.to_owned(),
            Some(runtime) => runtime.to_owned(),
            None => DEFAULT_RUNTIME.to_owned(),
        }
    }

    /// The handler as Lambda knows it.
    pub fn lambda_handler(&self, function: &Function) -> Option<String> {
        match self.builder(function) {
            Builder::Rust => Some("bootstrap".to_owned()),
            Builder::StackStorm => Some("~st2/handler.stackstorm".to_owned()),
            _ => function.handler.as_ref().map(|handler| handler.text.clone()),
        }
    }

    /// What builds the function.
    pub fn builder(&self, function: &Function) -> Builder {
        if matches!(function.image, Some(ImageReference::Name(_) | ImageReference::Detailed(_))) {
            return Builder::Image;
        }
        if function.stackstorm.is_some() {
            return Builder::StackStorm;
        }
        let own = function.package.as_ref().and_then(|package| package.artifact.as_ref());
        let shared = self.package.as_ref().and_then(|package| package.artifact.as_ref());
        if let Some(artifact) = own.or(shared) {
            return Builder::Prebuilt(artifact.text.clone());
        }
        let runtime = self.lambda_runtime(function);
        match self.written_runtime(function).map(Text::as_str) {
            Some("rust") => Builder::Rust,
            _ if runtime.starts_with("python") => Builder::Python,
            _ if runtime.starts_with("nodejs") => Builder::Node,
            _ if runtime.starts_with("provided") || runtime.starts_with("go") => Builder::Provided,
            _ => Builder::Folder,
        }
    }

    /// The processor of a function.
    pub fn architecture(&self, function: &Function) -> Option<Architecture> {
        function.architecture.or(self.provider.architecture)
    }

    /// Memory in MB.
    pub fn memory_mb(&self, function: &Function) -> i64 {
        function.memory_mb.or(self.provider.memory_mb).map_or(1024, |memory| memory.value)
    }

    /// Seconds that a call may take.
    pub fn timeout_s(&self, function: &Function) -> i64 {
        function.timeout_s.or(self.provider.timeout_s).map_or(6, |timeout| timeout.value)
    }

    /// Whether every function has a zip of its own.
    pub fn is_individual(&self, function: &Function) -> bool {
        let own = function.package.as_ref().and_then(|package| package.individually);
        let shared = self.package.as_ref().and_then(|package| package.individually);
        own.or(shared).is_some_and(|flag| flag.value)
    }
}
