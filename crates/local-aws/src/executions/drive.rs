//! Carries replies into executions and performs the effects that come out of them.

use std::collections::HashMap;
use std::sync::{Arc, MutexGuard};
use std::time::Duration;

use asl::{Effect, EffectId, Execution, Failure, Invoke, MapRunUpdate, Outcome, Reply, Timestamp, Turn};
use serde_json::Value;
use tokio::time::Instant;

use super::integration::{self, Task};
use super::journal::{self, Happening};
use super::record::{Ended, Entry, Live, Open};
use super::{items, results};
use crate::Cloud;
use crate::services::states::machine::Kind;
use crate::wire::Fault;

/// From which time on a wait is long: an execution that waits for nothing else is not kept in memory.
const LONG_WAIT: Duration = Duration::from_secs(60);

/// An execution with more events is kept, because replaying it takes its time.
const FEW_EVENTS: usize = 500;

/// How far an open effect had come before a restart.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    pub started: bool,
    /// What the service answered to the request.
    pub submitted: Option<Value>,
}

/// Starts the interpreter and performs what it asks for.
pub fn launch(cloud: &Arc<Cloud>, entry: &Arc<Entry>, input: Value) {
    let mut live = entry.live();
    match entry.program.machine() {
        Ok(machine) => {
            let now = Timestamp(entry.record.started_ms);
            let (execution, turn) = Execution::start(&machine, entry.launch(input), now);
            live.execution = Some(execution);
            advance(cloud, entry, live, turn, &HashMap::new());
        }
        Err(fault) => {
            let outcome = Outcome::Failed(Failure::new("States.Runtime", fault.message));
            finish(cloud, entry, &mut live, outcome);
        }
    }
}

/// Takes up an execution after a restart: replays its journal and asks again for what was open.
pub fn take_up(cloud: &Arc<Cloud>, entry: &Arc<Entry>) {
    let replayed = journal::replay(&cloud.store, entry);
    let progress = journal::progress(&cloud.store, entry).unwrap_or_default();
    let mut live = entry.live();
    match replayed {
        Ok((execution, count)) => {
            let turn = Turn { effects: execution.outstanding(), outcome: execution.outcome().cloned() };
            live.journaled = count;
            live.logged = execution.history().len();
            live.execution = Some(execution);
            entry.tick(&mut live, cloud.clock.now_ms());
            advance(cloud, entry, live, turn, &progress);
        }
        Err(fault) => {
            let outcome = Outcome::Failed(Failure::new("States.Runtime", fault.message));
            finish(cloud, entry, &mut live, outcome);
        }
    }
}

/// Carries the answer to an effect into the execution; false when nobody waits for it any more.
pub fn reply(cloud: &Arc<Cloud>, entry: &Arc<Entry>, id: EffectId, reply: Reply) -> bool {
    let mut live = entry.live();
    let is_last = !matches!(reply, Reply::Started { .. } | Reply::Submitted { .. } | Reply::Heartbeat);
    if live.ended.is_some() || !live.open.contains_key(&id) {
        return false;
    }
    if is_last && let Some(open) = live.open.remove(&id) {
        close(cloud, open, false);
    }
    if !is_there(cloud, entry, &mut live) {
        return false;
    }
    let due = cloud.clock.now_ms();
    let at = entry.tick(&mut live, due);
    note(cloud, entry, &mut live, &Happening::Replied { id, reply: reply.clone(), at });
    let turn = live.execution.as_mut().map(|execution| execution.resume(id, reply, at)).unwrap_or_default();
    advance(cloud, entry, live, turn, &HashMap::new());
    true
}

/// The time of a wait has come; `due` is the time that was waited for.
pub fn wake(cloud: &Arc<Cloud>, entry: &Arc<Entry>, id: EffectId, due: Timestamp) {
    entry.tick(&mut entry.live(), due.0);
    reply(cloud, entry, id, Reply::Woke);
}

/// Aborts a running execution; false when it has ended.
pub fn stop(cloud: &Arc<Cloud>, entry: &Arc<Entry>, failure: Failure) -> bool {
    let mut live = entry.live();
    if live.ended.is_some() || !is_there(cloud, entry, &mut live) {
        return false;
    }
    let at = entry.tick(&mut live, cloud.clock.now_ms());
    note(cloud, entry, &mut live, &Happening::Stopped { failure: failure.clone(), at });
    let turn = live.execution.as_mut().map(|execution| execution.stop(failure, at)).unwrap_or_default();
    advance(cloud, entry, live, turn, &HashMap::new());
    true
}

/// Runs an execution that did not succeed again from where it failed; answers when, or `None` where nothing can be
/// redriven.
///
/// # Errors
/// What the store cannot read.
pub fn redrive(cloud: &Arc<Cloud>, entry: &Arc<Entry>, token: Option<String>) -> Result<Option<Timestamp>, Fault> {
    let mut live = entry.live();
    if live.ended.is_none() {
        return Ok(None);
    }
    bring_back(cloud, entry, &mut live)?;
    let at = entry.tick(&mut live, cloud.clock.now_ms());
    let Some(turn) = live.execution.as_mut().and_then(|execution| execution.redrive(at)) else {
        return Ok(None);
    };
    note(cloud, entry, &mut live, &Happening::Redriven { at });
    live.ended = None;
    live.redrives.count += 1;
    live.redrives.last_ms = Some(at.0);
    live.redrive_token = token;
    live.stored = false;
    cloud.states.executions.let_run(entry);
    advance(cloud, entry, live, turn, &HashMap::new());
    Ok(Some(at))
}

/// Changes the limits of a map run that is under way; false where there is no such run.
pub fn update_map_run(cloud: &Arc<Cloud>, entry: &Arc<Entry>, map_run_arn: &str, update: MapRunUpdate) -> bool {
    let mut live = entry.live();
    if live.ended.is_some() || !is_there(cloud, entry, &mut live) {
        return false;
    }
    let at = entry.tick(&mut live, cloud.clock.now_ms());
    let turn = live.execution.as_mut().and_then(|execution| execution.update_map_run(map_run_arn, update, at));
    let Some(turn) = turn else {
        return false;
    };
    let map_run_arn = map_run_arn.to_owned();
    note(cloud, entry, &mut live, &Happening::MapRunUpdated { map_run_arn, update, at });
    advance(cloud, entry, live, turn, &HashMap::new());
    true
}

/// Has the execution in memory again, replayed where it was let go; one that cannot be replayed fails.
fn is_there(cloud: &Arc<Cloud>, entry: &Arc<Entry>, live: &mut Live) -> bool {
    // An execution that never ran has nothing to be replayed from.
    if !live.stored {
        return true;
    }
    match bring_back(cloud, entry, live) {
        Ok(()) => true,
        Err(fault) => {
            finish(cloud, entry, live, Outcome::Failed(Failure::new("States.Runtime", fault.message)));
            false
        }
    }
}

/// Lets an execution go that only waits for a time far away: its journal brings it back.
fn let_sleep(entry: &Entry, live: &mut Live) {
    let soon = Instant::now() + LONG_WAIT;
    let sleeps = |open: &Open| matches!(open, Open::Timer((due, _)) if *due > soon);
    let is_small = |execution: &Execution| execution.history().len() <= FEW_EVENTS && execution.map_runs().is_empty();
    let is_idle = live.stored && !live.open.is_empty() && live.open.values().all(sleeps);
    if entry.program.kind == Kind::Standard && is_idle && live.execution.as_ref().is_some_and(is_small) {
        live.execution = None;
    }
}

/// Replays an execution whose history was let go.
fn bring_back(cloud: &Cloud, entry: &Entry, live: &mut Live) -> Result<(), Fault> {
    if live.execution.is_some() {
        return Ok(());
    }
    let (execution, count) = journal::replay(&cloud.store, entry)?;
    live.journaled = count;
    live.logged = execution.history().len();
    live.now_ms = live.now_ms.max(live.ended.as_ref().map_or(0, |ended| ended.at_ms));
    live.execution = Some(execution);
    Ok(())
}

/// Does what a turn asks for, and stores what has changed.
fn advance(
    cloud: &Arc<Cloud>,
    entry: &Arc<Entry>,
    mut live: MutexGuard<'_, Live>,
    turn: Turn,
    progress: &HashMap<EffectId, Progress>,
) {
    cloud.states.executions.logs.write(cloud, entry, &mut live);
    for effect in turn.effects {
        perform(cloud, entry, &mut live, effect, progress);
    }
    match turn.outcome {
        Some(outcome) => finish(cloud, entry, &mut live, outcome),
        None => {
            if live.ended.is_none() && !live.stored {
                save(cloud, entry, &mut live);
            }
            let_sleep(entry, &mut live);
        }
    }
}

fn perform(
    cloud: &Arc<Cloud>,
    entry: &Arc<Entry>,
    live: &mut Live,
    effect: Effect,
    progress: &HashMap<EffectId, Progress>,
) {
    match effect {
        Effect::Invoke(invoke) => {
            let so_far = progress.get(&invoke.id).cloned().unwrap_or_default();
            start_task(cloud, entry, live, invoke, so_far);
        }
        Effect::WakeAt { id, time } => {
            let timers = &cloud.states.executions.timers;
            let key = timers.add(cloud, entry, id, time, live.now_ms);
            live.open.insert(id, Open::Timer(key));
        }
        Effect::ReadItems(wish) => {
            live.open.insert(wish.id, Open::Call);
            let (cloud, entry) = (Arc::clone(cloud), Arc::clone(entry));
            tokio::spawn(async move {
                let answer = items::read(&cloud, &entry.program.region, &wish).await;
                reply(&cloud, &entry, wish.id, answer);
            });
        }
        Effect::WriteResults(wish) => {
            live.open.insert(wish.id, Open::Call);
            let (cloud, entry) = (Arc::clone(cloud), Arc::clone(entry));
            tokio::spawn(async move {
                let answer = results::write(&cloud, &entry.program.region, &wish).await;
                reply(&cloud, &entry, wish.id, answer);
            });
        }
        Effect::Cancel { id } => {
            if let Some(open) = live.open.remove(&id) {
                close(cloud, open, true);
            }
        }
    }
}

fn start_task(cloud: &Arc<Cloud>, entry: &Arc<Entry>, live: &mut Live, invoke: Invoke, progress: Progress) {
    let executions = &cloud.states.executions;
    let open = match &invoke.task_token {
        Some(token) => {
            executions.tokens.add(token, entry, invoke.id);
            Open::Token(token.clone())
        }
        None => Open::Call,
    };
    live.open.insert(invoke.id, open);
    let task = Task { cloud: Arc::clone(cloud), entry: Arc::clone(entry), invoke, progress };
    tokio::spawn(integration::run(task));
}

/// Ends what stood behind an open effect. A nested execution is stopped with its task when the task was given up.
fn close(cloud: &Arc<Cloud>, open: Open, given_up: bool) {
    let executions = &cloud.states.executions;
    match open {
        Open::Timer(key) => executions.timers.remove(key),
        Open::Token(token) => executions.tokens.end(&token),
        Open::Nested(arn) if given_up => {
            let cloud = Arc::clone(cloud);
            tokio::spawn(async move {
                if let Ok(child) = cloud.states.executions.get(&arn) {
                    stop(&cloud, &child, Failure::default());
                }
            });
        }
        Open::Nested(_) | Open::Call => {}
    }
}

fn finish(cloud: &Arc<Cloud>, entry: &Arc<Entry>, live: &mut Live, outcome: Outcome) {
    for (_, open) in std::mem::take(&mut live.open) {
        close(cloud, open, true);
    }
    live.ended = Some(Ended { outcome, at_ms: live.now_ms.max(cloud.clock.now_ms()) });
    let executions = &cloud.states.executions;
    match entry.program.kind {
        Kind::Standard => {
            save(cloud, entry, live);
            executions.keep(entry);
        }
        Kind::Express => executions.forget(entry),
    }
    if let Some(watchers) = live.watchers.take() {
        watchers.send_replace(true);
    }
}

fn save(cloud: &Cloud, entry: &Entry, live: &mut Live) {
    if entry.program.kind == Kind::Express {
        return;
    }
    if let Err(error) = journal::save(&cloud.store, entry, live) {
        tracing::error!(execution = %entry.record.arn, %error, "an execution could not be stored");
    }
}

fn note(cloud: &Cloud, entry: &Entry, live: &mut Live, happening: &Happening) {
    if entry.program.kind == Kind::Express {
        return;
    }
    if let Err(error) = journal::append(&cloud.store, entry, live, happening) {
        tracing::error!(execution = %entry.record.arn, %error, "a step of an execution could not be stored");
    }
}
