//! Reads the text of an intrinsic call.

use super::{Argument, Call, FUNCTIONS};
use crate::data::path::PathExpression;

/// Most calls inside one another. Source: developer guide, "Limits of intrinsic functions" (10).
const MAX_NESTING: usize = 10;

/// Why a text is no intrinsic call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct SyntaxError(String);

pub(super) fn call(text: &str) -> Result<Call, SyntaxError> {
    let mut reader = Reader { text, position: 0 };
    let call = reader.call(MAX_NESTING)?;
    reader.space();
    if reader.position < text.len() {
        return Err(reader.error("Unexpected text after the call"));
    }
    Ok(call)
}

/// The text that a quoted argument means.
pub(super) fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(escaped @ ('\'' | '\\' | '{' | '}')) => plain.push(escaped),
                Some(other) => plain.extend(['\\', other]),
                None => plain.push('\\'),
            },
            c => plain.push(c),
        }
    }
    plain
}

struct Reader<'a> {
    text: &'a str,
    position: usize,
}

impl<'a> Reader<'a> {
    fn error(&self, what: &str) -> SyntaxError {
        SyntaxError(format!("{what} at position {}", self.position))
    }

    fn rest(&self) -> &'a str {
        &self.text[self.position..]
    }

    fn space(&mut self) {
        self.position += self.rest().len() - self.rest().trim_start().len();
    }

    fn eat(&mut self, token: char) -> bool {
        self.space();
        let found = self.rest().starts_with(token);
        if found {
            self.position += token.len_utf8();
        }
        found
    }

    fn call(&mut self, depth: usize) -> Result<Call, SyntaxError> {
        self.space();
        let start = self.position;
        let end = self.rest().find('(').ok_or_else(|| self.error("'(' expected"))?;
        let name = self.rest()[..end].trim();
        let (_, function, fewest, most) = FUNCTIONS
            .into_iter()
            .find(|(known, ..)| *known == name)
            .ok_or_else(|| self.error(&format!("The intrinsic function '{name}' does not exist")))?;
        self.position += end + 1;
        let arguments = self.arguments(depth)?;
        if arguments.len() < fewest || arguments.len() > most {
            return Err(self.error(&format!("Invalid number of arguments for '{name}'")));
        }
        let call = Call { text: self.text[start..self.position].to_owned(), function, arguments };
        if call.literals_fit() { Ok(call) } else { Err(self.error(&format!("Invalid argument for '{name}'"))) }
    }

    fn arguments(&mut self, depth: usize) -> Result<Vec<Argument>, SyntaxError> {
        let mut arguments = Vec::new();
        if self.eat(')') {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.argument(depth)?);
            if self.eat(')') {
                return Ok(arguments);
            }
            if !self.eat(',') {
                return Err(self.error("',' or ')' expected"));
            }
        }
    }

    fn argument(&mut self, depth: usize) -> Result<Argument, SyntaxError> {
        self.space();
        match self.rest().chars().next() {
            Some('\'') => self.quoted(),
            Some('$') => self.path(),
            Some('S') => {
                let depth = depth.checked_sub(1).ok_or_else(|| self.error("Calls nest too deeply"))?;
                Ok(Argument::Call(Box::new(self.call(depth)?)))
            }
            Some(_) => self.literal(),
            None => Err(self.error("An argument is missing")),
        }
    }

    fn quoted(&mut self) -> Result<Argument, SyntaxError> {
        self.position += 1;
        let start = self.position;
        let mut escaped = false;
        for (offset, c) in self.rest().char_indices() {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '\'' => {
                    self.position = start + offset + 1;
                    return Ok(Argument::Text(self.text[start..start + offset].to_owned()));
                }
                _ => {}
            }
        }
        Err(self.error("The string does not end"))
    }

    /// A path ends at the first `,` or `)` outside its own brackets and quotes.
    fn path(&mut self) -> Result<Argument, SyntaxError> {
        let (mut depth, mut quote, mut escaped) = (0usize, None, false);
        let mut end = self.rest().len();
        for (offset, c) in self.rest().char_indices() {
            match (quote, c) {
                _ if escaped => escaped = false,
                (Some(_), '\\') => escaped = true,
                (Some(open), c) if c == open => quote = None,
                (Some(_), _) => {}
                (None, '\'' | '"') => quote = Some(c),
                (None, '(' | '[') => depth += 1,
                (None, ')' | ',') if depth == 0 => {
                    end = offset;
                    break;
                }
                (None, ')' | ']') => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        let path = PathExpression::parse(self.rest()[..end].trim_end()).map_err(|e| self.error(&e.0))?;
        self.position += end;
        Ok(Argument::Path(path))
    }

    fn literal(&mut self) -> Result<Argument, SyntaxError> {
        let end = self.rest().find([',', ')']).ok_or_else(|| self.error("',' or ')' expected"))?;
        let value: serde_json::Value =
            serde_json::from_str(self.rest()[..end].trim()).map_err(|_| self.error("The argument is not valid"))?;
        if value.is_string() || value.is_array() || value.is_object() {
            return Err(self.error("The argument is not valid"));
        }
        self.position += end;
        Ok(Argument::Literal(value))
    }
}
