//! The crate from outside.

mod conformance;
mod drive;
