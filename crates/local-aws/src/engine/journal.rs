//! What is written down while a stack lives: everything else about a stack is derived from these entries.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::status::{ResourceStatus, StackStatus};

/// What a stack is asked to be: a template with everything that was given along with it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    /// The template's text as it was submitted.
    pub body: String,
    /// The text of each parameter: the given one or the default.
    pub parameters: IndexMap<String, String>,
    /// For parameters that name an entry of the parameter store, the text found there.
    #[serde(default)]
    pub stored: IndexMap<String, String>,
    pub tags: IndexMap<String, String>,
    pub capabilities: Vec<String>,
    #[serde(default)]
    pub notification_arns: Vec<String>,
    #[serde(default)]
    pub role_arn: Option<String>,
    /// The alarms that roll an operation back.
    #[serde(default)]
    pub rollback: RollbackTriggers,
    /// The change set that asked for it.
    #[serde(default)]
    pub change_set_id: Option<String>,
}

/// The alarms that roll an operation back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollbackTriggers {
    /// How long the alarms are looked at after the operation.
    pub monitoring_minutes: Option<i64>,
    /// The ARNs of the alarms.
    pub alarms: Vec<String>,
}

/// What to do when an operation fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum OnFailure {
    #[default]
    Rollback,
    DoNothing,
    Delete,
}

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    Create,
    Update,
    Import,
    Delete,
    /// `RollbackStack`: back to the last stable state.
    Rollback,
    /// `ContinueUpdateRollback`.
    ContinueRollback,
}

/// One operation on a stack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Operation {
    pub action: Action,
    /// Identifies the operation in `DescribeEvents`.
    pub id: String,
    /// The client's token, copied to every event.
    #[serde(default)]
    pub token: Option<String>,
    /// What the stack is to become; none for deletion and rollback.
    #[serde(default)]
    pub spec: Option<Spec>,
    #[serde(default)]
    pub on_failure: OnFailure,
    /// Resources to keep when the stack is deleted, or to skip when a rollback is continued.
    #[serde(default)]
    pub skip: BTreeSet<String>,
    /// Treat `DeletionPolicy: Retain` of new resources as `RetainExceptOnCreate`.
    #[serde(default)]
    pub retain_except_on_create: bool,
    /// For an import, the physical id of each resource.
    #[serde(default)]
    pub imports: IndexMap<String, String>,
}

/// What happens to the physical resource when the stack lets go of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Policy {
    #[default]
    Delete,
    Retain,
    RetainExceptOnCreate,
}

/// A physical resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Live {
    /// `AWS::…::…`
    pub kind: String,
    /// The physical id.
    pub physical: String,
    /// What `Ref` gives.
    pub reference: String,
    /// What `Fn::GetAtt` gives, by attribute.
    pub attributes: Map<String, Value>,
    /// The properties it was last given, with every function worked out.
    pub properties: Value,
    /// The stack's tags it was last given.
    #[serde(default)]
    pub tags: IndexMap<String, String>,
    /// The resources of the stack that must outlive it.
    pub needs: BTreeSet<String>,
    #[serde(default)]
    pub deletion: Policy,
    #[serde(default)]
    pub replacement: Policy,
    /// Its creation failed half-way: it is to be deleted, never to be updated.
    #[serde(default)]
    pub partial: bool,
}

/// What an entry about a resource changes beside its status.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Effect {
    /// Work begins; if nothing follows, it was cut short.
    Begins,
    /// Only the status changes.
    Nothing,
    /// Only an event: the clean-up of a physical resource that was replaced.
    Sweeps,
    /// The resource is now this one: created, or updated in place.
    Becomes(Box<Live>),
    /// The resource is now this one, and the one before waits for clean-up.
    Replaced(Box<Live>),
    /// The resource that was there before the operation is back; the new one waits for clean-up.
    Restored,
    /// It counts as gone back, also for the rest of the way back.
    Skipped,
    /// The physical resource of this id is gone, or kept outside of the stack.
    Gone(String),
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Record {
    /// The stack came to be.
    Born {
        id: String,
        name: String,
        region: String,
        description: Option<String>,
        parent: Option<String>,
        root: Option<String>,
    },
    /// An operation was accepted.
    Began(Box<Operation>),
    /// The stack's status changed.
    Stack { status: StackStatus, reason: Option<String> },
    /// A resource's status changed.
    Resource {
        logical: String,
        kind: String,
        status: ResourceStatus,
        physical: Option<String>,
        reason: Option<String>,
        effect: Effect,
    },
    /// A resource's bookkeeping changed without an event: its tags, its policies, what it needs.
    Noted { logical: String, live: Box<Live> },
    /// The outputs and imports of the stack as it now is.
    Outputs { outputs: Vec<OutputValue>, imports: BTreeSet<String> },
    /// A setting was changed by its own operation.
    Setting(Setting),
}

/// A setting of a stack that no template holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Setting {
    TerminationProtection(bool),
    Policy(Option<String>),
    /// `CancelUpdateStack`
    Cancelled,
}

/// One output of a stack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutputValue {
    pub key: String,
    pub value: String,
    pub description: Option<String>,
    pub export: Option<String>,
}

/// One entry of a stack's journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Milliseconds since 1970.
    pub at_ms: i64,
    pub record: Record,
}
