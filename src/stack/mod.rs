//! The typed model of a stack: every key decoded, with its place.
//!
//! A section of the configuration is declared once, with `section!`: that declaration is the struct, its decoder, and the table that
//! the JSON Schema and the reference page are made from ([`table`]).

use std::path::PathBuf;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity};
use crate::project::{Dialect, Target};
use crate::source::Span;
use crate::variables::Resolved;

mod alternative;
pub mod check;
pub mod event;
pub mod function;
pub mod helper;
pub mod http_api;
pub mod iam;
mod names;
pub mod package;
pub mod provider;
pub mod reader;
pub mod reference;
pub mod rest_api;
pub mod root;
pub mod runtime;
pub mod schema;
mod section;
pub mod shape;
pub mod state_machine;
pub mod value;

pub use function::Function;
pub use helper::Helper;
pub use names::normalized;
pub use package::Layer;
pub use provider::Provider;
pub use root::Compatibility;
pub use runtime::Builder;
pub use state_machine::StateMachine;
pub use value::{Any, Expr, Flag, Map, Named, Text, Whole};

use reader::{Decode, Reader, Section};
use root::{ProviderChoice, Root, ValidationMode};
use shape::Table;

/// A stack: what the configuration says, typed, and where it goes.
#[derive(Clone, Debug)]
pub struct Stack {
    /// The folder of the configuration file, absolute.
    pub root: PathBuf,
    /// The name of the configuration file in it.
    pub file_name: String,
    pub dialect: Dialect,
    pub target: Target,
    pub service: String,
    pub stage: String,
    pub region: String,
    pub compatibility: Compatibility,
    /// Where the file begins: the place of what the file as a whole makes.
    pub span: Span,
    pub provider: Provider,
    pub functions: Map<Function>,
    pub machines: Map<StateMachine>,
    pub activities: Vec<Text>,
    /// `stepFunctions.validate`.
    pub validates_machines: bool,
    /// `stepFunctions.noOutput`.
    pub no_machine_outputs: bool,
    pub layers: Map<Layer>,
    pub package: Option<package::Package>,
    /// The parts of `resources`, to be merged in order.
    pub resources: Vec<Any>,
    pub stages: Map<root::Stage>,
    pub plugins: Vec<Text>,
    pub custom: Option<Any>,
    pub build: Option<Any>,
    /// `.env` files are read.
    pub use_dotenv: bool,
    /// What CloudFormation functions refer to.
    pub references: Vec<reference::Reference>,
    /// Mistakes are errors.
    pub strict: bool,
    /// Warnings so far, those of earlier stages included.
    pub warnings: Vec<Diagnostic>,
}

/// The keys of the configuration's top level, and through their shapes all others.
pub fn table() -> &'static Table {
    Root::table()
}

/// The typed model of a resolved configuration.
///
/// # Errors
///
/// Every mistake that makes the file unusable: in a `stack.yaml` unknown keys and values of the wrong kind, in every file keys
/// whose effect is not supported.
pub fn decode(resolved: &Resolved) -> Result<Stack, Diagnostics> {
    let mut reader = Reader::new(resolved.dialect, is_strict(resolved));
    let root = Root::decode(&resolved.document, &mut reader);
    let mut warnings = resolved.warnings.clone();
    let Diagnostics(found) = reader.diagnostics;
    let failed = found.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    warnings.extend(found);
    match root {
        Some(root) if !failed => checked(Stack::of(resolved, root, warnings), is_strict(resolved)),
        Some(root) => {
            let whole = warnings.iter().all(takes_nothing);
            let stack = Stack::of(resolved, root, warnings);
            let check = if whole { check::all } else { check::alone };
            let found = check(&stack, is_strict(resolved));
            Err(Diagnostics(stack.warnings.into_iter().chain(found).collect()))
        }
        None => Err(Diagnostics(hardened(warnings))),
    }
}

/// The stack, if the cross-checks find nothing but warnings.
fn checked(mut stack: Stack, strict: bool) -> Result<Stack, Diagnostics> {
    let found = check::all(&stack, strict);
    let failed = found.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    stack.warnings.extend(found);
    if failed { Err(Diagnostics(stack.warnings)) } else { Ok(stack) }
}

/// Whether all that is known was read in spite of this: a key that is unknown and not like any other holds nothing.
fn takes_nothing(found: &Diagnostic) -> bool {
    let stray = found.code == Code::UnknownKey && !found.hints.iter().any(|hint| hint.starts_with("did you mean"));
    found.severity != Severity::Error || stray
}

/// What could not be read at all is an error in every dialect.
fn hardened(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    if !diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
        for diagnostic in &mut diagnostics {
            diagnostic.severity = Severity::Error;
        }
    }
    diagnostics
}

fn is_strict(resolved: &Resolved) -> bool {
    let mode = resolved.document.get("configValidationMode").and_then(|node| node.as_str());
    match (resolved.dialect, mode) {
        (_, Some("error")) => true,
        (_, Some("warn" | "off")) => false,
        (Dialect::Stack, _) => true,
        (Dialect::Serverless, _) => false,
    }
}

impl Stack {
    fn of(resolved: &Resolved, root: Root, mut warnings: Vec<Diagnostic>) -> Stack {
        if root.config_validation_mode == Some(ValidationMode::Off) {
            warnings.retain(|warning| warning.severity == Severity::Error);
        }
        let by_dialect = match resolved.dialect {
            Dialect::Stack => Compatibility::Safe,
            Dialect::Serverless => Compatibility::V3,
        };
        let machines = root.step_functions;
        Stack {
            root: resolved.root.clone(),
            file_name: file_name(resolved),
            dialect: resolved.dialect,
            target: resolved.target,
            service: root.service.0.text,
            stage: resolved.stage.clone(),
            region: resolved.region.clone(),
            compatibility: root.compatibility.unwrap_or(by_dialect),
            span: resolved.document.span,
            provider: provider(root.provider, resolved),
            functions: root.functions,
            activities: machines.as_ref().map(|section| section.activities.clone()).unwrap_or_default(),
            validates_machines: machines.as_ref().and_then(|section| section.validate).is_some_and(|flag| flag.value),
            no_machine_outputs: machines.as_ref().and_then(|section| section.no_output).is_some_and(|flag| flag.value),
            machines: machines.map(|section| section.machines).unwrap_or_default(),
            layers: root.layers,
            package: root.package,
            resources: root.resources,
            stages: root.stages,
            plugins: root.plugins.map(|plugins| plugins.0).unwrap_or_default(),
            custom: root.custom,
            build: root.build,
            use_dotenv: root.use_dotenv.is_some_and(|flag| flag.value),
            references: reference::references(&resolved.document),
            strict: is_strict(resolved),
            warnings,
        }
    }

    /// Whether the safe template is made rather than the one that Serverless v3 makes.
    pub fn is_safe(&self) -> bool {
        self.compatibility == Compatibility::Safe
    }

    /// Whether a plugin is listed.
    pub fn has_plugin(&self, name: &str) -> bool {
        self.plugins.iter().any(|plugin| plugin.text == name)
    }
}

/// The name of the file that the document is in.
fn file_name(resolved: &Resolved) -> String {
    let path = &resolved.sources.file(resolved.document.span.file).path;
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn provider(choice: Option<ProviderChoice>, resolved: &Resolved) -> Provider {
    match choice {
        Some(ProviderChoice::Settings(provider)) => *provider,
        Some(ProviderChoice::Name(name)) => Provider { name: Some(name), ..provider(None, resolved) },
        None => {
            let empty = crate::source::Node::new(resolved.document.span, crate::source::Kind::Mapping(Vec::new()));
            let mut reader = Reader::new(resolved.dialect, false);
            let provider = Provider::decode(&empty, &mut reader);
            provider.unwrap_or_else(|| unreachable!("every key of `provider` may be absent"))
        }
    }
}
