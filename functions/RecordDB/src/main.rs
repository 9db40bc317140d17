//! RecordDB: writes who signed up to the table that `DYNAMODB_TABLE` names.
//!
//! In: `{"body": {"email": …, "first_name": …, "last_name": …}}`, of which only the email is required.
//! Out: `{"statusCode": 200, "item": {…}}` with the item as written.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::DisplayErrorContext;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_http_client::{Builder, tls};
use lambda_runtime::{Diagnostic, LambdaEvent, run, service_fn};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Deserialize)]
struct SignUp {
    body: Person,
}

#[derive(Deserialize, Serialize)]
struct Person {
    email: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_name: Option<String>,
}

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    let table = std::env::var("DYNAMODB_TABLE").map_err(|_| "the environment has no DYNAMODB_TABLE")?;
    let client = client().await;
    run(service_fn(|event| record(&client, &table, event))).await
}

async fn client() -> Client {
    let ring = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
    let http = Builder::new().tls_provider(ring).build_https();
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest()).http_client(http).load().await;
    Client::new(&config)
}

async fn record(client: &Client, table: &str, event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
    let SignUp { body: person } =
        SignUp::deserialize(&event.payload).map_err(|error| refusal("InvalidSignUp", error))?;
    if !person.email.contains('@') {
        return Err(refusal("InvalidSignUp", format!("`{}` is not an email address", person.email)));
    }
    let attributes = [
        ("email", Some(&person.email)),
        ("first_name", person.first_name.as_ref()),
        ("last_name", person.last_name.as_ref()),
    ];
    let item = attributes
        .into_iter()
        .filter_map(|(name, text)| Some((name.to_owned(), AttributeValue::S(text?.clone()))))
        .collect();
    let written = client.put_item().table_name(table).set_item(Some(item)).send().await;
    written.map_err(|error| refusal("TableRefused", DisplayErrorContext(error)))?;
    println!("recorded {} in {table}", person.email);
    Ok(json!({"statusCode": 200, "item": person}))
}

fn refusal(kind: &str, message: impl ToString) -> Diagnostic {
    Diagnostic { error_type: kind.to_owned(), error_message: message.to_string() }
}
