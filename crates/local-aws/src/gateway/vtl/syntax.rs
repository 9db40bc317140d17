//! What a template is made of.

/// A piece of a template.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    Text(String),
    Reference(Reference),
    Set { target: Reference, value: Expression },
    If { branches: Vec<(Expression, Vec<Node>)>, otherwise: Vec<Node> },
    Foreach { name: String, items: Expression, body: Vec<Node> },
    Define { name: String, body: Vec<Node> },
    Break,
    Stop,
}

/// `$name`, with what is asked of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// As it is written: what an undefined reference renders as.
    pub source: String,
    /// `$!name`: nothing instead of the source when undefined.
    pub quiet: bool,
    pub name: String,
    pub steps: Vec<Step>,
}

/// `.name`, `.name(…)` or `[…]`.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    Property(String),
    Call(String, Vec<Expression>),
    Index(Expression),
}

/// What stands in a directive's parentheses.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    Null,
    Boolean(bool),
    Integer(i64),
    Float(f64),
    /// In single quotes.
    Text(String),
    /// In double quotes: a template of its own.
    Interpolated(Vec<Node>),
    Reference(Reference),
    List(Vec<Expression>),
    Range(Box<Expression>, Box<Expression>),
    Map(Vec<(Expression, Expression)>),
    Not(Box<Expression>),
    Negative(Box<Expression>),
    Binary(Operator, Box<Expression>, Box<Expression>),
}

/// Between two expressions; the order of the variants is no precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}
