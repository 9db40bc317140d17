//! State machines: the machine, its role, what starts it, its alarms and notifications; activities.

use serde_json::{Map, Value, json};

use crate::stack::{Named, StateMachine, normalized};

use super::draft::{Draft, depend, extend, present, tag_list};
use super::intrinsic::{attribute, reference};

mod alarms;
mod definition;
mod emr;
mod events;
mod notifications;
mod redshift;
mod rights;
mod role;

/// Adds every state machine and activity.
pub fn render(draft: &mut Draft) {
    let stack = draft.stack;
    for machine in stack.machines.iter() {
        render_one(draft, machine);
        role::render(draft, machine);
        events::render(draft, machine);
        alarms::render(draft, machine);
        notifications::render(draft, machine);
    }
    for activity in &stack.activities {
        let id = format!("{}StepFunctionsActivity", normalized(&activity.text));
        draft.add(&id, activity.span, "AWS::StepFunctions::Activity", json!({"Name": activity.text}));
        draft.output(format!("{id}Arn"), "Current Activity Arn", reference(&id));
    }
}

fn render_one(draft: &mut Draft, machine: &Named<StateMachine>) {
    let value = &machine.value;
    let id = draft.stack.machine_id(machine);
    let mut all = Map::new();
    all.insert("DefinitionString".into(), definition::render(draft, machine));
    let role_id = format!("{id}Role");
    let role = value.role.as_ref().map_or_else(|| attribute(&role_id, "Arn"), |role| role.value.clone());
    all.insert("RoleArn".into(), role);
    let tracing = value.tracing.as_ref().map(|tracing| tracing.enabled.is_some_and(|flag| flag.value));
    extend(
        &mut all,
        [
            ("StateMachineName", value.name.as_ref().map(|name| name.value.clone())),
            ("StateMachineType", value.kind.as_ref().map(|kind| json!(kind.text))),
            ("LoggingConfiguration", logging(value)),
            ("TracingConfiguration", tracing.map(|enabled| json!({"Enabled": enabled}))),
            ("EncryptionConfiguration", encryption(value)),
            ("Tags", tags(draft, value)),
        ],
    );
    let resource = draft.add(&id, machine.span, "AWS::StepFunctions::StateMachine", Value::Object(all));
    if value.retain.is_some_and(|flag| flag.value) {
        resource.deletion_policy = Some(json!("Retain"));
    }
    let own_role = value.role.is_none().then_some(role_id);
    depend(resource, own_role.into_iter().chain(value.depends_on.iter().map(|id| id.text.clone())));
    if !draft.stack.no_machine_outputs {
        draft.output(draft.stack.machine_output(machine), "Current StateMachine Arn", reference(&id));
    }
}

fn logging(machine: &StateMachine) -> Option<Value> {
    let logging = machine.logging.as_ref()?;
    let group = |arn: &crate::stack::Expr| json!({"CloudWatchLogsLogGroup": {"LogGroupArn": arn.value}});
    let destinations: Vec<Value> = logging.destinations.iter().map(group).collect();
    let level = logging.level.as_ref().map_or("OFF", |level| level.text.as_str());
    Some(present([
        ("Level", Some(json!(level))),
        ("IncludeExecutionData", Some(json!(logging.include_execution_data.is_some_and(|flag| flag.value)))),
        ("Destinations", (!destinations.is_empty()).then(|| json!(destinations))),
    ]))
}

/// Seconds that a data key is used again unless the machine says otherwise.
const DATA_KEY_REUSE_S: i64 = 900;

fn encryption(machine: &StateMachine) -> Option<Value> {
    let encryption = machine.encryption.as_ref()?;
    let key = encryption.kms_key_id.as_ref().map(|key| match key.as_str() {
        Some(text) => json!({"Fn::Sub": text}),
        None => key.value.clone(),
    });
    Some(present([
        ("KmsKeyId", key),
        (
            "KmsDataKeyReusePeriodSeconds",
            Some(json!(encryption.reuse_s.map_or(DATA_KEY_REUSE_S, |period| period.value))),
        ),
        ("Type", Some(json!(encryption.kind.as_ref().map_or("AWS_OWNED_KEY", |kind| kind.text.as_str())))),
    ]))
}

fn tags(draft: &Draft, machine: &StateMachine) -> Option<Value> {
    let inherits = machine.inherit_global_tags.is_none_or(|flag| flag.value);
    let shared = draft.stack.provider.tags.iter().filter(|_| inherits);
    let list = tag_list(shared.chain(machine.tags.iter()).map(|tag| (tag.name.as_str(), tag.value.value.clone())));
    (!list.is_empty()).then(|| json!(list))
}
