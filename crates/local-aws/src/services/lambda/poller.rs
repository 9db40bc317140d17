//! What reads the source of an event source mapping and calls its function.

use std::sync::{Arc, PoisonError, Weak};

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::event_source::{MAPPINGS, Mapping, Origin};
use super::invoke;
use super::{queue_source, stream_source};
use crate::Cloud;
use crate::runtime::Invocation;
use crate::wire::Fault;

/// How a batch ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The function took all of it.
    Done,
    /// It took all but these items.
    Without(Vec<String>),
    /// It failed, or said nothing that can be understood: nothing is taken.
    Failed,
    /// There were too many calls, or there is no such function: nothing was tried.
    NotTried,
}

/// Takes up the mappings that the store remembers.
///
/// # Errors
/// What was stored cannot be read.
pub fn start_all(cloud: &Arc<Cloud>) -> Result<(), Fault> {
    let all: Vec<(String, Mapping)> = cloud.store.scan(MAPPINGS, "")?;
    all.iter().for_each(|(_, mapping)| start(cloud, mapping));
    Ok(())
}

/// Reads for a mapping as it now is, instead of as it was.
pub fn start(cloud: &Arc<Cloud>, mapping: &Mapping) {
    stop(cloud, &mapping.id);
    let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
    if !mapping.enabled {
        return;
    }
    let (stopper, stopped) = watch::channel(());
    pollers(cloud).insert(mapping.id.clone(), stopper);
    runtime.spawn(run(Arc::downgrade(cloud), Arc::new(mapping.clone()), stopped));
}

/// Stops reading for a mapping; a batch that the function has already gets its end.
pub fn stop(cloud: &Cloud, id: &str) {
    pollers(cloud).remove(id);
}

/// Forgets how far a mapping has read.
///
/// # Errors
/// What the store cannot write.
pub fn forget(cloud: &Cloud, id: &str) -> Result<(), Fault> {
    stream_source::forget(cloud, id)
}

fn pollers(cloud: &Cloud) -> std::sync::MutexGuard<'_, std::collections::HashMap<String, watch::Sender<()>>> {
    cloud.lambda.pollers.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn run(cloud: Weak<Cloud>, mapping: Arc<Mapping>, mut stopped: watch::Receiver<()>) {
    let work = async {
        match mapping.origin() {
            Origin::Queue => queue_source::read(cloud, &mapping).await,
            Origin::Stream => stream_source::read(cloud, &mapping).await,
        }
    };
    tokio::select! {
        () = work => {}
        // The sender is dropped.
        _ = stopped.changed() => {}
    }
}

/// Calls the mapping's function with a batch.
pub async fn call(cloud: &Arc<Cloud>, mapping: &Arc<Mapping>, records: &[Value]) -> Answer {
    let event = Bytes::from(json!({ "Records": records }).to_string());
    let (cloud, mapping) = (Arc::clone(cloud), Arc::clone(mapping));
    // Runs to its end also when the reading stops meanwhile.
    let called = tokio::spawn(async move {
        let name = mapping.function_name(&cloud)?;
        let request = invoke::request(&cloud, &name, event, None);
        let (_, invocation) = invoke::once(&cloud, &name, &request).await?;
        Ok::<_, Fault>(answer(&mapping, &invocation))
    });
    match called.await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) | Err(_) => Answer::NotTried,
    }
}

/// Source: AWS Lambda Developer Guide, "Reporting batch item failures": an empty list, null and nothing at all are
/// successes; anything else that is not such a list fails the batch.
fn answer(mapping: &Mapping, invocation: &Invocation) -> Answer {
    let Ok(payload) = &invocation.result else { return Answer::Failed };
    if !mapping.reports_items() {
        return Answer::Done;
    }
    let value: Value = serde_json::from_slice(payload).unwrap_or_default();
    match value.get("batchItemFailures") {
        None | Some(Value::Null) if value.is_null() || value.as_object().is_some() => Answer::Done,
        Some(Value::Array(items)) if items.is_empty() => Answer::Done,
        Some(Value::Array(items)) => {
            let failed = items.iter().map(|item| item["itemIdentifier"].as_str().filter(|id| !id.is_empty()));
            let failed: Option<Vec<String>> = failed.map(|id| id.map(str::to_owned)).collect();
            failed.map_or(Answer::Failed, Answer::Without)
        }
        _ => Answer::Failed,
    }
}
