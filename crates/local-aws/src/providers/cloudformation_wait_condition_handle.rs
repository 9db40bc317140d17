//! `AWS::CloudFormation::WaitConditionHandle`

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::kind::{Kind, kind};
use super::member::{found, seed, unchanged};
use crate::Store;
use crate::engine::journal::Live;
use crate::engine::names::{self, Letters};
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::Schema;
use crate::wire::Fault;

/// Signals that came, by the letters of their handle and their own id.
const SIGNALS: &str = "cloudformation.signals";

/// The address that signals for wait conditions are sent to.
///
/// Diverges: the address is `ENDPOINT/_aws/wait-condition/ID` instead of a signed one of S3.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-waitconditionhandle.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::CloudFormation::WaitConditionHandle",
    properties: &[],
    attributes: &["Id"],
    volatile: &[],
    identifier: None,
    taggable: false,
});

fn name(_context: &Context, _properties: &Value) -> Option<String> {
    None
}

async fn create(context: Context, _properties: Value) -> Result<Made, Fault> {
    let id = names::letters(&seed(&context), 16, Letters::Lower);
    let address = format!("{}/_aws/wait-condition/{id}", context.world.endpoint());
    Ok(Made::new(address.clone()).with("Id", address))
}

async fn update(_context: Context, live: Live, _properties: Value) -> Result<Made, Fault> {
    Ok(unchanged(live))
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    let store = context.world.store();
    for signal in signals(store, &live.physical)? {
        store.delete(SIGNALS, &row(letters(&live.physical), &signal.id))?;
    }
    Ok(())
}

async fn read(_context: Context, physical: String, _properties: Value) -> Result<Option<Found>, Fault> {
    Ok(found(Made::new(physical.clone()).with("Id", physical)))
}

/// What was sent to a handle's address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signal {
    /// Tells the signals of one handle apart.
    pub id: String,
    pub success: bool,
    pub reason: String,
    pub data: String,
}

impl Signal {
    /// A signal in the shape in which it is sent.
    ///
    /// Source: AWS CloudFormation User Guide, "Wait condition signal JSON format".
    fn of(sent: &Value) -> Option<Signal> {
        let member = |name: &str| sent.get(name).and_then(Value::as_str).map(str::to_owned);
        let success = match member("Status")?.as_str() {
            "SUCCESS" => true,
            "FAILURE" => false,
            _ => return None,
        };
        Some(Signal { id: member("UniqueId")?, success, reason: member("Reason")?, data: member("Data")? })
    }
}

/// The part of a handle's address that tells it apart.
fn letters(address: &str) -> &str {
    address.rsplit('/').next().unwrap_or_default()
}

fn row(letters: &str, id: &str) -> String {
    format!("{letters}/{id}")
}

/// The signals that came to a handle.
///
/// # Errors
/// The store cannot be read.
pub fn signals(store: &Store, address: &str) -> Result<Vec<Signal>, Fault> {
    let found: Vec<(String, Signal)> = store.scan(SIGNALS, &row(letters(address), ""))?;
    Ok(found.into_iter().map(|(_, signal)| signal).collect())
}

/// Takes a signal that was sent to the handle of these letters; one of an id that was sent before takes its place.
///
/// # Errors
/// `MalformedSignal` when it is none; the store cannot be written.
pub fn take_signal(store: &Store, letters: &str, body: &[u8]) -> Result<(), Fault> {
    let sent: Value = serde_json::from_slice(body).unwrap_or_default();
    let signal = Signal::of(&sent).ok_or_else(|| {
        let shape = "a JSON object with the texts Status (SUCCESS or FAILURE), UniqueId, Reason and Data";
        Fault::sender("MalformedSignal", format!("a signal is {shape}"))
    })?;
    Ok(store.put(SIGNALS, &row(letters, &signal.id), &signal)?)
}
