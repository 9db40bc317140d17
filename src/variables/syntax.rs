//! The grammar of variables.
//!
//! A text holds variables `$<…>` and `${…}`. A variable is one source or several, tried from left to right:
//! `name(parameter, …):address`, or a literal (`'text'`, `"text"`, a number, `true`, `false`, `null`). Parameters and addresses
//! may hold variables. `\$<` and `\${` stand for the characters themselves.
//!
//! Further dollar signs before `${` belong to the variable: `$${self:service}` is `${self:service}`.
//!
//! `${` begins a variable only before the name of a source and `:` or `(`, so that CloudFormation's `${AWS::Region}` and
//! `${LogicalId}` stay as they are. `$<` is ours and always begins one, except in a `serverless.yml`, where it is held to the
//! same rule as `${`.
//!
//! Source: <https://www.serverless.com/framework/docs/providers/aws/guide/variables>

use std::ops::Range;

use serde_json::{Number, Value};

use super::limits;

/// The names of sources.
pub const SOURCES: &[&str] =
    &["file", "self", "opt", "env", "sls", "aws", "param", "strToBool", "git", "cf", "ssm", "s3"];

/// Sources of newer Serverless versions, which are refused by name.
pub const FOREIGN_SOURCES: &[&str] = &["vault", "terraform", "doppler", "output"];

/// What IAM writes as `${aws:…}` in policies; these stay as they are.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>
const POLICY_VARIABLES: &[&str] = &[
    "username",
    "userid",
    "SourceIp",
    "CurrentTime",
    "EpochTime",
    "TokenIssueTime",
    "principaltype",
    "SecureTransport",
    "UserAgent",
    "FederatedProvider",
    "PrincipalTag",
    "PrincipalArn",
    "PrincipalAccount",
    "PrincipalOrgID",
    "RequestTag",
    "ResourceTag",
    "Referer",
    "SourceArn",
    "SourceAccount",
];

/// A text taken apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    pub parts: Vec<Part>,
}

/// A piece of a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Characters, escapes undone.
    Plain(String),
    Variable(Variable),
}

/// One variable and where it stands in the text, in bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    pub at: Range<usize>,
    /// At least one.
    pub sources: Vec<Source>,
}

/// One of the sources of a variable and where it stands in the text, in bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    pub at: Range<usize>,
    pub asks: Asks,
}

/// What a source asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Asks {
    Literal(Value),
    Call { name: String, parameters: Vec<Text>, address: Option<(Text, Range<usize>)> },
}

/// Why a text cannot be taken apart, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub at: Range<usize>,
    pub message: String,
    pub hint: Option<String>,
    /// The name of the source that does not exist, if that is the fault.
    pub unknown: Option<String>,
    /// The bound on nesting is the fault.
    pub too_deep: bool,
}

impl Text {
    /// The variable, if the text is one variable and nothing else.
    pub fn single(&self) -> Option<&Variable> {
        match self.parts.as_slice() {
            [Part::Variable(variable)] => Some(variable),
            _ => None,
        }
    }

    /// Whether there is no variable in it.
    pub fn is_plain(&self) -> bool {
        self.parts.iter().all(|part| matches!(part, Part::Plain(_)))
    }
}

/// Takes a text apart. `own` says that `$<` always begins a variable.
///
/// # Errors
/// The first thing that is not as the grammar wants it.
pub fn parse(text: &str, own: bool) -> Result<Text, Fault> {
    let mut parser = Parser { text, at: 0, own, nesting: 0 };
    parser.text(&[])
}

/// Whether a text may hold a variable; quick.
pub fn may_hold_variable(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.windows(2).any(|pair| pair[0] == b'$' && matches!(pair[1], b'<' | b'{'))
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    own: bool,
    nesting: usize,
}

impl Parser<'_> {
    /// Plain characters and variables up to the end or to one of `ends`.
    fn text(&mut self, ends: &[u8]) -> Result<Text, Fault> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        while let Some(next) = self.text[self.at..].chars().next() {
            if ends.iter().any(|end| *end as char == next) {
                break;
            }
            if next == '\\' && self.escapes(&mut plain) {
                continue;
            }
            let start = self.at;
            if next == '$' {
                self.at += self.dollars();
            }
            if next == '$' && self.opens_at(self.at) {
                if !plain.is_empty() {
                    parts.push(Part::Plain(std::mem::take(&mut plain)));
                }
                let variable = self.variable()?;
                parts.push(Part::Variable(Variable { at: start..variable.at.end, ..variable }));
                continue;
            }
            plain.push(next);
            self.at = start + next.len_utf8();
        }
        if !plain.is_empty() {
            parts.push(Part::Plain(plain));
        }
        Ok(Text { parts })
    }

    /// How many dollar signs belong to the variable after them: to `$${self:service}` all do, as in Serverless v3.
    fn dollars(&self) -> usize {
        let rest = &self.text[self.at..];
        let more = rest.bytes().take_while(|byte| *byte == b'$').count().saturating_sub(1);
        if more > 0 && rest[more..].starts_with("${") && self.opens_at(self.at + more) { more } else { 0 }
    }

    /// Backslashes before a variable's opening: each pair is one, a single one takes the opening's meaning away.
    fn escapes(&mut self, plain: &mut String) -> bool {
        let rest = &self.text[self.at..];
        let count = rest.bytes().take_while(|byte| *byte == b'\\').count();
        let opening = self.at + count;
        if !self.opens_at(opening) {
            plain.extend(std::iter::repeat_n('\\', count));
            self.at = opening;
            return true;
        }
        plain.extend(std::iter::repeat_n('\\', count / 2));
        self.at = opening;
        if count % 2 == 1 {
            plain.push_str(&self.text[opening..opening + 2]);
            self.at += 2;
        }
        true
    }

    /// Whether a variable begins at a byte.
    fn opens_at(&self, at: usize) -> bool {
        let rest = &self.text[at..];
        let own = rest.starts_with("$<");
        if !own && !rest.starts_with("${") {
            return false;
        }
        if self.nesting > 0 || (own && self.own) {
            return true;
        }
        let (name, after) = word(&rest[2..]);
        if after.starts_with("::") || !after.starts_with([':', '(']) {
            return false;
        }
        if name == "aws" && after.starts_with(':') {
            let asked = after[1..].split(['}', '>', '/', ',']).next().unwrap_or("").trim();
            return !POLICY_VARIABLES.iter().any(|known| known.eq_ignore_ascii_case(asked));
        }
        let known = SOURCES.contains(&name) || FOREIGN_SOURCES.contains(&name);
        known || (self.own && crate::diagnostic::nearest(name, SOURCES.iter().copied()).is_some())
    }

    /// A variable; stands at its opening.
    fn variable(&mut self) -> Result<Variable, Fault> {
        let start = self.at;
        let close = if self.text[start..].starts_with("$<") { b'>' } else { b'}' };
        if self.nesting >= limits::NESTING {
            let message = format!("variables stand inside each other more than {} deep here", limits::NESTING);
            let fault =
                hinted(self.fault(start..start + 2, message), "give the inner part a key of its own under `custom`");
            return Err(Fault { too_deep: true, ..fault });
        }
        self.nesting += 1;
        self.at += 2;
        let mut sources = Vec::new();
        loop {
            self.blanks();
            sources.push(self.source(start, close)?);
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(byte) if byte == close => break,
                Some(_) => return Err(self.unexpected(start, close)),
                None => return Err(self.unclosed(start, close)),
            }
        }
        self.at += 1;
        self.nesting -= 1;
        Ok(Variable { at: start..self.at, sources })
    }

    fn source(&mut self, opening: usize, close: u8) -> Result<Source, Fault> {
        let start = self.at;
        match self.peek() {
            None => return Err(self.unclosed(opening, close)),
            Some(b'\'' | b'"') => {
                let text = self.quoted(opening, close)?;
                return Ok(Source { at: start..self.at, asks: Asks::Literal(Value::String(text)) });
            }
            Some(byte) if byte == b',' || byte == close => {
                let fault = self.fault(start..start + 1, "a source is missing here".to_owned());
                return Err(hinted(
                    fault,
                    "name a source, as in `self:service`, or write `null` where nothing is a value too",
                ));
            }
            Some(_) => {}
        }
        let (name, after) = word(&self.text[start..]);
        let name = name.to_owned();
        if !name.is_empty() && after.starts_with([':', '(']) {
            return self.call(name, opening, close);
        }
        self.literal(opening, close)
    }

    /// `name(parameters):address`; stands at the name.
    fn call(&mut self, name: String, opening: usize, close: u8) -> Result<Source, Fault> {
        let start = self.at;
        if !SOURCES.contains(&name.as_str()) {
            return Err(self.unknown(start, name));
        }
        self.at += name.len();
        let mut parameters = Vec::new();
        if self.peek() == Some(b'(') {
            self.at += 1;
            self.parameters(&mut parameters, start, opening, close)?;
            self.blanks();
        }
        let mut address = None;
        if self.peek() == Some(b':') {
            self.at += 1;
            self.blanks();
            let from = self.at;
            if matches!(self.peek(), Some(b'\'' | b'"')) {
                let text = self.quoted(opening, close)?;
                address = Some((Text { parts: vec![Part::Plain(text)] }, from..self.at));
            } else {
                let text = trimmed(self.text(&[b',', close])?);
                let end = from + self.text[from..self.at].trim_end().len();
                if !text.parts.is_empty() {
                    address = Some((text, from..end));
                }
            }
        }
        let end = start + self.text[start..self.at].trim_end().len();
        Ok(Source { at: start..end, asks: Asks::Call { name, parameters, address } })
    }

    fn parameters(&mut self, into: &mut Vec<Text>, start: usize, opening: usize, close: u8) -> Result<(), Fault> {
        loop {
            self.blanks();
            let text = if matches!(self.peek(), Some(b'\'' | b'"')) {
                Text { parts: vec![Part::Plain(self.quoted(opening, close)?)] }
            } else {
                trimmed(self.text(b",)")?)
            };
            self.blanks();
            match self.peek() {
                Some(b',') => into.push(text),
                Some(b')') => {
                    if !text.parts.is_empty() || !into.is_empty() {
                        into.push(text);
                    }
                    self.at += 1;
                    return Ok(());
                }
                Some(_) => return Err(self.unexpected(start, b')')),
                None => {
                    let fault = self.fault(start..self.text.len(), "the `(` of this source is not closed".to_owned());
                    return Err(hinted(fault, "add the `)`"));
                }
            }
            self.at += 1;
        }
    }

    /// A number, `true`, `false` or `null`.
    fn literal(&mut self, opening: usize, close: u8) -> Result<Source, Fault> {
        let start = self.at;
        let length = self.text[start..].find([',', close as char]);
        let Some(length) = length else { return Err(self.unclosed(opening, close)) };
        let written = self.text[start..start + length].trim_end();
        self.at = start + written.len();
        let at = start..self.at;
        let value = match written {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "null" => Value::Null,
            _ => match written
                .parse::<i64>()
                .map(Number::from)
                .ok()
                .or_else(|| written.parse().ok().and_then(Number::from_f64))
            {
                Some(number) => Value::Number(number),
                None => return Err(self.bare(at, written)),
            },
        };
        Ok(Source { at, asks: Asks::Literal(value) })
    }

    /// A word that is neither a source nor a literal.
    fn bare(&self, at: Range<usize>, written: &str) -> Fault {
        let (name, after) = word(written);
        let fault = self.fault(at, format!("`{written}` is neither a source nor a literal"));
        if SOURCES.contains(&name) && after.starts_with('.') {
            return hinted(fault, &format!("did you mean `{name}:{}`?", &after[1..]));
        }
        if SOURCES.contains(&name) {
            return hinted(fault, &format!("a source takes a colon: `{name}:…`"));
        }
        hinted(fault, &format!("put a text into quotes: `'{written}'`"))
    }

    fn unknown(&self, start: usize, name: String) -> Fault {
        let mut fault = self.fault(start..start + name.len(), format!("there is no variable source `{name}`"));
        if FOREIGN_SOURCES.contains(&name.as_str()) {
            fault.message = format!("the variable source `{name}` is not supported");
            fault.hint = Some("bring the value in through `env:`, `ssm:`, `param:` or a file".to_owned());
        } else if let Some(found) = crate::diagnostic::nearest(&name, SOURCES.iter().copied()) {
            fault.hint = Some(format!("did you mean `{found}`?"));
        } else {
            fault.hint = Some(format!("there are {}", crate::diagnostic::listed(SOURCES.iter().copied().take(12))));
        }
        fault.unknown = Some(name);
        fault
    }

    /// A quoted text; stands at its quote.
    fn quoted(&mut self, opening: usize, close: u8) -> Result<String, Fault> {
        let start = self.at;
        let quote = self.text.as_bytes()[start];
        self.at += 1;
        let mut text = String::new();
        while let Some(next) = self.text[self.at..].chars().next() {
            self.at += next.len_utf8();
            if next == quote as char {
                return Ok(text);
            }
            if next == '\\' && quote == b'"' {
                text.push(self.escaped()?);
            } else {
                text.push(next);
            }
        }
        self.at = start;
        let fault = self.fault(start..self.text.len(), format!("the quote `{}` is not closed", quote as char));
        let shown =
            format!("add the closing quote before the `{}` of `{}`", close as char, &self.text[opening..opening + 2]);
        Err(hinted(fault, &shown))
    }

    /// What follows a backslash in a double-quoted text, as in JSON.
    fn escaped(&mut self) -> Result<char, Fault> {
        let at = self.at - 1;
        let next = self.text[self.at..].chars().next();
        self.at += next.map_or(0, char::len_utf8);
        let found = match next {
            Some('n') => Some('\n'),
            Some('t') => Some('\t'),
            Some('r') => Some('\r'),
            Some('b') => Some('\u{8}'),
            Some('f') => Some('\u{c}'),
            Some(same @ ('"' | '\\' | '/')) => Some(same),
            Some('u') => {
                let digits = self.text.get(self.at..self.at + 4);
                let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
                self.at += if code.is_some() { 4 } else { 0 };
                code.and_then(char::from_u32)
            }
            _ => None,
        };
        found.ok_or_else(|| {
            let fault = self.fault(at..self.at, format!("`{}` is no escape", &self.text[at..self.at]));
            hinted(fault, "in double quotes a backslash is written `\\\\`")
        })
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn unclosed(&self, opening: usize, close: u8) -> Fault {
        let open = &self.text[opening..opening + 2];
        let fault = self.fault(opening..self.text.len(), format!("the variable `{open}` is not closed"));
        hinted(fault, &format!("add the `{}`", close as char))
    }

    fn unexpected(&self, _from: usize, close: u8) -> Fault {
        let next = self.text[self.at..].chars().next().unwrap_or(' ');
        let fault = self.fault(self.at..self.at + next.len_utf8(), format!("`{next}` is not expected here"));
        hinted(fault, &format!("here comes `,` or `{}`", close as char))
    }

    fn fault(&self, at: Range<usize>, message: String) -> Fault {
        Fault { at, message, hint: None, unknown: None, too_deep: false }
    }
}

fn hinted(fault: Fault, hint: &str) -> Fault {
    Fault { hint: Some(hint.to_owned()), ..fault }
}

/// The name that a text begins with, and the rest.
fn word(text: &str) -> (&str, &str) {
    let starts = text.starts_with(|first: char| first.is_ascii_lowercase());
    let end = if starts { text.find(|next: char| !next.is_ascii_alphanumeric()).unwrap_or(text.len()) } else { 0 };
    text.split_at(end)
}

/// Without blanks at its ends.
fn trimmed(mut text: Text) -> Text {
    if let Some(Part::Plain(first)) = text.parts.first_mut() {
        *first = first.trim_start().to_owned();
    }
    if let Some(Part::Plain(last)) = text.parts.last_mut() {
        *last = last.trim_end().to_owned();
    }
    text.parts.retain(|part| !matches!(part, Part::Plain(plain) if plain.is_empty()));
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_is_taken_apart_or_refused(text in "[$<>{}():,'\" a-z.\\\\é]{0,80}", own in any::<bool>()) {
            match parse(&text, own) {
                Ok(parsed) => {
                    for part in &parsed.parts {
                        if let Part::Variable(variable) = part {
                            prop_assert!(text.get(variable.at.clone()).is_some());
                        }
                    }
                }
                Err(fault) => prop_assert!(text.get(fault.at.clone()).is_some(), "{fault:?}"),
            }
        }

        #[test]
        fn text_without_variables_stays_as_it_is(text in "[a-z ${<>\\\\]{0,40}") {
            if !may_hold_variable(&text) {
                let parsed = parse(&text, true).expect("nothing to refuse");
                let same = parsed.parts == [Part::Plain(text.clone())] || (text.is_empty() && parsed.parts.is_empty());
                prop_assert!(same);
            }
        }
    }

    #[test]
    fn sources_parameters_and_addresses_are_taken_apart() {
        let parsed = parse("$<ssm(us-east-1, raw):/a/$<sls:stage>, 'x, y', null>", true).expect("a variable");
        let variable = parsed.single().expect("one variable");
        assert_eq!(variable.sources.len(), 3);
        let Asks::Call { name, parameters, address } = &variable.sources[0].asks else { panic!("a call") };
        assert_eq!((name.as_str(), parameters.len()), ("ssm", 2));
        assert_eq!(address.as_ref().map(|(text, _)| text.parts.len()), Some(2));
        assert_eq!(variable.sources[1].asks, Asks::Literal(Value::String("x, y".to_owned())));
        assert_eq!(variable.sources[2].asks, Asks::Literal(Value::Null));
    }
}
