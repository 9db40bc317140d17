//! The first cause of a failed operation, not the cancellations after it.

use std::collections::BTreeMap;

use super::ResourceEvent;

/// A resource that failed, in the cloud's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    pub logical_id: String,
    pub physical_id: Option<String>,
    pub kind: String,
    /// `CREATE_FAILED`.
    pub status: String,
    /// The cloud's own sentence.
    pub reason: String,
    /// `stack.yaml:14:5`.
    pub place: Option<String>,
}

/// All failures of an operation that are causes, in the order in which they came; the first is the one to look at.
///
/// `events` are in the order of time; `places` tell where a logical id comes from.
pub fn causes(events: &[ResourceEvent], places: &BTreeMap<String, String>) -> Vec<Cause> {
    let failed = events.iter().filter(|event| event.status.ends_with("_FAILED") && !is_consequence(event));
    let mut causes: Vec<Cause> = Vec::new();
    for event in failed.filter(|event| !event.of_stack) {
        if causes.iter().all(|cause| cause.logical_id != event.logical_id) {
            causes.push(Cause {
                logical_id: event.logical_id.clone(),
                physical_id: event.physical_id.clone().filter(|id| !id.is_empty()),
                kind: event.kind.clone(),
                status: event.status.clone(),
                reason: event.reason.clone().unwrap_or_else(|| "the cloud gave no reason".to_owned()),
                place: places.get(&event.logical_id).cloned(),
            });
        }
    }
    causes
}

/// The first of [`causes`].
pub fn first_cause(events: &[ResourceEvent], places: &BTreeMap<String, String>) -> Option<Cause> {
    causes(events, places).into_iter().next()
}

/// A resource that was only stopped because another one failed.
///
/// Source: AWS CloudFormation User Guide, "Troubleshooting CloudFormation": `Resource creation cancelled`,
/// `Resource update cancelled`.
fn is_consequence(event: &ResourceEvent) -> bool {
    let reason = event.reason.as_deref().unwrap_or_default();
    ["Resource creation cancelled", "Resource update cancelled", "Resource deletion cancelled"]
        .iter()
        .any(|words| reason.eq_ignore_ascii_case(words) || reason.starts_with(words))
}
