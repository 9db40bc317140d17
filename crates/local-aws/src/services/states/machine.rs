//! A state machine as the service remembers it: its current revision, its versions, its aliases.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::arn;
use super::logging::Logging;
use crate::clock::Clock;

/// Standard or Express.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Kind {
    Standard,
    Express,
}

impl Kind {
    /// `STANDARD` or `EXPRESS`.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Standard => "STANDARD",
            Kind::Express => "EXPRESS",
        }
    }

    /// The kind that `word` names; Standard when there is none.
    pub fn named(word: Option<&str>) -> Kind {
        match word {
            Some("EXPRESS") => Kind::Express,
            _ => Kind::Standard,
        }
    }

    /// The same for the interpreter.
    pub fn asl(self) -> asl::Kind {
        match self {
            Kind::Standard => asl::Kind::Standard,
            Kind::Express => asl::Kind::Express,
        }
    }
}

/// What a revision of a machine consists of, and a version keeps for good.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Revision {
    /// Given by the first update; the revision that a machine is created with has none.
    pub id: Option<String>,
    pub definition: String,
    pub role_arn: String,
    pub logging: Logging,
    pub tracing: bool,
    pub encryption: Value,
}

/// A published version.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Version {
    pub number: u64,
    pub description: Option<String>,
    pub created_ms: i64,
    pub revision: Revision,
}

/// A name for one or two versions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alias {
    pub name: String,
    pub description: Option<String>,
    pub routes: Vec<Route>,
    pub created_ms: i64,
    pub updated_ms: i64,
}

/// A share of an alias's executions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    pub version: u64,
    /// Percent.
    pub weight: u8,
}

/// A state machine.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StateMachine {
    pub region: String,
    pub account: String,
    pub name: String,
    pub kind: Kind,
    pub created_ms: i64,
    pub updated_ms: i64,
    pub current: Revision,
    /// Ascending.
    pub versions: Vec<Version>,
    /// The number that the next version gets; numbers are never used twice.
    pub next_version: u64,
    /// In the order in which they were made.
    pub aliases: Vec<Alias>,
    /// What `publish` and `versionDescription` said at creation, for idempotence.
    pub created_with: (bool, Option<String>),
}

impl StateMachine {
    /// Its ARN.
    pub fn arn(&self) -> String {
        arn::machine(&self.region, &self.account, &self.name)
    }

    /// The ARN of one of its versions.
    pub fn version_arn(&self, number: u64) -> String {
        format!("{}:{number}", self.arn())
    }

    /// The ARN of one of its aliases.
    pub fn alias_arn(&self, name: &str) -> String {
        format!("{}:{name}", self.arn())
    }

    /// The version of that number.
    pub fn version(&self, number: u64) -> Option<&Version> {
        self.versions.iter().find(|version| version.number == number)
    }

    /// The alias of that name.
    pub fn alias(&self, name: &str) -> Option<&Alias> {
        self.aliases.iter().find(|alias| alias.name == name)
    }

    /// Publishes the current revision, or finds the version that already holds it.
    pub fn publish(&mut self, description: Option<String>, clock: &Clock) -> Version {
        if let Some(version) = self.versions.iter().find(|version| version.revision.id == self.current.id) {
            return version.clone();
        }
        let version = Version {
            number: self.next_version,
            description,
            created_ms: clock.now_ms(),
            revision: self.current.clone(),
        };
        self.next_version += 1;
        self.versions.push(version.clone());
        version
    }

    /// The members that DescribeStateMachine and DescribeStateMachineForExecution share.
    pub fn described(revision: &Revision, arn: &str, name: &str) -> Map<String, Value> {
        let mut output = Map::new();
        output.insert("stateMachineArn".to_owned(), arn.into());
        output.insert("name".to_owned(), name.into());
        output.insert("definition".to_owned(), revision.definition.clone().into());
        output.insert("roleArn".to_owned(), revision.role_arn.clone().into());
        output.insert("loggingConfiguration".to_owned(), revision.logging.to_wire());
        output.insert("tracingConfiguration".to_owned(), json!({"enabled": revision.tracing}));
        output.insert("encryptionConfiguration".to_owned(), revision.encryption.clone());
        if let Some(id) = &revision.id {
            output.insert("revisionId".to_owned(), id.clone().into());
        }
        if let Ok(machine) = asl::Machine::parse(&revision.definition) {
            let references = machine.variable_references();
            if !references.is_empty() {
                let states: Map<String, Value> =
                    references.into_iter().map(|(state, names)| (state, names.into())).collect();
                output.insert("variableReferences".to_owned(), states.into());
            }
        }
        output
    }
}

/// Milliseconds since 1970 as the epoch seconds of an output.
pub fn seconds(ms: i64) -> Value {
    json!(ms as f64 / 1000.0)
}
