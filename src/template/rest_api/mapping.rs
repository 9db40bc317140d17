//! Mapping templates: how a request becomes an event, and an answer becomes a response.

use serde_json::{Map, Value, json};

use crate::stack::rest_api::{Authorizer, HttpEvent, HttpResponse};
use crate::template::draft::extend;

use super::method::{Integration, parameters};
use super::{Route, cors, declared, response_parameters};
use crate::stack::rest_api::Parameter;

/// The event that functions get with `integration: lambda`, after the body's definition. A constant of the wire: stacks that Serverless
/// Framework v3 deployed carry this very text, spaces included, and another one would redeploy every method of theirs. `@claims@`
/// stands for the claims that an event names. Source: templates of deployed stacks.
const EVENT: &str = include_str!("event.vtl");

/// The body of a JSON request, and of a form; constants of the wire as well.
const BODY_JSON: &str = "\n    #set( $body = $input.json(\"$\") )";
const BODY_FORM: &str = include_str!("body_form.vtl");

/// The same event in `compatibility: safe`; `@body@` stands for the body.
const EVENT_SAFE: &str = include_str!("event_safe.vtl");

/// The error texts of functions that stand for a status, unless an event names its own.
const STATUS_PATTERNS: [(&str, &str); 9] = [
    ("200", ""),
    ("400", r"[\s\S]*\[400\][\s\S]*"),
    ("401", r"[\s\S]*\[401\][\s\S]*"),
    ("403", r"[\s\S]*\[403\][\s\S]*"),
    ("404", r"[\s\S]*\[404\][\s\S]*"),
    ("422", r"[\s\S]*\[422\][\s\S]*"),
    ("500", r"[\s\S]*(Process\s?exited\s?before\s?completing\s?request|\[500\])[\s\S]*"),
    ("502", r"[\s\S]*\[502\][\s\S]*"),
    ("504", r"([\s\S]*\[504\][\s\S]*)|(.*Task timed out after \d+\.\d+ seconds$)"),
];

/// One answer of a mapped integration.
struct Answer {
    status: String,
    pattern: String,
    /// Headers by name.
    headers: Map<String, Value>,
    templates: Map<String, Value>,
}

/// `PassthroughBehavior`, `ContentHandling`, `RequestTemplates`, `IntegrationResponses`.
pub fn templates(route: &Route, event: &HttpEvent, integration: Integration, is_safe: bool) -> Map<String, Value> {
    let request = event.request.as_ref();
    let pass_through = request.and_then(|request| request.pass_through.as_ref()).map(|text| text.text.to_uppercase());
    let needed = matches!(integration, Integration::Lambda | Integration::Http);
    let mut all = Map::new();
    extend(
        &mut all,
        [
            (
                "PassthroughBehavior",
                pass_through.or_else(|| needed.then(|| "NEVER".to_owned())).map(|text| json!(text)),
            ),
            (
                "ContentHandling",
                request.and_then(|request| request.content_handling.as_ref()).map(|text| json!(text.text)),
            ),
            ("RequestTemplates", request_templates(event, integration, is_safe)),
            ("IntegrationResponses", Some(integration_responses(route, event, integration))),
        ],
    );
    all
}

fn request_templates(event: &HttpEvent, integration: Integration, is_safe: bool) -> Option<Value> {
    let mut all = Map::new();
    if integration == Integration::Lambda {
        let claims = claims(event);
        for (kind, body, of_safe) in [
            ("application/json", BODY_JSON, "$input.json('$')"),
            ("application/x-www-form-urlencoded", BODY_FORM, "$form"),
        ] {
            let text = if is_safe { EVENT_SAFE.replace("@body@", of_safe) } else { format!("{body}{EVENT}") };
            all.insert(kind.to_owned(), json!(text.replace("@claims@", &claims)));
        }
    }
    let own = event.request.as_ref().and_then(|request| request.template.as_ref());
    for entry in own.map(|own| own.0.entries()).unwrap_or_default() {
        match entry.value.to_json() {
            Value::Null => all.shift_remove(&entry.key.text),
            template => all.insert(entry.key.text.clone(), template),
        };
    }
    (!all.is_empty()).then_some(Value::Object(all))
}

/// Claims of a user pool as members of the event.
fn claims(event: &HttpEvent) -> String {
    let Some(Authorizer::Detailed(details)) = &event.authorizer else { return String::new() };
    let claims = details.claims.iter().flatten().map(|claim| match claim.text.split_once(':') {
        Some((_, name)) => format!("\"{name}\": \"$context.authorizer.claims['{}']\",", claim.text),
        None => format!("\"{0}\": \"$context.authorizer.claims.{0}\",", claim.text),
    });
    claims.collect()
}

fn answers(route: &Route, event: &HttpEvent, integration: Integration) -> Vec<Answer> {
    let given = event.response.as_ref();
    let defaults = || STATUS_PATTERNS.iter().map(|(status, pattern)| plain(status, pattern)).collect::<Vec<_>>();
    let is_given = given.is_some_and(|response| {
        !response.headers.is_empty()
            || response.template.is_some()
            || !response.status_codes.is_empty()
            || response.content_handling.is_some()
    });
    let mut answers = match given {
        Some(response) if is_given => of_response(response),
        _ if integration == Integration::Lambda => defaults(),
        _ => Vec::new(),
    };
    let shared = shared_headers(route, given);
    for answer in &mut answers {
        let own = std::mem::replace(&mut answer.headers, shared.clone());
        answer.headers.extend(own);
    }
    answers
}

fn plain(status: &str, pattern: &str) -> Answer {
    Answer { status: status.to_owned(), pattern: pattern.to_owned(), headers: Map::new(), templates: Map::new() }
}

fn of_response(response: &HttpResponse) -> Vec<Answer> {
    let own = response.status_codes.iter().map(|code| {
        let headers = code.value.headers.iter().map(|header| (header.name.clone(), header.value.value.clone()));
        let mut templates = Map::new();
        add_template(&mut templates, response.template.as_ref().map(crate::stack::Any::to_json));
        add_template(&mut templates, code.value.template.as_ref().map(crate::stack::Any::to_json));
        let pattern = code.value.pattern.as_ref().map_or(String::new(), |pattern| pattern.text.clone());
        Answer { status: code.name.clone(), pattern, headers: headers.collect(), templates }
    });
    let mut own: Vec<Answer> = own.collect();
    if own.is_empty() {
        own = STATUS_PATTERNS.iter().map(|(status, pattern)| plain(status, pattern)).collect();
        for answer in &mut own {
            add_template(&mut answer.templates, response.template.as_ref().map(crate::stack::Any::to_json));
        }
        return own;
    }
    // Without an answer for success, the usual one is the default.
    if !own.iter().any(|answer| answer.pattern.is_empty()) {
        let mut success = plain("200", "");
        add_template(&mut success.templates, response.template.as_ref().map(crate::stack::Any::to_json));
        own.push(success);
    }
    own
}

fn add_template(templates: &mut Map<String, Value>, template: Option<Value>) {
    match template {
        Some(Value::Object(by_type)) => templates.extend(by_type),
        Some(Value::Null) | None => {}
        Some(text) => {
            templates.insert("application/json".to_owned(), text);
        }
    }
}

fn shared_headers(route: &Route, response: Option<&HttpResponse>) -> Map<String, Value> {
    let mut headers = Map::new();
    if let Some(origin) = cors::allowed_origin(route) {
        headers.insert("Access-Control-Allow-Origin".to_owned(), json!(origin));
        if cors::allows_credentials(route) {
            headers.insert("Access-Control-Allow-Credentials".to_owned(), json!("true"));
        }
    }
    let own = response.into_iter().flat_map(|response| response.headers.iter());
    headers.extend(own.map(|header| (header.name.clone(), header.value.value.clone())));
    headers
}

fn integration_responses(route: &Route, event: &HttpEvent, integration: Integration) -> Value {
    let content = event.response.as_ref().and_then(|response| response.content_handling.as_ref());
    let responses = answers(route, event, integration).into_iter().map(|answer| {
        let mut response = Map::new();
        let parameters = response_parameters(answer.headers.iter().map(|(name, value)| (name.as_str(), value.clone())));
        let content = content.filter(|_| answer.status.starts_with('2')).map(|text| json!(text.text));
        response.insert("StatusCode".into(), json!(answer.status));
        response.insert("SelectionPattern".into(), json!(answer.pattern));
        response.insert("ResponseParameters".into(), parameters);
        response.insert("ResponseTemplates".into(), Value::Object(answer.templates));
        extend(&mut response, [("ContentHandling", content)]);
        Value::Object(response)
    });
    responses.collect()
}

/// `MethodResponses`: what answers look like from outside.
pub fn method_responses(route: &Route, event: &HttpEvent, integration: Integration) -> Value {
    if !integration.is_mapped() {
        return json!([]);
    }
    let responses = answers(route, event, integration).into_iter().map(|answer| {
        let parameters = response_parameters(answer.headers.iter().map(|(name, value)| (name.as_str(), value.clone())));
        json!({"StatusCode": answer.status, "ResponseParameters": declared(&parameters), "ResponseModels": {}})
    });
    responses.collect()
}

/// Parameters passed on to what answers.
pub fn integration_parameters(event: &HttpEvent, integration: Integration) -> Option<Value> {
    let mapped = matches!(integration, Integration::Lambda | Integration::Http | Integration::HttpProxy);
    let mut all = Map::new();
    for (name, parameter) in parameters(event).into_iter().filter(|_| mapped) {
        let own = match parameter {
            Parameter::Mapped(mapped) => mapped.mapped_value.as_ref().map(|text| text.text.clone()),
            Parameter::Required(_) => None,
        };
        let target = name.replacen("method.", "integration.", 1);
        all.insert(target, json!(own.unwrap_or(name)));
    }
    if event.asynchronous.is_some_and(|flag| flag.value) {
        all.insert("integration.request.header.X-Amz-Invocation-Type".to_owned(), json!("'Event'"));
    }
    (!all.is_empty()).then_some(Value::Object(all))
}
