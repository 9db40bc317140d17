//! `AWS::CloudFormation::WaitConditionHandle`

use serde_json::Value;

use super::kind::{Kind, kind};
use super::member::{found, seed, unchanged};
use crate::engine::journal::Live;
use crate::engine::names::{self, Letters};
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::Schema;
use crate::wire::Fault;

/// An address that nobody listens at, good as a placeholder.
///
/// Diverges: wait conditions, which would listen there, are not supported.
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
    let address = format!("https://cloudformation-waitcondition-{}.s3.amazonaws.com/{id}", context.region);
    Ok(Made::new(address.clone()).with("Id", address))
}

async fn update(_context: Context, live: Live, _properties: Value) -> Result<Made, Fault> {
    Ok(unchanged(live))
}

async fn delete(_context: Context, _live: Live) -> Result<(), Fault> {
    Ok(())
}

async fn read(_context: Context, physical: String, _properties: Value) -> Result<Option<Found>, Fault> {
    Ok(found(Made::new(physical.clone()).with("Id", physical)))
}
