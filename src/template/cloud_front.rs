//! The CloudFront distribution: one for the `cloudFront` events of all functions, which run at its edge.

use serde_json::{Map, Value, json};

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::stack::event::{CloudFrontEvent, Event};
use crate::stack::{Any, Function, Named, Stack, normalized};

use super::draft::{Draft, change};
use super::intrinsic::{account, attribute, partition, reference, sub};
use super::naming::alphanumeric_upper;
use super::role;

const DISTRIBUTION: &str = "CloudFrontDistribution";

/// AWS's policy `Managed-CachingOptimized`.
///
/// Source: Amazon CloudFront developer guide, "Use managed cache policies".
const CACHE_OPTIMIZED: &str = "658327ea-f89d-4fab-a63d-7e88639e58f6";

/// The only region whose functions CloudFront takes.
const REGION: &str = "us-east-1";

/// What all events together make.
#[derive(Default)]
struct Distribution {
    origins: Vec<Map<String, Value>>,
    behaviors: Vec<Map<String, Value>>,
    /// The id of the origin that `isDefaultOrigin` marks.
    default_origin: Option<String>,
}

/// Adds the cache policies, and the distribution when a function has a `cloudFront` event.
pub fn render(draft: &mut Draft) {
    add_cache_policies(draft);
    let stack = draft.stack;
    let mut distribution = Distribution::default();
    let mut span: Option<Span> = None;
    for function in stack.functions.iter() {
        let events = function.value.events.iter().filter_map(|event| match event {
            Event::CloudFront(event) => Some(&**event),
            _ => None,
        });
        for event in events {
            span.get_or_insert(event.span);
            add_event(draft, &mut distribution, function, event);
        }
    }
    let Some(span) = span else { return };
    if stack.region != REGION {
        let message = format!("CloudFront takes functions of {REGION} only, and this stack is in {}", stack.region);
        let diagnostic = Diagnostic::error(Code::UnsupportedKey, span, message);
        draft.diagnostics.push(diagnostic.hint(format!("set `provider.region: {REGION}`")));
    }
    allow_edge(draft);
    add_distribution(draft, distribution, span);
}

/// Whether a function runs at the edge: it then needs a version, and has neither network nor environment.
pub fn is_at_edge(function: &Function) -> bool {
    function.events.iter().any(|event| matches!(event, Event::CloudFront(_)))
}

fn policy_id(name: &str) -> String {
    format!("CloudFrontCachePolicy{}", normalized(name))
}

fn add_cache_policies(draft: &mut Draft) {
    let stack = draft.stack;
    for policy in stack.provider.cloud_front.iter().flat_map(|settings| settings.cache_policies.iter()) {
        let mut config = policy.value.to_json();
        if let Some(config) = config.as_object_mut() {
            config.insert("Name".into(), json!(format!("{}-{}-{}", stack.service, stack.stage, policy.name)));
        }
        let properties = json!({"CachePolicyConfig": config});
        draft.add(policy_id(&policy.name), policy.span, "AWS::CloudFront::CachePolicy", properties);
    }
}

/// The most that a function may ask for at the edge: MB of memory and seconds.
///
/// Source: Amazon CloudFront developer guide, "Restrictions on Lambda@Edge", "Quotas that differ by event type".
fn most_at_edge(kind: &str) -> (i64, i64) {
    if kind.starts_with("viewer-") { (MEMORY_MB, TIMEOUT_S) } else { (10_240, 30) }
}

fn check_limits(draft: &mut Draft, function: &Named<Function>, event: &CloudFrontEvent) {
    let kind = event.event_type.as_ref().map_or("", |kind| kind.text.as_str());
    let (memory_mb, timeout_s) = most_at_edge(kind);
    let asked = [("memorySize", function.value.memory_mb, memory_mb), ("timeout", function.value.timeout_s, timeout_s)];
    for (key, value, most) in asked {
        if let Some(value) = value.filter(|value| value.value > most) {
            let message = format!(
                "`{key}` of `{}` is {}, and CloudFront takes at most {most} for `{kind}`",
                function.name, value.value
            );
            let hint = format!("set `{key}: {most}`, or let the function answer `origin-request`");
            draft.diagnostics.push(Diagnostic::error(Code::OutOfRange, value.span, message).hint(hint));
        }
    }
}

fn add_event(draft: &mut Draft, distribution: &mut Distribution, function: &Named<Function>, event: &CloudFrontEvent) {
    check_limits(draft, function, event);
    prepare_function(draft, function, event);
    let Some(version) = version_of(draft, function) else { return };
    let origin = origin(event.origin.as_ref());
    let origin_id = origin.get("Id").and_then(Value::as_str).unwrap_or_default().to_owned();
    match distribution.origins.iter_mut().find(|known| known.get("Id") == origin.get("Id")) {
        Some(known) => fill(known, origin),
        None => distribution.origins.push(origin),
    }
    if event.is_default_origin.is_some_and(|flag| flag.value) {
        let former = distribution.default_origin.replace(origin_id.clone());
        if former.is_some_and(|former| former != origin_id) {
            let message = "two origins are marked with `isDefaultOrigin`";
            draft.diagnostics.push(Diagnostic::error(Code::WrongType, event.span, message));
        }
    }
    let mut behavior = behavior(draft, event);
    let mut association = Map::new();
    association.insert("EventType".into(), json!(event.event_type.as_ref().map(|kind| kind.text.as_str())));
    association.insert("LambdaFunctionARN".into(), reference(&version));
    if let Some(body) = event.include_body {
        association.insert("IncludeBody".into(), json!(body.value));
    }
    behavior.insert("TargetOriginId".into(), json!(origin_id));
    behavior.insert("LambdaFunctionAssociations".into(), json!([association]));
    if let Some(pattern) = &event.path_pattern {
        behavior.insert("PathPattern".into(), json!(pattern.text));
    }
    let is_same = |known: &&mut Map<String, Value>| {
        known.get("PathPattern") == behavior.get("PathPattern")
            && known.get("TargetOriginId") == behavior.get("TargetOriginId")
    };
    match distribution.behaviors.iter_mut().find(is_same) {
        Some(known) => fill(known, behavior),
        None => distribution.behaviors.push(behavior),
    }
}

/// Takes away what functions at the edge must not have, and keeps them when the stack goes: CloudFront lets go of them hours later.
fn prepare_function(draft: &mut Draft, function: &Named<Function>, event: &CloudFrontEvent) {
    let id = draft.stack.function_id(&function.name);
    let Some(resource) = draft.template.resources.get_mut(&id) else { return };
    resource.deletion_policy = Some(json!("Retain"));
    let removed = |key| change(resource, |properties| properties.shift_remove(key).is_some());
    let [had_environment, had_network] = ["Environment", "VpcConfig"].map(removed);
    for (what, _) in [("environment", had_environment), ("network", had_network)].into_iter().filter(|(_, had)| *had) {
        let message =
            format!("`{}` runs at CloudFront's edge, where a function has no {what}: it is left out", function.name);
        draft.diagnostics.push(Diagnostic::warning(Code::WeakTemplate, event.span, message));
    }
}

fn version_of(draft: &Draft, function: &Named<Function>) -> Option<String> {
    let id = reference(&draft.stack.function_id(&function.name));
    let is_version = |resource: &cfn::Resource| {
        resource.kind == "AWS::Lambda::Version"
            && resource.properties.as_ref().is_some_and(|properties| properties["FunctionName"] == id)
    };
    draft.template.resources.iter().find(|(_, resource)| is_version(resource)).map(|(id, _)| id.clone())
}

/// Where content comes from: a URL, or CloudFormation's own settings.
fn origin(given: Option<&Any>) -> Map<String, Value> {
    let mut origin = match given.map(Any::to_json) {
        Some(Value::String(url)) => origin_of_url(&url),
        Some(Value::Object(settings)) => settings,
        _ => Map::new(),
    };
    let kind = if origin.contains_key("S3OriginConfig") { "s3" } else { "custom" };
    let domain = match origin.get("DomainName") {
        Some(Value::String(domain)) => domain.clone(),
        Some(other) => alphanumeric_upper(&other.to_string()),
        None => String::new(),
    };
    let path = origin.get("OriginPath").and_then(Value::as_str).unwrap_or_default();
    let id = format!("{kind}/{domain}{path}");
    origin.insert("Id".into(), json!(id));
    origin
}

fn origin_of_url(url: &str) -> Map<String, Value> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = authority.rsplit('@').next().unwrap_or(authority);
    let host = host.split_once(':').map_or(host, |(host, _)| host).to_lowercase();
    let path = path.split(['?', '#']).next().unwrap_or("");
    let mut origin = Map::new();
    origin.insert("DomainName".into(), json!(host));
    if !path.is_empty() {
        origin.insert("OriginPath".into(), json!(format!("/{path}")));
    }
    match scheme {
        "s3" => origin.insert("S3OriginConfig".into(), json!({})),
        _ => origin.insert("CustomOriginConfig".into(), json!({"OriginProtocolPolicy": "match-viewer"})),
    };
    origin
}

/// The cache behaviour of an event, with the cache policy that it names, or the usual one.
fn behavior(draft: &mut Draft, event: &CloudFrontEvent) -> Map<String, Value> {
    let mut behavior = Map::new();
    behavior.insert("ViewerProtocolPolicy".into(), json!("allow-all"));
    if let Some(Value::Object(own)) = event.behavior.as_ref().map(Any::to_json) {
        behavior.extend(own);
    }
    let has_cache = ["CachePolicyId", "ForwardedValues", "MaxTTL", "MinTTL", "DefaultTTL"];
    let has_cache = has_cache.iter().any(|key| behavior.contains_key(*key));
    match &event.cache_policy {
        Some(policy) => {
            let id = policy.id.as_ref().map(|id| id.value.clone());
            let named = policy.name.as_ref().map(|name| reference(&policy_id(&name.text)));
            behavior.extend(id.or(named).map(|id| ("CachePolicyId".to_owned(), id)));
            check_policy(draft, policy);
        }
        None if !has_cache => {
            behavior.insert("CachePolicyId".into(), json!(CACHE_OPTIMIZED));
        }
        None => {}
    }
    behavior
}

fn check_policy(draft: &mut Draft, policy: &crate::stack::event::CachePolicy) {
    let Some(name) = policy.name.as_ref().filter(|_| policy.id.is_none()) else { return };
    let known = draft.stack.provider.cloud_front.as_ref().map(|settings| &settings.cache_policies);
    if known.is_none_or(|known| known.get(&name.text).is_none()) {
        let message = format!("`{}` is not a cache policy of `provider.cloudFront.cachePolicies`", name.text);
        let names = known.map(|known| known.names().collect::<Vec<_>>()).unwrap_or_default();
        let diagnostic = Diagnostic::error(Code::UnknownReference, name.span, message);
        draft.diagnostics.push(diagnostic.choose(
            &name.text,
            names,
            "declare it under `provider.cloudFront.cachePolicies`",
        ));
    }
}

/// Adds what is not there yet; lists are joined.
fn fill(known: &mut Map<String, Value>, more: Map<String, Value>) {
    for (key, value) in more {
        match (known.get_mut(&key), value) {
            (None, value) => {
                known.insert(key, value);
            }
            (Some(Value::Array(items)), Value::Array(more)) => {
                for item in more {
                    if !items.contains(&item) {
                        items.push(item);
                    }
                }
            }
            (Some(Value::Object(known)), Value::Object(more)) => fill(known, more),
            (Some(_), _) => {}
        }
    }
}

/// Lets CloudFront's edge use the functions' role, and the functions log where they run.
fn allow_edge(draft: &mut Draft) {
    let stack = draft.stack;
    draft.assume("edgelambda.amazonaws.com");
    let statement = json!({
        "Effect": "Allow",
        "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "logs:TagResource"],
        "Resource": [sub("arn:${AWS::Partition}:logs:*:*:*")],
    });
    for function in stack.functions.iter().filter(|function| is_at_edge(&function.value)) {
        if role::custom(stack, &function.value).is_none() {
            draft.grant(&function.name, statement.clone());
        }
        let Some(version) = version_of(draft, function) else { continue };
        let parts =
            json!(["", "arn:", partition(), ":cloudfront::", account(), ":distribution/", reference(DISTRIBUTION)]);
        let permission = json!({
            "FunctionName": reference(&version),
            "Action": "lambda:InvokeFunction",
            "Principal": "edgelambda.amazonaws.com",
            "SourceArn": {"Fn::Join": ["", parts]},
        });
        let id = format!("{}InvokePermission", stack.function_id(&function.name));
        draft.add(id, function.span, "AWS::Lambda::Permission", permission);
    }
}

fn add_distribution(draft: &mut Draft, distribution: Distribution, span: Span) {
    let Distribution { origins, mut behaviors, default_origin } = distribution;
    // The default behaviour, which has no pattern, comes first.
    behaviors.sort_by_key(|behavior| behavior.contains_key("PathPattern"));
    let Some(first) = behaviors.first() else { return };
    if first.contains_key("PathPattern") {
        if default_origin.is_none() && origins.len() > 1 {
            let message = "there are several origins, and none is marked with `isDefaultOrigin: true`";
            draft.diagnostics.push(Diagnostic::error(Code::MissingKey, span, message));
        }
        let mut default = first.clone();
        default.shift_remove("PathPattern");
        default.shift_remove("LambdaFunctionAssociations");
        let fallback = || origins.first().and_then(|origin| origin.get("Id")).cloned().unwrap_or_default();
        default.insert("TargetOriginId".into(), default_origin.map_or_else(fallback, Value::String));
        behaviors.insert(0, default);
    }
    check_behaviors(draft, &behaviors, span);
    let rest = behaviors.split_off(1);
    let mut config = Map::new();
    config.insert("Comment".into(), json!(format!("{} {}", draft.stack.service, draft.stack.stage)));
    config.insert("Enabled".into(), json!(true));
    config.insert("DefaultCacheBehavior".into(), json!(behaviors.first()));
    config.insert("Origins".into(), json!(origins));
    if !rest.is_empty() {
        config.insert("CacheBehaviors".into(), json!(rest));
    }
    draft.add(DISTRIBUTION, span, "AWS::CloudFront::Distribution", json!({"DistributionConfig": config}));
    draft.output(DISTRIBUTION, "CloudFront Distribution Id", reference(DISTRIBUTION));
    let domain = attribute(DISTRIBUTION, "DomainName");
    draft.output("CloudFrontDistributionDomainName", "CloudFront Distribution Domain Name", domain);
}

/// One behaviour a pattern, and in it one function an event type.
fn check_behaviors(draft: &mut Draft, behaviors: &[Map<String, Value>], span: Span) {
    for (index, behavior) in behaviors.iter().enumerate() {
        let pattern = behavior.get("PathPattern");
        if behaviors.iter().skip(index + 1).any(|other| other.get("PathPattern") == pattern) {
            let shown = pattern.map_or_else(|| "no pattern".to_owned(), Value::to_string);
            let message = format!("two origins have a behaviour with {shown}");
            draft.diagnostics.push(Diagnostic::error(Code::DuplicateRoute, span, message));
        }
        let associations = behavior.get("LambdaFunctionAssociations").and_then(Value::as_array);
        let kinds: Vec<&Value> =
            associations.into_iter().flatten().map(|association| &association["EventType"]).collect();
        if let Some((_, kind)) =
            kinds.iter().enumerate().find(|(at, kind)| kinds.iter().skip(at + 1).any(|other| &other == kind))
        {
            let message = format!("two functions answer {kind} of one behaviour");
            draft.diagnostics.push(Diagnostic::error(Code::DuplicateRoute, span, message));
        }
    }
}

/// Memory and seconds of functions at the edge that say nothing themselves.
pub const MEMORY_MB: i64 = 128;
/// See [`MEMORY_MB`].
pub const TIMEOUT_S: i64 = 5;

/// A function's memory and timeout.
pub fn limits(stack: &Stack, function: &Function) -> (i64, i64) {
    if !is_at_edge(function) {
        return (stack.memory_mb(function), stack.timeout_s(function));
    }
    let own = |number: Option<crate::stack::Whole>, default| number.map_or(default, |number| number.value);
    (own(function.memory_mb, MEMORY_MB), own(function.timeout_s, TIMEOUT_S))
}
