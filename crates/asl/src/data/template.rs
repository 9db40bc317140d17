//! Payload templates: JSON with paths, intrinsic calls or JSONata expressions inside.

use super::path::PathExpression;
use crate::intrinsic::Call;
use crate::jsonata::Expression;
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

impl Template {
    /// The value.
    ///
    /// # Errors
    /// The first expression that fails, in the order of the template.
    pub fn evaluate(&self, scope: &Scope<'_>) -> Result<Value, Raise> {
        match self {
            Template::Literal(value) => Ok(value.clone()),
            Template::Object(members) => {
                let mut object = Map::with_capacity(members.len());
                for (name, template) in members {
                    object.insert(name.clone(), template.evaluate(scope)?);
                }
                Ok(Value::Object(object))
            }
            Template::List(items) => items.iter().map(|item| item.evaluate(scope)).collect(),
            Template::Path { field, path } => scope.select_field(path, field),
            Template::Call(call) => call.evaluate(scope),
            Template::Jsonata(expression) => expression.evaluate(scope),
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
