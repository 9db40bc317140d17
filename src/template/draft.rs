//! A template in the making.

use std::collections::{BTreeMap, HashMap, HashSet};

use cfn::{Output, Resource, Template};
use indexmap::IndexMap;
use serde_json::{Value, json};

use crate::artifact::{Artifact, ArtifactKind};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::source::Span;
use crate::stack::{Function, Named, Stack, normalized};

use super::{Endpoint, Rendered, StageSettings, bucket};

/// A right that a function needs because of its events or settings.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The function's key.
    pub function: String,
    pub statement: Value,
}

/// A template in the making, and what was learned on the way.
pub struct Draft<'a> {
    pub stack: &'a Stack,
    artifacts: &'a [Artifact],
    /// The artifact of every owner, so that many functions do not each look through all.
    by_owner: HashMap<(ArtifactKind, &'a str), &'a Artifact>,
    pub template: Template,
    origins: BTreeMap<String, Span>,
    pub grants: Vec<Grant>,
    /// What helpers may do.
    pub helper_statements: Vec<Value>,
    pub endpoints: Vec<Endpoint>,
    pub diagnostics: Vec<Diagnostic>,
    /// The alias that callers of a function must use, by the function's key.
    pub aliases: BTreeMap<String, String>,
    /// Services that work with the functions' role beside Lambda itself.
    pub assumed_by: Vec<&'static str>,
    /// Layers whose earlier versions stay: what references name, and the id that goes with the content.
    pub retained_layers: BTreeMap<String, String>,
    /// What the stage of the REST API is to have once the stack stands.
    pub stage_settings: Option<StageSettings>,
}

impl<'a> Draft<'a> {
    /// An empty template.
    pub fn new(stack: &'a Stack, artifacts: &'a [Artifact]) -> Draft<'a> {
        let template = Template {
            format_version: Some("2010-09-09".to_owned()),
            description: Some(format!("Service {} at stage {}, made by deploy", stack.service, stack.stage)),
            ..Template::default()
        };
        Draft {
            stack,
            artifacts,
            by_owner: owners(artifacts),
            template,
            origins: BTreeMap::new(),
            grants: Vec::new(),
            helper_statements: Vec::new(),
            endpoints: Vec::new(),
            diagnostics: Vec::new(),
            aliases: BTreeMap::new(),
            assumed_by: Vec::new(),
            retained_layers: BTreeMap::new(),
            stage_settings: None,
        }
    }

    /// Adds a resource that `span` made; one that is there already under the same id is replaced.
    pub fn add(&mut self, id: impl Into<String>, span: Span, kind: &str, properties: Value) -> &mut Resource {
        let id = id.into();
        self.origins.insert(id.clone(), span);
        let resource = Resource { kind: kind.to_owned(), properties: Some(properties), ..Resource::default() };
        match self.template.resources.entry(id) {
            indexmap::map::Entry::Occupied(mut entry) => {
                entry.insert(resource);
                entry.into_mut()
            }
            indexmap::map::Entry::Vacant(entry) => entry.insert(resource),
        }
    }

    /// Adds an output.
    pub fn output(&mut self, name: impl Into<String>, description: &str, value: Value) {
        let description = (!description.is_empty()).then(|| Value::String(description.to_owned()));
        self.template.outputs.insert(name.into(), Output { description, value, ..Output::default() });
    }

    /// Remembers where a resource of the user's own stands.
    pub fn origin(&mut self, id: &str, span: Span) {
        self.origins.entry(id.to_owned()).or_insert(span);
    }

    /// Gives a function a right.
    pub fn grant(&mut self, function: &str, statement: Value) {
        self.grants.push(Grant { function: function.to_owned(), statement });
    }

    /// Lets a service beside Lambda work with the functions' role.
    pub fn assume(&mut self, service: &'static str) {
        if !self.assumed_by.contains(&service) {
            self.assumed_by.push(service);
        }
    }

    /// The zip of a function.
    pub fn artifact(&self, function: &str) -> Option<&'a Artifact> {
        self.artifact_of(function, ArtifactKind::Function)
    }

    /// The zip of a layer.
    pub fn layer_artifact(&self, layer: &str) -> Option<&'a Artifact> {
        self.artifact_of(layer, ArtifactKind::Layer)
    }

    /// The zip of the helpers.
    pub fn helper_artifact(&self) -> Option<&'a Artifact> {
        self.artifacts.iter().find(|artifact| artifact.kind == ArtifactKind::Helper)
    }

    fn artifact_of(&self, owner: &str, kind: ArtifactKind) -> Option<&'a Artifact> {
        self.by_owner.get(&(kind, owner)).copied()
    }

    /// What callers of a function name as its ARN: its alias if it has one, else the function.
    pub fn function_arn(&self, function: &str) -> Value {
        let own = json!({"Fn::GetAtt": [self.stack.function_id(function), "Arn"]});
        match self.alias_name(function) {
            Some(alias) => json!({"Fn::Join": [":", [own, alias]]}),
            None => own,
        }
    }

    /// The name of a function's alias.
    pub fn alias_name(&self, function: &str) -> Option<&'static str> {
        let id = self.aliases.get(function)?;
        Some(if id.ends_with("SnapStartLambdaAlias") { "snapstart" } else { "provisioned" })
    }

    /// The id of a function's resource of some kind: `HelloLogGroup`.
    pub fn id(&self, function: &Named<Function>, suffix: &str) -> String {
        format!("{}{suffix}", normalized(&function.name))
    }

    /// The finished template.
    ///
    /// # Errors
    ///
    /// The errors that were found on the way.
    pub fn finish(self) -> Result<Rendered, Diagnostics> {
        if self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
            return Err(Diagnostics(self.diagnostics));
        }
        Ok(Rendered {
            stack_name: self.stack.stack_name(),
            template: self.template,
            origins: self.origins,
            bucket: super::deployment_bucket(self.stack),
            prefix: bucket::prefix(self.stack),
            endpoints: self.endpoints,
            stage_settings: self.stage_settings,
            warnings: self.diagnostics,
        })
    }
}

/// The first artifact of every owner.
fn owners(artifacts: &[Artifact]) -> HashMap<(ArtifactKind, &str), &Artifact> {
    let mut found = HashMap::new();
    for artifact in artifacts {
        for owner in &artifact.owners {
            found.entry((artifact.kind, owner.as_str())).or_insert(artifact);
        }
    }
    found
}

/// Changes the properties of a resource; one that has none gets them.
pub fn change<T>(resource: &mut Resource, change: impl FnOnce(&mut serde_json::Map<String, Value>) -> T) -> T {
    let mut properties = match resource.properties.take() {
        Some(Value::Object(map)) => map,
        _ => serde_json::Map::new(),
    };
    let answer = change(&mut properties);
    resource.properties = Some(Value::Object(properties));
    answer
}

/// Adds to the properties of a resource those that have a value.
pub fn set<const N: usize>(resource: &mut Resource, pairs: [(&str, Option<Value>); N]) {
    change(resource, |properties| extend(properties, pairs));
}

/// Adds ids to a resource's `DependsOn`.
pub fn depend(resource: &mut Resource, ids: impl IntoIterator<Item = String>) {
    let mut all: Vec<Value> = match resource.depends_on.take() {
        Some(Value::Array(ids)) => ids,
        Some(id) => vec![id],
        None => Vec::new(),
    };
    let mut known: HashSet<String> = all.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    all.extend(ids.into_iter().filter(|id| known.insert(id.clone())).map(Value::String));
    resource.depends_on = (!all.is_empty()).then_some(Value::Array(all));
}

/// A map from pairs, without those that have no value.
pub fn present<const N: usize>(pairs: [(&str, Option<Value>); N]) -> Value {
    Value::Object(pairs.into_iter().filter_map(|(key, value)| value.map(|value| (key.to_owned(), value))).collect())
}

/// Adds to `target` the pairs that have a value.
pub fn extend<const N: usize>(target: &mut serde_json::Map<String, Value>, pairs: [(&str, Option<Value>); N]) {
    target.extend(pairs.into_iter().filter_map(|(key, value)| value.map(|value| (key.to_owned(), value))));
}

/// Tags as CloudFormation lists them.
pub fn tag_list<'t>(tags: impl Iterator<Item = (&'t str, Value)>) -> Vec<Value> {
    let mut last: IndexMap<&str, Value> = IndexMap::new();
    for (key, value) in tags {
        last.insert(key, value);
    }
    last.into_iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}
