//! Targets of rules.

use std::sync::Arc;

use serde_json::{Value, json};

use super::delivery::{self, MEMBERS};
use super::rule::{Rule, invalid};
use crate::Cloud;
use crate::services::input;
use crate::wire::{Call, Fault, Output};

/// A rule has at most so many.
///
/// Source: Amazon EventBridge quotas, "Targets".
const MOST: usize = 5;

/// Adds targets, over those of the same ids.
///
/// Source: <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutTargets.html>.
pub async fn put_targets(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let given = input::list(&call, "Targets");
    for target in given {
        check(target)?;
    }
    let _changing = cloud.events.change();
    let mut rule = Rule::load(&cloud, &call, "Rule")?;
    for target in given {
        match rule.targets.iter_mut().find(|known| known["Id"] == target["Id"]) {
            Some(known) => *known = target.clone(),
            None => rule.targets.push(target.clone()),
        }
    }
    if rule.targets.len() > MOST {
        let message = "The requested resource exceeds the maximum number allowed.";
        return Err(Fault::sender("LimitExceededException", message));
    }
    rule.save(&cloud)?;
    Ok(Output::json(json!({ "FailedEntryCount": 0, "FailedEntries": [] })))
}

fn check(target: &Value) -> Result<(), Fault> {
    let (Some(_), Some(arn)) = (target["Id"].as_str(), target["Arn"].as_str()) else {
        return Err(invalid("a target needs an Id and an Arn"));
    };
    if !delivery::reaches(arn) {
        return Err(invalid(&format!(
            "the local AWS sends events to functions, queues, topics and state machines only, not to {arn}; see docs/local-aws.md"
        )));
    }
    let members = target.as_object().into_iter().flatten();
    if let Some((name, _)) =
        members.into_iter().find(|(name, value)| !MEMBERS.contains(&name.as_str()) && !value.is_null())
    {
        return Err(invalid(&format!("the local AWS does not support {name} of a target; see docs/local-aws.md")));
    }
    let ways = ["Input", "InputPath", "InputTransformer"].iter().filter(|name| !target[**name].is_null());
    if ways.count() > 1 {
        return Err(invalid("Only one of Input, InputPath, or InputTransformer must be provided."));
    }
    if let Some(input) = target["Input"].as_str()
        && serde_json::from_str::<serde::de::IgnoredAny>(input).is_err()
    {
        return Err(invalid("JSON syntax error in input for target."));
    }
    Ok(())
}

/// Removes targets; ids that are not there are no mistake.
pub async fn remove_targets(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let _changing = cloud.events.change();
    let mut rule = Rule::load(&cloud, &call, "Rule")?;
    let ids = input::list(&call, "Ids");
    rule.targets.retain(|target| !ids.contains(&target["Id"]));
    rule.save(&cloud)?;
    Ok(Output::json(json!({ "FailedEntryCount": 0, "FailedEntries": [] })))
}

/// The targets of a rule.
pub async fn list_targets_by_rule(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    Ok(Output::json(json!({ "Targets": Rule::load(&cloud, &call, "Rule")?.targets })))
}
