//! Deletes physical resources, each before what it needs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use super::converge::{PARALLEL, context, fault_reason};
use super::journal::{Effect, Live, Record};
use super::run::Engine;
use super::stacks::Cell;
use super::status::ResourceStatus;
use crate::wire::Fault;

/// A physical resource that a stack lets go of.
#[derive(Clone, Debug)]
pub struct Scrap {
    pub logical: String,
    pub live: Live,
    /// It is what the logical id stands for, not one that was replaced.
    pub current: bool,
    /// A policy keeps it outside of the stack.
    pub keep: bool,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dismantled {
    Done,
    /// The logical ids that could not be deleted.
    Failed(Vec<String>),
}

/// Deletes `scraps`, as many at once as their needs allow. What a resource that cannot be deleted needs is left alone.
///
/// # Errors
/// A fault when the journal cannot be written.
pub async fn run(engine: &Engine, cell: &Arc<Cell>, scraps: Vec<Scrap>) -> Result<Dismantled, Fault> {
    let mut waiting: BTreeMap<usize, BTreeSet<usize>> = blockers(&scraps);
    let mut running = FuturesUnordered::new();
    let mut failed = Vec::new();
    loop {
        while running.len() < PARALLEL {
            let Some(next) = waiting.iter().find(|(_, blockers)| blockers.is_empty()).map(|(at, _)| *at) else { break };
            waiting.remove(&next);
            let scrap = scraps[next].clone();
            running.push(async move { (next, delete(engine, cell, scrap).await) });
        }
        let Some((at, outcome)) = running.next().await else { break };
        if outcome? {
            waiting.values_mut().for_each(|blockers| {
                blockers.remove(&at);
            });
        } else {
            failed.push(scraps[at].logical.clone());
        }
    }
    Ok(if failed.is_empty() { Dismantled::Done } else { Dismantled::Failed(failed) })
}

/// For each scrap those that must go before it.
fn blockers(scraps: &[Scrap]) -> BTreeMap<usize, BTreeSet<usize>> {
    let mut by_need: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for (at, scrap) in scraps.iter().enumerate() {
        for need in &scrap.live.needs {
            by_need.entry(need).or_default().insert(at);
        }
    }
    scraps
        .iter()
        .enumerate()
        .map(|(at, scrap)| (at, by_need.get(scrap.logical.as_str()).cloned().unwrap_or_default()))
        .collect()
}

/// Deletes one; true when it is gone.
async fn delete(engine: &Engine, cell: &Arc<Cell>, scrap: Scrap) -> Result<bool, Fault> {
    let Scrap { logical, live, current, keep } = scrap;
    let event = |status, reason, effect| {
        engine.record(
            cell,
            Record::Resource {
                logical: logical.clone(),
                kind: live.kind.clone(),
                status,
                physical: Some(live.physical.clone()),
                reason,
                effect,
            },
        )
    };
    if keep {
        event(ResourceStatus::DeleteSkipped, None, Effect::Gone(live.physical.clone()))?;
        return Ok(true);
    }
    let aside = || if current { Effect::Nothing } else { Effect::Sweeps };
    event(ResourceStatus::DeleteInProgress, None, aside())?;
    let outcome = match engine.world.provider(&live.kind) {
        Some(provider) => provider.delete(context(engine, cell, &logical, &live.tags, 0), live.clone()).await,
        None => Err(Fault::sender("ValidationError", format!("Unrecognized resource types: [{}]", live.kind))),
    };
    match outcome {
        Ok(()) => {
            event(ResourceStatus::DeleteComplete, None, Effect::Gone(live.physical.clone()))?;
            Ok(true)
        }
        Err(fault) => {
            event(ResourceStatus::DeleteFailed, Some(fault_reason(&live.physical, &fault)), aside())?;
            Ok(false)
        }
    }
}
