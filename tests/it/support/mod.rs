//! What the tests of the `deploy` binary stand on: a project in a temporary folder, the binary, an HTTP client.

pub mod application;
pub mod http;
pub mod lab;
pub mod project;
pub mod proxy;

pub use project::Project;
