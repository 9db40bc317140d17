//! The members of an input, checked against the API's model with the words AWS uses.
//!
//! Every violation is collected and reported in one `ValidationException`, as AWS's front end does before the service
//! sees the call.

use serde_json::Value;

use crate::wire::Fault;

/// The members of one input.
pub struct Members<'a> {
    input: &'a Value,
    violations: Vec<String>,
    mistyped: Option<Fault>,
}

impl<'a> Members<'a> {
    /// The members of `input`.
    pub fn of(input: &'a Value) -> Members<'a> {
        Members { input, violations: Vec::new(), mistyped: None }
    }

    /// The member itself, if it is there and not null.
    pub fn value(&self, name: &str) -> Option<&'a Value> {
        self.input.get(name).filter(|value| !value.is_null())
    }

    /// A text of `min` to `max` characters that has to be there.
    pub fn required(&mut self, name: &str, min: usize, max: usize) -> &'a str {
        match self.value(name) {
            Some(_) => self.text(name, min, max).unwrap_or_default(),
            None => {
                self.missing(name);
                ""
            }
        }
    }

    /// A text of `min` to `max` characters.
    pub fn text(&mut self, name: &str, min: usize, max: usize) -> Option<&'a str> {
        let value = self.value(name)?;
        let Some(text) = value.as_str() else {
            self.mistyped(value, "String");
            return None;
        };
        let length = text.chars().count();
        if length > max {
            self.violate(text, name, &format!("Member must have length less than or equal to {max}"));
        }
        if length < min {
            self.violate(text, name, &format!("Member must have length greater than or equal to {min}"));
        }
        Some(text)
    }

    /// A whole number from `min` to `max`.
    pub fn integer(&mut self, name: &str, min: i64, max: i64) -> Option<i64> {
        let value = self.value(name)?;
        let Some(number) = value.as_i64() else {
            self.mistyped(value, "Integer");
            return None;
        };
        if number > max {
            self.violate(&number.to_string(), name, &format!("Member must have value less than or equal to {max}"));
        }
        if number < min {
            self.violate(&number.to_string(), name, &format!("Member must have value greater than or equal to {min}"));
        }
        Some(number)
    }

    /// A number from `min` to `max`.
    pub fn decimal(&mut self, name: &str, min: f64, max: f64) -> Option<f64> {
        let value = self.value(name)?;
        let Some(number) = value.as_f64() else {
            self.mistyped(value, "Float");
            return None;
        };
        if number > max {
            self.violate(&number.to_string(), name, &format!("Member must have value less than or equal to {max}"));
        }
        if number < min {
            self.violate(&number.to_string(), name, &format!("Member must have value greater than or equal to {min}"));
        }
        Some(number)
    }

    /// One of `words`.
    pub fn choice(&mut self, name: &str, words: &[&'static str]) -> Option<&'a str> {
        let value = self.value(name)?;
        let Some(text) = value.as_str() else {
            self.mistyped(value, "String");
            return None;
        };
        if !words.contains(&text) {
            let set = words.join(", ");
            self.violate(text, name, &format!("Member must satisfy enum value set: [{set}]"));
        }
        Some(text)
    }

    /// True or false.
    pub fn flag(&mut self, name: &str) -> Option<bool> {
        let value = self.value(name)?;
        let flag = value.as_bool();
        if flag.is_none() {
            self.mistyped(value, "Boolean");
        }
        flag
    }

    /// A list; empty when it is missing.
    pub fn list(&mut self, name: &str) -> &'a [Value] {
        match self.value(name) {
            None => &[],
            Some(Value::Array(items)) => items,
            Some(other) => {
                self.mistyped(other, "List");
                &[]
            }
        }
    }

    /// Notes that a required member is missing.
    pub fn missing(&mut self, name: &str) {
        self.violations.push(format!("Value null at '{name}' failed to satisfy constraint: Member must not be null"));
    }

    /// Notes that `value` at `name` breaks `constraint`.
    pub fn violate(&mut self, value: &str, name: &str, constraint: &str) {
        self.violations.push(format!("Value '{value}' at '{name}' failed to satisfy constraint: {constraint}"));
    }

    /// The end of the checks.
    ///
    /// # Errors
    /// `SerializationException` where a member has another type, else `ValidationException` with every violation.
    pub fn finish(self) -> Result<(), Fault> {
        if let Some(fault) = self.mistyped {
            return Err(fault);
        }
        match self.violations.len() {
            0 => Ok(()),
            1 => Err(validation(format!("1 validation error detected: {}", self.violations[0]))),
            count => Err(validation(format!("{count} validation errors detected: {}", self.violations.join("; ")))),
        }
    }

    fn mistyped(&mut self, value: &Value, wanted: &str) {
        let found = match value {
            Value::String(_) => "STRING_VALUE",
            Value::Number(_) => "NUMBER_VALUE",
            Value::Bool(true) => "TRUE_VALUE",
            Value::Bool(false) => "FALSE_VALUE",
            Value::Array(_) => "START_ARRAY",
            Value::Object(_) => "START_OBJECT",
            Value::Null => "NULL_VALUE",
        };
        self.mistyped.get_or_insert_with(|| {
            Fault::sender("SerializationException", format!("{found} cannot be converted to {wanted}"))
        });
    }
}

/// A `ValidationException` with `message`.
pub fn validation(message: impl Into<String>) -> Fault {
    Fault::sender("ValidationException", message)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_violation_is_reported_at_once() {
        let input = json!({"maxResults": 1001, "nextToken": ""});
        let mut members = Members::of(&input);
        members.integer("maxResults", 0, 1000);
        members.text("nextToken", 1, 1024);
        members.required("stateMachineArn", 1, 256);
        assert_eq!(
            members.finish().unwrap_err().message,
            "3 validation errors detected: Value '1001' at 'maxResults' failed to satisfy constraint: Member must have \
             value less than or equal to 1000; Value '' at 'nextToken' failed to satisfy constraint: Member must have \
             length greater than or equal to 1; Value null at 'stateMachineArn' failed to satisfy constraint: Member \
             must not be null"
        );
    }

    #[test]
    fn another_type_is_a_serialization_fault() {
        let input = json!({"name": 1});
        let mut members = Members::of(&input);
        members.text("name", 1, 80);
        assert_eq!(members.finish().unwrap_err().code, "SerializationException");
    }
}
