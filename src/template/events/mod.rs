//! What calls functions, one file a kind of event.

use serde_json::{Value, json};

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::stack::event::{Event, InputTransformer};
use crate::stack::{Any, Function, Named, normalized};

use super::draft::{Draft, depend, extend, present};
use super::role;

mod alb;
mod alexa;
mod cognito;
mod event_bridge;
mod existing_bucket;
mod existing_pool;
mod iot;
mod logs;
mod queue;
mod rule;
mod s3;
mod schedule;
mod sns;
mod stream;

/// Adds what every event but requests to APIs needs.
pub fn render(draft: &mut Draft) {
    let stack = draft.stack;
    for function in stack.functions.iter() {
        let mut counts = Counts::default();
        for (index, event) in function.value.events.iter().enumerate() {
            render_one(draft, function, event, index + 1, &mut counts);
        }
    }
    cognito::render(draft);
    existing_bucket::render(draft);
    existing_pool::render(draft);
    event_bridge::allow_helper(draft);
}

/// How many events of a kind a function has had so far.
#[derive(Debug, Default)]
struct Counts {
    schedules: usize,
    rules: usize,
    logs: usize,
    iot: usize,
    skills: usize,
    homes: usize,
}

fn next(count: &mut usize) -> usize {
    *count += 1;
    *count
}

fn render_one(draft: &mut Draft, function: &Named<Function>, event: &Event, place: usize, counts: &mut Counts) {
    match event {
        // Requests are gathered into APIs and distributions, triggers into pools.
        Event::Http(_) | Event::HttpApi(_) | Event::Websocket(_) | Event::CognitoUserPool(_) | Event::CloudFront(_) => {
        }
        Event::Schedule(choice) => schedule::render(draft, function, choice, &mut counts.schedules),
        Event::Stream(choice) => stream::render(draft, function, choice),
        Event::Sqs(choice) => queue::sqs(draft, function, choice),
        Event::Sns(choice) => sns::render(draft, function, choice),
        Event::S3(choice) => s3::render(draft, function, choice),
        Event::EventBridge(event) => event_bridge::render(draft, function, event, place),
        Event::CloudwatchEvent(event) => rule::render(draft, function, event, next(&mut counts.rules)),
        Event::CloudwatchLog(choice) => logs::render(draft, function, choice, next(&mut counts.logs)),
        Event::Alb(event) => alb::render(draft, function, event),
        Event::Iot(event) => iot::render(draft, function, event, next(&mut counts.iot)),
        Event::IotFleetProvisioning(event) => iot::fleet(draft, function, event),
        Event::AlexaSkill(choice) => alexa::skill(draft, function, choice, next(&mut counts.skills)),
        Event::AlexaSmartHome(choice) => alexa::home(draft, function, choice, next(&mut counts.homes)),
        Event::Kafka(event) => queue::kafka(draft, function, event),
        Event::Msk(event) => queue::msk(draft, function, event),
        Event::ActiveMq(event) => queue::broker(draft, function, event, queue::Broker::ActiveMq),
        Event::RabbitMq(event) => queue::broker(draft, function, event, queue::Broker::RabbitMq),
    }
}

/// Says that an event lacks what it cannot do without.
fn missing(draft: &mut Draft, span: Span, what: &str) {
    draft.diagnostics.push(Diagnostic::error(Code::MissingKey, span, format!("this event has no {what}")));
}

/// Lets a service call a function.
fn permit(
    draft: &mut Draft,
    function: &Named<Function>,
    id: String,
    span: Span,
    principal: Value,
    source: Option<Value>,
) {
    let mut permission = serde_json::Map::new();
    permission.insert("FunctionName".into(), draft.function_arn(&function.name));
    permission.insert("Action".into(), json!("lambda:InvokeFunction"));
    permission.insert("Principal".into(), principal);
    extend(&mut permission, [("SourceArn", source)]);
    let alias = draft.aliases.get(&function.name).cloned();
    depend(draft.add(id, span, "AWS::Lambda::Permission", Value::Object(permission)), alias);
}

/// What a mapping of events to a function waits for: the function's role and its alias.
fn waits_for(draft: &Draft, function: &Named<Function>) -> Vec<String> {
    let stack = draft.stack;
    let role = match role::custom(stack, &function.value) {
        Some(role) => match role.as_str() {
            Some(arn) if arn.starts_with("arn:") => None,
            Some(id) => Some(id.to_owned()),
            None => role.get("Fn::GetAtt").and_then(|parts| parts.get(0)).and_then(Value::as_str).map(str::to_owned),
        },
        None => {
            // The plugin does not see that a function with an alias is one of its own.
            let own = role::own_id(stack, function)
                .filter(|_| stack.is_safe() || !draft.aliases.contains_key(&function.name));
            Some(own.unwrap_or_else(|| role::SHARED.to_owned()))
        }
    };
    role.into_iter().chain(draft.aliases.get(&function.name).cloned()).collect()
}

/// Says that nothing is deployed again which has not changed.
fn forced(draft: &mut Draft, force: Option<crate::stack::Flag>) {
    if let Some(flag) = force.filter(|flag| flag.value) {
        let message = "`forceDeploy` has no effect: a template that holds the time would never be the same twice";
        let diagnostic = Diagnostic::warning(Code::WeakTemplate, flag.span, message);
        draft.diagnostics.push(diagnostic.hint("change `name` of the function, or the event, to set it up again"));
    }
}

/// Patterns of events as the text that Lambda wants.
fn filters(patterns: Option<&Vec<Any>>) -> Option<Value> {
    let filters: Vec<Value> =
        patterns?.iter().map(|pattern| json!({"Pattern": pattern.to_json().to_string()})).collect();
    Some(json!({"Filters": filters}))
}

/// An input transformer in CloudFormation's spelling.
fn transformer(transformer: Option<&InputTransformer>) -> Option<Value> {
    let transformer = transformer?;
    Some(present([
        ("InputTemplate", transformer.template.as_ref().map(Any::to_json)),
        ("InputPathsMap", transformer.paths.as_ref().map(Any::to_json)),
    ]))
}

/// The id of a function's resource: `HelloEventsRuleSchedule1`.
fn id(function: &Named<Function>, rest: impl std::fmt::Display) -> String {
    format!("{}{rest}", normalized(&function.name))
}

/// Whether a switch says anything but `false`.
fn is_enabled(switch: Option<&Any>) -> bool {
    switch.is_none_or(|switch| !matches!(switch.to_json(), Value::Bool(false)) && switch.0.as_str() != Some("false"))
}
