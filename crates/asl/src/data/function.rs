//! The functions that may close a JSONPath: `.length()`, `.sum()`, ….

use super::path::{NoResult, Path, Reader, SyntaxError};
use serde_json::{Value, json};

#[derive(Clone, Debug)]
pub(crate) struct Function {
    name: Name,
    arguments: Vec<Argument>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    Length,
    Min,
    Max,
    Avg,
    Sum,
    StdDev,
    Keys,
    First,
    Last,
    Index,
    Concat,
    Append,
}

#[derive(Clone, Debug)]
enum Argument {
    Literal(Value),
    Path(Path),
}

impl Function {
    /// The function `name` whose opening parenthesis has been read.
    pub fn read(name: &str, reader: &mut Reader<'_>) -> Result<Function, SyntaxError> {
        let name = match name {
            "length" | "size" => Name::Length,
            "min" => Name::Min,
            "max" => Name::Max,
            "avg" => Name::Avg,
            "sum" => Name::Sum,
            "stddev" => Name::StdDev,
            "keys" => Name::Keys,
            "first" => Name::First,
            "last" => Name::Last,
            "index" => Name::Index,
            "concat" => Name::Concat,
            "append" => Name::Append,
            other => return Err(reader.error(&format!("there is no function '{other}'"))),
        };
        let mut arguments = Vec::new();
        reader.space();
        while !reader.eat(")") {
            if !arguments.is_empty() {
                reader.expect(",")?;
                reader.space();
            }
            arguments.push(argument(reader)?);
            reader.space();
        }
        Ok(Function { name, arguments })
    }

    /// # Errors
    /// In Jayway's words, when the function does not fit the value.
    pub fn apply(&self, value: &Value, root: &Value) -> Result<Value, NoResult> {
        let items = value.as_array();
        match self.name {
            Name::Length => match value {
                Value::Array(items) => Ok(json!(items.len())),
                Value::Object(members) => Ok(json!(members.len())),
                Value::String(text) => Ok(json!(text.encode_utf16().count())),
                _ => Ok(Value::Null),
            },
            Name::Keys => match value {
                Value::Object(members) => Ok(members.keys().cloned().map(Value::String).collect()),
                _ => Ok(Value::Null),
            },
            Name::First => self.item(items, 0),
            Name::Last => self.item(items, -1),
            Name::Index => {
                let index = self.values(root).first().and_then(Value::as_i64).unwrap_or(0);
                self.item(items, index)
            }
            Name::Append => {
                let mut all = items.cloned().unwrap_or_default();
                all.extend(self.values(root));
                Ok(Value::Array(all))
            }
            Name::Concat => {
                let own = items.map(Vec::as_slice).unwrap_or_default().iter().filter_map(Value::as_str);
                let given = self.values(root);
                let text: String = own.chain(given.iter().filter_map(Value::as_str)).collect();
                Ok(Value::String(text))
            }
            Name::Min | Name::Max | Name::Avg | Name::Sum | Name::StdDev => self.statistic(items, root),
        }
    }

    fn values(&self, root: &Value) -> Vec<Value> {
        self.arguments
            .iter()
            .filter_map(|argument| match argument {
                Argument::Literal(value) => Some(value.clone()),
                Argument::Path(path) => path.select(root).ok(),
            })
            .collect()
    }

    fn item(&self, items: Option<&Vec<Value>>, index: i64) -> Result<Value, NoResult> {
        let missing = || NoResult("Aggregation function attempted to calculate value using empty array".into());
        let items = items.filter(|items| !items.is_empty()).ok_or_else(missing)?;
        let position = if index < 0 { index + items.len() as i64 } else { index };
        usize::try_from(position).ok().and_then(|at| items.get(at)).cloned().ok_or_else(missing)
    }

    fn statistic(&self, items: Option<&Vec<Value>>, root: &Value) -> Result<Value, NoResult> {
        let own = items.map(Vec::as_slice).unwrap_or_default().iter().filter_map(Value::as_f64);
        let given = self.values(root);
        let numbers: Vec<f64> = own.chain(given.iter().filter_map(Value::as_f64)).collect();
        if numbers.is_empty() {
            return Err(NoResult("Aggregation function attempted to calculate value using empty array".into()));
        }
        let count = numbers.len() as f64;
        let sum: f64 = numbers.iter().sum();
        Ok(json!(match self.name {
            Name::Min => numbers.iter().copied().fold(f64::INFINITY, f64::min),
            Name::Max => numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            Name::Avg => sum / count,
            Name::StdDev => {
                let squares: f64 = numbers.iter().map(|n| n * n).sum();
                (squares / count - (sum / count).powi(2)).max(0.0).sqrt()
            }
            _ => sum,
        }))
    }
}

fn argument(reader: &mut Reader<'_>) -> Result<Argument, SyntaxError> {
    match reader.peek() {
        Some('$') => {
            reader.next();
            Ok(Argument::Path(reader.deeper(Reader::path)?))
        }
        Some('\'' | '"') => Ok(Argument::Literal(Value::String(reader.quoted()?))),
        _ => {
            let text = reader.take_while(|c| c.is_alphanumeric() || "+-._".contains(c));
            serde_json::from_str(text).map(Argument::Literal).map_err(|_| reader.error("a value is missing"))
        }
    }
}
