//! Bytes to [`Call`], and [`Output`] or [`Fault`] back to bytes, in each of AWS's protocols.

mod call;
mod fault;

pub use call::{Call, Caller, Output};
pub use fault::{Blame, Fault};
