//! Up to ten messages at once.

use std::sync::Arc;

use serde_json::{Value, json};

use super::queue::{Queue, with};
use super::send::{entries, entry_id};
use super::{receive, send};
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// Does `work` for every entry; answers which went well and which did not.
fn each(
    cloud: &Cloud,
    call: &Call,
    work: impl Fn(&mut Queue, &Value) -> Result<Value, Fault>,
) -> Result<Output, Fault> {
    let entries = entries(call)?;
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    with(cloud, call, |queue, _| {
        for entry in entries {
            match work(queue, entry) {
                Ok(mut answer) => {
                    answer["Id"] = entry_id(entry).into();
                    good.push(answer);
                }
                Err(fault) => bad.push(json!({
                    "Id": entry_id(entry),
                    "SenderFault": fault.status < 500,
                    "Code": fault.code,
                    "Message": fault.message,
                })),
            }
        }
        Ok(())
    })?;
    cloud.sqs.arrived.notify_waiters();
    Ok(Output::json(json!({"Successful": good, "Failed": bad})))
}

/// Puts up to ten messages into a queue.
pub async fn send_message_batch(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    each(&cloud, &call, |queue, entry| send::put(&cloud, queue, entry))
}

/// Removes up to ten received messages.
pub async fn delete_message_batch(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    each(&cloud, &call, |queue, entry| receive::delete(&cloud, queue, entry).map(|()| json!({})))
}

/// Changes how long up to ten received messages stay hidden.
pub async fn change_message_visibility_batch(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    each(&cloud, &call, |queue, entry| receive::hide(&cloud, queue, entry).map(|()| json!({})))
}
