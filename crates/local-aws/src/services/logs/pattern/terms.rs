//! Unstructured patterns: words, phrases, exclusions, alternatives, regular expressions.

use regex::{Regex, RegexBuilder};

/// The largest compiled expression, in bytes.
const LARGEST_REGEX: usize = 1 << 20;

/// Terms of a pattern: all of `all`, none of `none`, and one of `any` if there are some.
#[derive(Debug, Default)]
pub struct Terms {
    all: Vec<Term>,
    any: Vec<Term>,
    none: Vec<Term>,
}

#[derive(Debug)]
enum Term {
    /// The text stands somewhere, in this case.
    Text(String),
    Regex(Regex),
}

impl Terms {
    /// The terms in a text; `None` for a quote or a percent sign that does not end, and for a bad expression.
    pub fn parse(text: &str) -> Option<Terms> {
        let mut terms = Terms::default();
        let mut rest = text.trim_start();
        while let Some(first) = rest.chars().next() {
            let list = match first {
                '?' => &mut terms.any,
                '-' => &mut terms.none,
                _ => &mut terms.all,
            };
            let body = rest.strip_prefix(['?', '-']).unwrap_or(rest);
            let (term, after) = term(body)?;
            list.push(term);
            rest = after.trim_start();
        }
        Some(terms)
    }

    /// True for a message that has the terms.
    pub fn matches(&self, message: &str) -> bool {
        // Alternatives beside required terms do not count, as on AWS.
        let any = self.any.is_empty() || !self.all.is_empty() || self.any.iter().any(|term| term.found(message));
        any && self.all.iter().all(|term| term.found(message)) && !self.none.iter().any(|term| term.found(message))
    }
}

impl Term {
    fn found(&self, message: &str) -> bool {
        match self {
            Term::Text(text) => message.contains(text.as_str()),
            Term::Regex(regex) => regex.is_match(message),
        }
    }
}

/// The first term of a text, and what is after it.
fn term(text: &str) -> Option<(Term, &str)> {
    if let Some(rest) = text.strip_prefix('"') {
        let (phrase, after) = quoted(rest)?;
        return Some((Term::Text(phrase), after));
    }
    if let Some(rest) = text.strip_prefix('%') {
        let (source, after) = rest.split_once('%')?;
        return Some((Term::Regex(regex(source)?), after));
    }
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let (word, after) = text.split_at(end);
    (!word.is_empty()).then(|| (Term::Text(word.to_owned()), after))
}

/// The text up to the closing quote, and what is after it; a backslash keeps a quote.
pub fn quoted(text: &str) -> Option<(String, &str)> {
    let mut phrase = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((phrase, &text[at + 1..])),
            '\\' => match chars.next()? {
                (_, escaped @ ('"' | '\\')) => phrase.push(escaped),
                (_, other) => phrase.extend(['\\', other]),
            },
            c => phrase.push(c),
        }
    }
    None
}

/// A regular expression of a pattern.
pub fn regex(source: &str) -> Option<Regex> {
    RegexBuilder::new(source).size_limit(LARGEST_REGEX).build().ok()
}
