//! What variables ask of AWS: account, parameters, outputs, objects.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use local_aws::daemon;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::clients::Clients;
use super::error::AwsError;
use super::json::SSM;
use super::profile::region_of;
use super::{Destination, local_destination};
use crate::plan::Stacks;
use crate::project::Target;
use crate::variables::{At, Cloud, Parameter, ParameterKind, Refusal};

/// The account of every local AWS.
pub const LOCAL_ACCOUNT: &str = "000000000000";

/// Answers variables from AWS, or from the local AWS of the project, which is started when it is asked for the first
/// time.
pub struct Lookup {
    /// Where the local AWS keeps its state.
    state_dir: PathBuf,
    /// This program, which the local AWS is started with.
    program: PathBuf,
    clients: Mutex<HashMap<At, Clients>>,
}

impl Lookup {
    /// Nothing is asked or started yet.
    pub fn new(state_dir: &Path, program: &Path) -> Lookup {
        Lookup { state_dir: state_dir.to_owned(), program: program.to_owned(), clients: Mutex::default() }
    }

    async fn clients(&self, at: &At) -> Result<Clients, Refusal> {
        let mut known = self.clients.lock().await;
        if let Some(clients) = known.get(at) {
            return Ok(clients.clone());
        }
        let destination = match at.target {
            Target::Local => {
                let running = daemon::ensure(&self.state_dir, &self.program)
                    .await
                    .map_err(|error| Refusal::new(format!("the local AWS does not start: {error}")))?;
                local_destination(&running, &at.region)
            }
            Target::Aws => Destination::Aws { region: at.region.clone(), profile: at.profile.clone(), endpoint: None },
        };
        let clients = Clients::connect(&destination).await;
        if let Some(account) = &at.account {
            let own = clients.account().await.map_err(refusal)?;
            if own != *account {
                return Err(Refusal::new(format!("the credentials belong to account {own}, not to {account}")));
            }
        }
        known.insert(at.clone(), clients.clone());
        Ok(clients)
    }
}

fn refusal(error: AwsError) -> Refusal {
    Refusal {
        message: error.to_string(),
        hint: error.hint(),
        without_account: error.kind == super::error::Kind::NoCredentials,
    }
}

impl Cloud for Lookup {
    fn default_region(&self, profile: Option<&str>) -> Option<String> {
        region_of(profile)
    }

    async fn account(&self, at: &At) -> Result<String, Refusal> {
        match at.target {
            Target::Local => Ok(LOCAL_ACCOUNT.to_owned()),
            Target::Aws => self.clients(at).await?.account().await.map_err(refusal),
        }
    }

    async fn parameter(&self, at: &At, name: &str, decrypt: bool) -> Result<Option<Parameter>, Refusal> {
        let clients = self.clients(at).await?;
        let input = json!({"Name": name, "WithDecryption": decrypt});
        let answer = match clients.json.call(SSM, "GetParameter", &input).await {
            Err(error) if error.code == "ParameterNotFound" => return Ok(None),
            answer => answer.map_err(refusal)?,
        };
        let text = |key: &str| answer.pointer(key).and_then(Value::as_str);
        let Some(value) = text("/Parameter/Value") else {
            return Err(Refusal::new(format!("the parameter `{name}` came without a value")));
        };
        let kind = match text("/Parameter/Type") {
            Some("SecureString") => ParameterKind::SecureString,
            Some("StringList") => ParameterKind::StringList,
            _ => ParameterKind::String,
        };
        Ok(Some(Parameter { kind, value: value.to_owned() }))
    }

    async fn output(&self, at: &At, stack: &str, output: &str) -> Result<Option<String>, Refusal> {
        let stack = self.clients(at).await?.stack(stack).await.map_err(refusal)?;
        Ok(stack.and_then(|stack| stack.output(output).map(str::to_owned)))
    }

    async fn object(&self, at: &At, bucket: &str, key: &str) -> Result<Option<String>, Refusal> {
        let clients = self.clients(at).await?;
        let Some((bytes, _)) = clients.object(bucket, key).await.map_err(refusal)? else { return Ok(None) };
        let text = String::from_utf8(bytes);
        text.map(Some).map_err(|_| Refusal::new(format!("{bucket}/{key} is not UTF-8 text")))
    }
}
