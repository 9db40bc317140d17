//! The operations of `cloudformation`.

use std::sync::Arc;

use crate::engine::run::Engine;
use crate::engine::stacks::Stacks;
use crate::operation;
use crate::services::Operation;
use crate::store::{Store, StoreError};
use crate::{Cloud, Config};

mod cancel_update_stack;
mod capability;
mod change_set;
mod continue_update_rollback;
#[cfg(test)]
mod conversation;
mod create_change_set;
mod create_stack;
mod delete_change_set;
mod delete_stack;
mod describe_change_set;
mod describe_events;
mod describe_stack_events;
mod describe_stack_resources;
mod describe_stacks;
mod drift;
mod execute_change_set;
mod exports;
mod get_template;
mod input;
mod limits;
mod list_change_sets;
mod list_stacks;
mod protection;
mod rollback_stack;
mod shape;
mod submission;
mod update_stack;
mod validate_template;
mod world;

/// The operations that are there.
pub const OPERATIONS: &[Operation] = &[
    operation!("CancelUpdateStack", cancel_update_stack::run),
    operation!("ContinueUpdateRollback", continue_update_rollback::run),
    operation!("CreateChangeSet", create_change_set::run),
    operation!("CreateStack", create_stack::run),
    operation!("DeleteChangeSet", delete_change_set::run),
    operation!("DeleteStack", delete_stack::run),
    operation!("DescribeAccountLimits", limits::run),
    operation!("DescribeChangeSet", describe_change_set::run),
    operation!("DescribeEvents", describe_events::run),
    operation!("DescribeStackDriftDetectionStatus", drift::status),
    operation!("DescribeStackEvents", describe_stack_events::run),
    operation!("DescribeStackResource", describe_stack_resources::one),
    operation!("DescribeStackResourceDrifts", drift::resources),
    operation!("DescribeStackResources", describe_stack_resources::all),
    operation!("DescribeStacks", describe_stacks::run),
    operation!("DetectStackDrift", drift::detect_stack),
    operation!("DetectStackResourceDrift", drift::detect_resource),
    operation!("ExecuteChangeSet", execute_change_set::run),
    operation!("GetStackPolicy", protection::get_policy),
    operation!("GetTemplate", get_template::run),
    operation!("GetTemplateSummary", validate_template::summary),
    operation!("ListChangeSets", list_change_sets::run),
    operation!("ListExports", exports::list),
    operation!("ListImports", exports::importers),
    operation!("ListStackResources", describe_stack_resources::list),
    operation!("ListStacks", list_stacks::run),
    operation!("RollbackStack", rollback_stack::run),
    operation!("SetStackPolicy", protection::set_policy),
    operation!("UpdateStack", update_stack::run),
    operation!("UpdateTerminationProtection", protection::termination),
    operation!("ValidateTemplate", validate_template::run),
];

/// What this service remembers between calls: every stack, read from its journal.
#[derive(Debug, Default)]
pub struct State {
    stacks: Arc<Stacks>,
}

impl State {
    /// Reads the journals of all stacks.
    ///
    /// # Errors
    /// [`StoreError`] when a journal cannot be read.
    pub fn open(_config: &Config, store: &Store) -> Result<State, StoreError> {
        Ok(State { stacks: Arc::new(Stacks::open(store)?) })
    }

    /// How many stacks there are that are not deleted, in all regions.
    pub fn count(&self) -> usize {
        self.stacks.count()
    }

    /// Carries on with every operation that was cut short when the last process ended.
    pub fn start(&self, cloud: &Arc<Cloud>) {
        engine(cloud).resume();
    }
}

/// The engine over this cloud.
fn engine(cloud: &Arc<Cloud>) -> Engine {
    Engine { world: Arc::new(world::Inside(Arc::clone(cloud))), stacks: Arc::clone(&cloud.cloudformation.stacks) }
}
