//! `AWS::ApiGateway::Resource`: one a segment of a path.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::stack::Stack;
use crate::template::draft::Draft;
use crate::template::intrinsic::reference;
use crate::template::naming::path_id;

use super::{Route, api_id, root_id};

/// The resource of each path, `""` being the root.
pub type Resources = BTreeMap<String, Value>;

/// Adds the resources of all routes; those that exist already (`restApiResources`) are used as they are.
pub fn render(draft: &mut Draft, routes: &[Route]) -> Resources {
    let stack = draft.stack;
    let mut resources = predefined(stack);
    resources.entry(String::new()).or_insert_with(|| root_id(stack));
    for route in routes {
        // What is there already needs no parents of its own.
        let known = nearest(&resources, route.path());
        let mut path = route.path()[..known].to_owned();
        let rest = route.path()[known..].split('/').filter(|part| !part.is_empty());
        for part in rest {
            let parent = resources.get(&path).cloned().unwrap_or_else(|| root_id(stack));
            if !path.is_empty() {
                path.push('/');
            }
            path.push_str(part);
            if resources.contains_key(&path) {
                continue;
            }
            let id = format!("ApiGatewayResource{}", path_id(&path));
            let properties = json!({"ParentId": parent, "PathPart": part, "RestApiId": api_id(stack)});
            draft.add(&id, route.span(), "AWS::ApiGateway::Resource", properties);
            resources.insert(path.clone(), reference(&id));
        }
    }
    resources
}

/// How much of a path has a resource: the length of its longest known beginning.
fn nearest(resources: &Resources, path: &str) -> usize {
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    ends.filter(|end| resources.contains_key(&path[..*end])).max().unwrap_or(0)
}

/// Resources of a shared API, by path: a mapping, or a list of `{path, resourceId}`.
fn predefined(stack: &Stack) -> Resources {
    let given = stack.provider.api_gateway.as_ref().and_then(|api| api.resources.as_ref());
    let Some(given) = given else { return Resources::new() };
    let trimmed = |path: &str| path.trim_matches('/').to_owned();
    let of_mapping = given.0.entries().iter().map(|entry| (trimmed(&entry.key.text), entry.value.to_json()));
    let of_list = given.0.items().iter().filter_map(|item| {
        let path = item.get("path")?.as_str()?;
        Some((trimmed(path), item.get("resourceId")?.to_json()))
    });
    of_mapping.chain(of_list).collect()
}
