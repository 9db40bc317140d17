//! `AWS::ApiGateway::Stage`: made on its own when the API is traced or logged.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::diagnostic::{Code, Diagnostic};
use crate::stack::Stack;
use crate::stack::provider::RestApiLogs;
use crate::template::draft::{Draft, extend, tag_list};
use crate::template::intrinsic::{attribute, reference};
use crate::template::log_group;
use crate::template::stage_settings::{AccessLog, DATA_TRACE, LOG_LEVEL, METRICS, StageSettings, TRACING};

use super::{API, api_id, is_shared, stage_name};

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
        if of_functions && !is_shared(stack) && !stack.is_safe() {
            draft.stage_settings = Some(settings_after(stack));
        } else if wants_settings(stack) {
            let message =
                "tracing, logs and metrics are settings of the REST API's stage, which the plugin leaves as it is";
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

/// What the stage is given once the stack stands.
fn settings_after(stack: &Stack) -> StageSettings {
    let mut values = BTreeMap::new();
    let mut set = |path: &str, value: String| values.insert(path.to_owned(), value);
    if let Some(traced) = stack.provider.tracing.as_ref().and_then(|tracing| tracing.api_gateway) {
        set(TRACING, traced.value.to_string());
    }
    if let Some(metrics) = metrics(stack) {
        set(METRICS, metrics.to_string());
    }
    let logs = stack.provider.logs.as_ref().map(|logs| &logs.rest_api).filter(|logs| logs.is_on());
    let details = logs.and_then(|logs| logs.details());
    if logs.is_some() {
        let flag = |given: Option<crate::stack::Flag>| given.is_none_or(|flag| flag.value);
        let full = flag(details.and_then(|logs| logs.full_execution_data));
        let executed = flag(details.and_then(|logs| logs.execution_logging));
        let level = details.and_then(|logs| logs.level.as_ref()).map_or("INFO", |level| level.text.as_str());
        set(DATA_TRACE, full.to_string());
        set(LOG_LEVEL, if executed { level.to_owned() } else { "OFF".to_owned() });
    }
    let access = logs.filter(|_| details.and_then(|logs| logs.access_logging).is_none_or(|flag| flag.value));
    let access_log = access.map(|_| AccessLog {
        group: log_group_name(stack),
        format: details.and_then(|logs| logs.format.as_ref()).map_or(FORMAT, |format| format.text.as_str()).to_owned(),
    });
    StageSettings { api: API.to_owned(), stage: stage_name(stack), values, access_log }
}

fn log_group_name(stack: &Stack) -> String {
    format!("/aws/api-gateway/{}-{}", stack.service, stack.stage)
}

/// The log group, when the API writes access logs.
fn add_log_group(draft: &mut Draft) {
    let stack = draft.stack;
    let Some(logs) = stack.provider.logs.as_ref().map(|logs| &logs.rest_api).filter(|logs| logs.is_on()) else {
        return;
    };
    if logs.details().and_then(|logs| logs.access_logging).is_none_or(|flag| flag.value) {
        log_group::add(draft, "ApiGatewayLogGroup".to_owned(), stack.provider.span, log_group_name(stack));
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
