//! The local AWS as its users meet it.

mod conformance;
mod runtime;
mod support;
mod wire_auth;
