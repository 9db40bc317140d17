//! Compiles payload templates, paths and expressions.

use super::Parser;
use crate::data::path::PathExpression;
use crate::data::reference::ReferencePath;
use crate::data::template::Template;
use crate::intrinsic::Call;
use crate::jsonata::{self, Expression};
use crate::machine::{QueryLanguage, ResultPath, Selection, Source};
use crate::problem::Problem;
use serde_json::{Map, Value};

/// Where `$states.result` and `$states.errorOutput` may be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Before,
    AfterResult,
    AfterError,
}

/// A field being compiled.
pub(super) struct Site<'a> {
    /// JSON pointer of the state or of the part of it that owns the field.
    pub owner: &'a str,
    /// The field's name, also the first part of its location in messages.
    pub field: &'a str,
    pub language: QueryLanguage,
    pub phase: Phase,
}

impl Site<'_> {
    fn location(&self) -> String {
        format!("{}/{}", self.owner, self.field)
    }
}

impl Parser {
    /// The template of `fields[site.field]`.
    pub(super) fn template(&mut self, fields: &Map<String, Value>, site: &Site<'_>) -> Option<Template> {
        let value = fields.get(site.field)?;
        let name = site.field.to_owned();
        match site.language {
            QueryLanguage::JsonPath => self.payload(value, &site.location()),
            QueryLanguage::Jsonata => self.jsonata_template(value, &name, &site.location(), site.phase),
        }
    }

    /// A JSONPath payload template.
    pub(super) fn payload(&mut self, value: &Value, location: &str) -> Option<Template> {
        match value {
            Value::Object(members) => self.payload_object(members, location),
            Value::Array(items) => {
                let each = |(index, item)| self.payload(item, &format!("{location}[{index}]"));
                whole(items.iter().enumerate().map(each).collect()).map(collapse_list)
            }
            plain => Some(Template::Literal(plain.clone())),
        }
    }

    fn payload_object(&mut self, members: &Map<String, Value>, location: &str) -> Option<Template> {
        let mut compiled = Vec::with_capacity(members.len());
        for (name, member) in members {
            let at = format!("{location}/{}", super::pointer(name));
            match name.strip_suffix(".$") {
                Some(plain) if members.contains_key(plain) => {
                    self.schema(&at, format!("The field '{plain}' is given twice, as '{plain}' and as '{name}'"));
                    compiled.push(None);
                }
                Some(plain) => {
                    compiled.push(self.dollar(name, member, location).map(|value| (plain.to_owned(), value)));
                }
                None => {
                    if member.as_str().is_some_and(is_path_like) {
                        let message =
                            format!("The value of '{name}' looks like a path, but the name does not end in '.$'");
                        self.problems.push(Problem::warning("NO_DOLLAR", at.clone(), message));
                    }
                    compiled.push(self.payload(member, &at).map(|value| (name.clone(), value)));
                }
            }
        }
        whole(compiled).map(collapse_object)
    }

    fn dollar(&mut self, name: &str, value: &Value, location: &str) -> Option<Template> {
        let compiled = value.as_str().and_then(|text| {
            if text.starts_with('$') {
                let path = PathExpression::parse(text).ok()?;
                return Some(Template::Path { field: name.to_owned(), path });
            }
            if !text.starts_with("States.") {
                return None;
            }
            Call::parse(text).ok().map(Template::Call)
        });
        if compiled.is_none() {
            self.schema(
                &format!("{location}/{}", super::pointer(name)),
                format!("The value for the field '{name}' must be a valid JSONPath or a valid intrinsic function call"),
            );
        }
        compiled
    }

    fn jsonata_template(&mut self, value: &Value, name: &str, location: &str, phase: Phase) -> Option<Template> {
        match value {
            Value::String(text) => match jsonata::inner(text) {
                Some(inner) => self.expression(inner, name, location, phase).map(Template::Jsonata),
                None if text.starts_with("{%") || text.ends_with("%}") => {
                    self.schema(location, "A JSONata expression must begin with '{%' and end with '%}'");
                    None
                }
                None => Some(Template::Literal(value.clone())),
            },
            Value::Object(members) => {
                let mut compiled = Vec::with_capacity(members.len());
                for (key, member) in members {
                    let at = format!("{location}/{}", super::pointer(key));
                    let inner = self.jsonata_template(member, &format!("{name}/{key}"), &at, phase);
                    compiled.push(inner.map(|inner| (key.clone(), inner)));
                }
                whole(compiled).map(collapse_object)
            }
            Value::Array(items) => {
                let each = |(index, item)| {
                    let at = format!("{location}[{index}]");
                    self.jsonata_template(item, &format!("{name}[{index}]"), &at, phase)
                };
                whole(items.iter().enumerate().map(each).collect()).map(collapse_list)
            }
            plain => Some(Template::Literal(plain.clone())),
        }
    }

    /// An expression's text compiled, with the checks on what it may read.
    pub(super) fn expression(&mut self, text: &str, name: &str, location: &str, phase: Phase) -> Option<Expression> {
        let expression = match Expression::compile(text, name) {
            Ok(expression) => expression,
            Err(message) => {
                self.schema(location, message);
                return None;
            }
        };
        if phase != Phase::AfterError && expression.reads_only_state("errorOutput") {
            self.schema(location, "$states.errorOutput is only accessible in a Catch");
            return None;
        }
        Some(expression)
    }

    /// The field as a JSONata expression, which it has to be.
    pub(super) fn jsonata_field(&mut self, value: &Value, site: &Site<'_>) -> Option<Expression> {
        let location = site.location();
        let Some(inner) = value.as_str().and_then(jsonata::inner) else {
            self.schema(&location, "Expected a JSONata expression in '{% %}'");
            return None;
        };
        self.expression(inner, site.field, &location, site.phase)
    }

    /// Warns of a text that looks like a path where none is read.
    pub(super) fn warn_of_path(&mut self, value: &Value, location: &str) {
        if value.as_str().is_some_and(is_path_like) {
            let message = "The value looks like a path, but the field's name does not end in 'Path'";
            self.problems.push(Problem::warning("NO_PATH", location, message));
        }
    }

    /// The field as a path.
    pub(super) fn path(&mut self, fields: &Map<String, Value>, name: &str, location: &str) -> Option<PathExpression> {
        let text = self.string(fields, name, location)?;
        self.path_text(text, &format!("{location}/{name}"))
    }

    pub(super) fn path_text(&mut self, text: &str, location: &str) -> Option<PathExpression> {
        let path = PathExpression::parse(text).ok();
        if path.is_none() {
            let message = if text.starts_with('$') {
                "Value is not a valid JSONPath"
            } else {
                "Value is not a Reference Path: Reference path didn't start with '$'"
            };
            self.schema(location, message);
        }
        path
    }

    /// The field as a path that selects one value.
    pub(super) fn reference(
        &mut self,
        fields: &Map<String, Value>,
        name: &str,
        location: &str,
    ) -> Option<PathExpression> {
        let path = self.path(fields, name, location)?;
        if !path.path.is_definite() || path.path.function.is_some() {
            self.schema(&format!("{location}/{name}"), "Value is not a Reference Path");
            return None;
        }
        Some(path)
    }

    /// `InputPath` or `OutputPath`.
    pub(super) fn selection(&mut self, fields: &Map<String, Value>, name: &str, location: &str) -> Selection {
        match fields.get(name) {
            None => Selection::Whole,
            Some(Value::Null) => Selection::Nothing,
            Some(Value::String(text)) if text == "$" => Selection::Whole,
            Some(_) => self.path(fields, name, location).map_or(Selection::Whole, Selection::Path),
        }
    }

    pub(super) fn result_path(&mut self, fields: &Map<String, Value>, location: &str) -> ResultPath {
        if fields.get("ResultPath") == Some(&Value::Null) {
            return ResultPath::Discard;
        }
        let Some(path) = self.path(fields, "ResultPath", location) else { return ResultPath::Replace };
        match ReferencePath::of(path) {
            Some(path) if path.is_root() => ResultPath::Replace,
            Some(path) => ResultPath::Insert(path),
            None => {
                self.schema(&format!("{location}/ResultPath"), "Value is not a Reference Path");
                ResultPath::Replace
            }
        }
    }

    /// A whole number given as `NAME`, as `NAMEPath`, or as a JSONata expression.
    pub(super) fn whole_number(
        &mut self,
        fields: &Map<String, Value>,
        site: &Site<'_>,
        least: u64,
        most: u64,
    ) -> Option<Source<u64>> {
        let path_name = format!("{}Path", site.field);
        self.one_of(fields, &[site.field, &path_name], site.owner);
        if fields.contains_key(&path_name) {
            return self.reference(fields, &path_name, site.owner).map(Source::Path);
        }
        let value = fields.get(site.field)?;
        if site.language == QueryLanguage::Jsonata && value.is_string() {
            return self.jsonata_field(value, site).map(Source::Jsonata);
        }
        self.number(fields, site.field, site.owner, least, most).map(Source::Literal)
    }
}

/// Whether a text would be evaluated if its field's name ended in `.$`.
fn is_path_like(text: &str) -> bool {
    if text.starts_with("$.") || text.starts_with("$[") || text.starts_with("$$.") {
        return PathExpression::parse(text).is_ok();
    }
    text.starts_with("States.") && Call::parse(text).is_ok()
}

/// The places under `value` that hold something to be evaluated, or are named so.
pub(super) fn path_like(value: &Value, location: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut todo = vec![(location.to_owned(), value)];
    while let Some((at, value)) = todo.pop() {
        match value {
            Value::String(text) if is_path_like(text) => found.push((at, text.clone())),
            Value::Object(members) => {
                todo.extend(
                    members.iter().rev().map(|(name, member)| (format!("{at}/{}", super::pointer(name)), member)),
                );
            }
            Value::Array(items) => {
                todo.extend(items.iter().enumerate().rev().map(|(index, item)| (format!("{at}[{index}]"), item)));
            }
            _ => {}
        }
    }
    found
}

fn collapse_object(members: Vec<(String, Template)>) -> Template {
    if members.iter().all(|(_, template)| matches!(template, Template::Literal(_))) {
        let literal = members.into_iter().filter_map(|(name, template)| match template {
            Template::Literal(value) => Some((name, value)),
            _ => None,
        });
        return Template::Literal(Value::Object(literal.collect()));
    }
    Template::Object(members)
}

/// All parts, if none failed. They are compiled before it is asked, so that every mistake is told.
fn whole<T>(parts: Vec<Option<T>>) -> Option<Vec<T>> {
    parts.into_iter().collect()
}

fn collapse_list(items: Vec<Template>) -> Template {
    if items.iter().all(|template| matches!(template, Template::Literal(_))) {
        let literal = items.into_iter().filter_map(|template| match template {
            Template::Literal(value) => Some(value),
            _ => None,
        });
        return Template::Literal(literal.collect());
    }
    Template::List(items)
}
