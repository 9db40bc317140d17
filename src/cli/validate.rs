//! `deploy validate`: everything that can be known to be wrong without an account.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Context;
use super::explain::section;
use super::print::resolved;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Sources;
use crate::{Failure, Outcome, stack, template};

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
            let resolved = resolved(context).await?;
            let sources = resolved.sources.clone();
            let checked = stack::decode(&resolved).and_then(|stack| {
                let rendered = template::render(&stack, &template::placeholders(&stack)).map_err(|mut found| {
                    found.0.extend(stack.warnings.iter().cloned());
                    found
                })?;
                let mut warnings = Diagnostics(stack.warnings.clone());
                warnings.0.extend(rendered.warnings);
                let summary = format!(
                    "{} is valid: {} functions, {} state machines, {} resources",
                    stack.service,
                    stack.functions.entries.len(),
                    stack.machines.entries.len(),
                    rendered.template.resources.len()
                );
                Ok((warnings, summary))
            });
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
