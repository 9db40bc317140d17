//! `stepFunctions`: state machines and activities.

use crate::source::{Kind, Node};

use super::alternative::short_or_long;
use super::event::{InputTransformer, ScheduleChoice};
use super::iam::Statement;
use super::reader::{Decode, Reader};
use super::rest_api::{Authorizer, Cors, HttpMethod, request, route_line};
use super::section::{choice, section};
use super::shape::Shape;
use super::value::{Any, Expr, Flag, Map, Text, Toggle, Whole};

section! {
    /// State machines and activities.
    StepFunctions, "`stepFunctions`" {
        /// State machines by key.
        "stateMachines" => machines: Map<StateMachine>;
        /// Activities by name.
        "activities" => activities: Vec<Text>;
        /// Definitions are always checked.
        "validate" => validate: Option<Flag>;
        /// No outputs for machines.
        "noOutput" => no_output: Option<Flag>;
    }
}

section! {
    /// A state machine.
    StateMachine, "a state machine" {
        /// The logical id.
        "id" => id: Option<Text>;
        /// The deployed name; else CloudFormation makes one.
        "name" => name: Option<Expr>;
        /// `STANDARD` (the default) or `EXPRESS`.
        "type" => kind: Option<Text>, words ["STANDARD", "EXPRESS"];
        /// The definition in Amazon States Language: a mapping, or JSON text.
        "definition" => definition: Any;
        /// What starts it.
        "events" => events: Vec<MachineEvent>;
        /// A role that exists, instead of the derived one.
        "role" => role: Option<Expr>;
        /// Statements added to the derived role.
        "iamRoleStatements" => iam_role_statements: Vec<Statement>;
        /// Logical ids that must exist first.
        "dependsOn" => depends_on: Vec<Text>;
        /// Tags, added to the provider's.
        "tags" => tags: Map<Expr>;
        /// Take the provider's tags (the default).
        "inheritGlobalTags" => inherit_global_tags: Option<Flag>;
        /// Keep the machine when the stack is removed.
        "retain" => retain: Option<Flag>;
        /// Call exact versions of functions.
        "useExactVersion" => use_exact_version: Option<Flag>;
        /// Give each task the timeout of its function.
        "configureTaskTimeouts" => configure_task_timeouts: Option<Flag>;
        /// What is logged: `{level, includeExecutionData, destinations}`.
        "loggingConfig" => logging: Option<MachineLogging>;
        /// X-Ray tracing: `{enabled}`.
        "tracingConfig" => tracing: Option<MachineTracing>;
        /// Encryption: `{Type, KmsKeyId, KmsDataKeyReusePeriodSeconds}`.
        "encryptionConfig" => encryption: Option<MachineEncryption>;
        /// Keys that the machine may use.
        "kmsKeyArns" => kms_key_arns: Vec<Expr>;
        /// Alarms about executions.
        "alarms" => alarms: Option<MachineAlarms>;
        /// Whom to tell about executions, by status.
        "notifications" => notifications: Option<Any>;
    }
}

section! {
    /// What a machine logs.
    MachineLogging, "logging of a state machine" {
        /// `ALL`, `ERROR`, `FATAL` or `OFF`.
        "level" => level: Option<Text>, words ["ALL", "ERROR", "FATAL", "OFF"];
        /// Log inputs and outputs too.
        "includeExecutionData" => include_execution_data: Option<Flag>;
        /// Log groups by ARN.
        "destinations" => destinations: Vec<Expr>;
    }
}

section! {
    /// Tracing of a machine.
    MachineTracing, "tracing of a state machine" {
        /// On or off.
        "enabled" => enabled: Option<Flag>;
    }
}

section! {
    /// Encryption of a machine.
    MachineEncryption, "encryption of a state machine" {
        /// The key.
        "KmsKeyId" => kms_key_id: Option<Expr>;
        /// Seconds that a data key is used again.
        "KmsDataKeyReusePeriodSeconds" => reuse_s: Option<Whole>, from 60 to 900;
        /// `AWS_OWNED_KEY` or `CUSTOMER_MANAGED_KMS_KEY`.
        "Type" => kind: Option<Text>, words ["AWS_OWNED_KEY", "CUSTOMER_MANAGED_KMS_KEY"];
    }
}

section! {
    /// Alarms about executions.
    MachineAlarms, "alarms of a state machine" {
        /// Topics to tell: `{ok, alarm, insufficientData}`.
        "topics" => topics: Option<AlarmTopics>;
        /// Which metrics: names, or `{metric, logicalId, alarmName, treatMissingData, period}`.
        "metrics" => metrics: Vec<AlarmMetric>;
        /// What missing data means.
        "treatMissingData" => treat_missing_data: Option<Text>;
        /// Seconds of a period.
        "period" => period_s: Option<Whole>;
        /// Names of alarms, with `$[stateMachineName]` and `$[metricName]`.
        "nameTemplate" => name_template: Option<Text>;
    }
}

section! {
    /// Topics that alarms tell.
    AlarmTopics, "topics of alarms" {
        /// When all is well again.
        "ok" => ok: Option<Expr>;
        /// When something is wrong.
        "alarm" => alarm: Option<Expr>;
        /// When there is not enough data.
        "insufficientData" => insufficient_data: Option<Expr>;
    }
}

/// A metric with an alarm.
#[derive(Clone, Debug, PartialEq)]
pub enum AlarmMetric {
    Name(Text),
    Detailed(AlarmMetricDetails),
}

short_or_long!(AlarmMetric, Name(Text), Detailed(AlarmMetricDetails));

section! {
    /// A metric with an alarm, in detail.
    AlarmMetricDetails, "a metric" {
        /// `executionsTimedOut`, `executionsFailed`, `executionsAborted`, `executionThrottled` or `executionsSucceeded`.
        "metric" => metric: Option<Text>;
        /// The alarm's logical id.
        "logicalId" => logical_id: Option<Text>;
        /// The alarm's name.
        "alarmName" => alarm_name: Option<Text>;
        /// What missing data means.
        "treatMissingData" => treat_missing_data: Option<Text>;
        /// Seconds of a period.
        "period" => period_s: Option<Whole>;
    }
}

choice! {
    /// What starts a state machine.
    MachineEvent, "an event of a state machine" {
        /// A request to the REST API: `POST signup`, or the details.
        "http" => Http(MachineHttp);
        /// A time: `rate(1 hour)`, `cron(…)`, or the details.
        "schedule" => Schedule(ScheduleChoice);
        /// Events of the account.
        "cloudwatchEvent" => CloudwatchEvent(MachineRule);
        /// Events of an event bus.
        "eventBridge" => EventBridge(MachineRule);
    }
}

request! {
    /// A request that starts a state machine.
    MachineHttpEvent, "an `http` event of a state machine" {
        /// `StartExecution` (the default), `StartSyncExecution`, `DescribeExecution`, `StopExecution`, …
        "action" => action: Option<Text>;
        /// What is taken from the request.
        "request" => request: Option<MachineRequest>;
        /// What is answered.
        "response" => response: Option<MachineResponse>;
        /// Answers by status code.
        "responses" => responses: Option<Any>;
        /// The role that starts executions.
        "iamRole" => iam_role: Option<Expr>;
        /// Milliseconds that the call may take.
        "timeoutInMillis" => timeout_ms: Option<Whole>, from 50;
        /// The operation's name in the documentation.
        "operationId" => operation_id: Option<Text>;
    }
}

/// A request that starts a state machine, written `POST signup` or in detail.
#[derive(Clone, Debug, PartialEq)]
pub struct MachineHttp(pub MachineHttpEvent);

impl Decode for MachineHttp {
    fn shape() -> Shape {
        Shape::OneOf(vec![Shape::Text, MachineHttpEvent::shape()])
    }

    fn decode(node: &Node, reader: &mut Reader) -> Option<MachineHttp> {
        let Kind::String(line) = &node.kind else {
            return MachineHttpEvent::decode(node, reader).map(MachineHttp);
        };
        // `POST signup`; the plugin's manual also shows the path before the method.
        let turned = line.split_whitespace().rev().collect::<Vec<_>>().join(" ");
        let methods = ["get", "post", "put", "patch", "options", "head", "delete", "any"];
        let last_is_method = methods.contains(&turned.split(' ').next().unwrap_or("").to_lowercase().as_str());
        let (method, path) = route_line(node, if last_is_method { &turned } else { line }, reader)?;
        Some(MachineHttp(MachineHttpEvent {
            span: node.span,
            path,
            method,
            cors: Toggle::Off,
            private: None,
            authorizer: None,
            action: None,
            request: None,
            response: None,
            responses: None,
            iam_role: None,
            timeout_ms: None,
            operation_id: None,
        }))
    }
}

section! {
    /// What is taken from a request.
    MachineRequest, "a request of a state machine" {
        /// `lambda_proxy`, or mapping templates by content type.
        "template" => template: Option<Any>;
        /// Schemas by content type.
        "schemas" => schemas: Map<Any>;
    }
}

section! {
    /// What is answered.
    MachineResponse, "a response of a state machine" {
        /// Headers.
        "headers" => headers: Map<Expr>;
        /// Mapping templates by content type.
        "template" => template: Option<Any>;
    }
}

section! {
    /// Events that start a state machine.
    MachineRule, "a rule of a state machine" {
        /// Which events.
        "event" => event: Option<Any>;
        /// The bus.
        "eventBusName" => event_bus: Option<Expr>;
        /// Switched on (the default).
        "enabled" => enabled: Option<Flag>;
        /// A name of the rule.
        "name" => name: Option<Text>;
        /// A sentence.
        "description" => description: Option<Text>;
        /// The input, fixed.
        "input" => input: Option<Any>;
        /// Part of the event.
        "inputPath" => input_path: Option<Text>;
        /// The input made from parts.
        "inputTransformer" => input_transformer: Option<InputTransformer>;
        /// The role that starts executions.
        "iamRole" => iam_role: Option<Expr>;
        /// Where events go that fail.
        "deadLetterConfig" => dead_letter_config: Option<Any>;
        /// How often it is tried again.
        "retryPolicy" => retry_policy: Option<Any>;
    }
}
