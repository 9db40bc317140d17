//! Who am I.

use std::sync::Arc;

use serde_json::json;

use crate::Cloud;
use crate::services::input;
use crate::wire::{Call, Caller, Fault, Output};

/// The account, and the user or assumed role behind the call's key.
///
/// Source: <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>.
pub async fn get_caller_identity(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let account = &cloud.config.account;
    let session = match &call.caller {
        Caller::Signed { access_key_id } => cloud.sts.session(access_key_id),
        Caller::Internal => None,
    };
    // The project's own key is the account's root user: it may do everything.
    let (arn, user_id) = match session {
        Some(session) => (session.arn, session.user_id),
        None => (format!("arn:aws:iam::{account}:root"), account.clone()),
    };
    Ok(Output::json(json!({ "UserId": user_id, "Account": account, "Arn": arn })))
}

/// The account of an access key.
pub async fn get_access_key_info(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    input::required_text(&call, "AccessKeyId")?;
    Ok(Output::json(json!({ "Account": cloud.config.account })))
}
