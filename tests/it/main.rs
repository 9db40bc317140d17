//! The integration tests of `deploy`: one binary.

mod flow_signup;
mod golden;
mod support;
mod tidy;
