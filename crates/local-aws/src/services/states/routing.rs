//! An alias's `routingConfiguration`, checked in AWS's words.

use serde_json::{Value, json};

use super::arn::{Arn, Resource};
use super::constraint::{Members, validation};
use super::machine::{Route, StateMachine};
use super::refusal;
use crate::wire::Fault;

/// Routes as the request gives them: version ARNs and weights.
#[derive(Debug)]
pub struct Routing(Vec<(String, i64)>);

impl Routing {
    /// Reads the member, with violations of its limits noted; `None` when it is not given.
    pub fn read(members: &mut Members<'_>) -> Option<Routing> {
        members.value("routingConfiguration")?;
        let items = members.list("routingConfiguration");
        let mut routes = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let place = format!("routingConfiguration.{}.member", index + 1);
            let arn = item.get("stateMachineVersionArn").and_then(Value::as_str);
            let weight = item.get("weight").and_then(Value::as_i64);
            match (arn, weight) {
                (Some(arn), Some(weight)) => routes.push((arn.to_owned(), weight)),
                (None, _) => members.missing(&format!("{place}.stateMachineVersionArn")),
                (_, None) => members.missing(&format!("{place}.weight")),
            }
        }
        let routing = Routing(routes);
        if routing.0.len() > 2 {
            let constraint = "Member must have length less than or equal to 2";
            members.violate(&routing.shown(), "routingConfiguration", constraint);
        }
        if items.is_empty() {
            members.violate("[]", "routingConfiguration", "Member must have length greater than or equal to 1");
        }
        for (index, (_, weight)) in routing.0.iter().enumerate() {
            let place = format!("routingConfiguration.{}.member.weight", index + 1);
            if *weight > 100 {
                members.violate(&weight.to_string(), &place, "Member must have value less than or equal to 100");
            }
            if *weight < 0 {
                members.violate(&weight.to_string(), &place, "Member must have value greater than or equal to 0");
            }
        }
        Some(routing)
    }

    /// The ARN of the machine whose versions these are.
    ///
    /// # Errors
    /// `ValidationException` where versions are not distinct versions of one machine or weights do not make 100.
    pub fn machine_arn(&self) -> Result<Arn<'_>, Fault> {
        let arns: Vec<&str> = self.0.iter().map(|(arn, _)| arn.as_str()).collect();
        let received = format!("Received: [{}]", arns.join(", "));
        if arns.len() == 2 && arns[0] == arns[1] {
            return Err(validation(format!(
                "Routing configuration must contain distinct state machine version ARNs. {received}"
            )));
        }
        let weights: Vec<String> = self.0.iter().map(|(_, weight)| weight.to_string()).collect();
        if self.0.iter().map(|(_, weight)| weight).sum::<i64>() != 100 {
            let shown = weights.join(", ");
            return Err(validation(format!(
                "Sum of routing configuration weights must equal 100. Received: [{shown}]"
            )));
        }
        let parsed =
            arns.iter().map(|arn| Arn::of(arn, &[Resource::StateMachine])).collect::<Result<Vec<_>, Fault>>()?;
        let versions = parsed.iter().all(|arn| arn.qualifier.is_some_and(|number| number.parse::<u64>().is_ok()));
        if !versions {
            return Err(validation(format!(
                "Routing configuration must contain state machine version ARNs. {received}"
            )));
        }
        if parsed.iter().any(|arn| arn.unqualified() != parsed[0].unqualified()) {
            return Err(validation(format!(
                "Routing configuration must contain versions of the same state machine. {received}"
            )));
        }
        parsed.into_iter().next().ok_or_else(|| validation("Routing configuration must not be empty"))
    }

    /// The routes, each to a version that `machine` has.
    ///
    /// # Errors
    /// `ResourceNotFound` for a version that is not there.
    pub fn routes(&self, machine: &StateMachine) -> Result<Vec<Route>, Fault> {
        self.0
            .iter()
            .map(|(arn, weight)| {
                let number = Arn::parse(arn)?.qualifier.and_then(|number| number.parse().ok()).unwrap_or(0);
                machine.version(number).ok_or_else(|| refusal::no_resource(arn))?;
                Ok(Route { version: number, weight: u8::try_from(*weight).unwrap_or(100) })
            })
            .collect()
    }

    /// As AWS's front end prints the member.
    fn shown(&self) -> String {
        let items: Vec<String> = self
            .0
            .iter()
            .map(|(arn, weight)| format!("RoutingConfigurationListItem(stateMachineVersionArn={arn}, weight={weight})"))
            .collect();
        format!("[{}]", items.join(", "))
    }
}

/// Routes as an output shows them.
pub fn to_wire(machine: &StateMachine, routes: &[Route]) -> Value {
    routes
        .iter()
        .map(|route| json!({"stateMachineVersionArn": machine.version_arn(route.version), "weight": route.weight}))
        .collect()
}
