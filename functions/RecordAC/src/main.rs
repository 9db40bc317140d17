//! RecordAC: adds who signed up to ActiveCampaign, or brings the contact there up to date (`contact_sync`).
//!
//! In: `{"body": {"email": …, "first_name": …, "last_name": …}}`. Out: ActiveCampaign's answer, or
//! `{"skipped": …}` while `active_campaign` in env.yml has its placeholder values.
//!
//! Source: ActiveCampaign API version 1, `contact_sync`: form-encoded POST to `/admin/api.php`; the answer's
//! `result_code` is 1 for success, and `result_message` says what went wrong otherwise.

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
    last_name: Option<String>,
}

/// What of ActiveCampaign's answer decides.
#[derive(Deserialize)]
struct Answer {
    result_code: Value,
    result_message: Option<String>,
}

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    run(service_fn(handle)).await
}

async fn handle(event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
    let SignUp { body: person } =
        SignUp::deserialize(&event.payload).map_err(|error| refusal("InvalidSignUp", error))?;
    let (Some(url), Some(api_key)) = (setting("ACTIVE_CAMPAIGN_URL"), setting("ACTIVE_CAMPAIGN_API_KEY")) else {
        println!("no call to ActiveCampaign: set active_campaign.url and active_campaign.api_key in env.yml");
        return Ok(json!({"skipped": "active_campaign.url and active_campaign.api_key are not set in env.yml"}));
    };
    tokio::task::spawn_blocking(move || contact_sync(&url, &api_key, &person))
        .await
        .map_err(|error| refusal("ActiveCampaignUnreachable", error))?
}

fn contact_sync(url: &str, api_key: &str, person: &Person) -> Result<Value, Diagnostic> {
    let address = format!("{}/admin/api.php", url.trim_end_matches('/'));
    let mut form = vec![("email", person.email.as_str())];
    form.extend(person.first_name.as_deref().map(|name| ("first_name", name)));
    form.extend(person.last_name.as_deref().map(|name| ("last_name", name)));
    let mut response = agent(20)
        .post(&address)
        .query("api_action", "contact_sync")
        .query("api_output", "json")
        .query("api_key", api_key)
        .send_form(form)
        .map_err(|error| refusal("ActiveCampaignUnreachable", format!("{address}: {error}")))?;
    let status = response.status();
    let text = response.body_mut().read_to_string().map_err(|error| refusal("ActiveCampaignUnreachable", error))?;
    judge(status.as_u16(), &text)
}

fn judge(status: u16, text: &str) -> Result<Value, Diagnostic> {
    let refused = |why: &str| refusal("ActiveCampaignRefused", format!("HTTP {status}: {why}"));
    let body: Value = serde_json::from_str(text).map_err(|_| refused(text))?;
    let answer = Answer::deserialize(&body).map_err(|_| refused(text))?;
    let accepted = answer.result_code == json!(1) || answer.result_code == json!("1");
    if status == 200 && accepted { Ok(body) } else { Err(refused(answer.result_message.as_deref().unwrap_or(text))) }
}

#[cfg(test)]
mod tests {
    use service::stand_in::StandIn;

    use super::*;

    #[test]
    fn the_service_is_called_with_the_contact_and_its_refusal_is_the_failure() {
        let server = StandIn::answering(200, r#"{"result_code":0,"result_message":"Email is not valid"}"#).unwrap();
        let person = Person { email: "santa@example.com".into(), first_name: Some("Santa".into()), last_name: None };
        let refused = contact_sync(&server.url, "a-key", &person).unwrap_err();
        assert_eq!(refused.error_message, "HTTP 200: Email is not valid");
        let request = server.request().unwrap();
        assert!(request.line.starts_with("POST /admin/api.php?"), "{request:?}");
        for part in ["api_action=contact_sync", "api_output=json", "api_key=a-key"] {
            assert!(request.line.contains(part), "{request:?}");
        }
        assert_eq!(request.body, "email=santa%40example.com&first_name=Santa");
    }

    #[test]
    fn an_accepted_contact_is_the_answer_itself() {
        let answer = judge(200, r#"{"result_code":1,"subscriber_id":7}"#).unwrap();
        assert_eq!(answer["subscriber_id"], 7);
    }

    #[test]
    fn a_refusal_fails_with_the_services_words() {
        let refused = judge(200, r#"{"result_code":0,"result_message":"Email is not valid"}"#).unwrap_err();
        assert_eq!(refused.error_type, "ActiveCampaignRefused");
        assert_eq!(refused.error_message, "HTTP 200: Email is not valid");
    }

    #[test]
    fn an_answer_that_is_not_json_is_shown_as_it_is() {
        let refused = judge(503, "try later").unwrap_err();
        assert_eq!(refused.error_message, "HTTP 503: try later");
    }
}
