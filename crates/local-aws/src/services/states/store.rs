//! What the service remembers: state machines, activities, tags, and the executions that run.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::arn::{Arn, Resource};
use super::machine::{Revision, StateMachine};
use super::refusal;
use crate::executions::Executions;
use crate::store::StoreError;
use crate::wire::Fault;
use crate::{Config, Store};

const MACHINES: &str = "states-machines";
const ACTIVITIES: &str = "states-activities";
const TAGS: &str = "states-tags";

/// An activity.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Activity {
    pub region: String,
    pub arn: String,
    pub name: String,
    pub created_ms: i64,
    pub encryption: serde_json::Value,
}

/// Tags in the order in which they were set.
pub type Tags = Vec<(String, String)>;

/// What this service remembers.
pub struct State {
    machines: Mutex<BTreeMap<String, StateMachine>>,
    activities: Mutex<BTreeMap<String, Activity>>,
    tags: Mutex<BTreeMap<String, Tags>>,
    /// The executions, running and ended.
    pub executions: Executions,
}

impl State {
    /// Everything that `store` holds.
    ///
    /// # Errors
    /// What the store cannot read.
    pub fn open(_config: &Config, store: &Store) -> Result<State, StoreError> {
        Ok(State {
            machines: Mutex::new(store.scan(MACHINES, "")?.into_iter().collect()),
            activities: Mutex::new(store.scan(ACTIVITIES, "")?.into_iter().collect()),
            tags: Mutex::new(store.scan(TAGS, "")?.into_iter().collect()),
            executions: Executions::open(store)?,
        })
    }

    /// The machines by ARN, locked.
    pub fn machines(&self) -> MutexGuard<'_, BTreeMap<String, StateMachine>> {
        self.machines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The activities by ARN, locked.
    pub fn activities(&self) -> MutexGuard<'_, BTreeMap<String, Activity>> {
        self.activities.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works on the machine that `arn` names (qualified or not) and writes it back.
    ///
    /// # Errors
    /// `StateMachineDoesNotExist`, and what `change` refuses (then nothing is written).
    pub fn update<R>(
        &self,
        store: &Store,
        arn: &Arn<'_>,
        change: impl FnOnce(&mut StateMachine) -> Result<R, Fault>,
    ) -> Result<R, Fault> {
        let key = arn.unqualified();
        let mut machines = self.machines();
        let machine = machines.get_mut(&key).ok_or_else(|| refusal::no_machine(arn.whole))?;
        let mut changed = machine.clone();
        let result = change(&mut changed)?;
        store.put(MACHINES, &key, &changed)?;
        *machine = changed;
        Ok(result)
    }

    /// The machine that `arn` names, qualified or not.
    ///
    /// # Errors
    /// `StateMachineDoesNotExist`.
    pub fn machine(&self, arn: &Arn<'_>) -> Result<StateMachine, Fault> {
        self.machines().get(&arn.unqualified()).cloned().ok_or_else(|| refusal::no_machine(arn.whole))
    }

    /// Adds a machine under a lock that the caller holds.
    ///
    /// # Errors
    /// What the store cannot write.
    pub fn insert(
        &self,
        store: &Store,
        machines: &mut BTreeMap<String, StateMachine>,
        machine: StateMachine,
    ) -> Result<(), Fault> {
        store.put(MACHINES, &machine.arn(), &machine)?;
        machines.insert(machine.arn(), machine);
        Ok(())
    }

    /// Forgets a machine and its tags; true if it was there.
    ///
    /// # Errors
    /// What the store cannot write.
    pub fn remove(&self, store: &Store, arn: &str) -> Result<bool, Fault> {
        let found = self.machines().remove(arn).is_some();
        store.delete(MACHINES, arn)?;
        self.untag_all(store, arn)?;
        Ok(found)
    }

    /// Adds an activity.
    ///
    /// # Errors
    /// What the store cannot write.
    pub fn insert_activity(&self, store: &Store, activity: Activity) -> Result<(), Fault> {
        store.put(ACTIVITIES, &activity.arn, &activity)?;
        self.activities().insert(activity.arn.clone(), activity);
        Ok(())
    }

    /// Forgets an activity and its tags.
    ///
    /// # Errors
    /// What the store cannot write.
    pub fn remove_activity(&self, store: &Store, arn: &str) -> Result<(), Fault> {
        self.activities().remove(arn);
        store.delete(ACTIVITIES, arn)?;
        self.untag_all(store, arn)
    }

    /// The tags of a machine or activity.
    ///
    /// # Errors
    /// `InvalidArn`, and `ResourceNotFound` when there is no such thing.
    pub fn tags(&self, arn: &str) -> Result<Tags, Fault> {
        self.check_taggable(arn)?;
        Ok(self.tag_table().get(arn).cloned().unwrap_or_default())
    }

    /// Changes the tags of a machine or activity.
    ///
    /// # Errors
    /// `InvalidArn`, `ResourceNotFound`, and what `change` refuses.
    pub fn retag(
        &self,
        store: &Store,
        arn: &str,
        change: impl FnOnce(&mut Tags) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.check_taggable(arn)?;
        let mut table = self.tag_table();
        let mut tags = table.get(arn).cloned().unwrap_or_default();
        change(&mut tags)?;
        store.put(TAGS, arn, &tags)?;
        table.insert(arn.to_owned(), tags);
        Ok(())
    }

    fn check_taggable(&self, text: &str) -> Result<(), Fault> {
        let arn = Arn::of(text, &[Resource::StateMachine, Resource::Activity])?;
        let found = match arn.resource {
            Resource::Activity => self.activities().contains_key(text),
            _ => self.machines().contains_key(text),
        };
        if found { Ok(()) } else { Err(refusal::no_resource(text)) }
    }

    fn untag_all(&self, store: &Store, arn: &str) -> Result<(), Fault> {
        self.tag_table().remove(arn);
        store.delete(TAGS, arn)?;
        Ok(())
    }

    fn tag_table(&self) -> MutexGuard<'_, BTreeMap<String, Tags>> {
        self.tags.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an execution is started from.
#[derive(Clone, Debug)]
pub struct Target {
    pub machine: StateMachine,
    pub revision: Revision,
    pub version_arn: Option<String>,
    pub alias_arn: Option<String>,
}

impl State {
    /// The revision that `arn` names: of the machine, of a version, or of the version that an alias routes to.
    ///
    /// # Errors
    /// `StateMachineDoesNotExist`.
    pub fn target(&self, arn: &Arn<'_>) -> Result<Target, Fault> {
        let machine = self.machine(arn)?;
        let absent = || refusal::no_machine(arn.whole);
        let Some(qualifier) = arn.qualifier else {
            let revision = machine.current.clone();
            return Ok(Target { machine, revision, version_arn: None, alias_arn: None });
        };
        let (number, alias_arn) = match qualifier.parse::<u64>() {
            Ok(number) => (number, None),
            Err(_) => {
                let alias = machine.alias(qualifier).ok_or_else(absent)?;
                (sample(&alias.routes).ok_or_else(absent)?, Some(machine.alias_arn(qualifier)))
            }
        };
        let revision = machine.version(number).ok_or_else(absent)?.revision.clone();
        Ok(Target { version_arn: Some(machine.version_arn(number)), alias_arn, revision, machine })
    }
}

/// A version by its share.
fn sample(routes: &[super::machine::Route]) -> Option<u64> {
    let mut draw = fastrand::u8(0..100);
    for route in routes {
        if draw < route.weight {
            return Some(route.version);
        }
        draw -= route.weight;
    }
    routes.last().map(|route| route.version)
}
