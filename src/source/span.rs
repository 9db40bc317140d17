//! Places in files.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::print::HIDDEN;

/// One of the files of a [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// A range of bytes in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    pub file: FileId,
    /// The first byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// One file that was read.
#[derive(Debug)]
pub struct SourceFile {
    /// As a person would write it: relative to the project's root, with `/`.
    pub path: PathBuf,
    pub text: String,
    /// Its values are secret and are hidden when its lines are shown.
    pub secret: bool,
    /// The byte at which each line begins.
    line_starts: Vec<u32>,
}

impl SourceFile {
    /// A file with the given text.
    pub fn new(path: &Path, text: String) -> SourceFile {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let line_starts = std::iter::once(0).chain(breaks.map(|(at, _)| at as u32 + 1)).collect();
        SourceFile { path: path.to_owned(), text, secret: false, line_starts }
    }

    /// The path with `/` between its parts.
    pub fn shown_path(&self) -> String {
        self.path.display().to_string().replace('\\', "/")
    }

    /// Line and column of a byte, both from 1; the column counts characters.
    pub fn line_column(&self, at: u32) -> (usize, usize) {
        let line = self.line_starts.partition_point(|start| *start <= at).max(1);
        let start = self.line_starts[line - 1] as usize;
        let end = (at as usize).clamp(start, self.text.len());
        let column = self.text.get(start..end).map_or(end - start, |before| before.chars().count());
        (line, column + 1)
    }

    /// The text of a line (from 1) without its line break; empty beyond the end.
    pub fn line(&self, line: usize) -> &str {
        let Some(start) = self.line_starts.get(line.saturating_sub(1)) else { return "" };
        self.text[*start as usize..].lines().next().unwrap_or("")
    }
}

/// From how many characters on a secret is looked for in texts.
const SHORTEST_HIDDEN: usize = 4;
/// How many secrets are looked for in texts.
const MOST_HIDDEN: usize = 1_000;

/// Every file that a run has read.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Arc<SourceFile>>,
    /// Texts that are secret, the longest first.
    hidden: Vec<String>,
}

impl Sources {
    /// Adds a file.
    pub fn add(&mut self, file: SourceFile) -> FileId {
        self.files.push(Arc::new(file));
        FileId(self.files.len() as u32 - 1)
    }

    /// The file of an id that [`Sources::add`] of this same value gave.
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// Remembers texts that nobody may see in what is said of these files. Short ones are left out: they would hide ordinary words.
    pub fn hide(&mut self, texts: impl IntoIterator<Item = String>) {
        self.hidden.extend(texts.into_iter().filter(|text| text.chars().count() >= SHORTEST_HIDDEN));
        self.hidden.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        self.hidden.dedup();
        self.hidden.truncate(MOST_HIDDEN);
    }

    /// A text about these files with `***` for every secret in it.
    pub fn masked<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut text = Cow::Borrowed(text);
        for secret in self.hidden.iter().filter(|secret| secret.len() <= text.len()).collect::<Vec<_>>() {
            if text.contains(secret.as_str()) {
                text = Cow::Owned(text.replace(secret.as_str(), HIDDEN));
            }
        }
        text
    }

    /// A line of one of these files with a star for every character of a secret, so that columns stay.
    pub fn masked_line<'a>(&self, line: &'a str) -> Cow<'a, str> {
        let mut line = Cow::Borrowed(line);
        for secret in self.hidden.iter().flat_map(|secret| secret.lines()) {
            if secret.chars().count() >= SHORTEST_HIDDEN && line.contains(secret) {
                line = Cow::Owned(line.replace(secret, &"*".repeat(secret.chars().count())));
            }
        }
        line
    }

    /// `path:line:column` of the beginning of a span.
    pub fn place(&self, span: Span) -> String {
        let file = self.file(span.file);
        let (line, column) = file.line_column(span.start);
        format!("{}:{line}:{column}", file.shown_path())
    }
}
