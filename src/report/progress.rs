//! What is shown while something is built and applied: lines, and on a terminal what goes on right now.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::Report;
use super::size::size;
use crate::apply::{Event, ResourceEvent};
use crate::artifact::BuildEvent;
use crate::failure::{count, listing};
use crate::plan::{Review, Status};

/// How many resources are shown at once while they change.
const MAX_SPINNERS: usize = 8;

/// What is drawn in place on a terminal.
#[derive(Default)]
pub struct Progress {
    /// How many resources have come to rest, of how many.
    bar: Option<ProgressBar>,
    /// What goes on besides resources: a build, a change set.
    step: Option<ProgressBar>,
    resources: HashMap<String, ProgressBar>,
    /// What each resource began and when, to say it once and how long it took.
    since: HashMap<String, (String, Instant)>,
}

impl Progress {
    fn step(&mut self, live: &MultiProgress, words: String) {
        self.end_step();
        let spinner = spinner(live, words);
        self.step = Some(spinner);
    }

    fn end_step(&mut self) {
        if let Some(step) = self.step.take() {
            step.finish_and_clear();
        }
    }

    fn begin(&mut self, live: &MultiProgress, resources: Option<usize>) {
        self.clear();
        if let Some(resources) = resources.filter(|resources| *resources > 0) {
            let bar = live.add(ProgressBar::new(resources as u64));
            // A template that indicatif could not read would be a mistake of ours: its default shows as much.
            if let Ok(style) = ProgressStyle::with_template("  {bar:30.cyan/dim} {pos}/{len} resources  {elapsed}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(200));
            self.bar = Some(bar);
        }
    }

    fn resource(&mut self, live: &MultiProgress, event: &ResourceEvent) {
        let id = &event.logical_id;
        if event.status.ends_with("_IN_PROGRESS") {
            if self.resources.len() < MAX_SPINNERS && !self.resources.contains_key(id) {
                self.resources.insert(id.clone(), spinner(live, format!("{} {id}", event.status)));
            }
            return;
        }
        if let Some(spinner) = self.resources.remove(id) {
            spinner.finish_and_clear();
        }
        // What the old ones leave is cleaned up after all that was to change.
        if let Some(bar) = self.bar.as_ref().filter(|bar| bar.length().is_none_or(|most| bar.position() < most)) {
            bar.inc(1);
        }
    }

    /// Notes that a resource has begun something, and whether that is new: CloudFormation says it twice, once before and
    /// once after the resource has a physical id.
    fn begins(&mut self, event: &ResourceEvent) -> bool {
        let known = self.since.get(&event.logical_id).is_some_and(|(status, _)| *status == event.status);
        if !known {
            self.since.insert(event.logical_id.clone(), (event.status.clone(), Instant::now()));
        }
        !known
    }

    /// Takes everything off the terminal.
    pub fn clear(&mut self) {
        self.end_step();
        for (_, spinner) in self.resources.drain() {
            spinner.finish_and_clear();
        }
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

fn spinner(live: &MultiProgress, words: String) -> ProgressBar {
    let spinner = live.add(ProgressBar::new_spinner().with_message(words));
    if let Ok(style) = ProgressStyle::with_template("  {spinner:.cyan} {msg}  {elapsed}") {
        spinner.set_style(style);
    }
    spinner.enable_steady_tick(Duration::from_millis(100));
    spinner
}

impl Report {
    /// Shows an event of a build.
    pub fn building(&self, event: &BuildEvent) {
        if self.is_json() {
            return self.object(&build_object(event));
        }
        match event {
            BuildEvent::Started { builder, owners } => {
                self.step(format!("Building {} ({builder})", owners.join(", ")));
            }
            BuildEvent::Progress { line, .. } if self.is_verbose() => self.note(&format!("  {line}")),
            BuildEvent::Progress { line, .. } => self.tick(line),
            BuildEvent::Ready { file_name, size_bytes, cached: false } => {
                self.note(&format!("Built {file_name} ({})", size(*size_bytes)));
            }
            BuildEvent::Ready { file_name, size_bytes, cached: true } if self.is_verbose() => {
                self.note(&format!("{file_name} is as it was ({})", size(*size_bytes)));
            }
            BuildEvent::Ready { .. } => {}
            BuildEvent::Warning { message, .. } => self.warn(message),
        }
    }

    /// Shows an event of what is applied.
    pub fn applying(&self, event: &Event) {
        if self.is_json() {
            return self.object(&apply_object(event));
        }
        match event {
            Event::ChangeSet { stack } => self.step(format!("Asking what changes in the stack {stack}")),
            Event::Changes(changes) => {
                for loss in Review::of_changes("", changes, &BTreeMap::new()).losses() {
                    self.warn(&loss.loss());
                }
            }
            Event::Uploads { files: 0, .. } => {}
            Event::Uploads { files, size_bytes, .. } => {
                self.step(format!("Uploading {} ({})", count(*files, "file"), size(*size_bytes)));
            }
            Event::Uploaded { key, size_bytes } => {
                let name = key.rsplit('/').next().unwrap_or(key);
                self.note(&format!("Uploaded {name} ({})", size(*size_bytes)));
            }
            Event::Begun { stack, resources } => self.begin(stack, *resources),
            Event::Resource(event) => self.resource(event),
            Event::Emptying { buckets } => {
                self.note(&format!("Emptying what goes with the stack: {}", listing(buckets)));
            }
            Event::Emptied { bucket, objects } => {
                self.note(&format!("Emptied the bucket {bucket} ({})", count(*objects, "object")));
            }
            Event::Retrying { message, pause } => {
                self.note(&format!("{message}; trying again in {:.1} s", pause.as_secs_f64()));
            }
            Event::Unwatched { stack, cancellable } => self.note(&format!(
                "No longer watching {}. What was begun goes on.{}",
                crate::apply::stack_name(stack),
                if *cancellable { " Press Ctrl-C again within 5 s to cancel it." } else { "" }
            )),
            Event::Cancelling { stack } => {
                self.note(&format!("Cancelling the update of {}", crate::apply::stack_name(stack)));
            }
            Event::Joined { stack, status, by } => {
                let by = by.as_ref().map(|by| format!(", {}", by.words())).unwrap_or_default();
                self.note(&format!(
                    "Something goes on in the stack {stack} already ({status}{by}); waiting until it has ended"
                ));
            }
            Event::Swapped { logical_id } => self.note(&format!("Changed {logical_id}")),
            Event::Pruned { objects } => {
                self.note(&format!("Deleted {} of old deployments", count(*objects, "object")));
            }
        }
    }

    fn step(&self, words: String) {
        if !self.terminal.is_live() {
            return self.note(&words);
        }
        self.with_progress(|progress| progress.step(self.terminal.live(), words));
    }

    fn tick(&self, words: &str) {
        self.with_progress(|progress| {
            if let Some(step) = &progress.step {
                step.set_message(words.to_owned());
            }
        });
    }

    fn begin(&self, stack: &str, resources: Option<usize>) {
        self.with_progress(|progress| progress.end_step());
        match resources {
            Some(resources) => self.note(&format!("Changing the stack {stack}: {}", count(resources, "resource"))),
            None => self.note(&format!("Changing the stack {stack}")),
        }
        if self.terminal.is_live() {
            self.with_progress(|progress| progress.begin(self.terminal.live(), resources));
        }
    }

    fn resource(&self, event: &ResourceEvent) {
        let live = self.terminal.is_live();
        let goes_on = event.status.ends_with("_IN_PROGRESS");
        if !event.of_stack {
            let is_new = self.with_progress(|progress| {
                if live {
                    progress.resource(self.terminal.live(), event);
                }
                goes_on && progress.begins(event)
            });
            // On a terminal what goes on is drawn in place, and only what has ended becomes a line.
            if goes_on && (live || is_new == Some(false)) {
                return;
            }
        }
        self.note(&self.resource_line(event));
        if event.of_stack && Status::new(&event.status).is_final() {
            self.with_progress(Progress::clear);
        }
    }

    fn resource_line(&self, event: &ResourceEvent) -> String {
        let status = format!("{:<20}", event.status);
        let status = match event.status.as_str() {
            word if word.ends_with("_FAILED") => self.terminal.red(&status),
            word if word.contains("ROLLBACK") => self.terminal.yellow(&status),
            word if word.ends_with("_COMPLETE") => self.terminal.green(&status),
            _ => self.terminal.dim(&status),
        };
        let mut line = format!("  {status} {}", event.logical_id);
        if !event.of_stack {
            line.push_str(&format!(" {}", self.terminal.dim(&event.kind)));
        }
        let reason = event.reason.as_deref().unwrap_or_default();
        if event.status.ends_with("_FAILED") && !reason.is_empty() {
            line.push_str(&format!(": {reason}"));
        }
        let took = self
            .with_progress(|progress| progress.since.get(&event.logical_id).map(|(_, since)| since.elapsed()))
            .flatten();
        if let Some(took) = took.filter(|took| took.as_secs() >= 1 && !event.status.ends_with("_IN_PROGRESS")) {
            line.push_str(&self.terminal.dim(&format!(" ({:.0} s)", took.as_secs_f64())));
        }
        line
    }

    /// What is drawn in place; nothing when a thread panicked while drawing.
    pub(super) fn with_progress<T>(&self, change: impl FnOnce(&mut Progress) -> T) -> Option<T> {
        self.progress.lock().ok().map(|mut progress| change(&mut progress))
    }
}

fn build_object(event: &BuildEvent) -> Value {
    match event {
        BuildEvent::Started { builder, owners } => {
            json!({"event": "build", "builder": builder, "functions": owners})
        }
        BuildEvent::Progress { builder, line } => json!({"event": "build-progress", "builder": builder, "line": line}),
        BuildEvent::Ready { file_name, size_bytes, cached } => {
            json!({"event": "built", "file": file_name, "sizeBytes": size_bytes, "cached": cached})
        }
        BuildEvent::Warning { owners, message } => {
            json!({"event": "warning", "functions": owners, "message": message})
        }
    }
}

fn apply_object(event: &Event) -> Value {
    match event {
        Event::ChangeSet { stack } => json!({"event": "change-set", "stack": stack}),
        Event::Changes(changes) => json!({"event": "changes", "resources": changes.len()}),
        Event::Uploads { files, size_bytes, present } => {
            json!({"event": "uploads", "files": files, "sizeBytes": size_bytes, "present": present})
        }
        Event::Uploaded { key, size_bytes } => json!({"event": "uploaded", "key": key, "sizeBytes": size_bytes}),
        Event::Begun { stack, resources } => json!({"event": "begun", "stack": stack, "resources": resources}),
        Event::Resource(event) => json!({
            "event": "resource",
            "at": event.at.to_string(),
            "logicalId": event.logical_id,
            "physicalId": event.physical_id,
            "type": event.kind,
            "status": event.status,
            "reason": event.reason,
        }),
        Event::Emptying { buckets } => json!({"event": "emptying", "buckets": buckets}),
        Event::Emptied { bucket, objects } => json!({"event": "emptied", "bucket": bucket, "objects": objects}),
        Event::Retrying { message, pause } => {
            json!({"event": "retrying", "message": message, "pauseMs": pause.as_millis() as u64})
        }
        Event::Unwatched { stack, cancellable } => {
            json!({"event": "unwatched", "stack": stack, "cancellable": cancellable})
        }
        Event::Cancelling { stack } => json!({"event": "cancelling", "stack": stack}),
        Event::Joined { stack, status, by } => json!({
            "event": "joined",
            "stack": stack,
            "status": status,
            "by": by.as_ref().and_then(|by| by.who.clone()),
            "since": by.as_ref().map(|by| by.at.to_string()),
        }),
        Event::Swapped { logical_id } => json!({"event": "changed", "logicalId": logical_id}),
        Event::Pruned { objects } => json!({"event": "pruned", "objects": objects}),
    }
}
