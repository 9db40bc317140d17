//! A function: its code, its settings, its events.

use super::event::Event;
use super::iam::Statement;
use super::package::Package;
use super::section::{section, words};
use super::value::{Any, Expr, Flag, Map, Refused, Setting, Text, Toggle, Whole, WithoutEffect};

section! {
    /// A function: what runs, with which settings, and what calls it.
    Function, "a function" {
        /// What runs: `file.function` for Python and Node, the package, binary or folder for Rust, the file for other runtimes.
        "handler" => handler: Option<Text>;
        /// A container image instead of a handler: its URI, or the name of an image of `provider.ecr.images`.
        "image" => image: Option<ImageReference>;
        /// The deployed name; else the service, the stage and the key, joined by `-`.
        "name" => name: Option<Text>;
        /// A sentence that Lambda shows.
        "description" => description: Option<Expr>;
        /// `rust`, or a runtime of Lambda such as `python3.13`; else `provider.runtime`.
        "runtime" => runtime: Option<Text>;
        /// How Lambda updates the runtime: `auto`, `onFunctionUpdate`, or `{mode: manual, arn}`.
        "runtimeManagement" => runtime_management: Option<RuntimeManagement>;
        /// `x86_64` or `arm64`.
        "architecture" => architecture: Option<Architecture>;
        /// Memory in MB, 128 to 10240; 1024 unless the provider says otherwise.
        "memorySize" => memory_mb: Option<Whole>, from 128 to 10_240;
        /// Seconds a call may take, 1 to 900; 6 unless the provider says otherwise.
        "timeout" => timeout_s: Option<Whole>, from 1 to 900;
        /// Size of `/tmp` in MB, 512 to 10240.
        "ephemeralStorageSize" => ephemeral_storage_mb: Option<Whole>, from 512 to 10_240;
        /// Environment variables, added to the provider's.
        "environment" => environment: Map<Option<Expr>>;
        /// What calls the function.
        "events" => events: Vec<Event>;
        /// A role of its own: an ARN, a logical id of `resources`, or a CloudFormation function.
        "role" => role: Option<Expr>;
        /// Layers by ARN or reference, instead of the provider's.
        "layers" => layers: Option<Vec<Expr>>;
        /// What goes into the function's zip.
        "package" => package: Option<Package>;
        /// Concurrency kept for this function; 0 stops it.
        "reservedConcurrency" => reserved_concurrency: Option<Expr>;
        /// Instances kept warm, on an alias `provisioned`.
        "provisionedConcurrency" => provisioned_concurrency: Option<Expr>;
        /// Publish a version at each deployment.
        "versionFunction" => version: Option<Flag>;
        /// Start from a snapshot, on an alias `snapstart`.
        "snapStart" => snap_start: Option<Flag>;
        /// Where failed asynchronous calls go: the ARN of a topic or a queue.
        "onError" => on_error: Option<Expr>;
        /// Where results of asynchronous calls go.
        "destinations" => destinations: Option<Destinations>;
        /// Seconds that an asynchronous call may wait, 60 to 21600.
        "maximumEventAge" => maximum_event_age_s: Option<Whole>, from 60 to 21_600;
        /// Retries of an asynchronous call, 0 to 2.
        "maximumRetryAttempts" => maximum_retry_attempts: Option<Whole>, from 0 to 2;
        /// The key that encrypts the environment.
        "kmsKeyArn" => kms_key_arn: Option<Expr>;
        /// The former spelling.
        "awsKmsKeyArn" => aws_kms_key_arn: Option<Expr>, instead "kmsKeyArn";
        /// Tags, added to the provider's.
        "tags" => tags: Map<Expr>;
        /// X-Ray tracing: `true`, `Active` or `PassThrough`.
        "tracing" => tracing: Option<Tracing>;
        /// The network; `false` turns the provider's off.
        "vpc" => vpc: Setting<Vpc>;
        /// An EFS file system and the folder to mount it on.
        "fileSystemConfig" => file_system: Option<FileSystem>;
        /// An HTTPS address of the function's own.
        "url" => url: Toggle<Url>;
        /// How logs are written.
        "logs" => logs: Option<LambdaLogs>;
        /// Days that logs are kept.
        "logRetentionInDays" => log_retention_days: Option<Whole>;
        /// A policy that masks data in the log group.
        "logDataProtectionPolicy" => log_data_protection_policy: Option<Any>;
        /// No log group and no right to log.
        "disableLogs" => disable_logs: Option<Flag>;
        /// A condition of `resources.Conditions` under which the function exists.
        "condition" => condition: Option<Text>;
        /// Logical ids that must exist first.
        "dependsOn" => depends_on: Vec<Text>;
        /// What to do when the function calls itself in a loop: `Allow` or `Terminate`.
        "recursiveLoop" => recursive_loop: Option<RecursiveLoop>;
        /// Settings of the function in the HTTP API.
        "httpApi" => http_api: Option<FunctionHttpApi>;
        /// IAM statements of this function alone: it gets a role of its own.
        "iamRoleStatements" => iam_role_statements: Option<Vec<Statement>>;
        /// Whether the role of its own also has the provider's statements.
        "iamRoleStatementsInherit" => iam_role_statements_inherit: Option<Flag>;
        /// The name of the role of its own.
        "iamRoleStatementsName" => iam_role_statements_name: Option<Expr>;
        /// The most that the role of its own may ever do.
        "iamPermissionsBoundary" => iam_permissions_boundary: Option<Expr>;
        /// A StackStorm action instead of a handler.
        "stackstorm" => stackstorm: Option<StackStorm>;
        /// Read by warm-up plugins only.
        "warmup" => warmup: WithoutEffect;
        /// The folder of a Python function that is packaged individually: the root of its zip.
        "module" => module: Option<Text>;
        /// How the code is built; `false` zips the folder as it is.
        "build" => build: Option<Any>;
        /// Durable execution, which CloudFormation knows only in some regions.
        "durableConfig" => durable_config: Refused;
        /// Isolation by tenant.
        "tenancy" => tenancy: Refused;
    }
}

words! {
    /// The processor that code runs on.
    Architecture { X86 = "x86_64", Arm = "arm64" }
}

words! {
    /// What Lambda does about a function that calls itself.
    RecursiveLoop { Allow = "Allow", Terminate = "Terminate" }
}

section! {
    /// A StackStorm action as a function.
    StackStorm, "a StackStorm action" {
        /// `pack.action`.
        "action" => action: Option<Text>;
        /// The pack's configuration.
        "config" => config: Option<Any>;
        /// Parameters as templates over `input`.
        "input" => input: Option<Any>;
        /// The result as templates over `input` and `output`.
        "output" => output: Option<Any>;
    }
}

section! {
    /// The network of a function.
    Vpc, "a network" {
        /// Security groups.
        "securityGroupIds" => security_group_ids: Option<Any>;
        /// Subnets.
        "subnetIds" => subnet_ids: Option<Any>;
        /// Allow IPv6 traffic in dual-stack subnets.
        "ipv6AllowedForDualStack" => ipv6: Option<Flag>;
    }
}

section! {
    /// An EFS file system of a function.
    FileSystem, "a file system" {
        /// The access point.
        "arn" => arn: Option<Expr>;
        /// The folder to mount it on, under `/mnt/`.
        "localMountPath" => local_mount_path: Option<Text>;
    }
}

section! {
    /// The function's own HTTPS address.
    Url, "a function URL" {
        /// `aws_iam`, else anybody may call.
        "authorizer" => authorizer: Option<Text>, words ["aws_iam"];
        /// Which web pages may call; `true` for all.
        "cors" => cors: Toggle<UrlCors>;
        /// `BUFFERED` or `RESPONSE_STREAM`.
        "invokeMode" => invoke_mode: Option<Text>, words ["BUFFERED", "RESPONSE_STREAM"];
    }
}

section! {
    /// Which web pages may call a function URL.
    UrlCors, "CORS of a function URL" {
        /// Send cookies.
        "allowCredentials" => allow_credentials: Option<Flag>;
        /// Request headers.
        "allowedHeaders" => allowed_headers: Setting<Vec<Text>>;
        /// Methods.
        "allowedMethods" => allowed_methods: Setting<Vec<Text>>;
        /// Origins.
        "allowedOrigins" => allowed_origins: Setting<Vec<Text>>;
        /// Response headers that pages may read.
        "exposedResponseHeaders" => exposed_response_headers: Setting<Vec<Text>>;
        /// Seconds that a browser keeps the answer.
        "maxAge" => max_age_s: Option<Whole>, from 0 to 86_400;
    }
}

section! {
    /// Where results of asynchronous calls go.
    Destinations, "destinations" {
        /// After success: a function's key, an ARN, or `{type, arn}`.
        "onSuccess" => on_success: Option<Destination>;
        /// After failure: a function's key, an ARN, or `{type, arn}`.
        "onFailure" => on_failure: Option<Destination>;
    }
}

/// A destination of results.
#[derive(Clone, Debug, PartialEq)]
pub enum Destination {
    /// A function's key or an ARN.
    Name(Text),
    Typed(TypedDestination),
}

section! {
    /// A destination with its kind, for ARNs that are CloudFormation functions.
    TypedDestination, "a destination" {
        /// `function`, `sns`, `sqs` or `eventBus`.
        "type" => kind: Option<Text>, words ["function", "sns", "sqs", "eventBus"];
        /// The ARN.
        "arn" => arn: Option<Expr>;
    }
}

section! {
    /// How a function writes its logs.
    LambdaLogs, "log settings" {
        /// `JSON` or `Text`.
        "logFormat" => format: Option<Text>, words ["JSON", "Text"];
        /// The least level of the application's lines.
        "applicationLogLevel" => application_level: Option<Text>, words ["DEBUG", "ERROR", "FATAL", "INFO", "TRACE", "WARN"];
        /// The least level of Lambda's own lines.
        "systemLogLevel" => system_level: Option<Text>, words ["DEBUG", "INFO", "WARN"];
        /// A log group of another name.
        "logGroup" => group: Option<Expr>;
    }
}

section! {
    /// Settings of a function in the HTTP API.
    FunctionHttpApi, "HTTP API settings of a function" {
        /// The event's payload format, `1.0` or `2.0`.
        "payload" => payload: Option<Text>, words ["1.0", "2.0"];
    }
}

/// A container image of a function.
#[derive(Clone, Debug, PartialEq)]
pub enum ImageReference {
    /// A URI, or the name of an image of the provider.
    Name(Expr),
    Detailed(Box<FunctionImage>),
}

section! {
    /// A container image and how it starts.
    FunctionImage, "an image" {
        /// The name of an image of `provider.ecr.images`.
        "name" => name: Option<Text>;
        /// The image's address.
        "uri" => uri: Option<Expr>;
        /// The working directory.
        "workingDirectory" => working_directory: Option<Text>;
        /// The command.
        "command" => command: Option<Vec<Text>>;
        /// The entry point.
        "entryPoint" => entry_point: Option<Vec<Text>>;
    }
}

/// X-Ray tracing of a function.
#[derive(Clone, Debug, PartialEq)]
pub enum Tracing {
    Switch(Flag),
    Mode(Text),
}

/// How Lambda updates a function's runtime.
#[derive(Clone, Debug, PartialEq)]
pub enum RuntimeManagement {
    Mode(Text),
    Detailed(RuntimeManagementDetails),
}

section! {
    /// How Lambda updates a function's runtime, in detail.
    RuntimeManagementDetails, "runtime management" {
        /// `auto`, `manual` or `onFunctionUpdate`.
        "mode" => mode: Option<Text>, words ["auto", "manual", "onFunctionUpdate"];
        /// The runtime version, for `manual`.
        "arn" => arn: Option<Expr>;
    }
}
