//! CreateResource, GetResource, GetResources, UpdateResource, DeleteResource.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::document::{Resource, RestApi};
use super::member::{bad, conflict, fresh_id, not_found, page, required, take};
use super::patch::{self, Setting};
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// CreateResource.
pub async fn create(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    take(&call, &["restApiId", "parentId"], &["pathPart"])?;
    let part = check_part(required(&call, "pathPart")?)?.to_owned();
    let parent_id = required(&call, "parentId")?.to_owned();
    let shape = RestApi::edit(&cloud, &call, |api| {
        let resources = &mut api.definition.resources;
        let parent = resources.get(&parent_id).ok_or_else(|| not_found("Invalid Resource identifier specified"))?;
        if parent.path_part.starts_with('{') && parent.path_part.ends_with("+}") {
            return Err(bad(format!(
                "Cannot create a child of a resource with a greedy path variable: {}",
                parent.path
            )));
        }
        let path = format!("{}/{part}", parent.path.trim_end_matches('/'));
        let siblings = resources.values().filter(|other| other.parent_id.as_deref() == Some(&parent_id));
        for sibling in siblings {
            if sibling.path_part == part {
                return Err(conflict(format!("Another resource with the same parent already has this name: {part}")));
            }
            if sibling.path_part.starts_with('{') && part.starts_with('{') {
                let other = &sibling.path_part;
                return Err(bad(format!(
                    "A sibling ({other}) of this resource already has a variable path part -- only one is allowed"
                )));
            }
        }
        let resource =
            Resource { id: fresh_id(6), parent_id: Some(parent_id), path_part: part, path, methods: BTreeMap::new() };
        let shape = resource.describe(false);
        resources.insert(resource.id.clone(), resource);
        Ok(shape)
    })?;
    Ok(Output::json(shape).with_status(201))
}

fn check_part(part: &str) -> Result<&str, Fault> {
    let word = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-:~$".contains(c));
    let variable = part.strip_prefix('{').and_then(|inner| inner.strip_suffix('}'));
    let valid = match variable {
        Some(inner) => word(inner.strip_suffix('+').unwrap_or(inner)),
        None => word(part),
    };
    if valid {
        return Ok(part);
    }
    Err(bad(
        "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning and the end.",
    ))
}

/// GetResource.
pub async fn get(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut api = RestApi::load(&cloud, &call)?;
    Ok(Output::json(api.resource(&call)?.describe(embeds(&call))))
}

/// GetResources.
pub async fn list(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let api = RestApi::load(&cloud, &call)?;
    let resources = api.definition.resources.values();
    Ok(Output::json(page(&call, resources.map(|resource| resource.describe(embeds(&call))).collect())?))
}

fn embeds(call: &Call) -> bool {
    match &call.input["embed"] {
        Value::Array(embed) => embed.contains(&json!("methods")),
        Value::String(embed) => embed == "methods",
        _ => false,
    }
}

/// UpdateResource: moves a resource below another or renames its part of the path.
pub async fn update(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let shape = RestApi::edit(&cloud, &call, |api| {
        let resource = api.resource(&call)?;
        let mut shape = json!({"pathPart": resource.path_part, "parentId": resource.parent_id});
        let id = resource.id.clone();
        patch::apply(&call, &mut shape, &[("pathPart", Setting::Text), ("parentId", Setting::Text)])?;
        let part = check_part(shape["pathPart"].as_str().unwrap_or_default())?.to_owned();
        let parent = shape["parentId"].as_str().unwrap_or_default().to_owned();
        if !api.definition.resources.contains_key(&parent) || below(&api.definition.resources, &parent, &id) {
            return Err(bad("Invalid Resource identifier specified for the parent"));
        }
        if let Some(resource) = api.definition.resources.get_mut(&id) {
            resource.path_part = part;
            resource.parent_id = Some(parent);
        }
        write_paths(&mut api.definition.resources);
        Ok(api.resource(&call)?.describe(false))
    })?;
    Ok(Output::json(shape))
}

/// Whether `id` is `ancestor` or below it.
fn below(resources: &BTreeMap<String, Resource>, id: &str, ancestor: &str) -> bool {
    let mut at = Some(id);
    for _ in 0..=resources.len() {
        match at {
            Some(id) if id == ancestor => return true,
            Some(id) => at = resources.get(id).and_then(|resource| resource.parent_id.as_deref()),
            None => return false,
        }
    }
    true
}

fn write_paths(resources: &mut BTreeMap<String, Resource>) {
    let path_of = |resources: &BTreeMap<String, Resource>, id: &str| {
        let mut parts = Vec::new();
        let mut at = resources.get(id);
        while let Some(resource) = at.filter(|resource| resource.parent_id.is_some() && parts.len() <= resources.len())
        {
            parts.push(resource.path_part.clone());
            at = resource.parent_id.as_deref().and_then(|parent| resources.get(parent));
        }
        parts.reverse();
        format!("/{}", parts.join("/"))
    };
    let paths: Vec<(String, String)> = resources.keys().map(|id| (id.clone(), path_of(resources, id))).collect();
    for (id, path) in paths {
        if let Some(resource) = resources.get_mut(&id) {
            resource.path = path;
        }
    }
}

/// DeleteResource, with everything below it.
pub async fn delete(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    RestApi::edit(&cloud, &call, |api| {
        let resource = api.resource(&call)?;
        if resource.parent_id.is_none() {
            return Err(bad("Invalid Resource identifier specified: the root resource cannot be deleted"));
        }
        let id = resource.id.clone();
        let resources = &api.definition.resources;
        let gone: Vec<String> = resources.keys().filter(|other| below(resources, other, &id)).cloned().collect();
        api.definition.resources.retain(|other, _| !gone.contains(other));
        Ok(())
    })?;
    Ok(Output::empty().with_status(202))
}
