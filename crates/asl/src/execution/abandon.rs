//! What becomes of the strands under a state that failed: their effects are taken back at once, the strands themselves
//! stay until the state is tried again or caught, because a redrive goes on from them.

use super::strand::{Phase, Strand, StrandId};
use super::{Execution, Owner};
use crate::effect::{EffectId, Failure};
use crate::execution::history::Event;
use crate::machine::StateKind;
use std::sync::Arc;

impl Execution {
    /// The child `failed` of `strand` failed with `failure`: the others stop where they are. `iterations_of` is the Map
    /// whose iterations they are.
    ///
    /// Observed: all the events are linked to the one that brought the failure; a Task that failed counts as aborted
    /// itself; an error of the interpreter's own leaves no trace but the end of the execution.
    pub(crate) fn cut_children(
        &mut self,
        strand: &Strand,
        failed: u64,
        failure: &Failure,
        last_event: u64,
        iterations_of: Option<&Arc<str>>,
    ) {
        let shown = !super::retry::is_fatal(failure);
        let children = strand.phase.children();
        if let (true, Some((_, id))) = (shown, children.iter().find(|(index, _)| *index == failed)) {
            if let Some(name) = iterations_of {
                self.record(last_event, Event::MapIterationFailed { name: Arc::clone(name), index: failed });
            }
            self.record_abort(*id, last_event, &[StateKind::Task]);
        }
        for (index, id) in children.into_iter().filter(|(index, _)| *index != failed) {
            if shown {
                if let Some(name) = iterations_of {
                    self.record(last_event, Event::MapIterationAborted { name: Arc::clone(name), index });
                }
                self.record_abort(
                    id,
                    last_event,
                    &[StateKind::Task, StateKind::Wait, StateKind::Parallel, StateKind::Map],
                );
            }
            self.hush(id);
        }
    }

    /// The event that says in which state a strand was cut.
    fn record_abort(&mut self, id: StrandId, last_event: u64, kinds: &[StateKind]) {
        let Some(strand) = self.strands.get(id.0).and_then(Option::as_ref) else { return };
        let kind = self.machine.0.blocks[strand.block].states[strand.state].kind();
        if matches!(strand.phase, Phase::Enter) || !kinds.contains(&kind) {
            return;
        }
        let event = match kind {
            StateKind::Task => Event::TaskStateAborted,
            StateKind::Wait => Event::WaitStateAborted,
            StateKind::Parallel => Event::ParallelStateAborted,
            StateKind::Map => Event::MapStateAborted,
            _ => return,
        };
        for (_, child) in strand.phase.children() {
            self.record_abort(child, last_event, kinds);
        }
        self.record(last_event, event);
    }

    /// Takes back everything that a strand and those under it wait for.
    fn hush(&mut self, id: StrandId) {
        let Some(strand) = self.strands.get(id.0).and_then(Option::as_ref) else { return };
        let children = strand.phase.children();
        let run = match &strand.phase {
            Phase::MapRun { run } => Some(*run),
            Phase::Reading(reading) => Some(reading.run),
            _ => None,
        };
        children.into_iter().for_each(|(_, child)| self.hush(child));
        if let Some(run) = run {
            self.abort_map_run(run);
        }
        self.cancel_where(|owner| *owner == Owner::Strand(id));
        self.ready.retain(|ready| *ready != id);
    }

    /// Ends the strands under one that goes on without them.
    pub(crate) fn drop_children(&mut self, strand: &mut Strand) {
        let phase = std::mem::replace(&mut strand.phase, Phase::Enter);
        for (_, child) in phase.children() {
            self.hush(child);
            self.forget_strand(child);
        }
    }

    fn forget_strand(&mut self, id: StrandId) {
        let Some(strand) = self.strands.get_mut(id.0).and_then(Option::take) else { return };
        for (_, child) in strand.phase.children() {
            self.forget_strand(child);
        }
        self.free.push(id);
    }

    pub(crate) fn cancel_children(&mut self, run: usize) {
        self.cancel_where(|owner| matches!(owner, Owner::Child { run: of, .. } if *of == run));
    }

    fn cancel_where(&mut self, wanted: impl Fn(&Owner) -> bool) {
        let open: Vec<EffectId> =
            self.waiting.iter().filter(|(_, (owner, _))| wanted(owner)).map(|(id, _)| *id).collect();
        open.into_iter().for_each(|effect| self.cancel(effect));
    }
}
