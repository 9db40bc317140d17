//! JSONata expressions, `{% … %}`: the engine behind one door, with Step Functions' bindings and added functions.
//!
//! Source: Step Functions developer guide, "Transforming data with JSONata". Why this engine: docs/design/jsonata.md.

use crate::data::text;
use crate::limits::MAX_EVALUATION;
use crate::raise::Raise;
use crate::scope::Scope;
use jlens_core::reads::Read;
use jlens_core::{Bindings, HostFunction, Options};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

/// Most steps of one evaluation, so that no expression runs for ever: steps, not time, so that the same expression ends the
/// same everywhere.
const MAX_STEPS: u64 = 2_000_000;
/// The same where the text can hold a regular expression, of which one step stands for 1,024 of its own.
const MAX_STEPS_WITH_PATTERN: u64 = 200_000;
/// Most items of an array and most bytes of a text that an evaluation makes on its way, so that none takes all memory.
const MAX_ITEMS: usize = 1_000_000;
const MAX_TEXT: usize = MAX_EVALUATION;

/// A compiled expression and the field it stands in.
#[derive(Clone, Debug)]
pub(crate) struct Expression {
    /// What is between `{%` and `%}`, trimmed.
    pub text: String,
    /// `Output/a`, as messages name the field.
    pub location: String,
    compiled: jlens_core::Expression,
    reads: Arc<BTreeMap<String, Read>>,
    /// Whether the text names one of the added functions.
    calls_added: bool,
}

/// The text inside `{% %}`, if `text` is an expression.
pub(crate) fn inner(text: &str) -> Option<&str> {
    Some(text.strip_prefix("{%")?.strip_suffix("%}")?.trim())
}

impl Expression {
    /// # Errors
    /// What is wrong with the text, in JSONata's words.
    pub fn compile(text: &str, location: &str) -> Result<Expression, String> {
        let compiled = jlens_core::Expression::compile(text).map_err(|error| error.message())?;
        let reads = Arc::new(compiled.reads().bindings().clone());
        let calls_added = ADDED.iter().any(|name| text.contains(name));
        Ok(Expression { text: text.to_owned(), location: location.to_owned(), compiled, reads, calls_added })
    }

    /// The names of the variables it refers to, without those of Step Functions.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.reads.keys().map(String::as_str).filter(|name| *name != "states" && !ADDED.contains(name))
    }

    /// Whether `$states.NAME` may be read.
    pub fn reads_state(&self, name: &str) -> bool {
        match self.reads.get("states") {
            None => false,
            Some(Read::Whole) => true,
            Some(Read::Fields(fields)) => fields.contains_key(name),
        }
    }

    /// Whether `$states.NAME` is certainly read by name.
    pub fn reads_only_state(&self, name: &str) -> bool {
        matches!(self.reads.get("states"), Some(Read::Fields(fields)) if fields.contains_key(name))
    }

    /// # Errors
    /// `States.QueryEvaluationError`.
    pub fn evaluate(&self, scope: &Scope<'_>) -> Result<Value, Raise> {
        let seed = scope.random.borrow_mut().u64(..);
        let options = Options::new()
            .now(scope.now.0)
            .seed(seed)
            .max_steps(self.max_steps())
            .max_array_length(MAX_ITEMS)
            .max_string_length(MAX_TEXT)
            .max_result_size(MAX_EVALUATION);
        let bindings = self.bindings(scope);
        match self.compiled.evaluate_with(None, &bindings, &options) {
            Ok(Some(value)) => Ok(value),
            Ok(None) if self.gives_function() => Err(self.failure("returned an unsupported result type.")),
            Ok(None) => Err(self.failure("returned nothing (undefined).")),
            Err(error) => {
                Err(self.failure(&format!("threw an error during evaluation. {}: {}", error.code(), error.message())))
            }
        }
    }

    fn max_steps(&self) -> u64 {
        // A regular expression stands between two slashes, and nothing makes one from text.
        if self.text.matches('/').count() < 2 { MAX_STEPS } else { MAX_STEPS_WITH_PATTERN }
    }

    /// The sentence for a result of the wrong type.
    pub fn unexpected(&self, expected: &str, value: &Value) -> Raise {
        self.failure(&format!(
            "returned an unexpected result type. Expected '{expected}', but was '{}' for value: {}",
            text::type_name(value),
            text::compact(value)
        ))
    }

    fn failure(&self, what: &str) -> Raise {
        Raise::query(
            format!("The JSONata expression '{}' specified for the field '{}' {what}", self.text, self.location),
            &self.location,
        )
    }

    /// Whether the value is a function rather than nothing: asked only when there is no JSON value.
    fn gives_function(&self) -> bool {
        let probe = format!("$type(({}))", self.text);
        let Ok(probe) = jlens_core::Expression::compile(&probe) else { return false };
        let options =
            Options::new().max_steps(self.max_steps()).max_array_length(MAX_ITEMS).max_string_length(MAX_TEXT);
        matches!(probe.evaluate_with(None, &Bindings::new(), &options), Ok(Some(Value::String(kind))) if kind == "function")
    }

    fn bindings(&self, scope: &Scope<'_>) -> Bindings {
        let mut bindings = Bindings::new();
        for name in self.variables() {
            if let Some(value) = scope.variables.get(name) {
                bindings = bindings.var(name, value.clone());
            }
        }
        if self.reads.contains_key("states") {
            bindings = bindings.var("states", Value::Object(self.states(scope)));
        }
        if self.calls_added { added_functions(bindings, scope) } else { bindings }
    }

    /// The members of the context object that the expression may read.
    fn context(&self, scope: &Scope<'_>) -> Value {
        let Some(Read::Fields(states)) = self.reads.get("states") else { return scope.context.value().clone() };
        let Some(Read::Fields(members)) = states.get("context") else { return scope.context.value().clone() };
        let mut context = Map::new();
        for name in members.keys() {
            if let Value::Object(section) = scope.context.section(name) {
                context.extend(section);
            }
        }
        Value::Object(context)
    }

    fn states(&self, scope: &Scope<'_>) -> Map<String, Value> {
        let mut states = Map::new();
        if self.reads_state("input") {
            states.insert("input".into(), scope.input.clone());
        }
        if self.reads_state("context") {
            states.insert("context".into(), self.context(scope));
        }
        if let Some(result) = scope.result.filter(|_| self.reads_state("result")) {
            states.insert("result".into(), result.clone());
        }
        if let Some(error) = scope.error_output.filter(|_| self.reads_state("errorOutput")) {
            states.insert("errorOutput".into(), error.clone());
        }
        states
    }
}

/// The functions that Step Functions adds. `$eval` it takes away.
const ADDED: [&str; 7] = ["partition", "range", "hash", "random", "uuid", "parse", "eval"];

static PARTITION: LazyLock<Option<HostFunction>> = LazyLock::new(|| function("<an:a>", partition));
static RANGE: LazyLock<Option<HostFunction>> = LazyLock::new(|| function("<nnn:j>", range));
static HASH: LazyLock<Option<HostFunction>> = LazyLock::new(|| function("<js?:s>", hash));
static PARSE: LazyLock<Option<HostFunction>> = LazyLock::new(|| function("<s:j>", parse));
static EVAL: LazyLock<HostFunction> =
    LazyLock::new(|| HostFunction::new(1, |_, _| Err(fault("The $eval function is not supported"))));

type Arguments<'a> = &'a [Option<Value>];
type Outcome = Result<Option<Value>, jlens_core::Error>;

fn function(signature: &str, body: fn(Arguments<'_>) -> Outcome) -> Option<HostFunction> {
    HostFunction::with_signature(signature, move |arguments, _| body(arguments)).ok()
}

fn fault(message: &str) -> jlens_core::Error {
    jlens_core::Error::new("D3141").with("message", message)
}

fn added_functions(bindings: Bindings, scope: &Scope<'_>) -> Bindings {
    let shared = [("partition", &PARTITION), ("range", &RANGE), ("hash", &HASH), ("parse", &PARSE)];
    let mut bindings = shared.into_iter().fold(bindings, |bindings, (name, function)| match &**function {
        Some(function) => bindings.function(name, function.clone()),
        None => bindings,
    });
    bindings = bindings.function("eval", EVAL.clone());
    let seed = scope.random.borrow_mut().u64(..);
    let random = std::sync::Mutex::new(fastrand::Rng::with_seed(seed));
    let random = Arc::new(random);
    let uuids = Arc::clone(&random);
    bindings
        .function(
            "uuid",
            HostFunction::new(0, move |_, _| {
                Ok(uuids.lock().ok().map(|mut random| Value::String(crate::intrinsic::uuid(&mut random))))
            }),
        )
        .function(
            "random",
            HostFunction::new(1, move |arguments, _| {
                let seeded = arguments.first().and_then(Option::as_ref).and_then(Value::as_f64);
                let number = match seeded {
                    Some(seed) => Some(fastrand::Rng::with_seed(seed.to_bits()).f64()),
                    None => random.lock().ok().map(|mut random| random.f64()),
                };
                Ok(number.map(Value::from))
            }),
        )
}

fn argument(arguments: Arguments<'_>, index: usize) -> Option<&Value> {
    arguments.get(index)?.as_ref()
}

fn partition(arguments: Arguments<'_>) -> Outcome {
    let Some(items) = argument(arguments, 0).and_then(Value::as_array) else { return Ok(None) };
    let size = argument(arguments, 1).and_then(Value::as_f64).unwrap_or(0.0).floor();
    if size < 1.0 {
        return Err(fault("The second argument of $partition must be positive"));
    }
    if items.is_empty() {
        return Ok(None);
    }
    Ok(Some(items.chunks(size as usize).map(|part| Value::Array(part.to_vec())).collect()))
}

fn range(arguments: Arguments<'_>) -> Outcome {
    let number = |index| argument(arguments, index).and_then(Value::as_f64);
    let (Some(from), Some(to), Some(step)) = (number(0), number(1), number(2)) else { return Ok(None) };
    if step == 0.0 {
        return Err(fault("The third argument of $range must not be zero"));
    }
    let count = ((to - from) / step).floor();
    if count >= MAX_ITEMS as f64 {
        return Err(fault("The result of $range has too many items"));
    }
    let mut items: Vec<Value> = Vec::new();
    if count >= 0.0 {
        items.extend((0..=count as u64).map(|n| number_of(from + n as f64 * step)));
    }
    // A sequence of one is that one, as everywhere in JSONata.
    Ok(match items.len() {
        0 => None,
        1 => items.pop(),
        _ => Some(Value::Array(items)),
    })
}

fn number_of(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 9.0e15 { Value::from(number as i64) } else { Value::from(number) }
}

fn hash(arguments: Arguments<'_>) -> Outcome {
    let Some(value) = argument(arguments, 0) else { return Ok(None) };
    let data = match value {
        Value::String(text) => text.clone(),
        other => text::compact(other),
    };
    let algorithm = argument(arguments, 1).and_then(Value::as_str).unwrap_or("SHA-256");
    match crate::intrinsic::digest(&data, algorithm) {
        Some(digest) => Ok(Some(Value::String(digest))),
        None => Err(fault("The second argument of $hash must be one of MD5, SHA-1, SHA-256, SHA-384, SHA-512")),
    }
}

fn parse(arguments: Arguments<'_>) -> Outcome {
    match argument(arguments, 0).and_then(Value::as_str) {
        None => Ok(None),
        Some(text) => serde_json::from_str(text).map(Some).map_err(|_| fault("$parse: the argument is not valid JSON")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_regular_expression_does_is_counted() {
        let text = "$match('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!', /^(a+)+$/)";
        let compiled = jlens_core::Expression::compile(text).unwrap();
        let options = Options::new().max_steps(500);
        let error = compiled.evaluate_with(None, &Bindings::new(), &options).unwrap_err();
        assert_eq!(error.code(), "U1006");
        assert_eq!(Expression::compile(text, "Output").unwrap().max_steps(), MAX_STEPS_WITH_PATTERN);
        assert_eq!(Expression::compile("1 / 2", "Output").unwrap().max_steps(), MAX_STEPS);
    }
}
