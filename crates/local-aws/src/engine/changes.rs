//! What an operation would change, found out without doing it.

use std::collections::{BTreeSet, HashMap};
use std::sync::OnceLock;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use cfn::diff::{self, Difference};
use cfn::evaluate::{evaluate, scalar};
use cfn::reference::{Reference, references};
use cfn::{Resource, Template, TemplateError, parameter};

use super::blueprint::Blueprint;
use super::converge::{already_exists, policies};
use super::journal::{Live, Policy, Spec};
use super::provider::{Context, Provider, World};
use super::schema::Schema;
use super::scope::{Known, StackScope};
use super::stack::Stack;
use super::surroundings::Surroundings;
use crate::wire::Fault;

/// What would happen to one resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// `Add`, `Modify`, `Remove` or `Import`.
    pub action: String,
    pub logical: String,
    pub physical: Option<String>,
    pub kind: String,
    /// `True`, `False` or `Conditional`; only of a modification.
    pub replacement: Option<String>,
    /// What the policies do with the physical resource that goes.
    pub policy_action: Option<String>,
    /// `Properties`, `Tags`, `Metadata`, `DeletionPolicy`, …
    pub scope: Vec<String>,
    pub details: Vec<Detail>,
    /// The resource's definition before and after.
    pub before: Option<Value>,
    pub after: Option<Value>,
}

/// One place of a resource that would change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detail {
    /// `Properties`, `Tags`, `Metadata`, `DeletionPolicy`, …
    pub attribute: String,
    /// The property's name.
    pub name: Option<String>,
    /// `/Properties/Environment/Variables/TABLE`
    pub path: Option<String>,
    /// `Never`, `Conditionally` or `Always`.
    pub recreation: String,
    /// `Static`, or `Dynamic` when the value is only known afterwards.
    pub evaluation: String,
    pub source: String,
    pub cause: Option<String>,
    /// `Add`, `Remove` or `Modify`.
    pub change: Option<String>,
    pub before: Option<Value>,
    pub after: Option<Value>,
}

/// A reason to refuse a change set before it could run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Invalid {
    /// `PROPERTY_VALIDATION` or `NAME_CONFLICT_VALIDATION`
    pub validation: String,
    pub logical: String,
    pub kind: String,
    pub physical: Option<String>,
    pub reason: String,
    pub path: Option<String>,
}

/// Everything an operation would change.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    pub changes: Vec<Change>,
    /// Whether outputs would change.
    pub outputs: bool,
    pub invalid: Vec<Invalid>,
}

impl Plan {
    /// Whether the operation would do nothing.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && !self.outputs
    }
}

/// What is asked of a stack.
pub struct Question<'a> {
    pub world: &'a std::sync::Arc<dyn World>,
    pub stack: &'a Stack,
    pub blueprint: &'a Blueprint,
    pub around: &'a Surroundings,
    pub spec: &'a Spec,
    /// The physical ids of resources to import.
    pub imports: &'a IndexMap<String, String>,
    /// The template that the stack has, once it was looked at.
    pub before: OnceLock<Option<Template>>,
}

/// Refuses what no operation could do: types that are not there, attributes that types do not have, a type that
/// changes under its logical id, resource attributes that are not supported.
///
/// # Errors
/// A `ValidationError` in CloudFormation's words.
pub fn refuse(world: &dyn World, blueprint: &Blueprint, stack: Option<&Stack>) -> Result<(), Fault> {
    let present: Vec<(&String, &Resource)> =
        blueprint.graph.needs.keys().filter_map(|id| blueprint.template.resources.get_key_value(id)).collect();
    let unknown: BTreeSet<&str> = present
        .iter()
        .filter(|(_, resource)| world.provider(&resource.kind).is_none())
        .map(|(_, resource)| resource.kind.as_str())
        .collect();
    if !unknown.is_empty() {
        let names: Vec<&str> = unknown.into_iter().collect();
        return Err(invalid(format!(
            "Template format error: Unrecognized resource types: [{}] (the local AWS does not support them; see docs/local-aws.md)",
            names.join(", ")
        )));
    }
    for (id, resource) in &present {
        policies(resource).map_err(|error| invalid(error.to_string()))?;
        let refused = [("CreationPolicy", &resource.creation_policy), ("UpdatePolicy", &resource.update_policy)];
        if let Some((name, _)) = refused.iter().find(|(_, value)| value.is_some()) {
            return Err(invalid(format!(
                "the local AWS does not support the attribute {name} of {id}; see docs/local-aws.md"
            )));
        }
    }
    let outputs = blueprint.template.outputs.values().filter(|output| blueprint.holds(output.condition.as_ref()));
    let values = present
        .iter()
        .filter_map(|(_, resource)| resource.properties.as_ref())
        .chain(outputs.map(|output| &output.value));
    for value in values {
        attributes_exist(world, blueprint, value)?;
    }
    if let Some(stack) = stack {
        let retyped: Vec<&str> = present
            .iter()
            .filter(|(id, resource)| {
                let live = stack.resources.get(*id).and_then(|slot| slot.live.as_ref());
                live.is_some_and(|live| live.kind != resource.kind)
            })
            .map(|(id, _)| id.as_str())
            .collect();
        if !retyped.is_empty() {
            return Err(invalid(format!(
                "Update of resource type is not permitted. The new template modifies resource type of the following resources: [{}]",
                retyped.join(", ")
            )));
        }
    }
    Ok(())
}

fn attributes_exist(world: &dyn World, blueprint: &Blueprint, value: &Value) -> Result<(), Fault> {
    for reference in references(value, &|name| blueprint.conditions.get(name).copied()) {
        match reference {
            Reference::Attribute(resource, attribute) => {
                let Some(target) = blueprint.resource(&resource) else { return Err(unresolved(&resource)) };
                let Some(provider) = world.provider(&target.kind) else { continue };
                if !attribute.is_empty() && !provider.schema().has_attribute(&attribute) {
                    return Err(invalid(format!(
                        "Template error: resource {resource} does not support attribute type {attribute} in Fn::GetAtt"
                    )));
                }
            }
            Reference::Name(name)
                if blueprint.template.resources.contains_key(&name) && blueprint.resource(&name).is_none() =>
            {
                return Err(unresolved(&name));
            }
            _ => {}
        }
    }
    Ok(())
}

fn invalid(message: String) -> Fault {
    Fault::sender("ValidationError", message)
}

fn unresolved(name: &str) -> Fault {
    invalid(format!(
        "Template format error: Unresolved resource dependencies [{name}] in the Resources block of the template"
    ))
}

/// Works out what would change.
///
/// # Errors
/// A `ValidationError` when a function in the template cannot be worked out.
pub async fn plan(question: Question<'_>) -> Result<Plan, Fault> {
    let mut known: HashMap<String, Known> = HashMap::new();
    let mut plan = Plan::default();
    let mut found: HashMap<String, Change> = HashMap::new();
    let order: Vec<String> = question.blueprint.graph.order().into_iter().map(str::to_owned).collect();
    for id in &order {
        let Some(resource) = question.blueprint.resource(id) else { continue };
        let Some(provider) = question.world.provider(&resource.kind) else { continue };
        let properties =
            question.properties(resource, provider.as_ref(), &known).map_err(|error| invalid(error.to_string()))?;
        plan.invalid.extend(check(id, resource, provider.schema(), &properties));
        let live = question.stack.resources.get(id).and_then(|slot| slot.live.as_ref()).filter(|live| !live.partial);
        let (change, now) = match live {
            None => question.added(id, resource, provider.as_ref(), &properties, &mut plan.invalid).await,
            Some(live) => question.kept(id, resource, provider.as_ref(), live, properties, &known),
        };
        known.insert(id.clone(), now);
        found.extend(change.map(|change| (id.clone(), change)));
    }
    // In the order of the template, then what goes.
    plan.changes.extend(question.blueprint.graph.needs.keys().filter_map(|id| found.remove(id)));
    for (id, live) in question.stack.living().filter(|(id, _)| question.blueprint.resource(id).is_none()) {
        plan.changes.push(removed(id, live));
    }
    plan.outputs = question.outputs_change(&known).map_err(|error| invalid(error.to_string()))?;
    Ok(plan)
}

fn check(id: &str, resource: &Resource, schema: &Schema, properties: &Value) -> Vec<Invalid> {
    let invalid = |reason: String, path: Option<String>| Invalid {
        validation: "PROPERTY_VALIDATION".to_owned(),
        logical: id.to_owned(),
        kind: resource.kind.clone(),
        physical: None,
        reason,
        path,
    };
    let place = |problem: &str| {
        let pointer = problem.split(": ").next().unwrap_or("#");
        format!("/Resources/{id}/Properties{}", pointer.trim_start_matches('#'))
    };
    let problems = schema.check(properties).into_iter().map(|problem| {
        let path = place(&problem);
        invalid(problem, Some(path))
    });
    let refused = schema.refused(properties).into_iter().map(|name| {
        let path = format!("/Resources/{id}/Properties/{}", name.replace('.', "/"));
        invalid(
            format!("the local AWS does not support the property {name} of {}; see docs/local-aws.md", resource.kind),
            Some(path),
        )
    });
    problems.chain(refused).collect()
}

impl Question<'_> {
    fn properties(
        &self,
        resource: &Resource,
        provider: &dyn Provider,
        known: &HashMap<String, Known>,
    ) -> Result<Value, TemplateError> {
        let scope = StackScope::new(self.blueprint, self.around, known);
        let given = resource.properties.as_ref().map_or_else(|| Ok(None), |value| evaluate(value, &scope))?;
        Ok(provider.schema().coerce(&given.unwrap_or_else(|| Value::Object(Map::new()))))
    }

    async fn added(
        &self,
        id: &str,
        resource: &Resource,
        provider: &dyn Provider,
        properties: &Value,
        invalid: &mut Vec<Invalid>,
    ) -> (Option<Change>, Known) {
        let import = self.imports.get(id);
        if import.is_none() {
            invalid.extend(self.taken(id, provider, properties).await);
        }
        let change = Change {
            action: if import.is_some() { "Import" } else { "Add" }.to_owned(),
            logical: id.to_owned(),
            physical: import.cloned(),
            kind: resource.kind.clone(),
            replacement: None,
            policy_action: None,
            scope: Vec::new(),
            details: Vec::new(),
            before: None,
            after: Some(self.masked(&json!({ "Properties": properties }))),
        };
        (Some(change), Known::Later)
    }

    /// Whether the name that a new resource asks for belongs to another one already.
    async fn taken(&self, id: &str, provider: &dyn Provider, properties: &Value) -> Option<Invalid> {
        let schema = provider.schema();
        let name = properties.get(schema.identifier?)?.as_str()?.to_owned();
        if name.contains(cfn::UNKNOWN) {
            return None;
        }
        let context = Context {
            world: std::sync::Arc::clone(self.world),
            region: self.stack.region.clone(),
            account: self.world.account().to_owned(),
            stack_id: self.stack.id.clone(),
            stack_name: self.stack.name.clone(),
            logical: id.to_owned(),
            tags: IndexMap::new(),
            generation: 0,
        };
        let physical = provider.name(&context, properties)?;
        // A fault of the service is not a conflict: the operation itself will meet it and say so.
        let there = matches!(provider.read(context, physical.clone(), properties.clone()).await, Ok(Some(_)));
        there.then(|| Invalid {
            validation: "NAME_CONFLICT_VALIDATION".to_owned(),
            logical: id.to_owned(),
            kind: schema.kind.to_owned(),
            reason: already_exists(schema.kind, &physical),
            physical: Some(physical),
            path: Some(format!("/Resources/{id}/Properties/{}", schema.identifier.unwrap_or_default())),
        })
    }

    fn kept(
        &self,
        id: &str,
        resource: &Resource,
        provider: &dyn Provider,
        live: &Live,
        properties: Value,
        known: &HashMap<String, Known>,
    ) -> (Option<Change>, Known) {
        let schema = provider.schema();
        let mut details: Vec<Detail> = diff::values(&live.properties, &properties)
            .into_iter()
            .map(|place| self.detail(id, resource, schema, place, known))
            .collect();
        if schema.taggable && live.tags != self.spec.tags {
            details.push(Detail::plain("Tags", Some(json!(live.tags)), Some(json!(self.spec.tags))));
        }
        details.extend(self.attribute_details(id, resource, live));
        if details.is_empty() {
            return (None, Known::from(live));
        }
        let recreation = |word: &str| details.iter().any(|detail| detail.recreation == word);
        let replacement = match (recreation("Always"), recreation("Conditionally")) {
            (true, _) => "True",
            (_, true) => "Conditional",
            _ => "False",
        };
        let now = match (replacement, Known::from(live)) {
            ("False", Known::Present { reference, attributes, .. }) => {
                let unknown = schema.volatile.iter().map(|name| (*name).to_owned()).collect();
                Known::Present { reference, attributes, unknown }
            }
            _ => Known::Later,
        };
        let mut scope: Vec<String> = Vec::new();
        for detail in &details {
            if !scope.contains(&detail.attribute) {
                scope.push(detail.attribute.clone());
            }
        }
        let change = Change {
            action: "Modify".to_owned(),
            logical: id.to_owned(),
            physical: Some(live.physical.clone()),
            kind: live.kind.clone(),
            policy_action: (replacement != "False").then(|| replace_action(live.replacement).to_owned()),
            replacement: Some(replacement.to_owned()),
            scope,
            details,
            before: Some(self.masked(&json!({ "Properties": live.properties }))),
            after: Some(self.masked(&json!({ "Properties": properties }))),
        };
        (Some(change), now)
    }

    fn detail(
        &self,
        id: &str,
        resource: &Resource,
        schema: &Schema,
        place: Difference,
        known: &HashMap<String, Known>,
    ) -> Detail {
        let name = place.path.first().cloned().unwrap_or_default();
        let raw = resource.properties.as_ref().and_then(|properties| properties.get(&name));
        let later = raw.and_then(|raw| self.later_cause(raw, known));
        let unknown = place.after.as_ref().is_some_and(|after| after.to_string().contains(cfn::UNKNOWN));
        let (evaluation, source, cause) = match (later.filter(|_| unknown), self.parameter_cause(id, &name, raw)) {
            (Some((source, cause)), _) => ("Dynamic", source, Some(cause)),
            (None, Some(parameter)) => ("Static", "ParameterReference", Some(parameter)),
            (None, None) => ("Static", "DirectModification", None),
        };
        let replaces = schema
            .replaced_by(&wrap(&place.path, place.before.as_ref()), &wrap(&place.path, place.after.as_ref()))
            .next()
            .is_some();
        let recreation = match (replaces, evaluation) {
            (false, _) => "Never",
            (true, "Dynamic") => "Conditionally",
            (true, _) => "Always",
        };
        Detail {
            attribute: "Properties".to_owned(),
            path: Some(format!("/Properties{}", place.pointer())),
            name: Some(name),
            recreation: recreation.to_owned(),
            evaluation: evaluation.to_owned(),
            source: source.to_owned(),
            cause,
            change: Some(change_word(place.kind).to_owned()),
            before: place.before.as_ref().map(|value| self.masked(value)),
            after: place.after.as_ref().map(|value| self.masked(value)),
        }
    }

    /// The reference because of which a value is only known afterwards.
    fn later_cause(&self, raw: &Value, known: &HashMap<String, Known>) -> Option<(&'static str, String)> {
        references(raw, &|name| self.blueprint.conditions.get(name).copied()).into_iter().find_map(|reference| {
            match reference {
                Reference::Name(name) if known.get(&name) == Some(&Known::Later) => Some(("ResourceReference", name)),
                Reference::Attribute(resource, attribute) => known
                    .get(&resource)?
                    .is_later(&attribute)
                    .then(|| ("ResourceAttribute", format!("{resource}.{attribute}"))),
                _ => None,
            }
        })
    }

    /// The template that the stack has.
    fn before(&self) -> Option<&Template> {
        self.before.get_or_init(|| Template::parse(&self.stack.current.body).ok()).as_ref()
    }

    /// The parameter whose new value changes a property that the template itself leaves as it was.
    fn parameter_cause(&self, id: &str, name: &str, raw: Option<&Value>) -> Option<String> {
        let raw = raw?;
        let same = self.before()?.resources.get(id)?.properties.as_ref()?.get(name) == Some(raw);
        if !same {
            return None;
        }
        references(raw, &|_| None).into_iter().find_map(|reference| match reference {
            Reference::Name(name)
                if self.spec.parameters.contains_key(&name)
                    && self.spec.parameters.get(&name) != self.stack.current.parameters.get(&name) =>
            {
                Some(name)
            }
            _ => None,
        })
    }

    fn attribute_details(&self, id: &str, resource: &Resource, live: &Live) -> Vec<Detail> {
        let mut details = Vec::new();
        let (deletion, replacement) = policies(resource).unwrap_or_default();
        if deletion != live.deletion {
            details.push(Detail::plain("DeletionPolicy", Some(json!(live.deletion)), Some(json!(deletion))));
        }
        if replacement != live.replacement {
            details.push(Detail::plain("UpdateReplacePolicy", Some(json!(live.replacement)), Some(json!(replacement))));
        }
        let old = self.before().and_then(|template| template.resources.get(id));
        let metadata = old.map(|old| old.metadata.clone());
        if let Some(old) = metadata.filter(|old| *old != resource.metadata) {
            details.push(Detail::plain("Metadata", old, resource.metadata.clone()));
        }
        details
    }

    fn outputs_change(&self, known: &HashMap<String, Known>) -> Result<bool, TemplateError> {
        let scope = StackScope::new(self.blueprint, self.around, known);
        let mut count = 0;
        for (key, output) in &self.blueprint.template.outputs {
            if !self.blueprint.holds(output.condition.as_ref()) {
                continue;
            }
            count += 1;
            let value = evaluate(&output.value, &scope)?.as_ref().and_then(scalar);
            let export = match output.export.as_ref().and_then(|export| export.get("Name")) {
                Some(name) => evaluate(name, &scope)?.as_ref().and_then(scalar),
                None => None,
            };
            let before = self.stack.outputs.iter().find(|before| before.key == *key);
            let same = before.is_some_and(|before| {
                Some(&before.value) == value.as_ref()
                    && before.export == export
                    && before.description == output.description.as_ref().and_then(scalar)
            });
            if !same {
                return Ok(true);
            }
        }
        Ok(count != self.stack.outputs.len())
    }

    /// The value with the texts of hidden parameters out of sight.
    fn masked(&self, value: &Value) -> Value {
        let template = &self.blueprint.template;
        let hidden: Vec<&str> = template
            .parameters
            .iter()
            .filter(|(_, declared)| parameter::hidden(declared))
            .flat_map(|(name, _)| [self.spec.parameters.get(name), self.stack.current.parameters.get(name)])
            .flatten()
            .map(String::as_str)
            .filter(|text| !text.is_empty())
            .collect();
        mask(value, &hidden)
    }
}

fn mask(value: &Value, hidden: &[&str]) -> Value {
    match value {
        Value::String(text) if hidden.iter().any(|secret| text.contains(secret)) => Value::from("****"),
        Value::Array(items) => Value::Array(items.iter().map(|item| mask(item, hidden)).collect()),
        Value::Object(object) => {
            Value::Object(object.iter().map(|(key, item)| (key.clone(), mask(item, hidden))).collect())
        }
        other => other.clone(),
    }
}

impl Detail {
    fn plain(attribute: &str, before: Option<Value>, after: Option<Value>) -> Detail {
        let change = match (&before, &after) {
            (None, _) => "Add",
            (_, None) => "Remove",
            _ => "Modify",
        };
        Detail {
            attribute: attribute.to_owned(),
            name: None,
            path: Some(format!("/{attribute}")),
            recreation: "Never".to_owned(),
            evaluation: "Static".to_owned(),
            source: "DirectModification".to_owned(),
            cause: None,
            change: Some(change.to_owned()),
            before,
            after,
        }
    }
}

fn removed(id: &str, live: &Live) -> Change {
    let policy_action = if live.deletion == Policy::Delete { "Delete" } else { "Retain" };
    Change {
        action: "Remove".to_owned(),
        logical: id.to_owned(),
        physical: Some(live.physical.clone()),
        kind: live.kind.clone(),
        replacement: None,
        policy_action: Some(policy_action.to_owned()),
        scope: Vec::new(),
        details: Vec::new(),
        before: Some(json!({ "Properties": live.properties })),
        after: None,
    }
}

fn replace_action(policy: Policy) -> &'static str {
    if policy == Policy::Delete { "ReplaceAndDelete" } else { "ReplaceAndRetain" }
}

fn change_word(kind: diff::Kind) -> &'static str {
    match kind {
        diff::Kind::Add => "Add",
        diff::Kind::Remove => "Remove",
        diff::Kind::Modify => "Modify",
    }
}

/// An object in which only `path` has a value.
fn wrap(path: &[String], value: Option<&Value>) -> Value {
    let Some(value) = value else {
        return match path.split_last() {
            Some((_, parent)) if !parent.is_empty() => wrap(parent, Some(&Value::Object(Map::new()))),
            _ => Value::Object(Map::new()),
        };
    };
    path.iter().rev().fold(value.clone(), |inner, key| Value::Object(Map::from_iter([(key.clone(), inner)])))
}
