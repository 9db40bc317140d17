//! Payload templates: JSON with paths, intrinsic calls or JSONata expressions inside.

use super::path::PathExpression;
use super::text::size;
use crate::intrinsic::Call;
use crate::jsonata::Expression;
use crate::limits::MAX_EVALUATION;
use crate::raise::Raise;
use crate::scope::Scope;
use serde_json::{Map, Value};

/// A template of either query language, compiled.
#[derive(Clone, Debug)]
pub(crate) enum Template {
    /// Nothing inside is evaluated.
    Literal(Value),
    Object(Vec<(String, Template)>),
    List(Vec<Template>),
    /// The field `x.$` with a path.
    Path {
        field: String,
        path: PathExpression,
    },
    /// The field `x.$` with an intrinsic call.
    Call(Call),
    Jsonata(Expression),
}

/// The value, when it still fits into what is left.
fn within(value: Value, left: &mut usize) -> Result<Value, Raise> {
    match left.checked_sub(size(&value)) {
        Some(rest) => {
            *left = rest;
            Ok(value)
        }
        None => Err(Raise::new(
            "States.DataLimitExceeded",
            format!("The evaluated fields exceed the maximum of {MAX_EVALUATION} bytes."),
        )),
    }
}

impl Template {
    /// The value.
    ///
    /// # Errors
    /// The first expression that fails, in the order of the template.
    pub fn evaluate(&self, scope: &Scope<'_>) -> Result<Value, Raise> {
        self.evaluate_within(scope, &mut { MAX_EVALUATION })
    }

    fn evaluate_within(&self, scope: &Scope<'_>, left: &mut usize) -> Result<Value, Raise> {
        match self {
            Template::Literal(value) => Ok(value.clone()),
            Template::Object(members) => {
                let mut object = Map::with_capacity(members.len());
                for (name, template) in members {
                    object.insert(name.clone(), template.evaluate_within(scope, left)?);
                }
                Ok(Value::Object(object))
            }
            Template::List(items) => items.iter().map(|item| item.evaluate_within(scope, left)).collect(),
            Template::Path { field, path } => within(scope.select_field(path, field)?, left),
            Template::Call(call) => within(call.evaluate(scope)?, left),
            Template::Jsonata(expression) => within(expression.evaluate(scope)?, left),
        }
    }

    /// Shows every expression in it to the visitor.
    pub fn visit<'a>(&'a self, visit: &mut dyn FnMut(&'a Template)) {
        visit(self);
        match self {
            Template::Object(members) => members.iter().for_each(|(_, template)| template.visit(visit)),
            Template::List(items) => items.iter().for_each(|template| template.visit(visit)),
            _ => {}
        }
    }
}
