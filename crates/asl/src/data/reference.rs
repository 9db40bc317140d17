//! Reference paths: where `ResultPath` puts a value.
//!
//! Source: States Language specification, "Reference Paths".

use super::path::{Path, PathExpression, Root, Step};
use serde_json::{Map, Value};

/// Names (and indices) from the root of the input.
#[derive(Clone, Debug)]
pub(crate) struct ReferencePath {
    pub text: String,
    steps: Vec<Step>,
}

/// The value cannot be put there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mismatch;

impl ReferencePath {
    /// `None` when the path is not a reference path of the input.
    pub fn of(expression: PathExpression) -> Option<ReferencePath> {
        let Path { steps, function } = expression.path;
        let plain = function.is_none() && steps.iter().all(|step| matches!(step, Step::Name(_) | Step::Index(_)));
        (plain && expression.root == Root::Input).then_some(ReferencePath { text: expression.text, steps })
    }

    /// Whether the path is `$`.
    pub fn is_root(&self) -> bool {
        self.steps.is_empty()
    }

    /// `input` with `result` at the path; missing objects are made.
    ///
    /// # Errors
    /// [`Mismatch`] when something on the way is neither an object nor an array that is long enough.
    pub fn insert(&self, mut input: Value, result: Value) -> Result<Value, Mismatch> {
        if self.steps.is_empty() {
            return Ok(result);
        }
        put(&mut input, &self.steps, result)?;
        Ok(input)
    }
}

fn put(target: &mut Value, steps: &[Step], result: Value) -> Result<(), Mismatch> {
    let Some((step, rest)) = steps.split_first() else {
        *target = result;
        return Ok(());
    };
    let inner = match (step, target) {
        (Step::Name(name), Value::Object(members)) => {
            let value = members.entry(name.clone()).or_insert(Value::Null);
            if value.is_null() && matches!(rest.first(), Some(Step::Name(_))) {
                *value = Value::Object(Map::new());
            }
            value
        }
        (Step::Index(index), Value::Array(items)) => {
            let position = usize::try_from(*index).map_err(|_| Mismatch)?;
            items.get_mut(position).ok_or(Mismatch)?
        }
        _ => return Err(Mismatch),
    };
    put(inner, rest, result)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn insert(path: &str, input: Value, result: Value) -> Result<Value, Mismatch> {
        ReferencePath::of(PathExpression::parse(path).unwrap()).unwrap().insert(input, result)
    }

    #[test]
    fn missing_objects_on_the_way_are_made() {
        assert_eq!(insert("$.a.b", json!({"k": 1}), json!(2)), Ok(json!({"k": 1, "a": {"b": 2}})));
        assert_eq!(insert("$.a[1]", json!({"a": [1, 2]}), json!(9)), Ok(json!({"a": [1, 9]})));
        assert_eq!(insert("$", json!(1), json!(2)), Ok(json!(2)));
    }

    #[test]
    fn what_is_no_object_takes_no_member() {
        assert_eq!(insert("$.a", json!([1]), json!(2)), Err(Mismatch));
        assert_eq!(insert("$.a.b", json!({"a": 5}), json!(2)), Err(Mismatch));
        assert_eq!(insert("$.a[3]", json!({"a": [1]}), json!(2)), Err(Mismatch));
    }
}
