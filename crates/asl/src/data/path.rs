//! JSONPath as Step Functions understands it: Jayway's dialect, with `$$` for the context object and `$name` for
//! variables.
//!
//! Source: States Language specification, "Paths"; Jayway JsonPath's README.

use super::filter::Filter;
use super::function::Function;
use serde_json::Value;
use std::fmt::Write as _;

/// Deepest nesting of filters in a path.
const MAX_DEPTH: usize = 32;

/// What a path starts from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Root {
    /// `$`
    Input,
    /// `$$`
    Context,
    /// `$name`
    Variable(String),
}

/// A path with its root, as written in a definition.
#[derive(Clone, Debug)]
pub(crate) struct PathExpression {
    pub text: String,
    pub root: Root,
    pub path: Path,
}

/// Steps from a root.
#[derive(Clone, Debug, Default)]
pub(crate) struct Path {
    pub steps: Vec<Step>,
    pub function: Option<Function>,
}

#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// `.a` or `['a']`
    Name(String),
    /// `['a','b']`
    Names(Vec<String>),
    /// `[0]`
    Index(i64),
    /// `[0,2]`
    Indices(Vec<i64>),
    /// `[a:b:c]`
    Slice(Option<i64>, Option<i64>, Option<i64>),
    /// `.*` or `[*]`
    Wildcard,
    /// `[?(…)]`
    Filter(Filter),
    /// `..`, before the next step
    Descend,
}

/// Why a text is no path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct SyntaxError(pub String);

/// Why a path selects nothing, in Jayway's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct NoResult(pub String);

impl PathExpression {
    /// The path that `text` writes.
    ///
    /// # Errors
    /// [`SyntaxError`] says what is wrong and where.
    pub fn parse(text: &str) -> Result<PathExpression, SyntaxError> {
        let (root, rest) = split_root(text)?;
        let mut reader = Reader::new(rest, MAX_DEPTH);
        let path = reader.path()?;
        if !reader.at_end() {
            return Err(reader.error("unexpected character"));
        }
        Ok(PathExpression { text: text.to_owned(), root, path })
    }
}

fn split_root(text: &str) -> Result<(Root, &str), SyntaxError> {
    let rest = text.strip_prefix('$').ok_or_else(|| SyntaxError("Path must start with '$'".into()))?;
    if let Some(rest) = rest.strip_prefix('$') {
        return Ok((Root::Context, rest));
    }
    let end = rest.find(|c: char| !is_name_char(c)).unwrap_or(rest.len());
    if end == 0 || rest.starts_with(|c: char| c.is_ascii_digit()) {
        return Ok((Root::Input, rest));
    }
    Ok((Root::Variable(rest[..end].to_owned()), &rest[end..]))
}

/// Characters of a variable's name.
fn is_name_char(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

impl Path {
    /// Whether the path can select one value at most.
    pub fn is_definite(&self) -> bool {
        self.function.is_some() || self.steps.iter().all(|step| matches!(step, Step::Name(_) | Step::Index(_)))
    }

    /// What the path selects: one value, or the list of all when it is not definite.
    ///
    /// # Errors
    /// A definite path that selects nothing, in Jayway's words.
    pub fn select(&self, root: &Value) -> Result<Value, NoResult> {
        let selected = if self.steps.iter().all(|step| matches!(step, Step::Name(_) | Step::Index(_))) {
            self.definite(root)?.clone()
        } else {
            let mut found = Vec::new();
            collect(&self.steps, root, root, &mut found);
            Value::Array(found.into_iter().cloned().collect())
        };
        match &self.function {
            Some(function) => function.apply(&selected, root),
            None => Ok(selected),
        }
    }

    /// Everything that the path selects, by reference; functions are not applied.
    pub fn all<'a>(&self, root: &'a Value, document: &'a Value) -> Vec<&'a Value> {
        let mut found = Vec::new();
        collect(&self.steps, root, document, &mut found);
        found
    }

    fn definite<'a>(&self, root: &'a Value) -> Result<&'a Value, NoResult> {
        let mut value = root;
        for (position, step) in self.steps.iter().enumerate() {
            value = match one(step, value) {
                Some(next) => next,
                None => return Err(self.missing(position, value)),
            };
        }
        Ok(value)
    }

    fn missing(&self, position: usize, value: &Value) -> NoResult {
        let upto = render(&self.steps[..=position]);
        match &self.steps[position] {
            Step::Name(_) if value.is_object() && position + 1 < self.steps.len() => {
                NoResult(format!("Missing property in path {upto}"))
            }
            Step::Name(name) if !value.is_object() => NoResult(format!(
                "Expected to find an object with property ['{name}'] in path {} but found '{}'. This is not a json \
                 object according to the JsonProvider: 'com.jayway.jsonpath.spi.json.JacksonJsonNodeJsonProvider'.",
                render(&self.steps[..position]),
                java_class(value)
            )),
            _ => NoResult(format!("No results for path: {}", render(&self.steps))),
        }
    }
}

fn java_class(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "com.fasterxml.jackson.databind.node.BooleanNode",
        Value::Number(number) if number.is_f64() => "com.fasterxml.jackson.databind.node.DoubleNode",
        Value::Number(_) => "com.fasterxml.jackson.databind.node.IntNode",
        Value::String(_) => "com.fasterxml.jackson.databind.node.TextNode",
        Value::Array(_) => "com.fasterxml.jackson.databind.node.ArrayNode",
        Value::Object(_) => "com.fasterxml.jackson.databind.node.ObjectNode",
    }
}

fn one<'a>(step: &Step, value: &'a Value) -> Option<&'a Value> {
    match step {
        Step::Name(name) => value.as_object()?.get(name),
        Step::Index(index) => {
            let items = value.as_array()?;
            items.get(absolute(*index, items.len())?)
        }
        _ => None,
    }
}

/// The position that a possibly negative index means.
fn absolute(index: i64, length: usize) -> Option<usize> {
    if index >= 0 {
        usize::try_from(index).ok()
    } else {
        length.checked_sub(usize::try_from(index.unsigned_abs()).ok()?)
    }
}

fn collect<'a>(steps: &[Step], value: &'a Value, document: &'a Value, found: &mut Vec<&'a Value>) {
    let Some((step, rest)) = steps.split_first() else {
        found.push(value);
        return;
    };
    match step {
        Step::Name(_) | Step::Index(_) => {
            if let Some(next) = one(step, value) {
                collect(rest, next, document, found);
            }
        }
        Step::Names(names) => {
            for next in names.iter().filter_map(|name| value.as_object()?.get(name)) {
                collect(rest, next, document, found);
            }
        }
        Step::Indices(indices) => {
            let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
            for next in indices.iter().filter_map(|index| items.get(absolute(*index, items.len())?)) {
                collect(rest, next, document, found);
            }
        }
        Step::Slice(from, to, by) => {
            for next in slice(value, *from, *to, *by) {
                collect(rest, next, document, found);
            }
        }
        Step::Wildcard => children(value, &mut |next| collect(rest, next, document, found)),
        Step::Filter(filter) => match value {
            Value::Array(items) => {
                for item in items.iter().filter(|item| filter.accepts(item, document)) {
                    collect(rest, item, document, found);
                }
            }
            Value::Object(_) if filter.accepts(value, document) => collect(rest, value, document, found),
            _ => {}
        },
        Step::Descend => descend(rest, value, document, found),
    }
}

fn children<'a>(value: &'a Value, visit: &mut dyn FnMut(&'a Value)) {
    match value {
        Value::Array(items) => items.iter().for_each(visit),
        Value::Object(members) => members.values().for_each(visit),
        _ => {}
    }
}

fn descend<'a>(rest: &[Step], value: &'a Value, document: &'a Value, found: &mut Vec<&'a Value>) {
    let applies = match rest.first() {
        Some(Step::Filter(_)) => value.is_array(),
        Some(_) => true,
        None => false,
    };
    if applies {
        collect(rest, value, document, found);
    }
    children(value, &mut |next| descend(rest, next, document, found));
}

fn slice(value: &Value, from: Option<i64>, to: Option<i64>, by: Option<i64>) -> Vec<&Value> {
    let Some(items) = value.as_array() else { return Vec::new() };
    let length = items.len() as i64;
    let clamp = |index: i64| if index < 0 { (length + index).max(0) } else { index.min(length) };
    let (start, end) = (clamp(from.unwrap_or(0)), clamp(to.unwrap_or(length)));
    let by = by.unwrap_or(1);
    if by <= 0 || start >= end {
        return Vec::new();
    }
    let by = usize::try_from(by).unwrap_or(usize::MAX);
    items[start as usize..end as usize].iter().step_by(by).collect()
}

fn render(steps: &[Step]) -> String {
    let mut text = String::from("$");
    for step in steps {
        match step {
            Step::Name(name) => _ = write!(text, "['{name}']"),
            Step::Names(names) => {
                let quoted: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
                _ = write!(text, "[{}]", quoted.join(","));
            }
            Step::Index(index) => _ = write!(text, "[{index}]"),
            Step::Indices(indices) => {
                let shown: Vec<String> = indices.iter().map(i64::to_string).collect();
                _ = write!(text, "[{}]", shown.join(","));
            }
            Step::Slice(from, to, by) => {
                let show = |part: &Option<i64>| part.map(|n| n.to_string()).unwrap_or_default();
                _ = write!(text, "[{}:{}", show(from), show(to));
                if let Some(by) = by {
                    _ = write!(text, ":{by}");
                }
                text.push(']');
            }
            Step::Wildcard => text.push_str("[*]"),
            Step::Filter(_) => text.push_str("[?]"),
            Step::Descend => text.push_str(".."),
        }
    }
    text
}

/// Reads paths and what is inside them, character by character.
pub(crate) struct Reader<'a> {
    text: &'a str,
    position: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    pub fn new(text: &'a str, depth: usize) -> Reader<'a> {
        Reader { text, position: 0, depth }
    }

    pub fn error(&self, what: &str) -> SyntaxError {
        SyntaxError(format!("{what} at position {} of '{}'", self.position, self.text))
    }

    pub fn at_end(&self) -> bool {
        self.position >= self.text.len()
    }

    pub fn rest(&self) -> &'a str {
        &self.text[self.position..]
    }

    pub fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.position += c.len_utf8();
        Some(c)
    }

    pub fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.position += token.len();
        }
        found
    }

    pub fn space(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.next();
        }
    }

    pub fn expect(&mut self, token: &str) -> Result<(), SyntaxError> {
        self.space();
        if self.eat(token) { Ok(()) } else { Err(self.error(&format!("'{token}' expected"))) }
    }

    pub fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let start = self.position;
        while self.peek().is_some_and(&wanted) {
            self.next();
        }
        &self.text[start..self.position]
    }

    /// One level deeper, or an error when it is too deep.
    pub fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, SyntaxError>) -> Result<T, SyntaxError> {
        self.depth = self.depth.checked_sub(1).ok_or_else(|| self.error("the path nests too deeply"))?;
        let result = read(self);
        self.depth += 1;
        result
    }

    /// The steps after a root, as far as they go.
    pub fn path(&mut self) -> Result<Path, SyntaxError> {
        let mut path = Path::default();
        loop {
            if self.eat("..") {
                path.steps.push(Step::Descend);
                if self.peek() != Some('[') {
                    self.dotted(&mut path)?;
                }
            } else if self.eat(".") {
                self.dotted(&mut path)?;
            } else if self.eat("[") {
                let step = self.deeper(Self::bracket)?;
                path.steps.push(step);
            } else {
                return Ok(path);
            }
            if path.function.is_some() {
                return Ok(path);
            }
        }
    }

    fn dotted(&mut self, path: &mut Path) -> Result<(), SyntaxError> {
        if self.eat("*") {
            path.steps.push(Step::Wildcard);
            return Ok(());
        }
        let name = self.take_while(|c| !"[].()*,=!<>&|~'\"".contains(c) && !c.is_whitespace());
        if name.is_empty() {
            return Err(self.error("a name is missing"));
        }
        if self.eat("(") {
            path.function = Some(self.deeper(|reader| Function::read(name, reader))?);
        } else {
            path.steps.push(Step::Name(name.to_owned()));
        }
        Ok(())
    }

    fn bracket(&mut self) -> Result<Step, SyntaxError> {
        self.space();
        let step = match self.peek() {
            Some('*') => {
                self.next();
                Step::Wildcard
            }
            Some('\'' | '"') => self.names()?,
            Some('?') => {
                self.next();
                self.expect("(")?;
                let filter = Filter::read(self)?;
                self.expect(")")?;
                Step::Filter(filter)
            }
            _ => self.indices()?,
        };
        self.expect("]")?;
        Ok(step)
    }

    fn names(&mut self) -> Result<Step, SyntaxError> {
        let mut names = vec![self.quoted()?];
        self.space();
        while self.eat(",") {
            self.space();
            names.push(self.quoted()?);
            self.space();
        }
        Ok(if names.len() == 1 { Step::Name(names.remove(0)) } else { Step::Names(names) })
    }

    /// A string in single or double quotes, with backslash escapes.
    pub fn quoted(&mut self) -> Result<String, SyntaxError> {
        let Some(quote @ ('\'' | '"')) = self.next() else { return Err(self.error("a quoted name is missing")) };
        let mut text = String::new();
        loop {
            match self.next() {
                None => return Err(self.error("the quoted name does not end")),
                Some(c) if c == quote => return Ok(text),
                Some('\\') => match self.next() {
                    Some(c) if c == quote || c == '\\' => text.push(c),
                    Some(c) => text.extend(['\\', c]),
                    None => return Err(self.error("the quoted name does not end")),
                },
                Some(c) => text.push(c),
            }
        }
    }

    fn indices(&mut self) -> Result<Step, SyntaxError> {
        let first = self.integer()?;
        self.space();
        if self.eat(":") {
            let to = self.integer()?;
            self.space();
            let by = if self.eat(":") { self.integer()? } else { None };
            self.space();
            return Ok(Step::Slice(first, to, by));
        }
        let Some(first) = first else { return Err(self.error("an index is missing")) };
        let mut indices = vec![first];
        while self.eat(",") {
            let Some(index) = self.integer()? else { return Err(self.error("an index is missing")) };
            indices.push(index);
            self.space();
        }
        Ok(if indices.len() == 1 { Step::Index(first) } else { Step::Indices(indices) })
    }

    fn integer(&mut self) -> Result<Option<i64>, SyntaxError> {
        self.space();
        let start = self.position;
        self.eat("-");
        self.take_while(|c| c.is_ascii_digit());
        match &self.text[start..self.position] {
            "" => Ok(None),
            digits => digits.parse().map(Some).map_err(|_| self.error("the index is no number")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn select(path: &str, value: Value) -> Result<Value, String> {
        PathExpression::parse(path).unwrap().path.select(&value).map_err(|e| e.0)
    }

    #[test]
    fn a_definite_path_gives_the_value_or_says_where_it_ends() {
        assert_eq!(select("$.a.b[1]", json!({"a": {"b": [1, 2]}})), Ok(json!(2)));
        assert_eq!(select("$['a b']", json!({"a b": 1})), Ok(json!(1)));
        assert_eq!(select("$.a", json!({})), Err("No results for path: $['a']".into()));
        assert_eq!(select("$.a[5]", json!({"a": [1]})), Err("No results for path: $['a'][5]".into()));
        assert_eq!(select("$.a.b", json!({})), Err("Missing property in path $['a']".into()));
    }

    #[test]
    fn an_indefinite_path_gives_a_list_even_of_nothing() {
        assert_eq!(select("$.a[*]", json!({"a": [1, 2]})), Ok(json!([1, 2])));
        assert_eq!(select("$.a[1:]", json!({})), Ok(json!([])));
        assert_eq!(select("$..b", json!({"a": {"b": 1}, "b": 2})), Ok(json!([2, 1])));
        assert_eq!(select("$.a[-2:]", json!({"a": [1, 2, 3]})), Ok(json!([2, 3])));
        assert_eq!(select("$['a','b']", json!({"a": 1, "b": 2})), Ok(json!([1, 2])));
    }

    #[test]
    fn filters_compare_what_is_under_each_item() {
        let data = json!({"a": [{"k": 1, "s": "x"}, {"k": 2, "s": "yy"}, {"s": "z"}]});
        assert_eq!(select("$.a[?(@.k > 1)].s", data.clone()), Ok(json!(["yy"])));
        assert_eq!(select("$.a[?(@.k)].s", data.clone()), Ok(json!(["x", "yy"])));
        assert_eq!(select("$.a[?(@.s =~ /Y+/i)].k", data.clone()), Ok(json!([2])));
        assert_eq!(select("$.a[?(@.k == 1 || @.s == 'z')].s", data.clone()), Ok(json!(["x", "z"])));
        assert_eq!(select("$.a[?(!(@.k == 1))].s", data.clone()), Ok(json!(["yy", "z"])));
        assert_eq!(select("$.a[?(@.s in ['x','z'])].s", data), Ok(json!(["x", "z"])));
    }

    #[test]
    fn functions_close_a_path() {
        assert_eq!(select("$.a.length()", json!({"a": [1, 2, 3]})), Ok(json!(3)));
        assert_eq!(select("$.a.max()", json!({"a": [1, 7, 3]})), Ok(json!(7.0)));
    }

    #[test]
    fn roots_tell_input_context_and_variables_apart() {
        assert_eq!(PathExpression::parse("$$.Execution.Id").unwrap().root, Root::Context);
        assert_eq!(PathExpression::parse("$user.name").unwrap().root, Root::Variable("user".into()));
        assert_eq!(PathExpression::parse("$").unwrap().root, Root::Input);
    }

    #[test]
    fn a_broken_path_is_refused() {
        for text in ["", "a", "$.", "$[", "$['a", "$.a[?(", "$.a b", "$..", "$.a[1", "$[a]"] {
            assert!(PathExpression::parse(text).is_err(), "{text}");
        }
    }
}
