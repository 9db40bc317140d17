//! Where in the configuration a resource, and each of its properties, comes from.
//!
//! The keys are logical ids, and property paths below them: `Users`, `Users/Properties/KeySchema/0/AttributeName`.

use std::collections::BTreeMap;

use crate::source::{Kind, Node, Sources, Span};
use crate::stack::{Function, Named, Stack};
use crate::template::Rendered;

/// How deep properties are followed: nested documents such as policies end well before.
const MAX_DEPTH: usize = 24;

/// The places of everything that a template has.
pub fn places(rendered: &Rendered, stack: &Stack, sources: &Sources) -> BTreeMap<String, String> {
    let mut found = Found { sources, places: BTreeMap::new() };
    for (id, span) in &rendered.origins {
        found.add(id, *span);
    }
    for function in stack.functions.iter() {
        found.function(stack, function);
    }
    for machine in stack.machines.iter() {
        let id = stack.machine_id(machine);
        found.add(&format!("{id}/Properties/DefinitionString"), machine.value.definition.0.span);
    }
    for part in &stack.resources {
        for entry in part.0.get("Resources").map(Node::entries).unwrap_or_default() {
            found.tree(&entry.key.text, &entry.value, 0);
        }
    }
    found.places
}

/// The place of a property, else of what it lies in, else of its resource. `path` is `KeySchema.0.AttributeName`.
pub fn place_of(places: &BTreeMap<String, String>, id: &str, path: &str) -> Option<String> {
    let mut key = format!("{id}/Properties/{}", path.replace('.', "/"));
    loop {
        if let Some(place) = places.get(&key) {
            return Some(place.clone());
        }
        key.truncate(key.rfind('/')?);
    }
}

struct Found<'a> {
    sources: &'a Sources,
    places: BTreeMap<String, String>,
}

impl Found<'_> {
    fn add(&mut self, key: &str, span: Span) {
        self.places.insert(key.to_owned(), self.sources.place(span));
    }

    fn tree(&mut self, key: &str, node: &Node, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        for entry in node.entries() {
            let below = format!("{key}/{}", entry.key.text);
            self.add(&below, entry.key.span);
            self.tree(&below, &entry.value, depth + 1);
        }
        if let Kind::Sequence(items) = &node.kind {
            for (index, item) in items.iter().enumerate() {
                let below = format!("{key}/{index}");
                self.add(&below, item.span);
                self.tree(&below, item, depth + 1);
            }
        }
    }

    /// The properties of a function that one key of the configuration makes: its own, else the provider's.
    fn function(&mut self, stack: &Stack, function: &Named<Function>) {
        let id = stack.function_id(&function.name);
        let (own, shared) = (&function.value, &stack.provider);
        let text = |text: &Option<crate::stack::Text>| text.as_ref().map(|text| text.span);
        let whole = |whole: &Option<crate::stack::Whole>| whole.as_ref().map(|whole| whole.span);
        for (property, span) in [
            ("Handler", text(&own.handler)),
            ("FunctionName", text(&own.name)),
            ("Description", own.description.as_ref().map(|text| text.span)),
            ("Runtime", text(&own.runtime).or(text(&shared.runtime))),
            ("MemorySize", whole(&own.memory_mb).or(whole(&shared.memory_mb))),
            ("Timeout", whole(&own.timeout_s).or(whole(&shared.timeout_s))),
            ("Role", own.role.as_ref().map(|role| role.span)),
            ("ReservedConcurrentExecutions", own.reserved_concurrency.as_ref().map(|count| count.span)),
            ("Code", text(&own.handler)),
        ] {
            if let Some(span) = span {
                self.add(&format!("{id}/Properties/{property}"), span);
            }
        }
        for variable in shared.environment.iter().chain(own.environment.iter()) {
            self.add(&format!("{id}/Properties/Environment/Variables/{}", variable.name), variable.span);
        }
        for tag in shared.tags.iter().chain(own.tags.iter()) {
            self.add(&format!("{id}/Properties/Tags/{}", tag.name), tag.span);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_property_that_has_no_place_has_that_of_what_it_lies_in() {
        let places = BTreeMap::from([
            ("Users".to_owned(), "stack.yaml:1:1".to_owned()),
            ("Users/Properties/KeySchema".to_owned(), "stack.yaml:5:7".to_owned()),
        ]);
        assert_eq!(place_of(&places, "Users", "KeySchema.0.AttributeName").as_deref(), Some("stack.yaml:5:7"));
        assert_eq!(place_of(&places, "Users", "TableName").as_deref(), Some("stack.yaml:1:1"));
        assert_eq!(place_of(&places, "Other", "TableName"), None);
    }
}
