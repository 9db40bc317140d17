//! `provider`: what holds for the whole stack.

use super::alternative::short_or_long;
use super::function::{Architecture, RuntimeManagement, Tracing, Vpc};
use super::http_api::HttpApi;
use super::iam::{Iam, Statement};
use super::package::DeploymentBucket;
use super::rest_api::RestApi;
use super::section::section;
use super::value::{Any, Expr, Flag, Map, Setting, Text, Toggle, Whole, WithoutEffect};

section! {
    /// What holds for the whole stack.
    Provider, "`provider`" {
        /// `aws`.
        "name" => name: Option<Text>;
        /// The runtime of functions that name none: `rust`, or one of Lambda such as `python3.13`.
        "runtime" => runtime: Option<Text>;
        /// How Lambda updates runtimes.
        "runtimeManagement" => runtime_management: Option<RuntimeManagement>;
        /// The stage when `--stage` is not given.
        "stage" => stage: Option<Text>;
        /// The region when `--region` is not given.
        "region" => region: Option<Text>;
        /// The profile of AWS's configuration files.
        "profile" => profile: Option<Text>;
        /// Accounts that may be deployed to, by their twelve digits; all when none is named.
        "allowedAccounts" => allowed_accounts: Vec<Text>;
        /// Refuse to remove the stack until this is taken away.
        "terminationProtection" => termination_protection: Option<Flag>;
        /// The stack's name; else the service and the stage, joined by `-`.
        "stackName" => stack_name: Option<Text>;
        /// Tags of the stack, which CloudFormation puts on every resource.
        "stackTags" => stack_tags: Map<Expr>;
        /// A policy that guards resources of the stack against updates.
        "stackPolicy" => stack_policy: Vec<Any>;
        /// Values of the template's parameters.
        "stackParameters" => stack_parameters: Vec<Any>;
        /// Topics that are told about the stack's events.
        "notificationArns" => notification_arns: Vec<Expr>;
        /// Alarms that roll a deployment back.
        "rollbackConfiguration" => rollback_configuration: Option<Any>;
        /// Keep what a failed deployment made.
        "disableRollback" => disable_rollback: Option<Flag>;
        /// Deployments go through change sets, whatever it says.
        "deploymentMethod" => deployment_method: WithoutEffect;
        /// The folder in the deployment bucket, `serverless` unless given.
        "deploymentPrefix" => deployment_prefix: Option<Text>;
        /// The bucket that artifacts go to: a name, or its settings.
        "deploymentBucket" => deployment_bucket: Option<DeploymentBucketChoice>;
        /// The former spelling of the bucket's settings.
        "deploymentBucketObject" => deployment_bucket_object: Option<DeploymentBucket>, instead "provider.deploymentBucket";
        /// Environment variables of every function.
        "environment" => environment: Map<Option<Expr>>;
        /// Memory in MB of functions that say nothing else.
        "memorySize" => memory_mb: Option<Whole>, from 128 to 10_240;
        /// Seconds a call may take, of functions that say nothing else.
        "timeout" => timeout_s: Option<Whole>, from 1 to 900;
        /// `x86_64` or `arm64`.
        "architecture" => architecture: Option<Architecture>;
        /// Layers of functions that name none.
        "layers" => layers: Option<Vec<Expr>>;
        /// The key that encrypts environments.
        "kmsKeyArn" => kms_key_arn: Option<Expr>;
        /// Tags of every function and API.
        "tags" => tags: Map<Expr>;
        /// X-Ray tracing.
        "tracing" => tracing: Option<ProviderTracing>;
        /// The network of functions that say nothing else.
        "vpc" => vpc: Setting<Vpc>;
        /// Publish a version of each function at each deployment (the default).
        "versionFunctions" => version_functions: Option<Flag>;
        /// Days that logs are kept.
        "logRetentionInDays" => log_retention_days: Option<Whole>;
        /// A policy that masks data in log groups.
        "logDataProtectionPolicy" => log_data_protection_policy: Option<Any>;
        /// What is logged, and how.
        "logs" => logs: Option<Logs>;
        /// Rights of the functions.
        "iam" => iam: Option<Iam>;
        /// What functions may do.
        "iamRoleStatements" => iam_role_statements: Vec<Statement>, instead "provider.iam.role.statements";
        /// Policies by ARN.
        "iamManagedPolicies" => iam_managed_policies: Vec<Expr>, instead "provider.iam.role.managedPolicies";
        /// The role of the functions.
        "role" => role: Option<Expr>, instead "provider.iam.role";
        /// The most that the role may do.
        "rolePermissionsBoundary" => role_permissions_boundary: Option<Expr>, instead "provider.iam.role.permissionsBoundary";
        /// The role that CloudFormation works with.
        "cfnRole" => cfn_role: Option<Expr>, instead "provider.iam.deploymentRole";
        /// The REST API.
        "apiGateway" => api_gateway: Option<RestApi>;
        /// The REST API's name.
        "apiName" => api_name: Option<Expr>;
        /// `EDGE`, `REGIONAL` or `PRIVATE`.
        "endpointType" => endpoint_type: Option<Text>, words ["EDGE", "REGIONAL", "PRIVATE"];
        /// VPC endpoints of a private REST API.
        "vpcEndpointIds" => vpc_endpoint_ids: Option<Vec<Expr>>;
        /// The HTTP API.
        "httpApi" => http_api: Option<HttpApi>;
        /// The WebSocket API.
        "websocket" => websocket: Option<Websocket>;
        /// The WebSocket API's name.
        "websocketsApiName" => websockets_api_name: Option<Text>;
        /// How a route is chosen, `$request.body.action` unless given.
        "websocketsApiRouteSelectionExpression" => websockets_route_selection: Option<Text>;
        /// A sentence about the WebSocket API.
        "websocketsDescription" => websockets_description: Option<Text>;
        /// Application load balancers.
        "alb" => alb: Option<Alb>;
        /// Settings of buckets that `s3` events make, by the event's bucket.
        "s3" => s3: Map<Any>;
        /// Event buses.
        "eventBridge" => event_bridge: Option<EventBridge>;
        /// Content delivery.
        "cloudFront" => cloud_front: Option<CloudFront>;
        /// How consumers of streams are named.
        "kinesis" => kinesis: Option<Kinesis>;
        /// Container images.
        "ecr" => ecr: Option<Ecr>;
        /// Only one way of hashing is left.
        "lambdaHashingVersion" => lambda_hashing_version: WithoutEffect;
    }
}

/// The deployment bucket: a name or its settings.
#[derive(Clone, Debug, PartialEq)]
pub enum DeploymentBucketChoice {
    Name(Text),
    Settings(Box<DeploymentBucket>),
}

short_or_long!(DeploymentBucketChoice, Name(Text), Settings(Box<DeploymentBucket>));

section! {
    /// X-Ray tracing.
    ProviderTracing, "`provider.tracing`" {
        /// Trace the REST API.
        "apiGateway" => api_gateway: Option<Flag>;
        /// Trace functions: `true`, `Active` or `PassThrough`.
        "lambda" => lambda: Option<Tracing>;
    }
}

section! {
    /// What is logged, and how.
    Logs, "`provider.logs`" {
        /// Logs of the REST API.
        "restApi" => rest_api: Toggle<RestApiLogs>;
        /// Logs of the WebSocket API.
        "websocket" => websocket: Toggle<WebsocketLogs>;
        /// Logs of the HTTP API.
        "httpApi" => http_api: Toggle<HttpApiLogs>;
        /// Logs of functions.
        "lambda" => lambda: Option<super::function::LambdaLogs>;
        /// Log groups for the helpers that do what CloudFormation cannot.
        "frameworkLambda" => framework_lambda: Option<Flag>;
    }
}

section! {
    /// Logs of the REST API.
    RestApiLogs, "REST API logs" {
        /// One line a request (the default).
        "accessLogging" => access_logging: Option<Flag>;
        /// What API Gateway does with each request (the default).
        "executionLogging" => execution_logging: Option<Flag>;
        /// The access log line.
        "format" => format: Option<Text>;
        /// Log requests and answers in full (the default).
        "fullExecutionData" => full_execution_data: Option<Flag>;
        /// `INFO` or `ERROR`.
        "level" => level: Option<Text>, words ["INFO", "ERROR"];
        /// The role that API Gateway logs with.
        "role" => role: Option<Expr>;
        /// That role is set up by somebody else.
        "roleManagedExternally" => role_managed_externally: Option<Flag>;
    }
}

section! {
    /// Logs of the WebSocket API.
    WebsocketLogs, "WebSocket API logs" {
        /// One line a request (the default).
        "accessLogging" => access_logging: Option<Flag>;
        /// What API Gateway does with each request (the default).
        "executionLogging" => execution_logging: Option<Flag>;
        /// The access log line.
        "format" => format: Option<Text>;
        /// Log requests and answers in full (the default).
        "fullExecutionData" => full_execution_data: Option<Flag>;
        /// `INFO` or `ERROR`.
        "level" => level: Option<Text>, words ["INFO", "ERROR"];
    }
}

section! {
    /// Logs of the HTTP API.
    HttpApiLogs, "HTTP API logs" {
        /// The access log line.
        "format" => format: Option<Text>;
    }
}

section! {
    /// The WebSocket API.
    Websocket, "`provider.websocket`" {
        /// Clients must use a domain of the author's own.
        "disableDefaultEndpoint" => disable_default_endpoint: Option<Flag>;
        /// Put the provider's tags on the API.
        "useProviderTags" => use_provider_tags: Option<Flag>;
    }
}

section! {
    /// Application load balancers.
    Alb, "`provider.alb`" {
        /// A prefix of the target groups' names.
        "targetGroupPrefix" => target_group_prefix: Option<Text>;
        /// Cognito and OIDC authorizers.
        "authorizers" => authorizers: Map<Any>;
    }
}

section! {
    /// Event buses.
    EventBridge, "`provider.eventBridge`" {
        /// Only CloudFormation is used.
        "useCloudFormation" => use_cloud_formation: Option<Flag>;
    }
}

section! {
    /// Content delivery.
    CloudFront, "`provider.cloudFront`" {
        /// Cache policies by name.
        "cachePolicies" => cache_policies: Map<Any>;
    }
}

section! {
    /// How consumers of streams are named.
    Kinesis, "`provider.kinesis`" {
        /// `serviceSpecific` puts the service into the name.
        "consumerNamingMode" => consumer_naming_mode: Option<Text>, words ["serviceSpecific"];
    }
}

section! {
    /// Container images.
    Ecr, "`provider.ecr`" {
        /// Images by name: a URI, or `{uri}`. Images are not built here: a function cannot have one without `uri`.
        "images" => images: Map<ProviderImage>;
        /// Look for weaknesses when an image is pushed; nothing is pushed here.
        "scanOnPush" => scan_on_push: WithoutEffect;
        /// How many images are kept; nothing is pushed here.
        "maxImageCount" => max_image_count: WithoutEffect;
    }
}

/// A container image that functions name.
#[derive(Clone, Debug, PartialEq)]
pub enum ProviderImage {
    Uri(Text),
    Detailed(Box<ProviderImageDetails>),
}

short_or_long!(ProviderImage, Uri(Text), Detailed(Box<ProviderImageDetails>));

section! {
    /// A container image that functions name, in detail.
    ProviderImageDetails, "an image of the provider" {
        /// The image's address.
        "uri" => uri: Option<Expr>;
        /// The folder to build it from.
        "path" => path: Option<Any>;
        /// Its Dockerfile.
        "file" => file: Option<Any>;
        /// Arguments of the build.
        "buildArgs" => build_args: Option<Any>;
        /// Options of the build.
        "buildOptions" => build_options: Option<Any>;
        /// Images to take layers from.
        "cacheFrom" => cache_from: Option<Any>;
        /// The platform.
        "platform" => platform: Option<Any>;
        /// What is said of the build in the image.
        "provenance" => provenance: Option<Any>;
    }
}
