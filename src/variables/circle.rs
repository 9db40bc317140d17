//! Variables that need each other, in words.

use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Kind, Node, Sources};

/// The circle through `nodes`, each of which needs the next and the last the first. `trees` are where their names are
/// looked up.
pub(super) fn report(nodes: &[&Node], trees: &[&Node], sources: &Sources) -> Diagnostic {
    let names: Vec<String> = nodes.iter().map(|node| name(node, trees, sources)).collect();
    let (Some(first), Some(name)) = (nodes.first(), names.first()) else {
        return Diagnostic::nowhere(Code::VariableCycle, "variables need each other");
    };
    let message = if nodes.len() == 1 {
        format!("`{name}` needs itself")
    } else {
        let around = names.iter().skip(1).chain([name]).map(|next| format!("needs `{next}`"));
        format!("`{name}` {}", around.collect::<Vec<_>>().join(", which "))
    };
    let mut diagnostic = Diagnostic::error(Code::VariableCycle, first.span, message);
    for (node, name) in nodes.iter().zip(&names).skip(1) {
        diagnostic = diagnostic.note(node.span, format!("`{name}` is here"));
    }
    diagnostic.hint("give one of them a value of its own")
}

/// The address of a node in its tree, or its place if it is in none.
fn name(node: &Node, trees: &[&Node], sources: &Sources) -> String {
    let mut path = Vec::new();
    for tree in trees.iter().filter(|tree| tree.span.file == node.span.file) {
        if find(tree, node, &mut path) {
            break;
        }
    }
    if path.is_empty() { sources.place(node.span) } else { path.join(".") }
}

/// The keys that lead from `tree` to `node`. Trees of files nest at most [`crate::source::limits::FILE_DEPTH`] deep.
fn find(tree: &Node, node: &Node, path: &mut Vec<String>) -> bool {
    if std::ptr::eq(tree, node) {
        return true;
    }
    let children: Box<dyn Iterator<Item = (String, &Node)>> = match &tree.kind {
        Kind::Mapping(entries) => Box::new(entries.iter().map(|entry| (entry.key.text.clone(), &entry.value))),
        Kind::Sequence(items) => Box::new(items.iter().enumerate().map(|(at, item)| (at.to_string(), item))),
        _ => return false,
    };
    for (key, child) in children {
        path.push(key);
        if find(child, node, path) {
            return true;
        }
        path.pop();
    }
    false
}
