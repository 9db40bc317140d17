//! The tags of queues.

use std::sync::Arc;

use serde_json::{Value, json};

use super::queue::with;
use crate::Cloud;
use crate::services::input;
use crate::wire::{Call, Fault, Output};

/// The tags of a queue.
pub async fn list_queue_tags(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let tags = with(&cloud, &call, |queue, _| Ok(queue.tags.clone()))?;
    Ok(Output::json(if tags.is_empty() { json!({}) } else { json!({"Tags": tags}) }))
}

/// Adds tags, over those of the same keys.
pub async fn tag_queue(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let tags = call.input["Tags"].as_object().cloned().unwrap_or_default();
    with(&cloud, &call, |queue, _| {
        queue.tags.extend(tags);
        queue.save(&cloud.store)
    })?;
    Ok(Output::empty())
}

/// Takes tags away.
pub async fn untag_queue(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let keys: Vec<&str> = input::list(&call, "TagKeys").iter().filter_map(Value::as_str).collect();
    with(&cloud, &call, |queue, _| {
        queue.tags.retain(|key, _| !keys.contains(&key.as_str()));
        queue.save(&cloud.store)
    })?;
    Ok(Output::empty())
}
