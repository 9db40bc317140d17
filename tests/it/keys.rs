//! Every key of the configuration: each is in a golden case, each has an effect, and no value of one makes a panic.

use std::collections::BTreeSet;

use deploy::source::{Kind, Node};
use deploy::stack::shape::{Shape, Standing, Table};
use deploy::variables::Resolved;
use deploy::{artifact, stack, template};
use serde_json::Value;

use crate::golden::{self, Case};

/// A section's title and one of its keys.
type Place = (&'static str, &'static str);

/// Keys whose effect is not in the template and not in the zips, each with where it is.
const ELSEWHERE: &[(Place, &str)] = &[
    (("the file", "configValidationMode"), "stack::decode: how bad mistakes are"),
    (("the file", "custom"), "variables: what `self:` finds"),
    (("the file", "params"), "variables: what `param:` finds"),
    (("the file", "plugins"), "stack::check::plugin: what is said of them"),
    (("the file", "secrets"), "variables: what is hidden"),
    (("the file", "useDotenv"), "variables: what `env:` finds"),
    (("the file", "stages"), "variables: where the stage runs"),
    (("a stage", "params"), "variables: what `param:` finds"),
    (("a stage", "protected"), "cli: what asks first"),
    (("a stage", "target"), "variables: where the stage runs"),
    (("`provider`", "name"), "only AWS is there"),
    (("`provider`", "stage"), "variables: the stage"),
    (("`provider`", "region"), "variables: the region"),
    (("`provider`", "profile"), "variables: whose credentials"),
    (("`provider`", "stackTags"), "cli::settings"),
    (("`provider`", "stackPolicy"), "cli::settings"),
    (("`provider`", "stackParameters"), "cli::settings"),
    (("`provider`", "notificationArns"), "cli::settings"),
    (("`provider`", "rollbackConfiguration"), "cli::settings"),
    (("`provider`", "disableRollback"), "cli::settings"),
    (("`provider`", "cfnRole"), "cli::settings"),
    (("`provider`", "allowedAccounts"), "cli: which accounts may be deployed to"),
    (("`provider`", "terminationProtection"), "cli::settings"),
    (("a `cognitoUserPool` event", "forceDeploy"), "template: a warning that it has none"),
    (("an `s3` event", "forceDeploy"), "template: a warning that it has none"),
    (("`provider.iam`", "deploymentRole"), "cli::settings"),
    (("the deployment bucket", "maxPreviousDeploymentArtifacts"), "apply: what is kept"),
    (("`package`", "path"), "cli::package"),
    (("a WebSocket authorizer", "type"), "there is only one"),
];

fn tables() -> Vec<&'static Table> {
    let mut waiting = vec![stack::table()];
    let mut seen: Vec<&'static Table> = Vec::new();
    while let Some(table) = waiting.pop() {
        if seen.iter().all(|known| known.title != table.title) {
            seen.push(table);
            table.keys.iter().for_each(|key| inner(&key.shape, &mut waiting));
        }
    }
    seen
}

fn inner(shape: &Shape, found: &mut Vec<&'static Table>) {
    match shape {
        Shape::Section(_, table) => found.push(table()),
        Shape::List(item) | Shape::Map(item) => inner(item, found),
        Shape::OneOf(shapes) => shapes.iter().for_each(|shape| inner(shape, found)),
        _ => {}
    }
}

/// Every key that a value has, each with the way to it.
fn keys_of(value: &Value, shape: &Shape, path: &[String], found: &mut Vec<(Place, Vec<String>)>) {
    let with = |key: &str| path.iter().cloned().chain([key.to_owned()]).collect::<Vec<String>>();
    match (shape, value) {
        (Shape::Section(_, table), Value::Object(object)) => {
            let table = table();
            for key in table.keys.iter().filter(|key| object.contains_key(key.name)) {
                found.push(((table.title, key.name), with(key.name)));
                keys_of(&object[key.name], &key.shape, &with(key.name), found);
            }
        }
        (Shape::List(item), Value::Array(items)) => {
            for (at, value) in items.iter().enumerate() {
                keys_of(value, item, &with(&at.to_string()), found);
            }
        }
        (Shape::List(item), value) => keys_of(value, item, path, found),
        (Shape::Map(item), Value::Object(object)) => {
            for (name, value) in object {
                keys_of(value, item, &with(name), found);
            }
        }
        (Shape::OneOf(shapes), value) => shapes.iter().for_each(|shape| keys_of(value, shape, path, found)),
        _ => {}
    }
}

fn keys_of_document(document: &Value) -> Vec<(Place, Vec<String>)> {
    let mut found = Vec::new();
    keys_of(document, &Shape::Section("the file", stack::table), &[], &mut found);
    found
}

fn covering() -> Vec<Case> {
    golden::cases().into_iter().filter(|case| case.path.to_string_lossy().contains("coverage")).collect()
}

/// Sections of which all is refused where one of them is used.
const REFUSED_AS_A_WHOLE: &[&str] = &["a StackStorm action", "an image of the provider"];

/// Everything that the stages up to the template make of a configuration.
fn observed(resolved: &Resolved) -> String {
    let stack = match stack::decode(resolved) {
        Ok(stack) => stack,
        Err(diagnostics) => return format!("{diagnostics:?}"),
    };
    let units = artifact::units(&stack);
    match template::render(&stack, &template::placeholders(&stack)) {
        Ok(rendered) => {
            let template = serde_json::to_string(&rendered.template).unwrap();
            format!("{template} {units:?} {} {:?} {}", rendered.stack_name, rendered.bucket, rendered.prefix)
        }
        Err(diagnostics) => format!("{diagnostics:?}"),
    }
}

/// The value at the end of a path.
fn at<'a>(node: &'a mut Node, path: &[String]) -> Option<&'a mut Node> {
    let Some((key, rest)) = path.split_first() else { return Some(node) };
    let next = match &mut node.kind {
        Kind::Mapping(entries) => entries.iter_mut().find(|entry| entry.key.text == *key).map(|entry| &mut entry.value),
        Kind::Sequence(items) => key.parse::<usize>().ok().and_then(|at| items.get_mut(at)),
        _ => None,
    };
    at(next?, rest)
}

fn without(resolved: &Resolved, path: &[String]) -> Resolved {
    let mut resolved = resolved.clone();
    let (key, parent) = path.split_last().expect("a key");
    if let Some(Node { kind: Kind::Mapping(entries), .. }) = at(&mut resolved.document, parent) {
        entries.retain(|entry| entry.key.text != *key);
    }
    resolved
}

#[test]
fn every_key_has_a_case() {
    let documents = golden::cases().iter().filter_map(Case::document).collect::<Vec<Value>>();
    let seen: BTreeSet<Place> =
        documents.iter().flat_map(|document| keys_of_document(document)).map(|(place, _)| place).collect();
    let all = tables().into_iter().flat_map(|table| table.keys.iter().map(|key| (table.title, key.name)));
    let missing: Vec<Place> = all.filter(|place| !seen.contains(place)).collect();
    assert!(missing.is_empty(), "no golden case has {missing:?}");
}

#[test]
fn no_key_is_silently_ignored() {
    let mut effective: BTreeSet<Place> = BTreeSet::new();
    for case in covering() {
        let root = tempfile::tempdir().unwrap();
        let resolved = case.resolved(root.path()).unwrap_or_else(|invalid| panic!("{invalid:?}"));
        let whole = observed(&resolved);
        for (place, path) in keys_of_document(&resolved.document.to_json()) {
            if !effective.contains(&place) && observed(&without(&resolved, &path)) != whole {
                effective.insert(place);
            }
        }
    }
    let known =
        |place: &Place| ELSEWHERE.iter().any(|(known, _)| known == place) || REFUSED_AS_A_WHOLE.contains(&place.0);
    let current = tables().into_iter().flat_map(|table| {
        let keys = table.keys.iter().filter(|key| key.standing == Standing::Current);
        keys.map(|key| (table.title, key.name))
    });
    let idle: Vec<Place> = current.filter(|place| !effective.contains(place) && !known(place)).collect();
    assert!(idle.is_empty(), "taking these away changes nothing: {idle:?}");
}

#[test]
fn what_is_said_to_have_its_effect_elsewhere_is_a_key() {
    let all: BTreeSet<Place> =
        tables().into_iter().flat_map(|table| table.keys.iter().map(|key| (table.title, key.name))).collect();
    for (place, _) in ELSEWHERE {
        assert!(all.contains(place), "{place:?} is no key");
    }
}

/// Values that a key may have by mistake.
fn odd_values() -> Vec<Value> {
    let texts = [
        "",
        " ",
        "a",
        "é\u{0}\n",
        "$",
        "{",
        "${",
        "rate(",
        "cron()",
        "arn:aws:::",
        "GET",
        "GET  /{",
        "* *",
        "::::",
        "/",
        "s3:",
    ];
    let mut values: Vec<Value> = texts.iter().map(|text| Value::from(*text)).collect();
    values.extend(["x".repeat(10_000), "{\"a\":".repeat(500)].map(Value::from));
    let written = "[null, true, false, -1, 0, 1.5, 1e300, 9223372036854775807, [], [[]], [null], {}, [{}], {\"\": null},
        {\"Ref\": null}, {\"Ref\": \"X\"}, {\"Fn::GetAtt\": []}, {\"Fn::GetAtt\": [\"a\"]}, {\"Fn::Sub\": []}, {\"Fn::Join\": {}},
        {\"name\": null}, {\"arn\": []}, {\"type\": \"x\"}, [\"a\", {\"b\": [1]}], {\"States\": [], \"StartAt\": 1}]";
    values.extend(serde_json::from_str::<Vec<Value>>(written).unwrap());
    values
}

/// The way to some place of a tree.
fn some_path(node: &Node, random: &mut fastrand::Rng) -> Vec<String> {
    let mut path = Vec::new();
    let mut here = node;
    loop {
        let children: Vec<(String, &Node)> = match &here.kind {
            Kind::Mapping(entries) => entries.iter().map(|entry| (entry.key.text.clone(), &entry.value)).collect(),
            Kind::Sequence(items) => items.iter().enumerate().map(|(at, item)| (at.to_string(), item)).collect(),
            _ => return path,
        };
        if children.is_empty() || (!path.is_empty() && random.u8(..) < 40) {
            return path;
        }
        let (key, child) = children[random.usize(..children.len())].clone();
        path.push(key);
        here = child;
    }
}

/// `DEPLOY_MUTATIONS=100000 cargo test --workspace --test it odd_values` tries harder.
#[test]
fn odd_values_are_read_or_refused_and_never_make_a_panic() {
    let rounds = std::env::var("DEPLOY_MUTATIONS").ok().and_then(|text| text.parse().ok()).unwrap_or(600);
    let roots: Vec<(tempfile::TempDir, Case)> =
        covering().into_iter().map(|case| (tempfile::tempdir().unwrap(), case)).collect();
    let all: Vec<Resolved> = roots.iter().map(|(root, case)| case.resolved(root.path()).unwrap()).collect();
    let (values, mut random) = (odd_values(), fastrand::Rng::with_seed(7));
    for _ in 0..rounds {
        let mut resolved = all[random.usize(..all.len())].clone();
        for _ in 0..=random.usize(..2) {
            let path = some_path(&resolved.document, &mut random);
            let value = &values[random.usize(..values.len())];
            if let Some(node) = at(&mut resolved.document, &path) {
                *node = Node::from_json(value, node.span);
            }
        }
        // Not strict, so that what lies behind the first mistake is reached as well.
        resolved.dialect = if random.bool() { deploy::project::Dialect::Serverless } else { resolved.dialect };
        assert!(!observed(&resolved).is_empty());
    }
}
