//! Bytes to [`Call`], and [`Output`] or [`Fault`] back to bytes, in each of AWS's protocols.
//!
//! `server` reads requests off the socket, `front` lets them in and routes them, one file a protocol translates.

mod call;
mod checksum;
mod chunked;
mod fault;
mod front;
mod health;
mod json;
mod protocol;
mod query;
mod rest;
mod s3;
mod server;
pub mod sigv4;
mod timestamp;
pub mod uri;
mod xml;

pub use call::{Call, Caller, Output};
pub use checksum::Checksum;
pub use fault::{Blame, Fault};
pub use front::{respond, signed_service};
pub use health::{HEALTH_PATH, prove};
pub use protocol::Protocol;
pub use server::{Server, ServerError};
