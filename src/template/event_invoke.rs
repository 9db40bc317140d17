//! `AWS::Lambda::EventInvokeConfig`: what happens to asynchronous calls.

use serde_json::{Map, Value, json};

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::stack::function::Destination;
use crate::stack::{Function, Named};

use super::draft::{Draft, depend, extend};
use super::intrinsic::{reference, sub};
use super::role;

/// Adds the settings of a function that has destinations, an age or a number of retries.
pub fn render(draft: &mut Draft, function: &Named<Function>) {
    let value = &function.value;
    let retries = value.maximum_retry_attempts;
    let age = value.maximum_event_age_s.filter(|age| age.value != 0);
    if value.destinations.is_none() && age.is_none() && retries.is_none() {
        return;
    }
    let mut destinations = Map::new();
    let mut waits: Vec<String> = draft.aliases.get(&function.name).cloned().into_iter().collect();
    if let Some(choice) = &value.destinations {
        for (name, destination) in [("OnSuccess", &choice.on_success), ("OnFailure", &choice.on_failure)] {
            let Some(destination) = destination else { continue };
            let Some(target) = target(draft, destination) else { continue };
            if role::custom(draft.stack, value).is_none() {
                let statement = json!({"Effect": "Allow", "Action": target.action, "Resource": target.resource});
                draft.grant(&function.name, statement);
            }
            destinations.insert(name.to_owned(), json!({"Destination": target.arn}));
            waits.extend(target.alias);
        }
    }
    let qualifier = draft.alias_name(&function.name).unwrap_or("$LATEST");
    let mut all = Map::new();
    all.insert("FunctionName".into(), reference(&draft.stack.function_id(&function.name)));
    all.insert("DestinationConfig".into(), Value::Object(destinations));
    all.insert("Qualifier".into(), json!(qualifier));
    extend(
        &mut all,
        [
            ("MaximumEventAgeInSeconds", age.map(|age| json!(age.value))),
            ("MaximumRetryAttempts", retries.map(|retries| json!(retries.value))),
        ],
    );
    let id = draft.id(function, "LambdaEvConf");
    depend(draft.add(id, function.span, "AWS::Lambda::EventInvokeConfig", Value::Object(all)), waits);
}

struct Target {
    /// As the setting names it.
    arn: Value,
    /// As the right names it.
    resource: Value,
    action: &'static str,
    /// The alias that is the target, rather than the function itself.
    alias: Option<String>,
}

fn target(draft: &mut Draft, destination: &Destination) -> Option<Target> {
    match destination {
        Destination::Typed(typed) => {
            let arn = typed.arn.as_ref()?.value.clone();
            let action = match typed.kind.as_ref().map(|kind| kind.text.as_str()) {
                Some("function") => "lambda:InvokeFunction",
                Some("sqs") => "sqs:SendMessage",
                Some("sns") => "sns:Publish",
                Some("eventBus") => "events:PutEvents",
                _ => return unknown(draft, typed.span, "its `type` must be function, sqs, sns or eventBus"),
            };
            Some(Target { resource: arn.clone(), arn, action, alias: None })
        }
        Destination::Name(name) if name.text.starts_with("arn:") => {
            let kinds = [
                (":function:", "lambda:InvokeFunction"),
                (":sqs:", "sqs:SendMessage"),
                (":sns:", "sns:Publish"),
                (":event-bus/", "events:PutEvents"),
            ];
            let Some((_, action)) = kinds.into_iter().find(|(part, _)| name.text.contains(part)) else {
                return unknown(draft, name.span, "the ARN is none of a function, queue, topic or event bus");
            };
            Some(Target { arn: json!(name.text), resource: json!(name.text), action, alias: None })
        }
        Destination::Name(name) => {
            let Some(entry) = draft.stack.functions.entry(&name.text) else {
                let message = format!("results cannot be sent to `{}`: there is no such function", name.text);
                let diagnostic = Diagnostic::error(Code::UnknownReference, name.span, message);
                let none = "declare the function under `functions`, or give an ARN";
                draft.diagnostics.push(diagnostic.choose(&name.text, draft.stack.functions.names(), none));
                return None;
            };
            // By name, not by reference: the role would wait for the function, and the function for the role.
            let deployed = draft.stack.function_name(entry);
            let qualifier = draft.alias_name(&name.text).map_or_else(String::new, |alias| format!(":{alias}"));
            let text = format!(
                "arn:${{AWS::Partition}}:lambda:${{AWS::Region}}:${{AWS::AccountId}}:function:{deployed}{qualifier}"
            );
            Some(Target {
                arn: draft.function_arn(&name.text),
                resource: sub(text),
                action: "lambda:InvokeFunction",
                alias: draft.aliases.get(&name.text).cloned(),
            })
        }
    }
}

fn unknown(draft: &mut Draft, span: Span, why: &str) -> Option<Target> {
    let message = format!("results cannot be sent to this destination: {why}");
    let hint = "name a function of the stack, or the ARN of a function, queue, topic or event bus";
    draft.diagnostics.push(Diagnostic::error(Code::UnknownReference, span, message).hint(hint));
    None
}
