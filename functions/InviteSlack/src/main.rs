//! InviteSlack: invites who signed up to the Slack team (`users.admin.invite`).
//!
//! In: `{"body": {"email": …, "first_name": …}}`. Out: `{"statusCode": 200, "body": <Slack's answer>}`, or
//! `{"skipped": …}` while `slack` in env.yml has its placeholder values.
//!
//! Source: Slack Web API conventions: form-encoded POST to `/api/METHOD`; the answer's `ok` tells success, and `error`
//! names the refusal.

use lambda_runtime::{Diagnostic, LambdaEvent, run, service_fn};
use serde::Deserialize;
use serde_json::{Value, json};
use service::{agent, refusal, setting};

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

fn invite(url: &str, token: &str, person: &Person) -> Result<Value, Diagnostic> {
    let address = format!("{}/api/users.admin.invite", url.trim_end_matches('/'));
    let mut form = vec![("email", person.email.as_str()), ("set_active", "true")];
    form.extend(person.first_name.as_deref().map(|name| ("first_name", name)));
    let mut response = agent(10)
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

#[cfg(test)]
mod tests {
    use service::stand_in::StandIn;

    use super::*;

    #[test]
    fn slack_is_called_with_the_invitation_and_its_answer_is_the_result() {
        let server = StandIn::answering(200, r#"{"ok":true}"#).unwrap();
        let person = Person { email: "santa@example.com".into(), first_name: Some("Santa".into()) };
        let answer = invite(&server.url, "a-token", &person).unwrap();
        assert_eq!(answer, json!({"statusCode": 200, "body": {"ok": true}}));
        let request = server.request().unwrap();
        assert!(request.line.starts_with("POST /api/users.admin.invite "), "{request:?}");
        assert!(request.headers.contains(&"authorization: Bearer a-token".to_owned()), "{request:?}");
        assert_eq!(request.body, "email=santa%40example.com&set_active=true&first_name=Santa");
    }

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
