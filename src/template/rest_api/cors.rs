//! The `OPTIONS` methods that let web pages of other origins call.

use indexmap::IndexMap;
use serde_json::{Value, json};

use crate::source::Span;
use crate::stack::rest_api::Cors;
use crate::stack::value::Toggle;
use crate::template::draft::Draft;

use super::resource::Resources;
use super::route::method_id;
use super::{Route, api_id, declared, response_parameters};

/// What all events of a path together allow.
#[derive(Clone, Debug, Default)]
struct Preflight {
    origin: String,
    origins: Vec<String>,
    headers: Vec<String>,
    methods: Vec<String>,
    allow_credentials: bool,
    max_age_s: Option<i64>,
    cache_control: Option<String>,
}

/// Headers that pages may send unless an event names its own.
const HEADERS: [&str; 7] = [
    "Content-Type",
    "X-Amz-Date",
    "Authorization",
    "X-Api-Key",
    "X-Amz-Security-Token",
    "X-Amz-User-Agent",
    "X-Amzn-Trace-Id",
];

/// Adds one `OPTIONS` method a path that wants it; their ids go to `methods`.
pub fn render(draft: &mut Draft, routes: &[Route], resources: &Resources, methods: &mut Vec<String>) {
    // The framework and its plugin each make their own, from the events that they know; the plugin's comes last.
    for of_machines in [false, true] {
        let mut paths: IndexMap<&str, (Span, Preflight)> = IndexMap::new();
        for route in routes.iter().filter(|route| route.machine().is_some() == of_machines) {
            if let Some(asked) = asked(route) {
                let merged = paths.entry(route.path()).or_insert_with(|| (route.span(), Preflight::default()));
                merged.1 = asked.and(&merged.1);
            }
        }
        for (path, (span, preflight)) in paths {
            let id = method_id(path, "options");
            let resource = resources.get(path).cloned().unwrap_or(Value::Null);
            let method = method(draft, &preflight, resource, of_machines);
            draft.add(&id, span, "AWS::ApiGateway::Method", method);
            if !of_machines || draft.stack.is_safe() {
                methods.push(id);
            }
        }
    }
}

/// The origins of a route, as its answers name them: `'*'`.
pub fn allowed_origin(route: &Route) -> Option<String> {
    let asked = asked(route)?;
    let origin = if asked.origins.is_empty() { asked.origin } else { asked.origins.join(",") };
    Some(format!("'{origin}'"))
}

/// Whether a route lets pages send cookies.
pub fn allows_credentials(route: &Route) -> bool {
    asked(route).is_some_and(|asked| asked.allow_credentials)
}

fn asked(route: &Route) -> Option<Preflight> {
    let details = match route.cors() {
        Toggle::Off => return None,
        Toggle::On => None,
        Toggle::Is(details) => Some(details),
    };
    // The plugin's list is the framework's without the tracing header.
    let known = if route.machine().is_some() { &HEADERS[..6] } else { &HEADERS[..] };
    let mut preflight = details.map_or_else(Preflight::default, |cors| given(cors));
    if preflight.origins.is_empty() && preflight.origin.is_empty() {
        preflight.origin = "*".to_owned();
    }
    if details.is_none_or(|cors| cors.headers.is_none()) {
        preflight.headers = known.iter().map(|header| (*header).to_owned()).collect();
    }
    let method = route.method().to_uppercase();
    for needed in ["OPTIONS".to_owned(), method] {
        if !preflight.methods.contains(&needed) {
            preflight.methods.push(needed);
        }
    }
    Some(preflight)
}

fn given(cors: &Cors) -> Preflight {
    let texts = |texts: &Option<Vec<crate::stack::Text>>| {
        texts.iter().flatten().map(|text| text.text.clone()).collect::<Vec<_>>()
    };
    let text = |expr: &crate::stack::Expr| expr.as_str().map_or_else(|| expr.value.to_string(), str::to_owned);
    Preflight {
        origin: cors.origin.as_ref().map(text).unwrap_or_default(),
        origins: cors.origins.iter().flatten().map(text).collect(),
        headers: texts(&cors.headers),
        methods: texts(&cors.methods),
        allow_credentials: cors.allow_credentials.is_some_and(|flag| flag.value),
        max_age_s: cors.max_age_s.map(|age| age.value).filter(|age| *age != 0),
        cache_control: cors.cache_control.as_ref().map(|text| text.text.clone()),
    }
}

impl Preflight {
    /// What this and earlier events of the path allow together; where they differ, this one rules.
    fn and(mut self, former: &Preflight) -> Preflight {
        let add = |into: &mut Vec<String>, more: &[String]| {
            let fresh: Vec<String> = more.iter().filter(|text| !into.contains(text)).cloned().collect();
            into.extend(fresh);
        };
        add(&mut self.headers, &former.headers);
        add(&mut self.methods, &former.methods);
        add(&mut self.origins, &former.origins);
        self.allow_credentials |= former.allow_credentials;
        self.max_age_s = self.max_age_s.or(former.max_age_s);
        self.cache_control = self.cache_control.take().or_else(|| former.cache_control.clone());
        self
    }

    /// Several origins: the answer repeats the one that asks, if it is among them.
    fn several(&self) -> Vec<String> {
        if self.origin.contains(',') {
            return self.origin.split(',').map(|origin| origin.trim().to_owned()).collect();
        }
        self.origins.clone()
    }

    fn answer_headers(&self, of_machines: bool, is_safe: bool) -> Vec<(&'static str, String)> {
        let methods = self.methods.join(",").replacen("ANY", "DELETE,GET,HEAD,PATCH,POST,PUT", 1);
        let origin = match (of_machines, self.several().into_iter().next()) {
            (true, _) if !self.origins.is_empty() => self.origins.join(","),
            (false, Some(first)) => first,
            _ => self.origin.clone(),
        };
        let mut headers = vec![
            ("Access-Control-Allow-Origin", origin),
            ("Access-Control-Allow-Headers", self.headers.join(",")),
            ("Access-Control-Allow-Methods", methods),
        ];
        if self.allow_credentials || of_machines {
            headers.push(("Access-Control-Allow-Credentials", self.allow_credentials.to_string()));
        }
        headers.extend(self.max_age_s.map(|age| ("Access-Control-Max-Age", age.to_string())));
        // The plugin forgets how long an answer of a machine's route may be kept.
        let cache_control = self.cache_control.clone().filter(|_| !of_machines || is_safe);
        headers.extend(cache_control.map(|text| ("Cache-Control", text)));
        headers
    }
}

fn method(draft: &Draft, preflight: &Preflight, resource: Value, of_machines: bool) -> Value {
    let headers = preflight.answer_headers(of_machines, draft.stack.is_safe());
    let parameters = response_parameters(headers.into_iter().map(|(name, value)| (name, json!(format!("'{value}'")))));
    let origins = if of_machines { Vec::new() } else { preflight.several() };
    let template = if origins.is_empty() { String::new() } else { origin_template(&origins) };
    json!({
        "AuthorizationType": "NONE",
        "HttpMethod": "OPTIONS",
        "MethodResponses": [{"StatusCode": "200", "ResponseParameters": declared(&parameters), "ResponseModels": {}}],
        "RequestParameters": {},
        "Integration": {
            "Type": "MOCK",
            "RequestTemplates": {"application/json": "{statusCode:200}"},
            "ContentHandling": "CONVERT_TO_TEXT",
            "IntegrationResponses": [{
                "StatusCode": "200",
                "ResponseParameters": parameters,
                "ResponseTemplates": {"application/json": template},
            }],
        },
        "ResourceId": resource,
        "RestApiId": api_id(draft.stack),
    })
}

/// A mapping template that repeats the origin of the request when it is one of these; `*` stands for any letters.
fn origin_template(origins: &[String]) -> String {
    let patterns = origins.iter().map(|origin| origin.replace('.', "[.]").replacen('*', ".+", 1));
    let tests: Vec<String> = patterns.map(|pattern| format!("$origin.matches(\"{pattern}\")")).collect();
    format!(
        "#set($origin = $input.params(\"Origin\"))\n\
         #if($origin == \"\") #set($origin = $input.params(\"origin\")) #end\n\
         #if({}) #set($context.responseOverride.header.Access-Control-Allow-Origin = $origin) #end",
        tests.join(" || ")
    )
}
