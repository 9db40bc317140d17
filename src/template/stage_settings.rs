//! Settings of the stage of a REST API that are no part of its template.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What each setting is where nobody has set it.
const DEFAULTS: &[(&str, &str)] = &[(TRACING, "false"), (METRICS, "false"), (DATA_TRACE, "false"), (LOG_LEVEL, "OFF")];

/// Whether X-Ray gets traces.
pub const TRACING: &str = "/tracingEnabled";
/// Whether CloudWatch gets metrics of every method.
pub const METRICS: &str = "/*/*/metrics/enabled";
/// Whether execution logs hold requests and answers in full.
pub const DATA_TRACE: &str = "/*/*/logging/dataTrace";
/// How much execution logs tell: `INFO`, `ERROR`, `OFF`.
pub const LOG_LEVEL: &str = "/*/*/logging/loglevel";

const ACCESS_LOG: &str = "/accessLogSettings";

/// What the stage of the stack's own REST API is to have. An existing v3 stack makes the stage with its deployment resource,
/// which knows none of this, so it is set once the stack stands.
///
/// Source: Serverless Framework, `updateStage`; API Gateway API reference, "Patch operations", stages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StageSettings {
    /// The logical id of the API.
    pub api: String,
    pub stage: String,
    /// Paths of the stage and their values, as UpdateStage names them.
    pub values: BTreeMap<String, String>,
    pub access_log: Option<AccessLog>,
}

/// Where a line for each request goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessLog {
    /// The name of the log group.
    pub group: String,
    pub format: String,
}

/// One change of a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StageChange {
    Set { path: String, value: String },
    Remove { path: String },
}

impl StageSettings {
    /// Whether nothing is set.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty() && self.access_log.is_none()
    }

    /// What is to be changed on a stage that once got `before`: settings that are wanted no longer become what they are
    /// where nobody sets them. `account` is `arn:PARTITION:…:REGION:ACCOUNT:…`, any ARN of the account.
    pub fn changes(&self, before: Option<&StageSettings>, account: &str) -> Vec<StageChange> {
        let set = |path: &str, value: &str| StageChange::Set { path: path.to_owned(), value: value.to_owned() };
        let mut changes = Vec::new();
        for (path, default) in DEFAULTS {
            let was_set = before.is_some_and(|before| before.values.contains_key(*path));
            match self.values.get(*path) {
                Some(value) => changes.push(set(path, value)),
                None if was_set => changes.push(set(path, default)),
                None => {}
            }
        }
        match &self.access_log {
            Some(log) => {
                let parts: Vec<&str> = account.split(':').collect();
                let part = |at: usize| parts.get(at).copied().unwrap_or_default();
                let arn = format!("arn:{}:logs:{}:{}:log-group:{}", part(1), part(3), part(4), log.group);
                changes.push(set("/accessLogSettings/destinationArn", &arn));
                changes.push(set("/accessLogSettings/format", &log.format));
            }
            None if before.is_some_and(|before| before.access_log.is_some()) => {
                changes.push(StageChange::Remove { path: ACCESS_LOG.to_owned() });
            }
            None => {}
        }
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STACK: &str = "arn:aws-cn:cloudformation:cn-north-1:123456789012:stack/a-dev/1";

    fn set(path: &str, value: &str) -> StageChange {
        StageChange::Set { path: path.to_owned(), value: value.to_owned() }
    }

    fn settings(values: &[(&str, &str)], access_log: bool) -> StageSettings {
        StageSettings {
            api: "ApiGatewayRestApi".into(),
            stage: "dev".into(),
            values: values.iter().map(|(path, value)| ((*path).to_owned(), (*value).to_owned())).collect(),
            access_log: access_log.then(|| AccessLog { group: "/aws/api-gateway/a-dev".into(), format: "f".into() }),
        }
    }

    #[test]
    fn the_log_group_is_named_in_the_partition_region_and_account_of_the_stack() {
        let changes = settings(&[(TRACING, "true")], true).changes(None, STACK);
        let arn = "arn:aws-cn:logs:cn-north-1:123456789012:log-group:/aws/api-gateway/a-dev";
        let expected = [
            set(TRACING, "true"),
            set("/accessLogSettings/destinationArn", arn),
            set("/accessLogSettings/format", "f"),
        ];
        assert_eq!(changes, expected);
    }

    #[test]
    fn what_is_wanted_no_longer_is_set_back_and_what_nobody_set_is_left_alone() {
        let before = settings(&[(TRACING, "true"), (LOG_LEVEL, "INFO")], true);
        let changes = settings(&[], false).changes(Some(&before), STACK);
        let remove = StageChange::Remove { path: ACCESS_LOG.to_owned() };
        assert_eq!(changes, [set(TRACING, "false"), set(LOG_LEVEL, "OFF"), remove]);
        assert!(settings(&[], false).changes(None, STACK).is_empty());
    }
}
