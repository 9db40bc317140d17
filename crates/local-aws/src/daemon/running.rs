//! A local AWS that answers.

use std::fmt;

/// Where a running local AWS answers, and the key that it accepts.
#[derive(Clone, PartialEq, Eq)]
pub struct Running {
    /// `http://127.0.0.1:PORT`.
    pub endpoint: String,
    pub port: u16,
    /// Its process.
    pub pid: u32,
    /// Twelve digits.
    pub account: String,
    /// The region of calls that name none.
    pub region: String,
    pub access_key_id: String,
    pub secret_access_key: String,
    /// The build of its program; empty when it does not tell.
    pub build: String,
    /// How many stacks it has, in all regions.
    pub stacks: usize,
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running")
            .field("endpoint", &self.endpoint)
            .field("pid", &self.pid)
            .field("build", &self.build)
            .field("stacks", &self.stacks)
            .field("account", &self.account)
            .field("region", &self.region)
            .field("access_key_id", &self.access_key_id)
            .field("secret_access_key", &"***")
            .finish()
    }
}
