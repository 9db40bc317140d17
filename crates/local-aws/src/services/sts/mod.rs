//! The operations of `sts`.

mod assume_role;
mod get_caller_identity;
mod session;

use jiff::Timestamp;

use crate::cloud::Config;
use crate::operation;
use crate::services::Operation;
use crate::store::{Store, StoreError};
use crate::wire::sigv4::Refusal;
use session::Session;
pub use session::identifier;

/// The operations that are there.
pub const OPERATIONS: &[Operation] = &[
    operation!("AssumeRole", assume_role::assume_role),
    operation!("GetAccessKeyInfo", get_caller_identity::get_access_key_info),
    operation!("GetCallerIdentity", get_caller_identity::get_caller_identity),
    operation!("GetSessionToken", assume_role::get_session_token),
];

const SESSIONS: &str = "sts.sessions";

/// What this service remembers between calls: the temporary credentials it gave out.
#[derive(Debug)]
pub struct State {
    store: Store,
}

impl State {
    /// The state over what `store` remembers.
    ///
    /// # Errors
    /// When what was stored cannot be read.
    pub fn open(_config: &Config, store: &Store) -> Result<State, StoreError> {
        Ok(State { store: store.clone() })
    }

    /// The secret of temporary credentials.
    ///
    /// # Errors
    /// [`Refusal::UnknownKey`] for a key that nobody has, [`Refusal::Token`] for a wrong or expired session token.
    pub fn secret(&self, access_key_id: &str, token: Option<&str>, now: Timestamp) -> Result<String, Refusal> {
        let session = self.session(access_key_id).ok_or(Refusal::UnknownKey)?;
        if token != Some(session.token.as_str()) {
            return Err(Refusal::Token { expired: false });
        }
        if session.expires_ms <= now.as_millisecond() {
            return Err(Refusal::Token { expired: true });
        }
        Ok(session.secret)
    }

    fn session(&self, access_key_id: &str) -> Option<Session> {
        self.store.get(SESSIONS, access_key_id).ok().flatten()
    }
}
