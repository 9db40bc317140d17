//! `deploy print`: the configuration with every variable resolved, and where a value came from.

use serde_json::{Value, json};

use super::Context;
use super::session::{local_state, options, program};
use crate::aws::Lookup;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Invalid, listed};
use crate::project;
use crate::source::Node;
use crate::source::print::shown;
use crate::variables::{self, Machine, Resolved};
use crate::{Failure, Outcome};

/// Print the configuration with every variable resolved; secrets are hidden
#[derive(Debug, clap::Args)]
pub struct Print {
    /// Address of the part to print, such as functions.hello
    #[arg(long, value_name = "ADDRESS")]
    path: Option<String>,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Yaml)]
    format: Format,
    /// Tell where the value at this address came from, step by step
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["path", "format"])]
    why: Option<String>,
    /// Show secrets as they are
    #[arg(long)]
    reveal: bool,
}

/// How a value is printed.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    Yaml,
    Json,
    /// A text as it is; a list an item a line
    Text,
}

impl Print {
    pub fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        let resolved = context.block_on(resolved(context))?;
        context.report.diagnostics(&resolved.warnings, &resolved.sources);
        match &self.why {
            Some(address) => self.tell(context, &resolved, address)?,
            None => self.print(context, &resolved)?,
        }
        Ok(Outcome::Done)
    }

    fn print(&self, context: &Context, resolved: &Resolved) -> Result<(), Failure> {
        let node = match &self.path {
            Some(address) => at(resolved, address)?,
            None => &resolved.document,
        };
        let value = shown(node, self.reveal);
        if context.report.is_json() {
            context.report.object(&value);
        } else {
            context.report.out(&self.written(&value));
        }
        Ok(())
    }

    fn written(&self, value: &Value) -> String {
        match (self.format, value) {
            (Format::Text, Value::Array(items)) => items.iter().map(line).collect::<Vec<_>>().join("\n"),
            (Format::Text, other) => line(other),
            (Format::Json, other) => format!("{other:#}"),
            (Format::Yaml, other) => serde_yaml::to_string(other).unwrap_or_else(|_| format!("{other:#}")),
        }
    }

    fn tell(&self, context: &Context, resolved: &Resolved, address: &str) -> Result<(), Failure> {
        let node = at(resolved, address)?;
        let steps = variables::why(&resolved.document, &address.split('.').collect::<Vec<_>>(), &resolved.sources);
        let value = shown(node, self.reveal);
        if context.report.is_json() {
            context.report.object(&json!({"address": address, "value": value, "steps": steps}));
        } else {
            context.report.out(&format!("{address}: {value}\n{}", steps.join("\n")));
        }
        Ok(())
    }
}

/// A value on one line.
fn line(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The project of the command line, its variables resolved.
pub async fn resolved(context: &Context) -> Result<Resolved, Failure> {
    let project = project::read(options(context)?)?;
    let lookup = Lookup::new(&local_state(&project.root), &program()?);
    let world = Machine::new(project.root.clone(), lookup);
    Ok(variables::resolve(&project, &world).await?)
}

/// The value at an address.
fn at<'a>(resolved: &'a Resolved, address: &str) -> Result<&'a Node, Failure> {
    let mut here = &resolved.document;
    for key in address.split('.') {
        let inner = here.get(key).or_else(|| key.parse::<usize>().ok().and_then(|at| here.items().get(at)));
        let Some(inner) = inner else {
            let keys: Vec<&str> = here.entries().iter().map(|entry| entry.key.as_str()).collect();
            let diagnostic = Diagnostic::error(Code::UnknownReference, here.span, format!("there is no `{address}`"));
            let diagnostic = diagnostic.did_you_mean(key, keys.iter().copied());
            let hint = if keys.is_empty() {
                "nothing lies below this value".to_owned()
            } else {
                format!("here are {}", listed(keys))
            };
            let diagnostics = Diagnostics::from(diagnostic.hint(hint));
            return Err(Invalid { diagnostics, sources: resolved.sources.clone() }.into());
        };
        here = inner;
    }
    Ok(here)
}
