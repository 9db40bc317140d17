//! `AWS::ApiGateway::Stage`: made on its own when the API is traced or logged.

use serde_json::{Map, Value, json};

use crate::diagnostic::{Code, Diagnostic};
use crate::stack::Stack;
use crate::stack::provider::RestApiLogs;
use crate::template::draft::{Draft, extend, tag_list};
use crate::template::intrinsic::{attribute, reference};
use crate::template::log_group;

use super::{api_id, is_shared, stage_name};

/// The access log line unless another is given.
const FORMAT: &str = "requestId: $context.requestId, ip: $context.identity.sourceIp, caller: $context.identity.caller, \
user: $context.identity.user, requestTime: $context.requestTime, httpMethod: $context.httpMethod, \
resourcePath: $context.resourcePath, status: $context.status, protocol: $context.protocol, responseLength: $context.responseLength";

/// Whether the stage is a resource of its own, rather than made by the deployment. An existing stack has the other kind, and a second
/// stage of the same name would be refused, so that only the safe template has it.
pub fn is_explicit(stack: &Stack) -> bool {
    stack.is_safe() && wants_settings(stack)
}

fn wants_settings(stack: &Stack) -> bool {
    let traced = stack.provider.tracing.as_ref().and_then(|tracing| tracing.api_gateway).is_some_and(|flag| flag.value);
    let logged = stack.provider.logs.as_ref().is_some_and(|logs| logs.rest_api.is_on());
    !is_shared(stack) && (traced || logged || metrics(stack).is_some())
}

/// Whether CloudWatch gets metrics by method, if the author says so.
fn metrics(stack: &Stack) -> Option<bool> {
    stack.provider.api_gateway.as_ref().and_then(|api| api.metrics).map(|flag| flag.value)
}

/// Adds the stage and its log group.
pub fn render(draft: &mut Draft, deployment: &str, of_functions: bool) {
    let stack = draft.stack;
    // A state machine's routes alone get no stage settings from the plugin.
    if stack.is_safe() || of_functions {
        add_log_group(draft);
    }
    if !is_explicit(stack) {
        if wants_settings(stack) {
            let message = "tracing, logs and metrics of the REST API are settings of its stage, which this template leaves as it is";
            let diagnostic = Diagnostic::warning(Code::WeakTemplate, stack.provider.span, message);
            draft
                .diagnostics
                .push(diagnostic.hint("set `compatibility: safe` to make the stage a resource of its own"));
        }
        return;
    }
    let provider = &stack.provider;
    let logs = provider.logs.as_ref().map(|logs| &logs.rest_api).filter(|logs| logs.is_on());
    let details = logs.and_then(|logs| logs.details());
    let tags = provider.stack_tags.iter().chain(provider.tags.iter());
    let tags = tag_list(tags.map(|tag| (tag.name.as_str(), tag.value.value.clone())));
    let traced = provider.tracing.as_ref().and_then(|tracing| tracing.api_gateway).is_some_and(|flag| flag.value);
    let mut stage = Map::new();
    stage.insert("DeploymentId".into(), reference(deployment));
    stage.insert("RestApiId".into(), api_id(stack));
    stage.insert("StageName".into(), json!(stage_name(stack)));
    stage.insert("TracingEnabled".into(), json!(traced));
    let access = details.and_then(|logs| logs.access_logging).is_none_or(|flag| flag.value);
    let format = details.and_then(|logs| logs.format.as_ref()).map_or(FORMAT, |format| format.text.as_str());
    let settings = json!({"DestinationArn": attribute("ApiGatewayLogGroup", "Arn"), "Format": format});
    extend(
        &mut stage,
        [
            ("Tags", (!tags.is_empty()).then(|| json!(tags))),
            ("MethodSettings", method_settings(logs.is_some(), details, metrics(stack))),
            ("AccessLogSettings", (logs.is_some() && access).then_some(settings)),
        ],
    );
    let span = provider.span;
    draft.add("ApiGatewayStage", span, "AWS::ApiGateway::Stage", Value::Object(stage));
}

/// The log group, when the API writes access logs.
fn add_log_group(draft: &mut Draft) {
    let stack = draft.stack;
    let Some(logs) = stack.provider.logs.as_ref().map(|logs| &logs.rest_api).filter(|logs| logs.is_on()) else {
        return;
    };
    if logs.details().and_then(|logs| logs.access_logging).is_none_or(|flag| flag.value) {
        let name = format!("/aws/api-gateway/{}-{}", stack.service, stack.stage);
        log_group::add(draft, "ApiGatewayLogGroup".to_owned(), stack.provider.span, name);
    }
}

/// The settings of every method, if there are any.
fn method_settings(logged: bool, details: Option<&RestApiLogs>, metrics: Option<bool>) -> Option<Value> {
    let mut settings = Map::new();
    if logged && details.and_then(|logs| logs.execution_logging).is_none_or(|flag| flag.value) {
        let full = details.and_then(|logs| logs.full_execution_data).is_none_or(|flag| flag.value);
        let level = details.and_then(|logs| logs.level.as_ref()).map_or("INFO", |level| level.text.as_str());
        settings.insert("DataTraceEnabled".into(), json!(full));
        settings.insert("LoggingLevel".into(), json!(level));
    }
    extend(&mut settings, [("MetricsEnabled", metrics.map(|metrics| json!(metrics)))]);
    if settings.is_empty() {
        return None;
    }
    settings.insert("HttpMethod".into(), json!("*"));
    settings.insert("ResourcePath".into(), json!("/*"));
    Some(json!([settings]))
}
