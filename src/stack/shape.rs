//! What a key of the configuration may hold, as data: the decoder, the JSON Schema and the reference page share it.

/// The value that a key takes.
#[derive(Clone, Debug)]
pub enum Shape {
    /// Text; a number or a boolean is read as its text.
    Text,
    /// A whole number; its text counts as well.
    Whole,
    /// A number; its text counts as well.
    Number,
    /// `true` or `false`; their text counts as well.
    Flag,
    /// Text, or a CloudFormation function such as `Ref`.
    Expression,
    /// Any value; it is taken over as it is.
    Any,
    /// One of these words.
    Words(&'static [&'static str]),
    /// A list; one item alone counts as a list of one.
    List(Box<Shape>),
    /// Names that the author chooses, each with a value.
    Map(Box<Shape>),
    /// A mapping with known keys.
    Section(&'static str, fn() -> &'static Table),
    /// Any of these.
    OneOf(Vec<Shape>),
}

/// The keys of one section.
#[derive(Clone, Debug)]
pub struct Table {
    /// The section's name in prose: `a function`, `provider`.
    pub title: &'static str,
    pub doc: &'static str,
    pub keys: Vec<Key>,
    /// Exactly one of the keys may be given, as in an event.
    pub one_of: bool,
}

/// One key of a section.
#[derive(Clone, Debug)]
pub struct Key {
    pub name: &'static str,
    pub doc: &'static str,
    pub shape: Shape,
    pub bounds: Bounds,
    pub standing: Standing,
    /// It has to be there.
    pub required: bool,
}

/// Which of the values of its shape a key takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bounds {
    /// All of them.
    None,
    /// Numbers from the one to the other.
    Range(i64, i64),
    /// These words, in any case.
    Words(&'static [&'static str]),
}

/// How a key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It does what its line says.
    Current,
    /// It works; the text names the spelling to use.
    Deprecated(&'static str),
    /// It is known and changes nothing here.
    WithoutEffect,
    /// It is known and not supported: using it is an error.
    Refused,
}

impl Shape {
    /// Whether it is a mapping with one of several keys, such as an event.
    pub fn is_choice(&self) -> bool {
        matches!(self, Shape::Section(_, table) if table().one_of)
    }

    /// The shape in words, as the reference page and messages say it.
    pub fn words(&self) -> String {
        match self {
            Shape::Text => "text".into(),
            Shape::Whole => "a whole number".into(),
            Shape::Number => "a number".into(),
            Shape::Flag => "true or false".into(),
            Shape::Expression => "text or a CloudFormation function".into(),
            Shape::Any => "any value".into(),
            Shape::Words(words) => format!("one of {}", words.join(", ")),
            Shape::List(item) => format!("a list: {}", item.words()),
            Shape::Map(value) => format!("names, each with {}", value.words()),
            Shape::Section(title, _) => (*title).into(),
            Shape::OneOf(shapes) => shapes.iter().map(Shape::words).collect::<Vec<_>>().join("; or "),
        }
    }
}
