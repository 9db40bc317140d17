//! What goes into zips, and layers.

use super::function::Architecture;
use super::section::section;
use super::value::{Expr, Flag, Refused, Text};

section! {
    /// What goes into a zip.
    Package, "`package`" {
        /// Which files: patterns in order, `!` leaves out.
        "patterns" => patterns: Vec<Text>;
        /// One zip a function.
        "individually" => individually: Option<Flag>;
        /// A zip that is there already.
        "artifact" => artifact: Option<Text>;
        /// Leave development dependencies out of the zip (the default).
        "excludeDevDependencies" => exclude_dev_dependencies: Option<Flag>;
        /// Let files that may hold secrets (`env.yml`, `.env`, keys) into the zip.
        "allowSecretsInArtifact" => allow_secrets: Option<Flag>;
        /// Where `package` writes to.
        "path" => path: Option<Text>;
        /// Patterns to leave out.
        "exclude" => exclude: Vec<Text>, instead "package.patterns";
        /// Patterns to take in.
        "include" => include: Vec<Text>, instead "package.patterns";
    }
}

section! {
    /// A layer: a folder that functions share.
    Layer, "a layer" {
        /// The folder.
        "path" => path: Option<Text>;
        /// The layer's name; else its key.
        "name" => name: Option<Text>;
        /// A sentence that Lambda shows.
        "description" => description: Option<Text>;
        /// Runtimes that may use it.
        "compatibleRuntimes" => compatible_runtimes: Vec<Text>;
        /// Processors that may use it.
        "compatibleArchitectures" => compatible_architectures: Vec<Architecture>;
        /// The licence.
        "licenseInfo" => license_info: Option<Text>;
        /// Accounts that may use it.
        "allowedAccounts" => allowed_accounts: Vec<Text>;
        /// Keep old versions.
        "retain" => retain: Option<Flag>;
        /// What goes into the layer's zip.
        "package" => package: Option<Package>;
    }
}

section! {
    /// The bucket that artifacts go to.
    DeploymentBucket, "the deployment bucket" {
        /// A bucket that exists; else the stack makes its own.
        "name" => name: Option<Expr>;
        /// Encrypt what is stored: `AES256` or `aws:kms`.
        "serverSideEncryption" => server_side_encryption: Option<Text>, words ["AES256", "aws:kms"];
        /// The KMS key, for `aws:kms`.
        "sseKMSKeyId" => sse_kms_key_id: Option<Text>;
        /// The algorithm of a key of the customer's own.
        "sseCustomerAlgorithim" => sse_customer_algorithm: Refused;
        /// A key of the customer's own.
        "sseCustomerKey" => sse_customer_key: Refused;
        /// The MD5 of that key.
        "sseCustomerKeyMD5" => sse_customer_key_md5: Refused;
        /// How many former deployments are kept.
        "maxPreviousDeploymentArtifacts" => max_previous: Option<super::value::Whole>, from 0 to 1_000;
        /// Keep versions of objects.
        "versioning" => versioning: Option<Flag>;
        /// Block every kind of public access.
        "blockPublicAccess" => block_public_access: Option<Flag>;
        /// Leave out the policy that demands TLS.
        "skipPolicySetup" => skip_policy_setup: Option<Flag>;
        /// Tags of the bucket.
        "tags" => tags: super::value::Map<Text>;
    }
}
