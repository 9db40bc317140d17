//! Where a value came from, in words.

use crate::source::{Node, Origin, Sources};

/// How deep variables inside the parameters of others are told.
const DEPTH: usize = 8;

/// The steps from where the value at `keys` is used to where it is written, one line each.
pub fn why(document: &Node, keys: &[&str], sources: &Sources) -> Vec<String> {
    let (mut here, mut origin) = (document, document.origin.as_deref());
    for key in keys {
        let inner = here.get(key).or_else(|| key.parse::<usize>().ok().and_then(|at| here.items().get(at)));
        let Some(inner) = inner else { break };
        here = inner;
        origin = inner.origin.as_deref().or(origin);
    }
    let mut lines = Vec::new();
    if let Some(origin) = origin {
        tell(origin, sources, 1, &mut lines);
    }
    let file = sources.file(here.span.file);
    let secret = if file.secret { ", a file that git ignores" } else { "" };
    lines.push(format!("  written at {}{secret}", sources.place(here.span)));
    lines
}

fn tell(origin: &Origin, sources: &Sources, depth: usize, lines: &mut Vec<String>) {
    let indent = "  ".repeat(depth);
    let mut next = Some(origin);
    while let Some(origin) = next {
        let place = sources.place(origin.span);
        if origin.source.is_empty() {
            lines.push(format!("{indent}built at {place} of `{}`", origin.variable));
        } else {
            lines.push(format!("{indent}through `{}` at {place}", origin.variable));
        }
        for miss in &origin.missed {
            lines.push(format!("{indent}  not `{}`: {}", miss.source, miss.why));
        }
        if !origin.source.is_empty() && !origin.missed.is_empty() {
            lines.push(format!("{indent}  but `{}`", origin.source));
        }
        if depth < DEPTH {
            for part in &origin.parts {
                tell(part, sources, depth + 1, lines);
            }
        }
        next = origin.through.as_deref();
    }
}
