//! What is deployed, as the last block of `deploy` and the whole of `info`.

use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::Report;
use super::size::{size, time};
use crate::apply::Removed;
use crate::artifact::Artifact;
use crate::failure::count;
use crate::observe::{Address, ApiStage, Named, Overview};

/// A deployment that has come to its end.
pub struct Deployment<'a> {
    pub service: &'a str,
    pub stage: &'a str,
    /// `dev on this machine`.
    pub place: &'a str,
    pub overview: &'a Overview,
    pub artifacts: &'a [Artifact],
    /// Something was changed.
    pub changed: bool,
    pub took: Duration,
}

impl Report {
    /// The last block of `deploy`.
    pub fn deployed(&self, deployment: &Deployment) {
        self.with_progress(super::progress::Progress::clear);
        let Deployment { service, stage, place, overview, artifacts, changed, took } = deployment;
        if self.is_json() {
            return self.object(&json!({
                "event": if *changed { "deployed" } else { "unchanged" },
                "service": service,
                "stage": stage,
                "seconds": took.as_secs_f64(),
                "overview": overview,
            }));
        }
        let mut lines = endpoint_lines(&overview.endpoints);
        if !overview.functions.is_empty() {
            lines.push("functions:".to_owned());
        }
        lines.extend(overview.functions.iter().map(|function| match size_of(artifacts, &function.key) {
            Some(bytes) => format!("  {}: {} ({})", function.key, function.name, size(bytes)),
            None => format!("  {}: {}", function.key, function.name),
        }));
        self.out(&lines.join("\n"));
        self.repeat_warnings();
        let took = time(*took);
        self.out(&match changed {
            true => format!("{service} is deployed to {place} ({took})"),
            false => format!("{service} is deployed to {place} as it is: nothing to change ({took})"),
        });
    }

    /// The whole of `info`.
    pub fn overview(&self, service: &str, stage: &str, place: &str, overview: &Overview, stages: &[ApiStage]) {
        if self.is_json() {
            return self.object(&json!({"event": "info", "service": service, "stage": stage, "overview": overview, "apiStages": stages}));
        }
        let mut lines = vec![
            format!("service: {service}"),
            format!("stage: {place}"),
            format!("stack: {} ({})", overview.stack, overview.status),
        ];
        lines.extend(endpoint_lines(&overview.endpoints));
        lines.extend(stages.iter().map(|stage| match stage.live_since {
            Some(time) => format!("  live since {time:.0}"),
            None => format!(
                "  the API {} has no stage `{}`, so callers get 403: run `deploy --force`",
                stage.api, stage.stage
            ),
        }));
        lines.extend(named_lines("functions", &overview.functions));
        lines.extend(named_lines("state machines", &overview.machines));
        lines.extend(named_lines("tables", &overview.tables));
        if self.is_verbose() {
            lines.extend(named_lines("buckets", &overview.buckets));
            lines.push("outputs:".to_owned());
            lines.extend(overview.outputs.iter().map(|(key, value)| format!("  {key}: {value}")));
        }
        self.out(&lines.join("\n"));
    }

    /// The last line of `remove`.
    pub fn removed(&self, stack: &str, place: &str, removed: &Removed, took: Duration) {
        self.with_progress(super::progress::Progress::clear);
        if self.is_json() {
            let kept: Vec<_> = removed
                .kept
                .iter()
                .map(|kept| json!({"logicalId": kept.logical_id, "physicalId": kept.physical_id, "type": kept.kind}))
                .collect();
            return self.object(&json!({"event": "removed", "stack": stack, "stood": removed.stood, "kept": kept, "emptied": removed.emptied.iter().map(|(bucket, objects)| json!({"bucket": bucket, "objects": objects})).collect::<Vec<_>>()}));
        }
        for kept in &removed.kept {
            self.out(&format!("kept: {} {} ({})", kept.kind, kept.physical_id, kept.logical_id));
        }
        self.repeat_warnings();
        self.out(&match removed.stood {
            true => format!("{stack} is removed from {place} ({})", time(took)),
            false => format!("{stack} is not deployed to {place}: nothing to remove"),
        });
    }

    /// The last line of `package`.
    pub fn packaged(&self, service: &str, out: &Path, artifacts: &[Artifact]) {
        self.with_progress(super::progress::Progress::clear);
        if self.is_json() {
            return self.object(&json!({"event": "packaged", "folder": out, "zips": artifacts.len()}));
        }
        self.repeat_warnings();
        let zips = count(artifacts.len(), "zip");
        self.out(&format!("{service} is packaged in {}: template.json, {zips}, manifest.json", out.display()));
    }

    /// Warnings once more, so that they are not lost above the progress.
    fn repeat_warnings(&self) {
        let warnings = self.take_warnings();
        if warnings.is_empty() {
            return;
        }
        self.note(&format!("{}:", count(warnings.len(), "warning")));
        for warning in warnings {
            self.note(&format!("  {warning}"));
        }
    }
}

fn endpoint_lines(endpoints: &[Address]) -> Vec<String> {
    let heading = match endpoints.len() {
        0 => return Vec::new(),
        1 => "endpoint:",
        _ => "endpoints:",
    };
    let lines = endpoints.iter().map(|endpoint| {
        let call = match endpoint.method.as_str() {
            "" => endpoint.url.clone(),
            method => format!("{method} - {}", endpoint.url),
        };
        match (&endpoint.target, endpoint.target_kind) {
            (Some(target), Some(kind)) => format!("  {call} → {target} ({kind})"),
            _ => format!("  {call}"),
        }
    });
    std::iter::once(heading.to_owned()).chain(lines).collect()
}

fn named_lines(heading: &str, named: &[Named]) -> Vec<String> {
    if named.is_empty() {
        return Vec::new();
    }
    let lines = named.iter().map(|named| format!("  {}: {}", named.key, named.arn));
    std::iter::once(format!("{heading}:")).chain(lines).collect()
}

fn size_of(artifacts: &[Artifact], key: &str) -> Option<u64> {
    let artifact = artifacts.iter().find(|artifact| artifact.owners.iter().any(|owner| owner == key))?;
    Some(artifact.size_bytes)
}
