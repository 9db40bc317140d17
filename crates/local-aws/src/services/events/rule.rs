//! Rules: which events, or which times, and what they lead to.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::bus::{self, DEFAULT};
use super::schedule::Schedule;
use crate::Cloud;
use crate::event_pattern::Pattern;
use crate::services::input;
use crate::wire::{Call, Fault, Output};

/// Rules by region, bus and name.
pub const RULES: &str = "events.rules";

/// A rule.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Rule {
    pub region: String,
    pub bus: String,
    pub name: String,
    pub pattern: Option<String>,
    pub schedule: Option<String>,
    pub enabled: bool,
    pub description: Option<String>,
    pub role: Option<String>,
    /// Targets as they were sent, in their order.
    pub targets: Vec<Value>,
    /// `Key` and `Value`, as they were sent.
    pub tags: Vec<Value>,
    /// When it was last put: rates count from there.
    pub put_ms: i64,
}

/// The fault for a value that means nothing.
pub fn invalid(why: &str) -> Fault {
    Fault::sender("ValidationException", why)
}

/// The text member `name`.
///
/// # Errors
/// `ValidationException` when it is missing or empty.
pub fn required<'a>(call: &'a Call, name: &str) -> Result<&'a str, Fault> {
    input::text(call, name).filter(|text| !text.is_empty()).ok_or_else(|| {
        let mut member = name.to_owned();
        member.get_mut(..1).into_iter().for_each(str::make_ascii_lowercase);
        invalid(&format!(
            "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
        ))
    })
}

impl Rule {
    /// The rule that `call` names under `member`.
    ///
    /// # Errors
    /// `ResourceNotFoundException`.
    pub fn load(cloud: &Cloud, call: &Call, member: &str) -> Result<Rule, Fault> {
        let name = required(call, member)?;
        let bus = bus::of(cloud, &call.region, input::text(call, "EventBusName"))?;
        let found: Option<Rule> = cloud.store.get(RULES, &row(&call.region, &bus, name))?;
        found.ok_or_else(|| not_there(name, &bus))
    }

    /// The rules of a bus.
    ///
    /// # Errors
    /// What the store cannot read.
    pub fn all(cloud: &Cloud, region: &str, bus: &str) -> Result<Vec<Rule>, Fault> {
        let rows: Vec<(String, Rule)> = cloud.store.scan(RULES, &row(region, bus, ""))?;
        Ok(rows.into_iter().map(|(_, rule)| rule).collect())
    }

    /// Writes the rule.
    ///
    /// # Errors
    /// What the store cannot write.
    pub fn save(&self, cloud: &Cloud) -> Result<(), Fault> {
        Ok(cloud.store.put(RULES, &row(&self.region, &self.bus, &self.name), self)?)
    }

    /// `arn:aws:events:REGION:ACCOUNT:rule/NAME`, with the bus before the name when it is not the default one.
    pub fn arn(&self, cloud: &Cloud) -> String {
        let bus = if self.bus == DEFAULT { String::new() } else { format!("{}/", self.bus) };
        format!("arn:aws:events:{}:{}:rule/{bus}{}", self.region, cloud.config.account, self.name)
    }

    fn shown(&self, cloud: &Cloud) -> Value {
        let mut shown = json!({
            "Name": self.name,
            "Arn": self.arn(cloud),
            "EventBusName": self.bus,
            "State": if self.enabled { "ENABLED" } else { "DISABLED" },
        });
        let optional = [
            ("EventPattern", &self.pattern),
            ("ScheduleExpression", &self.schedule),
            ("Description", &self.description),
            ("RoleArn", &self.role),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                shown[name] = json!(value);
            }
        }
        shown
    }
}

fn row(region: &str, bus: &str, name: &str) -> String {
    format!("{region}/{bus}/{name}")
}

fn not_there(name: &str, bus: &str) -> Fault {
    Fault::sender("ResourceNotFoundException", format!("Rule {name} does not exist on EventBus {bus}."))
}

/// Makes a rule, or makes it anew; its targets and tags stay.
///
/// Source: <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html>.
pub async fn put_rule(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let name = required(&call, "Name")?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if name.len() > 64 || !name.chars().all(allowed) {
        return Err(invalid(&format!(
            "1 validation error detected: Value '{name}' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+"
        )));
    }
    let bus = bus::of(&cloud, &call.region, input::text(&call, "EventBusName"))?;
    let text = |member: &str| input::text(&call, member).filter(|text| !text.is_empty()).map(str::to_owned);
    let (pattern, schedule) = (text("EventPattern"), text("ScheduleExpression"));
    if pattern.is_none() && schedule.is_none() {
        return Err(invalid("Parameter(s) EventPattern or ScheduleExpression must be specified."));
    }
    if let Some(pattern) = &pattern {
        Pattern::parse(pattern).map_err(|error| Fault::sender("InvalidEventPatternException", error.to_string()))?;
    }
    if let Some(schedule) = &schedule {
        if bus != DEFAULT {
            return Err(invalid("ScheduleExpression is supported only on the default event bus."));
        }
        Schedule::parse(schedule).ok_or_else(|| invalid("Parameter ScheduleExpression is not valid."))?;
    }
    let enabled = match input::text(&call, "State") {
        None | Some("ENABLED") => true,
        Some("DISABLED") => false,
        Some(other) => {
            return Err(invalid(&format!(
                "the local AWS does not support the state {other} of a rule; see docs/local-aws.md"
            )));
        }
    };
    let _changing = cloud.events.change();
    let old: Option<Rule> = cloud.store.get(RULES, &row(&call.region, &bus, name))?;
    let (targets, tags) = match old {
        Some(old) => (old.targets, old.tags),
        None => (Vec::new(), input::list(&call, "Tags").to_vec()),
    };
    let rule = Rule {
        region: call.region.clone(),
        bus,
        name: name.to_owned(),
        pattern,
        schedule,
        enabled,
        description: text("Description"),
        role: text("RoleArn"),
        targets,
        tags,
        put_ms: cloud.clock.now_ms(),
    };
    rule.save(&cloud)?;
    Ok(Output::json(json!({ "RuleArn": rule.arn(&cloud) })))
}

/// One rule.
pub async fn describe_rule(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    Ok(Output::json(Rule::load(&cloud, &call, "Name")?.shown(&cloud)))
}

/// Removes a rule without targets; one that is not there is no mistake.
pub async fn delete_rule(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let _changing = cloud.events.change();
    let rule = match Rule::load(&cloud, &call, "Name") {
        Ok(rule) => rule,
        Err(fault) if fault.code == "ResourceNotFoundException" => return Ok(Output::empty()),
        Err(fault) => return Err(fault),
    };
    if !rule.targets.is_empty() {
        return Err(invalid("Rule can't be deleted since it has targets."));
    }
    cloud.store.delete(RULES, &row(&rule.region, &rule.bus, &rule.name))?;
    Ok(Output::empty())
}

/// Lets a rule work.
pub async fn enable_rule(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    set_enabled(&cloud, &call, true)
}

/// Lets a rule rest.
pub async fn disable_rule(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    set_enabled(&cloud, &call, false)
}

fn set_enabled(cloud: &Cloud, call: &Call, enabled: bool) -> Result<Output, Fault> {
    let _changing = cloud.events.change();
    let rule = Rule { enabled, ..Rule::load(cloud, call, "Name")? };
    rule.save(cloud)?;
    Ok(Output::empty())
}

/// The rules of a bus, in pages.
pub async fn list_rules(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let bus = bus::of(&cloud, &call.region, input::text(&call, "EventBusName"))?;
    let prefix = input::text(&call, "NamePrefix").unwrap_or_default();
    let after = input::text(&call, "NextToken").unwrap_or_default();
    let most = usize::try_from(input::integer(&call, "Limit").unwrap_or(100)).unwrap_or(100).clamp(1, 100);
    let mut rules = Rule::all(&cloud, &call.region, &bus)?;
    rules.retain(|rule| rule.name.starts_with(prefix) && rule.name.as_str() > after);
    let more = rules.len() > most;
    rules.truncate(most);
    let mut body = json!({ "Rules": rules.iter().map(|rule| rule.shown(&cloud)).collect::<Vec<_>>() });
    if let Some(last) = rules.last().filter(|_| more) {
        body["NextToken"] = json!(last.name);
    }
    Ok(Output::json(body))
}
