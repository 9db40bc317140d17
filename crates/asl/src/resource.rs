//! The `Resource` of a Task, read into its parts.

use serde::{Deserialize, Serialize};

/// How a service integration is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Pattern {
    /// Until the service answers.
    RequestResponse,
    /// Until the started job has ended (`.sync`).
    Sync,
    /// The same, with the job's output as JSON (`.sync:2`).
    Sync2,
    /// Until somebody calls SendTaskSuccess or SendTaskFailure with the task's token.
    WaitForTaskToken,
}

/// What a Task calls.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Resource {
    /// A Lambda function by its own ARN: the payload is the event, the result its return value.
    Function { arn: String },
    /// An activity, polled by workers.
    Activity { arn: String },
    /// `arn:aws:states:::service:action[.pattern]`, also `aws-sdk:service:action`.
    Service {
        /// As written.
        arn: String,
        /// `lambda`, `states`, `sqs`, …, or `aws-sdk:dynamodb`.
        service: String,
        /// `invoke`, `startExecution`, …, without the pattern.
        action: String,
        pattern: Pattern,
    },
}

impl Resource {
    /// The parts of `arn`, which is any URI: of one that Step Functions does not know ([`Resource::is_known`]) the service
    /// is the URI's scheme (of an ARN its service) and the action the rest. `None` for what is no URI, and for the ARN of a
    /// function or of Step Functions itself that is malformed.
    ///
    /// Source: Step Functions developer guide, "Integrating services"; States Language specification, "Task State".
    pub fn parse(arn: &str) -> Option<Resource> {
        let parts: Vec<&str> = arn.split(':').collect();
        if parts[0] != "arn" {
            return Resource::foreign(arn);
        }
        if parts.len() < 6 || parts[1].is_empty() {
            return None;
        }
        match parts[2] {
            "lambda" if parts[5] == "function" => {
                is_function(&parts[6..]).then(|| Resource::Function { arn: arn.to_owned() })
            }
            "lambda" if parts.len() >= 7 && !parts[6].is_empty() => Some(Resource::Function { arn: arn.to_owned() }),
            "lambda" => None,
            "states" if parts[3].is_empty() && parts[4].is_empty() => Resource::service(arn, &parts[5..]),
            "states" if parts[5] == "activity" && parts.len() == 7 => Some(Resource::Activity { arn: arn.to_owned() }),
            "states" => None,
            service => Some(Resource::other(arn, service, &parts[5..].join(":"))),
        }
    }

    /// Another URI than an ARN, or a `${placeholder}` that somebody fills in before the machine is made.
    fn foreign(uri: &str) -> Option<Resource> {
        if let Some(name) = uri.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) {
            return (!name.is_empty() && !name.contains(['$', '{', '}'])).then(|| Resource::other(uri, uri, ""));
        }
        let (scheme, rest) = uri.split_once(':')?;
        let plain = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
        (plain && !rest.is_empty() && !rest.contains(char::is_whitespace)).then(|| Resource::other(uri, scheme, rest))
    }

    fn other(arn: &str, service: &str, action: &str) -> Resource {
        Resource::Service {
            arn: arn.to_owned(),
            service: service.to_owned(),
            action: action.to_owned(),
            pattern: Pattern::RequestResponse,
        }
    }

    /// Whether Step Functions could call it: a function, an activity or a service integration.
    pub fn is_known(&self) -> bool {
        match self {
            Resource::Function { .. } | Resource::Activity { .. } => true,
            Resource::Service { arn, .. } => arn.split(':').nth(2) == Some("states"),
        }
    }

    fn service(arn: &str, parts: &[&str]) -> Option<Resource> {
        let joined = parts.join(":");
        let (name, pattern) =
            [(".sync:2", Pattern::Sync2), (".sync", Pattern::Sync), (".waitForTaskToken", Pattern::WaitForTaskToken)]
                .into_iter()
                .find_map(|(suffix, pattern)| Some((joined.strip_suffix(suffix)?.to_owned(), pattern)))
                .unwrap_or((joined, Pattern::RequestResponse));
        let (service, action) = name.rsplit_once(':')?;
        if service.is_empty() || action.is_empty() || action.contains('.') {
            return None;
        }
        Some(Resource::Service { arn: arn.to_owned(), service: service.to_owned(), action: action.to_owned(), pattern })
    }

    /// The ARN as written in the definition.
    pub fn arn(&self) -> &str {
        match self {
            Resource::Function { arn } | Resource::Activity { arn } | Resource::Service { arn, .. } => arn,
        }
    }

    /// `lambda` in `TaskScheduled.resourceType`; empty for what is not a service integration.
    pub fn service_type(&self) -> &str {
        match self {
            Resource::Service { service, .. } => service,
            _ => "",
        }
    }

    /// `invoke.waitForTaskToken` in `TaskScheduled.resource`.
    pub fn action_name(&self) -> String {
        match self {
            Resource::Service { action, pattern, .. } => {
                let suffix = match pattern {
                    Pattern::RequestResponse => "",
                    Pattern::Sync => ".sync",
                    Pattern::Sync2 => ".sync:2",
                    Pattern::WaitForTaskToken => ".waitForTaskToken",
                };
                format!("{action}{suffix}")
            }
            _ => String::new(),
        }
    }

    pub fn pattern(&self) -> Pattern {
        match self {
            Resource::Service { pattern, .. } => *pattern,
            _ => Pattern::RequestResponse,
        }
    }
}

/// A function's name and perhaps a version or an alias. Source: Lambda API reference, CreateAlias, GetFunction.
fn is_function(parts: &[&str]) -> bool {
    let is_word =
        |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.<>{}$#@ ".contains(c));
    let is_qualifier =
        |text: &str| text == "$LATEST" || (is_word(text) && !text.contains(['#', '$']) || text.starts_with("${"));
    match parts {
        [name] => is_word(name),
        [name, qualifier] => is_word(name) && is_qualifier(qualifier),
        // A placeholder may hold colons of its own.
        [name, ..] => name.starts_with("${") || name.starts_with('#'),
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_integration_has_service_action_and_pattern() {
        let resource = Resource::parse("arn:aws:states:::states:startExecution.sync:2").unwrap();
        assert_eq!(resource.service_type(), "states");
        assert_eq!(resource.action_name(), "startExecution.sync:2");
        assert_eq!(resource.pattern(), Pattern::Sync2);
        let sdk = Resource::parse("arn:aws:states:::aws-sdk:dynamodb:putItem").unwrap();
        assert_eq!((sdk.service_type(), sdk.action_name().as_str()), ("aws-sdk:dynamodb", "putItem"));
    }

    #[test]
    fn functions_and_activities_keep_their_arn() {
        let function = "arn:aws:lambda:us-east-1:123456789012:function:Hello:live";
        assert_eq!(Resource::parse(function), Some(Resource::Function { arn: function.into() }));
        let activity = "arn:aws:states:us-east-1:123456789012:activity:approve";
        assert_eq!(Resource::parse(activity), Some(Resource::Activity { arn: activity.into() }));
    }

    #[test]
    fn any_other_uri_is_read_but_not_known() {
        for (uri, service, action) in [
            ("foo:bar", "foo", "bar"),
            ("arn:aws:swf:us-east-1:123456789012:task:X", "swf", "task:X"),
            ("${Function}", "${Function}", ""),
        ] {
            let resource = Resource::parse(uri).unwrap();
            let Resource::Service { service: found, action: rest, .. } = &resource else { panic!("{resource:?}") };
            assert_eq!((found.as_str(), rest.as_str(), resource.is_known()), (service, action, false));
        }
        assert!(Resource::parse("arn:aws:states:::sqs:sendMessage").unwrap().is_known());
    }

    #[test]
    fn what_is_not_a_task_resource_is_refused() {
        for arn in [
            "",
            "Hello",
            "${open",
            "two words:x",
            "arn:aws:states:::lambda",
            "arn:aws:states:us-east-1:1:machine:x",
            "arn:aws:lambda:us-east-1:1:function:f:",
            "arn:aws:lambda:us-east-1:1:function:f:$*#$7485",
        ] {
            assert_eq!(Resource::parse(arn), None, "{arn}");
        }
    }
}
