//! What was changed past CloudFormation since the last whole deployment.
//!
//! It is kept in the deployment bucket, where everybody who deploys the stack finds it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Deployed;

/// The resources of a stack that are not as its template says.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Swaps {
    pub stack_id: String,
    /// The stack's last change then: a later one says that CloudFormation has deployed since.
    pub changed_at: Option<String>,
    /// Who did it last: `ann@laptop`.
    pub by: String,
    /// When, in RFC 3339.
    pub at: String,
    /// For each logical id the properties that were asked for.
    pub resources: BTreeMap<String, Value>,
}

/// Properties may hold secrets.
impl std::fmt::Debug for Swaps {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Swaps")
            .field("by", &self.by)
            .field("at", &self.at)
            .field("resources", &self.resources.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// A resource that was changed past CloudFormation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swapped {
    pub logical_id: String,
    pub by: String,
    pub at: String,
}

impl Swaps {
    /// Whether they still hold: CloudFormation has not deployed since.
    pub fn hold_for(&self, stack: &Deployed) -> bool {
        self.stack_id == stack.id && self.changed_at == stack.changed_at
    }

    /// Each of them, for a plan.
    pub fn listed(&self) -> Vec<Swapped> {
        let one = |id: &String| Swapped { logical_id: id.clone(), by: self.by.clone(), at: self.at.clone() };
        self.resources.keys().map(one).collect()
    }
}

/// Where the record of swaps is in the bucket.
pub fn swaps_key(prefix: &str) -> String {
    format!("{prefix}/swaps.json")
}
