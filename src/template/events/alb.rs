//! Application load balancers: target groups and rules of listeners.

use serde_json::{Map, Value, json};

use crate::diagnostic::{Code, Diagnostic};
use crate::stack::event::{AlbConditions, AlbEvent, AlbHealthCheck};
use crate::stack::{Function, Named, Text};
use crate::template::draft::{Draft, depend, extend};
use crate::template::intrinsic::reference;
use crate::template::naming::{alphanumeric, md5_hex};

use super::{id, missing};

/// Adds the function's target group, the listener's rule, and the rights to call the function.
pub fn render(draft: &mut Draft, function: &Named<Function>, event: &AlbEvent) {
    let Some(listener) = &event.listener_arn else { return missing(draft, event.span, "`listenerArn`") };
    let Some(priority) = event.priority else { return missing(draft, event.span, "`priority`") };
    let listener_id = match listener.as_str() {
        // `…:listener/app/NAME/BALANCER/LISTENER`: the balancer's id.
        Some(arn) => arn.rsplit('/').nth(1).unwrap_or("").to_owned(),
        None => listener
            .value
            .get("Ref")
            .and_then(Value::as_str)
            .map_or_else(|| alphanumeric(&listener.value.to_string()), str::to_owned),
    };
    let multi = event.multi_value_headers.is_some_and(|flag| flag.value);
    let kind = if multi { "MultiValue" } else { "" };
    let group_id = id(function, format_args!("Alb{kind}TargetGroup{listener_id}"));
    add_group(draft, function, event, &group_id, &listener_id, multi);
    let mut actions = authorizers(draft, event);
    let mut forward = json!({"Type": "forward", "TargetGroupArn": reference(&group_id)});
    if let (false, Some(forward)) = (actions.is_empty(), forward.as_object_mut()) {
        forward.insert("Order".into(), json!(actions.len() + 1));
    }
    actions.push(forward);
    let rule = json!({
        "Actions": actions,
        "Conditions": event.conditions.as_ref().map(conditions).unwrap_or_default(),
        "ListenerArn": listener.value,
        "Priority": priority.value,
    });
    let rule_id = id(function, format_args!("AlbListenerRule{}", priority.value));
    draft.add(rule_id, event.span, "AWS::ElasticLoadBalancingV2::ListenerRule", rule);
    let service = json!("elasticloadbalancing.amazonaws.com");
    super::permit(
        draft,
        function,
        id(function, "LambdaPermissionAlb"),
        event.span,
        service.clone(),
        Some(reference(&group_id)),
    );
    super::permit(draft, function, id(function, "LambdaPermissionRegisterTarget"), event.span, service, None);
}

/// What a listener asks before it passes a request on: one action an authorizer, in the order of the event.
fn authorizers(draft: &mut Draft, event: &AlbEvent) -> Vec<Value> {
    let known = draft.stack.provider.alb.as_ref().map(|alb| &alb.authorizers);
    let mut actions = Vec::new();
    for name in &event.authorizer {
        let Some(settings) = known.and_then(|known| known.get(&name.text)) else {
            let message = format!("`{}` is not an authorizer of `provider.alb.authorizers`", name.text);
            let diagnostic = Diagnostic::error(Code::UnknownReference, name.span, message);
            let names = known.map(|known| known.names().collect::<Vec<_>>()).unwrap_or_default();
            draft.diagnostics.push(diagnostic.choose(&name.text, names, "declare it under `provider.alb.authorizers`"));
            continue;
        };
        let action = action(&settings.to_json(), actions.len() + 1);
        actions.push(action);
    }
    actions
}

/// Settings of both kinds, as they are written and as CloudFormation has them.
const SHARED: [(&str, &str); 4] = [
    ("requestExtraParams", "AuthenticationRequestExtraParams"),
    ("scope", "Scope"),
    ("sessionCookieName", "SessionCookieName"),
    ("sessionTimeout", "SessionTimeout"),
];

const COGNITO: [(&str, &str); 3] =
    [("userPoolArn", "UserPoolArn"), ("userPoolClientId", "UserPoolClientId"), ("userPoolDomain", "UserPoolDomain")];

const OIDC: [(&str, &str); 5] = [
    ("authorizationEndpoint", "AuthorizationEndpoint"),
    ("clientId", "ClientId"),
    ("issuer", "Issuer"),
    ("tokenEndpoint", "TokenEndpoint"),
    ("userInfoEndpoint", "UserInfoEndpoint"),
];

fn action(settings: &Value, order: usize) -> Value {
    let is_cognito = settings["type"] == "cognito";
    let own = if is_cognito { COGNITO.as_slice() } else { OIDC.as_slice() };
    let mut config = Map::new();
    for (key, name) in own.iter().chain(&SHARED) {
        if let Some(value) = settings.get(key) {
            config.insert((*name).to_owned(), value.clone());
        }
    }
    let unauthenticated = settings.get("onUnauthenticatedRequest").cloned().unwrap_or_else(|| json!("deny"));
    config.insert("OnUnauthenticatedRequest".into(), unauthenticated);
    if is_cognito {
        return json!({"Type": "authenticate-cognito", "Order": order, "AuthenticateCognitoConfig": config});
    }
    match settings.get("clientSecret") {
        Some(secret) => config.insert("ClientSecret".into(), secret.clone()),
        None => config.insert("UseExistingClientSecret".into(), json!(true)),
    };
    json!({"Type": "authenticate-oidc", "Order": order, "AuthenticateOidcConfig": config})
}

fn add_group(
    draft: &mut Draft,
    function: &Named<Function>,
    event: &AlbEvent,
    group_id: &str,
    listener: &str,
    multi: bool,
) {
    let stack = draft.stack;
    let tag = |part: &str| format!("{}-{}-{listener}-{part}{}", stack.service, function.name, stack.stage);
    let hashed = tag(if multi { "multi-value-" } else { "" });
    let prefix = stack.provider.alb.as_ref().and_then(|alb| alb.target_group_prefix.as_ref());
    let made: String =
        format!("{}{}", prefix.map_or("", |prefix| prefix.text.as_str()), md5_hex(&hashed)).chars().take(32).collect();
    let name = event.target_group_name.as_ref().map_or(made, |name| name.text.clone());
    let mut group = Map::new();
    group.insert("TargetType".into(), json!("lambda"));
    group.insert("Targets".into(), json!([{"Id": draft.function_arn(&function.name)}]));
    group.insert("Name".into(), json!(name));
    group.insert("Tags".into(), json!([{"Key": "Name", "Value": tag("")}]));
    group
        .insert("TargetGroupAttributes".into(), json!([{"Key": "lambda.multi_value_headers.enabled", "Value": multi}]));
    group.insert("HealthCheckEnabled".into(), json!(event.health_check.is_on()));
    if event.health_check.is_on() {
        health(&mut group, event.health_check.details());
    }
    let waits =
        [id(function, "LambdaPermissionRegisterTarget")].into_iter().chain(draft.aliases.get(&function.name).cloned());
    let waits: Vec<String> = waits.collect();
    depend(draft.add(group_id, event.span, "AWS::ElasticLoadBalancingV2::TargetGroup", Value::Object(group)), waits);
}

fn health(group: &mut Map<String, Value>, details: Option<&AlbHealthCheck>) {
    let number = |of: fn(&AlbHealthCheck) -> Option<crate::stack::Whole>, default: i64| {
        Some(json!(details.and_then(of).map_or(default, |number| number.value)))
    };
    let code = details.and_then(|check| check.matcher.as_ref()).and_then(|matcher| matcher.http_code.as_ref());
    extend(
        group,
        [
            (
                "HealthCheckPath",
                Some(json!(details.and_then(|check| check.path.as_ref()).map_or("/", |path| path.text.as_str()))),
            ),
            ("HealthCheckIntervalSeconds", number(|check| check.interval_s, 35)),
            ("HealthCheckTimeoutSeconds", number(|check| check.timeout_s, 30)),
            ("HealthyThresholdCount", number(|check| check.healthy_threshold, 5)),
            ("UnhealthyThresholdCount", number(|check| check.unhealthy_threshold, 5)),
            ("Matcher", Some(json!({"HttpCode": code.map_or("200", |code| code.text.as_str())}))),
        ],
    );
}

fn conditions(given: &AlbConditions) -> Vec<Value> {
    let values = |texts: &Option<Vec<Text>>| {
        texts.as_ref().map(|texts| texts.iter().map(|text| text.text.clone()).collect::<Vec<_>>())
    };
    let mut all = Vec::new();
    all.extend(values(&given.path).map(|paths| json!({"Field": "path-pattern", "Values": paths})));
    all.extend(values(&given.host).map(|hosts| json!({"Field": "host-header", "HostHeaderConfig": {"Values": hosts}})));
    all.extend(
        values(&given.method)
            .map(|methods| json!({"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": methods}})),
    );
    all.extend(given.header.iter().map(|header| {
        let name = header.name.as_ref().map_or("", |name| name.text.as_str());
        let values: Vec<&str> = header.values.iter().map(Text::as_str).collect();
        json!({"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": name, "Values": values}})
    }));
    all.extend(given.query.as_ref().map(|query| {
        let pairs: Vec<Value> = query.iter().map(|pair| json!({"Key": pair.name, "Value": pair.value.text})).collect();
        json!({"Field": "query-string", "QueryStringConfig": {"Values": pairs}})
    }));
    all.extend(
        values(&given.ip).map(|addresses| json!({"Field": "source-ip", "SourceIpConfig": {"Values": addresses}})),
    );
    all
}
