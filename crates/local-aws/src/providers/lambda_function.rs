//! `AWS::Lambda::Function`

use std::io::{Cursor, Write};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};
use zip::write::SimpleFileOptions;

use super::kind::{Kind, kind};
use super::member::{answered, differs, gone, name_or, pick, tags, tags_gone, text, there};
use crate::engine::journal::Live;
use crate::engine::names::Letters;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema, Shape, TAGS};
use crate::wire::Fault;

const FILE_SYSTEM: Shape =
    Shape::Object(&[Property::text("Arn").required(), Property::text("LocalMountPath").required()]);

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-function.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::Lambda::Function",
    properties: &[
        Property::list("Architectures", &Shape::Choice(&["x86_64", "arm64"])),
        Property::object(
            "Code",
            &[
                Property::text("S3Bucket"),
                Property::text("S3Key"),
                Property::text("S3ObjectVersion"),
                Property::text("ZipFile"),
                Property::text("ImageUri"),
                Property::text("SourceKMSKeyArn"),
            ],
        )
        .required(),
        Property::object("DeadLetterConfig", &[Property::text("TargetArn")]),
        Property::text("Description"),
        Property::object("Environment", &[Property::map("Variables", &Shape::Text)]),
        Property::object("EphemeralStorage", &[Property::integer("Size", 512, 10_240).required()]),
        Property::objects("FileSystemConfigs", &FILE_SYSTEM),
        Property::text("FunctionName").replaces(),
        Property::text("Handler"),
        Property::object(
            "ImageConfig",
            &[Property::texts("Command"), Property::texts("EntryPoint"), Property::text("WorkingDirectory")],
        ),
        Property::text("KmsKeyArn"),
        Property::texts("Layers"),
        Property::object(
            "LoggingConfig",
            &[
                Property::choice("ApplicationLogLevel", &["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"]),
                Property::choice("LogFormat", &["Text", "JSON"]),
                Property::text("LogGroup"),
                Property::choice("SystemLogLevel", &["DEBUG", "INFO", "WARN"]),
            ],
        ),
        Property::integer("MemorySize", 128, 32_768),
        Property::choice("PackageType", &["Image", "Zip"]).replaces(),
        Property::choice("RecursiveLoop", &["Allow", "Terminate"]),
        Property::integer("ReservedConcurrentExecutions", 0, i64::MAX),
        Property::text("Role").required(),
        Property::text("Runtime"),
        Property::object("SnapStart", &[Property::choice("ApplyOn", &["PublishedVersions", "None"]).required()]),
        TAGS,
        Property::integer("Timeout", 1, 900),
        Property::object("TracingConfig", &[Property::choice("Mode", &["Active", "PassThrough"])]),
        Property::object(
            "VpcConfig",
            &[
                Property::flag("Ipv6AllowedForDualStack"),
                Property::texts("SecurityGroupIds"),
                Property::texts("SubnetIds")
            ],
        ),
        Property::refused("CapacityProviderConfig"),
        Property::refused("CodeSigningConfigArn"),
        Property::refused("DurableConfig"),
        Property::refused("FunctionScalingConfig"),
        Property::refused("PublishToLatestPublished"),
        Property::refused("RuntimeManagementConfig"),
        Property::refused("TenancyConfig"),
    ],
    attributes: &["Arn", "SnapStartResponse.ApplyOn", "SnapStartResponse.OptimizationStatus"],
    volatile: &[],
    identifier: Some("FunctionName"),
    taggable: true,
});

/// Settings that `CreateFunction` and `UpdateFunctionConfiguration` share, each with what stands for its absence.
const SETTINGS: &[(&str, &str, &str)] = &[
    ("DeadLetterConfig", "DeadLetterConfig", r#"{"TargetArn": ""}"#),
    ("Description", "Description", r#""""#),
    ("Environment", "Environment", r#"{"Variables": {}}"#),
    ("EphemeralStorage", "EphemeralStorage", r#"{"Size": 512}"#),
    ("FileSystemConfigs", "FileSystemConfigs", "[]"),
    ("Handler", "Handler", r#""""#),
    ("ImageConfig", "ImageConfig", "{}"),
    ("KmsKeyArn", "KMSKeyArn", r#""""#),
    ("Layers", "Layers", "[]"),
    ("LoggingConfig", "LoggingConfig", r#"{"LogFormat": "Text"}"#),
    ("MemorySize", "MemorySize", "128"),
    ("Role", "Role", r#""""#),
    ("Runtime", "Runtime", r#""""#),
    ("SnapStart", "SnapStart", r#"{"ApplyOn": "None"}"#),
    ("Timeout", "Timeout", "3"),
    ("TracingConfig", "TracingConfig", r#"{"Mode": "PassThrough"}"#),
    ("VpcConfig", "VpcConfig", r#"{"SubnetIds": [], "SecurityGroupIds": []}"#),
];

fn name(context: &Context, properties: &Value) -> Option<String> {
    Some(name_or(context, properties, "FunctionName", 64, Letters::Mixed))
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    let function = name(&context, &properties).unwrap_or_default();
    let mut input = pick(&properties, &["Architectures", "PackageType"]);
    for (property, member, _) in SETTINGS {
        if let Some(value) = properties.get(*property) {
            input.insert((*member).to_owned(), value.clone());
        }
    }
    input.insert("FunctionName".to_owned(), Value::from(function.as_str()));
    input.insert("Code".to_owned(), Value::Object(code(&properties)?));
    let tags = tags(&context, &properties);
    if !tags.is_empty() {
        input.insert("Tags".to_owned(), json!(tags));
    }
    let output = context.invoke("lambda", "CreateFunction", Value::Object(input)).await?;
    if let Some(count) = properties.get("ReservedConcurrentExecutions") {
        let input = json!({ "FunctionName": function, "ReservedConcurrentExecutions": count });
        context.invoke("lambda", "PutFunctionConcurrency", input).await?;
    }
    set_recursion(&context, &function, None, &properties).await?;
    made(&function, &output)
}

async fn update(context: Context, live: Live, properties: Value) -> Result<Made, Fault> {
    let function = live.physical.clone();
    if differs(&live, &properties, "Code") || differs(&live, &properties, "Architectures") {
        let mut input = code(&properties)?;
        input.insert("FunctionName".to_owned(), Value::from(function.as_str()));
        let architectures = properties.get("Architectures").cloned().unwrap_or_else(|| json!(["x86_64"]));
        input.insert("Architectures".to_owned(), architectures);
        context.invoke("lambda", "UpdateFunctionCode", Value::Object(input)).await?;
    }
    let mut input = Map::new();
    for (property, member, absent) in SETTINGS {
        if differs(&live, &properties, property) {
            let absent = serde_json::from_str(absent).unwrap_or_default();
            input.insert((*member).to_owned(), properties.get(*property).cloned().unwrap_or(absent));
        }
    }
    if !input.is_empty() {
        input.insert("FunctionName".to_owned(), Value::from(function.as_str()));
        context.invoke("lambda", "UpdateFunctionConfiguration", Value::Object(input)).await?;
    }
    match properties.get("ReservedConcurrentExecutions") {
        Some(count) if differs(&live, &properties, "ReservedConcurrentExecutions") => {
            let input = json!({ "FunctionName": function, "ReservedConcurrentExecutions": count });
            context.invoke("lambda", "PutFunctionConcurrency", input).await?;
        }
        None if live.properties.get("ReservedConcurrentExecutions").is_some() => {
            context.invoke("lambda", "DeleteFunctionConcurrency", json!({ "FunctionName": function })).await?;
        }
        _ => {}
    }
    set_recursion(&context, &function, Some(&live.properties), &properties).await?;
    update_tags(&context, &live, &properties).await?;
    let output = context.invoke("lambda", "GetFunctionConfiguration", json!({ "FunctionName": function })).await?;
    made(&function, &output)
}

async fn set_recursion(context: &Context, function: &str, before: Option<&Value>, after: &Value) -> Result<(), Fault> {
    let (before, after) = (before.and_then(|before| text(before, "RecursiveLoop")), text(after, "RecursiveLoop"));
    if before == after {
        return Ok(());
    }
    let input = json!({ "FunctionName": function, "RecursiveLoop": after.unwrap_or("Terminate") });
    context.invoke("lambda", "PutFunctionRecursionConfig", input).await.map(|_| ())
}

async fn update_tags(context: &Context, live: &Live, properties: &Value) -> Result<(), Fault> {
    let arn = live.attributes.get("Arn").cloned().unwrap_or_default();
    let stale = tags_gone(context, live, properties);
    if !stale.is_empty() {
        context.invoke("lambda", "UntagResource", json!({ "Resource": arn, "TagKeys": stale })).await?;
    }
    let tags = tags(context, properties);
    if !tags.is_empty() {
        context.invoke("lambda", "TagResource", json!({ "Resource": arn, "Tags": tags })).await?;
    }
    Ok(())
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    gone(context.invoke("lambda", "DeleteFunction", json!({ "FunctionName": live.physical })).await)
}

async fn read(context: Context, physical: String, properties: Value) -> Result<Option<Found>, Fault> {
    let input = json!({ "FunctionName": physical });
    let Some(output) = there(context.invoke("lambda", "GetFunctionConfiguration", input).await)? else {
        return Ok(None);
    };
    let mut found = Found { made: made(&physical, &output)?, ..Found::default() };
    for name in ["Description", "Environment", "Handler", "MemorySize", "Role", "Runtime", "Timeout", "Architectures"] {
        if let Some(value) = output.get(name).filter(|_| properties.get(name).is_some()) {
            found.properties.insert(name.to_owned(), value.clone());
        }
    }
    Ok(Some(found))
}

fn made(function: &str, output: &Value) -> Result<Made, Fault> {
    let apply_on = output.pointer("/SnapStart/ApplyOn").and_then(Value::as_str).unwrap_or("None");
    let status = output.pointer("/SnapStart/OptimizationStatus").and_then(Value::as_str).unwrap_or("Off");
    Ok(Made::new(function)
        .with("Arn", answered(output, "/FunctionArn")?)
        .with("SnapStartResponse.ApplyOn", apply_on)
        .with("SnapStartResponse.OptimizationStatus", status))
}

/// `Code` as the service wants it; source text is zipped under the name that its handler asks for.
fn code(properties: &Value) -> Result<Map<String, Value>, Fault> {
    let given = properties.get("Code").cloned().unwrap_or_default();
    let mut code = pick(&given, &["S3Bucket", "S3Key", "S3ObjectVersion", "ImageUri"]);
    if let Some(key) = given.get("SourceKMSKeyArn") {
        code.insert("SourceKMSKeyArn".to_owned(), key.clone());
    }
    if let Some(source) = text(&given, "ZipFile") {
        let runtime = text(properties, "Runtime").unwrap_or_default();
        let file = match () {
            () if runtime.starts_with("nodejs") => "index.js",
            () if runtime.starts_with("python") => "index.py",
            () => {
                return Err(Fault::sender(
                    "InvalidRequest",
                    format!("ZipFile can only be used when Runtime is set to either of nodejs, python, not {runtime}"),
                ));
            }
        };
        let bytes = zipped(file, source).map_err(|error| Fault::receiver("InternalFailure", error.to_string()))?;
        code.insert("ZipFile".to_owned(), Value::from(BASE64_STANDARD.encode(bytes)));
    }
    Ok(code)
}

fn zipped(file: &str, source: &str) -> Result<Vec<u8>, zip::result::ZipError> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file(file, SimpleFileOptions::default().unix_permissions(0o644))?;
    writer.write_all(source.as_bytes())?;
    Ok(writer.finish()?.into_inner())
}
