//! One parameter with its versions.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{PARAMETERS, fault};
use crate::Cloud;
use crate::wire::Fault;

/// The key that secure strings are under when none is named.
pub const DEFAULT_KEY: &str = "alias/aws/ssm";

/// A parameter; its newest version is the last.
#[derive(Clone, Serialize, Deserialize)]
pub struct Parameter {
    pub name: String,
    pub tier: String,
    pub tags: Vec<Value>,
    pub versions: Vec<Version>,
}

/// One version of a parameter.
#[derive(Clone, Serialize, Deserialize)]
pub struct Version {
    pub number: u64,
    /// `String`, `StringList` or `SecureString`.
    pub kind: String,
    pub value: String,
    pub data_type: String,
    pub key: Option<String>,
    pub description: Option<String>,
    pub allowed_pattern: Option<String>,
    pub labels: Vec<String>,
    /// Milliseconds since 1970.
    pub modified_ms: i64,
}

/// Which version of which parameter: `name`, `name:3`, `name:label`, or an ARN.
pub struct Selector {
    pub name: String,
    /// With its colon, as answers repeat it.
    pub suffix: Option<String>,
}

impl Selector {
    /// The selector in a text.
    pub fn parse(text: &str) -> Selector {
        let named = match text.split_once(":parameter/") {
            // The ARN of `/a/b` ends in `parameter/a/b`, that of `a` in `parameter/a`.
            Some((_, rest)) if rest.split(':').next().is_some_and(|name| name.contains('/')) => format!("/{rest}"),
            Some((_, rest)) => rest.to_owned(),
            None => text.to_owned(),
        };
        match named.split_once(':') {
            Some((name, suffix)) => Selector { name: name.to_owned(), suffix: Some(format!(":{suffix}")) },
            None => Selector { name: named, suffix: None },
        }
    }
}

impl Parameter {
    /// A parameter of a region.
    ///
    /// # Errors
    /// `ParameterNotFound`.
    pub fn load(cloud: &Cloud, region: &str, name: &str) -> Result<Parameter, Fault> {
        cloud.store.get(PARAMETERS, &row(region, name))?.ok_or_else(fault::not_found)
    }

    /// All parameters of a region whose name begins with `prefix`.
    pub fn all(cloud: &Cloud, region: &str, prefix: &str) -> Result<Vec<Parameter>, Fault> {
        let rows: Vec<(String, Parameter)> = cloud.store.scan(PARAMETERS, &row(region, prefix))?;
        Ok(rows.into_iter().map(|(_, parameter)| parameter).collect())
    }

    /// Writes the parameter.
    pub fn save(&self, cloud: &Cloud, region: &str) -> Result<(), Fault> {
        Ok(cloud.store.put(PARAMETERS, &row(region, &self.name), self)?)
    }

    /// The version that a selector means.
    ///
    /// # Errors
    /// `ParameterVersionNotFound`.
    pub fn select(&self, suffix: Option<&str>) -> Result<&Version, Fault> {
        let found = match suffix.map(|suffix| suffix.trim_start_matches(':')) {
            None => self.versions.last(),
            Some(wanted) => self.versions.iter().find(|version| {
                version.number.to_string() == wanted || version.labels.iter().any(|label| label == wanted)
            }),
        };
        found.ok_or_else(|| {
            let message = "Systems Manager could not find version of the parameter. Verify the version and try again.";
            Fault::sender("ParameterVersionNotFound", message)
        })
    }

    /// The ARN.
    pub fn arn(&self, cloud: &Cloud, region: &str) -> String {
        let slash = if self.name.starts_with('/') { "" } else { "/" };
        format!("arn:aws:ssm:{region}:{}:parameter{slash}{}", cloud.config.account, self.name)
    }

    /// The parameter as reads show it.
    pub fn shape(&self, cloud: &Cloud, region: &str, version: &Version, suffix: Option<&str>, decrypt: bool) -> Value {
        let secret = version.kind == "SecureString" && !decrypt;
        let value = if secret { sealed(version) } else { version.value.clone() };
        let mut shape = json!({
            "Name": self.name,
            "Type": version.kind,
            "Value": value,
            "Version": version.number,
            "LastModifiedDate": version.modified_ms as f64 / 1000.0,
            "ARN": self.arn(cloud, region),
            "DataType": version.data_type,
        });
        if let Some(suffix) = suffix {
            shape["Selector"] = json!(suffix);
        }
        shape
    }
}

/// What a secure string looks like to someone who does not ask for its value: nothing of it shows.
pub fn sealed(version: &Version) -> String {
    let digest = crate::wire::sigv4::sha256_hex(format!("{}:{}", version.modified_ms, version.number).as_bytes());
    STANDARD.encode(format!("local-aws:kms:{digest}"))
}

fn row(region: &str, name: &str) -> String {
    format!("{region}\u{0}{name}")
}
