//! Temporary credentials.

use std::sync::Arc;

use serde_json::json;

use super::session::Session;
use crate::Cloud;
use crate::services::input;
use crate::wire::{Call, Fault, Output};

/// Seconds that a role's session lives when nothing is said, and at most.
const DEFAULT_ROLE_S: i64 = 3_600;
const LONGEST_ROLE_S: i64 = 43_200;
const SHORTEST_S: i64 = 900;

/// Seconds that a session token lives when nothing is said, and at most.
const DEFAULT_TOKEN_S: i64 = 43_200;
const LONGEST_TOKEN_S: i64 = 129_600;

/// Credentials of a role of this account.
///
/// Source: <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>.
/// Diverges: policies are not evaluated; who has the project's key may assume every role.
pub async fn assume_role(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let arn = input::required_text(&call, "RoleArn")?;
    let session_name = input::required_text(&call, "RoleSessionName")?;
    if !(2..=64).contains(&session_name.len()) || !session_name.chars().all(is_name_character) {
        let message = format!(
            "1 validation error detected: Value '{session_name}' at 'roleSessionName' failed to satisfy constraint: \
             Member must satisfy regular expression pattern: [\\w+=,.@-]*"
        );
        return Err(Fault::sender("ValidationError", message));
    }
    let duration_s = duration(&call, DEFAULT_ROLE_S, LONGEST_ROLE_S)?;
    let denied = || {
        let caller = format!("arn:aws:iam::{}:root", cloud.config.account);
        let message = format!("User: {caller} is not authorized to perform: sts:AssumeRole on resource: {arn}");
        Fault::sender("AccessDenied", message).with_status(403)
    };
    let name = arn.strip_prefix(&format!("arn:aws:iam::{}:role/", cloud.config.account)).ok_or_else(denied)?;
    let name = name.rsplit('/').next().unwrap_or(name);
    let role = cloud.invoke("iam", "GetRole", &call.region, json!({ "RoleName": name })).await.map_err(|_| denied())?;
    let role_id = role.body["Role"]["RoleId"].as_str().unwrap_or_default().to_owned();
    let assumed = format!("arn:aws:sts::{}:assumed-role/{name}/{session_name}", cloud.config.account);
    let user_id = format!("{role_id}:{session_name}");
    let credentials = Session::begin(&cloud, assumed.clone(), user_id.clone(), duration_s)?;
    Ok(Output::json(json!({
        "AssumedRoleUser": { "AssumedRoleId": user_id, "Arn": assumed },
        "Credentials": credentials,
    })))
}

/// Credentials of the caller itself.
pub async fn get_session_token(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let duration_s = duration(&call, DEFAULT_TOKEN_S, LONGEST_TOKEN_S)?;
    let account = cloud.config.account.clone();
    let credentials = Session::begin(&cloud, format!("arn:aws:iam::{account}:root"), account, duration_s)?;
    Ok(Output::json(json!({ "Credentials": credentials })))
}

fn is_name_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_+=,.@-".contains(c)
}

fn duration(call: &Call, default_s: i64, longest_s: i64) -> Result<i64, Fault> {
    let duration_s = call.input["DurationSeconds"].as_i64().unwrap_or(default_s);
    if (SHORTEST_S..=longest_s).contains(&duration_s) {
        return Ok(duration_s);
    }
    let (bound, word) = if duration_s < SHORTEST_S { (SHORTEST_S, "greater") } else { (longest_s, "less") };
    Err(Fault::sender(
        "ValidationError",
        format!(
            "1 validation error detected: Value '{duration_s}' at 'durationSeconds' failed to satisfy constraint: \
             Member must have value {word} than or equal to {bound}"
        ),
    ))
}
