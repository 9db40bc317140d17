//! Reads `.env` files: `NAME=value` a line.
//!
//! `export` before a name, comments, single quotes (as written) and double quotes (escapes, several lines) are understood.
//!
//! Source: <https://github.com/motdotla/dotenv#what-rules-does-the-parsing-engine-follow>

use crate::source::{Entry, FileId, Key, Kind, Node, Span};

/// The names and values as a mapping. Lines that set nothing are passed over, as dotenv does; the last of several wins.
pub(super) fn read(file: FileId, text: &str) -> Node {
    let span = |start: usize, end: usize| Span { file, start: start as u32, end: end as u32 };
    let mut entries: Vec<Entry> = Vec::new();
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
        entries.retain(|entry| entry.key.text != key.text);
        entries.push(Entry { key, value: Node::new(span(start, end), Kind::String(value)) });
        at = next;
    }
    Node::new(span(0, text.len()), Kind::Mapping(entries))
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
    for (at, next) in text.char_indices() {
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
    fn the_last_of_two_values_wins_and_an_open_quote_is_text() {
        assert_eq!(values("A=1\nA=2\nB='open\nC=3"), serde_json::json!({"A": "2", "B": "'open", "C": "3"}));
    }
}
