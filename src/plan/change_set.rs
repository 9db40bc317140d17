//! A change set: what is asked of CloudFormation, and what it says would change.

use std::collections::BTreeMap;

/// Where CloudFormation finds a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateSource {
    /// In the call itself, at most [`INLINE_TEMPLATE_LIMIT`] bytes.
    Inline(String),
    /// Under the URL of an object in S3.
    Url(String),
}

/// How many bytes a template may have inside a call.
///
/// Source: AWS CloudFormation User Guide, "Understand CloudFormation quotas".
pub const INLINE_TEMPLATE_LIMIT: usize = 51_200;

/// Whether a change set makes a stack or changes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeSetKind {
    Create,
    Update,
    /// Takes resources that are there already into a stack; makes the stack when there is none.
    Import,
}

/// A change set to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeSetRequest {
    pub stack: String,
    pub name: String,
    pub kind: ChangeSetKind,
    pub template: TemplateSource,
    pub settings: StackSettings,
    /// What is taken in, for [`ChangeSetKind::Import`].
    pub imports: Vec<Import>,
}

/// A resource that is there already and that a stack takes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    pub logical_id: String,
    /// `AWS::DynamoDB::Table`.
    pub kind: String,
    /// The property that names it, and its value: `TableName`, `users`.
    pub identifier: BTreeMap<String, String>,
}

/// How the stack is kept, beside its template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StackSettings {
    pub parameters: BTreeMap<String, String>,
    /// Parameters that keep the value they have.
    pub previous_parameters: Vec<String>,
    pub tags: BTreeMap<String, String>,
    /// `CAPABILITY_NAMED_IAM` and, where there are transforms, `CAPABILITY_AUTO_EXPAND`.
    pub capabilities: Vec<String>,
    /// The role that CloudFormation works under.
    pub role_arn: Option<String>,
    /// The topics that hear of every event.
    pub notification_arns: Vec<String>,
    /// The alarms that roll an operation back.
    pub rollback: Option<RollbackTriggers>,
    /// Leave what a failed operation made, to be looked at.
    pub disable_rollback: bool,
    /// The stack's policy, as JSON; none leaves the stack's as it is.
    pub policy: Option<String>,
    /// Whether the stack may be deleted; none leaves it as it is.
    pub termination_protection: Option<bool>,
}

/// The alarms that roll an operation back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollbackTriggers {
    /// How long the alarms are watched after the operation, 0 to 180.
    pub monitoring_minutes: Option<i32>,
    /// Alarm ARN and its type, `AWS::CloudWatch::Alarm`.
    pub triggers: Vec<(String, String)>,
}

/// One page of a change set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChangeSetPage {
    /// The id of the stack that it is for.
    pub stack_id: Option<String>,
    /// `CREATE_PENDING`, `CREATE_IN_PROGRESS`, `CREATE_COMPLETE`, `FAILED`, …
    pub status: String,
    pub status_reason: Option<String>,
    /// `AVAILABLE` when it can be executed.
    pub execution_status: Option<String>,
    pub changes: Vec<Change>,
    pub next: Option<String>,
}

/// What a change set says of one resource.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Change {
    pub action: Action,
    pub logical_id: String,
    pub physical_id: Option<String>,
    /// `AWS::Lambda::Function`.
    pub kind: String,
    pub replacement: Replacement,
    /// What happens to what is removed or replaced: `Delete`, `Retain`, `Snapshot`, as the cloud says.
    pub policy_action: Option<String>,
    pub details: Vec<Detail>,
}

/// What is done to a resource.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    Add,
    #[default]
    Modify,
    Remove,
    Import,
    /// Known only once the change runs (inside a nested stack).
    Dynamic,
}

/// Whether a modified resource is made anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Replacement {
    #[default]
    No,
    Yes,
    /// It depends on a value that is not known before.
    Conditional,
}

/// Why a resource is modified.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Detail {
    /// `Properties`, `Tags`, `Metadata`, `DeletionPolicy`, …
    pub attribute: String,
    /// The property's name, when it is one.
    pub name: Option<String>,
    /// The path inside it, `/Properties/Environment/Variables/TABLE`.
    pub path: Option<String>,
    /// `Never`, `Conditionally`, `Always`.
    pub requires_recreation: Option<String>,
    /// `DirectModification`, `ResourceReference`, `ParameterReference`, …
    pub source: Option<String>,
    /// What causes it, `Users.Arn`.
    pub causing_entity: Option<String>,
    pub before: Option<String>,
    pub after: Option<String>,
}
