//! InviteSlack: invites who signed up to the Slack team (`users.admin.invite`).
//!
//! In: `{"body": {"email": …, "first_name": …}}`. Out: `{"statusCode": 200, "body": <Slack's answer>}`, or
//! `{"skipped": …}` while `slack` in env.yml has its placeholder values.
//!
//! Source: Slack Web API conventions: form-encoded POST to `/api/METHOD`; the answer's `ok` tells success, and `error`
//! names the refusal.

use std::time::Duration;

use lambda_runtime::{Diagnostic, LambdaEvent, run, service_fn};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct SignUp {
    body: Person,
}

#[derive(Deserialize)]
struct Person {
    email: String,
    first_name: Option<String>,
}

/// What of Slack's answer decides.
#[derive(Deserialize)]
struct Answer {
    ok: bool,
    error: Option<String>,
}

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    run(service_fn(handle)).await
}

async fn handle(event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
    let SignUp { body: person } =
        SignUp::deserialize(&event.payload).map_err(|error| refusal("InvalidSignUp", error))?;
    let (Some(url), Some(token)) = (setting("SLACK_URL"), setting("SLACK_TOKEN")) else {
        println!("no call to Slack: set slack.url and slack.admin_token in env.yml");
        return Ok(json!({"skipped": "slack.url and slack.admin_token are not set in env.yml"}));
    };
    tokio::task::spawn_blocking(move || invite(&url, &token, &person))
        .await
        .map_err(|error| refusal("SlackUnreachable", error))?
}

/// A setting of the environment, unless it is empty or a placeholder of env.example.yml.
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty() && !value.contains("YOUR-"))
}

fn invite(url: &str, token: &str, person: &Person) -> Result<Value, Diagnostic> {
    let address = format!("{}/api/users.admin.invite", url.trim_end_matches('/'));
    let mut form = vec![("email", person.email.as_str()), ("set_active", "true")];
    form.extend(person.first_name.as_deref().map(|name| ("first_name", name)));
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(10)))
        .http_status_as_error(false)
        .build()
        .into();
    let mut response = agent
        .post(&address)
        .header("authorization", format!("Bearer {token}"))
        .send_form(form)
        .map_err(|error| refusal("SlackUnreachable", format!("{address}: {error}")))?;
    let status = response.status();
    let text = response.body_mut().read_to_string().map_err(|error| refusal("SlackUnreachable", error))?;
    judge(status.as_u16(), &text)
}

fn judge(status: u16, text: &str) -> Result<Value, Diagnostic> {
    let refused = |why: &str| refusal("SlackRefused", format!("HTTP {status}: {why}"));
    let body: Value = serde_json::from_str(text).map_err(|_| refused(text))?;
    let answer = Answer::deserialize(&body).map_err(|_| refused(text))?;
    if status == 200 && answer.ok {
        Ok(json!({"statusCode": 200, "body": body}))
    } else {
        Err(refused(answer.error.as_deref().unwrap_or(text)))
    }
}

fn refusal(kind: &str, message: impl ToString) -> Diagnostic {
    Diagnostic { error_type: kind.to_owned(), error_message: message.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_is_answered_with_slacks_words() {
        assert_eq!(judge(200, r#"{"ok":true}"#).unwrap(), json!({"statusCode": 200, "body": {"ok": true}}));
    }

    #[test]
    fn a_refusal_fails_with_slacks_error() {
        let refused = judge(200, r#"{"ok":false,"error":"already_invited"}"#).unwrap_err();
        assert_eq!(
            (refused.error_type.as_str(), refused.error_message.as_str()),
            ("SlackRefused", "HTTP 200: already_invited")
        );
    }
}
