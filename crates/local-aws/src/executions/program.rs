//! What executions of one revision of one machine share, kept once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::Store;
use crate::services::states::definition;
use crate::services::states::logging::Logging;
use crate::services::states::machine::{Kind, Revision};
use crate::services::states::store::Target;
use crate::store::StoreError;
use crate::wire::Fault;

const TABLE: &str = "states-programs";

/// One revision of one machine, and the version or alias through which it was started.
#[derive(Serialize, Deserialize)]
pub struct Program {
    pub region: String,
    pub account: String,
    pub machine_arn: String,
    pub machine_name: String,
    pub kind: Kind,
    pub revision: Revision,
    pub version_arn: Option<String>,
    pub alias_arn: Option<String>,
    /// When the machine was last changed before this execution.
    pub updated_ms: i64,
    /// The key under which it is kept.
    #[serde(skip)]
    pub key: Arc<str>,
    #[serde(skip)]
    machine: Mutex<Option<asl::Machine>>,
}

impl Program {
    /// The parsed definition.
    ///
    /// # Errors
    /// `InvalidDefinition`; cannot happen for a definition that was accepted.
    pub fn machine(&self) -> Result<asl::Machine, Fault> {
        let mut parsed = self.machine.lock().unwrap_or_else(PoisonError::into_inner);
        if parsed.is_none() {
            *parsed = Some(definition::check(&self.revision.definition, self.kind)?);
        }
        parsed.clone().ok_or_else(|| Fault::receiver("InternalFailure", "the definition was not parsed"))
    }

    /// The program of no machine, in a region.
    pub fn nowhere(region: &str, account: &str) -> Program {
        Program {
            region: region.to_owned(),
            account: account.to_owned(),
            machine_arn: String::new(),
            machine_name: String::new(),
            kind: Kind::Express,
            revision: Revision {
                id: None,
                definition: String::new(),
                role_arn: String::new(),
                logging: Logging::default(),
                tracing: false,
                encryption: serde_json::Value::Null,
            },
            version_arn: None,
            alias_arn: None,
            updated_ms: 0,
            key: Arc::default(),
            machine: Mutex::default(),
        }
    }

    fn of(target: &Target) -> Program {
        let machine = &target.machine;
        Program {
            region: machine.region.clone(),
            account: machine.account.clone(),
            machine_arn: machine.arn(),
            machine_name: machine.name.clone(),
            kind: machine.kind,
            revision: target.revision.clone(),
            version_arn: target.version_arn.clone(),
            alias_arn: target.alias_arn.clone(),
            updated_ms: machine.updated_ms,
            key: Arc::default(),
            machine: Mutex::default(),
        }
    }
}

/// The programs by key.
#[derive(Default)]
pub struct Programs(Mutex<HashMap<Arc<str>, Arc<Program>>>);

impl Programs {
    /// The programs that `store` remembers.
    ///
    /// # Errors
    /// What the store cannot read.
    pub fn open(store: &Store) -> Result<Programs, StoreError> {
        let mut programs = HashMap::new();
        for (key, mut program) in store.scan::<Program>(TABLE, "")? {
            program.key = Arc::from(key);
            programs.insert(Arc::clone(&program.key), Arc::new(program));
        }
        Ok(Programs(Mutex::new(programs)))
    }

    /// The program of that key.
    pub fn get(&self, key: &str) -> Option<Arc<Program>> {
        self.table().get(key).cloned()
    }

    /// The program of `target`, stored when it is new.
    ///
    /// # Errors
    /// What the store cannot write.
    pub fn intern(&self, store: &Store, target: &Target) -> Result<Arc<Program>, Fault> {
        let mut program = Program::of(target);
        let bytes = serde_json::to_vec(&program).map_err(|error| {
            Fault::receiver("InternalFailure", format!("a state machine cannot be stored: {error}"))
        })?;
        let digest = Sha256::digest(&bytes);
        let key: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let mut table = self.table();
        if let Some(found) = table.get(key.as_str()) {
            return Ok(Arc::clone(found));
        }
        program.key = Arc::from(key.as_str());
        store.put(TABLE, &key, &program)?;
        let program = Arc::new(program);
        table.insert(Arc::clone(&program.key), Arc::clone(&program));
        Ok(program)
    }

    fn table(&self) -> MutexGuard<'_, HashMap<Arc<str>, Arc<Program>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
