//! Text to template.
//!
//! One thing: a recursive descent over characters, because in Velocity what is text and what is a reference can only be
//! decided while reading.

use super::TemplateError;
use super::syntax::{Expression, Node, Operator, Reference, Step};

/// Directives and expressions nest at most this deep.
const DEPTH: usize = 64;

/// A template that can be rendered.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    pub(super) nodes: Vec<Node>,
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// For unbalanced directives, malformed expressions, and directives that are refused by name.
    pub fn parse(text: &str) -> Result<Template, TemplateError> {
        let mut parser = Parser { text: text.chars().collect(), at: 0, depth: 0 };
        let (nodes, end) = parser.nodes(true)?;
        match end {
            End::Text => Ok(Template { nodes }),
            End::Close | End::Else | End::ElseIf => Err(parser.error("a directive ends what was not begun")),
        }
    }
}

/// What ended a run of nodes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Text,
    Close,
    Else,
    ElseIf,
}

struct Parser {
    text: Vec<char>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn error(&self, message: &str) -> TemplateError {
        TemplateError::Syntax { line: self.line(), message: message.to_owned() }
    }

    fn line(&self) -> usize {
        self.text[..self.at.min(self.text.len())].iter().filter(|c| **c == '\n').count() + 1
    }

    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    fn looking_at(&self, token: &str) -> bool {
        token.chars().enumerate().all(|(offset, c)| self.text.get(self.at + offset) == Some(&c))
    }

    fn eat(&mut self, token: &str) -> bool {
        let found = self.looking_at(token);
        if found {
            self.at += token.chars().count();
        }
        found
    }

    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Parser) -> Result<T, TemplateError>) -> Result<T, TemplateError> {
        if self.depth >= DEPTH {
            return Err(self.error("the template nests too deep"));
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    /// Nodes until the text ends or a directive that belongs to an outer one.
    fn nodes(&mut self, outermost: bool) -> Result<(Vec<Node>, End), TemplateError> {
        self.deeper(|parser| parser.nodes_here(outermost))
    }

    fn nodes_here(&mut self, outermost: bool) -> Result<(Vec<Node>, End), TemplateError> {
        let mut nodes = Vec::new();
        let mut text = String::new();
        while let Some(c) = self.peek() {
            match c {
                '\\' => self.backslashes(&mut text, &mut nodes)?,
                '$' => match self.reference()? {
                    Some(reference) => {
                        flush(&mut text, &mut nodes);
                        nodes.push(Node::Reference(reference));
                    }
                    None => self.literal(&mut text),
                },
                '#' => match self.hash(&mut text, &mut nodes)? {
                    Some(End::Text) => {
                        flush(&mut text, &mut nodes);
                        return Ok((nodes, End::Text));
                    }
                    Some(end) if outermost => {
                        let _ = end;
                        return Err(self.error("a directive ends what was not begun"));
                    }
                    Some(end) => {
                        flush(&mut text, &mut nodes);
                        return Ok((nodes, end));
                    }
                    None => {}
                },
                _ => self.literal(&mut text),
            }
        }
        flush(&mut text, &mut nodes);
        Ok((nodes, End::Text))
    }

    fn literal(&mut self, text: &mut String) {
        text.extend(self.peek());
        self.at += 1;
    }

    /// Backslashes before a reference or directive: each pair is one, an odd one takes the meaning away.
    fn backslashes(&mut self, text: &mut String, nodes: &mut Vec<Node>) -> Result<(), TemplateError> {
        let count = self.text[self.at..].iter().take_while(|c| **c == '\\').count();
        self.at += count;
        let start = self.at;
        let meant = match self.peek() {
            Some('$') => self.reference()?.is_some(),
            Some('#') => self.directive_name().is_some_and(|name| DIRECTIVES.contains(&name.as_str())),
            _ => false,
        };
        if !meant {
            self.at = start;
            text.extend(std::iter::repeat_n('\\', count));
            return Ok(());
        }
        text.extend(std::iter::repeat_n('\\', count / 2));
        if count % 2 == 1 {
            text.extend(&self.text[start..self.at]);
        } else {
            self.at = start;
        }
        flush(text, nodes);
        Ok(())
    }

    /// What begins with `#`; some end when it closes an outer directive.
    fn hash(&mut self, text: &mut String, nodes: &mut Vec<Node>) -> Result<Option<End>, TemplateError> {
        if self.eat("##") {
            while self.peek().is_some_and(|c| c != '\n') {
                self.at += 1;
            }
            self.at += 1;
            return Ok(None);
        }
        if self.eat("#*") {
            self.until("*#")?;
            return Ok(None);
        }
        if self.eat("#[[") {
            let raw = self.until("]]#")?;
            text.push_str(&raw);
            return Ok(None);
        }
        let start = self.at;
        let Some(name) = self.directive_name() else {
            self.literal(text);
            return Ok(None);
        };
        match name.as_str() {
            "end" | "else" | "elseif" => {
                let end = match name.as_str() {
                    "end" => End::Close,
                    "else" => End::Else,
                    _ => End::ElseIf,
                };
                if end != End::ElseIf {
                    self.rest_of_line();
                }
                return Ok(Some(end));
            }
            "set" => {
                if self.text[..start].iter().rev().find(|c| !matches!(c, ' ' | '\t')).is_none_or(|c| *c == '\n') {
                    // Velocity swallows the white space before a `#set` on its line.
                    text.truncate(text.trim_end_matches([' ', '\t']).len());
                }
                flush(text, nodes);
                nodes.push(self.set()?);
            }
            "if" | "foreach" | "define" | "break" | "stop" => {
                flush(text, nodes);
                nodes.push(self.block(&name)?);
            }
            "macro" | "parse" | "include" | "evaluate" => {
                return Err(TemplateError::Unsupported { line: self.line(), what: format!("#{name}") });
            }
            _ => {
                self.at = start;
                self.literal(text);
            }
        }
        Ok(None)
    }

    fn until(&mut self, end: &str) -> Result<String, TemplateError> {
        let start = self.at;
        while self.at < self.text.len() {
            if self.looking_at(end) {
                let inside = self.text[start..self.at].iter().collect();
                self.at += end.chars().count();
                return Ok(inside);
            }
            self.at += 1;
        }
        Err(self.error(&format!("`{end}` is missing")))
    }

    /// The name after `#` or in `#{…}`; nothing is consumed when there is none.
    fn directive_name(&mut self) -> Option<String> {
        let start = self.at;
        self.at += 1;
        let braced = self.eat("{");
        let mut name: String = self.word();
        // `#elsetext` is `#else` with text behind it.
        if !braced && !DIRECTIVES.contains(&name.as_str()) {
            let known = ["elseif", "else", "end"].into_iter().find(|known| name.starts_with(known));
            if let Some(known) = known {
                self.at -= name.chars().count() - known.len();
                known.clone_into(&mut name);
            }
        }
        if name.is_empty() || (braced && !self.eat("}")) {
            self.at = start;
            return None;
        }
        Some(name)
    }

    fn word(&mut self) -> String {
        let mut word = String::new();
        while let Some(c) = self.peek() {
            let first = word.is_empty();
            if !(c.is_ascii_alphabetic() || c == '_' || (!first && (c.is_ascii_digit() || c == '-'))) {
                break;
            }
            word.push(c);
            self.at += 1;
        }
        word
    }

    /// Velocity swallows the line end behind a directive.
    fn rest_of_line(&mut self) {
        let mut at = self.at;
        while self.text.get(at).is_some_and(|c| matches!(c, ' ' | '\t' | '\r')) {
            at += 1;
        }
        if self.text.get(at) == Some(&'\n') {
            self.at = at + 1;
        }
    }

    fn space(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    fn open(&mut self) -> Result<(), TemplateError> {
        self.space();
        if self.eat("(") { Ok(()) } else { Err(self.error("`(` is missing")) }
    }

    fn close(&mut self) -> Result<(), TemplateError> {
        self.space();
        if !self.eat(")") {
            return Err(self.error("`)` is missing"));
        }
        self.rest_of_line();
        Ok(())
    }

    fn set(&mut self) -> Result<Node, TemplateError> {
        self.open()?;
        self.space();
        let target = self.reference()?.ok_or_else(|| self.error("#set needs a reference"))?;
        self.space();
        if !self.eat("=") {
            return Err(self.error("`=` is missing in #set"));
        }
        let value = self.expression()?;
        self.close()?;
        Ok(Node::Set { target, value })
    }

    fn block(&mut self, name: &str) -> Result<Node, TemplateError> {
        match name {
            "if" => self.condition(),
            "foreach" => self.foreach(),
            "define" => self.define(),
            "break" => Ok(Node::Break),
            _ => Ok(Node::Stop),
        }
    }

    fn condition(&mut self) -> Result<Node, TemplateError> {
        let mut branches = Vec::new();
        loop {
            self.open()?;
            let test = self.expression()?;
            self.close()?;
            let (body, end) = self.nodes(false)?;
            branches.push((test, body));
            match end {
                End::ElseIf => {}
                End::Close => return Ok(Node::If { branches, otherwise: Vec::new() }),
                End::Else => {
                    let otherwise = self.body()?;
                    return Ok(Node::If { branches, otherwise });
                }
                End::Text => return Err(self.error("#end is missing")),
            }
        }
    }

    /// Nodes up to `#end`.
    fn body(&mut self) -> Result<Vec<Node>, TemplateError> {
        match self.nodes(false)? {
            (body, End::Close) => Ok(body),
            _ => Err(self.error("#end is missing")),
        }
    }

    fn foreach(&mut self) -> Result<Node, TemplateError> {
        self.open()?;
        let name = self.plain_reference("#foreach")?;
        self.space();
        if self.word() != "in" {
            return Err(self.error("`in` is missing in #foreach"));
        }
        let items = self.expression()?;
        self.close()?;
        Ok(Node::Foreach { name, items, body: self.body()? })
    }

    fn define(&mut self) -> Result<Node, TemplateError> {
        self.open()?;
        let name = self.plain_reference("#define")?;
        self.close()?;
        Ok(Node::Define { name, body: self.body()? })
    }

    fn plain_reference(&mut self, directive: &str) -> Result<String, TemplateError> {
        self.space();
        match self.reference()? {
            Some(reference) if reference.steps.is_empty() => Ok(reference.name),
            _ => Err(self.error(&format!("{directive} needs a plain reference"))),
        }
    }

    /// A reference, or nothing (and nothing consumed) when the `$` is just text.
    fn reference(&mut self) -> Result<Option<Reference>, TemplateError> {
        let start = self.at;
        if !self.eat("$") {
            return Ok(None);
        }
        let quiet = self.eat("!");
        let braced = self.eat("{");
        let name = self.word();
        if name.is_empty() {
            self.at = start;
            return Ok(None);
        }
        let steps = self.deeper(Parser::steps)?;
        if braced && !self.eat("}") {
            self.at = start;
            return Ok(None);
        }
        let source = self.text[start..self.at].iter().collect();
        Ok(Some(Reference { source, quiet, name, steps }))
    }

    fn steps(&mut self) -> Result<Vec<Step>, TemplateError> {
        let mut steps = Vec::new();
        loop {
            let start = self.at;
            if self.eat(".") {
                let name = self.word();
                if name.is_empty() {
                    self.at = start;
                    return Ok(steps);
                }
                if self.eat("(") {
                    steps.push(Step::Call(name, self.list(")")?));
                } else {
                    steps.push(Step::Property(name));
                }
            } else if self.peek() == Some('[') {
                self.at += 1;
                // Text such as `$price[s]` is no index.
                match self.expression() {
                    Ok(index)
                        if {
                            self.space();
                            self.eat("]")
                        } =>
                    {
                        steps.push(Step::Index(index))
                    }
                    _ => {
                        self.at = start;
                        return Ok(steps);
                    }
                }
            } else {
                return Ok(steps);
            }
        }
    }

    /// Expressions with commas between them, up to and with `end`.
    fn list(&mut self, end: &str) -> Result<Vec<Expression>, TemplateError> {
        let mut items = Vec::new();
        self.space();
        if self.eat(end) {
            return Ok(items);
        }
        loop {
            items.push(self.expression()?);
            self.space();
            if self.eat(end) {
                return Ok(items);
            }
            if !self.eat(",") {
                return Err(self.error(&format!("`{end}` is missing")));
            }
        }
    }

    fn expression(&mut self) -> Result<Expression, TemplateError> {
        self.deeper(|parser| parser.binary(0))
    }

    fn binary(&mut self, level: usize) -> Result<Expression, TemplateError> {
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let mut left = self.binary(level + 1)?;
        // Each turn consumes an operator.
        while let Some(operator) = self.operator(operators) {
            let right = self.binary(level + 1)?;
            left = Expression::Binary(operator, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn operator(&mut self, operators: &[(&str, Operator)]) -> Option<Operator> {
        self.space();
        for (token, operator) in operators {
            let word = token.chars().all(char::is_alphabetic);
            let after = self.text.get(self.at + token.len());
            if word && after.is_some_and(|c| c.is_alphanumeric() || *c == '_') {
                continue;
            }
            if self.eat(token) {
                return Some(*operator);
            }
        }
        None
    }

    fn unary(&mut self) -> Result<Expression, TemplateError> {
        self.space();
        if self.peek() == Some('!') {
            self.at += 1;
            return Ok(Expression::Not(Box::new(self.deeper(Parser::unary)?)));
        }
        if self.peek() == Some('-') {
            self.at += 1;
            return Ok(Expression::Negative(Box::new(self.deeper(Parser::unary)?)));
        }
        self.primary()
    }

    fn primary(&mut self) -> Result<Expression, TemplateError> {
        match self.peek() {
            Some('(') => {
                self.at += 1;
                let inner = self.expression()?;
                self.space();
                if self.eat(")") { Ok(inner) } else { Err(self.error("`)` is missing")) }
            }
            Some('\'') => {
                self.at += 1;
                self.until("'").map(Expression::Text)
            }
            Some('"') => {
                self.at += 1;
                self.interpolated()
            }
            Some('[') => {
                self.at += 1;
                self.list_or_range()
            }
            Some('{') => {
                self.at += 1;
                self.map()
            }
            Some('$') => match self.reference()? {
                Some(reference) => Ok(Expression::Reference(reference)),
                None => Err(self.error("a reference is malformed")),
            },
            Some(c) if c.is_ascii_digit() => self.number(),
            _ => self.keyword(),
        }
    }

    /// A double-quoted string is a template of its own, except where it is none.
    fn interpolated(&mut self) -> Result<Expression, TemplateError> {
        let inside = self.until("\"")?;
        let mut inner = Parser { text: inside.chars().collect(), at: 0, depth: self.depth };
        match inner.nodes(false) {
            Ok((nodes, End::Text)) => Ok(Expression::Interpolated(nodes)),
            Ok(_) | Err(TemplateError::Syntax { .. }) => Ok(Expression::Text(inside)),
            Err(refused) => Err(refused),
        }
    }

    fn list_or_range(&mut self) -> Result<Expression, TemplateError> {
        self.space();
        if self.eat("]") {
            return Ok(Expression::List(Vec::new()));
        }
        let first = self.expression()?;
        self.space();
        if self.eat("..") {
            let last = self.expression()?;
            self.space();
            return match self.eat("]") {
                true => Ok(Expression::Range(Box::new(first), Box::new(last))),
                false => Err(self.error("`]` is missing")),
            };
        }
        let mut items = vec![first];
        if self.eat(",") {
            items.extend(self.list("]")?);
        } else if !self.eat("]") {
            return Err(self.error("`]` is missing"));
        }
        Ok(Expression::List(items))
    }

    fn map(&mut self) -> Result<Expression, TemplateError> {
        let mut entries = Vec::new();
        self.space();
        if self.eat("}") {
            return Ok(Expression::Map(entries));
        }
        loop {
            let key = self.expression()?;
            self.space();
            if !self.eat(":") {
                return Err(self.error("`:` is missing in a map"));
            }
            entries.push((key, self.expression()?));
            self.space();
            if self.eat("}") {
                return Ok(Expression::Map(entries));
            }
            if !self.eat(",") {
                return Err(self.error("`}` is missing"));
            }
        }
    }

    fn number(&mut self) -> Result<Expression, TemplateError> {
        let start = self.at;
        let digits = |parser: &mut Parser| {
            while parser.peek().is_some_and(|c| c.is_ascii_digit()) {
                parser.at += 1;
            }
        };
        digits(self);
        let fraction = self.peek() == Some('.') && self.text.get(self.at + 1).is_some_and(char::is_ascii_digit);
        if fraction {
            self.at += 1;
            digits(self);
        }
        let text: String = self.text[start..self.at].iter().collect();
        let number = if fraction {
            text.parse().map(Expression::Float).ok()
        } else {
            text.parse().map(Expression::Integer).ok()
        };
        number.ok_or_else(|| self.error("a number is too large"))
    }

    fn keyword(&mut self) -> Result<Expression, TemplateError> {
        match self.word().as_str() {
            "true" => Ok(Expression::Boolean(true)),
            "false" => Ok(Expression::Boolean(false)),
            "null" => Ok(Expression::Null),
            "not" => Ok(Expression::Not(Box::new(self.deeper(Parser::unary)?))),
            _ => Err(self.error("an expression is missing or malformed")),
        }
    }
}

const DIRECTIVES: &[&str] = &[
    "set", "if", "elseif", "else", "end", "foreach", "define", "break", "stop", "macro", "parse", "include", "evaluate",
];

/// Operators by precedence, loosest first; longer tokens before their beginnings.
const LEVELS: &[&[(&str, Operator)]] = &[
    &[("||", Operator::Or), ("or", Operator::Or)],
    &[("&&", Operator::And), ("and", Operator::And)],
    &[("==", Operator::Equal), ("!=", Operator::NotEqual), ("eq", Operator::Equal), ("ne", Operator::NotEqual)],
    &[
        ("<=", Operator::LessOrEqual),
        (">=", Operator::GreaterOrEqual),
        ("<", Operator::Less),
        (">", Operator::Greater),
        ("le", Operator::LessOrEqual),
        ("ge", Operator::GreaterOrEqual),
        ("lt", Operator::Less),
        ("gt", Operator::Greater),
    ],
    &[("+", Operator::Add), ("-", Operator::Subtract)],
    &[("*", Operator::Multiply), ("/", Operator::Divide), ("%", Operator::Remainder)],
];

fn flush(text: &mut String, nodes: &mut Vec<Node>) {
    if !text.is_empty() {
        nodes.push(Node::Text(std::mem::take(text)));
    }
}
