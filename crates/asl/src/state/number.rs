//! Whole numbers and percentages of a state's fields, wherever they come from.

use crate::data::text::{compact, whole};
use crate::machine::Source;
use crate::raise::Raise;
use crate::scope::Scope;
use serde_json::Value;

impl Source<u64> {
    /// The number of the field `field`.
    pub fn number(&self, field: &str, scope: &Scope<'_>) -> Result<u64, Raise> {
        let given = self.integer(field, scope)?;
        u64::try_from(given).map_err(|_| Raise::runtime(format!("{field} cannot be negative.")))
    }

    /// The same, where a negative number is not yet wrong.
    pub fn integer(&self, field: &str, scope: &Scope<'_>) -> Result<i64, Raise> {
        Ok(match self {
            Source::Literal(number) => i64::try_from(*number).unwrap_or(i64::MAX),
            Source::Path(path) => {
                let value = scope.select_path(path)?;
                parsed(&value).ok_or_else(|| not_an_integer(field, &value, &path.text))?
            }
            Source::Jsonata(expression) => {
                let value = expression.evaluate(scope)?;
                let number = whole(&value).filter(|_| value.is_number());
                number.ok_or_else(|| expression.unexpected("number", &value))?
            }
        })
    }
}

impl Source<f64> {
    /// The percentage of the field `field`.
    pub fn percentage(&self, field: &str, scope: &Scope<'_>) -> Result<f64, Raise> {
        let given = match self {
            Source::Literal(number) => return Ok(*number),
            Source::Path(path) => {
                let value = scope.select_path(path)?;
                let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok());
                number.ok_or_else(|| {
                    Raise::runtime(format!(
                        "The {field}Path field refers to value \"{}\" which is not a valid float: {}",
                        plain(&value),
                        path.text
                    ))
                })?
            }
            Source::Jsonata(expression) => {
                let value = expression.evaluate(scope)?;
                value.as_f64().ok_or_else(|| expression.unexpected("number", &value))?
            }
        };
        if (0.0..=100.0).contains(&given) {
            Ok(given)
        } else {
            Err(Raise::runtime(format!("{field} must be between 0 and 100.")))
        }
    }
}

/// An integer, or a string that writes one.
fn parsed(value: &Value) -> Option<i64> {
    whole(value).or_else(|| value.as_str()?.trim().parse().ok())
}

fn not_an_integer(field: &str, value: &Value, path: &str) -> Raise {
    Raise::runtime(format!(
        "The {field}Path field refers to value \"{}\" which is not a valid integer: {path}",
        plain(value)
    ))
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| compact(value), str::to_owned)
}
