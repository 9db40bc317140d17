//! The integration tests of `deploy`: one binary.

mod cloud_sources;
mod deploys;
mod faults;
mod flow_calls;
mod flow_deploying;
mod flow_interrupted;
mod flow_limits;
mod flow_repair;
mod flow_settings;
mod flow_signup;
mod flow_sources;
mod flow_trouble;
mod golden;
mod keys;
mod limits;
mod package;
mod stack_page;
mod support;
mod templates;
mod tidy;
mod variables_page;
mod without_account;
