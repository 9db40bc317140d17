//! Event buses: the default one of each region, and those that were made.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::rule::{Rule, invalid, required};
use crate::Cloud;
use crate::services::input;
use crate::wire::{Call, Fault, Output};

/// Made buses, by region and name.
pub const BUSES: &str = "events.buses";
/// The bus that is always there.
pub const DEFAULT: &str = "default";

/// A bus that was made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Bus {
    pub region: String,
    pub name: String,
    pub description: Option<String>,
    /// `Key` and `Value`, as they were sent.
    pub tags: Vec<Value>,
    pub created_ms: i64,
}

/// The name of the bus that a request means: a name, an ARN, or nothing for the default one.
///
/// # Errors
/// `ResourceNotFoundException` when there is no such bus.
pub fn of(cloud: &Cloud, region: &str, given: Option<&str>) -> Result<String, Fault> {
    let name = match given {
        Some(arn) if arn.starts_with("arn:") => arn.rsplit('/').next().unwrap_or_default(),
        Some(name) => name,
        None => DEFAULT,
    };
    if name == DEFAULT || cloud.store.get::<Bus>(BUSES, &row(region, name))?.is_some() {
        return Ok(name.to_owned());
    }
    Err(not_there(name))
}

/// The row of a bus: region, then name.
pub fn row(region: &str, name: &str) -> String {
    format!("{region}/{name}")
}

fn not_there(name: &str) -> Fault {
    Fault::sender("ResourceNotFoundException", format!("Event bus {name} does not exist."))
}

/// `arn:aws:events:REGION:ACCOUNT:event-bus/NAME`
pub fn arn(cloud: &Cloud, region: &str, name: &str) -> String {
    format!("arn:aws:events:{region}:{}:event-bus/{name}", cloud.config.account)
}

/// Makes a bus.
///
/// Source: <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateEventBus.html>.
pub async fn create_event_bus(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let name = required(&call, "Name")?;
    for member in ["EventSourceName", "DeadLetterConfig", "KmsKeyIdentifier", "LogConfig"] {
        if !call.input[member].is_null() {
            return Err(invalid(&format!(
                "the local AWS does not support {member} of an event bus; see docs/local-aws.md"
            )));
        }
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if name.len() > 256 || !name.chars().all(allowed) {
        return Err(invalid(&format!("the name `{name}` has letters that a bus cannot have")));
    }
    let _changing = cloud.events.change();
    if name == DEFAULT || cloud.store.get::<Bus>(BUSES, &row(&call.region, name))?.is_some() {
        return Err(Fault::sender("ResourceAlreadyExistsException", format!("Event bus {name} already exists.")));
    }
    let bus = Bus {
        region: call.region.clone(),
        name: name.to_owned(),
        description: input::text(&call, "Description").map(str::to_owned),
        tags: input::list(&call, "Tags").to_vec(),
        created_ms: cloud.clock.now_ms(),
    };
    cloud.store.put(BUSES, &row(&bus.region, name), &bus)?;
    Ok(Output::json(json!({ "EventBusArn": arn(&cloud, &call.region, name) })))
}

/// Removes a bus without rules; one that is not there is no mistake.
pub async fn delete_event_bus(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let name = required(&call, "Name")?;
    if name == DEFAULT {
        return Err(invalid("Cannot delete event bus default."));
    }
    let _changing = cloud.events.change();
    if !Rule::all(&cloud, &call.region, name)?.is_empty() {
        return Err(invalid(&format!("Event bus {name} can't be deleted since it has rules.")));
    }
    cloud.store.delete(BUSES, &row(&call.region, name))?;
    Ok(Output::empty())
}

fn shown(cloud: &Cloud, region: &str, name: &str, bus: Option<&Bus>) -> Value {
    let mut shown = json!({ "Name": name, "Arn": arn(cloud, region, name) });
    if let Some(description) = bus.and_then(|bus| bus.description.as_ref()) {
        shown["Description"] = json!(description);
    }
    shown
}

/// One bus.
pub async fn describe_event_bus(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let name = of(&cloud, &call.region, input::text(&call, "Name"))?;
    let bus: Option<Bus> = cloud.store.get(BUSES, &row(&call.region, &name))?;
    Ok(Output::json(shown(&cloud, &call.region, &name, bus.as_ref())))
}

/// The buses of a region.
pub async fn list_event_buses(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let prefix = input::text(&call, "NamePrefix").unwrap_or_default();
    let made: Vec<(String, Bus)> = cloud.store.scan(BUSES, &row(&call.region, ""))?;
    let default = std::iter::once(shown(&cloud, &call.region, DEFAULT, None));
    let made = made.iter().map(|(_, bus)| shown(&cloud, &call.region, &bus.name, Some(bus)));
    let buses: Vec<Value> =
        default.chain(made).filter(|bus| bus["Name"].as_str().is_some_and(|name| name.starts_with(prefix))).collect();
    Ok(Output::json(json!({ "EventBuses": buses })))
}
