//! What was changed in the account, and what mends a stack.

use serde_json::{Value, json};

use super::Report;
use crate::failure::count;
use crate::observe::{Drift, Drifted};

/// The longest value that is shown whole.
const MAX_SHOWN: usize = 120;

impl Report {
    /// What was changed in the account past a stack.
    pub fn drift(&self, stack: &str, place: &str, drift: &Drift) {
        if self.is_json() {
            let list: Vec<Value> = drift.resources.iter().map(object).collect();
            return self
                .object(&json!({"event": "drift", "stack": stack, "resources": list, "incomplete": drift.incomplete}));
        }
        let mut lines: Vec<String> = drift.drifted().flat_map(words).collect();
        if let Some(why) = &drift.incomplete {
            lines.push(format!("not every resource could be looked at: {why}"));
        }
        let (drifted, unchecked) = (drift.drifted().count(), drift.unchecked());
        let rest =
            if unchecked == 0 { String::new() } else { format!("; {unchecked} of types that cannot be compared") };
        lines.push(match drifted {
            0 => format!("{stack} ({place}) is as it was deployed{rest}"),
            number => format!("{stack} ({place}): {} changed since it was deployed{rest}", count(number, "resource")),
        });
        self.out(&lines.join("\n"));
    }

    /// What would be done to mend a stack, a line each.
    pub fn remedy(&self, words: &[String]) {
        if self.is_json() {
            return self.object(&json!({"event": "remedy", "steps": words}));
        }
        for line in words {
            self.out(&format!("  {line}"));
        }
    }

    /// The last line of `repair`, when no deployment followed.
    pub fn repaired(&self, stack: &str, place: &str, mended: bool) {
        if self.is_json() {
            return self.object(&json!({"event": "repaired", "stack": stack, "changed": mended}));
        }
        self.out(&match mended {
            true => format!("{stack} ({place}) is mended"),
            false => format!("{stack} ({place}): nothing was mended"),
        });
    }
}

fn words(one: &Drifted) -> Vec<String> {
    let head = format!("{} {} ({}, {})", one.status.to_lowercase(), one.logical_id, one.kind, one.physical_id);
    let properties = one.properties.iter().map(|property| {
        let (expected, actual) = (shown(&property.path, &property.expected), shown(&property.path, &property.actual));
        format!("    {}: deployed {expected}, now {actual}", property.path.trim_start_matches('/').replace('/', "."))
    });
    std::iter::once(head).chain(properties).collect()
}

/// Environments hold secrets.
fn shown(path: &str, value: &str) -> String {
    if path.to_lowercase().contains("environment") {
        return "***".to_owned();
    }
    match value.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}

fn object(one: &Drifted) -> Value {
    let properties: Vec<Value> = one
        .properties
        .iter()
        .map(|property| {
            json!({
                "path": property.path,
                "expected": shown(&property.path, &property.expected),
                "actual": shown(&property.path, &property.actual),
            })
        })
        .collect();
    json!({
        "logicalId": one.logical_id, "physicalId": one.physical_id, "type": one.kind, "status": one.status,
        "properties": properties,
    })
}
