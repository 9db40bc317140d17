//! `deploy validate`: everything that can be known to be wrong without an account.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Context;
use super::explain::section;
use super::session::{local_state, options, program};
use crate::aws::Lookup;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Sources;
use crate::variables::{Gaps, Machine, Optional, Resolved, World as _};
use crate::{Failure, Outcome, project, stack, template, variables};

/// Check the project: configuration, references, state machines, template
#[derive(Debug, clap::Args)]
pub struct Validate {
    /// Print the findings as SARIF, for code scanning
    #[arg(long, conflicts_with = "json")]
    sarif: bool,
}

impl Validate {
    pub fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        let checked = context.block_on(async {
            let (resolved, missed) = resolved(context).await?;
            let sources = resolved.sources.clone();
            let checked = checked(&resolved, &missed);
            let checked = checked
                .map_err(|found| Failure::Invalid { diagnostics: found.sorted(), sources: Box::new(sources.clone()) });
            Ok::<_, Failure>((checked?, sources))
        });
        match checked {
            Ok(((warnings, summary), sources)) => {
                self.valid(context, &warnings.sorted(), &sources, &summary);
                Ok(Outcome::Done)
            }
            Err(Failure::Invalid { diagnostics, sources }) => {
                if self.sarif {
                    context.report.out(&format!("{:#}", sarif(&diagnostics.0, &sources)));
                }
                Err(Failure::Invalid { diagnostics, sources })
            }
            Err(other) => Err(other),
        }
    }

    fn valid(&self, context: &Context, warnings: &Diagnostics, sources: &Sources, summary: &str) {
        if self.sarif {
            context.report.out(&format!("{:#}", sarif(&warnings.0, sources)));
            return;
        }
        context.report.diagnostics(&warnings.0, sources);
        if context.report.is_json() {
            context.report.object(&json!({"event": "valid", "message": summary, "warnings": warnings.0.len()}));
        } else {
            context.report.out(summary);
        }
    }
}

/// The project of the command line, its variables resolved; without credentials, with gaps where AWS has the values. If the rest
/// cannot be resolved without them, what is told is that they are missing.
async fn resolved(context: &Context) -> Result<(Resolved, Missed), Failure> {
    let project = project::read(options(context)?)?;
    let lookup = || -> Result<Lookup, Failure> { Ok(Lookup::new(&local_state(&project.root), &program()?)) };
    let world = Machine::new(project.root.clone(), Optional::new(lookup()?));
    let resolved = variables::resolve(&project, &world).await;
    match (resolved, world.cloud().missed()) {
        (Ok(resolved), missed) => {
            let gaps = Gaps::of(&resolved.document);
            let warning = missed.and_then(|refusal| gaps.warning(&refusal));
            Ok((resolved, Missed { gaps, warning }))
        }
        (Err(invalid), Some(_)) if invalid.diagnostics.0.iter().any(|found| Gaps::default().may_explain(found)) => {
            let world = Machine::new(project.root.clone(), lookup()?);
            Ok((variables::resolve(&project, &world).await?, Missed::default()))
        }
        (Err(invalid), _) => Err(invalid.into()),
    }
}

/// What is not known of AWS.
#[derive(Default)]
struct Missed {
    gaps: Gaps,
    warning: Option<Diagnostic>,
}

impl Missed {
    /// Without what may be there only because of a gap; and what is to be said of the gaps.
    fn weighed(&self, found: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let stays = |found: &Diagnostic| !self.gaps.may_explain(found);
        found.into_iter().filter(stays).chain(self.warning.clone()).collect()
    }
}

/// The warnings and the summary, or the mistakes, of a project.
fn checked(resolved: &Resolved, missed: &Missed) -> Result<(Diagnostics, String), Diagnostics> {
    let stack = match stack::decode(resolved) {
        Ok(stack) => stack,
        Err(found) => return unfinished(found, missed),
    };
    let rendered = match template::render(&stack, &template::placeholders(&stack)) {
        Ok(rendered) => rendered,
        Err(mut found) => {
            found.0.extend(stack.warnings);
            return unfinished(found, missed);
        }
    };
    let warnings = stack.warnings.iter().cloned().chain(rendered.warnings).collect();
    let summary = format!(
        "{} is valid: {} functions, {} state machines, {} resources",
        stack.service,
        stack.functions.entries.len(),
        stack.machines.entries.len(),
        rendered.template.resources.len()
    );
    Ok((Diagnostics(missed.weighed(warnings)), summary))
}

/// The mistakes that do not come from gaps; when there are none, that all is well as far as it can be known.
fn unfinished(found: Diagnostics, missed: &Missed) -> Result<(Diagnostics, String), Diagnostics> {
    let found = Diagnostics(missed.weighed(found.0));
    match found.errors() {
        0 => Ok((found, "no mistake is found, as far as can be seen without these values".to_owned())),
        _ => Err(found),
    }
}

/// The findings as a SARIF log.
///
/// Source: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>
fn sarif(found: &[Diagnostic], sources: &Sources) -> Value {
    let results: Vec<Value> = found.iter().map(|diagnostic| result(diagnostic, sources)).collect();
    let codes: BTreeSet<&str> = found.iter().map(|diagnostic| diagnostic.code.as_str()).collect();
    let driver = json!({
        "name": "deploy",
        "version": env!("CARGO_PKG_VERSION"),
        "rules": codes.into_iter().map(rule).collect::<Vec<_>>(),
    });
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
    })
}

/// What a code means, in the words of docs/errors.md.
fn rule(code: &str) -> Value {
    let text = section(code).unwrap_or_default();
    let sentence = text.split_inclusive(". ").next().unwrap_or_default().replace('\n', " ");
    json!({"id": code, "shortDescription": {"text": sentence.trim()}, "fullDescription": {"text": text}})
}

fn result(diagnostic: &Diagnostic, sources: &Sources) -> Value {
    let text: Vec<_> =
        std::iter::once(&diagnostic.message).chain(&diagnostic.hints).map(|text| sources.masked(text)).collect();
    let mut result = json!({"ruleId": diagnostic.code.as_str(), "level": diagnostic.severity.as_str(), "message": {"text": text.join("\n")}});
    if let Some(span) = diagnostic.span {
        result["locations"] = json!([location(span, None, sources)]);
    }
    let related = diagnostic.notes.iter().filter_map(|note| Some(location(note.span?, Some(&note.message), sources)));
    result["relatedLocations"] = related.collect();
    result
}

fn location(span: crate::source::Span, message: Option<&str>, sources: &Sources) -> Value {
    let file = sources.file(span.file);
    let ((line, column), (end_line, end_column)) = (file.line_column(span.start), file.line_column(span.end));
    let mut location = json!({"physicalLocation": {
        "artifactLocation": {"uri": file.shown_path()},
        "region": {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column},
    }});
    if let Some(message) = message {
        location["message"] = json!({"text": sources.masked(message)});
    }
    location
}
