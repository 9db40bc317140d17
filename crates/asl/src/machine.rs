//! A parsed definition: blocks of states, ready to run.

use crate::data::path::PathExpression;
use crate::data::reference::ReferencePath;
use crate::data::template::Template;
use crate::jsonata::Expression;
use crate::problem::Problem;
use crate::resource::Resource;
use crate::state::choice::Rule;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;

/// The rules that an execution runs under.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Kind {
    #[default]
    Standard,
    Express,
}

/// The language in which a state's fields are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum QueryLanguage {
    #[default]
    JsonPath,
    Jsonata,
}

/// The eight state types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum StateKind {
    Pass,
    Task,
    Choice,
    Wait,
    Succeed,
    Fail,
    Parallel,
    Map,
}

impl StateKind {
    /// All of them.
    pub const ALL: [StateKind; 8] = [
        StateKind::Pass,
        StateKind::Task,
        StateKind::Choice,
        StateKind::Wait,
        StateKind::Succeed,
        StateKind::Fail,
        StateKind::Parallel,
        StateKind::Map,
    ];

    /// The `Type` in a definition.
    pub fn name(self) -> &'static str {
        match self {
            StateKind::Pass => "Pass",
            StateKind::Task => "Task",
            StateKind::Choice => "Choice",
            StateKind::Wait => "Wait",
            StateKind::Succeed => "Succeed",
            StateKind::Fail => "Fail",
            StateKind::Parallel => "Parallel",
            StateKind::Map => "Map",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<StateKind> {
        const ALL: [StateKind; 8] = [
            StateKind::Pass,
            StateKind::Task,
            StateKind::Choice,
            StateKind::Wait,
            StateKind::Succeed,
            StateKind::Fail,
            StateKind::Parallel,
            StateKind::Map,
        ];
        ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A state machine whose definition has no errors. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Machine(pub(crate) Arc<Program>);

impl Machine {
    /// The machine of a JSON text.
    ///
    /// # Errors
    /// Every problem that the static checks find, warnings included, when at least one is an error.
    pub fn parse(definition: &str) -> Result<Machine, Vec<Problem>> {
        Machine::parse_as(definition, Kind::Standard)
    }

    /// The same for a machine of the given type: Express machines may not wait for callbacks or jobs.
    ///
    /// # Errors
    /// As [`Machine::parse`].
    pub fn parse_as(definition: &str, kind: Kind) -> Result<Machine, Vec<Problem>> {
        let value = crate::parse::json(definition).map_err(|problem| vec![problem])?;
        Machine::from_value(&value, kind)
    }

    /// The machine of a JSON value.
    ///
    /// # Errors
    /// As [`Machine::parse`].
    pub fn from_value(definition: &Value, kind: Kind) -> Result<Machine, Vec<Problem>> {
        crate::parse::machine(definition, kind).map(|program| Machine(Arc::new(program)))
    }

    /// What the checks only warn about.
    pub fn warnings(&self) -> &[Problem] {
        &self.0.warnings
    }

    /// Every resource that a Task, ItemReader or ResultWriter names, with its JSON pointer.
    pub fn resources(&self) -> impl Iterator<Item = (&Resource, &str)> {
        self.0.resources.iter().map(|(resource, location)| (resource, location.as_str()))
    }

    /// `variableReferences` of DescribeStateMachine: for each state that refers to variables of an `Assign`, their names in
    /// alphabetical order; states in the order of the definition.
    pub fn variable_references(&self) -> Vec<(String, Vec<String>)> {
        crate::parse::references::of_program(&self.0)
    }

    /// The names of all states, with their kinds, in the order of the definition, those of branches and maps after the
    /// states around them.
    pub fn states(&self) -> impl Iterator<Item = (&str, StateKind)> {
        self.0.blocks.iter().flat_map(|block| block.states.iter()).map(|state| (&*state.name, state.kind()))
    }

    /// What `Comment` says.
    pub fn comment(&self) -> Option<&str> {
        self.0.comment.as_deref()
    }
}

/// Index of a block in its program.
pub(crate) type BlockIndex = usize;

#[derive(Debug)]
pub(crate) struct Program {
    /// The machine's own states are block 0.
    pub blocks: Vec<Block>,
    pub comment: Option<String>,
    pub timeout_s: Option<u64>,
    pub warnings: Vec<Problem>,
    pub resources: Vec<(Resource, String)>,
}

/// The states of a machine, a branch or an item processor.
#[derive(Debug, Default)]
pub(crate) struct Block {
    pub start: usize,
    pub states: Vec<State>,
    pub by_name: HashMap<Arc<str>, usize>,
}

/// A JSONPath-mode selection that may be switched off with `null`.
#[derive(Debug)]
pub(crate) enum Selection {
    Whole,
    /// `null`: an empty object instead.
    Nothing,
    Path(PathExpression),
}

/// Where a result goes.
#[derive(Debug)]
pub(crate) enum ResultPath {
    Replace,
    Discard,
    Insert(ReferencePath),
}

/// A number, timestamp or the like: given, or found while running.
#[derive(Debug)]
pub(crate) enum Source<T> {
    Literal(T),
    Path(PathExpression),
    Jsonata(Expression),
}

#[derive(Debug)]
pub(crate) struct State {
    pub name: Arc<str>,
    pub language: QueryLanguage,
    pub next: Next,
    pub input_path: Selection,
    pub output_path: Selection,
    pub result_path: ResultPath,
    /// `Parameters` or `Arguments`.
    pub arguments: Option<Template>,
    pub result_selector: Option<Template>,
    pub output: Option<Template>,
    pub assign: Option<Template>,
    pub retry: Vec<Retrier>,
    pub catch: Vec<Catcher>,
    pub body: Body,
}

impl State {
    /// A state that only stands for its name.
    pub fn ending(name: &str) -> State {
        State {
            name: Arc::from(name),
            language: QueryLanguage::JsonPath,
            next: Next::End,
            input_path: Selection::Whole,
            output_path: Selection::Whole,
            result_path: ResultPath::Replace,
            arguments: None,
            result_selector: None,
            output: None,
            assign: None,
            retry: Vec::new(),
            catch: Vec::new(),
            body: Body::Succeed,
        }
    }

    pub fn kind(&self) -> StateKind {
        match &self.body {
            Body::Pass { .. } => StateKind::Pass,
            Body::Task(_) => StateKind::Task,
            Body::Choice { .. } => StateKind::Choice,
            Body::Wait(_) => StateKind::Wait,
            Body::Succeed => StateKind::Succeed,
            Body::Fail(_) => StateKind::Fail,
            Body::Parallel { .. } => StateKind::Parallel,
            Body::Map(_) => StateKind::Map,
        }
    }
}

/// Where a state leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    End,
    State(usize),
}

#[derive(Debug)]
pub(crate) enum Body {
    Pass { result: Option<Value> },
    Task(Box<TaskBody>),
    Choice { rules: Vec<Rule>, default: Option<usize> },
    Wait(WaitBody),
    Succeed,
    Fail(Box<FailBody>),
    Parallel { branches: Vec<BlockIndex> },
    Map(Box<MapBody>),
}

#[derive(Debug)]
pub(crate) struct TaskBody {
    pub resource: Resource,
    pub timeout: Option<Source<u64>>,
    pub heartbeat: Option<Source<u64>>,
    pub credentials: Option<Template>,
}

#[derive(Debug)]
pub(crate) enum WaitBody {
    Seconds(Source<u64>),
    Until(Source<String>),
}

/// A text of a Fail state.
#[derive(Debug)]
pub(crate) enum Words {
    Literal(String),
    Path(PathExpression),
    Intrinsic(crate::intrinsic::Call),
    Jsonata(Expression),
}

#[derive(Debug)]
pub(crate) struct FailBody {
    pub error: Option<Words>,
    pub cause: Option<Words>,
}

#[derive(Debug)]
pub(crate) struct MapBody {
    pub processor: BlockIndex,
    /// `Some` for a distributed Map.
    pub distributed: Option<Distribution>,
    pub items: Items,
    pub selector: Option<Template>,
    pub max_concurrency: Option<Source<u64>>,
    pub tolerated_count: Option<Source<u64>>,
    pub tolerated_percentage: Option<Source<f64>>,
}

/// Where a Map's items are.
#[derive(Debug)]
pub(crate) enum Items {
    /// The state's input (after InputPath).
    Input,
    Path(PathExpression),
    /// A JSONata expression or a literal array, possibly with expressions inside.
    Template(Template),
    Reader(Box<Reader>),
}

#[derive(Debug)]
pub(crate) struct Reader {
    pub resource: Resource,
    pub arguments: Option<Template>,
    pub config: Option<Template>,
    pub max_items: Option<Source<u64>>,
}

#[derive(Debug)]
pub(crate) struct Writer {
    pub resource: Option<Resource>,
    pub arguments: Option<Template>,
    pub config: Option<Template>,
}

#[derive(Debug)]
pub(crate) struct Distribution {
    pub kind: Kind,
    pub label: Option<String>,
    pub batcher: Option<Batcher>,
    pub writer: Option<Writer>,
}

#[derive(Debug)]
pub(crate) struct Batcher {
    pub max_items: Option<Source<u64>>,
    pub max_bytes: Option<Source<u64>>,
    pub input: Option<Template>,
}

#[derive(Debug)]
pub(crate) struct Retrier {
    pub errors: Vec<String>,
    pub interval_s: u64,
    pub max_attempts: u64,
    pub backoff_rate: f64,
    pub max_delay_s: Option<u64>,
    pub full_jitter: bool,
}

#[derive(Debug)]
pub(crate) struct Catcher {
    pub errors: Vec<String>,
    pub next: usize,
    pub result_path: ResultPath,
    pub assign: Option<Template>,
    pub output: Option<Template>,
}
