//! One function: its limits, its runtime, its time against that of the API before it.

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::stack::event::Event;
use crate::stack::{Function, Named, Stack, Text, Whole};

/// Every runtime that Lambda has or had, without its version, and ours.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html>
const RUNTIMES: &[&str] = &["nodejs", "python", "java", "dotnet", "dotnetcore", "go", "ruby", "provided", "rust"];

/// Names that a mistyped runtime is compared with.
const NAMES: &[&str] = &[
    "rust",
    "provided.al2023",
    "provided.al2",
    "nodejs24.x",
    "nodejs22.x",
    "nodejs20.x",
    "python3.14",
    "python3.13",
    "python3.12",
    "python3.11",
    "python3.10",
    "java25",
    "java21",
    "java17",
    "java11",
    "dotnet10",
    "dotnet8",
    "ruby3.4",
    "ruby3.3",
    "ruby3.2",
];

/// How long API Gateway waits for a function unless told otherwise.
///
/// Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html>
const REST_TIMEOUT_S: i64 = 29;
/// Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html>
const HTTP_TIMEOUT_S: i64 = 30;

/// How long logs may be kept.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html>
const RETENTION_DAYS: &[i64] =
    &[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/// Checks every function.
pub(super) fn check(stack: &Stack, found: &mut Vec<Diagnostic>) {
    let provider = &stack.provider;
    runtime(provider.runtime.as_ref(), found);
    for function in stack.functions.iter() {
        let path = format!("functions.{}", function.name);
        let value = &function.value;
        retention(&path, value.log_retention_days, found);
        runtime(value.runtime.as_ref(), found);
        behind_api(stack, function, found);
        roles(stack, function, found);
    }
    retention("provider", provider.log_retention_days, found);
}

/// Statements of a function's own need a role that is made for it.
fn roles(stack: &Stack, function: &Named<Function>, found: &mut Vec<Diagnostic>) {
    let value = &function.value;
    if !stack.is_safe() && !stack.has_plugin("serverless-iam-roles-per-function") {
        return;
    }
    if let (Some(role), Some(_)) = (&value.role, &value.iam_role_statements) {
        let message = format!("`{}` has both a `role` and `iamRoleStatements`, which would go nowhere", function.name);
        let hint = "add the statements to that role, or take `role` out";
        found.push(Diagnostic::error(Code::WithoutEffect, role.span, message).hint(hint));
    }
}

fn retention(path: &str, value: Option<Whole>, found: &mut Vec<Diagnostic>) {
    let Some(whole) = value.filter(|whole| !RETENTION_DAYS.contains(&whole.value)) else { return };
    let message = format!("`{path}.logRetentionInDays` is {}, which CloudWatch Logs does not take", whole.value);
    let near = RETENTION_DAYS.iter().min_by_key(|days| whole.value.abs_diff(**days)).copied().unwrap_or(30);
    found.push(
        Diagnostic::error(Code::OutOfRange, whole.span, message).hint(format!("the nearest that it takes is {near}")),
    );
}

fn runtime(written: Option<&Text>, found: &mut Vec<Diagnostic>) {
    let Some(text) = written else { return };
    let family = text.as_str().split(|next: char| next.is_ascii_digit() || next == '.').next().unwrap_or_default();
    if RUNTIMES.contains(&family) {
        return;
    }
    let diagnostic =
        Diagnostic::error(Code::UnknownRuntime, text.span, format!("there is no runtime `{}`", text.as_str()));
    let hint = match nearest(text.as_str(), NAMES.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "there are rust, python3.13, nodejs24.x, provided.al2023, java21, dotnet8, ruby3.4 and their like"
            .to_owned(),
    };
    found.push(diagnostic.hint(hint));
}

/// A function that may run longer than the API before it waits.
fn behind_api(stack: &Stack, function: &Named<Function>, found: &mut Vec<Diagnostic>) {
    let timeout_s = stack.timeout_s(&function.value);
    for event in &function.value.events {
        let (kind, waits_s, span) = match event {
            Event::Http(http) if http.0.asynchronous.is_some_and(|flag| flag.value) => continue,
            Event::Http(http) => {
                let own = http.0.timeout_ms.map(|whole| whole.value / 1000);
                ("http", own.unwrap_or(REST_TIMEOUT_S), http.0.span)
            }
            Event::HttpApi(_) => ("httpApi", HTTP_TIMEOUT_S, function.span),
            _ => continue,
        };
        if timeout_s > waits_s {
            let place = function.value.timeout_s.or(stack.provider.timeout_s).map_or(function.span, |whole| whole.span);
            let message = format!(
                "`functions.{}` may run {timeout_s} seconds, and the API of its `{kind}` event answers with an error after {waits_s}",
                function.name
            );
            let diagnostic = Diagnostic::warning(Code::TimeoutMismatch, place, message).note(span, "the event is here");
            found.push(
                diagnostic.hint(format!(
                    "set the timeout to {waits_s} or less, or call the function through a state machine"
                )),
            );
            return;
        }
    }
}
