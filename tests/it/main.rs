//! The integration tests of `deploy`: one binary.

mod golden;
mod tidy;
