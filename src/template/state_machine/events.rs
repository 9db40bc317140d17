//! What starts a state machine besides requests: times and events.

use serde_json::{Map, Value, json};

use crate::diagnostic::{Code, Diagnostic};
use crate::stack::event::{InputTransformer, ScheduleChoice, ScheduleEvent};
use crate::stack::state_machine::{MachineEvent, MachineRule};
use crate::stack::{Any, Expr, Named, StateMachine, normalized};
use crate::template::draft::{Draft, extend, present, set};
use crate::template::intrinsic::{attribute, reference};

/// Adds rules and schedules, and the roles that they start the machine with.
pub fn render(draft: &mut Draft, machine: &Named<StateMachine>) {
    let (mut schedules, mut rules) = (0, 0);
    for event in &machine.value.events {
        match event {
            MachineEvent::Schedule(choice) => {
                schedules += 1;
                schedule(draft, machine, choice, schedules);
            }
            MachineEvent::CloudwatchEvent(event) | MachineEvent::EventBridge(event) => {
                rules += 1;
                rule(draft, machine, event, rules);
            }
            MachineEvent::Http(_) => {}
        }
    }
}

fn schedule(draft: &mut Draft, machine: &Named<StateMachine>, choice: &ScheduleChoice, number: usize) {
    let (rates, details, span): (Vec<Value>, Option<&ScheduleEvent>, _) = match choice {
        ScheduleChoice::Rate(rate) => (vec![json!(rate.text)], None, rate.span),
        ScheduleChoice::Detailed(event) => {
            (event.rate.iter().map(|rate| rate.value.clone()).collect(), Some(event), event.span)
        }
    };
    let by_scheduler = details.and_then(|event| event.method.as_ref()).is_some_and(|method| method.text == "scheduler");
    let role = details.and_then(|event| event.role.as_ref());
    let role = role.map_or_else(
        || starter_role(draft, machine, "ScheduleToStepFunctionsRole", by_scheduler, span),
        |role| role.value.clone(),
    );
    for rate in rates {
        if by_scheduler {
            add_schedule(draft, machine, details, (&rate, &role), number, span);
        } else {
            add_timed_rule(draft, machine, details, (&rate, &role), number, span);
        }
    }
}

fn state(enabled: Option<&Any>) -> &'static str {
    if enabled.is_some_and(|flag| flag.to_json() == json!(false)) { "DISABLED" } else { "ENABLED" }
}

fn add_timed_rule(
    draft: &mut Draft,
    machine: &Named<StateMachine>,
    details: Option<&ScheduleEvent>,
    (rate, role): (&Value, &Value),
    number: usize,
    span: crate::source::Span,
) {
    let mut target = target(draft, machine, role, "schedule");
    let retry = details.and_then(|event| event.retry_policy.as_ref());
    let dead_letters = details.and_then(|event| event.dead_letter_config.as_ref());
    let inputs = details.map(|event| {
        inputs(event.input.as_ref(), event.input_path.as_ref().map(Any::to_json), event.input_transformer.as_ref())
    });
    target.extend(inputs.unwrap_or_default());
    extend(
        &mut target,
        [
            ("DeadLetterConfig", dead_letters.map(|queue| json!({"Arn": queue.to_json()}))),
            ("RetryPolicy", retry.map(|retry| retry_policy(&retry.to_json()))),
        ],
    );
    let expr = |expr: Option<&Expr>| expr.map(|expr| expr.value.clone());
    let rule = present([
        ("ScheduleExpression", Some(rate.clone())),
        ("State", Some(json!(state(details.and_then(|event| event.enabled.as_ref()))))),
        ("Name", expr(details.and_then(|event| event.name.as_ref()))),
        ("Description", expr(details.and_then(|event| event.description.as_ref()))),
        ("Targets", Some(json!([target]))),
    ]);
    let id = format!("{}StepFunctionsEventsRuleSchedule{number}", normalized(&machine.name));
    draft.add(id, span, "AWS::Events::Rule", rule);
}

fn add_schedule(
    draft: &mut Draft,
    machine: &Named<StateMachine>,
    details: Option<&ScheduleEvent>,
    (rate, role): (&Value, &Value),
    number: usize,
    span: crate::source::Span,
) {
    let mut target = Map::new();
    target.insert("Arn".into(), reference(&draft.stack.machine_id(machine)));
    target.insert("RoleArn".into(), role.clone());
    let dead_letters = details.and_then(|event| event.dead_letter_config.as_ref());
    let retry = details.and_then(|event| event.retry_policy.as_ref());
    let is_safe = draft.stack.is_safe();
    if retry.is_some() && !is_safe {
        let message = "the plugin knows no `retryPolicy` of a schedule with `method: scheduler`: it is left out";
        draft
            .diagnostics
            .push(Diagnostic::warning(Code::WeakTemplate, span, message).hint("`compatibility: safe` keeps it"));
    }
    let retry = retry.filter(|_| is_safe);
    extend(
        &mut target,
        [
            ("Input", details.and_then(|event| event.input.as_ref()).map(input_text)),
            ("DeadLetterConfig", dead_letters.map(|queue| json!({"Arn": queue.to_json()}))),
            ("RetryPolicy", retry.map(|retry| retry_policy(&retry.to_json()))),
        ],
    );
    let expr = |expr: Option<&Expr>| expr.map(|expr| expr.value.clone());
    let schedule = present([
        ("ScheduleExpression", Some(rate.clone())),
        ("State", Some(json!(state(details.and_then(|event| event.enabled.as_ref()))))),
        ("FlexibleTimeWindow", Some(json!({"Mode": "OFF"}))),
        ("Name", expr(details.and_then(|event| event.name.as_ref()))),
        ("Description", expr(details.and_then(|event| event.description.as_ref()))),
        ("GroupName", expr(details.and_then(|event| event.group_name.as_ref()))),
        ("ScheduleExpressionTimezone", details.and_then(|event| event.timezone.as_ref()).map(|zone| json!(zone.text))),
        ("Target", Some(Value::Object(target))),
    ]);
    let id = format!("{}StepFunctionsSchedulerSchedule{number}", normalized(&machine.name));
    draft.add(id, span, "AWS::Scheduler::Schedule", schedule);
}

fn rule(draft: &mut Draft, machine: &Named<StateMachine>, event: &MachineRule, number: usize) {
    let role = event.iam_role.as_ref().map(|role| role.value.clone());
    let role = role.unwrap_or_else(|| starter_role(draft, machine, "EventToStepFunctionsRole", false, event.span));
    let mut target = target(draft, machine, &role, "cloudWatchEvent");
    target.extend(inputs(
        event.input.as_ref(),
        event.input_path.as_ref().map(|path| json!(path.text)),
        event.input_transformer.as_ref(),
    ));
    extend(
        &mut target,
        [
            ("DeadLetterConfig", event.dead_letter_config.as_ref().map(|queue| json!({"Arn": queue.to_json()}))),
            ("RetryPolicy", event.retry_policy.as_ref().map(|retry| retry_policy(&retry.to_json()))),
        ],
    );
    let enabled = event.enabled.is_none_or(|flag| flag.value);
    let rule = present([
        ("EventPattern", event.event.as_ref().map(Any::to_json)),
        ("EventBusName", event.event_bus.as_ref().map(|bus| bus.value.clone())),
        ("State", Some(json!(if enabled { "ENABLED" } else { "DISABLED" }))),
        ("Name", event.name.as_ref().map(|name| json!(name.text))),
        ("Description", event.description.as_ref().map(|text| json!(text.text))),
        ("Targets", Some(json!([target]))),
    ]);
    let id = format!("{}EventsRuleCloudWatchEvent{number}", normalized(&machine.name));
    draft.add(id, event.span, "AWS::Events::Rule", rule);
}

fn target(draft: &Draft, machine: &Named<StateMachine>, role: &Value, kind: &str) -> Map<String, Value> {
    let id = match kind {
        "schedule" => format!("{}StepFunctionsSchedule", machine.name),
        _ => format!("{}CloudWatchEvent", machine.name),
    };
    let mut target = Map::new();
    target.insert("Arn".into(), reference(&draft.stack.machine_id(machine)));
    target.insert("Id".into(), json!(id));
    target.insert("RoleArn".into(), role.clone());
    target
}

/// What a target passes on: fixed, a part, or made from parts.
fn inputs(input: Option<&Any>, path: Option<Value>, transformer: Option<&InputTransformer>) -> Map<String, Value> {
    let transformer = transformer.map(|transformer| {
        present([
            ("InputPathsMap", transformer.paths.as_ref().map(Any::to_json)),
            ("InputTemplate", transformer.template.as_ref().map(Any::to_json)),
        ])
    });
    let mut all = Map::new();
    extend(&mut all, [("Input", input.map(input_text)), ("InputPath", path), ("InputTransformer", transformer)]);
    all
}

fn input_text(input: &Any) -> Value {
    match input.to_json() {
        Value::String(text) => Value::String(text),
        other => Value::String(other.to_string()),
    }
}

fn retry_policy(policy: &Value) -> Value {
    let of = |lower: &str, upper: &str| policy.get(lower).or_else(|| policy.get(upper)).cloned();
    present([
        ("MaximumEventAgeInSeconds", of("maximumEventAgeInSeconds", "MaximumEventAgeInSeconds")),
        ("MaximumRetryAttempts", of("maximumRetryAttempts", "MaximumRetryAttempts")),
    ])
}

/// The role that starts the machine; its ARN.
fn starter_role(
    draft: &mut Draft,
    machine: &Named<StateMachine>,
    suffix: &str,
    by_scheduler: bool,
    span: crate::source::Span,
) -> Value {
    let id = format!("{}{suffix}", normalized(&machine.name));
    let service = if by_scheduler { "scheduler.amazonaws.com" } else { "events.amazonaws.com" };
    let policy = if suffix.starts_with("Schedule") { "schedule" } else { "event" };
    let role = json!({
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}],
        },
        "Policies": [{
            "PolicyName": format!("{}-{}-{}-{}-{policy}", draft.stack.stage, draft.stack.region, draft.stack.service, machine.name),
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [{
                    "Effect": "Allow",
                    "Action": ["states:StartExecution"],
                    "Resource": reference(&draft.stack.machine_id(machine)),
                }],
            },
        }],
    });
    let stack = draft.stack;
    let path =
        crate::template::role::details(stack).and_then(|details| details.path.as_ref()).map(|path| json!(path.text));
    // The plugin forgets the boundary where an event starts the machine.
    let is_bounded = stack.is_safe() || suffix.starts_with("Schedule");
    let boundary =
        stack.provider.role_permissions_boundary.as_ref().filter(|_| is_bounded).map(|arn| arn.value.clone());
    let resource = draft.add(&id, span, "AWS::IAM::Role", role);
    set(resource, [("Path", path), ("PermissionsBoundary", boundary)]);
    attribute(&id, "Arn")
}
