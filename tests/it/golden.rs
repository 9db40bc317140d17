//! Projects with mistakes, and how each mistake reads: a file `tests/golden/TOPIC/CASE.case` each.
//!
//! A case begins with a sentence that says what it shows. Then come its files, each after a line `@@ PATH`. Some names mean something
//! else: `@@ arguments` (`--stage prod` a line), `@@ environment` (`NAME=value` a line), `@@ cloud` (JSON: what a cloud would
//! answer). Last comes `@@ expected`: every diagnostic as a person reads it, or `no mistakes` and the resolved document.
//!
//! `DEPLOY_BLESS=1 cargo test --test it golden` writes what there is now as expected; look at the difference before you commit.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use deploy::diagnostic::{Code, Diagnostic, Invalid, render};
use deploy::project::{self, Options, Target};
use deploy::source::Sources;
use deploy::stack;
use deploy::variables::{self, At, Cloud, Machine, Parameter, ParameterKind, Refusal};
use serde_json::Value;

/// How many cases there are at least.
const CASES: usize = 120;

/// Mistakes that are found after the model; their own tests show them.
const ELSEWHERE: &[Code] = &[
    Code::UnsupportedKey,
    Code::FileNotFound,
    Code::UnknownRights,
    Code::WeakTemplate,
    Code::OtherAccount,
    Code::StateMachine,
];

struct Case {
    path: PathBuf,
    /// Everything before the expectation.
    given: String,
    files: Vec<(String, String)>,
    arguments: Vec<(String, String)>,
    environment: HashMap<String, String>,
    cloud: Value,
    expected: String,
}

/// A cloud that answers from the case's JSON.
struct Written(Value);

impl Written {
    fn answer(&self, kind: &str, name: &str) -> Result<Option<Value>, Refusal> {
        match self.0.get(kind).and_then(|answers| answers.get(name)) {
            Some(Value::Object(refusal)) if refusal.contains_key("refused") => Err(Refusal {
                message: refusal["refused"].as_str().unwrap_or_default().to_owned(),
                hint: refusal.get("hint").and_then(Value::as_str).map(str::to_owned),
            }),
            found => Ok(found.cloned()),
        }
    }

    fn text(&self, kind: &str, name: &str) -> Result<Option<String>, Refusal> {
        Ok(self.answer(kind, name)?.and_then(|value| value.as_str().map(str::to_owned)))
    }
}

impl Cloud for Written {
    fn default_region(&self, _: Option<&str>) -> Option<String> {
        None
    }

    async fn account(&self, at: &At) -> Result<String, Refusal> {
        Ok(self.text("account", at.target.as_str())?.unwrap_or_else(|| "123456789012".to_owned()))
    }

    async fn parameter(&self, _: &At, name: &str, _: bool) -> Result<Option<Parameter>, Refusal> {
        let Some(value) = self.answer("parameter", name)? else { return Ok(None) };
        let kind = match value["type"].as_str() {
            Some("SecureString") => ParameterKind::SecureString,
            Some("StringList") => ParameterKind::StringList,
            _ => ParameterKind::String,
        };
        Ok(Some(Parameter { kind, value: value["value"].as_str().unwrap_or_default().to_owned() }))
    }

    async fn output(&self, _: &At, stack: &str, output: &str) -> Result<Option<String>, Refusal> {
        self.text("output", &format!("{stack}.{output}"))
    }

    async fn object(&self, _: &At, bucket: &str, key: &str) -> Result<Option<String>, Refusal> {
        self.text("object", &format!("{bucket}/{key}"))
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn cases() -> Vec<Case> {
    let mut paths = Vec::new();
    for topic in std::fs::read_dir(folder()).expect("tests/golden") {
        for entry in std::fs::read_dir(topic.expect("a topic").path()).expect("a topic is a folder") {
            paths.push(entry.expect("a case").path());
        }
    }
    paths.sort();
    paths.iter().map(|path| parsed(path)).collect()
}

fn parsed(path: &Path) -> Case {
    let text = std::fs::read_to_string(path).expect("a case is text");
    let (given, expected) = text.split_once("@@ expected\n").unwrap_or((&text, ""));
    let mut case = Case {
        path: path.to_owned(),
        given: given.to_owned(),
        files: Vec::new(),
        arguments: Vec::new(),
        environment: HashMap::new(),
        cloud: Value::Null,
        expected: expected.to_owned(),
    };
    for part in given.split("@@ ").skip(1) {
        let (name, content) = part.split_once('\n').expect("a name ends its line");
        match name {
            "arguments" => case.arguments.extend(content.lines().filter_map(|line| line.split_once(' ')).map(own)),
            "environment" => case.environment.extend(content.lines().filter_map(|line| line.split_once('=')).map(own)),
            "cloud" => case.cloud = serde_json::from_str(content).expect("the cloud is JSON"),
            _ => case.files.push((name.to_owned(), written_out(content))),
        }
    }
    case
}

fn own((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// `␉` and `␍` stand for a tab and a carriage return, which editors like to take away.
fn written_out(text: &str) -> String {
    text.replace('␉', "\t").replace('␍', "\r")
}

impl Case {
    fn options(&self, root: &Path) -> Options {
        let mut options = Options { directory: root.to_owned(), ..Options::default() };
        for (name, value) in &self.arguments {
            match name.as_str() {
                "--stage" => options.stage = Some(value.clone()),
                "--region" => options.region = Some(value.clone()),
                "--profile" => options.profile = Some(value.clone()),
                "--config" => options.config = Some(value.into()),
                "--target" => options.target = Some(if value == "local" { Target::Local } else { Target::Aws }),
                "--param" => options.params.extend(value.split_once('=').map(own)),
                other => panic!("no argument {other}"),
            }
        }
        options
    }

    /// The diagnostics and the files that they are in, and the document if there is one.
    fn run(&self, root: &Path) -> (Vec<Diagnostic>, Sources, Option<Value>) {
        for (name, content) in &self.files {
            let path = root.join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, content).expect("a file");
        }
        let failed = |invalid: Invalid| (invalid.diagnostics.0, invalid.sources, None);
        let project = match project::read(self.options(root)) {
            Ok(project) => project,
            Err(invalid) => return failed(invalid),
        };
        let machine =
            Machine::new(&project.root, Written(self.cloud.clone())).with_environment(self.environment.clone());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let resolved = match runtime.block_on(variables::resolve(&project, &machine)) {
            Ok(resolved) => resolved,
            Err(invalid) => return failed(invalid),
        };
        let sources = resolved.sources.clone();
        match stack::decode(&resolved) {
            Ok(stack) => (stack.warnings, sources, Some(deploy::source::print::shown(&resolved.document, false))),
            Err(diagnostics) => (diagnostics.0, sources, None),
        }
    }

    fn found(&self) -> String {
        let root = tempfile::tempdir().expect("a temporary folder");
        let (diagnostics, sources, document) = self.run(root.path());
        let mut text = String::new();
        for diagnostic in &diagnostics {
            let shown = render(diagnostic, &sources, false).replace(&*root.path().to_string_lossy(), "PROJECT");
            let _ = writeln!(text, "{shown}");
        }
        if diagnostics.is_empty() {
            let _ = writeln!(text, "no mistakes");
            let _ = writeln!(text, "{}", document.map(|document| format!("{document:#}")).unwrap_or_default());
        }
        text.trim_end().to_owned() + "\n"
    }
}

#[test]
fn every_mistake_reads_as_expected() {
    let blessing = std::env::var_os("DEPLOY_BLESS").is_some();
    let mut wrong = Vec::new();
    for case in cases() {
        let found = case.found();
        if blessing {
            std::fs::write(&case.path, format!("{}@@ expected\n{found}", case.given)).expect("the case is written");
        } else if found != case.expected {
            wrong.push(format!("{}\n--- expected\n{}--- found\n{found}", case.path.display(), case.expected));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn there_is_a_case_for_every_code() {
    let cases = cases();
    assert!(cases.len() >= CASES, "there are {} cases", cases.len());
    for code in Code::ALL.iter().filter(|code| !ELSEWHERE.contains(code)) {
        let shown = format!("[{code}]: ");
        assert!(cases.iter().any(|case| case.expected.contains(&shown)), "no case shows {code}");
    }
}

#[test]
fn every_error_can_be_acted_on() {
    for case in cases() {
        for block in case.expected.split("\n\n").filter(|block| block.starts_with("error[")) {
            assert!(block.contains("hint: "), "no hint in {}:\n{block}", case.path.display());
        }
    }
}
