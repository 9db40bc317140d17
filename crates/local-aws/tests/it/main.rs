//! The local AWS as its users meet it.

mod runtime;
mod support;
mod wire_auth;
