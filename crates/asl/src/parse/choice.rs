//! Compiles the rules of a Choice state.

use super::state::Part;
use super::template::{Phase, Site};
use super::{EMPTY, Parser};
use crate::machine::{Body, QueryLanguage};
use crate::state::choice::{
    Comparison, Condition, Kind, Operand, Property, Relation, Rule, Test, literal_type, pieces,
};
use serde_json::{Map, Value};

/// Deepest nesting of And, Or and Not.
const MAX_DEPTH: usize = 64;

const KINDS: [(&str, Kind); 4] =
    [("String", Kind::String), ("Numeric", Kind::Numeric), ("Boolean", Kind::Boolean), ("Timestamp", Kind::Timestamp)];
const RELATIONS: [(&str, Relation); 5] = [
    ("Equals", Relation::Equals),
    ("LessThan", Relation::LessThan),
    ("GreaterThan", Relation::GreaterThan),
    ("LessThanEquals", Relation::LessThanEquals),
    ("GreaterThanEquals", Relation::GreaterThanEquals),
];
const PROPERTIES: [(&str, Property); 6] = [
    ("IsNull", Property::Null),
    ("IsPresent", Property::Present),
    ("IsNumeric", Property::Numeric),
    ("IsString", Property::String),
    ("IsBoolean", Property::Boolean),
    ("IsTimestamp", Property::Timestamp),
];

/// Whether the field is one of the data-test operators.
fn operator(name: &str) -> Option<(Kind, Relation, bool)> {
    let (plain, path) = match name.strip_suffix("Path") {
        Some(plain) => (plain, true),
        None => (name, false),
    };
    let (kind, rest) = KINDS.into_iter().find_map(|(prefix, kind)| Some((kind, plain.strip_prefix(prefix)?)))?;
    let relation = RELATIONS.into_iter().find(|(word, _)| *word == rest)?.1;
    (kind != Kind::Boolean || relation == Relation::Equals).then_some((kind, relation, path))
}

/// Every comparison operator.
pub(crate) fn operator_names() -> impl Iterator<Item = String> {
    let compared = KINDS.into_iter().flat_map(|(kind, _)| RELATIONS.map(|(relation, _)| format!("{kind}{relation}")));
    let both = compared.flat_map(|plain| [format!("{plain}Path"), plain]);
    let others = ["And", "Or", "Not", "StringMatches"].into_iter().chain(PROPERTIES.map(|(word, _)| word));
    both.chain(others.map(str::to_owned)).filter(|name| is_operator(name))
}

impl Parser {
    pub(super) fn choices(&mut self, part: &Part<'_>) -> Option<Body> {
        let Some(choices) = part.fields.get("Choices") else {
            self.schema(part.at, "These fields are required: [Choices]");
            return None;
        };
        let at = format!("{}/Choices", part.at);
        let choices = self.array(choices, &at)?;
        if choices.is_empty() {
            self.schema(&at, EMPTY);
        }
        let mut rules = Vec::with_capacity(choices.len());
        for (index, rule) in choices.iter().enumerate() {
            rules.extend(self.rule(rule, &format!("{at}[{index}]"), index, part));
        }
        let default = match part.fields.contains_key("Default") {
            true => Some(self.target(part.fields, "Default", part.at, part.block)?),
            false => None,
        };
        (rules.len() == choices.len()).then_some(Body::Choice { rules, default })
    }

    fn rule(&mut self, rule: &Value, at: &str, index: usize, part: &Part<'_>) -> Option<Rule> {
        let fields = self.object(rule, at)?;
        if !fields.contains_key("Next") {
            self.schema(at, "These fields are required: [Next]");
            return None;
        }
        let next = self.target(fields, "Next", at, part.block)?;
        let site = |field| Site { owner: at, field, language: part.language, phase: Phase::Before };
        let assign = self.assign(fields, &site("Assign"));
        let (condition, output) = match part.language {
            QueryLanguage::Jsonata => {
                self.only(fields, &["Condition", "Next", "Assign", "Output", "Comment"], at);
                let condition = self.condition(fields, at, index)?;
                (condition, self.template(fields, &site("Output")))
            }
            QueryLanguage::JsonPath => (Condition::Test(self.test(fields, at, MAX_DEPTH, true)?), None),
        };
        Some(Rule { condition, next, assign, output })
    }

    fn condition(&mut self, fields: &Map<String, Value>, at: &str, index: usize) -> Option<Condition> {
        let location = format!("{at}/Condition");
        match fields.get("Condition") {
            None => {
                self.schema(at, "These fields are required: [Condition]");
                None
            }
            Some(Value::Bool(value)) => Some(Condition::Literal(*value)),
            Some(Value::String(text)) if crate::jsonata::inner(text).is_some() => {
                let inner = crate::jsonata::inner(text).unwrap_or_default();
                let name = format!("Choices[{index}]/Condition");
                self.expression(inner, &name, &location, Phase::Before).map(Condition::Jsonata)
            }
            Some(_) => {
                self.schema(&location, "Value must be a boolean or a JSONata expression in '{% %}'");
                None
            }
        }
    }

    fn test(&mut self, fields: &Map<String, Value>, at: &str, depth: usize, top: bool) -> Option<Test> {
        let Some(depth) = depth.checked_sub(1) else {
            self.schema(at, "Rules nest too deeply");
            return None;
        };
        if !top && (fields.contains_key("Next") || fields.contains_key("Assign")) {
            let name = if fields.contains_key("Next") { "Next" } else { "Assign" };
            self.schema(at, format!("Field '{name}' is not supported"));
        }
        let operators: Vec<&String> = fields.keys().filter(|name| is_operator(name)).collect();
        for name in fields.keys() {
            let known = ["Next", "Assign", "Comment", "Variable"].contains(&name.as_str()) || is_operator(name);
            if !known {
                self.schema(at, format!("Field '{name}' is not supported"));
            }
        }
        let [name] = operators[..] else {
            let words = if operators.is_empty() { "one" } else { "only one" };
            self.schema(at, format!("There should be {words} comparison operator"));
            return None;
        };
        let value = fields.get(name)?;
        let location = format!("{at}/{name}");
        match name.as_str() {
            "And" => self.tests(value, &location, depth).map(Test::And),
            "Or" => self.tests(value, &location, depth).map(Test::Or),
            "Not" => {
                let inner = self.object(value, &location)?;
                self.test(inner, &location, depth, false).map(|test| Test::Not(Box::new(test)))
            }
            _ => self.comparison(fields, name, value, at),
        }
    }

    fn tests(&mut self, value: &Value, at: &str, depth: usize) -> Option<Vec<Test>> {
        let list = self.array(value, at)?;
        if list.is_empty() {
            self.schema(at, EMPTY);
            return None;
        }
        let mut tests = Vec::with_capacity(list.len());
        for (index, entry) in list.iter().enumerate() {
            let at = format!("{at}[{index}]");
            let Some(fields) = self.object(entry, &at) else { continue };
            tests.extend(self.test(fields, &at, depth, false));
        }
        (tests.len() == list.len()).then_some(tests)
    }

    fn comparison(&mut self, fields: &Map<String, Value>, name: &str, value: &Value, at: &str) -> Option<Test> {
        if !fields.contains_key("Variable") {
            self.schema(at, "These fields are required: [Variable]");
            return None;
        }
        let variable = self.path(fields, "Variable", at)?;
        let location = format!("{at}/{name}");
        let comparison = if let Some((_, property)) = PROPERTIES.into_iter().find(|(word, _)| *word == name) {
            let Some(wanted) = value.as_bool() else {
                self.schema(&location, "Expected value of type Boolean");
                return None;
            };
            Comparison::Is(property, wanted)
        } else if name == "StringMatches" {
            self.warn_of_path(value, &location);
            Comparison::Matches(pieces(self.string(fields, name, at)?))
        } else {
            let (kind, relation, path) = operator(name)?;
            let operand = if path {
                Operand::Path(self.path(fields, name, at)?)
            } else if kind.takes(value) {
                self.warn_of_path(value, &location);
                Operand::Literal(value.clone())
            } else {
                self.schema(&location, format!("The value of '{name}' must not be of type {}", literal_type(value)));
                return None;
            };
            Comparison::Order { kind, relation, operand }
        };
        Some(Test::Compare { variable, comparison })
    }
}

fn is_operator(name: &str) -> bool {
    matches!(name, "And" | "Or" | "Not" | "StringMatches")
        || PROPERTIES.iter().any(|(word, _)| *word == name)
        || operator(name).is_some()
}
