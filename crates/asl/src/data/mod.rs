//! The data side of the language: JSONPath, reference paths, payload templates, the context object, JSON text.

mod filter;
mod function;
pub mod path;
pub mod reference;
pub mod template;
pub(crate) mod text;
