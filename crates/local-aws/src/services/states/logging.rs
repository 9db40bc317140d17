//! `loggingConfiguration`: what of an execution is written to CloudWatch Logs, and where.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::constraint::Members;
use crate::Cloud;
use crate::wire::Fault;

/// The stream that every destination of logs has.
const VALIDATION_STREAM: &str = "log_stream_created_by_aws_to_validate_log_delivery_subscriptions";

/// What stands in it.
const VALIDATION_MESSAGE: &str =
    "Permissions are set correctly to allow AWS CloudWatch Logs to write into your logs while creating a subscription.";

/// Which events are logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    All,
    Error,
    Fatal,
    #[default]
    Off,
}

impl Level {
    fn word(self) -> &'static str {
        match self {
            Level::All => "ALL",
            Level::Error => "ERROR",
            Level::Fatal => "FATAL",
            Level::Off => "OFF",
        }
    }

    /// Whether an event of this type is logged at this level.
    ///
    /// Source: Step Functions developer guide, "Logging in CloudWatch Logs", log levels.
    pub fn logs(self, event: &str) -> bool {
        let fatal = matches!(event, "ExecutionAborted" | "ExecutionFailed" | "ExecutionTimedOut");
        let error = fatal || (event.ends_with("Failed") || event.ends_with("TimedOut") || event.ends_with("Aborted"));
        match self {
            Level::All => true,
            Level::Error => error || event == "FailStateEntered",
            Level::Fatal => fatal,
            Level::Off => false,
        }
    }
}

/// A machine's `loggingConfiguration`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logging {
    pub level: Level,
    pub include_execution_data: bool,
    /// The log group's ARN, with `:*` at its end.
    pub destination: Option<String>,
}

impl Logging {
    /// Reads the member; `None` when it is not given.
    ///
    /// # Errors
    /// `InvalidLoggingConfiguration` without exactly one destination where there has to be one.
    pub fn read(members: &mut Members<'_>) -> Result<Option<Logging>, Fault> {
        let Some(value) = members.value("loggingConfiguration") else {
            return Ok(None);
        };
        let level = match value.get("level").and_then(Value::as_str) {
            None | Some("OFF") => Level::Off,
            Some("ALL") => Level::All,
            Some("ERROR") => Level::Error,
            Some("FATAL") => Level::Fatal,
            Some(other) => {
                let set = "Member must satisfy enum value set: [ALL, ERROR, FATAL, OFF]";
                members.violate(other, "loggingConfiguration.level", set);
                Level::Off
            }
        };
        let destinations = value.get("destinations").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        if destinations.len() > 1 || (level != Level::Off && destinations.is_empty()) {
            return Err(invalid("Must specify exactly one Log Destination."));
        }
        let destination =
            destinations.first().map(|item| item["cloudWatchLogsLogGroup"]["logGroupArn"].as_str().unwrap_or_default());
        if destination.is_some_and(|arn| !arn.ends_with(":*") || group_of(arn).is_none()) {
            return Err(invalid("Log Destination must be the ARN of a CloudWatch log group that ends with ':*'."));
        }
        let include_execution_data = value.get("includeExecutionData").and_then(Value::as_bool).unwrap_or(false);
        Ok(Some(Logging { level, include_execution_data, destination: destination.map(str::to_owned) }))
    }

    /// As the outputs show it.
    pub fn to_wire(&self) -> Value {
        let mut output = json!({"level": self.level.word(), "includeExecutionData": self.include_execution_data});
        if let Some(arn) = &self.destination {
            output["destinations"] = json!([{"cloudWatchLogsLogGroup": {"logGroupArn": arn}}]);
        }
        output
    }

    /// The log group's name, when something is to be logged.
    pub fn group(&self) -> Option<&str> {
        match self.level {
            Level::Off => None,
            _ => self.destination.as_deref().and_then(group_of),
        }
    }

    /// Checks that the destination exists and can be written to, by writing to it.
    ///
    /// Source: CloudWatch Logs user guide, "Enable logging from AWS services": the stream by whose creation the
    /// delivery is validated.
    ///
    /// # Errors
    /// `AccessDeniedException`, the words with which AWS answers for a log group that is not there.
    pub async fn check(&self, cloud: &Arc<Cloud>, region: &str) -> Result<(), Fault> {
        let Some(group) = self.group() else {
            return Ok(());
        };
        let input = json!({"logGroupNamePrefix": group});
        let found = cloud.invoke("logs", "DescribeLogGroups", region, input).await?;
        let groups = found.body["logGroups"].as_array().map_or(&[][..], Vec::as_slice);
        if !groups.iter().any(|item| item["logGroupName"] == group) {
            return Err(Fault::sender(
                "AccessDeniedException",
                "The state machine IAM Role is not authorized to access the Log Destination",
            ));
        }
        let place = json!({"logGroupName": group, "logStreamName": VALIDATION_STREAM});
        match cloud.invoke("logs", "CreateLogStream", region, place.clone()).await {
            Err(fault) if fault.code == "ResourceAlreadyExistsException" => return Ok(()),
            created => created?,
        };
        let mut event = place;
        event["logEvents"] = json!([{"timestamp": cloud.clock.now().as_millisecond(), "message": VALIDATION_MESSAGE}]);
        cloud.invoke("logs", "PutLogEvents", region, event).await.map(|_| ())
    }
}

/// The name in `arn:aws:logs:REGION:ACCOUNT:log-group:NAME:*`.
fn group_of(arn: &str) -> Option<&str> {
    let name = arn.splitn(7, ':').nth(6)?;
    (arn.split(':').nth(2) == Some("logs") && arn.split(':').nth(5) == Some("log-group"))
        .then(|| name.strip_suffix(":*").unwrap_or(name))
        .filter(|name| !name.is_empty())
}

fn invalid(why: &str) -> Fault {
    Fault::sender("InvalidLoggingConfiguration", format!("Invalid Logging Configuration: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(configuration: Value) -> Result<Option<Logging>, Fault> {
        let input = json!({"loggingConfiguration": configuration});
        Logging::read(&mut Members::of(&input))
    }

    #[test]
    fn a_level_without_a_destination_is_refused() {
        let fault = read(json!({"level": "ALL"})).unwrap_err();
        assert_eq!(fault.message, "Invalid Logging Configuration: Must specify exactly one Log Destination.");
    }

    #[test]
    fn the_log_group_is_read_from_its_arn() {
        let arn = "arn:aws:logs:eu-west-1:000000000000:log-group:/aws/vendedlogs/states/a:*";
        let logging =
            read(json!({"level": "ERROR", "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": arn}}]}))
                .unwrap()
                .unwrap();
        assert_eq!(logging.group(), Some("/aws/vendedlogs/states/a"));
    }

    #[test]
    fn levels_choose_events() {
        assert!(Level::All.logs("PassStateEntered"));
        assert!(Level::Error.logs("TaskFailed") && !Level::Error.logs("TaskSucceeded"));
        assert!(Level::Fatal.logs("ExecutionFailed") && !Level::Fatal.logs("TaskFailed"));
        assert!(!Level::Off.logs("ExecutionFailed"));
    }
}
