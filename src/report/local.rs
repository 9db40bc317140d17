//! How the local AWS stands.

use std::path::Path;

use local_aws::daemon::Running;
use serde_json::{Map, Value, json};

use super::Report;

/// How the local AWS stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalState {
    Started,
    RanAlready,
    Runs,
    Stopped,
    /// It does not run.
    Stands,
}

impl Report {
    /// How the local AWS stands, and where it answers.
    pub fn local(&self, state: LocalState, running: Option<&Running>, state_dir: &Path) {
        if self.is_json() {
            return self.object(&json!({
                "event": "local",
                "running": running.is_some(),
                "endpoint": running.map(|running| running.endpoint.clone()),
                "pid": running.map(|running| running.pid),
                "region": running.map(|running| running.region.clone()),
                "account": running.map(|running| running.account.clone()),
                "stateDir": state_dir,
            }));
        }
        let words = match state {
            LocalState::Started => "the local AWS is started",
            LocalState::RanAlready => "the local AWS runs already",
            LocalState::Runs => "the local AWS runs",
            LocalState::Stopped => "the local AWS is stopped; what is deployed stays for the next start",
            LocalState::Stands => "the local AWS does not run",
        };
        self.out(words);
        if let Some(running) = running {
            self.out(&format!("endpoint: {}\naccount: {}\npid: {}", running.endpoint, running.account, running.pid));
        }
        if self.is_verbose() {
            self.out(&format!("state: {}", state_dir.display()));
        }
    }

    /// Variables for a shell.
    pub fn environment(&self, variables: &[(&str, String)]) {
        if self.is_json() {
            let object: Map<String, Value> =
                variables.iter().map(|(name, value)| ((*name).to_owned(), Value::from(value.clone()))).collect();
            return self.object(&Value::Object(object));
        }
        for (name, value) in variables {
            self.out(&format!("export {name}='{}'", value.replace('\'', r"'\''")));
        }
    }
}
