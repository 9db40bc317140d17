//! What a state's fields may refer to.

use crate::data::path::{PathExpression, Root, Step};
use crate::data::text;
use crate::effect::Timestamp;
use crate::raise::Raise;
use indexmap::IndexMap;
use serde_json::Value;
use std::cell::{OnceCell, RefCell};

/// Variables by name; the innermost scope wins.
pub(crate) trait Variables {
    fn get(&self, name: &str) -> Option<&Value>;
}

impl Variables for IndexMap<String, Value> {
    fn get(&self, name: &str) -> Option<&Value> {
        IndexMap::get(self, name)
    }
}

/// The surroundings of an evaluation.
pub(crate) struct Scope<'a> {
    /// `$`, `$states.input`
    pub input: &'a Value,
    /// `$states.result`
    pub result: Option<&'a Value>,
    /// `$states.errorOutput`
    pub error_output: Option<&'a Value>,
    pub variables: &'a dyn Variables,
    pub context: &'a Context<'a>,
    pub now: Timestamp,
    pub random: &'a RefCell<fastrand::Rng>,
}

/// The context object, made when somebody looks at it, and only as far as they look: it holds the execution's whole input,
/// which must not be copied for each item of a Map.
pub(crate) struct Context<'a> {
    /// Makes the object, or the one member of it that is named.
    make: &'a dyn Fn(Option<&str>) -> Value,
    made: OnceCell<Value>,
}

impl<'a> Context<'a> {
    pub fn new(make: &'a dyn Fn(Option<&str>) -> Value) -> Context<'a> {
        Context { make, made: OnceCell::new() }
    }

    pub fn value(&self) -> &Value {
        self.made.get_or_init(|| (self.make)(None))
    }

    /// The object with one member.
    pub fn section(&self, name: &str) -> Value {
        (self.make)(Some(name))
    }
}

impl Scope<'_> {
    fn root(&self, root: &Root) -> Option<&Value> {
        match root {
            Root::Input => Some(self.input),
            Root::Context => Some(self.context.value()),
            Root::Variable(name) => self.variables.get(name),
        }
    }

    /// What `path` selects; the error is Jayway's sentence.
    pub fn select(&self, path: &PathExpression) -> Result<Value, String> {
        if let (Root::Context, Some(Step::Name(name))) = (&path.root, path.path.steps.first()) {
            return path.path.select(&self.context.section(name)).map_err(|missing| missing.0);
        }
        let root = self.root(&path.root).ok_or_else(|| missing_variable(path))?;
        path.path.select(root).map_err(|missing| missing.0)
    }

    /// For `InputPath` and the like.
    pub fn select_path(&self, path: &PathExpression) -> Result<Value, Raise> {
        self.select(path).map_err(|reason| Raise::runtime(format!("Invalid path '{}' : {reason}", path.text)))
    }

    /// For the field `field`, whose value is a path.
    pub fn select_field(&self, path: &PathExpression, field: &str) -> Result<Value, Raise> {
        self.select(path).map_err(|_| {
            Raise::runtime(format!(
                "The JSONPath '{}' specified for the field '{field}' could not be found in the input '{}'",
                path.text,
                self.searched(path)
            ))
        })
    }

    /// For a field of a Wait state whose value is a path.
    pub fn select_parameter(&self, path: &PathExpression, field: &str) -> Result<Value, Raise> {
        self.select(path).map_err(|_| {
            Raise::runtime(format!("The {field} parameter does not reference an input value: {}", path.text))
        })
    }

    /// The document in which `path` was sought, as messages quote it.
    pub fn searched(&self, path: &PathExpression) -> String {
        match &path.root {
            Root::Context => text::compact(self.context.value()),
            _ => text::compact(self.input),
        }
    }
}

fn missing_variable(path: &PathExpression) -> String {
    match &path.root {
        Root::Variable(name) => format!("The variable '{name}' is not defined"),
        _ => "No results".to_owned(),
    }
}
