//! The local AWS as its users meet it.

mod conformance;
mod gateway;
mod lambda;
mod runtime;
mod s3;
mod states;
mod support;
mod wire_auth;
