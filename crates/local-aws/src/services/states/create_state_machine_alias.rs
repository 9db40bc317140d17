//! CreateStateMachineAlias

use std::sync::{Arc, LazyLock};

use regex::Regex;
use serde_json::json;

use super::constraint::Members;
use super::machine::{Alias, seconds};
use super::refusal;
use super::routing::Routing;
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// How many aliases a machine can have.
///
/// Source: Step Functions developer guide, "Quotas", state machine aliases.
const MOST: usize = 100;

const PATTERN: &str = r"^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$";

/// Names one or two versions; the same request again answers as the first time.
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut members = Members::of(&call.input);
    let name = alias_name(&mut members);
    let description = members.text("description", 0, 256).map(str::to_owned);
    let routing = Routing::read(&mut members);
    if routing.is_none() {
        members.missing("routingConfiguration");
    }
    members.finish()?;
    let Some(routing) = routing else {
        return Err(Fault::receiver("InternalFailure", "a routing configuration was checked and then missing"));
    };
    let arn = routing.machine_arn()?;
    let now = cloud.clock.now_ms();
    cloud.states.machine(&arn).map_err(|_| refusal::no_resource(arn.whole))?;
    cloud.states.update(&cloud.store, &arn, |machine| {
        let routes = routing.routes(machine)?;
        let alias = match machine.alias(&name) {
            Some(alias) if alias.routes == routes && alias.description == description => alias.clone(),
            Some(_) => {
                return Err(refusal::conflict(
                    "Failed to create alias because an alias with the same name and a different routing \
                     configuration already exists.",
                ));
            }
            None if machine.aliases.len() >= MOST => {
                return Err(Fault::sender(
                    "ServiceQuotaExceededException",
                    format!("The state machine has the maximum number of {MOST} aliases"),
                ));
            }
            None => {
                let alias = Alias { name, description, routes, created_ms: now, updated_ms: now };
                machine.aliases.push(alias.clone());
                alias
            }
        };
        Ok(Output::json(json!({
            "stateMachineAliasArn": machine.alias_arn(&alias.name),
            "creationDate": seconds(alias.created_ms),
        })))
    })
}

/// The member `name`: letters, digits, `_`, `-`, `.`, and not digits alone.
fn alias_name(members: &mut Members<'_>) -> String {
    static WORD: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[a-zA-Z0-9_\-.]+$").ok());
    let name = members.required("name", 1, 80).to_owned();
    let is_word = WORD.as_ref().is_some_and(|word| word.is_match(&name));
    if !name.is_empty() && (!is_word || name.bytes().all(|byte| byte.is_ascii_digit())) {
        members.violate(&name, "name", &format!("Member must satisfy regular expression pattern: {PATTERN}"));
    }
    name
}
