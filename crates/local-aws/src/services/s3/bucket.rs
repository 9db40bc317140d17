//! Buckets: made, found, listed, removed, versioned.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{BUCKETS, OBJECTS, UPLOADS, fault};
use crate::Cloud;
use crate::services::input;
use crate::wire::{Call, Caller, Fault, Output};

const HOME_REGION: &str = "us-east-1";

/// Whether a bucket keeps old versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Versioning {
    Enabled,
    Suspended,
}

/// One bucket.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Bucket {
    pub name: String,
    pub region: String,
    /// Milliseconds since 1970.
    pub created_ms: i64,
    /// `None` until it is first turned on.
    pub versioning: Option<Versioning>,
    /// Stored configurations by the name of their member.
    pub configurations: BTreeMap<String, Value>,
}

impl Bucket {
    /// The bucket `name`.
    ///
    /// # Errors
    /// `NoSuchBucket`.
    pub fn load(cloud: &Cloud, name: &str) -> Result<Bucket, Fault> {
        cloud.store.get(BUCKETS, name)?.ok_or_else(|| fault::no_such_bucket(name))
    }

    /// The bucket that `call` names.
    ///
    /// # Errors
    /// `NoSuchBucket`, `ValidationError` without a name.
    pub fn of(cloud: &Cloud, call: &Call) -> Result<Bucket, Fault> {
        let bucket = Bucket::load(cloud, input::required_text(call, "Bucket")?)?;
        match input::text(call, "ExpectedBucketOwner") {
            Some(owner) if owner != cloud.config.account => {
                Err(Fault::sender("AccessDenied", "Access Denied").with_status(403))
            }
            _ => Ok(bucket),
        }
    }

    /// Writes the bucket.
    pub fn save(&self, cloud: &Cloud) -> Result<(), Fault> {
        Ok(cloud.store.put(BUCKETS, &self.name, self)?)
    }

    /// The algorithm of objects that ask for none.
    pub fn default_encryption(&self) -> Value {
        let rule = self.configurations.get("ServerSideEncryptionConfiguration");
        let algorithm = rule.map(|rule| rule["Rules"][0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"].clone());
        algorithm.filter(Value::is_string).unwrap_or_else(|| json!("AES256"))
    }

    fn is_empty(&self, cloud: &Cloud) -> Result<bool, Fault> {
        let objects: Vec<(String, Value)> = cloud.store.page(OBJECTS, &format!("{}/", self.name), None, 1)?;
        Ok(objects.is_empty())
    }
}

/// Makes a bucket; making one's own again is no mistake in us-east-1.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html>.
pub async fn create_bucket(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let name = input::required_text(&call, "Bucket")?.to_owned();
    check_name(&name)?;
    let region = region_of(&call)?;
    let _changing = cloud.s3.change().await;
    if let Some(existing) = cloud.store.get::<Bucket>(BUCKETS, &name)? {
        if existing.region == HOME_REGION && region == HOME_REGION && call.caller != Caller::Internal {
            return Ok(created(&name));
        }
        let message = "Your previous request to create the named bucket succeeded and you already own it.";
        return Err(Fault::sender("BucketAlreadyOwnedByYou", message).with_status(409));
    }
    let mut configurations = BTreeMap::new();
    configurations.insert(
        "PublicAccessBlockConfiguration".to_owned(),
        json!({ "BlockPublicAcls": true, "IgnorePublicAcls": true, "BlockPublicPolicy": true, "RestrictPublicBuckets": true }),
    );
    let ownership = input::text(&call, "ObjectOwnership").unwrap_or("BucketOwnerEnforced");
    configurations.insert("OwnershipControls".to_owned(), json!({ "Rules": [{ "ObjectOwnership": ownership }] }));
    if let Some(tags) = call.input["CreateBucketConfiguration"].get("Tags") {
        configurations.insert("Tagging".to_owned(), json!({ "TagSet": tags }));
    }
    let created_ms = cloud.clock.now_ms();
    Bucket { name: name.clone(), region, created_ms, versioning: None, configurations }.save(&cloud)?;
    Ok(created(&name))
}

fn created(name: &str) -> Output {
    let mut output = Output::json(json!({ "Location": format!("/{name}") }));
    output.headers.push(("location".to_owned(), format!("/{name}")));
    output
}

/// The region that a bucket is made in: what the constraint says, which has to be the endpoint's.
fn region_of(call: &Call) -> Result<String, Fault> {
    let constraint = call.input["CreateBucketConfiguration"]["LocationConstraint"].as_str();
    let illegal = |what: &str| {
        let message = format!(
            "The {what} location constraint is incompatible for the region specific endpoint this request was sent to."
        );
        Err(Fault::sender("IllegalLocationConstraintException", message))
    };
    match constraint {
        Some(HOME_REGION) => {
            Err(Fault::sender("InvalidLocationConstraint", "The specified location-constraint is not valid"))
        }
        Some(region) if call.region == HOME_REGION || call.region == region => Ok(region.to_owned()),
        Some(region) => illegal(region),
        None if call.region == HOME_REGION || call.caller == Caller::Internal => Ok(call.region.clone()),
        None => illegal("unspecified"),
    }
}

/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>.
fn check_name(name: &str) -> Result<(), Fault> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let address = name.split('.').count() == 4 && name.split('.').all(|part| part.parse::<u8>().is_ok());
    let fine = (3..=63).contains(&name.len())
        && name.chars().all(allowed)
        && ends(name.chars().next())
        && ends(name.chars().next_back())
        && !name.contains("..")
        && !address
        && !name.starts_with("xn--")
        && !name.ends_with("-s3alias");
    if fine {
        return Ok(());
    }
    let mut fault = Fault::sender("InvalidBucketName", "The specified bucket is not valid.");
    fault.members.insert("BucketName".to_owned(), json!(name));
    Err(fault)
}

/// The bucket's region, when it is there.
pub async fn head_bucket(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let bucket = Bucket::of(&cloud, &call)?;
    Ok(Output::json(json!({ "BucketRegion": bucket.region, "AccessPointAlias": false })))
}

/// Removes an empty bucket.
pub async fn delete_bucket(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let _changing = cloud.s3.change().await;
    let bucket = Bucket::of(&cloud, &call)?;
    if !bucket.is_empty(&cloud)? {
        let message = "The bucket you tried to delete is not empty. You must delete all versions in the bucket.";
        let message = if bucket.versioning.is_some() { message } else { "The bucket you tried to delete is not empty" };
        let mut fault = Fault::sender("BucketNotEmpty", message).with_status(409);
        fault.members.insert("BucketName".to_owned(), json!(bucket.name));
        return Err(fault);
    }
    let uploads: Vec<(String, super::multipart::Upload)> = cloud.store.scan(UPLOADS, &format!("{}/", bucket.name))?;
    for (row, upload) in uploads {
        cloud.store.delete(UPLOADS, &row)?;
        cloud.s3.bodies.remove(upload.bodies());
    }
    cloud.store.delete(BUCKETS, &bucket.name)?;
    Ok(Output::empty().with_status(204))
}

/// All buckets, by name.
pub async fn list_buckets(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    const MOST: i64 = 10_000;
    let prefix = input::text(&call, "Prefix").unwrap_or_default();
    let limit = input::integer(&call, "MaxBuckets").unwrap_or(MOST);
    if !(1..=MOST).contains(&limit) {
        return Err(fault::invalid_argument("Argument max-buckets must be an integer between 1 and 10000"));
    }
    let limit = usize::try_from(limit).unwrap_or_default();
    let after = input::text(&call, "ContinuationToken");
    let region = input::text(&call, "BucketRegion");
    let mut page: Vec<(String, Bucket)> = cloud.store.page(BUCKETS, prefix, after, limit + 1)?;
    let more = page.len() > limit;
    page.truncate(limit);
    let token = page.last().filter(|_| more).map(|(name, _)| name.clone());
    let buckets = page.into_iter().map(|(_, bucket)| bucket);
    let buckets = buckets.filter(|bucket| region.is_none_or(|region| bucket.region == region));
    let buckets: Vec<Value> = buckets
        .map(|bucket| {
            json!({
                "Name": bucket.name,
                "CreationDate": bucket.created_ms.div_euclid(1000),
                "BucketRegion": bucket.region,
                "BucketArn": format!("arn:aws:s3:::{}", bucket.name),
            })
        })
        .collect();
    let mut body = Map::new();
    body.insert("Buckets".to_owned(), Value::Array(buckets));
    body.insert("Owner".to_owned(), owner(&cloud));
    if let Some(token) = token {
        body.insert("ContinuationToken".to_owned(), json!(token));
    }
    if !prefix.is_empty() {
        body.insert("Prefix".to_owned(), json!(prefix));
    }
    Ok(Output::json(Value::Object(body)))
}

/// The only owner that there is.
pub fn owner(cloud: &Cloud) -> Value {
    json!({ "ID": crate::wire::sigv4::sha256_hex(cloud.config.account.as_bytes()) })
}

/// The region of a bucket; nothing for us-east-1.
pub async fn get_bucket_location(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let bucket = Bucket::of(&cloud, &call)?;
    let location = if bucket.region == HOME_REGION { Value::Null } else { json!(bucket.region) };
    Ok(Output::json(json!({ "LocationConstraint": location })))
}

/// Turns versioning on, or off for what comes.
pub async fn put_bucket_versioning(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let configuration = &call.input["VersioningConfiguration"];
    if configuration["MFADelete"].as_str() == Some("Enabled") {
        return Err(Fault::sender("NotImplemented", "the local AWS does not support MFADelete").with_status(501));
    }
    let versioning = match configuration["Status"].as_str() {
        Some("Enabled") => Versioning::Enabled,
        Some("Suspended") => Versioning::Suspended,
        _ => {
            let message = "The Versioning element must be specified";
            return Err(Fault::sender("IllegalVersioningConfigurationException", message));
        }
    };
    let _changing = cloud.s3.change().await;
    let mut bucket = Bucket::of(&cloud, &call)?;
    bucket.versioning = Some(versioning);
    bucket.save(&cloud)?;
    Ok(Output::empty())
}

/// Whether versioning is on; nothing when it never was.
pub async fn get_bucket_versioning(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let bucket = Bucket::of(&cloud, &call)?;
    Ok(match bucket.versioning {
        Some(versioning) => Output::json(json!({ "Status": versioning })),
        None => Output::empty(),
    })
}
