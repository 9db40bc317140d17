//! Policy documents: what IAM checks before it takes one.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>.

use serde_json::Value;

use super::fault;
use crate::wire::{Fault, uri};

/// What a document is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Who may assume a role: statements have a principal and no resource.
    Trust,
    /// What may be done: statements have a resource and no principal.
    Permissions,
}

const VERSIONS: &[&str] = &["2012-10-17", "2008-10-17"];

/// Checks a document's grammar.
///
/// # Errors
/// `MalformedPolicyDocument` in IAM's words.
pub fn check(text: &str, purpose: Purpose, most_bytes: usize) -> Result<(), Fault> {
    let size = text.chars().filter(|c| !c.is_whitespace()).count();
    if size > most_bytes {
        return Err(fault::limit_exceeded(format!("Cannot exceed quota for PolicySize: {most_bytes}")));
    }
    let document: Value = serde_json::from_str(text).map_err(|_| malformed("This policy contains invalid Json"))?;
    let members = document.as_object().ok_or_else(|| malformed("Syntax errors in policy."))?;
    for (name, value) in members {
        match name.as_str() {
            "Version" if value.as_str().is_some_and(|version| VERSIONS.contains(&version)) => {}
            "Version" => return Err(malformed("The policy must contain a valid version string")),
            "Id" | "Statement" => {}
            _ => return Err(malformed("Syntax errors in policy.")),
        }
    }
    let statements: Vec<&Value> = match members.get("Statement") {
        Some(Value::Array(statements)) if !statements.is_empty() => statements.iter().collect(),
        Some(statement @ Value::Object(_)) => vec![statement],
        _ => return Err(malformed("Syntax errors in policy.")),
    };
    statements.into_iter().try_for_each(|statement| check_statement(statement, purpose))
}

fn check_statement(statement: &Value, purpose: Purpose) -> Result<(), Fault> {
    const MEMBERS: &[&str] =
        &["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];
    let members = statement.as_object().ok_or_else(|| malformed("Syntax errors in policy."))?;
    if members.keys().any(|name| !MEMBERS.contains(&name.as_str())) {
        return Err(malformed("Syntax errors in policy."));
    }
    if !matches!(members.get("Effect").and_then(Value::as_str), Some("Allow" | "Deny")) {
        return Err(malformed("Syntax errors in policy."));
    }
    let either = |name: &str| members.get(name).or_else(|| members.get(&format!("Not{name}")));
    let actions = texts(either("Action").ok_or_else(|| malformed("Policy statement must contain actions."))?)?;
    if actions.iter().any(|action| *action != "*" && !is_action(action)) {
        return Err(malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."));
    }
    match purpose {
        Purpose::Trust => {
            if either("Resource").is_some() {
                return Err(malformed("Has prohibited field Resource"));
            }
            if actions.iter().any(|action| !action.starts_with("sts:")) {
                return Err(malformed("AssumeRole policy may only specify STS AssumeRole actions."));
            }
            check_principal(either("Principal").ok_or_else(|| malformed("Missing required field Principal"))?)
        }
        Purpose::Permissions => {
            if either("Principal").is_some() {
                return Err(malformed("Policy document should not specify a principal."));
            }
            let resources = either("Resource").ok_or_else(|| malformed("Policy statement must contain resources."))?;
            texts(resources)?.into_iter().try_for_each(check_resource)
        }
    }
}

fn texts(value: &Value) -> Result<Vec<&str>, Fault> {
    let texts: Option<Vec<&str>> = match value {
        Value::String(text) => Some(vec![text.as_str()]),
        Value::Array(items) => items.iter().map(Value::as_str).collect(),
        _ => None,
    };
    texts.filter(|texts| !texts.is_empty()).ok_or_else(|| malformed("Syntax errors in policy."))
}

fn is_action(action: &str) -> bool {
    let fine = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "*?-_".contains(c));
    action.split_once(':').is_some_and(|(vendor, name)| fine(vendor) && fine(name))
}

fn check_principal(principal: &Value) -> Result<(), Fault> {
    match principal {
        Value::String(text) if text == "*" => Ok(()),
        Value::Object(kinds) if !kinds.is_empty() => kinds.iter().try_for_each(|(kind, value)| {
            let names = texts(value).map_err(|_| malformed("Invalid principal in policy"))?;
            match kind.as_str() {
                "AWS" | "Federated" | "CanonicalUser" => Ok(()),
                "Service" => {
                    let bad = names.into_iter().find(|name| !is_service(name));
                    bad.map_or(Ok(()), |name| {
                        Err(malformed(format!("Invalid principal in policy: \"SERVICE\":\"{name}\"")))
                    })
                }
                _ => Err(malformed("Invalid principal in policy")),
            }
        }),
        _ => Err(malformed("Invalid principal in policy")),
    }
}

fn is_service(name: &str) -> bool {
    name.ends_with(".amazonaws.com") || name.ends_with(".amazon.com") || name.ends_with(".aws.internal")
}

fn check_resource(resource: &str) -> Result<(), Fault> {
    if resource == "*" {
        return Ok(());
    }
    let mut fields = resource.splitn(6, ':');
    let (arn, partition, vendor) = (fields.next(), fields.next(), fields.next());
    if arn != Some("arn") {
        let message = format!("Resource {resource} must be in ARN format or \"*\".");
        return Err(malformed(message));
    }
    let known = |partition: &str| partition == "*" || partition.starts_with("aws") || partition.contains("${");
    if !partition.is_some_and(known) {
        let message =
            format!("Partition \"{}\" is not valid for resource \"{resource}\".", partition.unwrap_or_default());
        return Err(malformed(message));
    }
    if vendor.is_none_or(str::is_empty) {
        return Err(malformed(format!("Vendor is not valid for resource \"{resource}\".")));
    }
    if fields.count() != 3 {
        return Err(malformed("The policy failed legacy parsing"));
    }
    Ok(())
}

fn malformed(message: impl Into<String>) -> Fault {
    fault::malformed(message)
}

/// A document as IAM's answers hold it: percent-encoded.
pub fn encoded(text: &str) -> String {
    uri::encode(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str, purpose: Purpose) -> String {
        check(text, purpose, 10_240).unwrap_err().message
    }

    #[test]
    fn what_iam_refuses_is_refused_in_its_words() {
        for (text, purpose, words) in [
            ("{", Purpose::Permissions, "This policy contains invalid Json"),
            (r#"{"Statement":[]}"#, Purpose::Permissions, "Syntax errors in policy."),
            (
                r#"{"Statement":{"Effect":"Allow","Action":"s3:*"}}"#,
                Purpose::Permissions,
                "Policy statement must contain resources.",
            ),
            (
                r#"{"Statement":{"Effect":"Allow","Resource":"*"}}"#,
                Purpose::Permissions,
                "Policy statement must contain actions.",
            ),
            (
                r#"{"Statement":{"Effect":"Allow","Action":"s3","Resource":"*"}}"#,
                Purpose::Permissions,
                "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
            ),
            (
                r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"bucket"}}"#,
                Purpose::Permissions,
                "Resource bucket must be in ARN format or \"*\".",
            ),
            (
                r#"{"Version":"2020-01-01","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#,
                Purpose::Permissions,
                "The policy must contain a valid version string",
            ),
            (
                r#"{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*","Principal":"*"}}"#,
                Purpose::Trust,
                "Has prohibited field Resource",
            ),
            (
                r#"{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole"}}"#,
                Purpose::Trust,
                "Missing required field Principal",
            ),
            (
                r#"{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"lambda"}}}"#,
                Purpose::Trust,
                "Invalid principal in policy: \"SERVICE\":\"lambda\"",
            ),
        ] {
            assert_eq!(message(text, purpose), words, "{text}");
        }
    }

    #[test]
    fn the_documents_of_a_deployment_are_taken() {
        let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["lambda.amazonaws.com"]},"Action":["sts:AssumeRole"]}]}"#;
        check(trust, Purpose::Trust, 2_048).unwrap();
        let permissions = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogStream","dynamodb:*"],"Resource":["arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/x*:*:*"]}]}"#;
        check(permissions, Purpose::Permissions, 10_240).unwrap();
    }
}
