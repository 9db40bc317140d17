//! RedriveExecution: an execution that did not succeed goes on from where it failed.
//!
//! Source: Step Functions developer guide, "Restarting state machine executions with redrive", "Redriving Map Runs".

use super::strand::{Phase, StrandId};
use super::{Execution, history::Event};
use crate::effect::{Outcome, Timestamp, Turn};
use crate::machine::Kind;

impl Execution {
    /// Goes on from the states that failed or were cut: their retriers count from nothing again, a Wait for seconds waits
    /// anew, a Choice chooses anew. Branches, iterations and child executions that had succeeded are not run again, unless
    /// the Parallel or Map failed over its own result. The time of the whole execution begins anew.
    ///
    /// `None` when the execution is running, has succeeded, is an Express one, or has no place left in its history.
    pub fn redrive(&mut self, now: Timestamp) -> Option<Turn> {
        let failed = self.outcome.as_ref().is_some_and(|outcome| !matches!(outcome, Outcome::Succeeded(_)));
        if !failed || self.launch.kind == Kind::Express || self.is_full() {
            return None;
        }
        self.now = self.now.max(now);
        self.outcome = None;
        self.redrive_count += 1;
        self.redriven_at = Some(self.now);
        let last = self.history.last().map_or(0, |event| event.id);
        let event = self.record(last, Event::ExecutionRedriven { redrive_count: self.redrive_count });
        self.revive(StrandId(0), event);
        self.run();
        self.set_deadline(self.block);
        Some(self.turn())
    }

    /// How often it was redriven.
    pub fn redrive_count(&self) -> u64 {
        self.redrive_count
    }

    /// When it was redriven last.
    pub fn redriven_at(&self) -> Option<Timestamp> {
        self.redriven_at
    }

    fn revive(&mut self, id: StrandId, event: u64) {
        let Some(mut strand) = self.strands.get_mut(id.0).and_then(Option::take) else { return };
        strand.last_event = event;
        strand.attempts.clear();
        strand.retry_count = 0;
        if let Phase::Iterations(iterations) = &mut strand.phase {
            iterations.slot_event = event;
        }
        let children = strand.phase.children();
        match strand.phase {
            Phase::Branches(_) | Phase::Iterations(_) if !children.is_empty() => self.put(strand),
            Phase::MapRun { run } => return self.redrive_map_run(strand, run),
            Phase::Writing(ref writing) => {
                let run = writing.run;
                return self.redrive_map_run(strand, run);
            }
            Phase::Enter => {
                self.put(strand);
                self.wake(id);
            }
            _ => {
                strand.phase = Phase::Again;
                self.put(strand);
                self.wake(id);
            }
        }
        children.into_iter().for_each(|(_, child)| self.revive(child, event));
    }
}
