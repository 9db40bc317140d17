//! The variables a function starts with: AWS's, then its own; nothing of this process's environment but the search path.

use std::collections::BTreeMap;
use std::path::Path;

use super::Spec;
use super::launch::Family;

/// Variables that a function's configuration may not set.
/// Source: Lambda developer guide, "Defined runtime environment variables", reserved.
pub const RESERVED: &[&str] = &[
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_LAMBDA_RUNTIME_API",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
];

/// The environment of one process of `spec`.
///
/// Diverges: `PATH` is followed by this machine's, so that host interpreters are found; `TMPDIR` names the process's own
/// scratch directory, as `/tmp` is everybody's; `AWS_ENDPOINT_URL` points at this local AWS; there is no session token.
pub fn of(
    spec: &Spec,
    family: Family,
    runtime_api: &str,
    log_stream: &str,
    scratch: &Path,
) -> BTreeMap<String, String> {
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let opt = spec.opt.as_deref().map(text);
    let mut all: BTreeMap<String, String> = [
        ("AWS_ACCESS_KEY_ID", spec.access_key_id.clone()),
        ("AWS_DEFAULT_REGION", spec.region.clone()),
        ("AWS_ENDPOINT_URL", spec.endpoint.clone()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", spec.memory_mb.to_string()),
        ("AWS_LAMBDA_FUNCTION_NAME", spec.name.clone()),
        ("AWS_LAMBDA_FUNCTION_VERSION", spec.version.clone()),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".to_owned()),
        ("AWS_LAMBDA_LOG_FORMAT", spec.log_format.clone()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", spec.log_group.clone()),
        ("AWS_LAMBDA_LOG_STREAM_NAME", log_stream.to_owned()),
        ("AWS_LAMBDA_RUNTIME_API", runtime_api.to_owned()),
        ("AWS_REGION", spec.region.clone()),
        ("AWS_SECRET_ACCESS_KEY", spec.secret_access_key.clone()),
        ("HOME", text(scratch)),
        ("LAMBDA_RUNTIME_DIR", text(&spec.work_dir)),
        ("LAMBDA_TASK_ROOT", text(&spec.task_root)),
        ("LANG", "en_US.UTF-8".to_owned()),
        ("TMPDIR", text(scratch)),
        ("TZ", ":UTC".to_owned()),
        ("_HANDLER", spec.handler.clone()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    if family != Family::Provided {
        all.insert("AWS_EXECUTION_ENV".to_owned(), format!("AWS_Lambda_{}", spec.runtime));
    }
    all.insert("PATH".to_owned(), joined(opt.as_deref(), &["bin"], std::env::var("PATH").ok()));
    let root = text(&spec.task_root);
    let libraries = Some(format!("{root}:{root}/lib"));
    all.insert("LD_LIBRARY_PATH".to_owned(), joined(opt.as_deref(), &["lib"], libraries));
    match family {
        Family::Python => {
            all.insert("PYTHONPATH".to_owned(), joined(opt.as_deref(), &["python"], None));
        }
        Family::Node => {
            let places = ["nodejs/node_modules", "node_modules"];
            all.insert("NODE_PATH".to_owned(), joined(opt.as_deref(), &places, Some(format!("{root}/node_modules"))));
        }
        Family::Provided => {}
    }
    all.extend(spec.environment.clone());
    all
}

/// `folders` of the unpacked layers, then `rest`, as a search path.
fn joined(opt: Option<&str>, folders: &[&str], rest: Option<String>) -> String {
    let layers = opt.into_iter().flat_map(|opt| folders.iter().map(move |folder| format!("{opt}/{folder}")));
    layers.chain(rest.filter(|rest| !rest.is_empty())).collect::<Vec<_>>().join(":")
}
