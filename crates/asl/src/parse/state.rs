//! Compiles one state.
//!
//! One file because every part of a state is compiled against the same fields, place and language.

use super::template::{Phase, Site};
use super::{EMPTY, Parser};
use crate::data::template::Template;
use crate::intrinsic::Call;
use crate::machine::{
    Block, Body, Catcher, FailBody, Kind, Next, QueryLanguage, ResultPath, Retrier, Source, State, StateKind, TaskBody,
    WaitBody, Words,
};
use crate::problem::Problem;
use crate::resource::{Pattern, Resource};
use crate::state::choice::timestamp;
use serde_json::{Map, Value};
use std::sync::Arc;

const COMMON: [&str; 3] = ["Type", "Comment", "QueryLanguage"];
const FLOW: [&str; 2] = ["Next", "End"];

/// Step Functions says it of every resource that it could not call.
const NOT_AN_ARN: &str = "Value is not a valid resource ARN";

/// Fields of the JSONPath language only.
const JSONPATH_ONLY: [&str; 16] = [
    "InputPath",
    "OutputPath",
    "ResultPath",
    "Parameters",
    "ResultSelector",
    "SecondsPath",
    "TimestampPath",
    "TimeoutSecondsPath",
    "HeartbeatSecondsPath",
    "ErrorPath",
    "CausePath",
    "ItemsPath",
    "MaxConcurrencyPath",
    "ToleratedFailureCountPath",
    "ToleratedFailurePercentagePath",
    "Result",
];
/// Fields of the JSONata language only.
const JSONATA_ONLY: [&str; 3] = ["Arguments", "Output", "Items"];

/// Every field that a state of any type may have.
pub(crate) fn field_names() -> impl Iterator<Item = &'static str> {
    let own = StateKind::ALL.into_iter().flat_map(|kind| allowed(kind).iter().copied());
    COMMON.into_iter().chain(FLOW).chain(own)
}

fn allowed(kind: StateKind) -> &'static [&'static str] {
    match kind {
        StateKind::Pass => &["InputPath", "OutputPath", "Parameters", "ResultPath", "Result", "Assign", "Output"],
        StateKind::Task => &[
            "InputPath",
            "OutputPath",
            "Parameters",
            "ResultPath",
            "ResultSelector",
            "Arguments",
            "Output",
            "Assign",
            "Resource",
            "TimeoutSeconds",
            "TimeoutSecondsPath",
            "HeartbeatSeconds",
            "HeartbeatSecondsPath",
            "Credentials",
            "Retry",
            "Catch",
        ],
        StateKind::Choice => &["InputPath", "OutputPath", "Choices", "Default", "Assign", "Output"],
        StateKind::Wait => {
            &["InputPath", "OutputPath", "Seconds", "SecondsPath", "Timestamp", "TimestampPath", "Assign", "Output"]
        }
        StateKind::Succeed => &["InputPath", "OutputPath", "Output"],
        StateKind::Fail => &["Error", "ErrorPath", "Cause", "CausePath"],
        StateKind::Parallel => &[
            "InputPath",
            "OutputPath",
            "Parameters",
            "ResultPath",
            "ResultSelector",
            "Arguments",
            "Output",
            "Assign",
            "Branches",
            "Retry",
            "Catch",
        ],
        StateKind::Map => &[
            "InputPath",
            "OutputPath",
            "Parameters",
            "ResultPath",
            "ResultSelector",
            "Output",
            "Assign",
            "Retry",
            "Catch",
            "Iterator",
            "ItemProcessor",
            "ItemsPath",
            "Items",
            "ItemSelector",
            "ItemBatcher",
            "ItemReader",
            "ResultWriter",
            "MaxConcurrency",
            "MaxConcurrencyPath",
            "ToleratedFailureCount",
            "ToleratedFailureCountPath",
            "ToleratedFailurePercentage",
            "ToleratedFailurePercentagePath",
            "Label",
        ],
    }
}

/// A state under construction: its fields, where it is and its language.
pub(super) struct Part<'a> {
    pub fields: &'a Map<String, Value>,
    pub at: &'a str,
    pub language: QueryLanguage,
    pub block: &'a Block,
}

impl<'a> Part<'a> {
    pub fn site<'b>(&'b self, field: &'b str) -> Site<'b> {
        Site { owner: self.at, field, language: self.language, phase: Phase::Before }
    }

    fn after<'b>(&'b self, field: &'b str) -> Site<'b> {
        Site { phase: Phase::AfterResult, ..self.site(field) }
    }
}

impl Parser {
    pub(super) fn state(&mut self, name: &str, definition: &Value, at: &str, block: &Block) -> Option<State> {
        let fields = self.object(definition, at)?;
        if !fields.contains_key("Type") {
            self.schema(at, "These fields are required: [Type]");
            return None;
        }
        let Some(kind) = StateKind::parse(self.string(fields, "Type", at)?) else {
            self.schema(
                &format!("{at}/Type"),
                "The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map]",
            );
            return None;
        };
        let language = self.state_language(fields, at);
        let before = self.errors();
        self.check_fields(fields, kind, language, at);
        let part = Part { fields, at, language, block };
        let next = self.next(&part, kind);
        let body = self.body(&part, kind);
        let state = State {
            name: Arc::from(name),
            language,
            next: next.unwrap_or(Next::End),
            input_path: self.selection(fields, "InputPath", at),
            output_path: self.selection(fields, "OutputPath", at),
            result_path: self.result_path(fields, at),
            arguments: self.arguments(&part, kind),
            result_selector: self.template(fields, &part.after("ResultSelector")),
            output: self.output(&part),
            assign: self.assign(fields, &part.after("Assign")),
            retry: self.retriers(&part),
            catch: self.catchers(&part),
            body: body?,
        };
        (self.errors() == before && next.is_some()).then_some(state)
    }

    fn errors(&self) -> usize {
        self.problems.iter().filter(|problem| problem.is_error()).count()
    }

    fn state_language(&mut self, fields: &Map<String, Value>, at: &str) -> QueryLanguage {
        let own = self.query_language(fields, at);
        if self.language == QueryLanguage::Jsonata && own == Some(QueryLanguage::JsonPath) {
            self.schema(at, "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine");
        }
        own.unwrap_or(self.language)
    }

    fn check_fields(&mut self, fields: &Map<String, Value>, kind: StateKind, language: QueryLanguage, at: &str) {
        let own = allowed(kind);
        let flow = !matches!(kind, StateKind::Choice | StateKind::Succeed | StateKind::Fail);
        for name in fields.keys().map(String::as_str) {
            if COMMON.contains(&name) || (flow && FLOW.contains(&name)) {
                continue;
            }
            if !own.contains(&name) {
                self.schema(at, format!("Field '{name}' is not supported"));
            } else {
                self.check_language(name, language, at);
            }
        }
    }

    /// Refuses a field of the other query language.
    pub(super) fn check_language(&mut self, name: &str, language: QueryLanguage, at: &str) {
        let (own, other, foreign) = match language {
            QueryLanguage::JsonPath => ("JSONPath", "JSONata", JSONATA_ONLY.contains(&name)),
            QueryLanguage::Jsonata => ("JSONata", "JSONPath", JSONPATH_ONLY.contains(&name)),
        };
        if foreign {
            self.schema(
                at,
                format!(
                    "The QueryLanguage is set to '{own}', but field '{name}' is only supported for the '{other}' \
                     QueryLanguage"
                ),
            );
        }
    }

    fn next(&mut self, part: &Part<'_>, kind: StateKind) -> Option<Next> {
        if matches!(kind, StateKind::Choice | StateKind::Succeed | StateKind::Fail) {
            return Some(Next::End);
        }
        let end = match part.fields.get("End") {
            None => false,
            Some(Value::Bool(end)) => *end,
            Some(_) => {
                self.schema(&format!("{}/End", part.at), "Expected value of type Boolean");
                return None;
            }
        };
        match (end, part.fields.contains_key("Next")) {
            (true, false) => Some(Next::End),
            (false, true) => self.target(part.fields, "Next", part.at, part.block).map(Next::State),
            (true, true) => {
                self.one_of(part.fields, &["End", "Next"], part.at);
                None
            }
            (false, false) if self.is_lone() => Some(Next::End),
            (false, false) => {
                self.schema(part.at, "There should be one of the following fields: [End, Next]");
                None
            }
        }
    }

    /// The state that `fields[name]` names.
    pub(super) fn target(&mut self, fields: &Map<String, Value>, name: &str, at: &str, block: &Block) -> Option<usize> {
        let target = self.string(fields, name, at)?;
        match block.by_name.get(target) {
            Some(index) => Some(*index),
            None if self.is_lone() => Some(self.lone_target(target)),
            None => {
                self.missing_target(target, &format!("{at}/{name}"));
                None
            }
        }
    }

    fn arguments(&mut self, part: &Part<'_>, kind: StateKind) -> Option<Template> {
        let field = match part.language {
            QueryLanguage::JsonPath => "Parameters",
            QueryLanguage::Jsonata => "Arguments",
        };
        // A Map's Parameters are the old spelling of ItemSelector.
        if kind == StateKind::Map { None } else { self.template(part.fields, &part.site(field)) }
    }

    fn output(&mut self, part: &Part<'_>) -> Option<Template> {
        match part.language {
            QueryLanguage::JsonPath => None,
            QueryLanguage::Jsonata => self.template(part.fields, &part.after("Output")),
        }
    }

    /// `Assign`, whose top level has to be an object of variable names.
    pub(super) fn assign(&mut self, fields: &Map<String, Value>, site: &Site<'_>) -> Option<Template> {
        let value = fields.get(site.field)?;
        let location = format!("{}/{}", site.owner, site.field);
        let members = self.object(value, &location)?;
        for name in members.keys() {
            let plain = match site.language {
                QueryLanguage::JsonPath => name.strip_suffix(".$").unwrap_or(name),
                QueryLanguage::Jsonata => name,
            };
            let mut chars = plain.chars();
            let well_formed = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
                && chars.all(|c| c.is_alphanumeric() || c == '_' || c == '-')
                && plain.chars().count() <= 80;
            if !well_formed || plain == "states" {
                self.schema(&location, format!("'{plain}' is not a valid variable name"));
            } else if plain.contains('-') {
                let message = format!("No expression can refer to the variable '{plain}': its name is no identifier");
                self.problems.push(Problem::warning("VARIABLE_NAME", location.clone(), message));
            }
        }
        self.template(fields, site)
    }

    fn body(&mut self, part: &Part<'_>, kind: StateKind) -> Option<Body> {
        match kind {
            StateKind::Pass => {
                self.static_result(part);
                Some(Body::Pass { result: part.fields.get("Result").cloned() })
            }
            StateKind::Task => self.task(part),
            StateKind::Choice => self.choices(part),
            StateKind::Wait => self.wait(part),
            StateKind::Succeed => Some(Body::Succeed),
            StateKind::Fail => self.fail(part),
            StateKind::Parallel => self.parallel(part),
            StateKind::Map => self.map(part),
        }
    }

    /// Warns of paths in a `Result`, which nobody evaluates.
    fn static_result(&mut self, part: &Part<'_>) {
        let Some(result) = part.fields.get("Result") else { return };
        let at = format!("{}/Result", part.at);
        for (location, _) in super::template::path_like(result, &at) {
            let message = "The Result of a Pass state is static: paths and intrinsic functions in it are not evaluated";
            self.problems.push(Problem::warning("PASS_RESULT_IS_STATIC", location, message));
        }
    }

    fn task(&mut self, part: &Part<'_>) -> Option<Body> {
        if !part.fields.contains_key("Resource") {
            self.schema(part.at, "These fields are required: [Resource]");
            return None;
        }
        let resource = self.resource(part.fields, part.at)?;
        let timeout = self.whole_number(part.fields, &part.site("TimeoutSeconds"), 1, 99_999_999);
        let heartbeat = self.whole_number(part.fields, &part.site("HeartbeatSeconds"), 1, 99_999_999);
        if let (Some(Source::Literal(timeout)), Some(Source::Literal(heartbeat))) = (&timeout, &heartbeat)
            && heartbeat >= timeout
        {
            self.schema(part.at, "HeartbeatSeconds must be smaller than TimeoutSeconds");
        }
        let credentials = self.credentials(part);
        Some(Body::Task(Box::new(TaskBody { resource, timeout, heartbeat, credentials })))
    }

    fn credentials(&mut self, part: &Part<'_>) -> Option<Template> {
        let value = part.fields.get("Credentials")?;
        self.object(value, &format!("{}/Credentials", part.at))?;
        self.template(part.fields, &part.site("Credentials"))
    }

    /// The `Resource` of a Task, an ItemReader or a ResultWriter.
    pub(super) fn resource(&mut self, fields: &Map<String, Value>, at: &str) -> Option<Resource> {
        let location = format!("{at}/Resource");
        let text = self.string(fields, "Resource", at)?;
        let Some(resource) = Resource::parse(text) else {
            self.schema(&location, NOT_AN_ARN);
            return None;
        };
        let suffix = match resource.pattern() {
            Pattern::RequestResponse => None,
            Pattern::WaitForTaskToken => Some(".waitForTaskToken"),
            Pattern::Sync => Some(".sync"),
            Pattern::Sync2 => Some(".sync:2"),
        };
        if let (Kind::Express, Some(suffix)) = (self.kind, suffix) {
            self.schema(&location, format!("Express state machine does not support '{suffix}' service integration "));
        }
        if self.kind == Kind::Express && matches!(resource, Resource::Activity { .. }) {
            self.schema(&location, "Express state machine does not support Activity ARN");
        }
        if !resource.is_known() {
            self.problems.push(Problem::warning("INVALID_RESOURCE", location.clone(), NOT_AN_ARN));
        }
        self.resources.push((resource.clone(), location));
        Some(resource)
    }

    fn wait(&mut self, part: &Part<'_>) -> Option<Body> {
        const FORMS: [&str; 4] = ["Seconds", "SecondsPath", "Timestamp", "TimestampPath"];
        let given: Vec<&str> = FORMS.into_iter().filter(|name| part.fields.contains_key(*name)).collect();
        let [form] = given[..] else {
            let message = if given.is_empty() {
                "There should be one of the following fields: [Seconds, SecondsPath, Timestamp, TimestampPath]"
            } else {
                "There should only be one of the following fields: [Seconds, SecondsPath, Timestamp, TimestampPath]"
            };
            self.schema(part.at, message);
            return None;
        };
        let body = match form {
            "Seconds" | "SecondsPath" => {
                WaitBody::Seconds(self.whole_number(part.fields, &part.site("Seconds"), 0, 99_999_999)?)
            }
            "TimestampPath" => WaitBody::Until(Source::Path(self.reference(part.fields, form, part.at)?)),
            _ => WaitBody::Until(self.wait_timestamp(part)?),
        };
        Some(Body::Wait(body))
    }

    fn wait_timestamp(&mut self, part: &Part<'_>) -> Option<Source<String>> {
        let text = self.string(part.fields, "Timestamp", part.at)?;
        if part.language == QueryLanguage::Jsonata && crate::jsonata::inner(text).is_some() {
            let value = part.fields.get("Timestamp")?;
            return self.jsonata_field(value, &part.site("Timestamp")).map(Source::Jsonata);
        }
        if timestamp(text).is_none() && part.language == QueryLanguage::JsonPath {
            self.schema(&format!("{}/Timestamp", part.at), "String does not match RFC3339 timestamp");
            return None;
        }
        Some(Source::Literal(text.to_owned()))
    }

    fn fail(&mut self, part: &Part<'_>) -> Option<Body> {
        self.one_of(part.fields, &["Error", "ErrorPath"], part.at);
        self.one_of(part.fields, &["Cause", "CausePath"], part.at);
        let before = self.errors();
        let error = self.words(part, "Error", "ErrorPath");
        let cause = self.words(part, "Cause", "CausePath");
        (self.errors() == before).then(|| Body::Fail(Box::new(FailBody { error, cause })))
    }

    fn words(&mut self, part: &Part<'_>, name: &str, path_name: &str) -> Option<Words> {
        if part.fields.contains_key(path_name) {
            let text = self.string(part.fields, path_name, part.at)?;
            if text.starts_with("States.") {
                return match Call::parse(text) {
                    Ok(call) => Some(Words::Intrinsic(call)),
                    Err(_) => {
                        self.schema(
                            &format!("{}/{path_name}", part.at),
                            format!(
                                "The value for the field '{path_name}' must be a valid JSONPath or a valid intrinsic \
                                 function call"
                            ),
                        );
                        None
                    }
                };
            }
            return self.reference(part.fields, path_name, part.at).map(Words::Path);
        }
        let text = self.string(part.fields, name, part.at)?;
        if let (QueryLanguage::JsonPath, Some(value)) = (part.language, part.fields.get(name)) {
            self.warn_of_path(value, &format!("{}/{name}", part.at));
        }
        match crate::jsonata::inner(text) {
            Some(inner) if part.language == QueryLanguage::Jsonata => {
                let at = format!("{}/{name}", part.at);
                self.expression(inner, name, &at, Phase::Before).map(Words::Jsonata)
            }
            _ => Some(Words::Literal(text.to_owned())),
        }
    }

    fn parallel(&mut self, part: &Part<'_>) -> Option<Body> {
        let Some(branches) = part.fields.get("Branches") else {
            self.schema(part.at, "These fields are required: [Branches]");
            return None;
        };
        let at = format!("{}/Branches", part.at);
        let branches = self.array(branches, &at)?;
        if branches.is_empty() {
            self.schema(&at, EMPTY);
            return None;
        }
        let mut blocks = Vec::with_capacity(branches.len());
        for (index, branch) in branches.iter().enumerate() {
            let at = format!("{at}[{index}]");
            let Some(fields) = self.object(branch, &at) else { continue };
            self.only(fields, &["StartAt", "States", "Comment"], &at);
            blocks.extend(self.block(fields, &at));
        }
        (blocks.len() == branches.len()).then_some(Body::Parallel { branches: blocks })
    }

    fn retriers(&mut self, part: &Part<'_>) -> Vec<Retrier> {
        let Some(list) = part.fields.get("Retry") else { return Vec::new() };
        let at = format!("{}/Retry", part.at);
        let Some(list) = self.array(list, &at) else { return Vec::new() };
        let last = list.len().saturating_sub(1);
        let mut retriers = Vec::with_capacity(list.len());
        for (index, entry) in list.iter().enumerate() {
            let at = format!("{at}[{index}]");
            retriers.extend(self.retrier(entry, &at, index == last));
        }
        retriers
    }

    fn retrier(&mut self, entry: &Value, at: &str, last: bool) -> Option<Retrier> {
        const ALLOWED: [&str; 7] = [
            "ErrorEquals",
            "IntervalSeconds",
            "MaxAttempts",
            "BackoffRate",
            "MaxDelaySeconds",
            "JitterStrategy",
            "Comment",
        ];
        let fields = self.object(entry, at)?;
        self.only(fields, &ALLOWED, at);
        let errors = self.error_names(fields, at, last)?;
        let backoff_rate = match fields.get("BackoffRate") {
            None => 2.0,
            Some(rate) => match rate.as_f64() {
                Some(rate) if rate >= 1.0 => rate,
                Some(_) => {
                    self.schema(&format!("{at}/BackoffRate"), "Minimum value is 1.0");
                    return None;
                }
                None => {
                    self.schema(&format!("{at}/BackoffRate"), "Expected value of type Number");
                    return None;
                }
            },
        };
        let full_jitter = match self.string(fields, "JitterStrategy", at) {
            None | Some("NONE") => false,
            Some("FULL") => true,
            Some(_) => {
                self.schema(
                    &format!("{at}/JitterStrategy"),
                    "The field 'JitterStrategy' should have one of these values: [FULL, NONE]",
                );
                return None;
            }
        };
        Some(Retrier {
            errors,
            interval_s: self.number(fields, "IntervalSeconds", at, 1, 99_999_999).unwrap_or(1),
            max_attempts: self.number(fields, "MaxAttempts", at, 0, 99_999_999).unwrap_or(3),
            backoff_rate,
            max_delay_s: self.number(fields, "MaxDelaySeconds", at, 1, 31_622_400),
            full_jitter,
        })
    }

    fn catchers(&mut self, part: &Part<'_>) -> Vec<Catcher> {
        let Some(list) = part.fields.get("Catch") else { return Vec::new() };
        let at = format!("{}/Catch", part.at);
        let Some(list) = self.array(list, &at) else { return Vec::new() };
        let last = list.len().saturating_sub(1);
        let mut catchers = Vec::with_capacity(list.len());
        for (index, entry) in list.iter().enumerate() {
            let at = format!("{at}[{index}]");
            catchers.extend(self.catcher(entry, &at, index == last, part));
        }
        catchers
    }

    fn catcher(&mut self, entry: &Value, at: &str, last: bool, part: &Part<'_>) -> Option<Catcher> {
        const ALLOWED: [&str; 6] = ["ErrorEquals", "Next", "ResultPath", "Assign", "Output", "Comment"];
        let fields = self.object(entry, at)?;
        self.only(fields, &ALLOWED, at);
        for name in fields.keys() {
            self.check_language(name, part.language, at);
        }
        let errors = self.error_names(fields, at, last)?;
        if !fields.contains_key("Next") {
            self.schema(at, "These fields are required: [Next]");
            return None;
        }
        let next = self.target(fields, "Next", at, part.block)?;
        let site = |field| Site { owner: at, field, language: part.language, phase: Phase::AfterError };
        Some(Catcher {
            errors,
            next,
            result_path: match part.language {
                QueryLanguage::JsonPath => self.result_path(fields, at),
                QueryLanguage::Jsonata => ResultPath::Replace,
            },
            assign: self.assign(fields, &site("Assign")),
            output: match part.language {
                QueryLanguage::JsonPath => None,
                QueryLanguage::Jsonata => self.template(fields, &site("Output")),
            },
        })
    }

    fn error_names(&mut self, fields: &Map<String, Value>, at: &str, last: bool) -> Option<Vec<String>> {
        let Some(list) = fields.get("ErrorEquals") else {
            self.schema(at, "These fields are required: [ErrorEquals]");
            return None;
        };
        let at = format!("{at}/ErrorEquals");
        let list = self.array(list, &at)?;
        if list.is_empty() {
            self.schema(&at, EMPTY);
            return None;
        }
        let names: Option<Vec<String>> = list.iter().map(|name| name.as_str().map(str::to_owned)).collect();
        let Some(names) = names else {
            self.schema(&at, "Expected value of type String");
            return None;
        };
        if names.iter().any(|name| name == "States.ALL") && (names.len() > 1 || !last) {
            self.schema(&at, "States.ALL must appear alone and at the end of the list");
            return None;
        }
        Some(names)
    }
}
