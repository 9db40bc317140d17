//! Tasks that wait for a worker of an activity.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use asl::{Failure, Reply};
use tokio::sync::Notify;

use super::drive;
use super::integration::Task;
use crate::Cloud;

/// How long GetActivityTask waits for a task.
///
/// Source: GetActivityTask: "the maximum time the service holds on to the request … is 60 seconds".
const POLL: Duration = Duration::from_secs(60);

/// A task for a worker.
#[derive(Clone, Debug)]
pub struct ActivityTask {
    pub token: String,
    /// JSON.
    pub input: String,
}

/// The queues by the activity's ARN.
#[derive(Default)]
pub struct Queues(Mutex<HashMap<String, Queue>>);

#[derive(Default)]
struct Queue {
    pending: VecDeque<Task>,
    arrived: Arc<Notify>,
}

impl Queues {
    fn table(&self) -> MutexGuard<'_, HashMap<String, Queue>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, arn: &str, task: Task) {
        let mut table = self.table();
        let queue = table.entry(arn.to_owned()).or_default();
        queue.pending.push_back(task);
        queue.arrived.notify_one();
    }

    fn pop(&self, arn: &str) -> Result<Task, Arc<Notify>> {
        let mut table = self.table();
        let queue = table.entry(arn.to_owned()).or_default();
        let arrived = Arc::clone(&queue.arrived);
        let task = queue.pending.pop_front().ok_or_else(|| Arc::clone(&arrived));
        if task.is_ok() && !queue.pending.is_empty() {
            arrived.notify_one();
        }
        task
    }
}

/// Queues a task for the workers of the activity `arn`.
pub fn schedule(task: Task, arn: &str) {
    let cloud = Arc::clone(&task.cloud);
    if !cloud.states.activities().contains_key(arn) {
        let words = format!("The specified activity does not exist: '{arn}'");
        let failure = Failure::new("States.Runtime", words);
        task.tell(Reply::ScheduleFailed(failure));
    } else if !task.progress.started {
        cloud.states.executions.activities.push(arn, task);
    }
}

impl super::Executions {
    /// The next task of the activity `arn`; `None` when none came for a minute.
    pub async fn poll_activity(&self, cloud: &Arc<Cloud>, arn: &str, worker: Option<&str>) -> Option<ActivityTask> {
        let poll = async {
            loop {
                match self.activities.pop(arn) {
                    Err(arrived) => arrived.notified().await,
                    Ok(task) => {
                        let started = Reply::Started { worker: worker.map(str::to_owned) };
                        if drive::reply(cloud, &task.entry, task.invoke.id, started) {
                            let token = task.invoke.task_token.clone().unwrap_or_default();
                            return ActivityTask { token, input: task.invoke.payload.to_string() };
                        }
                    }
                }
            }
        };
        tokio::time::timeout(POLL, poll).await.ok()
    }
}
