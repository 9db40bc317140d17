//! Two events for one request.

use std::collections::HashMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::stack::Stack;
use crate::stack::event::Event;
use crate::stack::http_api::HttpApiRoute;
use crate::stack::rest_api::HttpMethod;
use crate::stack::state_machine::MachineEvent;

struct Route {
    /// `http` or `httpApi`: they are different APIs.
    api: &'static str,
    line: String,
    owner: String,
    span: Span,
}

/// Reports a route that two events have.
pub(super) fn check(stack: &Stack, found: &mut Vec<Diagnostic>) {
    let mut seen: HashMap<(&'static str, String), (String, Span)> = HashMap::new();
    for route in routes(stack) {
        let Some((owner, first)) = seen.get(&(route.api, route.line.clone())) else {
            seen.insert((route.api, route.line), (route.owner, route.span));
            continue;
        };
        let message = format!("`{}` goes to `{}` already, and here to `{}`", route.line, owner, route.owner);
        let diagnostic =
            Diagnostic::error(Code::DuplicateRoute, route.span, message).note(*first, "the first one is here");
        found.push(diagnostic.hint("give one of them another path or method"));
    }
}

fn routes(stack: &Stack) -> Vec<Route> {
    let mut routes = Vec::new();
    for function in stack.functions.iter() {
        let owner = format!("functions.{}", function.name);
        for event in &function.value.events {
            match event {
                Event::Http(http) => routes.push(rest(http.0.method, http.0.path.as_str(), &owner, http.0.path.span)),
                Event::HttpApi(route) => routes.extend(http_api(route, &owner)),
                _ => {}
            }
        }
    }
    for machine in stack.machines.iter() {
        let owner = format!("stepFunctions.stateMachines.{}", machine.name);
        for event in &machine.value.events {
            if let MachineEvent::Http(http) = event {
                routes.push(rest(http.0.method, http.0.path.as_str(), &owner, http.0.path.span));
            }
        }
    }
    routes
}

/// The route of an `httpApi` event, if it names one.
fn http_api(route: &HttpApiRoute, owner: &str) -> Option<Route> {
    let (text, span) = match route {
        HttpApiRoute::Line(line) => (line.text.clone(), line.span),
        HttpApiRoute::Detailed(event) => match (&event.route, &event.method, &event.path) {
            (Some(route), _, _) => (route.text.clone(), route.span),
            (None, Some(method), Some(path)) => (format!("{} {}", method.text, path.text), path.span),
            (None, None, Some(path)) => (path.text.clone(), path.span),
            _ => return None,
        },
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = match words.as_slice() {
        [method, path] => format!("{} {path}", method.to_uppercase()),
        other => other.join(" "),
    };
    Some(Route { api: "httpApi", line, owner: owner.to_owned(), span })
}

fn rest(method: HttpMethod, path: &str, owner: &str, span: Span) -> Route {
    let line = format!("{} /{}", format!("{method:?}").to_uppercase(), path.trim_matches('/'));
    Route { api: "http", line, owner: owner.to_owned(), span }
}
