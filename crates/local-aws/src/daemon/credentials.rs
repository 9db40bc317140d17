//! The key that a project's local AWS accepts.

use std::fmt;
use std::io::ErrorKind;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::DaemonError;
use super::state_dir::StateDir;
use crate::cloud::{DEFAULT_ACCOUNT, DEFAULT_REGION};
use crate::wire::sigv4;

/// The random key of one project, with its account and region; in a file of mode 0600.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    pub access_key_id: String,
    pub secret_access_key: String,
    pub account: String,
    pub region: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

impl Credentials {
    /// New random ones.
    pub fn generate() -> Credentials {
        let random = || sigv4::hex(Uuid::new_v4().as_bytes());
        Credentials {
            access_key_id: format!("AKIA{}", random().to_ascii_uppercase().chars().take(16).collect::<String>()),
            secret_access_key: (random() + &random()).chars().take(40).collect(),
            account: DEFAULT_ACCOUNT.to_owned(),
            region: DEFAULT_REGION.to_owned(),
        }
    }

    /// Those in `state_dir`, if there are any.
    ///
    /// # Errors
    /// [`DaemonError::Damaged`] when the file holds something else.
    pub fn read(state_dir: &StateDir) -> Result<Option<Credentials>, DaemonError> {
        let path = state_dir.credentials_file();
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
            Err(source) => return Err(DaemonError::StateDir { path, source }),
        };
        serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| DaemonError::Damaged { path, message: error.to_string() })
    }

    /// Those in `state_dir`, made when there are none.
    ///
    /// # Errors
    /// As [`Credentials::read`], and [`DaemonError::StateDir`] when they cannot be written.
    pub fn read_or_generate(state_dir: &StateDir) -> Result<Credentials, DaemonError> {
        if let Some(credentials) = Credentials::read(state_dir)? {
            return Ok(credentials);
        }
        let credentials = Credentials::generate();
        let path = state_dir.credentials_file();
        let bytes = serde_json::to_vec_pretty(&credentials)
            .map_err(|error| DaemonError::Damaged { path: path.clone(), message: error.to_string() })?;
        state_dir.write_private(&path, &bytes)?;
        Ok(credentials)
    }
}
