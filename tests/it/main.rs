//! The integration tests of `deploy`: one binary.

mod tidy;
