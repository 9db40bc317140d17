//! `AWS::ApiGateway::RestApi` and the output with its address.

use serde_json::{Value, json};

use crate::diagnostic::{Code, Diagnostic};
use crate::stack::Stack;
use crate::template::draft::{Draft, set, tag_list};
use crate::template::intrinsic::{concat, reference};

use super::{API, Route, api_id, is_shared, stage_elsewhere};

/// Adds the API unless it exists already, and the output `ServiceEndpoint`.
pub fn render(draft: &mut Draft, routes: &[Route], of_functions: bool) {
    let stack = draft.stack;
    draft.output("ServiceEndpoint", "URL of the service endpoint", address(stack));
    if is_shared(stack) {
        return;
    }
    let settings = stack.provider.api_gateway.as_ref();
    let span = settings.map_or_else(|| routes.first().map_or(stack.span, Route::span), |settings| settings.span);
    let tags = tag_list(stack.provider.tags.iter().map(|tag| (tag.name.as_str(), tag.value.value.clone())));
    let types = json!({"Name": name(stack), "EndpointConfiguration": endpoint(stack)});
    let resource = draft.add(API, span, "AWS::ApiGateway::RestApi", types);
    set(resource, [("Policy", policy(stack).or_else(|| of_functions.then(|| json!(""))))]);
    if !of_functions && !stack.is_safe() {
        // The plugin makes the API when no function has a route, and knows none of these settings.
        return left_out(draft);
    }
    let media =
        settings.map(|settings| settings.binary_media_types.iter().map(|text| text.text.clone()).collect::<Vec<_>>());
    set(
        resource,
        [
            ("BinaryMediaTypes", media.filter(|media| !media.is_empty()).map(|media| json!(media))),
            (
                "ApiKeySourceType",
                settings.and_then(|api| api.api_key_source.as_ref()).map(|text| json!(text.text.to_uppercase())),
            ),
            (
                "MinimumCompressionSize",
                settings.and_then(|api| api.minimum_compression_bytes).map(|size| json!(size.value)),
            ),
            ("Description", settings.and_then(|api| api.description.as_ref()).map(|text| text.value.clone())),
            (
                "DisableExecuteApiEndpoint",
                settings.and_then(|api| api.disable_default_endpoint).map(|flag| json!(flag.value)),
            ),
            ("Tags", (!tags.is_empty()).then(|| json!(tags))),
        ],
    );
}

fn policy(stack: &Stack) -> Option<Value> {
    let statements = stack.provider.api_gateway.as_ref()?.resource_policy.as_ref()?;
    Some(json!({"Version": "2012-10-17", "Statement": statements.to_json()}))
}

/// Names the settings of the API that have no effect.
fn left_out(draft: &mut Draft) {
    let Some(settings) = &draft.stack.provider.api_gateway else { return };
    let keys = [
        ("binaryMediaTypes", !settings.binary_media_types.is_empty()),
        ("apiKeySourceType", settings.api_key_source.is_some()),
        ("minimumCompressionSize", settings.minimum_compression_bytes.is_some()),
        ("description", settings.description.is_some()),
        ("disableDefaultEndpoint", settings.disable_default_endpoint.is_some()),
    ];
    let keys: Vec<&str> = keys.into_iter().filter(|(_, is_set)| *is_set).map(|(key, _)| key).collect();
    if !keys.is_empty() {
        let message = format!("the API of state machines alone is made without {}", keys.join(", "));
        let diagnostic = Diagnostic::warning(Code::WeakTemplate, settings.span, message);
        draft.diagnostics.push(diagnostic.hint("set `compatibility: safe`, as the plugin knows none of these"));
    }
}

fn name(stack: &Stack) -> Value {
    let settings = stack.provider.api_gateway.as_ref();
    if let Some(name) = &stack.provider.api_name {
        return name.value.clone();
    }
    if let Some(name) = settings.and_then(|settings| settings.name.as_ref()) {
        return json!(name.text);
    }
    let service_first = settings.and_then(|settings| settings.service_first).is_some_and(|flag| flag.value);
    let (service, stage) = (&stack.service, &stack.stage);
    json!(if service_first { format!("{service}-{stage}") } else { format!("{stage}-{service}") })
}

fn endpoint(stack: &Stack) -> Value {
    let kind = stack.provider.endpoint_type.as_ref().map_or("EDGE".to_owned(), |kind| kind.text.to_uppercase());
    let mut endpoint = json!({"Types": [kind]});
    if let (Some(ids), Some(map)) = (&stack.provider.vpc_endpoint_ids, endpoint.as_object_mut()) {
        let ids: Vec<Value> = ids.iter().map(|id| id.value.clone()).collect();
        map.insert("VpcEndpointIds".to_owned(), json!(ids));
    }
    endpoint
}

fn address(stack: &Stack) -> Value {
    concat(vec![
        json!("https://"),
        api_id(stack),
        json!(".execute-api."),
        reference("AWS::Region"),
        json!("."),
        reference("AWS::URLSuffix"),
        json!(format!("/{}", stage_elsewhere(stack))),
    ])
}
