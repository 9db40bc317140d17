//! Places in files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

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

/// Every file that a run has read.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Arc<SourceFile>>,
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

    /// `path:line:column` of the beginning of a span.
    pub fn place(&self, span: Span) -> String {
        let file = self.file(span.file);
        let (line, column) = file.line_column(span.start);
        format!("{}:{line}:{column}", file.shown_path())
    }
}
