//! A mistake as a person reads it: what, where, the line with carets, the other places, what to do.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthChar;

use super::{Diagnostic, Severity};
use crate::source::{Sources, Span};

/// The most columns of a line that are shown; a longer one is cut around the carets.
const WIDTH: usize = 110;
/// The most notes of one mistake that are shown.
const NOTES: usize = 20;
/// How many columns a tab takes.
const TAB: usize = 4;

/// The mistake as text that ends with a line break. With `colour`, in ANSI colours.
pub fn render(diagnostic: &Diagnostic, sources: &Sources, colour: bool) -> String {
    let paint = Paint { colour };
    let tone = match diagnostic.severity {
        Severity::Error => Tone::Red,
        Severity::Warning => Tone::Yellow,
        Severity::Note => Tone::Blue,
    };
    let mut out = String::new();
    let head = format!("{}[{}]", diagnostic.severity.as_str(), diagnostic.code);
    let _ = writeln!(
        out,
        "{}{}",
        paint.with(tone, &head),
        paint.with(Tone::Bold, &format!(": {}", sources.masked(&diagnostic.message)))
    );
    if let Some(span) = diagnostic.span {
        let snippet = Snippet::of(sources, span);
        let margin = " ".repeat(snippet.number.len());
        arrow(&mut out, &margin, sources, span, paint);
        let bar = paint.with(Tone::Blue, "│");
        let _ = writeln!(out, "{margin} {bar}");
        let space = if snippet.text.is_empty() { "" } else { " " };
        let _ = writeln!(out, "{} {bar}{space}{}", paint.with(Tone::Blue, &snippet.number), snippet.text);
        let carets = format!(
            "{}{}",
            snippet.carets,
            if diagnostic.label.is_empty() { String::new() } else { format!(" {}", sources.masked(&diagnostic.label)) }
        );
        let _ = writeln!(out, "{margin} {bar} {}{}", " ".repeat(snippet.before), paint.with(tone, &carets));
    }
    notes(&mut out, diagnostic, sources, paint);
    if diagnostic.hints.is_empty() && diagnostic.severity == Severity::Error {
        let _ = writeln!(out, "{} `deploy explain {}` says more", paint.with(Tone::Green, "hint:"), diagnostic.code);
    }
    for hint in &diagnostic.hints {
        let _ = writeln!(out, "{} {}", paint.with(Tone::Green, "hint:"), sources.masked(hint));
    }
    out
}

fn notes(out: &mut String, diagnostic: &Diagnostic, sources: &Sources, paint: Paint) {
    let word = paint.with(Tone::Blue, "note:");
    for note in diagnostic.notes.iter().take(NOTES) {
        let _ = writeln!(out, "{word} {}", sources.masked(&note.message));
        if let Some(span) = note.span {
            arrow(out, "  ", sources, span, paint);
        }
    }
    if diagnostic.notes.len() > NOTES {
        let _ = writeln!(out, "{word} and {} more places", diagnostic.notes.len() - NOTES);
    }
}

fn arrow(out: &mut String, margin: &str, sources: &Sources, span: Span, paint: Paint) {
    let _ = writeln!(out, "{margin}{} {}", paint.with(Tone::Blue, "──▶"), sources.place(span));
}

#[derive(Clone, Copy)]
enum Tone {
    Red,
    Yellow,
    Blue,
    Green,
    Bold,
}

#[derive(Clone, Copy)]
struct Paint {
    colour: bool,
}

impl Paint {
    fn with(self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Red => "1;31",
            Tone::Yellow => "1;33",
            Tone::Blue => "34",
            Tone::Green => "32",
            Tone::Bold => "1",
        };
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// A line as it is shown, and where its carets stand.
struct Snippet {
    number: String,
    text: String,
    /// Columns before the carets.
    before: usize,
    carets: String,
}

impl Snippet {
    fn of(sources: &Sources, span: Span) -> Snippet {
        let file = sources.file(span.file);
        let (number, column) = file.line_column(span.start);
        let (end_line, end_column) = file.line_column(span.end.max(span.start));
        let line = &*sources.masked_line(file.line(number));
        let from = column - 1;
        let length = line.chars().count();
        let to = if end_line > number { length } else { end_column - 1 };
        let cells = Cells::of(line, file.secret);
        let (from, to) = cells.columns(from, to.max(from));
        let (text, before, width) = cells.cut(from, (to - from).max(1));
        Snippet { number: number.to_string(), text, before, carets: "^".repeat(width) }
    }
}

/// The characters of a line as they are shown, each with its width.
struct Cells {
    shown: Vec<(char, usize)>,
    /// The column at which each character of the line begins, and the one after the last.
    starts: Vec<usize>,
}

impl Cells {
    /// In a secret file the value of the line is hidden.
    fn of(line: &str, secret: bool) -> Cells {
        let hidden_from = if secret { value_of_line(line) } else { None };
        let mut cells = Cells { shown: Vec::new(), starts: Vec::new() };
        let mut column = 0;
        for (at, character) in line.chars().enumerate() {
            cells.starts.push(column);
            if hidden_from.is_some_and(|from| at >= from) {
                continue;
            }
            column += cells.show(character);
        }
        if hidden_from.is_some() {
            cells.shown.extend([('*', 1); 3]);
            column += 3;
        }
        cells.starts.push(column);
        cells
    }

    fn show(&mut self, character: char) -> usize {
        let before = self.shown.len();
        match character {
            '\t' => self.shown.extend([(' ', 1); TAB]),
            _ if character.is_control() => self.shown.push(('\u{fffd}', 1)),
            _ => self.shown.push((character, character.width().unwrap_or(0))),
        }
        self.shown[before..].iter().map(|(_, width)| width).sum()
    }

    /// Columns of a range of characters.
    fn columns(&self, from: usize, to: usize) -> (usize, usize) {
        let last = self.starts.len() - 1;
        (self.starts[from.min(last)], self.starts[to.min(last)])
    }

    /// The text, where carets of `width` at column `from` stand in it and how wide they are, cut to [`WIDTH`].
    fn cut(&self, from: usize, width: usize) -> (String, usize, usize) {
        let total: usize = self.shown.iter().map(|(_, width)| width).sum();
        if total <= WIDTH {
            let text: String = self.shown.iter().map(|(character, _)| character).collect();
            return (text.trim_end().to_owned(), from, width.min(WIDTH));
        }
        let first = if from + width.min(WIDTH / 2) + 10 <= WIDTH { 0 } else { from.saturating_sub(WIDTH / 3) };
        let last = first + WIDTH;
        let (mut text, mut column, mut begins) = (String::new(), 0, None);
        for (character, width) in &self.shown {
            if column >= first && column + width <= last {
                begins.get_or_insert(column);
                text.push(*character);
            }
            column += width;
        }
        let begins = begins.unwrap_or(first);
        let mut before = from.saturating_sub(begins);
        let text = text.trim_end();
        let mut shown = String::new();
        if first > 0 {
            shown.push('…');
            before += 1;
        }
        shown.push_str(text);
        if last < total {
            shown.push('…');
        }
        (shown, before, width.min((begins + WIDTH).saturating_sub(from)).max(1))
    }
}

/// The character at which the value of a line of a secret file begins, if the line has one.
fn value_of_line(line: &str) -> Option<usize> {
    let characters: Vec<char> = line.chars().collect();
    let begin = characters.iter().position(|character| !character.is_whitespace() && *character != '-')?;
    if characters[begin] == '#' {
        return Some(begin);
    }
    let after_key = (begin..characters.len()).find(|at| {
        matches!(characters[*at], ':' | '=')
            && characters.get(at + 1).is_none_or(|next| next.is_whitespace() || characters[*at] == '=')
    });
    let from = match after_key {
        Some(at) => (at + 1..characters.len()).find(|at| !characters[*at].is_whitespace())?,
        None => begin,
    };
    Some(from)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::Code;
    use super::*;
    use crate::source::SourceFile;

    fn rendered(text: &str, at: &str) -> String {
        rendered_in(SourceFile::new(Path::new("stack.yaml"), text.to_owned()), at)
    }

    fn rendered_in(file: SourceFile, at: &str) -> String {
        let start = file.text.find(at).expect("the text is there") as u32;
        let mut sources = Sources::default();
        let file = sources.add(file);
        let span = Span { file, start, end: start + at.len() as u32 };
        render(&Diagnostic::error(Code::UnknownKey, span, "no").label("here"), &sources, false)
    }

    #[test]
    fn carets_stand_under_what_is_wrong() {
        assert_eq!(
            rendered("service: a\nfunctons: {}\n", "functons"),
            "error[unknown-key]: no\n ──▶ stack.yaml:2:1\n  │\n2 │ functons: {}\n  │ ^^^^^^^^ here\nhint: `deploy explain unknown-key` says more\n"
        );
    }

    #[test]
    fn wide_characters_take_two_columns_and_tabs_four() {
        let text = rendered("a: 名前 \t\"é\" bad\n", "bad");
        assert!(text.contains("stack.yaml:1:12\n"), "{text}");
        assert!(text.contains("1 │ a: 名前     \"é\" bad\n  │                 ^^^ here\n"), "{text}");
    }

    #[test]
    fn of_very_many_notes_the_first_are_shown_and_the_others_counted() {
        let mut sources = Sources::default();
        let file = sources.add(SourceFile::new(Path::new("stack.yaml"), "a: 1\n".to_owned()));
        let span = Span { file, start: 0, end: 1 };
        let mut diagnostic = Diagnostic::error(Code::UnknownKey, span, "no");
        for at in 0..1_000 {
            diagnostic = diagnostic.note(span, format!("place {at}"));
        }
        let text = render(&diagnostic, &sources, false);
        assert!(text.contains("note: place 19\n") && !text.contains("place 20\n"), "{text}");
        assert!(text.contains("note: and 980 more places\n"), "{text}");
    }

    #[test]
    fn carriage_returns_are_not_part_of_the_line() {
        let text = rendered("a: 1\r\nb: 2\r\n", "b: 2\r\n");
        assert!(text.contains("2 │ b: 2\n  │ ^^^^ here\n"), "{text}");
    }

    #[test]
    fn a_long_line_is_cut_around_the_carets() {
        let text = rendered(&format!("a: {} bad {}\n", "x".repeat(300), "y".repeat(300)), "bad");
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[3].chars().count() < WIDTH + 10, "{text}");
        let caret = lines[4].chars().position(|character| character == '^').expect("a caret");
        assert_eq!(lines[3].chars().skip(caret).take(3).collect::<String>(), "bad");
        assert!(lines[3].contains("│ …x") && lines[3].ends_with("y…"), "{text}");
    }

    #[test]
    fn the_value_of_a_secret_file_is_hidden() {
        let mut file =
            SourceFile::new(Path::new("env.yml"), "slack:\n  token: xoxb-1\n  - xoxb-2\nA=b: c\n".to_owned());
        file.secret = true;
        for at in ["xoxb-1", "token", "xoxb-2", "b: c"] {
            let mut again = SourceFile::new(&file.path, file.text.clone());
            again.secret = true;
            let text = rendered_in(again, at);
            assert!(!text.contains("xoxb") && !text.contains("b: c"), "{text}");
            assert!(text.contains("***"), "{text}");
        }
    }

    #[test]
    fn a_secret_is_hidden_wherever_it_stands() {
        let mut sources = Sources::default();
        let file = sources.add(SourceFile::new(Path::new("stack.yaml"), "a: {token: hunter2, b: 1}\n".to_owned()));
        sources.hide(["hunter2".to_owned(), "b".to_owned()]);
        let diagnostic = Diagnostic::error(Code::UnknownKey, Span { file, start: 20, end: 21 }, "not `hunter2`, b");
        let diagnostic = diagnostic.note(Span { file, start: 0, end: 1 }, "hunter2").hint("hunter2?").label("hunter2");
        let text = render(&diagnostic, &sources, false);
        assert!(!text.contains("hunter2") && text.contains("not `***`, b"), "{text}");
        assert!(text.contains("1 │ a: {token: *******, b: 1}\n  │                     ^ ***\n"), "{text}");
        assert!(!super::super::to_json(&diagnostic, &sources).to_string().contains("hunter2"));
    }

    #[test]
    fn colour_comes_only_when_asked_for() {
        let mut sources = Sources::default();
        let file = sources.add(SourceFile::new(Path::new("stack.yaml"), "a: 1\n".to_owned()));
        let diagnostic = Diagnostic::error(Code::UnknownKey, Span { file, start: 0, end: 1 }, "no");
        assert!(render(&diagnostic, &sources, true).contains("\x1b[1;31merror[unknown-key]\x1b[0m"));
        assert!(!render(&diagnostic, &sources, false).contains('\x1b'));
    }
}
