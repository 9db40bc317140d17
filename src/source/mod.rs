//! Text with positions: files, spans, and a YAML tree in which every key and scalar knows its place.

pub mod limits;
mod node;
pub mod print;
mod scalar;
mod short_tag;
mod span;
pub mod yaml;

pub use node::{Entry, Key, Kind, Miss, Node, Origin};
pub use short_tag::SHORT_TAGS;
pub use span::{FileId, SourceFile, Sources, Span};
