//! Renders the CloudFormation template: pure, total, deterministic.
//!
//! One file a kind of resource. Each adds to a [`Draft`](draft::Draft); at the end the user's `resources` are merged in.

use std::collections::BTreeMap;

use crate::artifact::Artifact;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Span;
use crate::stack::Stack;

mod bucket;
mod cloud_front;
mod comparison;
mod dangling;
mod draft;
mod event_invoke;
mod events;
mod function;
mod helper;
mod http_api;
mod intrinsic;
mod layer;
mod log_group;
mod merge;
mod naming;
mod outputs;
mod placeholder;
mod pseudo;
mod rest_api;
mod role;
mod stage_settings;
mod state_machine;
mod url;
mod version;
mod websocket;

pub use comparison::{Comparison, compare};
pub use placeholder::placeholders;
pub use stage_settings::{AccessLog, StageChange, StageSettings};

use draft::Draft;

/// A template, and where each of its resources comes from.
#[derive(Clone, Debug)]
pub struct Rendered {
    pub stack_name: String,
    pub template: cfn::Template,
    /// For each logical id, the place in the configuration that made it.
    pub origins: BTreeMap<String, Span>,
    /// Where artifacts go: logical id of the stack's own bucket, or the name of the one that the user gave.
    pub bucket: Bucket,
    /// The key prefix of this service and stage in the bucket: `serverless/signup/dev`.
    pub prefix: String,
    /// What can be called over HTTP.
    pub endpoints: Vec<Endpoint>,
    /// What the stage of the REST API is to have once the stack stands; none where the template says it, or there is no API.
    pub stage_settings: Option<StageSettings>,
    /// What is weak in the template, or was left out.
    pub warnings: Vec<Diagnostic>,
}

/// The deployment bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bucket {
    /// `ServerlessDeploymentBucket`, made by the stack itself.
    OfStack,
    /// `provider.deploymentBucket`.
    Named(String),
}

/// Something that can be called over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub api: Api,
    /// Upper case; `ANY` for all.
    pub method: String,
    /// With a leading `/`; without the stage.
    pub path: String,
    pub target: EndpointTarget,
}

/// The API that an endpoint belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    Rest,
    Http,
    Websocket,
}

/// What an endpoint calls, by key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndpointTarget {
    Function(String),
    Machine(String),
}

/// The bucket that the artifacts of a stack go to.
pub fn deployment_bucket(stack: &Stack) -> Bucket {
    bucket::choice(stack).map_or(Bucket::OfStack, Bucket::Named)
}

/// The key prefix of a service and stage in the bucket: `serverless/signup/dev`.
pub fn prefix(stack: &Stack) -> String {
    bucket::prefix(stack)
}

/// The key of an artifact in the deployment bucket: `prefix/digest/file`.
pub fn artifact_key(prefix: &str, artifact: &Artifact) -> String {
    format!("{prefix}/{}/{}", artifact.digest, artifact.file_name)
}

/// The template of a stack whose code is in these artifacts.
///
/// # Errors
///
/// What contradicts the user's own resources, and what cannot be derived, such as the rights of a task.
pub fn render(stack: &Stack, artifacts: &[Artifact]) -> Result<Rendered, Diagnostics> {
    let mut draft = Draft::new(stack, artifacts);
    bucket::render(&mut draft);
    log_group::render(&mut draft);
    layer::render(&mut draft);
    function::render(&mut draft);
    rest_api::render(&mut draft);
    http_api::render(&mut draft);
    websocket::render(&mut draft);
    events::render(&mut draft);
    cloud_front::render(&mut draft);
    state_machine::render(&mut draft);
    role::render(&mut draft);
    helper::render(&mut draft);
    outputs::export(&mut draft);
    merge::render(&mut draft);
    pseudo::render(&mut draft);
    layer::resolve_retained(&mut draft);
    dangling::check(&mut draft);
    draft.finish()
}
