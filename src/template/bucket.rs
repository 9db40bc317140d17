//! The deployment bucket.

use serde_json::{Value, json};

use crate::stack::Stack;
use crate::stack::package::DeploymentBucket;
use crate::stack::provider::DeploymentBucketChoice;

use super::draft::{Draft, tag_list};
use super::intrinsic::{arn, reference};

/// The stack's own bucket.
pub const BUCKET: &str = "ServerlessDeploymentBucket";

/// The name of the bucket that the user gave.
pub fn choice(stack: &Stack) -> Option<String> {
    match (&stack.provider.deployment_bucket, settings(stack)) {
        (Some(DeploymentBucketChoice::Name(name)), _) => Some(name.text.clone()),
        (_, Some(settings)) => settings.name.as_ref().and_then(|name| name.as_str()).map(str::to_owned),
        _ => None,
    }
}

/// `serverless/SERVICE/STAGE`: where the keys of this service begin.
pub fn prefix(stack: &Stack) -> String {
    let folder = stack.provider.deployment_prefix.as_ref().map_or("serverless", |prefix| prefix.text.as_str());
    format!("{folder}/{}/{}", stack.service, stack.stage)
}

/// The bucket as functions name it.
pub fn value(stack: &Stack) -> Value {
    choice(stack).map_or_else(|| reference(BUCKET), Value::String)
}

fn settings(stack: &Stack) -> Option<&DeploymentBucket> {
    match &stack.provider.deployment_bucket {
        Some(DeploymentBucketChoice::Settings(settings)) => Some(settings),
        _ => stack.provider.deployment_bucket_object.as_ref(),
    }
}

/// Adds the bucket, its policy and its output.
pub fn render(draft: &mut Draft) {
    draft.output("ServerlessDeploymentBucketName", "", value(draft.stack));
    if choice(draft.stack).is_some() {
        return;
    }
    let settings = settings(draft.stack);
    let span = settings.map_or(draft.stack.span, |settings| settings.span);
    draft.add(BUCKET, span, "AWS::S3::Bucket", bucket_properties(draft.stack, settings));
    if settings.is_none_or(|settings| !settings.skip_policy_setup.is_some_and(|flag| flag.value)) {
        draft.add("ServerlessDeploymentBucketPolicy", span, "AWS::S3::BucketPolicy", policy());
    }
}

fn bucket_properties(stack: &Stack, settings: Option<&DeploymentBucket>) -> Value {
    // The framework means the uploaded objects by these settings, and leaves the bucket as it is.
    let of_bucket = settings.filter(|_| stack.is_safe());
    let algorithm = of_bucket.and_then(|settings| settings.server_side_encryption.as_ref());
    let mut encryption = json!({"SSEAlgorithm": algorithm.map_or("AES256", |text| text.text.as_str())});
    let key = of_bucket.and_then(|settings| settings.sse_kms_key_id.as_ref());
    if let (Some(key), Some(map)) = (key, encryption.as_object_mut()) {
        map.insert("KMSMasterKeyID".to_owned(), json!(key.text));
    }
    let mut bucket = json!({
        "BucketEncryption": {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": encryption}]},
    });
    let Some(map) = bucket.as_object_mut() else { return bucket };
    let Some(settings) = settings else {
        if stack.is_safe() {
            map.insert("PublicAccessBlockConfiguration".to_owned(), no_public_access());
        }
        return bucket;
    };
    if settings.block_public_access.is_some_and(|flag| flag.value) || stack.is_safe() {
        map.insert("PublicAccessBlockConfiguration".to_owned(), no_public_access());
    }
    if settings.versioning.is_some_and(|flag| flag.value) {
        map.insert("VersioningConfiguration".to_owned(), json!({"Status": "Enabled"}));
    }
    if !settings.tags.is_empty() {
        let tags = tag_list(settings.tags.iter().map(|tag| (tag.name.as_str(), json!(tag.value.text))));
        map.insert("Tags".to_owned(), json!(tags));
    }
    bucket
}

fn no_public_access() -> Value {
    json!({"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true})
}

fn policy() -> Value {
    json!({
        "Bucket": reference(BUCKET),
        "PolicyDocument": {"Statement": [{
            "Action": "s3:*",
            "Effect": "Deny",
            "Principal": "*",
            "Resource": [
                arn(vec![json!(":s3:::"), reference(BUCKET), json!("/*")]),
                arn(vec![json!(":s3:::"), reference(BUCKET)]),
            ],
            "Condition": {"Bool": {"aws:SecureTransport": false}},
        }]},
    })
}
