//! The intrinsic functions of JSONPath mode, `States.Format('{}', $.a)`.
//!
//! Source: Step Functions developer guide, "Intrinsic functions".

mod array;
mod math;
mod parse;
mod string;

use crate::data::path::PathExpression;
use crate::data::text::size;
use crate::limits::MAX_EVALUATION;
use crate::raise::Raise;
use crate::scope::Scope;
use serde_json::Value;

/// A call as written.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub text: String,
    pub function: Function,
    pub arguments: Vec<Argument>,
}

#[derive(Clone, Debug)]
pub(crate) enum Argument {
    Path(PathExpression),
    /// A number, `true`, `false` or `null`.
    Literal(Value),
    /// A quoted string as written, escapes included: `States.Format` reads `\{` differently.
    Text(String),
    Call(Box<Call>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Format,
    StringToJson,
    JsonToString,
    Array,
    ArrayPartition,
    ArrayContains,
    ArrayRange,
    ArrayGetItem,
    ArrayLength,
    ArrayUnique,
    Base64Encode,
    Base64Decode,
    Hash,
    JsonMerge,
    MathRandom,
    MathAdd,
    StringSplit,
    Uuid,
}

/// Name, function, fewest and most arguments.
const FUNCTIONS: [(&str, Function, usize, usize); 18] = [
    ("States.Format", Function::Format, 1, usize::MAX),
    ("States.StringToJson", Function::StringToJson, 1, 1),
    ("States.JsonToString", Function::JsonToString, 1, 1),
    ("States.Array", Function::Array, 0, usize::MAX),
    ("States.ArrayPartition", Function::ArrayPartition, 2, 2),
    ("States.ArrayContains", Function::ArrayContains, 2, 2),
    ("States.ArrayRange", Function::ArrayRange, 3, 3),
    ("States.ArrayGetItem", Function::ArrayGetItem, 2, 2),
    ("States.ArrayLength", Function::ArrayLength, 1, 1),
    ("States.ArrayUnique", Function::ArrayUnique, 1, 1),
    ("States.Base64Encode", Function::Base64Encode, 1, 1),
    ("States.Base64Decode", Function::Base64Decode, 1, 1),
    ("States.Hash", Function::Hash, 2, 2),
    ("States.JsonMerge", Function::JsonMerge, 3, 3),
    ("States.MathRandom", Function::MathRandom, 2, 3),
    ("States.MathAdd", Function::MathAdd, 2, 2),
    ("States.StringSplit", Function::StringSplit, 2, 2),
    ("States.UUID", Function::Uuid, 0, 0),
];

/// The names of all intrinsic functions, `States.Format` and so on.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.into_iter().map(|(name, ..)| name)
}

impl Call {
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Call, parse::SyntaxError> {
        parse::call(text)
    }

    /// Whether no literal argument is of a type that the function never takes.
    fn literals_fit(&self) -> bool {
        let fits = |(index, argument): (usize, &Argument)| match (self.function, argument) {
            (Function::MathAdd | Function::MathRandom | Function::ArrayRange, Argument::Text(_)) => false,
            (Function::MathAdd | Function::MathRandom | Function::ArrayRange, Argument::Literal(value)) => {
                value.is_number()
            }
            (Function::ArrayPartition | Function::ArrayGetItem, Argument::Text(_)) => index == 0,
            (Function::JsonMerge, Argument::Literal(value)) => index == 2 && value.is_boolean(),
            _ => true,
        };
        self.arguments.iter().enumerate().all(fits)
    }

    /// Every path that the call and those inside it read.
    pub fn paths(&self) -> Vec<&PathExpression> {
        let mut found = Vec::new();
        for argument in &self.arguments {
            match argument {
                Argument::Path(path) => found.push(path),
                Argument::Call(call) => found.extend(call.paths()),
                Argument::Literal(_) | Argument::Text(_) => {}
            }
        }
        found
    }

    /// # Errors
    /// `States.IntrinsicFailure` when an argument does not fit, `States.Runtime` when a path selects nothing.
    pub fn evaluate(&self, scope: &Scope<'_>) -> Result<Value, Raise> {
        let mut values = Vec::with_capacity(self.arguments.len());
        let mut total = 0;
        for argument in &self.arguments {
            let value = match argument {
                Argument::Path(path) => scope.select(path).map_err(|_| self.missing(path, scope))?,
                Argument::Literal(value) => value.clone(),
                Argument::Text(text) if self.function == Function::Format => Value::String(text.clone()),
                Argument::Text(text) => Value::String(parse::unescape(text)),
                Argument::Call(call) => call.evaluate(scope)?,
            };
            total += size(&value);
            if total > MAX_EVALUATION {
                return Err(self.failure(&format!("The arguments exceed the maximum of {MAX_EVALUATION} bytes")));
            }
            values.push(value);
        }
        self.apply(&values, scope).map_err(|reason| self.failure(&reason))
    }

    fn missing(&self, path: &PathExpression, scope: &Scope<'_>) -> Raise {
        Raise::runtime(format!(
            "The function '{}' had the following error: The JsonPath argument for the field '{}' could not be found in \
             the input '{}'",
            self.text,
            path.text,
            scope.searched(path)
        ))
    }

    fn failure(&self, reason: &str) -> Raise {
        Raise::intrinsic(format!("The function '{}' had the following error: {reason}", self.text))
    }

    fn apply(&self, values: &[Value], scope: &Scope<'_>) -> Result<Value, String> {
        match self.function {
            Function::Format => string::format(values, matches!(self.arguments.first(), Some(Argument::Text(_)))),
            Function::StringToJson => string::to_json(values),
            Function::JsonToString => Ok(Value::String(crate::data::text::compact(&values[0]))),
            Function::StringSplit => string::split(values),
            Function::Base64Encode => string::base64_encode(values),
            Function::Base64Decode => string::base64_decode(values),
            Function::Hash => string::hash(values),
            Function::JsonMerge => string::merge(values),
            Function::Uuid => Ok(Value::String(uuid(&mut scope.random.borrow_mut()))),
            Function::Array => Ok(Value::Array(values.to_vec())),
            Function::ArrayPartition => array::partition(values),
            Function::ArrayContains => array::contains(values),
            Function::ArrayRange => array::range(values),
            Function::ArrayGetItem => array::get_item(values),
            Function::ArrayLength => array::length(values),
            Function::ArrayUnique => array::unique(values),
            Function::MathRandom => math::random(values, &mut scope.random.borrow_mut()),
            Function::MathAdd => math::add(values),
        }
    }
}

/// A version 4 UUID from the execution's own randomness.
pub(crate) fn uuid(random: &mut fastrand::Rng) -> String {
    let mut bytes = [0; 16];
    random.fill(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

/// The digest of `data` in lower-case hexadecimal, `None` for an unknown algorithm.
pub(crate) fn digest(data: &str, algorithm: &str) -> Option<String> {
    string::digest(data, algorithm)
}
