//! Template and variables to text.

use std::collections::HashMap;
use std::rc::Rc;

use indexmap::IndexMap;
use serde_json::Value as Json;

use super::input::Input;
use super::method;
use super::syntax::{Expression, Node, Operator, Reference, Step};
use super::value::{SharedMap, Value, equal};
use super::{Template, TemplateError, util};

/// A template may take this many steps; each node and expression is one.
const STEPS: usize = 200_000;
/// The result may have this many bytes.
/// Source: API Gateway quotas, payload size 10 MB.
const OUTPUT_BYTES: usize = 10 * 1024 * 1024;
/// All texts on the way to the result may have this many bytes together.
const MADE_BYTES: usize = 64 * 1024 * 1024;
/// A `#define` used within itself ends here.
const DEPTH: usize = 64;

/// What a template sees.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    /// The body of the request or of the integration's answer.
    pub body: String,
    /// `path`, `querystring` and `header` parameters.
    pub path: IndexMap<String, String>,
    pub querystring: IndexMap<String, String>,
    pub header: IndexMap<String, String>,
    /// `$context`.
    pub context: Json,
    /// `$stageVariables`.
    pub stage_variables: IndexMap<String, String>,
}

/// What a template made: its text, and what it set in `$context`.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub text: String,
    /// `$context.requestOverride` and `$context.responseOverride` as JSON, where the template set them.
    pub overrides: Json,
}

/// Renders `template`.
///
/// # Errors
/// For methods that values do not have, and templates without an end.
pub fn render(template: &Template, variables: &Variables) -> Result<Outcome, TemplateError> {
    let context = lenient(Value::of(&variables.context));
    let stage: IndexMap<String, Value> =
        variables.stage_variables.iter().map(|(name, value)| (name.clone(), Value::Text(value.clone()))).collect();
    let mut names = HashMap::new();
    names.insert("context".to_owned(), context.clone());
    names.insert("stageVariables".to_owned(), lenient(Value::map(stage)));
    names.insert("input".to_owned(), Value::Input);
    names.insert("util".to_owned(), Value::Util);
    let mut evaluator = Evaluator { names, input: Input::new(variables), steps: 0, depth: 0, made: 0 };
    let mut text = String::new();
    evaluator.nodes(&template.nodes, &mut text)?;
    let overrides = match &context {
        Value::Lenient(entries) => serde_json::from_str(&Value::Map(Rc::clone(entries)).json()).unwrap_or(Json::Null),
        _ => Json::Null,
    };
    Ok(Outcome { text, overrides })
}

/// The same map, but answering an empty text for what it has not.
fn lenient(value: Value) -> Value {
    match value {
        Value::Map(entries) => {
            for value in entries.borrow_mut().values_mut() {
                *value = lenient(std::mem::replace(value, Value::Null));
            }
            Value::Lenient(entries)
        }
        Value::Null => Value::Lenient(SharedMap::default()),
        other => other,
    }
}

/// Why a run of nodes ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    On,
    Break,
    Stop,
}

pub(super) struct Evaluator<'a> {
    names: HashMap<String, Value>,
    pub(super) input: Input<'a>,
    steps: usize,
    depth: usize,
    made: usize,
}

impl Evaluator<'_> {
    fn step(&mut self) -> Result<(), TemplateError> {
        self.steps += 1;
        if self.steps > STEPS {
            return Err(TemplateError::Evaluation("the mapping template takes too many steps".to_owned()));
        }
        Ok(())
    }

    fn write(&mut self, out: &mut String, text: &str) -> Result<(), TemplateError> {
        if out.len() + text.len() > OUTPUT_BYTES {
            return Err(TemplateError::Evaluation("the mapping template writes more than 10 MB".to_owned()));
        }
        self.made(text.len())?;
        out.push_str(text);
        Ok(())
    }

    /// Counts the bytes of texts that the template makes on the way.
    fn made(&mut self, bytes: usize) -> Result<(), TemplateError> {
        self.made += bytes;
        if self.made > MADE_BYTES {
            return Err(TemplateError::Evaluation("the mapping template makes too much text".to_owned()));
        }
        Ok(())
    }

    fn account(&mut self, value: Option<&Value>) -> Result<(), TemplateError> {
        match value {
            Some(Value::Text(text)) => self.made(text.len()),
            _ => Ok(()),
        }
    }

    fn nodes(&mut self, nodes: &[Node], out: &mut String) -> Result<Flow, TemplateError> {
        for node in nodes {
            self.step()?;
            let flow = match node {
                Node::Text(text) => self.write(out, text).map(|()| Flow::On)?,
                Node::Reference(reference) => self.show(reference, out)?,
                Node::Set { target, value } => self.set(target, value)?,
                Node::If { branches, otherwise } => self.branch(branches, otherwise, out)?,
                Node::Foreach { name, items, body } => self.foreach(name, items, body, out)?,
                Node::Define { name, body } => {
                    self.names.insert(name.clone(), Value::Block(Rc::from(body.as_slice())));
                    Flow::On
                }
                Node::Break => Flow::Break,
                Node::Stop => Flow::Stop,
            };
            if flow != Flow::On {
                return Ok(flow);
            }
        }
        Ok(Flow::On)
    }

    fn show(&mut self, reference: &Reference, out: &mut String) -> Result<Flow, TemplateError> {
        match self.reference(reference)? {
            Some(value) => {
                let text = self.text(&value)?;
                self.write(out, &text)?;
            }
            None if reference.quiet => {}
            None => self.write(out, &reference.source)?,
        }
        Ok(Flow::On)
    }

    /// A value as the result shows it; a `#define` is evaluated now.
    pub(super) fn text(&mut self, value: &Value) -> Result<String, TemplateError> {
        let Value::Block(nodes) = value else { return Ok(value.text()) };
        if self.depth >= DEPTH {
            return Err(TemplateError::Evaluation("a #define uses itself".to_owned()));
        }
        self.depth += 1;
        let mut out = String::new();
        let result = self.nodes(nodes, &mut out);
        self.depth -= 1;
        result.map(|_| out)
    }

    fn set(&mut self, target: &Reference, value: &Expression) -> Result<Flow, TemplateError> {
        let value = self.expression(value)?.unwrap_or(Value::Null);
        let Some((last, before)) = target.steps.split_last() else {
            self.names.insert(target.name.clone(), value);
            return Ok(Flow::On);
        };
        let holder = Reference { steps: before.to_vec(), ..target.clone() };
        let Some(holder) = self.reference(&holder)? else {
            return Err(TemplateError::Evaluation(format!("{} is set in something undefined", target.source)));
        };
        match (last, holder) {
            (Step::Property(name), Value::Map(entries) | Value::Lenient(entries)) => {
                entries.borrow_mut().insert(name.clone(), value);
            }
            (Step::Index(index), Value::Map(entries) | Value::Lenient(entries)) => {
                let key = self.expression(index)?.unwrap_or(Value::Null).text();
                entries.borrow_mut().insert(key, value);
            }
            (Step::Index(index), Value::List(items)) => {
                let index = self.expression(index)?.unwrap_or(Value::Null);
                method::put_at(&items, &index, value)?;
            }
            (_, holder) => {
                return Err(TemplateError::Evaluation(format!("{} cannot be set in {}", target.source, holder.kind())));
            }
        }
        Ok(Flow::On)
    }

    fn branch(
        &mut self,
        branches: &[(Expression, Vec<Node>)],
        otherwise: &[Node],
        out: &mut String,
    ) -> Result<Flow, TemplateError> {
        for (test, body) in branches {
            if self.expression(test)?.is_some_and(|value| value.is_true()) {
                return self.nodes(body, out);
            }
        }
        self.nodes(otherwise, out)
    }

    fn foreach(
        &mut self,
        name: &str,
        items: &Expression,
        body: &[Node],
        out: &mut String,
    ) -> Result<Flow, TemplateError> {
        let items = match self.expression(items)? {
            Some(Value::List(items)) => items.borrow().to_vec(),
            Some(Value::Map(entries) | Value::Lenient(entries)) => entries.borrow().values().cloned().collect(),
            _ => Vec::new(),
        };
        let shadowed = [name, "foreach", "velocityCount"].map(|name| (name.to_owned(), self.names.get(name).cloned()));
        let parent = self.names.get("foreach").cloned().unwrap_or(Value::Null);
        let length = items.len();
        let mut ended = Flow::On;
        for (index, item) in items.into_iter().enumerate() {
            self.step()?;
            self.names.insert(name.to_owned(), item);
            self.names.insert("foreach".to_owned(), position(index, length, &parent));
            self.names.insert("velocityCount".to_owned(), Value::Integer(index as i64 + 1));
            match self.nodes(body, out)? {
                Flow::On => {}
                Flow::Break => break,
                Flow::Stop => {
                    ended = Flow::Stop;
                    break;
                }
            }
        }
        for (name, value) in shadowed {
            match value {
                Some(value) => drop(self.names.insert(name, value)),
                None => drop(self.names.remove(&name)),
            }
        }
        Ok(ended)
    }

    /// What a reference means, or nothing when it is undefined.
    fn reference(&mut self, reference: &Reference) -> Result<Option<Value>, TemplateError> {
        self.step()?;
        let Some(mut value) = self.names.get(&reference.name).cloned() else { return Ok(None) };
        for step in &reference.steps {
            let next = match step {
                Step::Property(name) => method::property(self, &value, name)?,
                Step::Index(index) => {
                    let index = self.expression(index)?.unwrap_or(Value::Null);
                    method::at(&value, &index)
                }
                Step::Call(name, arguments) => {
                    let mut given = Vec::new();
                    for argument in arguments {
                        given.push(self.expression(argument)?.unwrap_or(Value::Null));
                    }
                    match value {
                        Value::Util => util::call(self, name, &given)?,
                        Value::Input => self.input.call(name, &given)?,
                        Value::Block(_) => {
                            let text = Value::Text(self.text(&value)?);
                            method::call(&text, name, &given)?
                        }
                        _ => method::call(&value, name, &given)?,
                    }
                }
            };
            self.account(next.as_ref())?;
            match next {
                Some(next) => value = next,
                None => return Ok(None),
            }
        }
        Ok(match value {
            Value::Null => None,
            value => Some(value),
        })
    }

    fn expression(&mut self, expression: &Expression) -> Result<Option<Value>, TemplateError> {
        self.step()?;
        Ok(Some(match expression {
            Expression::Null => Value::Null,
            Expression::Boolean(flag) => Value::Boolean(*flag),
            Expression::Integer(number) => Value::Integer(*number),
            Expression::Float(number) => Value::Float(*number),
            Expression::Text(text) => Value::Text(text.clone()),
            Expression::Interpolated(nodes) => {
                let mut text = String::new();
                self.nodes(nodes, &mut text)?;
                Value::Text(text)
            }
            Expression::Reference(reference) => return self.reference(reference),
            Expression::List(items) => {
                let mut list = Vec::new();
                for item in items {
                    list.push(self.expression(item)?.unwrap_or(Value::Null));
                }
                Value::list(list)
            }
            Expression::Range(first, last) => self.range(first, last)?,
            Expression::Map(entries) => {
                let mut map = IndexMap::new();
                for (key, value) in entries {
                    let key = self.expression(key)?.unwrap_or(Value::Null).text();
                    map.insert(key, self.expression(value)?.unwrap_or(Value::Null));
                }
                Value::map(map)
            }
            Expression::Not(inner) => Value::Boolean(!self.expression(inner)?.is_some_and(|value| value.is_true())),
            Expression::Negative(inner) => match self.expression(inner)? {
                Some(Value::Integer(number)) => Value::Integer(number.wrapping_neg()),
                Some(Value::Float(number)) => Value::Float(-number),
                _ => Value::Null,
            },
            Expression::Binary(operator, left, right) => return self.binary(*operator, left, right),
        }))
    }

    fn range(&mut self, first: &Expression, last: &Expression) -> Result<Value, TemplateError> {
        let (Some(Value::Integer(first)), Some(Value::Integer(last))) =
            (self.expression(first)?, self.expression(last)?)
        else {
            return Ok(Value::Null);
        };
        if first.abs_diff(last) as usize > STEPS {
            return Err(TemplateError::Evaluation("a range is too long".to_owned()));
        }
        let numbers: Vec<Value> = match first <= last {
            true => (first..=last).map(Value::Integer).collect(),
            false => (last..=first).rev().map(Value::Integer).collect(),
        };
        Ok(Value::list(numbers))
    }

    fn binary(
        &mut self,
        operator: Operator,
        left: &Expression,
        right: &Expression,
    ) -> Result<Option<Value>, TemplateError> {
        let left = self.expression(left)?.unwrap_or(Value::Null);
        match (operator, left.is_true()) {
            (Operator::And, false) => return Ok(Some(Value::Boolean(false))),
            (Operator::Or, true) => return Ok(Some(Value::Boolean(true))),
            _ => {}
        }
        let right = self.expression(right)?.unwrap_or(Value::Null);
        let (left, right) = (self.settled(left)?, self.settled(right)?);
        let result = combine(operator, &left, &right);
        self.account(Some(&result))?;
        Ok(Some(result))
    }

    /// A `#define` counts as its text in comparisons and sums.
    fn settled(&mut self, value: Value) -> Result<Value, TemplateError> {
        match value {
            Value::Block(_) => self.text(&value).map(Value::Text),
            value => Ok(value),
        }
    }
}

/// `$foreach`.
fn position(index: usize, length: usize, parent: &Value) -> Value {
    let entries = [
        ("index", Value::Integer(index as i64)),
        ("count", Value::Integer(index as i64 + 1)),
        ("hasNext", Value::Boolean(index + 1 < length)),
        ("first", Value::Boolean(index == 0)),
        ("last", Value::Boolean(index + 1 == length)),
        ("parent", parent.clone()),
    ];
    Value::map(entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn combine(operator: Operator, left: &Value, right: &Value) -> Value {
    match operator {
        Operator::And | Operator::Or => Value::Boolean(right.is_true()),
        Operator::Equal => Value::Boolean(equal(left, right)),
        Operator::NotEqual => Value::Boolean(!equal(left, right)),
        Operator::Less => compared(left, right, |left, right| left < right),
        Operator::LessOrEqual => compared(left, right, |left, right| left <= right),
        Operator::Greater => compared(left, right, |left, right| left > right),
        Operator::GreaterOrEqual => compared(left, right, |left, right| left >= right),
        Operator::Add if left.number().is_none() || right.number().is_none() => match (left, right) {
            (Value::Null, _) | (_, Value::Null) => Value::Null,
            _ => Value::Text(left.text() + &right.text()),
        },
        _ => calculated(operator, left, right),
    }
}

/// Comparisons of what is no number are false, as in Velocity.
fn compared(left: &Value, right: &Value, test: impl Fn(f64, f64) -> bool) -> Value {
    match (left.number(), right.number()) {
        (Some(left), Some(right)) => Value::Boolean(test(left, right)),
        _ => Value::Boolean(false),
    }
}

fn calculated(operator: Operator, left: &Value, right: &Value) -> Value {
    if let (Value::Integer(left), Value::Integer(right)) = (left, right) {
        let result = match operator {
            Operator::Add => Some(left.wrapping_add(*right)),
            Operator::Subtract => Some(left.wrapping_sub(*right)),
            Operator::Multiply => Some(left.wrapping_mul(*right)),
            Operator::Divide => left.checked_div(*right),
            _ => left.checked_rem(*right),
        };
        return result.map_or(Value::Null, Value::Integer);
    }
    let (Some(left), Some(right)) = (left.number(), right.number()) else { return Value::Null };
    match operator {
        Operator::Add => Value::Float(left + right),
        Operator::Subtract => Value::Float(left - right),
        Operator::Multiply => Value::Float(left * right),
        Operator::Divide if right != 0.0 => Value::Float(left / right),
        Operator::Remainder if right != 0.0 => Value::Float(left % right),
        _ => Value::Null,
    }
}
