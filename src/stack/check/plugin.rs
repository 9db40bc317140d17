//! `plugins:`: what `deploy` does itself, and what nobody does here.

use crate::diagnostic::{Code, Diagnostic, Severity, nearest};
use crate::project::Dialect;
use crate::stack::{Stack, Text};

/// Plugins whose work is done without them, or that change nothing in what is deployed.
const NATIVE: &[&str] = &[
    "serverless-step-functions",
    "serverless-python-requirements",
    "serverless-offline",
    "serverless-plugin-stackstorm",
    "serverless-apig-s3",
    "serverless-esbuild",
    "serverless-iam-roles-per-function",
    "serverless-dotenv-plugin",
    "serverless-pseudo-parameters",
    "serverless-prune-plugin",
    "serverless-rust",
    "serverless-plugin-typescript",
    "serverless-deployment-bucket",
    "serverless-plugin-git-variables",
];

/// What other plugins would have changed.
const FOREIGN: &[(&str, &str)] = &[
    ("serverless-webpack", "bundles the code with webpack"),
    ("serverless-bundle", "bundles the code with webpack"),
    ("serverless-domain-manager", "gives the API a domain of its own"),
    ("serverless-add-api-key", "makes API keys and usage plans"),
    ("serverless-plugin-warmup", "keeps functions warm with a schedule"),
    ("serverless-plugin-split-stacks", "splits the stack into nested ones"),
    ("serverless-plugin-aws-alerts", "makes alarms for the functions"),
    ("serverless-plugin-canary-deployments", "shifts traffic slowly to a new version"),
    ("serverless-s3-sync", "uploads folders to buckets"),
    ("serverless-finch", "uploads a web site to a bucket"),
    ("serverless-api-gateway-throttling", "limits the rate of API calls"),
    ("serverless-api-gateway-caching", "caches answers of the API"),
    ("serverless-aws-documentation", "documents the API"),
    ("serverless-openapi-documentation", "documents the API"),
    ("serverless-dynamodb-local", "starts a local DynamoDB"),
    ("serverless-appsync-plugin", "makes a GraphQL API"),
    ("serverless-associate-waf", "puts a firewall before the API"),
    ("serverless-lift", "makes constructs such as queues and web sites"),
    ("serverless-plugin-lambda-dead-letter", "makes dead-letter queues"),
    ("serverless-stack-termination-protection", "protects the stack from deletion"),
    ("serverless-plugin-tracing", "turns on X-Ray"),
    ("serverless-plugin-datadog", "adds Datadog's layer"),
    ("serverless-plugin-ifelse", "leaves out parts by conditions"),
    ("serverless-provisioned-concurrency-autoscaling", "scales provisioned concurrency"),
    ("serverless-plugin-log-retention", "sets how long logs are kept"),
    ("serverless-plugin-resource-tagging", "tags the resources"),
    ("serverless-ruby-layer", "makes a layer of gems"),
    ("serverless-go-plugin", "builds Go functions"),
];

/// Says once which plugins are not needed, and names those whose work is not done.
///
/// The latter are errors in a `stack.yaml` and warnings in a `serverless.yml`, whatever its `configValidationMode`, which is about keys.
pub(super) fn check(stack: &Stack, found: &mut Vec<Diagnostic>) {
    let (native, others): (Vec<&Text>, Vec<&Text>) =
        stack.plugins.iter().partition(|plugin| NATIVE.contains(&plugin.as_str()));
    if let Some(first) = native.first() {
        let names: Vec<String> = native.iter().map(|plugin| format!("`{}`", plugin.as_str())).collect();
        let message = format!("done here without a plugin: {}", names.join(", "));
        let note = Diagnostic::error(Code::NativePlugin, first.span, message);
        found.push(Diagnostic { severity: Severity::Note, ..note });
    }
    let severity = if stack.dialect == Dialect::Stack { Severity::Error } else { Severity::Warning };
    for plugin in others {
        found.push(Diagnostic { severity, ..not_run(plugin) });
    }
}

fn not_run(plugin: &Text) -> Diagnostic {
    let name = plugin.as_str();
    let what = FOREIGN.iter().find(|(known, _)| *known == name);
    let message = match what {
        Some((_, does)) => format!("the plugin `{name}` is not run: it {does}"),
        None if name.starts_with(['.', '/']) => format!("the plugin `{name}` is code of the project, which is not run"),
        None => format!("the plugin `{name}` is not known here, and plugins are not run"),
    };
    let diagnostic = Diagnostic::error(Code::UnknownPlugin, plugin.span, message);
    let diagnostic = if what.is_none() { misspelt(diagnostic, name) } else { diagnostic };
    diagnostic.hint("take it out of `plugins` when the project does without it")
}

/// With the plugin that was probably meant; what all their names begin with does not count.
fn misspelt(diagnostic: Diagnostic, name: &str) -> Diagnostic {
    let bare = |name: &'static str| name.trim_start_matches("serverless-").trim_start_matches("plugin-");
    let word = name.trim_start_matches("serverless-").trim_start_matches("plugin-");
    let near = nearest(word, NATIVE.iter().map(|native| bare(native)));
    match NATIVE.iter().find(|native| Some(bare(native)) == near) {
        Some(native) => diagnostic.hint(format!("did you mean `{native}`?")),
        None => diagnostic,
    }
}
