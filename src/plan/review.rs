//! What a plan would change, as a person judges it: each resource once, with the properties behind it and what is lost.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Action, Change, Replacement};

/// What would change.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Review {
    pub stack: String,
    /// Added, changed, replaced, removed, in this order; by logical id within.
    pub entries: Vec<Entry>,
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

    fn sorted(stack: &str, mut entries: Vec<Entry>) -> Review {
        entries.sort_by(|a, b| (a.fate, &a.logical_id).cmp(&(b.fate, &b.logical_id)));
        Review { stack: stack.to_owned(), entries }
    }

    /// Whether nothing would change.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many resources have a fate.
    pub fn count(&self, fate: Fate) -> usize {
        self.entries.iter().filter(|entry| entry.fate == fate).count()
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
        reasons: reasons(change),
        // `Retain`, `ReplaceAndRetain`, `Snapshot`, …: what is in it stays.
        loses_data: goes
            && HOLDS_DATA.contains(&change.kind.as_str())
            && !policy.contains("Retain")
            && !policy.contains("Snapshot"),
    }
}

fn reasons(change: &Change) -> Vec<Reason> {
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
        let hidden = may_be_secret(&property);
        let shown = |value: &Option<String>| value.as_ref().map(|value| shown(value, hidden));
        reasons.push(Reason {
            before: shown(&detail.before),
            after: shown(&detail.after),
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

fn shown(value: &str, hidden: bool) -> String {
    if hidden {
        return "***".to_owned();
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
