//! Messages taken out of a queue: received, kept hidden, removed.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::message::sequence_of;
use super::queue::{Neighbours, Queue, with};
use super::{attributes, fault};
use crate::Cloud;
use crate::services::input;
use crate::wire::{Call, Fault, Output};

/// The longest sleep between two looks at a queue whose hidden messages come back.
const LOOK: Duration = Duration::from_millis(200);

/// Takes up to ten messages, waiting for the first as long as the request or the queue says.
///
/// Source: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html>.
pub async fn receive_message(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let most = ranged(&call, "MaxNumberOfMessages", 1, 10, "Must be between 1 and 10, if provided.")?.unwrap_or(1);
    let hidden = ranged(&call, "VisibilityTimeout", 0, 43_200, "Must be between 0 and 43200.")?;
    let wait = ranged(&call, "WaitTimeSeconds", 0, 20, "Must be >= 0 and <= 20, if provided.")?;
    let wait = match wait {
        Some(seconds) => seconds,
        None => with(&cloud, &call, |queue, _| Ok(attributes::number(queue, "ReceiveMessageWaitTimeSeconds")))?,
    };
    let deadline = Instant::now() + Duration::from_secs(u64::try_from(wait).unwrap_or(0));
    loop {
        let arrived = cloud.sqs.arrived.notified();
        tokio::pin!(arrived);
        arrived.as_mut().enable();
        let messages = with(&cloud, &call, |queue, others| take(&cloud, &call, queue, others, most, hidden))?;
        if !messages.is_empty() {
            return Ok(Output::json(json!({"Messages": messages})));
        }
        if Instant::now() >= deadline {
            return Ok(Output::empty());
        }
        tokio::select! {
            () = arrived => {}
            () = tokio::time::sleep_until(deadline.min(Instant::now() + LOOK)) => {}
        }
    }
}

fn ranged(call: &Call, name: &str, least: i64, most: i64, reason: &str) -> Result<Option<i64>, Fault> {
    match input::integer(call, name) {
        Some(number) if !(least..=most).contains(&number) => {
            Err(fault::invalid_value(&number.to_string(), name, reason))
        }
        found => Ok(found),
    }
}

/// Takes what can be seen, the oldest first; what was received too often goes to the dead-letter queue.
fn take(
    cloud: &Cloud,
    call: &Call,
    queue: &mut Queue,
    others: &mut Neighbours<'_>,
    most: i64,
    hidden: Option<i64>,
) -> Result<Vec<Value>, Fault> {
    let now = cloud.clock.now_ms();
    let expired = now - attributes::number(queue, "MessageRetentionPeriod") * 1000;
    queue.drop_messages(&cloud.store, |message| message.sent_ms < expired)?;
    bury(cloud, queue, others, now)?;
    let hidden = hidden.unwrap_or_else(|| attributes::number(queue, "VisibilityTimeout"));
    let names = |member: &str| input::list(call, member).iter().filter_map(Value::as_str).collect::<Vec<&str>>();
    let system = [names("AttributeNames"), names("MessageSystemAttributeNames")].concat();
    let own = names("MessageAttributeNames");
    let mut taken = Vec::new();
    let wanted = usize::try_from(most).unwrap_or(1);
    for message in queue.messages.iter_mut().filter(|message| message.visible_ms <= now).take(wanted) {
        message.take(now, now + hidden * 1000);
        taken.push(message.clone());
    }
    for message in &taken {
        queue.keep(&cloud.store, message)?;
    }
    Ok(taken.iter().map(|message| message.shown(&cloud.config.account, &system, &own)).collect())
}

/// Moves messages that were received often enough, and were not removed, to the dead-letter queue.
fn bury(cloud: &Cloud, queue: &mut Queue, others: &mut Neighbours<'_>, now: i64) -> Result<(), Fault> {
    let Some((arn, most)) = attributes::value(queue, "RedrivePolicy").and_then(|policy| attributes::redrive(&policy))
    else {
        return Ok(());
    };
    let Some(dead) = others.by_arn(&arn) else {
        return Ok(());
    };
    let due = |message: &&super::message::Message| message.visible_ms <= now && message.received >= most;
    for mut message in queue.messages.iter().filter(due).cloned().collect::<Vec<_>>() {
        queue.drop_message(&cloud.store, message.sequence)?;
        message.receipt = None;
        dead.push(&cloud.store, message)?;
    }
    Ok(())
}

/// Removes a received message.
pub async fn delete_message(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    with(&cloud, &call, |queue, _| delete(&cloud, queue, &call.input))?;
    Ok(Output::empty())
}

/// Removes the message whose receipt `members` show; one that is gone already stays gone.
///
/// # Errors
/// `ReceiptHandleIsInvalid` for what no queue gave out.
pub fn delete(cloud: &Cloud, queue: &mut Queue, members: &Value) -> Result<(), Fault> {
    let (sequence, handle) = receipt(members)?;
    let is_current = |message: &&super::message::Message| message.receipt.as_deref() == Some(handle);
    if queue.messages.iter().find(is_current).is_some_and(|message| message.sequence == sequence) {
        queue.drop_message(&cloud.store, sequence)?;
    }
    Ok(())
}

/// Changes how long a received message stays hidden, from now.
pub async fn change_message_visibility(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    with(&cloud, &call, |queue, _| hide(&cloud, queue, &call.input))?;
    cloud.sqs.arrived.notify_waiters();
    Ok(Output::empty())
}

/// Hides the message whose receipt `members` show for `VisibilityTimeout` seconds from now.
///
/// # Errors
/// `ReceiptHandleIsInvalid`, `MessageNotInflight`, a time out of range.
pub fn hide(cloud: &Cloud, queue: &mut Queue, members: &Value) -> Result<(), Fault> {
    let (_, handle) = receipt(members)?;
    let given = &members["VisibilityTimeout"];
    let seconds = given.as_i64().filter(|seconds| (0..=43_200).contains(seconds)).ok_or_else(|| {
        fault::invalid_value(&given.to_string(), "VisibilityTimeout", "VisibilityTimeout must be between 0 and 43200.")
    })?;
    let now = cloud.clock.now_ms();
    let held = queue.messages.iter_mut().find(|message| message.receipt.as_deref() == Some(handle));
    let Some(message) = held.filter(|message| message.visible_ms > now) else {
        let message = "Reason: Message does not exist or is not available for visibility timeout change.";
        return Err(Fault::sender("MessageNotInflight", message));
    };
    message.visible_ms = now + seconds * 1000;
    let message = message.clone();
    queue.keep(&cloud.store, &message)
}

fn receipt(members: &Value) -> Result<(u64, &str), Fault> {
    let handle = members["ReceiptHandle"].as_str().ok_or_else(|| fault::missing("ReceiptHandle"))?;
    Ok((sequence_of(handle).ok_or_else(|| fault::receipt(handle))?, handle))
}
