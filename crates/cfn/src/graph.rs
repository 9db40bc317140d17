//! Which resource needs which others first.

use std::collections::{BTreeSet, HashMap};

use indexmap::IndexMap;
use serde_json::Value;

use crate::reference::{Reference, references};
use crate::{Resource, Template, TemplateError};

/// The dependencies among the resources of a template that exist under its conditions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    /// For each resource, in the template's order, the resources that must be there first.
    pub needs: IndexMap<String, BTreeSet<String>>,
}

impl Graph {
    /// The graph of `template` where `conditions` says which conditions hold: by `Ref`, `Fn::GetAtt`, `Fn::Sub` and
    /// `DependsOn`. Resources whose condition does not hold, and branches not taken, are not in it.
    ///
    /// # Errors
    /// [`TemplateError::Circular`] with every resource of the circle.
    pub fn new(template: &Template, conditions: &IndexMap<String, bool>) -> Result<Graph, TemplateError> {
        let present = |resource: &Resource| {
            resource.condition.as_ref().is_none_or(|name| conditions.get(name).copied().unwrap_or(true))
        };
        let mut needs = IndexMap::new();
        for (id, resource) in template.resources.iter().filter(|(_, resource)| present(resource)) {
            let exists = |name: &String| template.resources.get(name).is_some_and(present);
            let names = resource_references(resource, conditions).into_iter().filter(exists).collect();
            needs.insert(id.clone(), names);
        }
        let graph = Graph { needs };
        match graph.circle() {
            Some(circle) => Err(TemplateError::Circular(circle)),
            None => Ok(graph),
        }
    }

    /// Each resource with the resources that need it.
    pub fn needed_by(&self) -> HashMap<&str, Vec<&str>> {
        let mut result: HashMap<&str, Vec<&str>> = HashMap::with_capacity(self.needs.len());
        for (id, needs) in &self.needs {
            result.entry(id).or_default();
            for need in needs {
                result.entry(need).or_default().push(id);
            }
        }
        result
    }

    /// Resources so that each comes after all it needs, otherwise in the template's order; what is left over when
    /// there is a circle is missing.
    pub fn order(&self) -> Vec<&str> {
        let needed_by = self.needed_by();
        let position: HashMap<&str, usize> = self.needs.keys().enumerate().map(|(at, id)| (id.as_str(), at)).collect();
        let mut waiting: HashMap<&str, usize> =
            self.needs.iter().map(|(id, needs)| (id.as_str(), needs.len())).collect();
        let mut ready: BTreeSet<usize> =
            self.needs.values().enumerate().filter(|(_, needs)| needs.is_empty()).map(|(at, _)| at).collect();
        let mut order = Vec::with_capacity(self.needs.len());
        while let Some(at) = ready.pop_first() {
            let Some((id, _)) = self.needs.get_index(at) else { continue };
            order.push(id.as_str());
            for next in needed_by.get(id.as_str()).into_iter().flatten() {
                if let Some(count) = waiting.get_mut(next) {
                    *count -= 1;
                    if *count == 0 {
                        ready.extend(position.get(next));
                    }
                }
            }
        }
        order
    }

    /// The resources of one or more circles, in the template's order, if there are any.
    fn circle(&self) -> Option<Vec<String>> {
        let ordered: BTreeSet<&str> = self.order().into_iter().collect();
        if ordered.len() == self.needs.len() {
            return None;
        }
        // What is left over is in a circle or needs one; drop what nobody left over needs, until nothing changes.
        let mut left: BTreeSet<&str> =
            self.needs.keys().map(String::as_str).filter(|id| !ordered.contains(id)).collect();
        loop {
            let needed: BTreeSet<&str> =
                left.iter().flat_map(|id| self.needs[*id].iter().map(String::as_str)).collect();
            let kept: BTreeSet<&str> = left.intersection(&needed).copied().collect();
            if kept.len() == left.len() {
                break;
            }
            left = kept;
        }
        Some(self.needs.keys().filter(|id| left.contains(id.as_str())).cloned().collect())
    }
}

/// The resources named by `DependsOn`, one or a list.
pub fn depends_on(resource: &Resource) -> Vec<&str> {
    match &resource.depends_on {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn resource_references(resource: &Resource, conditions: &IndexMap<String, bool>) -> BTreeSet<String> {
    let active = |name: &str| conditions.get(name).copied();
    let mut names: BTreeSet<String> = depends_on(resource).into_iter().map(str::to_owned).collect();
    let values = [&resource.properties, &resource.metadata, &resource.creation_policy, &resource.update_policy];
    for reference in values.into_iter().flatten().flat_map(|value| references(value, &active)) {
        match reference {
            Reference::Name(name) | Reference::Attribute(name, _) => {
                names.insert(name);
            }
            Reference::Condition(_) => {}
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(text: &str) -> Result<Graph, TemplateError> {
        Graph::new(&Template::parse(text).unwrap(), &IndexMap::new())
    }

    #[test]
    fn each_resource_comes_after_what_it_needs() {
        let graph = graph(
            "Resources:\n  A: {Type: T, Properties: {x: !Ref C}}\n  B: {Type: T}\n  C: {Type: T, DependsOn: [B]}\n  D: {Type: T, Properties: {y: !Sub '${A.Arn}'}}\n",
        )
        .unwrap();
        assert_eq!(graph.order(), ["B", "C", "A", "D"]);
    }

    #[test]
    fn a_circle_is_named_without_those_outside_it() {
        let error = graph(
            "Resources:\n  A: {Type: T, Properties: {x: !Ref B}}\n  B: {Type: T, Properties: {x: !Ref A}}\n  C: {Type: T, DependsOn: A}\n  D: {Type: T}\n",
        )
        .unwrap_err();
        assert_eq!(error.to_string(), "Circular dependency between resources: [A, B]");
    }

    #[test]
    fn a_resource_may_not_need_itself() {
        let error = graph("Resources: {A: {Type: T, Properties: {x: !Ref A}}}").unwrap_err();
        assert_eq!(error.to_string(), "Circular dependency between resources: [A]");
    }
}
