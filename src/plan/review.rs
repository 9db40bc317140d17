//! What a plan would change, as a person judges it: each resource once, with the properties behind it and what is lost.

use std::collections::BTreeMap;

use serde_json::Value;

use super::definition::{self, MachineChange};
use super::names::{Taken, naming};
use super::phrase::phrase;
use super::places::place_of;
use super::rights::{self, Right};
use super::swaps::Swapped;
use super::{Action, Change, Replacement};

/// What would change.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Review {
    pub stack: String,
    /// Added, changed, replaced, removed, in this order; by logical id within.
    pub entries: Vec<Entry>,
    /// Rights that are given or taken away.
    pub rights: Vec<Right>,
    /// State machines that change, state by state.
    pub machines: Vec<MachineChange>,
    /// Outputs that are added, changed or removed.
    pub outputs: Vec<String>,
    /// Names that new resources want and that the account has already.
    pub taken: Vec<Taken>,
    /// Resources that were changed past CloudFormation, and will be as the template says.
    pub swapped: Vec<Swapped>,
    /// Resources that cannot be made anew as they are: which, and what to do.
    pub unnameable: Vec<String>,
    /// How the stack is kept beside its template: tags, parameters, policies.
    pub settings: Vec<String>,
    /// Why CloudFormation refuses all of this, in its words.
    pub refused: Vec<String>,
    /// It was worked out from templates alone; CloudFormation was not asked.
    pub is_offline: bool,
}

/// One resource that would change.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub fate: Fate,
    pub logical_id: String,
    pub physical_id: Option<String>,
    pub kind: String,
    /// `stack.yaml:14:5`.
    pub place: Option<String>,
    pub reasons: Vec<Reason>,
    /// What is in it goes with it.
    pub loses_data: bool,
}

/// What happens to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    Added,
    Imported,
    Changed,
    /// Made anew if a value turns out to be another one.
    PerhapsReplaced,
    Replaced,
    Removed,
}

/// A property behind a change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reason {
    /// `Environment.Variables.TABLE`, `Tags`.
    pub property: String,
    /// As CloudFormation tells them; `***` where a secret may stand.
    pub before: Option<String>,
    pub after: Option<String>,
    /// Where the configuration sets it.
    pub place: Option<String>,
    /// It makes the resource anew.
    pub replaces: bool,
    /// The other resource that causes it, `Users.Arn`.
    pub caused_by: Option<String>,
}

/// The types of resources that hold what cannot be made again.
const HOLDS_DATA: &[&str] = &[
    "AWS::Cognito::UserPool",
    "AWS::DocDB::DBCluster",
    "AWS::DynamoDB::GlobalTable",
    "AWS::DynamoDB::Table",
    "AWS::EC2::Volume",
    "AWS::ECR::Repository",
    "AWS::EFS::FileSystem",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::Elasticsearch::Domain",
    "AWS::KMS::Key",
    "AWS::Kinesis::Stream",
    "AWS::Logs::LogGroup",
    "AWS::Neptune::DBCluster",
    "AWS::OpenSearchService::Domain",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::Redshift::Cluster",
    "AWS::S3::Bucket",
    "AWS::SQS::Queue",
    "AWS::SecretsManager::Secret",
];

impl Review {
    /// What a change set would change.
    pub fn of_changes(stack: &str, changes: &[Change], places: &BTreeMap<String, String>) -> Review {
        Review::sorted(stack, changes.iter().map(|change| entry(change, places)).collect())
    }

    /// A stack that is not there yet: every resource of its template is added.
    pub fn of_new(stack: &str, template: &Value, places: &BTreeMap<String, String>) -> Review {
        let resources = template.get("Resources").and_then(Value::as_object).into_iter().flatten();
        let entries = resources.map(|(logical_id, resource)| Entry {
            fate: Fate::Added,
            logical_id: logical_id.clone(),
            physical_id: None,
            kind: resource.get("Type").and_then(Value::as_str).unwrap_or_default().to_owned(),
            place: places.get(logical_id).cloned(),
            reasons: Vec::new(),
            loses_data: false,
        });
        Review::sorted(stack, entries.collect())
    }

    pub(super) fn sorted(stack: &str, mut entries: Vec<Entry>) -> Review {
        entries.sort_by(|a, b| (a.fate, &a.logical_id).cmp(&(b.fate, &b.logical_id)));
        Review { stack: stack.to_owned(), entries, ..Review::default() }
    }

    /// Adds what only the templates tell: rights, states, outputs.
    pub fn explain(&mut self, before: Option<&Value>, after: &Value) {
        let nothing = Value::Null;
        let before = before.unwrap_or(&nothing);
        self.rights = rights::changed(before, after);
        self.machines = definition::changed(before, after);
        for machine in &self.machines {
            // The states tell it better than two whole definitions.
            let entry = self.entries.iter_mut().find(|entry| entry.logical_id == machine.logical_id);
            for reason in entry.into_iter().flat_map(|entry| &mut entry.reasons) {
                if reason.property.starts_with("Definition") {
                    (reason.before, reason.after) = (None, None);
                }
            }
        }
        let anew = self.entries.iter().filter(|entry| matches!(entry.fate, Fate::Replaced | Fate::PerhapsReplaced));
        self.unnameable = anew.filter_map(|entry| unnameable(entry, before, after)).collect();
        let outputs = |template: &Value| template.get("Outputs").cloned().unwrap_or_else(|| serde_json::json!({}));
        let differences = cfn::diff::values(&outputs(before), &outputs(after));
        let mut names: Vec<String> = differences.into_iter().filter_map(|one| one.path.into_iter().next()).collect();
        names.dedup();
        self.outputs = names;
    }

    /// Whether nothing would change.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.outputs.is_empty() && self.swapped.is_empty() && self.settings.is_empty()
    }

    /// The resources that would lose what is in them.
    pub fn losses(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.loses_data)
    }

    /// How many resources have a fate.
    pub fn count(&self, fate: Fate) -> usize {
        self.entries.iter().filter(|entry| entry.fate == fate).count()
    }
}

impl Entry {
    /// What is lost, in a sentence.
    pub fn loss(&self) -> String {
        let name = self.physical_id.as_deref().unwrap_or(&self.logical_id);
        let done = match self.fate {
            Fate::Removed => "is removed",
            Fate::PerhapsReplaced => "may be made anew",
            _ => "is made anew",
        };
        format!(
            "`{}` ({}, {name}) {done}: all that is in it is lost; `DeletionPolicy: Retain` and `UpdateReplacePolicy: Retain` keep it",
            self.logical_id, self.kind
        )
    }
}

impl Fate {
    /// One word for it.
    pub fn word(self) -> &'static str {
        match self {
            Fate::Added => "add",
            Fate::Imported => "import",
            Fate::Changed => "change",
            Fate::PerhapsReplaced => "replace?",
            Fate::Replaced => "replace",
            Fate::Removed => "remove",
        }
    }
}

fn entry(change: &Change, places: &BTreeMap<String, String>) -> Entry {
    let fate = match (change.action, change.replacement) {
        (Action::Add, _) => Fate::Added,
        (Action::Import, _) => Fate::Imported,
        (Action::Remove, _) => Fate::Removed,
        (Action::Modify | Action::Dynamic, Replacement::Yes) => Fate::Replaced,
        (Action::Modify | Action::Dynamic, Replacement::Conditional) => Fate::PerhapsReplaced,
        (Action::Modify | Action::Dynamic, Replacement::No) => Fate::Changed,
    };
    let policy = change.policy_action.as_deref().unwrap_or_default();
    let goes = matches!(fate, Fate::Removed | Fate::Replaced | Fate::PerhapsReplaced);
    Entry {
        fate,
        logical_id: change.logical_id.clone(),
        physical_id: change.physical_id.clone(),
        kind: change.kind.clone(),
        place: places.get(&change.logical_id).cloned(),
        reasons: reasons(change, places),
        // `Retain`, `ReplaceAndRetain`, `Snapshot`, …: what is in it stays.
        loses_data: goes && holds_data(&change.kind) && !policy.contains("Retain") && !policy.contains("Snapshot"),
    }
}

/// CloudFormation makes the new one before the old one goes, so that both would have the name that the template gives.
///
/// Source: AWS CloudFormation Template Reference, "Name type".
fn unnameable(entry: &Entry, before: &Value, after: &Value) -> Option<String> {
    let property = naming(&entry.kind)?;
    let path = format!("/Resources/{}/Properties/{property}", entry.logical_id);
    let name = after.pointer(&path).filter(|name| before.pointer(&path) == Some(*name))?;
    Some(format!(
        "`{}` ({}) cannot be made anew while it keeps its name: CloudFormation refuses that; give `{property}` another value than {}",
        entry.logical_id,
        entry.kind,
        phrase(name)
    ))
}

/// Whether resources of a type hold what cannot be made again.
pub fn holds_data(kind: &str) -> bool {
    HOLDS_DATA.contains(&kind)
}

fn reasons(change: &Change, places: &BTreeMap<String, String>) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = Vec::new();
    for detail in &change.details {
        let property = match (&detail.path, &detail.name) {
            (Some(path), _) => path.trim_start_matches("/Properties").trim_start_matches('/').replace('/', "."),
            (None, Some(name)) => name.clone(),
            (None, None) => detail.attribute.clone(),
        };
        // A static and a dynamic evaluation of the same property are told apart by nothing that helps here.
        if reasons.iter().any(|reason| reason.property == property) {
            continue;
        }
        let shown = |value: &Option<String>| value.as_ref().map(|value| shown(&property, value));
        reasons.push(Reason {
            before: shown(&detail.before),
            after: shown(&detail.after),
            place: place_of(places, &change.logical_id, &property),
            replaces: detail.requires_recreation.as_deref().is_some_and(|word| word != "Never"),
            caused_by: detail.causing_entity.clone(),
            property,
        });
    }
    reasons
}

/// Environments hold tokens, and so do the properties that are named for it.
fn may_be_secret(property: &str) -> bool {
    let lower = property.to_lowercase();
    ["environment", "secret", "password", "token", "credential", "authparameters"]
        .iter()
        .any(|word| lower.contains(word))
}

/// The longest value that is shown whole.
const MAX_SHOWN: usize = 120;

/// What a change set has in the place of a value that another change makes.
const UNKNOWN: &str = "{{changeSet:KNOWN_AFTER_APPLY}}";

/// The value of a property as a plan shows it.
pub(super) fn shown(property: &str, value: &str) -> String {
    if may_be_secret(property) {
        return "***".to_owned();
    }
    if value == UNKNOWN {
        return "(known once it is done)".to_owned();
    }
    match value.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Detail;

    fn change(action: Action, kind: &str, replacement: Replacement) -> Change {
        Change { action, kind: kind.into(), replacement, logical_id: "Users".into(), ..Change::default() }
    }

    fn only(change: Change) -> Entry {
        Review::of_changes("signup-dev", &[change], &BTreeMap::new()).entries.remove(0)
    }

    #[test]
    fn a_table_that_is_replaced_or_removed_loses_its_data_unless_it_is_retained() {
        let table = "AWS::DynamoDB::Table";
        assert!(only(change(Action::Modify, table, Replacement::Yes)).loses_data);
        assert!(only(change(Action::Modify, table, Replacement::Conditional)).loses_data);
        assert!(only(change(Action::Remove, table, Replacement::No)).loses_data);
        assert!(!only(change(Action::Modify, table, Replacement::No)).loses_data);
        let kept = Change { policy_action: Some("Retain".into()), ..change(Action::Remove, table, Replacement::No) };
        assert!(!only(kept).loses_data);
        assert!(!only(change(Action::Remove, "AWS::Lambda::Function", Replacement::No)).loses_data);
    }

    #[test]
    fn the_property_behind_a_replacement_is_named_once() {
        let detail = Detail {
            attribute: "Properties".into(),
            name: Some("KeySchema".into()),
            path: Some("/Properties/KeySchema/0/AttributeName".into()),
            requires_recreation: Some("Always".into()),
            before: Some("id".into()),
            after: Some("email".into()),
            ..Detail::default()
        };
        let change = Change {
            details: vec![detail.clone(), detail],
            ..change(Action::Modify, "AWS::DynamoDB::Table", Replacement::Yes)
        };
        let entry = only(change);
        assert_eq!(entry.fate, Fate::Replaced);
        assert_eq!(entry.reasons.len(), 1);
        assert_eq!(entry.reasons[0].property, "KeySchema.0.AttributeName");
        assert!(entry.reasons[0].replaces);
    }

    #[test]
    fn a_table_with_a_name_of_its_own_cannot_be_made_anew_under_it() {
        let table = |name: &str| serde_json::json!({"Resources": {"Users": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": name}}}});
        let change = change(Action::Modify, "AWS::DynamoDB::Table", Replacement::Yes);
        let mut review = Review::of_changes("signup-dev", &[change], &BTreeMap::new());
        review.explain(Some(&table("users")), &table("users"));
        assert!(review.unnameable[0].contains("give `TableName` another value than users"), "{:?}", review.unnameable);
        review.explain(Some(&table("users")), &table("people"));
        assert_eq!(review.unnameable, Vec::<String>::new());
    }

    #[test]
    fn values_of_an_environment_are_not_shown() {
        let detail = Detail {
            path: Some("/Properties/Environment/Variables/SLACK_TOKEN".into()),
            before: Some("xoxp-old".into()),
            after: Some("xoxp-new".into()),
            ..Detail::default()
        };
        let change =
            Change { details: vec![detail], ..change(Action::Modify, "AWS::Lambda::Function", Replacement::No) };
        let entry = only(change);
        assert_eq!(entry.reasons[0].after.as_deref(), Some("***"));
        assert!(!format!("{entry:?}").contains("xoxp"));
    }
}
