//! Path and method to resource.

use indexmap::IndexMap;
use percent_encoding::percent_decode_str;

use crate::services::apigateway::document::{Definition, Resource};

/// The resource for `path` (without the stage), its method's name, and the path's parameters.
///
/// A fixed part beats a variable, a variable beats a greedy one. A slash at the end does not count.
pub fn find<'a>(
    definition: &'a Definition,
    method: &str,
    path: &str,
) -> Option<(&'a Resource, &'a str, IndexMap<String, String>)> {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let mut candidates: Vec<(Vec<u8>, &Resource)> = definition
        .resources
        .values()
        .filter(|resource| !resource.methods.is_empty())
        .filter_map(|resource| rank(&resource.path, &parts).map(|rank| (rank, resource)))
        .collect();
    candidates.sort_by(|(left, _), (right, _)| left.cmp(right));
    let (_, resource) = candidates.first()?;
    let name = [method, "ANY"].into_iter().find_map(|name| resource.methods.get_key_value(name))?.0;
    Some((resource, name, parameters(&resource.path, &parts)))
}

/// How loosely a resource matches, part by part; smaller is better. `None` when it does not.
pub fn rank(pattern: &str, parts: &[&str]) -> Option<Vec<u8>> {
    let pattern: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty()).collect();
    let mut rank = Vec::new();
    for (index, part) in pattern.iter().enumerate() {
        match variable(part) {
            Some((_, true)) => {
                rank.push(2);
                return (index < parts.len()).then_some(rank);
            }
            Some((_, false)) if index < parts.len() => rank.push(1),
            None if parts.get(index).is_some_and(|given| decoded(given) == **part) => rank.push(0),
            _ => return None,
        }
    }
    (pattern.len() == parts.len()).then_some(rank)
}

/// The parameters that a path has under a pattern.
pub fn parameters(pattern: &str, parts: &[&str]) -> IndexMap<String, String> {
    let mut found = IndexMap::new();
    for (index, part) in pattern.split('/').filter(|part| !part.is_empty()).enumerate() {
        match variable(part) {
            Some((name, true)) => {
                let rest = parts.get(index..).unwrap_or_default().join("/");
                found.insert(name.to_owned(), decoded(&rest));
            }
            Some((name, false)) => {
                found.insert(name.to_owned(), parts.get(index).map(|part| decoded(part)).unwrap_or_default());
            }
            None => {}
        }
    }
    found
}

/// The name in `{name}` or `{name+}`, and whether it is greedy.
fn variable(part: &str) -> Option<(&str, bool)> {
    let inner = part.strip_prefix('{')?.strip_suffix('}')?;
    Some(inner.strip_suffix('+').map_or((inner, false), |name| (name, true)))
}

fn decoded(part: &str) -> String {
    percent_decode_str(part).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Map, json};

    use super::*;

    fn definition(paths: &[(&str, &str)]) -> Definition {
        let mut resources = BTreeMap::new();
        for (path, method) in paths {
            let resource = resources.entry((*path).to_owned()).or_insert_with(|| Resource {
                id: (*path).to_owned(),
                parent_id: None,
                path_part: String::new(),
                path: (*path).to_owned(),
                methods: BTreeMap::new(),
            });
            resource.methods.insert((*method).to_owned(), json!({}));
        }
        Definition {
            shape: Map::new(),
            resources,
            models: BTreeMap::new(),
            validators: BTreeMap::new(),
            authorizers: BTreeMap::new(),
            responses: BTreeMap::new(),
        }
    }

    fn found(definition: &Definition, method: &str, path: &str) -> Option<(String, String, Vec<String>)> {
        find(definition, method, path).map(|(resource, method, parameters)| {
            (resource.path.clone(), method.to_owned(), parameters.into_values().collect())
        })
    }

    #[test]
    fn the_most_exact_resource_answers() {
        let api = definition(&[
            ("/signup", "POST"),
            ("/users/{id}", "GET"),
            ("/users/me", "GET"),
            ("/{proxy+}", "ANY"),
            ("/", "GET"),
        ]);
        let expect = |path: &str, method: &str, parameters: &[&str]| {
            Some((path.to_owned(), method.to_owned(), parameters.iter().map(|p| (*p).to_owned()).collect()))
        };
        assert_eq!(found(&api, "POST", "/signup"), expect("/signup", "POST", &[]));
        assert_eq!(found(&api, "POST", "/signup/"), expect("/signup", "POST", &[]));
        assert_eq!(found(&api, "GET", "/users/7%208"), expect("/users/{id}", "GET", &["7 8"]));
        assert_eq!(found(&api, "GET", "/users/me"), expect("/users/me", "GET", &[]));
        assert_eq!(found(&api, "DELETE", "/a/b/c"), expect("/{proxy+}", "ANY", &["a/b/c"]));
        assert_eq!(found(&api, "GET", "/"), expect("/", "GET", &[]));
        assert_eq!(found(&api, "GET", "/signup"), None);
    }
}
