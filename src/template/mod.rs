//! Renders the CloudFormation template: pure, total, deterministic.

use std::collections::BTreeMap;

use crate::source::Span;

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
}

/// The deployment bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bucket {
    /// `ServerlessDeploymentBucket`, made by the stack itself.
    OfStack,
    /// `provider.deploymentBucket`.
    Named(String),
}
