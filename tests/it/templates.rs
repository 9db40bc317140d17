//! Configurations and the templates that they make: a folder `tests/templates/NAME` each, with a `serverless.yml` or `stack.yaml`
//! beside the `template.json` that is expected.
//!
//! Those with a `serverless.yml` were compared with the template that Serverless Framework v3 makes of the same file, so that they
//! hold parity without it. `DEPLOY_BLESS=1 cargo test --test it templates` writes what there is now; read the difference.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use deploy::diagnostic::render;
use deploy::project::{self, Options};
use deploy::source::Sources;
use deploy::stack::{self, Stack};
use deploy::template::{self, Rendered};
use deploy::variables::{self, At, Cloud, Machine, Parameter, Refusal};
use proptest::prelude::*;
use serde_json::{Value, json};

/// How many cases there are at least.
const CASES: usize = 25;

/// A cloud that has nothing.
struct Empty;

impl Cloud for Empty {
    fn default_region(&self, _: Option<&str>) -> Option<String> {
        None
    }

    async fn account(&self, _: &At) -> Result<String, Refusal> {
        Ok("123456789012".to_owned())
    }

    async fn parameter(&self, _: &At, _: &str, _: bool) -> Result<Option<Parameter>, Refusal> {
        Ok(None)
    }

    async fn output(&self, _: &At, _: &str, _: &str) -> Result<Option<String>, Refusal> {
        Ok(None)
    }

    async fn object(&self, _: &At, _: &str, _: &str) -> Result<Option<String>, Refusal> {
        Ok(None)
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/templates")
}

/// The stack of a folder, or what is wrong with it as a person reads it.
fn decoded(root: &Path) -> Result<(Stack, Sources), String> {
    let shown = |diagnostics: &[deploy::diagnostic::Diagnostic], sources: &Sources| {
        diagnostics.iter().map(|diagnostic| render(diagnostic, sources, false)).collect::<Vec<_>>().join("\n")
    };
    let options = Options { directory: root.to_owned(), ..Options::default() };
    let project = project::read(options).map_err(|invalid| shown(&invalid.diagnostics.0, &invalid.sources))?;
    let machine = Machine::new(&project.root, Empty).with_environment(Default::default());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let resolved = runtime
        .block_on(variables::resolve(&project, &machine))
        .map_err(|invalid| shown(&invalid.diagnostics.0, &invalid.sources))?;
    let stack = stack::decode(&resolved).map_err(|found| shown(&found.0, &resolved.sources))?;
    Ok((stack, resolved.sources))
}

fn rendered(root: &Path) -> Result<Rendered, String> {
    let (stack, sources) = decoded(root)?;
    template::render(&stack, &template::placeholders(&stack)).map_err(|found| {
        found.0.iter().map(|diagnostic| render(diagnostic, &sources, false)).collect::<Vec<_>>().join("\n")
    })
}

fn written(configuration: &str) -> tempfile::TempDir {
    let root = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(root.path().join("serverless.yml"), configuration).expect("a file");
    root
}

#[test]
fn every_configuration_makes_its_template() {
    let blessing = std::env::var_os("DEPLOY_BLESS").is_some();
    let mut wrong = Vec::new();
    let mut count = 0;
    for entry in std::fs::read_dir(folder()).expect("tests/templates") {
        let path = entry.expect("a case").path();
        count += 1;
        let expected = path.join("template.json");
        let found = match rendered(&path) {
            Ok(rendered) => serde_json::to_string_pretty(&rendered.template).expect("JSON") + "\n",
            Err(shown) => {
                wrong.push(format!("{}: {shown}", path.display()));
                continue;
            }
        };
        if blessing {
            std::fs::write(&expected, found).expect("the template is written");
        } else if std::fs::read_to_string(&expected).ok().as_ref() != Some(&found) {
            wrong.push(format!("{}: another template than expected", path.display()));
        }
    }
    assert!(count >= CASES, "there are {count} cases");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_reference_of_a_template_leads_somewhere() {
    for entry in std::fs::read_dir(folder()).expect("tests/templates") {
        let path = entry.expect("a case").path();
        // What a user's reference names is the user's; what the stack makes itself must be there.
        let Ok(rendered) = rendered(&path) else { continue };
        for (id, resource) in &rendered.template.resources {
            assert!(rendered.origins.contains_key(id), "{}: `{id}` comes from no line", path.display());
            assert!(!resource.kind.is_empty(), "{}: `{id}` has no type", path.display());
        }
    }
}

/// An event of a function, as JSON that is also YAML.
fn event() -> impl Strategy<Value = Value> {
    let name = "[a-z]{1,6}";
    prop_oneof![
        ("[a-z]{1,5}(/[a-z]{1,5}|/\\{[a-z]{1,4}\\}){0,2}", any::<bool>())
            .prop_map(|(path, cors)| json!({"http": {"path": path, "method": "get", "cors": cors}})),
        "/[a-z]{1,5}".prop_map(|path| json!({"httpApi": format!("GET {path}")})),
        (1..60u32).prop_map(|minutes| json!({"schedule": format!("rate({} minutes)", minutes + 1)})),
        name.prop_map(|name| json!({"sns": name})),
        name.prop_map(|name| json!({"sqs": format!("arn:aws:sqs:us-east-1:123456789012:{name}")})),
        name.prop_map(|name| json!({"stream": format!("arn:aws:kinesis:us-east-1:123456789012:stream/{name}")})),
        "[a-z]{3,8}".prop_map(|name| json!({"s3": {"bucket": name, "event": "s3:ObjectCreated:*"}})),
        "[a-z]{3,8}".prop_map(|name| json!({"s3": {"bucket": name, "existing": true}})),
        name.prop_map(|route| json!({"websocket": route})),
        name.prop_map(|source| json!({"eventBridge": {"pattern": {"source": [source]}}})),
        name.prop_map(|source| json!({"cloudwatchEvent": {"event": {"source": [source]}}})),
        name.prop_map(|group| json!({"cloudwatchLog": format!("/{group}")})),
        name.prop_map(|pool| json!({"cognitoUserPool": {"pool": pool, "trigger": "PreSignUp"}})),
        name.prop_map(|sql| json!({"iot": {"sql": sql}})),
        // Values that fit nowhere.
        Just(json!({"alb": null})),
        Just(json!({"kafka": {"topic": [1, 2]}})),
        Just(json!({"cloudFront": {"origin": {"DomainName": {"Ref": "X"}}}})),
    ]
}

fn functions() -> impl Strategy<Value = BTreeMap<String, Value>> {
    let function = (prop::collection::vec(event(), 0..4), prop::option::of(1..3u32), any::<bool>());
    let function = function.prop_map(|(events, warm, versioned)| {
        json!({"handler": "handler.run", "events": events, "provisionedConcurrency": warm, "versionFunction": versioned})
    });
    prop::collection::btree_map("[a-z][a-z_-]{0,6}[a-z]", function, 0..5)
}

fn configuration(functions: &[(&String, &Value)]) -> String {
    let functions: serde_json::Map<String, Value> =
        functions.iter().map(|(name, value)| ((*name).clone(), (*value).clone())).collect();
    let provider = json!({"name": "aws", "runtime": "nodejs20.x", "region": "us-east-1"});
    json!({"service": "demo", "configValidationMode": "warn", "provider": provider, "functions": functions}).to_string()
}

/// The same value with every list in one order: what CloudFormation takes as a set.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(sorted).collect();
            items.sort_by_key(Value::to_string);
            Value::Array(items)
        }
        Value::Object(map) => {
            let ordered: BTreeMap<String, Value> =
                map.iter().map(|(key, value)| (key.clone(), sorted(value))).collect();
            json!(ordered)
        }
        other => other.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_configuration_makes_the_renderer_panic_and_the_same_one_makes_the_same_template(functions in functions()) {
        let given: Vec<_> = functions.iter().collect();
        let root = written(&configuration(&given));
        let text = |rendered: Result<Rendered, String>| rendered.map(|rendered| serde_json::to_string(&rendered.template).expect("JSON"));
        prop_assert_eq!(text(rendered(root.path())), text(rendered(root.path())));
    }

    #[test]
    fn the_order_of_the_functions_changes_nothing_that_is_deployed(functions in functions()) {
        let mut given: Vec<_> = functions.iter().collect();
        let forth = rendered(written(&configuration(&given)).path());
        given.reverse();
        let back = rendered(written(&configuration(&given)).path());
        if let (Ok(forth), Ok(back)) = (forth, back) {
            let set = |rendered: Rendered| sorted(&serde_json::to_value(rendered.template).expect("JSON"));
            prop_assert_eq!(set(forth), set(back));
        }
    }
}
