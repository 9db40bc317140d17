//! A call to an outside service from a function: its settings, its agent, its refusal.

use std::time::Duration;

use lambda_runtime::Diagnostic;

#[cfg(feature = "stand-in")]
pub mod stand_in;

/// A setting of the environment, unless it is empty or a placeholder of env.example.yml.
pub fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty() && !value.contains("YOUR-"))
}

/// What calls the service: within `seconds`, and with the answers that refuse as answers, for their words are wanted.
pub fn agent(seconds: u64) -> ureq::Agent {
    let config = ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(seconds)));
    config.http_status_as_error(false).build().into()
}

/// The failure of a function: `kind` is what `Catch` and `Retry` of the state machine match, `message` is for people.
pub fn refusal(kind: &str, message: impl ToString) -> Diagnostic {
    Diagnostic { error_type: kind.to_owned(), error_message: message.to_string() }
}
