//! Who began an operation, and when: the token of the call that began it tells, where it is one of ours.

use jiff::Timestamp;

use super::{Operations, ResourceEvent};
use crate::aws::AwsError;

/// How many bytes a token may have.
///
/// Source: AWS CloudFormation API Reference, `ClientRequestToken` of `ExecuteChangeSet`.
const MAX_TOKEN: usize = 128;

/// What every token of ours begins with.
const OURS: &str = "deploy-by-";

/// Who began an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BegunBy {
    /// `ann@laptop`; none when it was not begun by this program.
    pub who: Option<String>,
    pub at: Timestamp,
}

impl BegunBy {
    /// `begun by ann@laptop at 2026-01-31T12:00:00Z`.
    pub fn words(&self) -> String {
        match &self.who {
            Some(who) => format!("begun by {who} at {:.0}", self.at),
            None => format!("begun at {:.0} by something else than this program", self.at),
        }
    }
}

/// The token of an operation: AWS takes one that it has met for the same call sent twice.
pub fn token(who: &str, doing: &str, now: Timestamp) -> String {
    // A token has letters, digits and hyphens only.
    let who = who.replace('@', "-at-");
    let plain: String = who.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect();
    let end = format!("-{doing}-{}", now.as_millisecond());
    let room = MAX_TOKEN.saturating_sub(OURS.len() + end.len());
    format!("{OURS}{}{end}", plain.get(..room).unwrap_or(&plain))
}

/// Who a token of ours names.
fn who(token: &str) -> Option<String> {
    let (rest, _time) = token.strip_prefix(OURS)?.rsplit_once('-')?;
    let (who, _doing) = rest.rsplit_once('-')?;
    Some(who.replacen("-at-", "@", 1))
}

/// Who began the operation that goes on in a stack, or the last one; none when its beginning is too long ago to be on
/// the newest page of events.
///
/// # Errors
/// What the cloud answers.
pub async fn begun_by(cloud: &impl Operations, stack: &str) -> Result<Option<BegunBy>, AwsError> {
    let page = cloud.events(stack, None).await?;
    Ok(page
        .events
        .iter()
        .find(|event| is_beginning(event))
        .map(|event| BegunBy { who: event.token.as_deref().and_then(who), at: event.at }))
}

/// Source: AWS CloudFormation User Guide, "Stack status codes": an operation begins with one of these on the stack.
pub fn is_beginning(event: &ResourceEvent) -> bool {
    event.of_stack
        && matches!(
            event.status.as_str(),
            "CREATE_IN_PROGRESS" | "UPDATE_IN_PROGRESS" | "DELETE_IN_PROGRESS" | "IMPORT_IN_PROGRESS"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_names_who_made_it_and_a_foreign_one_nobody() {
        let now = Timestamp::from_millisecond(1_700_000_000_000).unwrap();
        let made = token("ann.lee@laptop-7", "Update", now);
        assert_eq!(made, "deploy-by-ann-lee-at-laptop-7-Update-1700000000000");
        assert_eq!(who(&made).as_deref(), Some("ann-lee@laptop-7"));
        assert_eq!(who("Console-ExecuteChangeSet-1"), None);
        assert!(token(&"ü".repeat(300), "Update", now).len() <= MAX_TOKEN);
    }
}
