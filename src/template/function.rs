//! `AWS::Lambda::Function`.

use serde_json::{Map, Value, json};

use crate::diagnostic::{Code, Diagnostic};
use crate::stack::function::{FunctionImage, ImageReference, LambdaLogs, RuntimeManagement, Tracing};
use crate::stack::provider::ProviderImage;
use crate::stack::value::Setting;
use crate::stack::{Builder, Function, Named, Stack};

use super::draft::{Draft, depend, extend, present, tag_list};
use super::intrinsic::{attribute, is_arn, only};
use super::{artifact_key, bucket, cloud_front, log_group, role, version};

/// Adds every function, its versions, aliases, address and settings of asynchronous calls.
pub fn render(draft: &mut Draft) {
    let stack = draft.stack;
    for function in stack.functions.iter() {
        let Some(code) = code(draft, function) else { continue };
        render_one(draft, function, code);
        version::render(draft, function);
        super::url::render(draft, function);
    }
    for function in stack.functions.iter() {
        super::event_invoke::render(draft, function);
    }
}

fn render_one(draft: &mut Draft, function: &Named<Function>, code: Map<String, Value>) {
    let stack = draft.stack;
    let value = &function.value;
    let mut all = code;
    all.insert("FunctionName".into(), json!(stack.function_name(function)));
    let (memory_mb, timeout_s) = cloud_front::limits(stack, value);
    all.insert("MemorySize".into(), json!(memory_mb));
    all.insert("Timeout".into(), json!(timeout_s));
    let layers = value.layers.as_ref().or(stack.provider.layers.as_ref());
    let layers = layers.map(|layers| layers.iter().map(|layer| layer.value.clone()).collect());
    extend(
        &mut all,
        [
            ("Architectures", stack.architecture(value).map(|architecture| json!([architecture.as_str()]))),
            (
                "Description",
                value.description.as_ref().filter(|text| text.as_str() != Some("")).map(|text| text.value.clone()),
            ),
            ("Tags", tags(stack, value)),
            ("EphemeralStorage", value.ephemeral_storage_mb.map(|size| json!({"Size": size.value}))),
            ("RecursiveLoop", value.recursive_loop.map(|mode| json!(mode.as_str()))),
            ("DeadLetterConfig", value.on_error.as_ref().map(|arn| json!({"TargetArn": arn.value}))),
            ("KmsKeyArn", kms_key(stack, value)),
            ("TracingConfig", tracing(stack, value).map(|mode| json!({"Mode": mode}))),
            ("Environment", environment(draft, function).map(|variables| only("Variables", variables))),
            ("VpcConfig", vpc(stack, value)),
            ("ReservedConcurrentExecutions", value.reserved_concurrency.as_ref().map(|count| count.value.clone())),
            ("Layers", layers),
            ("LoggingConfig", logging(stack, value)),
            ("SnapStart", value.snap_start.filter(|flag| flag.value).map(|_| json!({"ApplyOn": "PublishedVersions"}))),
            ("RuntimeManagementConfig", runtime_management(stack, value)),
            ("FileSystemConfigs", file_systems(value)),
        ],
    );
    name_secrets(draft, function);
    let (own_role, role_dependency) = role_of(draft, function);
    all.insert("Role".into(), own_role);
    let mut dependencies: Vec<String> = log_group::id(draft, function).into_iter().collect();
    dependencies.extend(value.depends_on.iter().map(|id| id.text.clone()));
    dependencies.extend(role_dependency);
    let resource =
        draft.add(stack.function_id(&function.name), function.span, "AWS::Lambda::Function", Value::Object(all));
    resource.condition = value.condition.as_ref().map(|condition| condition.text.clone());
    depend(resource, dependencies);
    grants(draft, function);
}

/// `Code`, `Handler` and what goes with them; `None` after a diagnostic when there is nothing to run.
fn code(draft: &mut Draft, function: &Named<Function>) -> Option<Map<String, Value>> {
    let stack = draft.stack;
    let mut all = Map::new();
    if let Some(image) = &function.value.image {
        let (uri, config) = image_of(stack, image);
        let Some(uri) = uri else {
            let message = format!("the image of `{}` has no `uri`, and images are not built yet", function.name);
            let hint = "set `uri` to an image that is in a registry";
            draft.diagnostics.push(Diagnostic::error(Code::UnsupportedKey, function.span, message).hint(hint));
            return None;
        };
        all.insert("Code".into(), json!({"ImageUri": uri}));
        all.insert("PackageType".into(), json!("Image"));
        extend(&mut all, [("ImageConfig", config)]);
        return Some(all);
    }
    let Some(handler) = stack.lambda_handler(&function.value) else {
        let message = format!("`{}` has neither a `handler` nor an `image`", function.name);
        draft.diagnostics.push(
            Diagnostic::error(Code::MissingKey, function.span, message)
                .hint("add `handler: …`: the file and the function in it, for `runtime: rust` a package"),
        );
        return None;
    };
    let artifact = draft.artifact(&function.name);
    let key = artifact.map_or_else(String::new, |artifact| artifact_key(&bucket::prefix(stack), artifact));
    all.insert("Code".into(), json!({"S3Bucket": bucket::value(stack), "S3Key": key}));
    all.insert("Handler".into(), json!(handler));
    all.insert("Runtime".into(), json!(stack.lambda_runtime(&function.value)));
    Some(all)
}

fn image_of(stack: &Stack, image: &ImageReference) -> (Option<Value>, Option<Value>) {
    match image {
        ImageReference::Name(name) => {
            let text = name.as_str().unwrap_or("");
            (
                provider_image(stack, text)
                    .or_else(|| Some(name.value.clone()).filter(|_| text.is_empty() || text.contains('/'))),
                None,
            )
        }
        ImageReference::Detailed(image) => {
            let named = image.name.as_ref().and_then(|name| provider_image(stack, &name.text));
            (image.uri.as_ref().map(|uri| uri.value.clone()).or(named), image_config(image))
        }
    }
}

fn provider_image(stack: &Stack, name: &str) -> Option<Value> {
    let images = &stack.provider.ecr.as_ref()?.images;
    match images.get(name)? {
        ProviderImage::Uri(uri) => Some(json!(uri.text)),
        ProviderImage::Detailed(image) => image.uri.as_ref().map(|uri| uri.value.clone()),
    }
}

fn image_config(image: &FunctionImage) -> Option<Value> {
    let words =
        |words: &Vec<crate::stack::Text>| json!(words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>());
    let config = present([
        ("Command", image.command.as_ref().map(words)),
        ("EntryPoint", image.entry_point.as_ref().map(words)),
        ("WorkingDirectory", image.working_directory.as_ref().map(|folder| json!(folder.text))),
    ]);
    config.as_object().is_some_and(|config| !config.is_empty()).then_some(config)
}

fn tags(stack: &Stack, function: &Function) -> Option<Value> {
    let all = stack.provider.tags.iter().chain(function.tags.iter());
    let list = tag_list(all.map(|tag| (tag.name.as_str(), tag.value.value.clone())));
    (!list.is_empty()).then(|| json!(list))
}

fn kms_key(stack: &Stack, function: &Function) -> Option<Value> {
    let own = function.kms_key_arn.as_ref().or(function.aws_kms_key_arn.as_ref());
    own.or(stack.provider.kms_key_arn.as_ref()).map(|key| key.value.clone())
}

/// The X-Ray mode of a function, if it is traced.
pub fn tracing(stack: &Stack, function: &Function) -> Option<String> {
    let mode = |tracing: &Tracing| match tracing {
        Tracing::Switch(flag) => flag.value.then(|| "Active".to_owned()),
        Tracing::Mode(mode) => Some(mode.text.clone()),
    };
    let own = function.tracing.as_ref().and_then(mode);
    own.or_else(|| stack.provider.tracing.as_ref().and_then(|tracing| tracing.lambda.as_ref()).and_then(mode))
}

fn environment(draft: &Draft, function: &Named<Function>) -> Option<Value> {
    let all = draft.stack.provider.environment.iter().chain(function.value.environment.iter());
    let mut variables = Map::new();
    for variable in all {
        match &variable.value {
            Some(value) => variables.insert(variable.name.clone(), value.value.clone()),
            None => variables.remove(&variable.name),
        };
    }
    if draft.artifact(&function.name).is_some_and(|artifact| artifact.source_maps) {
        variables.entry("NODE_OPTIONS").or_insert_with(|| json!("--enable-source-maps"));
    }
    (!variables.is_empty()).then_some(Value::Object(variables))
}

/// Names each secret that everybody can read who may look at the function or the template. Lambda resolves no reference to a secret in
/// an environment, so that the value itself stands there; a weakness of both templates, told once a variable.
fn name_secrets(draft: &mut Draft, function: &Named<Function>) {
    let all = draft.stack.provider.environment.iter().chain(function.value.environment.iter());
    for variable in all.filter(|variable| variable.value.as_ref().is_some_and(|value| value.secret)) {
        let message = format!("`{}` puts a secret value into the environment in plain text", variable.name);
        let hint = "who may describe the function or read the template sees it; let the function read it from SSM or Secrets Manager";
        let diagnostic = Diagnostic::warning(Code::WeakTemplate, variable.span, message).hint(hint);
        if !draft.diagnostics.contains(&diagnostic) {
            draft.diagnostics.push(diagnostic);
        }
    }
}

/// The network of a function, when security groups and subnets are known.
pub fn vpc(stack: &Stack, function: &Function) -> Option<Value> {
    if function.vpc == Setting::Off {
        return None;
    }
    let (own, shared) = (function.vpc.details(), stack.provider.vpc.details());
    let groups = own.and_then(|vpc| vpc.security_group_ids.as_ref());
    let groups = groups.or_else(|| shared.and_then(|vpc| vpc.security_group_ids.as_ref()))?;
    let subnets = own.and_then(|vpc| vpc.subnet_ids.as_ref());
    let subnets = subnets.or_else(|| shared.and_then(|vpc| vpc.subnet_ids.as_ref()))?;
    let ipv6 = own.and_then(|vpc| vpc.ipv6).or_else(|| shared.and_then(|vpc| vpc.ipv6));
    Some(present([
        ("SecurityGroupIds", Some(listed(groups.to_json()))),
        ("SubnetIds", Some(listed(subnets.to_json()))),
        ("Ipv6AllowedForDualStack", ipv6.filter(|flag| flag.value).map(|_| json!(true))),
    ]))
}

/// Text alone is a list of one; a list or a CloudFormation function stays.
fn listed(value: Value) -> Value {
    if value.is_string() { json!([value]) } else { value }
}

fn logging(stack: &Stack, function: &Function) -> Option<Value> {
    let shared = stack.provider.logs.as_ref().and_then(|logs| logs.lambda.as_ref());
    let logs: &LambdaLogs = function.logs.as_ref().or(shared)?;
    let config = present([
        ("ApplicationLogLevel", logs.application_level.as_ref().map(|text| json!(text.text))),
        ("LogFormat", logs.format.as_ref().map(|text| json!(text.text))),
        ("LogGroup", logs.group.as_ref().map(|group| group.value.clone())),
        ("SystemLogLevel", logs.system_level.as_ref().map(|text| json!(text.text))),
    ]);
    config.as_object().is_some_and(|config| !config.is_empty()).then_some(config)
}

fn runtime_management(stack: &Stack, function: &Function) -> Option<Value> {
    let management = function.runtime_management.as_ref().or(stack.provider.runtime_management.as_ref())?;
    let (mode, arn) = match management {
        RuntimeManagement::Mode(mode) => (Some(mode), None),
        RuntimeManagement::Detailed(details) => (details.mode.as_ref(), details.arn.as_ref()),
    };
    match mode?.text.as_str() {
        "onFunctionUpdate" => Some(json!({"UpdateRuntimeOn": "FunctionUpdate"})),
        "manual" => Some(present([
            ("UpdateRuntimeOn", Some(json!("Manual"))),
            ("RuntimeVersionArn", arn.map(|arn| arn.value.clone())),
        ])),
        _ => None,
    }
}

fn file_systems(function: &Function) -> Option<Value> {
    let system = function.file_system.as_ref()?;
    let path = system.local_mount_path.as_ref().map(|path| json!(path.text));
    Some(json!([present([("Arn", system.arn.as_ref().map(|arn| arn.value.clone())), ("LocalMountPath", path)])]))
}

/// The role of a function, and the id that it must wait for.
fn role_of(draft: &Draft, function: &Named<Function>) -> (Value, Option<String>) {
    if let Some(id) = role::own_id(draft.stack, function) {
        return (attribute(&id, "Arn"), None);
    }
    let Some(role) = role::custom(draft.stack, &function.value) else {
        return (attribute(role::SHARED, "Arn"), None);
    };
    match role.as_str() {
        Some(_) if is_arn(role) => (role.clone(), None),
        Some(id) => (attribute(id, "Arn"), Some(id.to_owned())),
        None => {
            let id = role.get("Fn::GetAtt").and_then(|parts| parts.get(0)).and_then(Value::as_str);
            (role.clone(), id.map(str::to_owned))
        }
    }
}

/// Rights that follow from a function's settings.
fn grants(draft: &mut Draft, function: &Named<Function>) {
    let (stack, value, key) = (draft.stack, &function.value, function.name.as_str());
    let allow =
        |actions: &[&str], resource: Value| json!({"Effect": "Allow", "Action": actions, "Resource": [resource]});
    if let Some(arn) = value.on_error.as_ref().filter(|arn| arn.value.is_string()) {
        let action = if stack.is_safe() && arn.as_str().is_some_and(|arn| arn.contains(":sqs:")) {
            "sqs:SendMessage"
        } else {
            "sns:Publish"
        };
        draft.grant(key, allow(&[action], arn.value.clone()));
    }
    if let Some(arn) = kms_key(stack, value).filter(Value::is_string) {
        draft.grant(key, allow(&["kms:Decrypt"], arn));
    }
    if tracing(stack, value).is_some() {
        draft.grant(key, allow(&["xray:PutTraceSegments", "xray:PutTelemetryRecords"], json!("*")));
    }
    if let Some(arn) = value.file_system.as_ref().and_then(|system| system.arn.as_ref()) {
        let actions = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"];
        draft.grant(key, allow(&actions, arn.value.clone()));
    }
}

/// Whether the function's code is ready without being built here.
pub fn is_image(stack: &Stack, function: &Function) -> bool {
    stack.builder(function) == Builder::Image
}

/// A function's properties as they are in the template.
pub fn rendered<'d>(draft: &'d Draft, key: &str) -> Option<&'d Map<String, Value>> {
    draft.template.resources.get(&draft.stack.function_id(key))?.properties.as_ref()?.as_object()
}
