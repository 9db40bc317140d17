//! What was changed past CloudFormation since the last whole deployment.
//!
//! It is part of the stack's record in the deployment bucket, where everybody who deploys the stack finds it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The resources of a stack that are not as its template says.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Swaps {
    /// Who did it last: `ann@laptop`.
    pub by: String,
    /// When, in RFC 3339.
    pub at: String,
    /// All of them were seen live; else some may not have been made.
    #[serde(default)]
    pub finished: bool,
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
    /// The same once all of them are live: those that are again as the deployed template says are none any more.
    pub fn finished(mut self, deployed: &Value) -> Option<Swaps> {
        let properties = |id: &str| deployed.pointer(&format!("/Resources/{id}/Properties"));
        self.resources.retain(|id, wanted| properties(id) != Some(wanted));
        self.finished = true;
        (!self.resources.is_empty()).then_some(self)
    }

    /// Each of them, for a plan.
    pub fn listed(&self) -> Vec<Swapped> {
        let one = |id: &String| Swapped { logical_id: id.clone(), by: self.by.clone(), at: self.at.clone() };
        self.resources.keys().map(one).collect()
    }
}
