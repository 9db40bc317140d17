//! Reads typed values out of a resolved tree, collecting every mistake on the way.

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity, listed, nearest};
use crate::project::Dialect;
use crate::source::{Entry, Kind, Node, Span};

use super::shape::{Bounds, Key, Shape, Standing, Table};

/// A type that a value of the configuration decodes into.
pub trait Decode: Sized {
    /// What it accepts.
    fn shape() -> Shape;

    /// How a key of this type stands.
    fn standing() -> Standing {
        Standing::Current
    }

    /// The value; `None` when it could not be read, after the reader was told why.
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self>;

    /// What a key that is not there means; `None` for a key that must be there.
    fn absent() -> Option<Self> {
        None
    }
}

/// A type made of known keys.
pub trait Section {
    /// Its keys.
    fn table() -> &'static Table;
}

/// Where decoding stands, and what it found so far.
#[derive(Debug)]
pub struct Reader {
    strict: bool,
    dialect: Dialect,
    path: Vec<String>,
    pub(super) diagnostics: Diagnostics,
}

impl Reader {
    /// A reader for a file of this dialect. A strict one reports mistakes as errors, the other warns and goes on without
    /// the value, as Serverless v3 does unless `configValidationMode: error` is set.
    pub fn new(dialect: Dialect, strict: bool) -> Reader {
        Reader { strict, dialect, path: Vec::new(), diagnostics: Diagnostics::default() }
    }

    /// The dialect of the file.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The dotted name of the value being read: `functions.hello.timeout`.
    pub fn path(&self) -> String {
        self.path.join(".")
    }

    /// Reads with `name` added to the path.
    pub fn within<T>(&mut self, name: &str, read: impl FnOnce(&mut Reader) -> T) -> T {
        self.path.push(name.to_owned());
        let value = read(self);
        self.path.pop();
        value
    }

    /// The value of a key; what its absence means when it is not there.
    pub fn field<T: Decode>(&mut self, section: &Node, key: &str) -> Option<T> {
        match section.entry(key) {
            Some(entry) => {
                let read = self.within(key, |reader| T::decode(&entry.value, reader));
                read.or_else(T::absent)
            }
            None => T::absent().or_else(|| {
                self.missing(section, key);
                None
            }),
        }
    }

    /// Says that a key is not there.
    pub fn missing(&mut self, section: &Node, key: &str) {
        let place = self.place();
        if let Some((name, told)) = self.misspelt(section, key) {
            told.message = format!("`{name}` is not a key of {place}, and `{key}` is missing");
            told.hints = vec![format!("did you mean `{key}`?")];
            return;
        }
        let message = format!("`{key}` is missing in {place}");
        let diagnostic = Diagnostic::error(Code::MissingKey, section.span, message).came_through(&section.origin);
        let column = if self.path.is_empty() { "at the left margin" } else { "beside the other keys" };
        let given = section.entries().iter().map(|entry| entry.key.text.as_str());
        let diagnostic = match nearest(key, given) {
            Some(near) => diagnostic.hint(format!("`{near}` is there: is it meant to be `{key}`?")),
            None => diagnostic.hint(format!("add `{key}: …` {column}")),
        };
        self.diagnostics.push(self.weighed(diagnostic));
    }

    /// The unknown key, told already, that is meant to be `key`.
    fn misspelt<'n>(&mut self, section: &'n Node, key: &str) -> Option<(&'n str, &mut Diagnostic)> {
        let names = section.entries().iter().map(|entry| entry.key.text.as_str());
        let entry = section.entry(nearest(key, names)?)?;
        let is_it = |told: &&mut Diagnostic| told.code == Code::UnknownKey && told.span == Some(entry.key.span);
        let told = self.diagnostics.0.iter_mut().rev().find(is_it)?;
        Some((entry.key.text.as_str(), told))
    }

    /// Says that a value is of another kind than wanted.
    pub fn wrong(&mut self, node: &Node, wanted: &str) {
        let found = if node.secret { "a secret value".to_owned() } else { describe(node) };
        let message = format!("`{}` must be {wanted}, not {found}", self.path());
        let diagnostic = Diagnostic::error(Code::WrongType, node.span, message).came_through(&node.origin);
        let diagnostic = diagnostic.hint(self.remedy(node, wanted));
        self.diagnostics.push(self.weighed(diagnostic));
    }

    /// What to write instead of a value of the wrong kind.
    fn remedy(&self, node: &Node, wanted: &str) -> String {
        let key = self.path.iter().rev().find(|part| part.parse::<usize>().is_err()).map_or("key", String::as_str);
        match &node.kind {
            Kind::Null => format!("give `{key}` a value, or take it out; what belongs to it is indented below it"),
            Kind::Sequence(items)
                if wanted.starts_with("a mapping") && items.iter().all(|item| pair(item).is_some()) =>
            {
                let lines: Vec<String> = items.iter().filter_map(pair).collect();
                format!("write `{}` without the `- `", lines.first().map_or("NAME: VALUE", String::as_str))
            }
            Kind::Sequence(items) if items.len() == 1 && !wanted.starts_with("a list") => {
                "take the `- ` (or the brackets) away: one value is wanted, not a list".to_owned()
            }
            Kind::Mapping(entries) if wanted.starts_with("a list") => {
                let first = entries.first().map_or("…", |entry| entry.key.text.as_str());
                format!("put `- ` before `{first}`, and before each that follows")
            }
            Kind::String(text) if wanted.starts_with("a mapping with one key") && !node.secret => {
                format!("write `- {text}:` and its keys indented below it; `deploy schema` has them")
            }
            Kind::String(_) | Kind::Number(_) | Kind::Bool(_) if wanted.starts_with("a mapping") => {
                format!("write `{key}:` and the keys indented below it; `deploy schema` has them")
            }
            Kind::String(text) if wanted == "a whole number" => match digits(text) {
                Some(number) => format!("write `{key}: {number}`"),
                None => format!("write digits only, as in `{key}: 6`"),
            },
            Kind::String(text) if wanted == "true or false" && is_yes(text) => format!("write `{key}: true`"),
            Kind::String(text) if wanted == "true or false" && is_no(text) => format!("write `{key}: false`"),
            Kind::Mapping(_) if wanted == "text" => format!("write `{key}: TEXT` on one line"),
            _ => format!("write {wanted} as the value of `{key}`"),
        }
    }

    /// Reports a mistake of the author, as bad as the dialect takes it.
    pub fn mistake(&mut self, code: Code, span: Span, message: impl Into<String>) {
        let diagnostic = Diagnostic::error(code, span, message);
        self.diagnostics.push(self.weighed(diagnostic));
    }

    /// Reports something that no dialect lets pass.
    pub fn refuse(&mut self, node: &Node, what: &str) {
        let message = format!("`{}` is not supported{what}", self.path());
        let diagnostic = Diagnostic::error(Code::UnsupportedKey, node.span, message).came_through(&node.origin);
        let key = self.path.last().cloned().unwrap_or_default();
        self.diagnostics.push(diagnostic.hint(format!("take `{key}` out; what it would do is not done here")));
    }

    /// The entry of a mapping that has exactly one of several keys; what stands beside it is a mistake.
    pub fn only<'a>(&mut self, node: &'a Node, table: &Table) -> Option<&'a Entry> {
        let known = |entry: &&Entry| table.keys.iter().any(|key| key.name == entry.key.text);
        let mut chosen = node.entries().iter().filter(known);
        let first = chosen.next();
        for other in chosen {
            let message = format!("`{}` stands in {} beside another", other.key.text, self.place());
            let diagnostic = Diagnostic::error(Code::WrongType, other.key.span, message);
            let hint = format!("put `- ` before `{}`, so that it is an item of its own", other.key.text);
            self.diagnostics.push(self.weighed(diagnostic.hint(hint)));
        }
        let Some(section) = first.filter(|entry| entry.value.kind == Kind::Null) else {
            self.keys(node, table);
            return first;
        };
        let strays = self.left_of(node, section, table);
        first.filter(|_| strays == 0)
    }

    /// Keys that stand beside the section that they belong into, which is empty: they lack indentation. How many there are.
    fn left_of(&mut self, node: &Node, section: &Entry, table: &Table) -> usize {
        let known = |entry: &&Entry| table.keys.iter().any(|key| key.name == entry.key.text);
        let strays: Vec<&Entry> = node.entries().iter().filter(|entry| !known(entry)).collect();
        for (index, stray) in strays.iter().enumerate() {
            let name = &stray.key.text;
            let message = format!("`{name}` stands beside `{}`, and belongs into it", section.key.text);
            let diagnostic = Diagnostic::error(Code::UnknownKey, stray.key.span, message);
            let diagnostic = match index {
                0 => diagnostic
                    .hint(format!("indent `{name}` and what belongs to it further than `{}`", section.key.text)),
                _ => diagnostic.hint(format!("indent `{name}` as well")),
            };
            self.diagnostics.push(self.weighed(diagnostic));
        }
        strays.len()
    }

    /// Checks the keys of a section: unknown ones with the nearest known one, deprecated ones.
    pub fn keys(&mut self, section: &Node, table: &Table) {
        for entry in section.entries() {
            let Some(key) = table.keys.iter().find(|key| key.name == entry.key.text) else {
                self.unknown(entry, &table.keys);
                continue;
            };
            match key.standing {
                Standing::Deprecated(instead) => self.deprecated(entry, instead),
                Standing::WithoutEffect => self.without_effect(entry, key),
                Standing::Current | Standing::Refused => {}
            }
            self.within(key.name, |reader| reader.bounded(&entry.value, key.bounds));
        }
    }

    /// Checks a value against the bounds of its key.
    fn bounded(&mut self, node: &Node, bounds: Bounds) {
        if let (Kind::Sequence(items), false) = (&node.kind, bounds == Bounds::None) {
            return items.iter().for_each(|item| self.bounded(item, bounds));
        }
        match bounds {
            Bounds::None => {}
            Bounds::Range(least, most) => self.in_range(node, least, most),
            Bounds::Words(words) => self.one_of(node, words),
        }
    }

    fn in_range(&mut self, node: &Node, least: i64, most: i64) {
        let value = match &node.kind {
            Kind::Number(number) => number.as_i64(),
            Kind::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        let Some(value) = value.filter(|value| !(least..=most).contains(value)) else { return };
        let shown = if node.secret { "a secret value".to_owned() } else { value.to_string() };
        let takes = if most == i64::MAX { format!("{least} or more") } else { format!("{least} to {most}") };
        let message = format!("`{}` is {shown}, and AWS takes {takes}", self.path());
        let diagnostic = Diagnostic::error(Code::OutOfRange, node.span, message).came_through(&node.origin);
        let nearest = if value < least { least } else { most };
        let diagnostic = diagnostic.hint(format!("write {nearest}, or what lies between"));
        self.diagnostics.push(self.weighed(diagnostic));
    }

    fn one_of(&mut self, node: &Node, words: &[&str]) {
        let Some(text) = node.as_str().filter(|text| !words.iter().any(|word| word.eq_ignore_ascii_case(text))) else {
            return;
        };
        let shown = if node.secret { "a secret value".to_owned() } else { format!("`{text}`") };
        let message = format!("`{}` is {shown}, and it takes {}", self.path(), listed(words.iter().copied()));
        let diagnostic = Diagnostic::error(Code::WrongType, node.span, message).came_through(&node.origin);
        let near = nearest(text, words.iter().copied()).filter(|_| !node.secret);
        let diagnostic = diagnostic.hint(match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "write one of these words".to_owned(),
        });
        self.diagnostics.push(self.weighed(diagnostic));
    }

    /// A key of Serverless that does nothing here: said of a `stack.yaml`, whose author could leave it out.
    fn without_effect(&mut self, entry: &Entry, key: &Key) {
        if self.dialect == Dialect::Serverless {
            return;
        }
        let mut path = self.path.clone();
        path.push(key.name.to_owned());
        let message = format!("`{}` changes nothing here", path.join("."));
        let diagnostic = Diagnostic::warning(Code::WithoutEffect, entry.key.span, message);
        self.diagnostics.push(diagnostic.hint("take it out"));
    }

    fn unknown(&mut self, entry: &Entry, keys: &[Key]) {
        let message = format!("`{}` is not a key of {}", entry.key.text, self.place());
        let diagnostic = Diagnostic::error(Code::UnknownKey, entry.key.span, message);
        let names = || keys.iter().filter(|key| key.standing == Standing::Current).map(|key| key.name);
        let is_function = entry.key.text.starts_with("Fn::") || entry.key.text == "Ref";
        let diagnostic = match nearest(&entry.key.text, keys.iter().map(|key| key.name)) {
            None if is_function && keys.iter().any(|key| key.name == "arn") => {
                diagnostic.hint("write `arn:` before the function: `{arn: !GetAtt ID.Arn}`")
            }
            Some(near) => diagnostic.hint(format!("did you mean `{near}`?")),
            None if keys.len() <= 12 => {
                diagnostic.hint(format!("the keys are {}", names().collect::<Vec<_>>().join(", ")))
            }
            None => {
                diagnostic.hint("take it out, or put values of your own under `custom`; `deploy schema` has the keys")
            }
        };
        let weighed = self.weighed(diagnostic);
        self.diagnostics.push(weighed);
    }

    fn deprecated(&mut self, entry: &Entry, instead: &str) {
        let message = format!("`{}` is an old spelling", entry.key.text);
        let diagnostic = Diagnostic::warning(Code::DeprecatedKey, entry.key.span, message);
        self.diagnostics.push(diagnostic.hint(format!("write `{instead}`")));
    }

    fn weighed(&self, mut diagnostic: Diagnostic) -> Diagnostic {
        if !self.strict {
            diagnostic.severity = Severity::Warning;
        }
        diagnostic
    }

    fn place(&self) -> String {
        if self.path.is_empty() { "the file".to_owned() } else { format!("`{}`", self.path()) }
    }
}

fn describe(node: &Node) -> String {
    match &node.kind {
        Kind::String(text) if text.len() <= 40 => format!("`{text}`"),
        Kind::Number(number) => format!("`{number}`"),
        Kind::Bool(value) => format!("`{value}`"),
        _ => node.noun().to_owned(),
    }
}

/// `NAME: VALUE` of an item that is `NAME=VALUE` or `NAME: VALUE`.
fn pair(item: &Node) -> Option<String> {
    match (&item.kind, item.entries()) {
        (Kind::String(text), _) if !item.secret => {
            let (name, value) = text.split_once('=')?;
            Some(format!("{name}: {value}"))
        }
        (_, [entry]) => Some(format!("{}: …", entry.key.text)),
        _ => None,
    }
}

/// The number that a text such as `30s` or `512 MB` begins with.
fn digits(text: &str) -> Option<&str> {
    let end = text.find(|next: char| !next.is_ascii_digit()).unwrap_or(text.len());
    (end > 0 && end < 10).then(|| &text[..end])
}

/// What YAML 1.1 takes for true.
fn is_yes(text: &str) -> bool {
    ["yes", "on", "y", "true"].iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// What YAML 1.1 takes for false.
fn is_no(text: &str) -> bool {
    ["no", "off", "n", "false"].iter().any(|word| word.eq_ignore_ascii_case(text))
}
