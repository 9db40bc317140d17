//! Reads what CreateFunction and UpdateFunctionConfiguration may set, with Lambda's limits and words.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::function::Settings;
use super::input::{self, constraint, invalid};
use super::{destination, layer};
use crate::Cloud;
use crate::runtime::environment::RESERVED;
use crate::runtime::launch::{self, RuntimeRefused};
use crate::wire::{Call, Fault};
use std::sync::Arc;

/// Members that set a [`Settings`] field, as both operations have them.
pub const MEMBERS: &[&str] = &[
    "Architectures",
    "DeadLetterConfig",
    "Description",
    "Environment",
    "EphemeralStorage",
    "FileSystemConfigs",
    "Handler",
    "KMSKeyArn",
    "Layers",
    "LoggingConfig",
    "MemorySize",
    "Role",
    "Runtime",
    "SnapStart",
    "Timeout",
    "TracingConfig",
    "VpcConfig",
];

/// The most that names and values of a function's variables may have together.
/// Source: Lambda quotas, "Function environment variables", 4 KB.
const ENVIRONMENT_LIMIT_BYTES: usize = 4096;

impl Settings {
    /// AWS's defaults for a new function.
    pub fn new() -> Settings {
        Settings {
            description: String::new(),
            role: String::new(),
            runtime: String::new(),
            handler: String::new(),
            timeout_s: 3,
            memory_mb: 128,
            environment: BTreeMap::new(),
            layers: Vec::new(),
            architectures: vec!["x86_64".to_owned()],
            tracing: "PassThrough".to_owned(),
            ephemeral_mb: 512,
            kms_key_arn: None,
            vpc: None,
            log_format: "Text".to_owned(),
            log_group: None,
            dead_letter: None,
        }
    }

    /// Sets what `call` names and leaves the rest.
    ///
    /// # Errors
    /// In AWS's words for what AWS refuses, by name for what only the local AWS lacks.
    pub async fn change(&mut self, cloud: &Arc<Cloud>, call: &Call) -> Result<(), Fault> {
        let input = &call.input;
        if let Some(text) = input::text(input, "Description")? {
            self.description = at_most("description", text, 256)?;
        }
        if let Some(handler) = input::text(input, "Handler")? {
            self.handler = check_handler(handler)?;
        }
        if let Some(runtime) = input::text(input, "Runtime")? {
            self.runtime = check_runtime(runtime)?;
        }
        if let Some(timeout) = input::integer(input, "Timeout")? {
            self.timeout_s = within("timeout", timeout, 1, 900)?;
        }
        if let Some(memory) = input::integer(input, "MemorySize")? {
            self.memory_mb = within("memorySize", memory, 128, 10_240)?;
        }
        if let Some(architectures) = input::texts(input, "Architectures")? {
            self.architectures = check_architectures(architectures)?;
        }
        if input::object(input, "Environment")?.is_some() {
            self.environment = environment(&input["Environment"])?;
        }
        if let Some(role) = input::text(input, "Role")? {
            self.role = check_role(cloud, call, role).await?;
        }
        if let Some(arns) = input::texts(input, "Layers")? {
            self.layers = layer::resolve(cloud, &arns)?;
        }
        if let Some(target) = input::text(&input["DeadLetterConfig"], "TargetArn")? {
            self.dead_letter = dead_letter(cloud, call, target).await?;
        }
        self.change_structures(input)?;
        refuse_unsupported(input)
    }

    fn change_structures(&mut self, input: &Value) -> Result<(), Fault> {
        if let Some(key) = input::text(input, "KMSKeyArn")? {
            self.kms_key_arn = (!key.is_empty()).then(|| key.to_owned());
        }
        if let Some(mode) = input::text(&input["TracingConfig"], "Mode")? {
            self.tracing = one_of("tracingConfig.mode", mode, &["Active", "PassThrough"])?;
        }
        if let Some(size) = input::integer(&input["EphemeralStorage"], "Size")? {
            self.ephemeral_mb = within("ephemeralStorage.size", size, 512, 10_240)?;
        }
        if input::object(input, "VpcConfig")?.is_some() {
            let lists =
                ["SubnetIds", "SecurityGroupIds"].map(|list| input["VpcConfig"][list].as_array().map_or(0, Vec::len));
            self.vpc = (lists != [0, 0]).then(|| input["VpcConfig"].clone());
        }
        self.change_logging(&input["LoggingConfig"])
    }

    fn change_logging(&mut self, logging: &Value) -> Result<(), Fault> {
        if let Some(format) = input::text(logging, "LogFormat")? {
            self.log_format = one_of("loggingConfig.logFormat", format, &["JSON", "Text"])?;
            if format == "JSON" {
                return Err(invalid(
                    "the local AWS does not support LoggingConfig.LogFormat JSON; see docs/local-aws.md",
                ));
            }
        }
        if let Some(group) = input::text(logging, "LogGroup")? {
            self.log_group = (!group.is_empty()).then(|| group.to_owned());
        }
        for level in ["ApplicationLogLevel", "SystemLogLevel"] {
            if !logging[level].is_null() {
                return Err(invalid(format!("{level} can only be set when LogFormat is JSON")));
            }
        }
        Ok(())
    }
}

fn refuse_unsupported(input: &Value) -> Result<(), Fault> {
    if input["FileSystemConfigs"].as_array().is_some_and(|systems| !systems.is_empty()) {
        return Err(invalid("the local AWS does not support FileSystemConfigs; see docs/local-aws.md"));
    }
    match input::text(&input["SnapStart"], "ApplyOn")? {
        None | Some("None") => Ok(()),
        Some(_) => Err(invalid("the local AWS does not support SnapStart; see docs/local-aws.md")),
    }
}

/// A function name that a new function may have.
pub fn check_new_name(name: &str) -> Result<(), Fault> {
    if name.len() <= 64 {
        return Ok(());
    }
    Err(constraint(name, "functionName", "Member must have length less than or equal to 64"))
}

fn check_handler(handler: &str) -> Result<String, Fault> {
    if handler.contains(char::is_whitespace) {
        return Err(constraint(handler, "handler", "Member must satisfy regular expression pattern: [^\\s]+"));
    }
    at_most("handler", handler, 128)
}

fn check_runtime(runtime: &str) -> Result<String, Fault> {
    match launch::family(runtime) {
        Ok(_) => Ok(runtime.to_owned()),
        Err(refused @ (RuntimeRefused::Deprecated(_) | RuntimeRefused::Unknown(_) | RuntimeRefused::Elsewhere(_))) => {
            Err(invalid(refused.to_string()))
        }
    }
}

fn check_architectures(architectures: Vec<String>) -> Result<Vec<String>, Fault> {
    for architecture in &architectures {
        one_of("architectures", architecture, &["x86_64", "arm64"])?;
    }
    if architectures.len() == 1 {
        return Ok(architectures);
    }
    Err(constraint(
        format!("[{}]", architectures.join(", ")),
        "architectures",
        "Member must have length less than or equal to 1",
    ))
}

fn environment(shape: &Value) -> Result<BTreeMap<String, String>, Fault> {
    let variables = input::text_map(shape, "Variables")?.unwrap_or_default();
    let words = "Lambda was unable to configure your environment variables because the environment variables you have \
                 provided";
    let reserved: Vec<&str> = variables.keys().map(String::as_str).filter(|name| RESERVED.contains(name)).collect();
    if !reserved.is_empty() {
        return Err(invalid(format!(
            "{words} contains reserved keys that are currently not supported for modification. Reserved keys used in \
             this request: {}",
            reserved.join(", ")
        )));
    }
    for name in variables.keys() {
        let mut letters = name.chars();
        let begins = letters.next().is_some_and(|first| first.is_ascii_alphabetic());
        if !begins || !letters.all(|c| c.is_ascii_alphanumeric() || c == '_') || name.len() < 2 {
            let rule = "Map keys must satisfy constraint: [Member must satisfy regular expression pattern: \
                        [a-zA-Z]([a-zA-Z0-9_])+]";
            return Err(constraint(json!(variables), "environment.variables", rule));
        }
    }
    if json!(variables).to_string().len() > ENVIRONMENT_LIMIT_BYTES {
        return Err(invalid(format!("{words} exceeded the 4KB limit.")));
    }
    Ok(variables)
}

/// Refuses a role that is not there or that Lambda may not assume.
async fn check_role(cloud: &Arc<Cloud>, call: &Call, role: &str) -> Result<String, Fault> {
    let parts: Vec<&str> = role.splitn(6, ':').collect();
    let ["arn", _, "iam", "", account, resource] = parts.as_slice() else {
        let pattern = "arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+";
        return Err(constraint(role, "role", &format!("Member must satisfy regular expression pattern: {pattern}")));
    };
    if *account != cloud.config.account {
        return Err(Fault::sender("AccessDeniedException", "Cross-account pass role is not allowed.").with_status(403));
    }
    let name = resource.rsplit('/').next().unwrap_or_default();
    let refused = || invalid("The role defined for the function cannot be assumed by Lambda.");
    match cloud.invoke("iam", "GetRole", &call.region, json!({"RoleName": name})).await {
        Ok(output) if trusts_lambda(&output.body["Role"]["AssumeRolePolicyDocument"]) => Ok(role.to_owned()),
        Ok(_) => Err(refused()),
        Err(fault) if fault.code.starts_with("NoSuchEntity") => Err(refused()),
        Err(fault) => Err(fault),
    }
}

/// Whether a trust policy, which IAM answers URL-encoded, lets Lambda assume the role.
fn trusts_lambda(document: &Value) -> bool {
    let decoded =
        document.as_str().map(|text| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned());
    let document = match decoded {
        Some(text) => serde_json::from_str(&text).unwrap_or(Value::Null),
        None => document.clone(),
    };
    let many = |value: &Value| match value {
        Value::Array(items) => items.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    };
    many(&document["Statement"]).iter().any(|statement| {
        let services = many(&statement["Principal"]["Service"]);
        let principals = many(&statement["Principal"]);
        let lambda = services.iter().any(|service| service == "lambda.amazonaws.com" || service == "*");
        let actions = many(&statement["Action"]);
        let assume = actions.iter().any(|action| action == "sts:AssumeRole" || action == "sts:*" || action == "*");
        statement["Effect"] == "Allow" && assume && (lambda || principals.iter().any(|principal| principal == "*"))
    })
}

/// A queue or a topic that is there; none takes an earlier one away.
async fn dead_letter(cloud: &Arc<Cloud>, call: &Call, target: &str) -> Result<Option<String>, Fault> {
    if target.is_empty() {
        return Ok(None);
    }
    if !target.contains(":sqs:") && !target.contains(":sns:") {
        return Err(invalid(format!("The provided target ARN {target} is no queue and no topic.")));
    }
    destination::check(cloud, &call.region, target).await?;
    Ok(Some(target.to_owned()))
}

fn at_most(member: &str, text: &str, limit: usize) -> Result<String, Fault> {
    if text.chars().count() <= limit {
        return Ok(text.to_owned());
    }
    Err(constraint(text, member, &format!("Member must have length less than or equal to {limit}")))
}

fn within(member: &str, value: i64, least: u64, most: u64) -> Result<u64, Fault> {
    match u64::try_from(value) {
        Ok(value) if (least..=most).contains(&value) => Ok(value),
        Ok(value) if value > most => {
            Err(constraint(value, member, &format!("Member must have value less than or equal to {most}")))
        }
        _ => Err(constraint(value, member, &format!("Member must have value greater than or equal to {least}"))),
    }
}

fn one_of(member: &str, value: &str, allowed: &[&str]) -> Result<String, Fault> {
    if allowed.contains(&value) {
        return Ok(value.to_owned());
    }
    let rule = format!("Member must satisfy enum value set: [{}]", allowed.join(", "));
    Err(constraint(value, member, &rule))
}
