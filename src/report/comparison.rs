//! How two templates beside one another read.

use std::path::Path;

use cfn::diff::{Difference, Kind, ResourceDifference};
use serde_json::{Value, json};

use super::Report;
use crate::failure::count;
use crate::template::Comparison;

/// How much of a value is shown on a line.
const SHOWN_CHARACTERS: usize = 160;

impl Report {
    /// What differs between another template and the project's.
    pub fn compared(&self, other: &Path, comparison: &Comparison) {
        self.with_progress(super::progress::Progress::clear);
        if self.is_json() {
            return self.object(&object(other, comparison));
        }
        self.out(&lines(other, comparison));
    }
}

fn lines(other: &Path, comparison: &Comparison) -> String {
    let other = other.display();
    if comparison.difference.is_empty() {
        return format!("the project's template and {other} mean the same ({})", count(comparison.equal, "resource"));
    }
    let all = &comparison.difference.resources;
    let width = all.keys().map(|id| id.chars().count()).max().unwrap_or_default();
    let mut lines = vec![format!("from {other} to the project's template:")];
    for (id, difference) in all {
        let kind = comparison.kinds.get(id).map_or("", String::as_str);
        let (mark, word, places) = match difference {
            ResourceDifference::Added => ('+', "only in the project", &[][..]),
            ResourceDifference::Removed => ('-', "only in the other", &[][..]),
            ResourceDifference::Retyped => ('±', "of another type", &[][..]),
            ResourceDifference::Changed(places) => ('~', "", places.as_slice()),
        };
        lines.push(format!("  {mark} {id:<width$}  {kind}  {word}").trim_end().to_owned());
        lines.extend(places.iter().map(place));
    }
    for (section, places) in &comparison.difference.sections {
        lines.push(format!("  ~ {section}"));
        lines.extend(places.iter().map(place));
    }
    lines.push(summary(comparison));
    lines.join("\n")
}

fn place(place: &Difference) -> String {
    let path = place.path.join(".");
    match (place.kind, &place.before, &place.after) {
        (Kind::Add, _, Some(after)) if *after == Value::Bool(true) => format!("      + {path}"),
        (Kind::Remove, Some(before), _) if *before == Value::Bool(true) => format!("      - {path}"),
        (Kind::Add, _, Some(after)) => format!("      + {path}: {}", shown(after)),
        (Kind::Remove, Some(before), _) => format!("      - {path}: {}", shown(before)),
        (_, before, after) => {
            let side = |value: &Option<Value>| value.as_ref().map_or_else(String::new, shown);
            format!("      ~ {path}: {} → {}", side(before), side(after))
        }
    }
}

/// A value on one line, its middle left out when it is long.
fn shown(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned).replace('\n', "\\n");
    let length = text.chars().count();
    if length <= SHOWN_CHARACTERS {
        return text;
    }
    let half = SHOWN_CHARACTERS / 2;
    let (start, end) = (text.chars().take(half), text.chars().skip(length - half));
    format!("{} … {}", start.collect::<String>(), end.collect::<String>())
}

/// `1 added, 2 changed; 30 resources mean the same`.
fn summary(comparison: &Comparison) -> String {
    let all = comparison.difference.resources.values();
    let of = |wanted: fn(&ResourceDifference) -> bool| all.clone().filter(|difference| wanted(difference)).count();
    let counts = [
        (of(|difference| *difference == ResourceDifference::Added), "only in the project"),
        (of(|difference| *difference == ResourceDifference::Removed), "only in the other"),
        (of(|difference| *difference == ResourceDifference::Retyped), "of another type"),
        (of(|difference| matches!(difference, ResourceDifference::Changed(_))), "different"),
        (comparison.difference.sections.len(), "sections different"),
    ];
    let said: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    let verb = if comparison.equal == 1 { "means" } else { "mean" };
    format!("{}; {} {verb} the same", said.join(", "), count(comparison.equal, "resource"))
}

fn object(other: &Path, comparison: &Comparison) -> Value {
    let places = |places: &[Difference]| {
        let all = places.iter().map(|place| json!({"path": place.path, "before": place.before, "after": place.after}));
        all.collect::<Vec<Value>>()
    };
    let resources = comparison.difference.resources.iter().map(|(id, difference)| {
        let (change, places) = match difference {
            ResourceDifference::Added => ("added", Vec::new()),
            ResourceDifference::Removed => ("removed", Vec::new()),
            ResourceDifference::Retyped => ("retyped", Vec::new()),
            ResourceDifference::Changed(changed) => ("changed", places(changed)),
        };
        json!({"id": id, "type": comparison.kinds.get(id), "change": change, "places": places})
    });
    let sections =
        comparison.difference.sections.iter().map(|(name, changed)| json!({"name": name, "places": places(changed)}));
    json!({
        "other": other.display().to_string(),
        "equal": comparison.difference.is_empty(),
        "equalResources": comparison.equal,
        "resources": resources.collect::<Vec<Value>>(),
        "sections": sections.collect::<Vec<Value>>(),
    })
}
