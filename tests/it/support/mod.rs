//! What the tests of the `deploy` binary stand on: a project in a temporary folder, the binary, an HTTP client.

pub mod http;
pub mod project;

pub use project::Project;
