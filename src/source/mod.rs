//! Text with positions: files, spans, and a YAML tree in which every key and scalar knows its place.

mod node;
mod span;

pub use node::{Entry, Key, Kind, Node, Origin};
pub use span::{FileId, SourceFile, Sources, Span};
