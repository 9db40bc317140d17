//! The Parallel state.

use crate::effect::Failure;
use crate::execution::history::Event;
use crate::execution::strand::{Branches, Phase, Strand};
use crate::execution::{Execution, Flow, Step};
use crate::machine::{BlockIndex, State};
use serde_json::Value;

impl Execution {
    pub(crate) fn parallel(&mut self, strand: &mut Strand, state: &State, branches: &[BlockIndex]) -> Step {
        let mut input = self.effective_input(strand, state)?;
        if let Some(template) = &state.arguments {
            input = self.scoped(strand, &input, |scope| template.evaluate(scope))?;
        }
        if let Some(mocked) = self.inspection.as_mut().and_then(|inspection| inspection.mocked()) {
            let result = mocked?;
            self.forget("afterInputPath");
            return self.finish_with(strand, state, result);
        }
        strand.last_event = self.record(strand.last_event, Event::ParallelStateStarted);
        let machine = self.machine.clone();
        let mut strands = Vec::with_capacity(branches.len());
        for (index, block) in branches.iter().enumerate() {
            let mut branch = Strand::new(*block, machine.0.blocks[*block].start, input.clone());
            branch.parent = Some((strand.id, index as u64));
            branch.last_event = strand.last_event;
            let id = self.place(branch);
            strands.push(id);
            self.wake(id);
        }
        strand.phase = Phase::Branches(Branches {
            results: vec![None; strands.len()],
            pending: strands.len(),
            strands,
            last_event: strand.last_event,
            finished: Vec::new(),
        });
        Ok(Flow::Parked)
    }

    /// A branch came to its end.
    pub(crate) fn branch_done(
        &mut self,
        mut strand: Strand,
        state: &State,
        mut branches: Branches,
        index: u64,
        output: Value,
        last_event: u64,
    ) {
        let position = index as usize;
        if let Some(place) = branches.results.get_mut(position) {
            *place = Some(output);
        }
        branches.finished.push(index);
        branches.pending = branches.pending.saturating_sub(1);
        branches.last_event = branches.last_event.max(last_event);
        if branches.pending > 0 {
            strand.phase = Phase::Branches(branches);
            return self.put(strand);
        }
        strand.last_event = branches.last_event;
        self.record(strand.last_event, Event::ParallelStateSucceeded);
        let result: Value = branches.results.into_iter().map(Option::unwrap_or_default).collect();
        let step = self.finish_with(&strand, state, result);
        self.conclude(strand, state, step);
    }

    /// A branch failed: the others stop.
    pub(crate) fn branch_failed(
        &mut self,
        mut strand: Strand,
        state: &State,
        branches: Branches,
        index: u64,
        failure: Failure,
        last_event: u64,
    ) {
        strand.phase = Phase::Branches(branches);
        self.cut_children(&strand, index, &failure, last_event, None);
        strand.last_event = last_event;
        self.trouble(strand, state, failure.into());
    }
}
