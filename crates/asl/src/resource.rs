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
    /// The parts of `arn`; `None` when Step Functions would not know it.
    ///
    /// Source: Step Functions developer guide, "Integrating services", "Task".
    pub fn parse(arn: &str) -> Option<Resource> {
        let parts: Vec<&str> = arn.split(':').collect();
        if parts.len() < 6 || parts[0] != "arn" || parts[1].is_empty() {
            return None;
        }
        match parts[2] {
            "lambda" if matches!(parts.len(), 7 | 8) && parts[5] == "function" => {
                Some(Resource::Function { arn: arn.to_owned() })
            }
            "lambda" if parts[5] == "function" || (parts.len() >= 7 && !parts[6].is_empty()) => {
                Some(Resource::Function { arn: arn.to_owned() })
            }
            "states" if parts[3].is_empty() && parts[4].is_empty() => Resource::service(arn, &parts[5..]),
            "states" if parts[5] == "activity" && parts.len() == 7 => Some(Resource::Activity { arn: arn.to_owned() }),
            _ => None,
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
    fn what_is_not_a_task_resource_is_refused() {
        for arn in
            ["", "Hello", "arn:aws:s3:::bucket", "arn:aws:states:::lambda", "arn:aws:states:us-east-1:1:machine:x"]
        {
            assert_eq!(Resource::parse(arn), None, "{arn}");
        }
    }
}
