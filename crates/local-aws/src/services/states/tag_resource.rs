//! TagResource, and the tags of a creation

use std::sync::Arc;

use serde_json::Value;

use super::constraint::Members;
use super::store::Tags;
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// How many tags a thing can have.
///
/// Source: TagResource, TooManyTags.
const MOST: usize = 50;

/// Sets tags of a machine or activity, over those of the same key.
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut members = Members::of(&call.input);
    let arn = members.required("resourceArn", 1, 256);
    if members.value("tags").is_none() {
        members.missing("tags");
    }
    let tags = read(&mut members);
    members.finish()?;
    let tags = tags?;
    cloud.states.retag(&cloud.store, arn, |old| merge(old, tags))?;
    Ok(Output::empty())
}

/// Reads the member `tags`.
///
/// # Errors
/// `SerializationException` for a tag that is no structure; limits are noted in `members`.
pub fn read(members: &mut Members<'_>) -> Result<Tags, Fault> {
    let items = members.list("tags");
    let mut tags = Tags::new();
    for (index, item) in items.iter().enumerate() {
        let Some(item) = item.as_object() else {
            return Err(Fault::sender("SerializationException", "a tag is a structure of key and value"));
        };
        let place = format!("tags.{}.member", index + 1);
        let text = |name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (key, value) = (text("key"), text("value"));
        if key.chars().count() > 128 {
            members.violate(&key, &format!("{place}.key"), "Member must have length less than or equal to 128");
        }
        if value.chars().count() > 256 {
            members.violate(&value, &format!("{place}.value"), "Member must have length less than or equal to 256");
        }
        tags.push((key, value));
    }
    Ok(tags)
}

/// Sets `new` over `old`.
///
/// # Errors
/// `TooManyTags`.
pub fn merge(old: &mut Tags, new: Tags) -> Result<(), Fault> {
    for (key, value) in new {
        match old.iter_mut().find(|(name, _)| *name == key) {
            Some(tag) => tag.1 = value,
            None => old.push((key, value)),
        }
    }
    match old.len() > MOST {
        true => Err(Fault::sender("TooManyTags", format!("A resource can have {MOST} tags at most"))),
        false => Ok(()),
    }
}
