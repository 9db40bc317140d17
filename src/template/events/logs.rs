//! Lines of log groups: `AWS::Logs::SubscriptionFilter`.

use serde_json::json;

use crate::stack::event::CloudwatchLogChoice;
use crate::stack::{Function, Named};
use crate::template::draft::{Draft, depend};
use crate::template::intrinsic::{account, arn, region};

use super::{id, missing, permit};

/// Adds the filter, and the right of the log group to call the function.
pub fn render(draft: &mut Draft, function: &Named<Function>, choice: &CloudwatchLogChoice, number: usize) {
    let (group, filter, span) = match choice {
        CloudwatchLogChoice::Name(name) => (Some(name), None, name.span),
        CloudwatchLogChoice::Detailed(event) => (event.log_group.as_ref(), event.filter.as_ref(), event.span),
    };
    let Some(group) = group else { return missing(draft, span, "`logGroup`") };
    let permission = id(function, "LambdaPermissionLogsSubscriptionFilterCloudWatchLog");
    let properties = json!({
        "LogGroupName": group.text,
        "FilterPattern": filter.map_or("", |filter| filter.text.as_str()),
        "DestinationArn": draft.function_arn(&function.name),
    });
    let filter_id = id(function, format_args!("LogsSubscriptionFilterCloudWatchLog{number}"));
    let alias = draft.aliases.get(&function.name).cloned();
    let resource = draft.add(filter_id, span, "AWS::Logs::SubscriptionFilter", properties);
    depend(resource, [permission.clone()].into_iter().chain(alias));
    let principal = json!({"Fn::Join": ["", ["logs.", region(), ".amazonaws.com"]]});
    // One right for all log groups of a function: the part that their names share.
    let names: Vec<&str> = groups(function).collect();
    let name = shared_prefix(&names);
    let rest = if names.iter().all(|other| *other == name) { format!("{name}:*") } else { format!("{name}*:*") };
    let source = arn(vec![json!(":logs:"), region(), json!(":"), account(), json!(":log-group:"), json!(rest)]);
    permit(draft, function, permission, span, principal, Some(source));
}

fn groups(function: &Named<Function>) -> impl Iterator<Item = &str> {
    function.value.events.iter().filter_map(|event| match event {
        crate::stack::event::Event::CloudwatchLog(choice) => match &**choice {
            CloudwatchLogChoice::Name(name) => Some(name.text.as_str()),
            CloudwatchLogChoice::Detailed(event) => event.log_group.as_ref().map(|name| name.text.as_str()),
        },
        _ => None,
    })
}

fn shared_prefix(names: &[&str]) -> String {
    let Some((first, rest)) = names.split_first() else { return String::new() };
    let shared = first.char_indices().take_while(|(at, letter)| {
        rest.iter().all(|name| name[..].get(*at..).is_some_and(|tail| tail.starts_with(*letter)))
    });
    shared.map(|(_, letter)| letter).collect()
}
