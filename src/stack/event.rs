//! What calls a function.

use super::alternative::short_or_long;
use super::http_api::HttpApiRoute;
use super::rest_api::Http;
use super::section::{choice, section};
use super::value::{Any, Expr, Flag, Map, Refused, Text, Toggle, Whole};

choice! {
    /// What calls a function.
    Event, "an event" {
        /// A request to the REST API: `GET posts`, or the details.
        "http" => Http(Http);
        /// A request to the HTTP API: `GET /posts`, or the details.
        "httpApi" => HttpApi(HttpApiRoute);
        /// A time: `rate(1 hour)`, `cron(…)`, or the details.
        "schedule" => Schedule(ScheduleChoice);
        /// Records of a DynamoDB table or a Kinesis stream.
        "stream" => Stream(StreamChoice);
        /// Messages of a queue.
        "sqs" => Sqs(SqsChoice);
        /// Messages of a topic.
        "sns" => Sns(SnsChoice);
        /// Changes of a bucket.
        "s3" => S3(S3Choice);
        /// A route of the WebSocket API.
        "websocket" => Websocket(WebsocketChoice);
        /// A trigger of a Cognito user pool.
        "cognitoUserPool" => CognitoUserPool(CognitoUserPool);
        /// Events of an event bus.
        "eventBridge" => EventBridge(EventBridgeEvent);
        /// Events of the account.
        "cloudwatchEvent" => CloudwatchEvent(CloudwatchEvent);
        /// Lines of a log group.
        "cloudwatchLog" => CloudwatchLog(CloudwatchLogChoice);
        /// Requests to an application load balancer.
        "alb" => Alb(AlbEvent);
        /// Messages of AWS IoT.
        "iot" => Iot(IotEvent);
        /// Provisioning of IoT devices.
        "iotFleetProvisioning" => IotFleetProvisioning(IotFleetProvisioning);
        /// An Alexa skill.
        "alexaSkill" => AlexaSkill(AlexaSkillChoice);
        /// An Alexa smart home skill.
        "alexaSmartHome" => AlexaSmartHome(AlexaSmartHomeChoice);
        /// Requests and answers of a CloudFront distribution.
        "cloudFront" => CloudFront(CloudFrontEvent);
        /// Records of a Kafka cluster.
        "kafka" => Kafka(KafkaEvent);
        /// Records of an Amazon MSK cluster.
        "msk" => Msk(MskEvent);
        /// Messages of an ActiveMQ broker.
        "activemq" => ActiveMq(BrokerEvent);
        /// Messages of a RabbitMQ broker.
        "rabbitmq" => RabbitMq(BrokerEvent);
    }
}

/// A time, short or in detail.
#[derive(Clone, Debug, PartialEq)]
pub enum ScheduleChoice {
    Rate(Text),
    Detailed(Box<ScheduleEvent>),
}

short_or_long!(ScheduleChoice, Rate(Text), Detailed(Box<ScheduleEvent>));

section! {
    /// A time at which something runs.
    ScheduleEvent, "a `schedule` event" {
        /// `rate(…)`, `cron(…)` or several.
        "rate" => rate: Vec<Expr>;
        /// Switched on (the default).
        "enabled" => enabled: Option<Any>;
        /// A name.
        "name" => name: Option<Expr>;
        /// A sentence.
        "description" => description: Option<Expr>;
        /// The event, fixed.
        "input" => input: Option<Any>;
        /// Part of the event.
        "inputPath" => input_path: Option<Any>;
        /// The event made from parts: `{inputPathsMap, inputTemplate}`.
        "inputTransformer" => input_transformer: Option<InputTransformer>;
        /// `eventBus` (a rule, the default) or `scheduler`.
        "method" => method: Option<Text>, words ["eventBus", "scheduler"];
        /// The time zone, for `scheduler`.
        "timezone" => timezone: Option<Text>;
        /// The role that the scheduler calls with, made unless given.
        "roleArn" => role_arn: Refused;
        /// The group of schedules, for `scheduler`.
        "groupName" => group_name: Option<Expr>;
        /// The role that starts a state machine.
        "role" => role: Option<Expr>;
        /// How often a call is tried again.
        "retryPolicy" => retry_policy: Option<Any>;
        /// Where calls go that fail.
        "deadLetterConfig" => dead_letter_config: Option<Any>;
    }
}

section! {
    /// How an event is made from parts.
    InputTransformer, "an input transformer" {
        /// Parts by name.
        "inputPathsMap" => paths: Option<Any>;
        /// The template.
        "inputTemplate" => template: Option<Any>;
    }
}

/// A stream, by ARN or in detail.
#[derive(Clone, Debug, PartialEq)]
pub enum StreamChoice {
    Arn(Text),
    Detailed(Box<StreamEvent>),
}

short_or_long!(StreamChoice, Arn(Text), Detailed(Box<StreamEvent>));

section! {
    /// Records of a stream.
    StreamEvent, "a `stream` event" {
        /// The stream's ARN.
        "arn" => arn: Option<Expr>;
        /// `dynamodb` or `kinesis`, when the ARN does not say.
        "type" => kind: Option<Text>, words ["dynamodb", "kinesis"];
        /// Records a call, 10 unless given.
        "batchSize" => batch_size: Option<Whole>, from 1 to 10_000;
        /// Seconds to gather records for.
        "batchWindow" => batch_window_s: Option<Whole>, from 0 to 300;
        /// Where to begin: `TRIM_HORIZON` (the default), `LATEST` or `AT_TIMESTAMP`.
        "startingPosition" => starting_position: Option<Text>, words ["TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"];
        /// When to begin, in seconds since 1970.
        "startingPositionTimestamp" => starting_position_timestamp: Option<Whole>;
        /// Switched on (the default).
        "enabled" => enabled: Option<Any>;
        /// A consumer of the stream's own: `true`, or its ARN.
        "consumer" => consumer: Option<Any>;
        /// Calls at a time a shard.
        "parallelizationFactor" => parallelization_factor: Option<Whole>, from 1 to 10;
        /// Retries; -1 for ever.
        "maximumRetryAttempts" => maximum_retry_attempts: Option<Whole>, from -1 to 10_000;
        /// Split a failed batch.
        "bisectBatchOnFunctionError" => bisect: Option<Flag>;
        /// Seconds after which a record is given up; -1 never.
        "maximumRecordAgeInSeconds" => maximum_record_age_s: Option<Whole>, from -1 to 604_800;
        /// `ReportBatchItemFailures`.
        "functionResponseType" => response_type: Option<Text>, words ["ReportBatchItemFailures"];
        /// Where records go that fail: `{onFailure}`.
        "destinations" => destinations: Option<StreamDestinations>;
        /// Seconds of a tumbling window.
        "tumblingWindowInSeconds" => tumbling_window_s: Option<Whole>, from 0 to 900;
        /// Which records, as patterns.
        "filterPatterns" => filter_patterns: Option<Vec<Any>>;
        /// Name of the table or stream, of a former version.
        "streamName" => stream_name: super::value::WithoutEffect;
    }
}

section! {
    /// Where records go that fail.
    StreamDestinations, "destinations of a stream" {
        /// An ARN, or `{arn, type}`.
        "onFailure" => on_failure: Option<OnFailure>;
    }
}

/// Where records go that fail.
#[derive(Clone, Debug, PartialEq)]
pub enum OnFailure {
    Arn(Text),
    Detailed(OnFailureTarget),
}

short_or_long!(OnFailure, Arn(Text), Detailed(OnFailureTarget));

section! {
    /// A topic or a queue for records that fail.
    OnFailureTarget, "a failure destination" {
        /// The ARN.
        "arn" => arn: Option<Expr>;
        /// `sns` or `sqs`.
        "type" => kind: Option<Text>, words ["sns", "sqs"];
    }
}

/// A queue, by ARN or in detail.
#[derive(Clone, Debug, PartialEq)]
pub enum SqsChoice {
    Arn(Text),
    Detailed(Box<SqsEvent>),
}

short_or_long!(SqsChoice, Arn(Text), Detailed(Box<SqsEvent>));

section! {
    /// Messages of a queue.
    SqsEvent, "an `sqs` event" {
        /// The queue's ARN.
        "arn" => arn: Option<Expr>;
        /// Messages a call, 10 unless given.
        "batchSize" => batch_size: Option<Whole>, from 1 to 10_000;
        /// Seconds to gather messages for.
        "maximumBatchingWindow" => batch_window_s: Option<Whole>, from 0 to 300;
        /// Switched on (the default).
        "enabled" => enabled: Option<Any>;
        /// `ReportBatchItemFailures`.
        "functionResponseType" => response_type: Option<Text>, words ["ReportBatchItemFailures"];
        /// Which messages, as patterns.
        "filterPatterns" => filter_patterns: Option<Vec<Any>>;
        /// Calls at a time.
        "maximumConcurrency" => maximum_concurrency: Option<Whole>, from 2 to 1_000;
    }
}

/// A topic, by name, by ARN or in detail.
#[derive(Clone, Debug, PartialEq)]
pub enum SnsChoice {
    Name(Text),
    Detailed(Box<SnsEvent>),
}

short_or_long!(SnsChoice, Name(Text), Detailed(Box<SnsEvent>));

section! {
    /// Messages of a topic.
    SnsEvent, "an `sns` event" {
        /// The topic's ARN, when it exists.
        "arn" => arn: Option<Expr>;
        /// The topic's name.
        "topicName" => topic_name: Option<Expr>;
        /// The name that SMS messages show.
        "displayName" => display_name: Option<Text>;
        /// The key that encrypts the topic.
        "kmsMasterKeyId" => kms_master_key_id: Option<Expr>;
        /// Which messages.
        "filterPolicy" => filter_policy: Option<Any>;
        /// What the policy looks at: `MessageAttributes` or `MessageBody`.
        "filterPolicyScope" => filter_policy_scope: Option<Text>, words ["MessageAttributes", "MessageBody"];
        /// Where messages go that cannot be delivered.
        "redrivePolicy" => redrive_policy: Option<RedrivePolicy>;
    }
}

section! {
    /// Where messages go that cannot be delivered.
    RedrivePolicy, "a redrive policy" {
        /// The queue's ARN.
        "deadLetterTargetArn" => arn: Option<Expr>;
        /// A queue of this stack, by logical id.
        "deadLetterTargetRef" => reference: Option<Text>;
        /// A queue of another stack: `{arn, url}`.
        "deadLetterTargetImport" => import: Option<QueueImport>;
    }
}

section! {
    /// A queue that another stack exports.
    QueueImport, "an imported queue" {
        /// The export of the ARN.
        "arn" => arn: Option<Expr>;
        /// The export of the URL.
        "url" => url: Option<Expr>;
    }
}

/// A bucket, by name or in detail.
#[derive(Clone, Debug, PartialEq)]
pub enum S3Choice {
    Name(Text),
    Detailed(Box<S3Event>),
}

short_or_long!(S3Choice, Name(Text), Detailed(Box<S3Event>));

section! {
    /// Changes of a bucket.
    S3Event, "an `s3` event" {
        /// The bucket: a name, or a key of `provider.s3`.
        "bucket" => bucket: Option<Expr>;
        /// Which changes, `s3:ObjectCreated:*` unless given.
        "event" => event: Option<Text>;
        /// The bucket exists.
        "existing" => existing: Option<Flag>;
        /// Which objects: `prefix` and `suffix`.
        "rules" => rules: Vec<Any>;
        /// Let CloudFormation deploy even if nothing changed.
        "forceDeploy" => force_deploy: Option<Flag>;
    }
}

/// A route of the WebSocket API, by name or in detail.
#[derive(Clone, Debug, PartialEq)]
pub enum WebsocketChoice {
    Route(Text),
    Detailed(Box<WebsocketEvent>),
}

short_or_long!(WebsocketChoice, Route(Text), Detailed(Box<WebsocketEvent>));

section! {
    /// A route of the WebSocket API.
    WebsocketEvent, "a `websocket` event" {
        /// The route: `$connect`, `$disconnect`, `$default`, or a name.
        "route" => route: Option<Text>;
        /// Which part of the function's answer is sent back.
        "routeResponseSelectionExpression" => response_selection: Option<Text>;
        /// Who may connect.
        "authorizer" => authorizer: Option<WebsocketAuthorizer>;
    }
}

/// Who may connect: a function's key or ARN, or the details.
#[derive(Clone, Debug, PartialEq)]
pub enum WebsocketAuthorizer {
    Name(Text),
    Detailed(Box<WebsocketAuthorizerDetails>),
}

short_or_long!(WebsocketAuthorizer, Name(Text), Detailed(Box<WebsocketAuthorizerDetails>));

section! {
    /// Who may connect, in detail.
    WebsocketAuthorizerDetails, "a WebSocket authorizer" {
        /// A function's key, or a name for the authorizer.
        "name" => name: Option<Text>;
        /// The function's ARN.
        "arn" => arn: Option<Expr>;
        /// Where the identity is in the request.
        "identitySource" => identity_source: Option<Vec<Text>>;
        /// `request` is the only kind.
        "type" => kind: Option<Text>, words ["request"];
    }
}

section! {
    /// A trigger of a Cognito user pool.
    CognitoUserPool, "a `cognitoUserPool` event" {
        /// The pool's name.
        "pool" => pool: Option<Text>;
        /// The trigger, such as `PreSignUp`.
        "trigger" => trigger: Option<Text>, words ["PreSignUp", "PostConfirmation", "PreAuthentication", "PostAuthentication", "PreTokenGeneration", "CustomMessage", "DefineAuthChallenge", "CreateAuthChallenge", "VerifyAuthChallengeResponse", "UserMigration", "CustomSMSSender", "CustomEmailSender"];
        /// The pool exists.
        "existing" => existing: Option<Flag>;
        /// Let CloudFormation deploy even if nothing changed.
        "forceDeploy" => force_deploy: Option<Flag>;
        /// The key of custom senders.
        "kmsKeyId" => kms_key_id: Option<Expr>;
        /// The version of the trigger's event, such as `V2_0` of `PreTokenGeneration`.
        "lambdaVersion" => lambda_version: Option<Text>;
    }
}

section! {
    /// Events of an event bus.
    EventBridgeEvent, "an `eventBridge` event" {
        /// The bus: a name or an ARN.
        "eventBus" => event_bus: Option<Expr>;
        /// A time instead of a pattern.
        "schedule" => schedule: Option<Text>;
        /// Which events.
        "pattern" => pattern: Option<Any>;
        /// Switched on (the default).
        "enabled" => enabled: Option<Flag>;
        /// A name of the rule.
        "name" => name: Option<Text>;
        /// A sentence.
        "description" => description: Option<Text>;
        /// The event, fixed.
        "input" => input: Option<Any>;
        /// Part of the event.
        "inputPath" => input_path: Option<Text>;
        /// The event made from parts.
        "inputTransformer" => input_transformer: Option<InputTransformer>;
        /// How often a call is tried again.
        "retryPolicy" => retry_policy: Option<RetryPolicy>;
        /// Where calls go that fail.
        "deadLetterQueueArn" => dead_letter_queue_arn: Option<Expr>;
    }
}

section! {
    /// How often a call is tried again.
    RetryPolicy, "a retry policy" {
        /// Seconds after which an event is given up.
        "maximumEventAge" => maximum_event_age_s: Option<Whole>, from 60 to 86_400;
        /// Retries.
        "maximumRetryAttempts" => maximum_retry_attempts: Option<Whole>, from 0 to 185;
    }
}

section! {
    /// Events of the account.
    CloudwatchEvent, "a `cloudwatchEvent` event" {
        /// Which events.
        "event" => event: Option<Any>;
        /// Switched on (the default).
        "enabled" => enabled: Option<Flag>;
        /// A name of the rule.
        "name" => name: Option<Text>;
        /// A sentence.
        "description" => description: Option<Text>;
        /// The event, fixed.
        "input" => input: Option<Any>;
        /// Part of the event.
        "inputPath" => input_path: Option<Text>;
        /// The event made from parts.
        "inputTransformer" => input_transformer: Option<InputTransformer>;
    }
}

/// A log group, by name or in detail.
#[derive(Clone, Debug, PartialEq)]
pub enum CloudwatchLogChoice {
    Name(Text),
    Detailed(Box<CloudwatchLog>),
}

short_or_long!(CloudwatchLogChoice, Name(Text), Detailed(Box<CloudwatchLog>));

section! {
    /// Lines of a log group.
    CloudwatchLog, "a `cloudwatchLog` event" {
        /// The log group.
        "logGroup" => log_group: Option<Text>;
        /// Which lines.
        "filter" => filter: Option<Text>;
    }
}

section! {
    /// Requests to an application load balancer.
    AlbEvent, "an `alb` event" {
        /// The listener's ARN.
        "listenerArn" => listener_arn: Option<Expr>;
        /// The rule's place among the listener's.
        "priority" => priority: Option<Whole>, from 1 to 50_000;
        /// Which requests.
        "conditions" => conditions: Option<AlbConditions>;
        /// Headers and parameters as lists.
        "multiValueHeaders" => multi_value_headers: Option<Flag>;
        /// Who may call: names of `provider.alb.authorizers`.
        "authorizer" => authorizer: Vec<Text>;
        /// How the function's health is asked for.
        "healthCheck" => health_check: Toggle<AlbHealthCheck>;
        /// The target group's name.
        "targetGroupName" => target_group_name: Option<Text>;
    }
}

section! {
    /// Which requests a load balancer passes on.
    AlbConditions, "`alb` conditions" {
        /// Hosts.
        "host" => host: Option<Vec<Text>>;
        /// Methods.
        "method" => method: Option<Vec<Text>>;
        /// Paths.
        "path" => path: Option<Vec<Text>>;
        /// Addresses.
        "ip" => ip: Option<Vec<Text>>;
        /// A header: `{name, values}`, or several.
        "header" => header: Vec<AlbHeader>;
        /// Parameters of the query.
        "query" => query: Option<Map<Text>>;
    }
}

section! {
    /// A header that requests have.
    AlbHeader, "an `alb` header" {
        /// Its name.
        "name" => name: Option<Text>;
        /// Its values.
        "values" => values: Vec<Text>;
    }
}

section! {
    /// How the function's health is asked for.
    AlbHealthCheck, "an `alb` health check" {
        /// The path.
        "path" => path: Option<Text>;
        /// Seconds between checks.
        "intervalSeconds" => interval_s: Option<Whole>, from 5 to 300;
        /// Seconds that a check may take.
        "timeoutSeconds" => timeout_s: Option<Whole>, from 2 to 120;
        /// Good answers until it counts as healthy.
        "healthyThresholdCount" => healthy_threshold: Option<Whole>, from 2 to 10;
        /// Bad answers until it counts as ill.
        "unhealthyThresholdCount" => unhealthy_threshold: Option<Whole>, from 2 to 10;
        /// Status codes that are good.
        "matcher" => matcher: Option<AlbMatcher>;
    }
}

section! {
    /// Status codes that are good.
    AlbMatcher, "an `alb` matcher" {
        /// `200`, `200,204`, `200-299`.
        "httpCode" => http_code: Option<Text>;
    }
}

section! {
    /// Messages of AWS IoT.
    IotEvent, "an `iot` event" {
        /// The query.
        "sql" => sql: Option<Text>;
        /// The version of the query language.
        "sqlVersion" => sql_version: Option<Text>, words ["2015-10-08", "2016-03-23", "beta"];
        /// Switched on (the default).
        "enabled" => enabled: Option<Flag>;
        /// A name of the rule.
        "name" => name: Option<Text>;
        /// A sentence.
        "description" => description: Option<Text>;
    }
}

section! {
    /// Provisioning of IoT devices.
    IotFleetProvisioning, "an `iotFleetProvisioning` event" {
        /// The template.
        "templateBody" => template_body: Option<Any>;
        /// Its name.
        "templateName" => template_name: Option<Text>;
        /// The role that provisions.
        "provisioningRoleArn" => provisioning_role_arn: Option<Expr>;
        /// Switched on (the default).
        "enabled" => enabled: Option<Flag>;
    }
}

/// An Alexa skill, by id or in detail.
#[derive(Clone, Debug, PartialEq)]
pub enum AlexaSkillChoice {
    AppId(Text),
    Detailed(AlexaSkill),
}

short_or_long!(AlexaSkillChoice, AppId(Text), Detailed(AlexaSkill));

section! {
    /// An Alexa skill.
    AlexaSkill, "an `alexaSkill` event" {
        /// The skill's id.
        "appId" => app_id: Option<Text>;
        /// Switched on (the default).
        "enabled" => enabled: Option<Flag>;
    }
}

/// A smart home skill, by id or in detail.
#[derive(Clone, Debug, PartialEq)]
pub enum AlexaSmartHomeChoice {
    AppId(Text),
    Detailed(AlexaSmartHome),
}

short_or_long!(AlexaSmartHomeChoice, AppId(Text), Detailed(AlexaSmartHome));

section! {
    /// An Alexa smart home skill.
    AlexaSmartHome, "an `alexaSmartHome` event" {
        /// The skill's id.
        "appId" => app_id: Option<Text>;
        /// Switched on (the default).
        "enabled" => enabled: Option<Flag>;
    }
}

section! {
    /// Requests and answers of a CloudFront distribution.
    CloudFrontEvent, "a `cloudFront` event" {
        /// `viewer-request`, `origin-request`, `origin-response` or `viewer-response`.
        "eventType" => event_type: Option<Text>, words ["viewer-request", "origin-request", "origin-response", "viewer-response"];
        /// The function sees the request's body.
        "includeBody" => include_body: Option<Flag>;
        /// Where content comes from: a URL, or the details.
        "origin" => origin: Option<Any>;
        /// Which paths.
        "pathPattern" => path_pattern: Option<Text>;
        /// Settings of the cache behaviour.
        "behavior" => behavior: Option<Any>;
        /// The cache policy: `{name}` or `{id}`.
        "cachePolicy" => cache_policy: Option<CachePolicy>;
        /// It is the default behaviour's origin.
        "isDefaultOrigin" => is_default_origin: Option<Flag>;
    }
}

section! {
    /// The cache policy of a behaviour.
    CachePolicy, "a cache policy" {
        /// A name of `provider.cloudFront.cachePolicies`.
        "name" => name: Option<Text>;
        /// A policy that exists.
        "id" => id: Option<Expr>;
    }
}

/// Declares an event of topics of Kafka: its own keys, then those that all of them have.
macro_rules! topics {
    ($(#[doc = $about:tt])+ $name:ident, $title:tt { $($own:tt)* }) => {
        section! {
            $(#[doc = $about])+
            $name, $title {
                $($own)*
                /// The topic.
                "topic" => topic: Option<Text>;
                /// The group of consumers.
                "consumerGroupId" => consumer_group_id: Option<Text>;
                /// Pollers of the event source's own.
                "provisionedPollerConfig" => provisioned_poller_config: Refused;
                /// Records a call.
                "batchSize" => batch_size: Option<Whole>, from 1 to 10_000;
                /// Seconds to gather records for.
                "maximumBatchingWindow" => batch_window_s: Option<Whole>, from 0 to 300;
                /// Switched on (the default).
                "enabled" => enabled: Option<Flag>;
                /// Where to begin.
                "startingPosition" => starting_position: Option<Text>, words ["TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"];
                /// When to begin.
                "startingPositionTimestamp" => starting_position_timestamp: Option<Whole>;
                /// Which records, as patterns.
                "filterPatterns" => filter_patterns: Option<Vec<Any>>;
            }
        }
    };
}

topics! {
    /// Records of a Kafka cluster.
    KafkaEvent, "a `kafka` event" {
        /// Where records go that fail.
        "onFailureDestination" => on_failure_destination: Refused;
        /// How the function gets access, each by ARN or place.
        "accessConfigurations" => access: Option<Any>;
        /// The brokers.
        "bootstrapServers" => bootstrap_servers: Vec<Expr>;
    }
}

topics! {
    /// Records of an Amazon MSK cluster.
    MskEvent, "an `msk` event" {
        /// The cluster's ARN.
        "arn" => arn: Option<Expr>;
        /// The secret with the SASL credentials.
        "saslScram512" => sasl_scram_512: Option<Expr>;
    }
}

section! {
    /// Messages of a broker of Amazon MQ.
    BrokerEvent, "a broker event" {
        /// The broker's ARN.
        "arn" => arn: Option<Expr>;
        /// The queue.
        "queue" => queue: Option<Text>;
        /// The virtual host, of RabbitMQ.
        "virtualHost" => virtual_host: Option<Text>;
        /// The secret with the credentials.
        "basicAuthArn" => basic_auth_arn: Option<Expr>;
        /// Messages a call.
        "batchSize" => batch_size: Option<Whole>, from 1 to 10_000;
        /// Seconds to gather messages for.
        "maximumBatchingWindow" => batch_window_s: Option<Whole>, from 0 to 300;
        /// Switched on (the default).
        "enabled" => enabled: Option<Flag>;
        /// Which messages, as patterns.
        "filterPatterns" => filter_patterns: Option<Vec<Any>>;
    }
}
