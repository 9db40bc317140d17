//! Resolves variables: `$<…>` and `${…}`.
//!
//! The resolver is a plain function of the trees and the answers at hand. Where it needs an answer from outside, it says
//! so and goes on with the rest; then all questions are asked at the same time, and it runs again.

mod answer;
mod circle;
pub mod limits;
mod machine;
mod place;
mod resolver;
mod source;
mod syntax;
#[cfg(test)]
mod tests;
mod trees;
mod unasked;
mod why;
mod world;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Invalid};
use crate::project::{Dialect, Project, Target};
use crate::source::{Kind, Node, Sources};

pub use machine::Machine;
pub use source::git_facts;
pub use syntax::{SOURCES, may_hold_variable, parse};
pub use unasked::{Gaps, Optional};
pub use why::why;
pub use world::{At, Cloud, NoCloud, Parameter, ParameterKind, Refusal, Script, Scripted, World};

use answer::Answers;
use resolver::{Memory, Resolver, Stop};
use source::command::fill;
use trees::Trees;

/// A project in which every variable has its value.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The folder of the configuration file, absolute.
    pub root: PathBuf,
    pub dialect: Dialect,
    /// `--stage`, else `provider.stage`, else `dev`.
    pub stage: String,
    /// `--region`, else `provider.region`, else the profile's, else `us-east-1`.
    pub region: String,
    pub target: Target,
    /// `--profile`, else `provider.profile`.
    pub profile: Option<String>,
    /// Every file that was read on the way.
    pub sources: Sources,
    /// The configuration with all variables resolved; `provider.stage` and `provider.region` are set.
    pub document: Node,
    /// Warnings so far.
    pub warnings: Vec<Diagnostic>,
}

/// Resolves all variables of a project.
///
/// # Errors
/// Every variable that has no value, is written wrong, needs itself, or whose source cannot be asked; every included file
/// that cannot be read; a stage that `stages` does not have.
pub async fn resolve(project: &Project, world: &impl World) -> Result<Resolved, Invalid> {
    resolve_keys(project, world, None).await
}

/// As [`resolve`], but only of the keys named (`["service", "provider"]`): nothing is asked that only other keys
/// need. The document then has no other keys.
///
/// # Errors
/// As [`resolve`].
pub async fn resolve_only(project: &Project, world: &impl World, keys: &[&str]) -> Result<Resolved, Invalid> {
    resolve_keys(project, world, Some(keys)).await
}

async fn resolve_keys(project: &Project, world: &impl World, keys: Option<&[&str]>) -> Result<Resolved, Invalid> {
    let trees = Trees::default();
    let mut memory = Memory {
        sources: project.sources.clone(),
        files: HashMap::new(),
        file_diagnostics: Vec::new(),
        secrets: Vec::new(),
        answers: Answers::default(),
        outside: HashMap::new(),
        foreign: HashSet::new(),
        dotenv: None,
    };
    let mut document = project.document.clone();
    let mut diagnostics = Diagnostics::default();
    memory.secrets = secrets(&document, &mut diagnostics);
    source::mark_secrets(&mut document, &memory.secrets);
    let root = trees.keep(document);
    let wanted_root = trees.keep(only(root, keys));
    for _ in 0..limits::ROUNDS {
        let mut resolver = Resolver::new(project, world, &trees, root, &mut memory);
        let resolved = everything(&mut resolver, wanted_root);
        let questions = std::mem::take(&mut resolver.wanted);
        let mut found = diagnostics.clone();
        found.0.append(&mut resolver.diagnostics.0);
        drop(resolver);
        found.0.extend(memory.file_diagnostics.iter().cloned());
        let files = memory.files.values().filter_map(|file| file.ok().flatten());
        let mut hidden = Vec::new();
        files.chain([root]).chain(memory.outside.values().copied()).for_each(|tree| secret_texts(tree, &mut hidden));
        if let Ok(resolved) = &resolved {
            secret_texts(&resolved.document, &mut hidden);
        }
        memory.sources.hide(hidden);
        if found.errors() > 0 {
            return Err(Invalid { diagnostics: found.sorted(), sources: memory.sources });
        }
        if let Ok(resolved) = resolved {
            return Ok(Resolved { sources: memory.sources, warnings: found.sorted().0, ..resolved });
        }
        memory.answers.ask(world, questions).await;
    }
    let message = format!("answers from outside lead to more than {} rounds of questions", limits::ROUNDS);
    diagnostics.push(Diagnostic::nowhere(Code::LimitExceeded, message));
    Err(Invalid { diagnostics, sources: memory.sources })
}

/// The texts and numbers of a tree that are secret. Booleans are not: there are only two.
fn secret_texts(node: &Node, found: &mut Vec<String>) {
    match &node.kind {
        Kind::Sequence(items) => items.iter().for_each(|item| secret_texts(item, found)),
        Kind::Mapping(entries) => entries.iter().for_each(|entry| secret_texts(&entry.value, found)),
        Kind::String(text) if node.secret => found.push(text.clone()),
        Kind::Number(number) if node.secret => found.push(number.to_string()),
        _ => {}
    }
}

/// The document with only some of its keys.
fn only(root: &Node, keys: Option<&[&str]>) -> Node {
    let Some(keys) = keys else { return root.clone() };
    let kept = root.entries().iter().filter(|entry| keys.contains(&entry.key.text.as_str())).cloned().collect();
    Node { kind: Kind::Mapping(kept), ..Node::new(root.span, Kind::Null) }
}

/// One run over everything; `Waiting` when an answer is needed first.
fn everything<'a, W: World>(resolver: &mut Resolver<'a, '_, W>, wanted: &'a Node) -> Result<Resolved, Stop> {
    let stage = resolver.stage();
    let region = resolver.region();
    let target = resolver.target();
    let profile = resolver.profile();
    let checked = resolver.check_stage();
    let document = resolver.full(wanted);
    let (stage, region) = (stage?, region?);
    checked?;
    let mut document = document?;
    fill(&mut document, &stage, &region);
    Ok(Resolved {
        root: resolver.project.root.clone(),
        dialect: resolver.project.dialect,
        stage,
        region,
        target: target?,
        profile: profile?,
        sources: Sources::default(),
        document,
        warnings: Vec::new(),
    })
}

/// The names that `secrets:` lists.
fn secrets(document: &Node, diagnostics: &mut Diagnostics) -> Vec<String> {
    let Some(node) = document.get("secrets") else { return Vec::new() };
    let names: Vec<String> = node.items().iter().filter_map(|item| item.as_str().map(str::to_owned)).collect();
    if !matches!(node.kind, Kind::Sequence(_)) || names.len() != node.items().len() {
        let message = "`secrets` has to be a list of keys or addresses";
        let diagnostic = Diagnostic::error(Code::WrongType, node.span, message);
        diagnostics.push(diagnostic.hint("write `secrets: [SLACK_TOKEN, custom.database.password]`"));
    }
    if let Some(item) = node.items().iter().find(|item| item.as_str().is_some_and(may_hold_variable)) {
        let message = "the names in `secrets` cannot be variables: they are needed before any variable has a value";
        diagnostics.push(Diagnostic::error(Code::VariableSyntax, item.span, message).hint("write the name itself"));
    }
    names
}
