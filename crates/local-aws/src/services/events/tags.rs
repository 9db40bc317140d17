//! The tags of rules and buses.

use std::sync::Arc;

use serde_json::{Value, json};

use super::bus::{self, BUSES, Bus};
use super::rule::{Rule, required};
use crate::Cloud;
use crate::services::input;
use crate::wire::{Call, Fault, Output};

/// What an ARN names.
enum Tagged {
    Rule(Rule),
    Bus(Bus),
}

impl Tagged {
    fn load(cloud: &Cloud, call: &Call) -> Result<Tagged, Fault> {
        let arn = required(call, "ResourceARN")?;
        let region = arn.split(':').nth(3).unwrap_or_default();
        if let Some((_, name)) = arn.split_once(":event-bus/") {
            let bus: Option<Bus> = cloud.store.get(BUSES, &bus::row(region, name))?;
            return bus.map(Tagged::Bus).ok_or_else(|| not_there(arn));
        }
        let path = arn.split_once(":rule/").map(|(_, path)| path).ok_or_else(|| not_there(arn))?;
        let (bus, name) = path.split_once('/').unwrap_or((bus::DEFAULT, path));
        let found = Rule::all(cloud, region, bus)?.into_iter().find(|rule| rule.name == name);
        found.map(Tagged::Rule).ok_or_else(|| not_there(arn))
    }

    fn tags(&mut self) -> &mut Vec<Value> {
        match self {
            Tagged::Rule(rule) => &mut rule.tags,
            Tagged::Bus(bus) => &mut bus.tags,
        }
    }

    fn save(&self, cloud: &Cloud) -> Result<(), Fault> {
        match self {
            Tagged::Rule(rule) => rule.save(cloud),
            Tagged::Bus(bus) => Ok(cloud.store.put(BUSES, &bus::row(&bus.region, &bus.name), bus)?),
        }
    }
}

fn not_there(arn: &str) -> Fault {
    Fault::sender("ResourceNotFoundException", format!("{arn} does not exist."))
}

/// Adds tags, over those of the same keys.
pub async fn tag_resource(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let _changing = cloud.events.change();
    let mut tagged = Tagged::load(&cloud, &call)?;
    for tag in input::list(&call, "Tags") {
        tagged.tags().retain(|old| old["Key"] != tag["Key"]);
        tagged.tags().push(tag.clone());
    }
    tagged.save(&cloud)?;
    Ok(Output::empty())
}

/// Takes tags away.
pub async fn untag_resource(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let _changing = cloud.events.change();
    let mut tagged = Tagged::load(&cloud, &call)?;
    let keys = input::list(&call, "TagKeys");
    tagged.tags().retain(|tag| !keys.contains(&tag["Key"]));
    tagged.save(&cloud)?;
    Ok(Output::empty())
}

/// The tags of a rule or a bus.
pub async fn list_tags_for_resource(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut tagged = Tagged::load(&cloud, &call)?;
    Ok(Output::json(json!({ "Tags": tagged.tags() })))
}
