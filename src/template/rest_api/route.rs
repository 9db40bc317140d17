//! The requests that the API answers, whoever asks for them.

use crate::source::Span;
use crate::stack::event::Event;
use crate::stack::rest_api::{Authorizer, Cors, HttpEvent};
use crate::stack::state_machine::{MachineEvent, MachineHttpEvent};
use crate::stack::value::Toggle;
use crate::stack::{Function, Named, StateMachine};
use crate::template::draft::Draft;
use crate::template::naming::{capitalized, path_id};
use crate::template::{Api, Endpoint, EndpointTarget};

/// One request and what answers it.
#[derive(Clone, Copy, Debug)]
pub enum Route<'a> {
    Function(&'a Named<Function>, &'a HttpEvent),
    Machine(&'a Named<StateMachine>, &'a MachineHttpEvent),
}

/// Every `http` event, functions' first, in the order of the file.
pub fn all<'a>(draft: &Draft<'a>) -> Vec<Route<'a>> {
    let stack = draft.stack;
    let functions = stack.functions.iter().flat_map(|function| {
        function.value.events.iter().filter_map(move |event| match event {
            Event::Http(http) => Some(Route::Function(function, &http.0)),
            _ => None,
        })
    });
    let machines = stack.machines.iter().flat_map(|machine| {
        machine.value.events.iter().filter_map(move |event| match event {
            MachineEvent::Http(http) => Some(Route::Machine(machine, &http.0)),
            _ => None,
        })
    });
    functions.chain(machines).collect()
}

impl<'a> Route<'a> {
    /// The path without slashes at its ends.
    pub fn path(&self) -> &'a str {
        let path = match self {
            Route::Function(_, event) => &event.path,
            Route::Machine(_, event) => &event.path,
        };
        let path = path.text.strip_prefix('/').unwrap_or(&path.text);
        path.strip_suffix('/').unwrap_or(path)
    }

    /// The method, lower case.
    pub fn method(&self) -> &'static str {
        match self {
            Route::Function(_, event) => event.method.as_str(),
            Route::Machine(_, event) => event.method.as_str(),
        }
    }

    /// Where the event stands.
    pub fn span(&self) -> Span {
        match self {
            Route::Function(_, event) => event.span,
            Route::Machine(_, event) => event.span,
        }
    }

    /// Which web pages may call.
    pub fn cors(&self) -> &'a Toggle<Cors> {
        match self {
            Route::Function(_, event) => &event.cors,
            Route::Machine(_, event) => &event.cors,
        }
    }

    /// Who may call.
    pub fn authorizer(&self) -> Option<&'a Authorizer> {
        match self {
            Route::Function(_, event) => event.authorizer.as_ref(),
            Route::Machine(_, event) => event.authorizer.as_ref(),
        }
    }

    /// Whether a key is demanded.
    pub fn is_private(&self) -> bool {
        let private = match self {
            Route::Function(_, event) => event.private,
            Route::Machine(_, event) => event.private,
        };
        private.is_some_and(|flag| flag.value)
    }

    /// The function and its event, when a function answers.
    pub fn function(&self) -> Option<(&'a Named<Function>, &'a HttpEvent)> {
        match self {
            Route::Function(function, event) => Some((function, event)),
            Route::Machine(..) => None,
        }
    }

    /// The machine and its event, when a machine answers.
    pub fn machine(&self) -> Option<(&'a Named<StateMachine>, &'a MachineHttpEvent)> {
        match self {
            Route::Machine(machine, event) => Some((machine, event)),
            Route::Function(..) => None,
        }
    }

    /// The logical id of the method.
    pub fn method_id(&self) -> String {
        method_id(self.path(), self.method())
    }

    /// The route as it is shown.
    pub fn endpoint(&self) -> Endpoint {
        let target = match self {
            Route::Function(function, _) => EndpointTarget::Function(function.name.clone()),
            Route::Machine(machine, _) => EndpointTarget::Machine(machine.name.clone()),
        };
        Endpoint { api: Api::Rest, method: self.method().to_uppercase(), path: format!("/{}", self.path()), target }
    }
}

/// The logical id of a method: `ApiGatewayMethodPostsIdVarGet`.
pub fn method_id(path: &str, method: &str) -> String {
    format!("ApiGatewayMethod{}{}", path_id(path), capitalized(method))
}
