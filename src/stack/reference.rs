//! What the configuration's CloudFormation functions refer to.

use crate::source::{Kind, Node, Span};

/// Deepest nesting that is looked into: that of files and of variables together.
const MAX_DEPTH: usize = 256;

/// A name that stands in a CloudFormation function.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    pub name: String,
    pub to: Referent,
    /// Where the function stands.
    pub span: Span,
    /// It stands under `stepFunctions`, where functions may be named by their keys.
    pub in_machines: bool,
}

/// What a name is the name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Referent {
    /// A resource or a parameter: `Ref`, `Fn::Sub`.
    Value,
    /// A resource: `Fn::GetAtt`, `DependsOn`.
    Resource,
    /// A condition: `Fn::If`, `Condition`.
    Condition,
    /// A mapping: `Fn::FindInMap`.
    Mapping,
}

/// Every reference of a configuration, in the order of the file. `custom` and `params` are only values for variables.
pub fn references(document: &Node) -> Vec<Reference> {
    let mut found = Vec::new();
    for entry in document.entries() {
        let name = entry.key.text.as_str();
        if ["provider", "functions", "layers", "resources", "stepFunctions"].contains(&name) {
            let mut walk = Walk { in_machines: name == "stepFunctions", found: &mut found };
            walk.node(&entry.value, MAX_DEPTH);
            if name == "functions" {
                entry
                    .value
                    .entries()
                    .iter()
                    .for_each(|function| walk.attributes(&function.value, "dependsOn", "condition"));
            }
        }
    }
    found
}

struct Walk<'a> {
    in_machines: bool,
    found: &'a mut Vec<Reference>,
}

impl Walk<'_> {
    fn node(&mut self, node: &Node, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else { return };
        if node.secret {
            return;
        }
        if let [entry] = node.entries() {
            self.function(&entry.key.text, &entry.value);
        }
        if node.get("Type").is_some() {
            self.attributes(node, "DependsOn", "Condition");
        }
        node.items().iter().for_each(|item| self.node(item, depth));
        node.entries().iter().for_each(|entry| self.node(&entry.value, depth));
    }

    /// The resources that a resource waits for, and the condition under which it is made.
    fn attributes(&mut self, node: &Node, waits_for: &str, condition: &str) {
        if let Some(resource) = node.get(waits_for) {
            let one = resource.as_str().map(|name| (name, resource.span)).into_iter();
            let several = resource.items().iter().filter_map(|item| Some((item.as_str()?, item.span)));
            one.chain(several).for_each(|(name, span)| self.add(name, Referent::Resource, span));
        }
        if let Some(condition) = node.get(condition) {
            self.named(condition.as_str(), Referent::Condition, condition.span);
        }
    }

    fn function(&mut self, name: &str, value: &Node) {
        let first = value.items().first().and_then(Node::as_str);
        match name {
            "Ref" => self.named(value.as_str(), Referent::Value, value.span),
            "Fn::GetAtt" => {
                let text = value.as_str().and_then(|text| text.split('.').next());
                self.named(first.or(text), Referent::Resource, value.span);
            }
            "Fn::If" => self.named(first, Referent::Condition, value.span),
            "Fn::FindInMap" => self.named(first, Referent::Mapping, value.span),
            "Fn::Sub" => self.substitution(value),
            _ => {}
        }
    }

    fn named(&mut self, name: Option<&str>, to: Referent, span: Span) {
        if let Some(name) = name {
            self.add(name, to, span);
        }
    }

    /// The names in a text of `Fn::Sub`, without those that the function itself gives values for.
    fn substitution(&mut self, value: &Node) {
        let (text, own) = match &value.kind {
            Kind::String(text) => (text.as_str(), None),
            _ => match value.items() {
                [text, own, ..] => (text.as_str().unwrap_or_default(), Some(own)),
                _ => return,
            },
        };
        for part in text.split("${").skip(1) {
            let Some((name, _)) = part.split_once('}') else { continue };
            let name = name.trim();
            if name.starts_with('!') || own.is_some_and(|own| own.get(name).is_some()) {
                continue;
            }
            match name.split_once('.') {
                Some((resource, _)) => self.add(resource, Referent::Resource, value.span),
                None => self.add(name, Referent::Value, value.span),
            }
        }
    }

    fn add(&mut self, name: &str, to: Referent, span: Span) {
        self.found.push(Reference { name: name.to_owned(), to, span, in_machines: self.in_machines });
    }
}
