//! Reads typed values out of a resolved tree, collecting every mistake on the way.

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity};
use crate::project::Dialect;
use crate::source::{Entry, Kind, Node, Span};

use super::shape::{Key, Shape, Standing, Table};

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
    fn table() -> Table;
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
                let message = format!("`{}` is missing in {}", key, self.place());
                self.mistake(Code::MissingKey, section.span, message);
                None
            }),
        }
    }

    /// Says that a value is of another kind than wanted.
    pub fn wrong(&mut self, node: &Node, wanted: &str) {
        let found = if node.secret { "a secret value".to_owned() } else { describe(node) };
        let message = format!("`{}` must be {wanted}, not {found}", self.path());
        let diagnostic = Diagnostic::error(Code::WrongType, node.span, message).came_through(&node.origin);
        self.diagnostics.push(self.weighed(diagnostic));
    }

    /// Reports a mistake of the author, as bad as the dialect takes it.
    pub fn mistake(&mut self, code: Code, span: Span, message: impl Into<String>) {
        let diagnostic = Diagnostic::error(code, span, message);
        self.diagnostics.push(self.weighed(diagnostic));
    }

    /// Reports something that no dialect lets pass.
    pub fn refuse(&mut self, node: &Node, what: &str) {
        let message = format!("`{}` is not supported yet{what}", self.path());
        self.diagnostics.push(Diagnostic::error(Code::UnsupportedKey, node.span, message));
    }

    /// Checks the keys of a section: unknown ones with the nearest known one, deprecated ones.
    pub fn keys(&mut self, section: &Node, table: &Table) {
        for entry in section.entries() {
            match table.keys.iter().find(|key| key.name == entry.key.text) {
                None => self.unknown(entry, &table.keys),
                Some(Key { standing: Standing::Deprecated(instead), .. }) => self.deprecated(entry, instead),
                Some(_) => {}
            }
        }
    }

    fn unknown(&mut self, entry: &Entry, keys: &[Key]) {
        let message = format!("`{}` is not a key of {}", entry.key.text, self.place());
        let diagnostic = Diagnostic::error(Code::UnknownKey, entry.key.span, message);
        let diagnostic = diagnostic.did_you_mean(&entry.key.text, keys.iter().map(|key| key.name));
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
