//! One row of a service's table of addresses.

use http::request::Parts;
use serde_json::{Map, Value, json};

use crate::wire::{Fault, uri};

/// What a parameter's text becomes in the input.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Text,
    Integer,
    Boolean,
    /// The parameter may be repeated; a list of all its values.
    List,
}

/// A member that travels in the query or in a header.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    wire: &'static str,
    member: &'static str,
    kind: Kind,
}

/// A text parameter.
pub const fn text(wire: &'static str, member: &'static str) -> Param {
    Param { wire, member, kind: Kind::Text }
}

/// An integer parameter.
pub const fn integer(wire: &'static str, member: &'static str) -> Param {
    Param { wire, member, kind: Kind::Integer }
}

/// A boolean parameter.
pub const fn boolean(wire: &'static str, member: &'static str) -> Param {
    Param { wire, member, kind: Kind::Boolean }
}

/// A repeated parameter.
pub const fn list(wire: &'static str, member: &'static str) -> Param {
    Param { wire, member, kind: Kind::List }
}

/// One operation's address.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// As AWS's model names it.
    pub operation: &'static str,
    method: &'static str,
    /// Segments; `{Member}` captures one, `{Member+}` the rest.
    path: &'static str,
    query: &'static [Param],
    headers: &'static [Param],
    /// True when the body is the payload and not JSON members.
    pub payload: bool,
    /// A query parameter that must be there with this value.
    when: Option<(&'static str, &'static str)>,
}

/// An operation at `method` and `path` with no other parameters.
pub const fn route(operation: &'static str, method: &'static str, path: &'static str) -> Route {
    Route { operation, method, path, query: &[], headers: &[], payload: false, when: None }
}

impl Route {
    /// With members in the query.
    pub const fn query(mut self, params: &'static [Param]) -> Route {
        self.query = params;
        self
    }

    /// With members in headers.
    pub const fn headers(mut self, params: &'static [Param]) -> Route {
        self.headers = params;
        self
    }

    /// With a body that is the payload.
    pub const fn payload(mut self) -> Route {
        self.payload = true;
        self
    }

    /// Only when the query says `name=value`.
    pub const fn when(mut self, name: &'static str, value: &'static str) -> Route {
        self.when = Some((name, value));
        self
    }

    /// The members in path, query and headers.
    ///
    /// # Errors
    /// `SerializationException` for a number or boolean that is none.
    pub fn members(&self, parts: &Parts, captures: Vec<(String, String)>) -> Result<Map<String, Value>, Fault> {
        let mut members: Map<String, Value> =
            captures.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
        let pairs = uri::query_pairs(parts.uri.query().unwrap_or_default());
        for param in self.query {
            let values: Vec<&str> =
                pairs.iter().filter(|(name, _)| name == param.wire).map(|(_, value)| value.as_str()).collect();
            param.insert(&mut members, &values)?;
        }
        for param in self.headers {
            let values: Vec<&str> =
                parts.headers.get_all(param.wire).iter().filter_map(|value| value.to_str().ok()).collect();
            param.insert(&mut members, &values)?;
        }
        Ok(members)
    }

    /// The captures, when method and path are this route's.
    fn captures(&self, parts: &Parts, segments: &[&str]) -> Option<Vec<(String, String)>> {
        if parts.method.as_str() != self.method {
            return None;
        }
        if let Some((name, value)) = self.when {
            let query = uri::query_pairs(parts.uri.query().unwrap_or_default());
            if !query.iter().any(|(n, v)| n == name && v == value) {
                return None;
            }
        }
        let mut captures = Vec::new();
        let mut rest = segments;
        for pattern in segments_of(self.path) {
            let name = pattern.strip_prefix('{').and_then(|pattern| pattern.strip_suffix('}'));
            match name.map(|name| name.strip_suffix('+').map_or((name, false), |name| (name, true))) {
                Some((name, true)) if !rest.is_empty() => {
                    captures.push((name.to_owned(), uri::decode_text(&rest.join("/"))));
                    rest = &[];
                }
                Some((name, false)) => {
                    let (first, others) = rest.split_first()?;
                    captures.push((name.to_owned(), uri::decode_text(first)));
                    rest = others;
                }
                Some(_) => return None,
                None => {
                    let (first, others) = rest.split_first()?;
                    if uri::decode_text(first) != pattern {
                        return None;
                    }
                    rest = others;
                }
            }
        }
        rest.is_empty().then_some(captures)
    }

    /// How exact the address is: its literal segments, and a demanded query before none.
    fn weight(&self) -> (usize, bool) {
        let literal = segments_of(self.path).filter(|segment| !segment.starts_with('{')).count();
        (literal, self.when.is_some())
    }
}

impl Param {
    fn insert(&self, members: &mut Map<String, Value>, values: &[&str]) -> Result<(), Fault> {
        let Some(first) = values.first() else { return Ok(()) };
        let wrong = || Fault::sender("SerializationException", format!("`{first}` is no value for {}", self.wire));
        let value = match self.kind {
            Kind::Text => json!(first),
            Kind::Integer => json!(first.parse::<i64>().map_err(|_| wrong())?),
            Kind::Boolean => match *first {
                "true" => json!(true),
                "false" => json!(false),
                _ => return Err(wrong()),
            },
            Kind::List => json!(values),
        };
        members.insert(self.member.to_owned(), value);
        Ok(())
    }
}

/// The most exact route of a request, with what its path captured.
pub fn find(routes: &'static [Route], parts: &Parts) -> Option<(&'static Route, Vec<(String, String)>)> {
    let segments: Vec<&str> = segments_of(parts.uri.path()).collect();
    let matching = routes.iter().filter_map(|route| Some((route, route.captures(parts, &segments)?)));
    matching.max_by_key(|(route, _)| route.weight())
}

/// A path's segments; one slash at the end does not count.
fn segments_of(path: &str) -> impl Iterator<Item = &str> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    path.split('/').filter(move |_| !path.is_empty())
}
