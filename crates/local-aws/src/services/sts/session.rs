//! Temporary credentials and whose they are.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::SESSIONS;
use crate::Cloud;
use crate::wire::{Fault, sigv4};

/// The most sessions kept; the earliest to expire go first.
const MOST_SESSIONS: usize = 1_000;

/// One set of temporary credentials.
#[derive(Clone, Serialize, Deserialize)]
pub struct Session {
    pub secret: String,
    pub token: String,
    /// Milliseconds since 1970.
    pub expires_ms: i64,
    /// `arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION`.
    pub arn: String,
    /// `AROA…:SESSION`.
    pub user_id: String,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("arn", &self.arn).field("secret", &"***").finish_non_exhaustive()
    }
}

impl Session {
    /// Makes and stores credentials for `arn` that live for `duration_s`; their `Credentials` shape.
    pub fn begin(cloud: &Cloud, arn: String, user_id: String, duration_s: i64) -> Result<Value, Fault> {
        let expires_ms = cloud.clock.now_ms() + duration_s * 1000;
        let session = Session { secret: secret(), token: secret() + &secret(), expires_ms, arn, user_id };
        let access_key_id = format!("ASIA{}", identifier(16));
        forget_expired(cloud)?;
        cloud.store.put(SESSIONS, &access_key_id, &session)?;
        Ok(json!({
            "AccessKeyId": access_key_id,
            "SecretAccessKey": session.secret,
            "SessionToken": session.token,
            "Expiration": expires_ms as f64 / 1000.0,
        }))
    }
}

fn forget_expired(cloud: &Cloud) -> Result<(), Fault> {
    let now_ms = cloud.clock.now_ms();
    let mut sessions: Vec<(String, Session)> = cloud.store.scan(SESSIONS, "")?;
    sessions.sort_by_key(|(_, session)| session.expires_ms);
    let surplus = (sessions.len() + 1).saturating_sub(MOST_SESSIONS);
    for (index, (key, session)) in sessions.iter().enumerate() {
        if index < surplus || session.expires_ms < now_ms {
            cloud.store.delete(SESSIONS, key)?;
        }
    }
    Ok(())
}

/// Forty characters of base64, as AWS's secrets.
fn secret() -> String {
    let bytes: Vec<u8> = [Uuid::new_v4(), Uuid::new_v4()].iter().flat_map(|id| *id.as_bytes()).take(30).collect();
    STANDARD.encode(bytes)
}

/// `length` capital letters and digits from random bytes, as AWS's unique ids; at most 64.
pub fn identifier(length: usize) -> String {
    let digest = sigv4::sha256_hex(Uuid::new_v4().as_bytes()).to_ascii_uppercase();
    digest.chars().take(length).collect()
}
