//! The ways to name a function: its name, a partial or whole ARN, each with or without a qualifier.

use crate::Cloud;
use crate::wire::{Call, Fault};

use super::input::{self, LambdaFault, constraint};

/// A function and, where the caller gave one, a version or an alias of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionName {
    pub region: String,
    pub name: String,
    pub qualifier: Option<String>,
}

/// The name pattern as AWS prints it.
const PATTERN: &str = "Member must satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|\
(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?";

impl FunctionName {
    /// The function that `call` names by `FunctionName` and perhaps `Qualifier`.
    ///
    /// # Errors
    /// For a malformed name, another account, and two qualifiers that differ.
    pub fn of(cloud: &Cloud, call: &Call) -> Result<FunctionName, Fault> {
        let text = input::required(&call.input, "FunctionName")?;
        let mut name = FunctionName::parse(cloud, &call.region, text)?;
        if let Some(qualifier) = input::text(&call.input, "Qualifier")? {
            if name.qualifier.as_deref().is_some_and(|own| own != qualifier) {
                return Err(input::invalid(
                    "The derived qualifier from the function name does not match the specified qualifier.",
                ));
            }
            name.qualifier = Some(check_qualifier(qualifier)?.to_owned());
        }
        Ok(name)
    }

    /// Reads `NAME`, `ACCOUNT:function:NAME` or a whole ARN, with or without `:QUALIFIER`.
    ///
    /// # Errors
    /// When `text` is none of these.
    pub fn parse(cloud: &Cloud, region: &str, text: &str) -> Result<FunctionName, Fault> {
        let refused = || constraint(text, "functionName", PATTERN);
        let parts: Vec<&str> = text.split(':').collect();
        let (region, account, rest) = match parts.as_slice() {
            ["arn", _, "lambda", region, account, "function", rest @ ..] => (*region, Some(*account), rest),
            [account, "function", rest @ ..] => (region, Some(*account), rest),
            ["function", rest @ ..] if !rest.is_empty() => (region, None, rest),
            rest => (region, None, rest),
        };
        if account.is_some_and(|account| account != cloud.config.account) {
            return Err(Fault::sender(
                "AccessDeniedException",
                format!("the local AWS has the account {} only, and `{text}` names another", cloud.config.account),
            )
            .with_status(403));
        }
        let (name, qualifier) = match rest {
            [name] => (*name, None),
            [name, qualifier] => (*name, Some(check_qualifier(qualifier)?.to_owned())),
            _ => return Err(refused()),
        };
        if !is_word(name) || text.len() > 170 || name.len() > 140 {
            return Err(refused());
        }
        Ok(FunctionName { region: region.to_owned(), name: name.to_owned(), qualifier })
    }

    /// The key in the store.
    pub fn key(&self) -> String {
        format!("{}/{}", self.region, self.name)
    }

    /// The ARN without a qualifier.
    pub fn arn(&self, cloud: &Cloud) -> String {
        format!("arn:aws:lambda:{}:{}:function:{}", self.region, cloud.config.account, self.name)
    }

    /// The ARN with the qualifier, if there is one.
    pub fn qualified_arn(&self, cloud: &Cloud) -> String {
        let arn = self.arn(cloud);
        self.qualifier.as_ref().map_or(arn.clone(), |qualifier| format!("{arn}:{qualifier}"))
    }

    /// AWS's answer for a function, version or alias that is not there.
    pub fn not_found(&self, cloud: &Cloud) -> Fault {
        Fault::sender("ResourceNotFoundException", format!("Function not found: {}", self.qualified_arn(cloud)))
            .with_status(404)
            .typed("User")
    }
}

/// A version or alias as callers may write it.
pub fn check_qualifier(text: &str) -> Result<&str, Fault> {
    if text == "$LATEST" || (is_word(text) && text.len() <= 128) {
        return Ok(text);
    }
    Err(constraint(text, "qualifier", "Member must satisfy regular expression pattern: (|[a-zA-Z0-9$_-]+)"))
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}
