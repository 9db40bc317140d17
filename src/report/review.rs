//! How a plan reads: lines for a terminal, JSON, Markdown for a pull request.

use serde_json::{Value, json};

use super::Report;
use crate::plan::{Entry, Fate, Reason, Review};

/// The fates in the order of the last line.
const FATES: [Fate; 6] =
    [Fate::Added, Fate::Imported, Fate::Changed, Fate::PerhapsReplaced, Fate::Replaced, Fate::Removed];

impl Report {
    /// What would change.
    pub fn review(&self, review: &Review, place: &str, markdown: bool) {
        self.with_progress(super::progress::Progress::clear);
        if self.is_json() {
            return self.object(&object(review));
        }
        let text = if markdown { page(review, place) } else { lines(review, place) };
        self.out(&text);
    }
}

fn lines(review: &Review, place: &str) -> String {
    if review.is_empty() {
        return format!("nothing would change in the stack {} ({place})", review.stack);
    }
    let width = review.entries.iter().map(|entry| entry.logical_id.chars().count()).max().unwrap_or_default();
    let mut lines = vec![format!("the stack {} ({place}) would change:", review.stack)];
    for entry in &review.entries {
        let from = entry.place.as_ref().map(|place| format!("  {place}")).unwrap_or_default();
        let mark = mark(entry.fate);
        let word = entry.fate.word();
        lines.push(format!("  {mark} {word:<8} {:<width$}  {}{from}", entry.logical_id, entry.kind));
        lines.extend(entry.reasons.iter().map(|reason| format!("      {}", reason_words(reason))));
    }
    lines.extend(losses(review).map(|loss| format!("warning: {loss}")));
    lines.push(summary(review));
    lines.join("\n")
}

fn mark(fate: Fate) -> char {
    match fate {
        Fate::Added | Fate::Imported => '+',
        Fate::Changed => '~',
        Fate::PerhapsReplaced | Fate::Replaced => '±',
        Fate::Removed => '-',
    }
}

fn reason_words(reason: &Reason) -> String {
    let mut words = reason.property.clone();
    match (&reason.before, &reason.after) {
        (Some(before), Some(after)) => words.push_str(&format!(": {before} → {after}")),
        (None, Some(after)) => words.push_str(&format!(": set to {after}")),
        (Some(before), None) => words.push_str(&format!(": {before} is taken away")),
        (None, None) => {}
    }
    if let Some(cause) = &reason.caused_by {
        words.push_str(&format!(", because of {cause}"));
    }
    if reason.replaces {
        words.push_str(" (makes it anew)");
    }
    words
}

/// What goes with its resource, a sentence each.
fn losses(review: &Review) -> impl Iterator<Item = String> {
    review.entries.iter().filter(|entry| entry.loses_data).map(|entry| {
        let name = entry.physical_id.as_deref().unwrap_or(&entry.logical_id);
        let done = match entry.fate {
            Fate::Removed => "is removed",
            Fate::PerhapsReplaced => "may be made anew",
            _ => "is made anew",
        };
        format!(
            "`{}` ({}, {name}) {done}: all that is in it is lost; `DeletionPolicy: Retain` and `UpdateReplacePolicy: Retain` keep it",
            entry.logical_id, entry.kind
        )
    })
}

/// `2 to add, 1 to replace`.
fn summary(review: &Review) -> String {
    let counts = FATES.iter().map(|fate| (review.count(*fate), fate.word().trim_end_matches('?'))).collect::<Vec<_>>();
    let counts = counts.into_iter().filter(|(count, _)| *count > 0);
    counts.map(|(count, word)| format!("{count} to {word}")).collect::<Vec<_>>().join(", ")
}

fn page(review: &Review, place: &str) -> String {
    if review.is_empty() {
        return format!("### `{}` ({place})\n\nNothing would change.\n", review.stack);
    }
    let mut text = format!("### `{}` ({place})\n\n{}\n", review.stack, summary(review));
    for loss in losses(review) {
        text.push_str(&format!("\n> **Warning:** {loss}\n"));
    }
    text.push_str("\n| | Resource | Type | Why |\n|---|---|---|---|\n");
    for entry in &review.entries {
        text.push_str(&row(entry));
    }
    text
}

fn row(entry: &Entry) -> String {
    let why: Vec<String> = entry.reasons.iter().map(|reason| cell(&reason_words(reason))).collect();
    let from = entry.place.as_ref().map(|place| format!(" ({place})")).unwrap_or_default();
    format!("| {} | `{}`{from} | {} | {} |\n", entry.fate.word(), entry.logical_id, entry.kind, why.join("<br>"))
}

/// Text that stays inside its cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

fn object(review: &Review) -> Value {
    let entries: Vec<Value> = review
        .entries
        .iter()
        .map(|entry| {
            let reasons: Vec<Value> = entry
                .reasons
                .iter()
                .map(|reason| {
                    json!({
                        "property": reason.property,
                        "before": reason.before,
                        "after": reason.after,
                        "replaces": reason.replaces,
                        "causedBy": reason.caused_by,
                    })
                })
                .collect();
            json!({
                "action": entry.fate.word(),
                "logicalId": entry.logical_id,
                "physicalId": entry.physical_id,
                "type": entry.kind,
                "place": entry.place,
                "losesData": entry.loses_data,
                "reasons": reasons,
            })
        })
        .collect();
    json!({"event": "plan", "stack": review.stack, "changes": entries})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn review() -> Review {
        Review {
            stack: "signup-dev".into(),
            entries: vec![Entry {
                fate: Fate::Replaced,
                logical_id: "Users".into(),
                physical_id: Some("signup-dev".into()),
                kind: "AWS::DynamoDB::Table".into(),
                place: Some("stack.yaml:57:5".into()),
                reasons: vec![Reason {
                    property: "KeySchema".into(),
                    before: Some("id".into()),
                    after: Some("a|b".into()),
                    replaces: true,
                    caused_by: None,
                }],
                loses_data: true,
            }],
        }
    }

    #[test]
    fn a_plan_names_the_property_its_line_and_what_is_lost() {
        let text = lines(&review(), "dev on this machine");
        assert!(text.contains("± replace  Users  AWS::DynamoDB::Table  stack.yaml:57:5"), "{text}");
        assert!(text.contains("KeySchema: id → a|b (makes it anew)"), "{text}");
        assert!(text.contains("warning: `Users` (AWS::DynamoDB::Table, signup-dev) is made anew: all"), "{text}");
        assert!(text.ends_with("1 to replace"), "{text}");
    }

    #[test]
    fn a_plan_in_markdown_keeps_its_table_whole() {
        let text = page(&review(), "dev on this machine");
        assert!(
            text.contains(
                "| replace | `Users` (stack.yaml:57:5) | AWS::DynamoDB::Table | KeySchema: id → a\\|b (makes it anew) |"
            ),
            "{text}"
        );
        assert!(text.contains("> **Warning:** `Users`"), "{text}");
    }
}
