//! What stands in the cloud before anything is done.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Status;

/// A stack as the cloud describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Deployed {
    /// The stack's ARN: it names this very stack, also after its deletion.
    pub id: String,
    pub name: String,
    pub status: Status,
    /// Why it has that status, when the cloud says so.
    pub status_reason: Option<String>,
    /// In the cloud's order.
    pub outputs: Vec<StackOutput>,
    pub parameters: BTreeMap<String, String>,
    pub tags: BTreeMap<String, String>,
    pub termination_protection: bool,
    /// When it was last created or updated, as the cloud writes it.
    pub changed_at: Option<String>,
    /// The change set that it was last changed by, as the cloud says.
    pub change_set_id: Option<String>,
}

/// One resource of a stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackResource {
    pub logical_id: String,
    pub physical_id: Option<String>,
    pub kind: String,
    pub status: String,
}

impl StackResource {
    /// Whether it is the resource of that logical id, and something stands for it.
    pub fn is_there_as(&self, logical_id: &str) -> bool {
        let is_there = !matches!(self.status.as_str(), "DELETE_COMPLETE" | "CREATE_FAILED");
        self.logical_id == logical_id && is_there && self.physical_id.as_ref().is_some_and(|id| !id.is_empty())
    }
}

/// One output of a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackOutput {
    pub key: String,
    pub value: String,
    pub description: Option<String>,
}

impl Deployed {
    /// The value of an output.
    pub fn output(&self, key: &str) -> Option<&str> {
        self.outputs.iter().find(|output| output.key == key).map(|output| output.value.as_str())
    }

    /// The twelve digits of the account that the stack stands in.
    pub fn account(&self) -> &str {
        self.id.split(':').nth(4).unwrap_or_default()
    }

    /// The partition of its ARN: `aws`, `aws-cn`, `aws-us-gov`.
    pub fn partition(&self) -> &str {
        self.id.split(':').nth(1).unwrap_or("aws")
    }
}
