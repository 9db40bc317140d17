//! Whose credentials these are.

use super::Clients;
use super::error::{AwsError, from_sdk};

impl Clients {
    /// The twelve digits of the account that the credentials belong to.
    ///
    /// # Errors
    /// What STS answers; no credentials.
    pub async fn account(&self) -> Result<String, AwsError> {
        let answer = self.sts.get_caller_identity().send().await.map_err(from_sdk("GetCallerIdentity"))?;
        answer.account.ok_or_else(|| AwsError::garbled("GetCallerIdentity", "no account in it"))
    }
}
