//! How a plan reads: lines for a terminal, JSON, Markdown for a pull request.

use serde_json::{Value, json};

use super::Report;
use crate::plan::{Entry, Fate, MachineChange, Reason, Review, Right, StateChange, StateFate, Taken};

/// The fates in the order of the last line.
const FATES: [Fate; 6] =
    [Fate::Added, Fate::Imported, Fate::Changed, Fate::PerhapsReplaced, Fate::Replaced, Fate::Removed];

impl Report {
    /// What would change; of `secrets` nothing is shown.
    pub fn review(&self, review: &Review, place: &str, markdown: bool, secrets: &[String]) {
        self.with_progress(super::progress::Progress::clear);
        if self.is_json() {
            return self.out(&without(secrets, object(review).to_string()));
        }
        let text = if markdown { page(review, place) } else { lines(review, place) };
        self.out(&without(secrets, text));
    }
}

/// A text in which no secret stands.
fn without(secrets: &[String], text: String) -> String {
    secrets.iter().fold(text, |text, secret| text.replace(secret.as_str(), "***"))
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
        lines.extend(entry.reasons.iter().map(|reason| format!("      {}", reason_words(entry, reason))));
    }
    for (heading, notes) in sections(review) {
        lines.push(format!("{heading}:"));
        lines.extend(notes.iter().map(|note| format!("  {note}")));
    }
    lines.extend(warnings(review).into_iter().map(|warning| format!("warning: {warning}")));
    if review.is_offline {
        lines.push(OFFLINE.to_owned());
    }
    lines.push(summary(review));
    lines.join("\n")
}

/// What is said of a plan that AWS was not asked about.
const OFFLINE: &str = "AWS was not asked: this compares with the last template that this machine deployed";

/// What there is to say beside the resources, each with its heading.
fn sections(review: &Review) -> Vec<(&'static str, Vec<String>)> {
    let mut machines = Vec::new();
    for machine in &review.machines {
        machines.extend(machine.states.iter().flat_map(|change| state_words(&machine.logical_id, change)));
    }
    let rights = review.rights.iter().map(|right| {
        let mark = if right.given { '+' } else { '-' };
        format!("{mark} {}", right.words())
    });
    let outputs: Vec<String> = review.outputs.to_vec();
    let swapped = review.swapped.iter().map(|swap| {
        format!(
            "{}: changed by {} at {} with `--fast`; it will be as the template says",
            swap.logical_id, swap.by, swap.at
        )
    });
    let sections = [
        ("rights", rights.collect()),
        ("state machines", machines),
        ("outputs that change", outputs),
        ("stack", review.settings.clone()),
        ("changed past CloudFormation", swapped.collect()),
    ];
    sections.into_iter().filter(|(_, notes)| !notes.is_empty()).collect()
}

fn state_words(machine: &str, change: &StateChange) -> Vec<String> {
    let name = match change.state.as_str() {
        "" => machine.to_owned(),
        state => format!("{machine} › {state}"),
    };
    match &change.what {
        StateFate::Added(kind) => vec![format!("+ {name} ({kind})")],
        StateFate::Removed(kind) => vec![format!("- {name} ({kind})")],
        StateFate::Unreadable => vec![format!("~ {name}: another definition")],
        StateFate::Changed(fields) => {
            let fields = fields
                .iter()
                .map(|field| format!("~ {name}: {}", before_after(&field.field, &field.before, &field.after)));
            fields.collect()
        }
    }
}

/// What must not be overlooked, a sentence each.
fn warnings(review: &Review) -> Vec<String> {
    let wide = review.rights.iter().filter(|right| right.given && right.is_wide);
    let taken = review.taken.iter().map(Taken::advice);
    let refused = review.refused.iter().map(|reason| format!("CloudFormation refuses this: {reason}"));
    let losses = review.losses().map(Entry::loss);
    let unnameable = review.unnameable.iter().cloned();
    losses
        .chain(unnameable)
        .chain(taken)
        .chain(refused)
        .chain(wide.map(|right| format!("a wide right: {}", right.words())))
        .collect()
}

fn mark(fate: Fate) -> char {
    match fate {
        Fate::Added | Fate::Imported => '+',
        Fate::Changed => '~',
        Fate::PerhapsReplaced | Fate::Replaced => '±',
        Fate::Removed => '-',
    }
}

fn before_after(what: &str, before: &Option<String>, after: &Option<String>) -> String {
    match (before, after) {
        (Some(before), Some(after)) => format!("{what}: {before} → {after}"),
        (None, Some(after)) => format!("{what}: set to {after}"),
        (Some(before), None) => format!("{what}: {before} is taken away"),
        (None, None) => what.to_owned(),
    }
}

fn reason_words(entry: &Entry, reason: &Reason) -> String {
    let mut words = before_after(&reason.property, &reason.before, &reason.after);
    if let Some(cause) = &reason.caused_by {
        words.push_str(&format!(", because of {cause}"));
    }
    if reason.replaces {
        words.push_str(" (makes it anew)");
    }
    // The resource's own line is told beside it.
    if let Some(place) = reason.place.as_ref().filter(|place| Some(*place) != entry.place.as_ref()) {
        words.push_str(&format!("  {place}"));
    }
    words
}

/// `2 to add, 1 to replace`.
fn summary(review: &Review) -> String {
    let counts = FATES.iter().map(|fate| (review.count(*fate), fate.word().trim_end_matches('?'))).collect::<Vec<_>>();
    let counts = counts.into_iter().filter(|(count, _)| *count > 0);
    let counts = counts.map(|(count, word)| format!("{count} to {word}")).collect::<Vec<_>>().join(", ");
    if counts.is_empty() { "no resource changes".to_owned() } else { counts }
}

fn page(review: &Review, place: &str) -> String {
    if review.is_empty() {
        return format!("### `{}` ({place})\n\nNothing would change.\n", review.stack);
    }
    let mut text = format!("### `{}` ({place})\n\n{}\n", review.stack, summary(review));
    for warning in warnings(review) {
        text.push_str(&format!("\n> **Warning:** {warning}\n"));
    }
    if review.is_offline {
        text.push_str(&format!("\n_{OFFLINE}_\n"));
    }
    if !review.entries.is_empty() {
        text.push_str("\n| | Resource | Type | Why |\n|---|---|---|---|\n");
    }
    for entry in &review.entries {
        text.push_str(&row(entry));
    }
    for (heading, notes) in sections(review) {
        text.push_str(&format!("\n**{heading}**\n\n"));
        for note in notes {
            text.push_str(&format!("- {}\n", note.replace('\n', " ")));
        }
    }
    text
}

fn row(entry: &Entry) -> String {
    let why: Vec<String> = entry.reasons.iter().map(|reason| cell(&reason_words(entry, reason))).collect();
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
                        "place": reason.place,
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
    json!({
        "event": "plan",
        "stack": review.stack,
        "offline": review.is_offline,
        "changes": entries,
        "rights": review.rights.iter().map(right_object).collect::<Vec<_>>(),
        "machines": review.machines.iter().map(machine_object).collect::<Vec<_>>(),
        "outputs": review.outputs,
        "settings": review.settings,
        "taken": review.taken.iter().map(|taken| json!({
            "logicalId": taken.logical_id, "type": taken.kind, "name": taken.name, "place": taken.place,
        })).collect::<Vec<_>>(),
        "swapped": review.swapped.iter().map(|swap| json!({
            "logicalId": swap.logical_id, "by": swap.by, "at": swap.at,
        })).collect::<Vec<_>>(),
        "warnings": warnings(review),
    })
}

fn right_object(right: &Right) -> Value {
    json!({
        "given": right.given,
        "who": right.who,
        "effect": if right.denies { "Deny" } else { "Allow" },
        "actions": right.actions,
        "on": right.on,
        "condition": right.condition,
        "wide": right.is_wide,
    })
}

fn machine_object(machine: &MachineChange) -> Value {
    let states = machine.states.iter().map(|change| match &change.what {
        StateFate::Added(kind) => json!({"state": change.state, "action": "add", "type": kind}),
        StateFate::Removed(kind) => json!({"state": change.state, "action": "remove", "type": kind}),
        StateFate::Unreadable => json!({"state": change.state, "action": "change", "fields": null}),
        StateFate::Changed(fields) => json!({
            "state": change.state,
            "action": "change",
            "fields": fields.iter().map(|field| json!({
                "field": field.field, "before": field.before, "after": field.after,
            })).collect::<Vec<_>>(),
        }),
    });
    json!({"logicalId": machine.logical_id, "states": states.collect::<Vec<_>>()})
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
                    place: Some("stack.yaml:61:7".into()),
                    replaces: true,
                    caused_by: None,
                }],
                loses_data: true,
            }],
            ..Review::default()
        }
    }

    #[test]
    fn a_plan_names_the_property_its_line_and_what_is_lost() {
        let text = lines(&review(), "dev on this machine");
        assert!(text.contains("± replace  Users  AWS::DynamoDB::Table  stack.yaml:57:5"), "{text}");
        assert!(text.contains("KeySchema: id → a|b (makes it anew)  stack.yaml:61:7"), "{text}");
        assert!(text.contains("warning: `Users` (AWS::DynamoDB::Table, signup-dev) is made anew: all"), "{text}");
        assert!(text.ends_with("1 to replace"), "{text}");
    }

    #[test]
    fn a_secret_is_not_shown_wherever_it_stands() {
        let text = without(&["xoxp-1".to_owned()], "Header: Bearer xoxp-1".to_owned());
        assert_eq!(text, "Header: Bearer ***");
    }

    #[test]
    fn a_plan_in_markdown_keeps_its_table_whole() {
        let text = page(&review(), "dev on this machine");
        assert!(
            text.contains(
                "| replace | `Users` (stack.yaml:57:5) | AWS::DynamoDB::Table | KeySchema: id → a\\|b (makes it anew)  stack.yaml:61:7 |"
            ),
            "{text}"
        );
        assert!(text.contains("> **Warning:** `Users`"), "{text}");
    }
}
