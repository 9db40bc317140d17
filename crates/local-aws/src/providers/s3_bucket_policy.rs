//! `AWS::S3::BucketPolicy`

use serde_json::{Value, json};

use super::kind::{Kind, kind};
use super::member::{document, found, gone, required, there};
use crate::engine::journal::Live;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema};
use crate::wire::Fault;

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucketpolicy.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::S3::BucketPolicy",
    properties: &[Property::text("Bucket").required().replaces(), Property::json("PolicyDocument").required()],
    attributes: &[],
    volatile: &[],
    identifier: Some("Bucket"),
    taggable: false,
});

fn name(_context: &Context, properties: &Value) -> Option<String> {
    Some(required(properties, "Bucket").to_owned())
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    put(&context, &properties).await
}

async fn update(context: Context, _live: Live, properties: Value) -> Result<Made, Fault> {
    put(&context, &properties).await
}

async fn put(context: &Context, properties: &Value) -> Result<Made, Fault> {
    let bucket = required(properties, "Bucket");
    let policy = properties.get("PolicyDocument").map(document).unwrap_or_default();
    context.invoke("s3", "PutBucketPolicy", json!({ "Bucket": bucket, "Policy": policy })).await?;
    Ok(Made::new(bucket))
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    gone(context.invoke("s3", "DeleteBucketPolicy", json!({ "Bucket": live.physical })).await)
}

async fn read(context: Context, physical: String, _properties: Value) -> Result<Option<Found>, Fault> {
    let answer = there(context.invoke("s3", "GetBucketPolicy", json!({ "Bucket": physical })).await)?;
    Ok(answer.and_then(|_| found(Made::new(physical))))
}
