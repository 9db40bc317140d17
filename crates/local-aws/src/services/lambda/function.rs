//! A function as it is stored: the changeable `$LATEST`, published versions, aliases, and what hangs on them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::name::FunctionName;
use crate::Cloud;
use crate::wire::Fault;

/// The table of functions; keys are `region/name`.
pub const FUNCTIONS: &str = "lambda.functions";

/// One function with all its versions.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Function {
    pub name: String,
    pub region: String,
    pub latest: Version,
    /// Published versions by number.
    pub versions: BTreeMap<u64, Version>,
    /// The number of the newest version ever published; numbers are not used again.
    pub last_version: u64,
    pub aliases: BTreeMap<String, Alias>,
    pub tags: BTreeMap<String, String>,
    /// Resource policies by qualifier; the empty one belongs to the function itself.
    pub policies: BTreeMap<String, Policy>,
    pub reserved_concurrency: Option<u64>,
    /// By alias or version.
    pub provisioned_concurrency: BTreeMap<String, u64>,
    /// Settings of asynchronous invocation by qualifier; `$LATEST` for the function itself.
    pub event_invoke: BTreeMap<String, Value>,
    /// Function URLs by alias; the empty one belongs to the function itself.
    pub urls: BTreeMap<String, Value>,
}

/// Code and configuration of `$LATEST` or of a published version.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Version {
    pub code: Code,
    pub settings: Settings,
    pub revision_id: String,
    /// Epoch milliseconds.
    pub last_modified_ms: i64,
}

/// The code of one version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// Of the zip file, in hexadecimal: names its directory.
    pub digest: String,
    /// Of the zip file, in Base64: `CodeSha256`.
    pub sha256: String,
    pub size_bytes: u64,
}

/// A layer version that a function version uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerUse {
    pub arn: String,
    pub code: Code,
}

/// What CreateFunction and UpdateFunctionConfiguration set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    pub description: String,
    pub role: String,
    pub runtime: String,
    pub handler: String,
    pub timeout_s: u64,
    pub memory_mb: u64,
    pub environment: BTreeMap<String, String>,
    pub layers: Vec<LayerUse>,
    pub architectures: Vec<String>,
    /// `Active` or `PassThrough`.
    pub tracing: String,
    pub ephemeral_mb: u64,
    pub kms_key_arn: Option<String>,
    /// `SubnetIds`, `SecurityGroupIds`, … as given; a host process has no VPC.
    pub vpc: Option<Value>,
    pub log_format: String,
    pub log_group: Option<String>,
    /// The ARN of the queue or topic that gets events which failed for good.
    pub dead_letter: Option<String>,
}

/// A name for a version, or for two with weights.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Alias {
    pub version: String,
    pub description: String,
    /// Additional versions and the share of requests they get, 0 to 1.
    pub weights: BTreeMap<String, f64>,
    pub revision_id: String,
}

/// A resource policy: its statements and a revision that conditional changes compare.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Policy {
    pub revision_id: String,
    pub statements: Vec<Value>,
}

/// A fresh revision id.
pub fn revision() -> String {
    uuid::Uuid::new_v4().to_string()
}

impl Function {
    /// The stored function that `name` means.
    ///
    /// # Errors
    /// `ResourceNotFoundException` when there is none.
    pub fn load(cloud: &Cloud, name: &FunctionName) -> Result<Function, Fault> {
        cloud.store.get(FUNCTIONS, &name.key())?.ok_or_else(|| name.not_found(cloud))
    }

    /// Writes the function back.
    pub fn save(&self, cloud: &Cloud) -> Result<(), Fault> {
        Ok(cloud.store.put(FUNCTIONS, &format!("{}/{}", self.region, self.name), self)?)
    }

    /// The ARN without a qualifier.
    pub fn arn(&self, cloud: &Cloud) -> String {
        format!("arn:aws:lambda:{}:{}:function:{}", self.region, cloud.config.account, self.name)
    }

    /// The version a qualifier means, and its name: `$LATEST` or a number. An alias with weights chooses by `draw`, a
    /// number from 0 to 1.
    pub fn version(&self, qualifier: Option<&str>, draw: f64) -> Option<(String, &Version)> {
        match qualifier {
            None | Some("$LATEST") => Some(("$LATEST".to_owned(), &self.latest)),
            Some(number) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
                self.versions.get(&number.parse().ok()?).map(|version| (number.to_owned(), version))
            }
            Some(alias) => {
                let alias = self.aliases.get(alias)?;
                let mut passed = 0.0;
                let extra = alias.weights.iter().find(|(_, weight)| {
                    passed += **weight;
                    draw < passed
                });
                let chosen = extra.map_or(alias.version.as_str(), |(version, _)| version);
                if chosen == "$LATEST" {
                    return Some((chosen.to_owned(), &self.latest));
                }
                self.versions.get(&chosen.parse().ok()?).map(|version| (chosen.to_owned(), version))
            }
        }
    }

    /// The digests of all code that a version of this function still uses.
    pub fn digests(&self) -> impl Iterator<Item = &str> {
        let versions = self.versions.values().chain([&self.latest]);
        versions.map(|version| version.code.digest.as_str())
    }

    /// `FunctionConfiguration` of a version; `qualified` puts the version into the ARN.
    pub fn configuration(&self, cloud: &Cloud, version: &str, of: &Version, qualified: bool) -> Value {
        let arn = self.arn(cloud);
        let settings = &of.settings;
        let modified = jiff::Timestamp::from_millisecond(of.last_modified_ms).unwrap_or_default();
        let mut shape = json!({
            "FunctionName": self.name,
            "FunctionArn": if qualified { format!("{arn}:{version}") } else { arn },
            "Runtime": settings.runtime,
            "Role": settings.role,
            "Handler": settings.handler,
            "CodeSize": of.code.size_bytes,
            "Description": settings.description,
            "Timeout": settings.timeout_s,
            "MemorySize": settings.memory_mb,
            "LastModified": modified.strftime("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string(),
            "CodeSha256": of.code.sha256,
            "Version": version,
            "TracingConfig": {"Mode": settings.tracing},
            "RevisionId": of.revision_id,
            "State": "Active",
            "LastUpdateStatus": "Successful",
            "PackageType": "Zip",
            "Architectures": settings.architectures,
            "EphemeralStorage": {"Size": settings.ephemeral_mb},
            "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
            "LoggingConfig": {"LogFormat": settings.log_format, "LogGroup": self.log_group(settings)},
        });
        settings.describe_optional(&mut shape);
        shape
    }

    /// Where the function's lines go.
    pub fn log_group(&self, settings: &Settings) -> String {
        settings.log_group.clone().unwrap_or_else(|| format!("/aws/lambda/{}", self.name))
    }
}

impl Settings {
    /// Adds the members that AWS leaves out when they are not set.
    fn describe_optional(&self, shape: &mut Value) {
        if !self.environment.is_empty() {
            shape["Environment"] = json!({"Variables": self.environment});
        }
        if !self.layers.is_empty() {
            shape["Layers"] =
                self.layers.iter().map(|layer| json!({"Arn": layer.arn, "CodeSize": layer.code.size_bytes})).collect();
        }
        if let Some(key) = &self.kms_key_arn {
            shape["KMSKeyArn"] = json!(key);
        }
        if let Some(vpc) = &self.vpc {
            shape["VpcConfig"] = vpc.clone();
        }
        if let Some(target) = &self.dead_letter {
            shape["DeadLetterConfig"] = json!({"TargetArn": target});
        }
    }
}
