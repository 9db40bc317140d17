//! Reads `.env` files: `NAME=value` a line.
//!
//! `export` before a name, comments, single quotes (as written) and double quotes (escapes, several lines) are understood.
//!
//! Source: <https://github.com/motdotla/dotenv#what-rules-does-the-parsing-engine-follow>

use std::collections::HashMap;

use crate::source::{Entry, FileId, Key, Kind, Node, Span};

/// The names and values as a mapping. Lines that set nothing are passed over, as dotenv does; the last of several wins.
pub(super) fn read(file: FileId, text: &str) -> Node {
    let span = |start: usize, end: usize| Span { file, start: start as u32, end: end as u32 };
    let mut entries: Vec<Entry> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut at = 0;
    while at < text.len() {
        let line_end = text[at..].find('\n').map_or(text.len(), |end| at + end);
        let begin = at + (text[at..line_end].len() - text[at..line_end].trim_start().len());
        let begin = if text[begin..line_end].starts_with("export ") { begin + "export ".len() } else { begin };
        let name_end = text[begin..line_end].find('=').map(|end| begin + end);
        let Some(equals) = name_end.filter(|end| is_name(text[begin..*end].trim())) else {
            at = line_end + 1;
            continue;
        };
        let (value, start, end, next) = value(text, equals + 1, line_end);
        let name = text[begin..equals].trim().to_owned();
        let key = Key { span: span(begin, begin + name.len()), text: name };
        let entry = Entry { value: Node::new(span(start, end), Kind::String(value)), key };
        match places.get(&entry.key.text) {
            Some(place) => entries[*place] = entry,
            None => {
                places.insert(entry.key.text.clone(), entries.len());
                entries.push(entry);
            }
        }
        at = next;
    }
    Node::new(span(0, text.len()), Kind::Mapping(entries))
}

/// The same names with `$NAME`, `${NAME}` and `${NAME:-else}` in the values replaced by what `lookup` has; what it does not have is
/// empty. `\$` is a dollar sign, and values in single quotes stay as they are written. A value with a part that is secret is secret.
pub(super) fn expanded(file: &Node, text: &str, lookup: &dyn Fn(&str) -> Option<(String, bool)>) -> Node {
    let entries = file.entries().iter().map(|entry| {
        let literal = text.as_bytes().get(entry.value.span.start as usize) == Some(&b'\'');
        match entry.value.as_str().filter(|value| !literal && value.contains('$')) {
            Some(value) => {
                let mut expansion =
                    Expansion { lookup, out: String::new(), secret: entry.value.secret, left: EXPANSIONS };
                expansion.expand(value, DEPTH);
                let Expansion { out, secret, .. } = expansion;
                Entry { key: entry.key.clone(), value: Node { kind: Kind::String(out), secret, ..entry.value.clone() } }
            }
            None => entry.clone(),
        }
    });
    Node { kind: Kind::Mapping(entries.collect()), ..Node::new(file.span, Kind::Null) }
}

/// How deep names may stand for values with names in them; deeper ones stay as they are written.
const DEPTH: usize = 8;
/// How many names one value may hold, those of other values included; further ones stay as they are written.
const EXPANSIONS: usize = 1_000;
/// How far a quoted value may reach, in bytes.
const LONGEST: usize = 128 * 1024;

struct Expansion<'a> {
    lookup: &'a dyn Fn(&str) -> Option<(String, bool)>,
    out: String,
    secret: bool,
    left: usize,
}

impl Expansion<'_> {
    fn expand(&mut self, value: &str, depth: usize) {
        let mut rest = value;
        while let Some(at) = rest.find('$').filter(|_| depth > 0 && self.left > 0 && self.out.len() < LONGEST) {
            let (before, after) = (&rest[..at], &rest[at + 1..]);
            self.left -= 1;
            let escaped = before.ends_with('\\');
            self.out.push_str(before.strip_suffix('\\').unwrap_or(before));
            let Some((name, otherwise, end)) = named(after).filter(|_| !escaped) else {
                self.out.push('$');
                rest = after;
                continue;
            };
            match (self.lookup)(name).filter(|(found, _)| !found.is_empty()) {
                Some((found, secret)) => {
                    self.secret |= secret;
                    self.expand(&found, depth - 1);
                }
                None => self.expand(otherwise.unwrap_or_default(), depth - 1),
            }
            rest = &after[end..];
        }
        self.out.push_str(rest);
    }
}

/// The name after a dollar sign, its default, and where it ends.
fn named(after: &str) -> Option<(&str, Option<&str>, usize)> {
    let word = |text: &str| text.find(|next: char| !next.is_ascii_alphanumeric() && next != '_').unwrap_or(text.len());
    match after.strip_prefix('{') {
        Some(inner) => {
            let close = inner.find('}')?;
            let (name, otherwise) = match inner[..close].split_once(":-") {
                Some((name, otherwise)) => (name, Some(otherwise)),
                None => (&inner[..close], None),
            };
            (!name.is_empty() && word(name) == name.len()).then_some((name, otherwise, close + 2))
        }
        None => {
            let end = word(after);
            (end > 0 && !after.starts_with(|first: char| first.is_ascii_digit())).then_some((&after[..end], None, end))
        }
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
}

/// The value after `=`, where it begins and ends, and where the next line begins.
fn value(text: &str, from: usize, line_end: usize) -> (String, usize, usize, usize) {
    let start = from + (text[from..line_end].len() - text[from..line_end].trim_start().len());
    if let Some(quote) = text[start..].chars().next().filter(|first| matches!(first, '"' | '\'' | '`')) {
        let close = closing(&text[start + 1..], quote).map(|end| start + 1 + end);
        if let Some(close) = close {
            let raw = &text[start + 1..close];
            let value = if quote == '"' {
                raw.replace("\\n", "\n").replace("\\r", "\r").replace("\\\"", "\"")
            } else {
                raw.to_owned()
            };
            let next = text[close..].find('\n').map_or(text.len(), |end| close + end + 1);
            return (value, start, close + 1, next);
        }
    }
    let raw = &text[start..line_end];
    let raw = raw.split('#').next().unwrap_or(raw).trim_end();
    (raw.to_owned(), start, start + raw.len(), line_end + 1)
}

/// The closing quote, one that no backslash precedes.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, next) in text.char_indices().take_while(|(at, _)| *at < LONGEST) {
        if next == quote && !escaped {
            return Some(at);
        }
        escaped = next == '\\' && !escaped;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> serde_json::Value {
        read(FileId(0), text).to_json()
    }

    #[test]
    fn names_and_values_are_read_as_dotenv_reads_them() {
        let text = "A=1\n# no\nexport B = two words # note\n\nC='it # is'\nD=\"a\\nb\"\r\nE=\nnot a line\nF=\"two\nlines\"\nG=x";
        assert_eq!(
            values(text),
            serde_json::json!({"A": "1", "B": "two words", "C": "it # is", "D": "a\nb", "E": "", "F": "two\nlines", "G": "x"})
        );
    }

    #[test]
    fn names_in_values_stand_for_other_values() {
        let text = "A=1\nB=$A/${A}\nC='$A'\nD=${NONE:-else}\nE=\\$A costs $5\nF=${NONE}\nG=$G\nH=$SECRET";
        let file = read(FileId(0), text);
        let lookup = |name: &str| match name {
            "SECRET" => Some(("s".to_owned(), true)),
            _ => Some((file.get(name)?.as_str()?.to_owned(), false)),
        };
        let found = expanded(&file, text, &lookup);
        let expected = serde_json::json!({"A": "1", "B": "1/1", "C": "$A", "D": "else", "E": "$A costs $5", "F": "", "G": "$G", "H": "s"});
        assert_eq!(found.to_json(), expected);
        assert!(found.get("H").expect("H").secret && !found.get("B").expect("B").secret);
    }

    #[test]
    fn the_last_of_two_values_wins_and_an_open_quote_is_text() {
        assert_eq!(values("A=1\nA=2\nB='open\nC=3"), serde_json::json!({"A": "2", "B": "'open", "C": "3"}));
    }
}
