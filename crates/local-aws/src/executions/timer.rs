//! The waits of all executions: one queue in the order of time, and one task that sleeps until the first is due.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use asl::{EffectId, Timestamp};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::drive;
use super::record::Entry;
use crate::Cloud;

/// Where a wait stands in the queue.
pub type Key = (Instant, u64);

/// A wait.
struct Wait {
    entry: Arc<Entry>,
    id: EffectId,
    due: Timestamp,
}

/// The queue.
#[derive(Default)]
pub struct Timers {
    queue: Mutex<Queue>,
    sooner: Notify,
}

#[derive(Default)]
struct Queue {
    waits: BTreeMap<Key, Wait>,
    next: u64,
    is_running: bool,
}

/// The longest sleep at once; a year and more of waiting is done in pieces.
const LONGEST_SLEEP: Duration = Duration::from_secs(86_400);

impl Timers {
    /// Wakes `entry` at `due`, seen from `now_ms`.
    pub fn add(
        self: &Arc<Self>,
        cloud: &Arc<Cloud>,
        entry: &Arc<Entry>,
        id: EffectId,
        due: Timestamp,
        now_ms: i64,
    ) -> Key {
        let delay = Duration::from_millis(u64::try_from(due.0.saturating_sub(now_ms)).unwrap_or(0));
        let now = Instant::now();
        let at = now.checked_add(delay).unwrap_or_else(|| now + Duration::from_secs(100 * 365 * 86_400));
        let mut queue = self.queue();
        let key = (at, queue.next);
        queue.next += 1;
        queue.waits.insert(key, Wait { entry: Arc::clone(entry), id, due });
        if !queue.is_running {
            queue.is_running = true;
            tokio::spawn(run(Arc::downgrade(cloud), Arc::clone(self)));
        } else if queue.waits.first_key_value().is_some_and(|(first, _)| *first == key) {
            self.sooner.notify_one();
        }
        key
    }

    /// Takes a wait back.
    pub fn remove(&self, key: Key) {
        self.queue().waits.remove(&key);
    }

    /// Waits that are due now, or when the next one is.
    fn due(&self) -> Result<Vec<Wait>, Option<Instant>> {
        let mut queue = self.queue();
        let now = Instant::now();
        let later = queue.waits.split_off(&(now, u64::MAX));
        let due = std::mem::replace(&mut queue.waits, later);
        if !due.is_empty() {
            return Ok(due.into_values().collect());
        }
        let next = queue.waits.first_key_value().map(|((at, _), _)| *at);
        queue.is_running = next.is_some();
        Err(next)
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wakes what is due until nothing waits any more.
async fn run(cloud: Weak<Cloud>, timers: Arc<Timers>) {
    loop {
        match timers.due() {
            Ok(waits) => {
                let Some(cloud) = cloud.upgrade() else {
                    return;
                };
                for wait in waits {
                    drive::wake(&cloud, &wait.entry, wait.id, wait.due);
                }
            }
            Err(None) => return,
            Err(Some(next)) => {
                let until = next.min(Instant::now() + LONGEST_SLEEP);
                tokio::select! {
                    () = tokio::time::sleep_until(until) => {}
                    () = timers.sooner.notified() => {}
                }
            }
        }
        if cloud.strong_count() == 0 {
            return;
        }
    }
}
