//! From a JSON definition to a program, collecting every problem on the way.
//!
//! Observed: the messages are those that ValidateStateMachineDefinition gives, as far as recordings and reports show them.

pub(crate) mod choice;
mod graph;
mod map;
pub(crate) mod references;
pub(crate) mod state;
mod template;

pub(crate) use map::LABEL_REFUSED;

use crate::machine::{Block, BlockIndex, Kind, Program, QueryLanguage, State};
use crate::problem::Problem;
use crate::resource::Resource;
use serde_json::{Map, Value};
use std::collections::HashSet;
use std::sync::Arc;

/// Longest definition, in bytes. Source: Step Functions API reference, CreateStateMachine.
const MAX_DEFINITION: usize = 1_048_576;
/// Deepest nesting of states machines within states.
const MAX_NESTING: usize = 64;
/// The message for a list or an object that must not be empty.
const EMPTY: &str = "Value cannot be empty";
/// Longest name of a state, in characters. Source: developer guide, "States".
const MAX_NAME: usize = 80;

/// The JSON value of a definition's text.
///
/// # Errors
/// `INVALID_JSON_DESCRIPTION` where the text is no JSON.
pub(crate) fn json(definition: &str) -> Result<Value, Problem> {
    if definition.len() > MAX_DEFINITION {
        return Err(Problem::error(
            "INVALID_JSON_DESCRIPTION",
            "/",
            format!("The definition is longer than {MAX_DEFINITION} bytes"),
        ));
    }
    if definition.trim().is_empty() {
        return Err(Problem { location: None, ..Problem::schema("", "Definition must be a valid JSON object") });
    }
    serde_json::from_str(definition).map_err(|error| not_json(definition, &error))
}

/// Observed: the message tells the token that is none and where it ends, in the words of the parser that Step Functions uses.
fn not_json(definition: &str, error: &serde_json::Error) -> Problem {
    /// As much of the definition as is quoted.
    const QUOTED: usize = 500;
    let quoted = match definition.char_indices().nth(QUOTED) {
        None => format!("(String)\"{definition}\""),
        Some((end, _)) => {
            let rest = definition[end..].chars().count();
            format!("(String)\"{}\"[truncated {rest} chars]", &definition[..end])
        }
    };
    let (line, column) = (error.line(), error.column());
    let text = definition.lines().nth(line.saturating_sub(1)).unwrap_or_default();
    let is_word = |c: &u8| c.is_ascii_alphanumeric() || *c == b'_' || *c == b'$';
    let bytes = text.as_bytes();
    let at = column.saturating_sub(1).min(bytes.len());
    let start = at - bytes[..at].iter().rev().take_while(|c| is_word(c)).count();
    let length = bytes[start..].iter().take_while(|c| is_word(c)).count();
    let word = text.get(start..start + length).filter(|word| word.starts_with(|c: char| c.is_ascii_alphabetic()));
    let (what, column) = match word {
        Some(word) => (
            format!(
                "Unrecognized token '{word}': was expecting (JSON String, Number, Array, Object or token 'null', 'true' \
                 or 'false')"
            ),
            start + length + 1,
        ),
        None => {
            let words = error.to_string();
            (words.split(" at line ").next().unwrap_or_default().to_owned(), column)
        }
    };
    let place = format!("[Source: {quoted}; line: {line}, column: {column}]");
    Problem::error("INVALID_JSON_DESCRIPTION", place.clone(), format!("{what}\n at {place}"))
}

/// The program of a definition.
///
/// # Errors
/// All problems, when one of them is an error.
pub(crate) fn machine(definition: &Value, kind: Kind) -> Result<Program, Vec<Problem>> {
    let mut parser = Parser::new(kind);
    let program = parser.program(definition);
    match program {
        Some(program) if !parser.problems.iter().any(Problem::is_error) => {
            Ok(Program { warnings: parser.problems, ..program })
        }
        _ => Err(parser.problems),
    }
}

/// A single state, as TestState takes it.
///
/// # Errors
/// As [`machine`].
pub(crate) fn lone_state(definition: &Value) -> Result<Program, Vec<Problem>> {
    let mut parser = Parser::new(Kind::Standard);
    parser.lone = true;
    let mut states = Map::new();
    states.insert(LONE_STATE.to_owned(), definition.clone());
    let machine = serde_json::json!({"StartAt": LONE_STATE, "States": states});
    let program = parser.program(&machine);
    match program {
        Some(program) if !parser.problems.iter().any(Problem::is_error) => Ok(program),
        _ => Err(parser.problems),
    }
}

/// The name that TestState gives a state without a machine.
pub(crate) const LONE_STATE: &str = "StateName";

pub(crate) struct Parser {
    pub problems: Vec<Problem>,
    blocks: Vec<Block>,
    names: HashSet<String>,
    resources: Vec<(Resource, String)>,
    kind: Kind,
    language: QueryLanguage,
    depth: usize,
    /// A state on its own: where it leads need not exist.
    lone: bool,
    /// The names it leads to, which stand for states behind it.
    lone_targets: Vec<String>,
}

impl Parser {
    fn new(kind: Kind) -> Parser {
        Parser {
            problems: Vec::new(),
            blocks: Vec::new(),
            names: HashSet::new(),
            resources: Vec::new(),
            kind,
            language: QueryLanguage::JsonPath,
            depth: 0,
            lone: false,
            lone_targets: Vec::new(),
        }
    }

    fn program(&mut self, definition: &Value) -> Option<Program> {
        let fields = self.object(definition, "")?;
        const ALLOWED: [&str; 6] = ["Comment", "StartAt", "States", "Version", "TimeoutSeconds", "QueryLanguage"];
        self.only(fields, &ALLOWED, "");
        self.language = self.query_language(fields, "").unwrap_or(QueryLanguage::JsonPath);
        if fields.get("Version").is_some_and(|version| version != "1.0") {
            self.schema("/Version", "Value must be '1.0'");
        }
        let comment = self.string(fields, "Comment", "").map(str::to_owned);
        let timeout_s = self.number(fields, "TimeoutSeconds", "", 1, 99_999_999);
        let root = self.block(fields, "")?;
        if root != 0 {
            return None;
        }
        Some(Program {
            blocks: std::mem::take(&mut self.blocks),
            comment,
            timeout_s,
            warnings: Vec::new(),
            resources: std::mem::take(&mut self.resources),
        })
    }

    /// The states under `fields["States"]`, added to the program.
    fn block(&mut self, fields: &Map<String, Value>, location: &str) -> Option<BlockIndex> {
        let missing: Vec<&str> = ["States", "StartAt"].into_iter().filter(|name| !fields.contains_key(*name)).collect();
        if !missing.is_empty() {
            self.schema(location, format!("These fields are required: [{}]", missing.join(", ")));
            return None;
        }
        if self.depth >= MAX_NESTING {
            self.schema(location, "States nest too deeply");
            return None;
        }
        let start = self.string(fields, "StartAt", location)?.to_owned();
        let states_at = format!("{location}/States");
        let states = self.object(fields.get("States")?, &states_at)?;
        if states.is_empty() {
            self.schema(&states_at, EMPTY);
            return None;
        }
        let index = self.blocks.len();
        self.blocks.push(Block::default());
        let by_name = states.keys().enumerate().map(|(at, name)| (Arc::from(name.as_str()), at)).collect();
        let block = Block { start: 0, states: Vec::with_capacity(states.len()), by_name };
        self.depth += 1;
        let mut block = self.states(states, &states_at, block);
        self.depth -= 1;
        match block.by_name.get(start.as_str()) {
            Some(at) => block.start = *at,
            None => self.missing_target(&start, &format!("{location}/StartAt")),
        }
        graph::check(self, states, &start, location);
        if block.states.len() < states.len() {
            return None;
        }
        if index == 0 {
            block.states.extend(self.lone_targets.iter().map(|name| State::ending(name)));
        }
        self.blocks[index] = block;
        Some(index)
    }

    fn states(&mut self, states: &Map<String, Value>, location: &str, mut block: Block) -> Block {
        for (name, definition) in states {
            let at = format!("{location}/{}", pointer(name));
            if name.is_empty() || name.chars().count() > MAX_NAME {
                let message = format!("The state name must have 1 to {MAX_NAME} characters");
                self.problems.push(Problem::error("INVALID_STATE_NAME", at.clone(), message));
            }
            if !self.names.insert(name.clone()) {
                self.problems.push(Problem::error(
                    "DUPLICATE_STATE_NAME",
                    at.clone(),
                    format!("Duplicate state name: {name}"),
                ));
            }
            if let Some(state) = self.state(name, definition, &at, &block) {
                block.states.push(state);
            }
        }
        block
    }

    /// Whether the state being read is the one that stands alone.
    fn is_lone(&self) -> bool {
        self.lone && self.depth == 1
    }

    /// The index of the state that stands for `name` behind a lone state.
    fn lone_target(&mut self, name: &str) -> usize {
        let known = self.lone_targets.iter().position(|target| target == name);
        1 + known.unwrap_or_else(|| {
            self.lone_targets.push(name.to_owned());
            self.lone_targets.len() - 1
        })
    }

    fn missing_target(&mut self, name: &str, location: &str) {
        self.problems.push(Problem::error(
            "MISSING_TRANSITION_TARGET",
            location,
            format!("Missing 'Next' target: {name}"),
        ));
    }

    fn schema(&mut self, location: &str, message: impl Into<String>) {
        self.problems.push(Problem::schema(location, message));
    }

    fn object<'a>(&mut self, value: &'a Value, location: &str) -> Option<&'a Map<String, Value>> {
        let object = value.as_object();
        if object.is_none() {
            self.schema(location, "Expected value of type Object");
        }
        object
    }

    fn array<'a>(&mut self, value: &'a Value, location: &str) -> Option<&'a Vec<Value>> {
        let array = value.as_array();
        if array.is_none() {
            self.schema(location, "Expected value of type Array");
        }
        array
    }

    fn string<'a>(&mut self, fields: &'a Map<String, Value>, name: &str, location: &str) -> Option<&'a str> {
        let value = fields.get(name)?;
        let text = value.as_str();
        if text.is_none() {
            self.schema(&format!("{location}/{name}"), "Expected value of type String");
        }
        text
    }

    /// A whole number in the field, checked against its bounds.
    fn number(
        &mut self,
        fields: &Map<String, Value>,
        name: &str,
        location: &str,
        least: u64,
        most: u64,
    ) -> Option<u64> {
        let value = fields.get(name)?;
        let at = format!("{location}/{name}");
        let Some(number) = crate::data::text::whole(value).filter(|_| value.is_number()) else {
            self.schema(&at, "Expected value of type Integer");
            return None;
        };
        match u64::try_from(number) {
            Ok(number) if number >= least && number <= most => Some(number),
            Ok(number) if number > most => {
                self.schema(&at, format!("Maximum value is {most}"));
                None
            }
            _ => {
                self.schema(&at, format!("Minimum value is {least}"));
                None
            }
        }
    }

    /// Refuses every field that is not among `allowed`.
    fn only(&mut self, fields: &Map<String, Value>, allowed: &[&str], location: &str) {
        for name in fields.keys().filter(|name| !allowed.contains(&name.as_str())) {
            self.schema(location, format!("Field '{name}' is not supported"));
        }
    }

    fn one_of(&mut self, fields: &Map<String, Value>, names: &[&str], location: &str) {
        if names.iter().filter(|name| fields.contains_key(**name)).count() > 1 {
            self.schema(location, format!("There should only be one of the following fields: [{}]", names.join(", ")));
        }
    }

    fn query_language(&mut self, fields: &Map<String, Value>, location: &str) -> Option<QueryLanguage> {
        match self.string(fields, "QueryLanguage", location)? {
            "JSONPath" => Some(QueryLanguage::JsonPath),
            "JSONata" => Some(QueryLanguage::Jsonata),
            _ => {
                self.schema(
                    &format!("{location}/QueryLanguage"),
                    "The field 'QueryLanguage' should have one of these values: [JSONPath, JSONata]",
                );
                None
            }
        }
    }
}

/// A name as a part of a JSON pointer.
fn pointer(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
