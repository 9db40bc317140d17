//! Task tokens: who waits for the answer of a worker or of a callback.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use asl::{EffectId, Reply};

use super::drive;
use super::record::Entry;
use crate::Cloud;
use crate::services::states::refusal;
use crate::wire::Fault;

/// How many tokens of ended tasks are remembered, to tell "too late" from "never given out".
const REMEMBERED: usize = 10_000;

/// The tokens that are out.
#[derive(Default)]
pub struct Tokens(Mutex<Table>);

#[derive(Default)]
struct Table {
    open: HashMap<String, (Arc<Entry>, EffectId)>,
    ended: HashSet<String>,
    ended_in_order: VecDeque<String>,
}

impl Tokens {
    /// Notes that the effect `id` of `entry` waits for `token`.
    pub fn add(&self, token: &str, entry: &Arc<Entry>, id: EffectId) {
        self.table().open.insert(token.to_owned(), (Arc::clone(entry), id));
    }

    /// Nobody waits for `token` any more.
    pub fn end(&self, token: &str) {
        let mut table = self.table();
        table.open.remove(token);
        if table.ended.insert(token.to_owned()) {
            table.ended_in_order.push_back(token.to_owned());
        }
        if table.ended_in_order.len() > REMEMBERED
            && let Some(oldest) = table.ended_in_order.pop_front()
        {
            table.ended.remove(&oldest);
        }
    }

    /// Carries `reply` to whoever waits for `token`.
    ///
    /// # Errors
    /// `TaskTimedOut` when the task has ended, `InvalidToken` when there was none.
    pub fn answer(&self, cloud: &Arc<Cloud>, token: &str, reply: Reply) -> Result<(), Fault> {
        let waiting = {
            let table = self.table();
            match table.open.get(token) {
                Some((entry, id)) => Ok((Arc::clone(entry), *id)),
                None if table.ended.contains(token) => Err(refusal::task_ended()),
                None => Err(refusal::token()),
            }
        };
        let (entry, id) = waiting?;
        match drive::reply(cloud, &entry, id, reply) {
            true => Ok(()),
            false => Err(refusal::task_ended()),
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl super::Executions {
    /// Carries `reply` to whoever waits for `token`.
    ///
    /// # Errors
    /// As AWS answers SendTaskSuccess: `TaskTimedOut`, `InvalidToken`.
    pub fn answer_token(&self, cloud: &Arc<Cloud>, token: &str, reply: Reply) -> Result<(), Fault> {
        self.tokens.answer(cloud, token, reply)
    }
}
