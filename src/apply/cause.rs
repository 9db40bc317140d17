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
    /// It failed when the operation was taken back already.
    pub on_the_way_back: bool,
}

/// All failures of an operation that are causes, in the order in which they came; the first is the one to look at.
///
/// `events` are in the order of time; `places` tell where a logical id comes from.
pub fn causes(events: &[ResourceEvent], places: &BTreeMap<String, String>) -> Vec<Cause> {
    let root = events.iter().find(|event| event.of_stack).and_then(|event| event.physical_id.as_ref());
    let mut on_the_way_back = false;
    let mut causes: Vec<Cause> = Vec::new();
    for event in events {
        if event.of_stack {
            on_the_way_back |= event.physical_id.as_ref() == root && event.status.ends_with("ROLLBACK_IN_PROGRESS");
            continue;
        }
        let is_told = |cause: &Cause| cause.logical_id == event.logical_id && cause.on_the_way_back == on_the_way_back;
        if !event.status.ends_with("_FAILED") || is_consequence(event) || causes.iter().any(is_told) {
            continue;
        }
        causes.push(Cause {
            logical_id: event.logical_id.clone(),
            physical_id: event.physical_id.clone().filter(|id| !id.is_empty()),
            kind: event.kind.clone(),
            status: event.status.clone(),
            reason: event.reason.clone().unwrap_or_else(|| "the cloud gave no reason".to_owned()),
            place: places.get(&event.logical_id).cloned(),
            on_the_way_back,
        });
    }
    without_outer(causes)
}

/// A nested stack fails because of something in it; when that is known, the nested stack itself is no cause.
///
/// Observed: the parent says `Embedded stack ARN was not successfully created: The following resource(s) failed …`.
fn without_outer(causes: Vec<Cause>) -> Vec<Cause> {
    let is_outer =
        |cause: &Cause| cause.kind == "AWS::CloudFormation::Stack" && cause.reason.starts_with("Embedded stack ");
    match causes.iter().all(is_outer) {
        true => causes,
        false => causes.into_iter().filter(|cause| !is_outer(cause)).collect(),
    }
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
