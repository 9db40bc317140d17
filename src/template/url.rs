//! `AWS::Lambda::Url`: the function's own HTTPS address.

use serde_json::{Value, json};

use crate::stack::function::UrlCors;
use crate::stack::value::{Setting, Toggle};
use crate::stack::{Function, Named, Text};

use super::draft::{Draft, depend, present, set};
use super::intrinsic::attribute;

/// Adds the address, its output, and the rights to call it.
pub fn render(draft: &mut Draft, function: &Named<Function>) {
    let toggle = &function.value.url;
    if !toggle.is_on() {
        return;
    }
    let url = toggle.details();
    let with_iam = url.and_then(|url| url.authorizer.as_ref()).is_some_and(|name| name.text == "aws_iam");
    let auth = if with_iam { "AWS_IAM" } else { "NONE" };
    let id = draft.id(function, "LambdaFunctionUrl");
    let target = draft.function_arn(&function.name);
    let alias = draft.aliases.get(&function.name).cloned();
    let streams = url.and_then(|url| url.invoke_mode.as_ref()).is_some_and(|mode| mode.text == "RESPONSE_STREAM");
    let resource =
        draft.add(&id, function.span, "AWS::Lambda::Url", json!({"AuthType": auth, "TargetFunctionArn": target}));
    set(
        resource,
        [("Cors", url.and_then(|url| cors(&url.cors))), ("InvokeMode", streams.then(|| json!("RESPONSE_STREAM")))],
    );
    depend(resource, alias.clone());
    draft.output(&id, "Lambda Function URL", attribute(&id, "FunctionUrl"));
    if !with_iam {
        add_permissions(draft, function, &target, alias);
    }
}

fn add_permissions(draft: &mut Draft, function: &Named<Function>, target: &Value, alias: Option<String>) {
    let by_url = json!({
        "FunctionName": target, "Action": "lambda:InvokeFunctionUrl", "Principal": "*", "FunctionUrlAuthType": "NONE",
    });
    let through_url = json!({
        "FunctionName": target, "Action": "lambda:InvokeFunction", "Principal": "*", "InvokedViaFunctionUrl": true,
    });
    for (suffix, permission) in [("LambdaPermissionFnUrl", by_url), ("LambdaPermissionFn", through_url)] {
        let id = draft.id(function, suffix);
        depend(draft.add(id, function.span, "AWS::Lambda::Permission", permission), alias.clone());
    }
}

fn cors(cors: &Toggle<UrlCors>) -> Option<Value> {
    if !cors.is_on() {
        return None;
    }
    let details = cors.details();
    let headers =
        ["Content-Type", "X-Amz-Date", "Authorization", "X-Api-Key", "X-Amz-Security-Token", "X-Amzn-Trace-Id"];
    let list = |setting: Option<&Setting<Vec<Text>>>, default: &[&str]| match setting {
        Some(Setting::Off) => None,
        Some(Setting::Is(words)) => Some(json!(words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>())),
        Some(Setting::Absent) | None => (!default.is_empty()).then(|| json!(default)),
    };
    let credentials = details.and_then(|cors| cors.allow_credentials).filter(|flag| flag.value);
    Some(present([
        ("AllowOrigins", list(details.map(|cors| &cors.allowed_origins), &["*"])),
        ("AllowHeaders", list(details.map(|cors| &cors.allowed_headers), &headers)),
        ("AllowMethods", list(details.map(|cors| &cors.allowed_methods), &["*"])),
        ("AllowCredentials", credentials.map(|_| json!(true))),
        ("ExposeHeaders", list(details.map(|cors| &cors.exposed_response_headers), &[])),
        ("MaxAge", details.and_then(|cors| cors.max_age_s).map(|age| json!(age.value))),
    ]))
}
