//! The local AWS as its users meet it.

mod runtime;
