//! A bucket's configurations that are kept and given back: encryption, policy, public access, lifecycle, tags.
//!
//! Diverges: they are stored and validated in form, not enforced; who has the project's key may do everything, and
//! nothing expires by a lifecycle rule.

use std::sync::Arc;

use serde_json::{Value, json};

use super::bucket::Bucket;
use super::notification;
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// One kind of configuration.
struct Kind {
    /// The operations, by what they do; empty where there is none.
    get: &'static str,
    put: &'static str,
    delete: &'static str,
    /// The input's member.
    member: &'static str,
    /// True when the output is the member's value itself and not an object that holds it.
    flat: bool,
    absent: Absent,
}

/// What `get` answers when nothing is stored.
enum Absent {
    /// A fault with 404.
    Fault(&'static str, &'static str),
    /// An output with nothing in it.
    Empty,
    /// AWS's default.
    Default(fn() -> Value),
}

const fn kind(
    get: &'static str,
    put: &'static str,
    delete: &'static str,
    member: &'static str,
    flat: bool,
    absent: Absent,
) -> Kind {
    Kind { get, put, delete, member, flat, absent }
}

#[rustfmt::skip]
const KINDS: &[Kind] = &[
    kind("GetBucketEncryption", "PutBucketEncryption", "DeleteBucketEncryption", "ServerSideEncryptionConfiguration", false,
        Absent::Default(default_encryption)),
    kind("GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy", "Policy", false,
        Absent::Fault("NoSuchBucketPolicy", "The bucket policy does not exist")),
    kind("GetPublicAccessBlock", "PutPublicAccessBlock", "DeletePublicAccessBlock", "PublicAccessBlockConfiguration", false,
        Absent::Fault("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found")),
    kind("GetBucketTagging", "PutBucketTagging", "DeleteBucketTagging", "Tagging", true,
        Absent::Fault("NoSuchTagSet", "The TagSet does not exist")),
    kind("GetBucketLifecycleConfiguration", "PutBucketLifecycleConfiguration", "DeleteBucketLifecycle", "LifecycleConfiguration", true,
        Absent::Fault("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist")),
    kind("GetBucketOwnershipControls", "PutBucketOwnershipControls", "DeleteBucketOwnershipControls", "OwnershipControls", false,
        Absent::Fault("OwnershipControlsNotFoundError", "The bucket ownership controls were not found")),
    kind("GetBucketCors", "PutBucketCors", "DeleteBucketCors", "CORSConfiguration", true,
        Absent::Fault("NoSuchCORSConfiguration", "The CORS configuration does not exist")),
    kind("GetBucketWebsite", "", "", "WebsiteConfiguration", true,
        Absent::Fault("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration")),
    kind("GetBucketReplication", "", "", "ReplicationConfiguration", false,
        Absent::Fault("ReplicationConfigurationNotFoundError", "The replication configuration was not found")),
    kind("GetObjectLockConfiguration", "", "", "ObjectLockConfiguration", false,
        Absent::Fault("ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket")),
    kind("GetBucketLogging", "", "", "BucketLoggingStatus", true, Absent::Empty),
    kind("GetBucketNotificationConfiguration", "PutBucketNotificationConfiguration", "", notification::CONFIGURATION, true,
        Absent::Empty),
    kind("GetBucketAccelerateConfiguration", "", "", "AccelerateConfiguration", true, Absent::Empty),
    kind("GetBucketRequestPayment", "", "", "RequestPaymentConfiguration", true, Absent::Default(default_payer)),
];

fn default_encryption() -> Value {
    json!({ "Rules": [{ "ApplyServerSideEncryptionByDefault": { "SSEAlgorithm": "AES256" }, "BucketKeyEnabled": false }] })
}

fn default_payer() -> Value {
    json!({ "Payer": "BucketOwner" })
}

fn kind_of(call: &Call) -> Result<&'static Kind, Fault> {
    let operation = call.operation.as_str();
    KINDS
        .iter()
        .find(|kind| [kind.get, kind.put, kind.delete].contains(&operation))
        .ok_or_else(|| Fault::unknown_operation("s3", operation))
}

/// The stored configuration, or what AWS says when there is none.
pub async fn get(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let kind = kind_of(&call)?;
    let bucket = Bucket::of(&cloud, &call)?;
    let value = match (bucket.configurations.get(kind.member), &kind.absent) {
        (Some(value), _) => value.clone(),
        (None, Absent::Default(value)) => value(),
        (None, Absent::Empty) => return Ok(Output::empty()),
        (None, Absent::Fault(code, message)) => {
            let mut fault = Fault::sender(code, *message).with_status(404);
            fault.members.insert("BucketName".to_owned(), json!(bucket.name));
            return Err(fault);
        }
    };
    Ok(Output::json(if kind.flat { value } else { json!({ kind.member: value }) }))
}

/// Stores a configuration.
pub async fn put(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let kind = kind_of(&call)?;
    let missing = || Fault::sender("MissingRequestBodyError", "Request Body is empty");
    let value = call.input.get(kind.member).cloned().ok_or_else(missing)?;
    check(kind.member, &value)?;
    if kind.member == notification::CONFIGURATION {
        notification::check(&cloud, &value).await?;
    }
    let _changing = cloud.s3.change().await;
    let mut bucket = Bucket::of(&cloud, &call)?;
    bucket.configurations.insert(kind.member.to_owned(), value);
    bucket.save(&cloud)?;
    let status = if matches!(kind.member, "Policy" | "Tagging") { 204 } else { 200 };
    Ok(Output::empty().with_status(status))
}

/// Forgets a configuration; forgetting none is no mistake.
pub async fn delete(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let kind = kind_of(&call)?;
    let _changing = cloud.s3.change().await;
    let mut bucket = Bucket::of(&cloud, &call)?;
    if bucket.configurations.remove(kind.member).is_some() {
        bucket.save(&cloud)?;
    }
    Ok(Output::empty().with_status(204))
}

fn check(member: &str, value: &Value) -> Result<(), Fault> {
    let malformed = || {
        Fault::sender(
            "MalformedXML",
            "The XML you provided was not well-formed or did not validate against our published schema",
        )
    };
    match member {
        "Policy" => check_policy(value),
        "Tagging" => super::tagging::check(value["TagSet"].as_array().ok_or_else(malformed)?, 50),
        "ServerSideEncryptionConfiguration" => {
            let rules = value["Rules"].as_array().filter(|rules| rules.len() == 1).ok_or_else(malformed)?;
            match rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"].as_str() {
                Some("AES256" | "aws:kms" | "aws:kms:dsse") => Ok(()),
                _ => Err(malformed()),
            }
        }
        "LifecycleConfiguration" | "CORSConfiguration" | "OwnershipControls" => {
            let rules = value.get("Rules").or_else(|| value.get("CORSRules")).and_then(Value::as_array);
            rules.filter(|rules| !rules.is_empty()).map(|_| ()).ok_or_else(malformed)
        }
        _ => Ok(()),
    }
}

fn check_policy(value: &Value) -> Result<(), Fault> {
    let malformed = |message: &str| Fault::sender("MalformedPolicy", message);
    let text = value.as_str().ok_or_else(|| malformed("Policies must be valid JSON and the first byte must be '{'"))?;
    let policy: Value = serde_json::from_str(text)
        .map_err(|_| malformed("Policies must be valid JSON and the first byte must be '{'"))?;
    if !policy.is_object() {
        return Err(malformed("Policies must be valid JSON and the first byte must be '{'"));
    }
    let statements = match &policy["Statement"] {
        Value::Array(statements) => statements.iter().collect(),
        Value::Object(_) => vec![&policy["Statement"]],
        _ => return Err(malformed("Missing required field Statement")),
    };
    for statement in statements {
        for field in ["Effect", "Principal", "Action", "Resource"] {
            let negated = format!("Not{field}");
            if statement.get(field).is_none() && statement.get(&negated).is_none() {
                return Err(malformed(&format!("Missing required field {field}")));
            }
        }
    }
    Ok(())
}
