//! Earlier deployments, and the way back to one.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Report;
use super::size::time;
use crate::apply::Deployment;
use crate::failure::count;

/// A stack that went back to an earlier deployment.
pub struct Reverted<'a> {
    pub stack: &'a str,
    /// `dev on this machine`.
    pub place: &'a str,
    pub to: Timestamp,
    pub changes: usize,
    pub took: Duration,
}

impl Report {
    /// The deployments that a bucket remembers, the newest first.
    pub fn deployments(&self, stack: &str, place: &str, deployments: &[Deployment]) {
        if self.is_json() {
            let list: Vec<Value> = deployments
                .iter()
                .enumerate()
                .map(|(number, one)| json!({"number": number, "at": one.at.to_string(), "name": one.name, "tag": one.tag}))
                .collect();
            return self.object(&json!({"event": "deployments", "stack": stack, "deployments": list}));
        }
        if deployments.is_empty() {
            return self.out(&format!("no deployment of {stack} ({place}) is remembered"));
        }
        let current = deployments.first().and_then(|one| one.tag.as_ref());
        let mut lines = vec![format!("deployments of {stack} ({place}):")];
        lines.extend(deployments.iter().enumerate().map(|(number, one)| {
            let note = match number {
                0 => "  current",
                _ if one.tag.is_some() && one.tag.as_ref() == current => "  the same as the current one",
                _ => "",
            };
            format!("{number:>4}  {}{note}", one.at.strftime("%Y-%m-%d %H:%M:%S"))
        }));
        self.out(&lines.join("\n"));
    }

    /// The last line of `rollback`.
    pub fn reverted(&self, reverted: &Reverted) {
        self.with_progress(super::progress::Progress::clear);
        let Reverted { stack, place, to, changes, took } = reverted;
        if self.is_json() {
            return self.object(&json!({
                "event": "rolled-back", "stack": stack, "to": to.to_string(), "changes": changes,
                "seconds": took.as_secs_f64(),
            }));
        }
        let changed = count(*changes, "resource");
        self.out(&format!("{stack} ({place}) is as it was deployed at {to:.0}: {changed} changed ({})", time(*took)));
    }
}
