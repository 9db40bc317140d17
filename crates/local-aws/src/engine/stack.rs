//! A stack as its journal tells it.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::journal::{Action, Effect, Entry, Live, Operation, OutputValue, Record, Setting, Spec};
use super::status::{ResourceStatus, StackStatus};

/// A stack. It changes only by [`Stack::apply`], so that the journal alone says what it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stack {
    pub id: String,
    pub name: String,
    pub region: String,
    pub parent: Option<String>,
    pub root: Option<String>,
    pub status: Option<StackStatus>,
    pub reason: Option<String>,
    pub created_ms: i64,
    pub updated_ms: Option<i64>,
    pub deleted_ms: Option<i64>,
    /// What the stack is when no operation goes on.
    pub current: Spec,
    /// What the operation that goes on makes of it.
    pub target: Option<Spec>,
    pub operation: Option<Operation>,
    pub resources: IndexMap<String, Slot>,
    pub outputs: Vec<OutputValue>,
    /// Names of the exports of other stacks that this one uses.
    pub imports: BTreeSet<String>,
    pub events: Vec<Event>,
    /// The update that goes on is to be cancelled.
    pub cancelled: bool,
    pub termination_protection: bool,
    pub policy: Option<String>,
    /// How many entries were applied.
    pub entries: u64,
}

/// What a stack knows of one logical id.
#[derive(Clone, Debug, PartialEq)]
pub struct Slot {
    pub kind: String,
    pub status: ResourceStatus,
    pub reason: Option<String>,
    pub updated_ms: i64,
    /// The physical resource, when there is one.
    pub live: Option<Live>,
    /// The physical resource before the operation that goes on.
    pub origin: Option<Live>,
    /// Physical resources that wait for clean-up.
    pub garbage: Vec<Live>,
    /// Work began on this physical id (empty when it was not known yet) and did not end.
    pub interrupted: Option<String>,
    /// An update of it began since the operation began, so that its state may differ from what is noted.
    pub touched: bool,
    /// It counts as gone back, whatever it is.
    pub skipped: bool,
}

/// One event, as `DescribeStackEvents` tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub at_ms: i64,
    /// The number of its journal entry.
    pub number: u64,
    pub logical: String,
    pub physical: Option<String>,
    pub kind: String,
    /// A [`ResourceStatus`] or [`StackStatus`] name.
    pub status: &'static str,
    pub reason: Option<String>,
    pub token: Option<String>,
    /// The operation it belongs to.
    pub operation: Option<String>,
    /// The properties a resource was given, as JSON text.
    pub properties: Option<String>,
}

struct Change<'a> {
    status: ResourceStatus,
    reason: Option<String>,
    physical: Option<&'a str>,
    effect: &'a Effect,
}

impl Stack {
    /// The status; a stack without one is under review.
    pub fn status(&self) -> StackStatus {
        self.status.unwrap_or(StackStatus::ReviewInProgress)
    }

    /// What the stack is, or is about to become.
    pub fn spec(&self) -> &Spec {
        self.target.as_ref().unwrap_or(&self.current)
    }

    /// Resources that have a physical resource.
    pub fn living(&self) -> impl Iterator<Item = (&String, &Live)> {
        self.resources.iter().filter_map(|(id, slot)| slot.live.as_ref().map(|live| (id, live)))
    }

    /// Takes in the next entry of the journal.
    pub fn apply(&mut self, entry: &Entry) {
        self.entries += 1;
        match &entry.record {
            Record::Born { id, name, region, parent, root, .. } => {
                self.id.clone_from(id);
                self.name.clone_from(name);
                self.region.clone_from(region);
                self.parent.clone_from(parent);
                self.root.clone_from(root);
                self.created_ms = entry.at_ms;
            }
            Record::Began(operation) => self.begin(operation, entry.at_ms),
            Record::Stack { status, reason } => self.move_to(*status, reason.clone(), entry.at_ms),
            Record::Resource { logical, kind, status, physical, reason, effect } => {
                self.event(entry.at_ms, logical, physical.clone(), kind, status.name(), reason.clone());
                let change = Change { status: *status, reason: reason.clone(), physical: physical.as_deref(), effect };
                self.resource(logical, kind, change, entry.at_ms);
            }
            Record::Noted { logical, live } => {
                if let Some(slot) = self.resources.get_mut(logical) {
                    slot.live = Some((**live).clone());
                }
            }
            Record::Outputs { outputs, imports } => {
                self.outputs.clone_from(outputs);
                self.imports.clone_from(imports);
            }
            Record::Setting(Setting::TerminationProtection(on)) => self.termination_protection = *on,
            Record::Setting(Setting::Cancelled) => self.cancelled = true,
            Record::Setting(Setting::Policy(policy)) => self.policy.clone_from(policy),
        }
    }

    fn begin(&mut self, operation: &Operation, at_ms: i64) {
        match operation.action {
            Action::Create => self.target.clone_from(&operation.spec),
            Action::Update | Action::Import => {
                self.target.clone_from(&operation.spec);
                self.updated_ms = Some(at_ms);
            }
            Action::Delete | Action::Rollback | Action::ContinueRollback => {}
        }
        // A rollback, and a retry of what failed, still go back to where the first failed operation began.
        let retried = matches!(
            self.status(),
            StackStatus::CreateFailed | StackStatus::UpdateFailed | StackStatus::UpdateRollbackFailed
        );
        if !retried {
            for slot in self.resources.values_mut() {
                slot.origin.clone_from(&slot.live);
                slot.touched = false;
                slot.skipped = false;
            }
        }
        self.cancelled = false;
        self.operation = Some(operation.clone());
    }

    fn move_to(&mut self, status: StackStatus, reason: Option<String>, at_ms: i64) {
        use StackStatus::*;
        let (name, id) = (self.name.clone(), self.id.clone());
        self.event(at_ms, &name, Some(id), "AWS::CloudFormation::Stack", status.name(), reason.clone());
        self.status = Some(status);
        self.reason = reason;
        match status {
            CreateComplete | UpdateCompleteCleanupInProgress | ImportComplete => {
                if let Some(target) = self.target.take() {
                    self.current = target;
                }
            }
            RollbackComplete | UpdateRollbackComplete | ImportRollbackComplete => {
                if status == RollbackComplete
                    && let Some(target) = self.target.take()
                {
                    self.current = target;
                }
                self.target = None;
            }
            DeleteComplete => self.deleted_ms = Some(at_ms),
            _ => {}
        }
    }

    fn resource(&mut self, logical: &str, kind: &str, change: Change<'_>, at_ms: i64) {
        let Change { status, reason, physical, effect } = change;
        let slot = self.resources.entry(logical.to_owned()).or_insert_with(|| Slot {
            kind: kind.to_owned(),
            status,
            reason: None,
            updated_ms: at_ms,
            live: None,
            origin: None,
            garbage: Vec::new(),
            interrupted: None,
            touched: false,
            skipped: false,
        });
        slot.interrupted = matches!(effect, Effect::Begins).then(|| physical.unwrap_or_default().to_owned());
        if let Effect::Gone(physical) = effect {
            let before = slot.garbage.len();
            slot.garbage.retain(|live| live.physical != *physical);
            if slot.garbage.len() < before {
                return;
            }
            slot.live = None;
            if slot.garbage.is_empty() && self.status.is_some_and(cleaning) {
                self.resources.shift_remove(logical);
                return;
            }
        }
        if matches!(effect, Effect::Sweeps) {
            slot.updated_ms = at_ms;
            return;
        }
        slot.status = status;
        slot.reason = reason;
        slot.updated_ms = at_ms;
        match effect {
            Effect::Begins => slot.touched = true,
            Effect::Skipped => slot.skipped = true,
            Effect::Nothing | Effect::Gone(_) | Effect::Sweeps => {}
            Effect::Becomes(live) => {
                slot.kind.clone_from(&live.kind);
                slot.live = Some((**live).clone());
            }
            Effect::Replaced(live) => {
                slot.kind.clone_from(&live.kind);
                slot.garbage.extend(slot.live.replace((**live).clone()));
            }
            Effect::Restored => {
                if let Some(origin) = slot.origin.clone() {
                    slot.kind.clone_from(&origin.kind);
                    slot.garbage.retain(|live| live.physical != origin.physical);
                    slot.garbage.extend(slot.live.replace(origin));
                }
            }
        }
    }

    fn event(
        &mut self,
        at_ms: i64,
        logical: &str,
        physical: Option<String>,
        kind: &str,
        status: &'static str,
        reason: Option<String>,
    ) {
        let (token, operation) = match &self.operation {
            Some(operation) => (operation.token.clone(), Some(operation.id.clone())),
            None => (None, None),
        };
        let properties = self
            .resources
            .get(logical)
            .and_then(|slot| slot.live.as_ref())
            .filter(|live| physical.as_ref() == Some(&live.physical))
            .map(|live| live.properties.to_string());
        self.events.push(Event {
            at_ms,
            number: self.entries,
            logical: logical.to_owned(),
            physical,
            kind: kind.to_owned(),
            status,
            reason,
            token,
            operation,
            properties,
        });
    }
}

/// Whether a stack in this state lets go of resources that its template no longer has.
fn cleaning(status: StackStatus) -> bool {
    use StackStatus::*;
    matches!(status, UpdateCompleteCleanupInProgress | UpdateRollbackCompleteCleanupInProgress)
}
