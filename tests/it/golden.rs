//! Projects with mistakes, and how each mistake reads: a file `tests/golden/TOPIC/CASE.case` each.
//!
//! A case begins with a sentence that says what it shows. Then come its files, each after a line `@@ PATH`. Some names mean something
//! else: `@@ arguments` (`--stage prod` a line), `@@ environment` (`NAME=value` a line), `@@ cloud` (JSON: what a cloud would
//! answer), `@@ git` (a commit message: the files are committed to a repository), `@@ needs` (a program without which the
//! case is left out, by name). Last comes `@@ expected`: every diagnostic as a person reads it, or `no mistakes` and the
//! resolved document. A case goes the way of `deploy validate`, and on to the zips and to what is known of the account.
//!
//! `DEPLOY_BLESS=1 cargo test --test it golden` writes what there is now as expected; look at the difference before you commit.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use deploy::artifact;
use deploy::diagnostic::{Code, Diagnostic, Diagnostics, Invalid, Severity, render};
use deploy::project::{self, Options, Target};
use deploy::source::Sources;
use deploy::stack;
use deploy::template;
use deploy::variables::{self, At, Cloud, Machine, Parameter, ParameterKind, Refusal};
use serde_json::Value;

/// How many cases there are at least.
const CASES: usize = 120;

pub struct Case {
    pub path: PathBuf,
    /// Everything before the expectation.
    given: String,
    files: Vec<(String, String)>,
    arguments: Vec<(String, String)>,
    environment: HashMap<String, String>,
    cloud: Value,
    /// The message of the commit that holds the files, if there is a repository.
    commit: Option<String>,
    /// The program that the case needs.
    needs: Option<String>,
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
                without_account: false,
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

pub fn cases() -> Vec<Case> {
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
        commit: None,
        needs: None,
        expected: expected.to_owned(),
    };
    for part in given.split("@@ ").skip(1) {
        let (name, content) = part.split_once('\n').expect("a name ends its line");
        match name {
            "arguments" => case.arguments.extend(content.lines().filter_map(|line| line.split_once(' ')).map(own)),
            "environment" => case.environment.extend(content.lines().filter_map(|line| line.split_once('=')).map(own)),
            "cloud" => case.cloud = serde_json::from_str(content).expect("the cloud is JSON"),
            "git" => case.commit = Some(content.to_owned()),
            "needs" => case.needs = Some(content.trim().to_owned()),
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

    /// Writes the files of the case.
    fn write(&self, root: &Path) {
        for (name, content) in &self.files {
            let path = root.join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, content).expect("a file");
        }
    }

    /// The configuration, its variables not resolved; nothing for a case that is about what cannot be read.
    pub fn document(&self) -> Option<Value> {
        let root = tempfile::tempdir().expect("a temporary folder");
        self.write(root.path());
        project::read(self.options(root.path())).ok().map(|project| project.document.to_json())
    }

    /// The configuration in `root` with its variables resolved.
    pub fn resolved(&self, root: &Path) -> Result<variables::Resolved, Invalid> {
        self.write(root);
        let project = project::read(self.options(root))?;
        let machine =
            Machine::new(&project.root, Written(self.cloud.clone())).with_environment(self.environment.clone());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(variables::resolve(&project, &machine))
    }

    /// The diagnostics and the files that they are in, and the document if there is one.
    fn run(&self, root: &Path) -> (Vec<Diagnostic>, Sources, Option<Value>) {
        self.write(root);
        if let Some(message) = &self.commit {
            commit(root, message);
        }
        let resolved = match self.resolved(root) {
            Ok(resolved) => resolved,
            Err(invalid) => return (invalid.diagnostics.0, invalid.sources, None),
        };
        let sources = resolved.sources.clone();
        let stack = match stack::decode(&resolved) {
            Ok(stack) => stack,
            Err(diagnostics) => return (diagnostics.sorted().0, sources, None),
        };
        let mut found = stack.warnings.clone();
        match template::render(&stack, &template::placeholders(&stack)) {
            Ok(rendered) => found.extend(rendered.warnings),
            Err(diagnostics) => found.extend(diagnostics.0),
        }
        found.extend(artifact::units(&stack).err().unwrap_or_default().0);
        if let Some(account) = self.cloud.pointer("/account/aws").and_then(Value::as_str) {
            found.extend(stack::check::other_accounts(&stack, account));
        }
        let found = Diagnostics(found).sorted().0;
        (found, sources, Some(deploy::source::print::shown(&resolved.document, false)))
    }

    /// Whether the program is there that the case needs.
    #[allow(clippy::print_stderr)]
    fn can_run(&self) -> bool {
        let Some(program) = &self.needs else { return true };
        let found = Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
        if !found {
            eprintln!("left out, for there is no {program}: {}", self.path.display());
        }
        found
    }

    fn found(&self) -> String {
        let root = tempfile::tempdir().expect("a temporary folder");
        let (diagnostics, sources, document) = self.run(root.path());
        let mut text = String::new();
        for diagnostic in &diagnostics {
            let shown = render(diagnostic, &sources, false).replace(&*root.path().to_string_lossy(), "PROJECT");
            let _ = writeln!(text, "{shown}");
        }
        // What is only worth knowing does not hide the document.
        if diagnostics.iter().all(|diagnostic| diagnostic.severity == Severity::Note) {
            let _ = writeln!(text, "no mistakes");
            let _ = writeln!(text, "{}", document.map(|document| format!("{document:#}")).unwrap_or_default());
        }
        text.trim_end().to_owned() + "\n"
    }
}

/// Commits all files to a new repository, always under the same id.
fn commit(root: &Path, message: &str) {
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command
            .args(["-c", "core.hooksPath=/dev/null", "-c", "commit.gpgsign=false"])
            .args(arguments)
            .current_dir(root);
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "Ada").env(format!("GIT_{who}_EMAIL"), "ada@example.com");
            command.env(format!("GIT_{who}_DATE"), "2026-01-02T03:04:05Z");
        }
        let output = command.env("GIT_CONFIG_GLOBAL", "/dev/null").output().expect("git runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    git(&["init", "-q", "-b", "main"]);
    git(&["config", "user.name", "Ada"]);
    git(&["config", "user.email", "ada@example.com"]);
    git(&["add", "."]);
    git(&["commit", "-q", "-m", message]);
    git(&["tag", "v1"]);
}

#[test]
fn every_mistake_reads_as_expected() {
    let blessing = std::env::var_os("DEPLOY_BLESS").is_some();
    let mut wrong = Vec::new();
    for case in cases().into_iter().filter(Case::can_run) {
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
    for code in Code::ALL {
        let shown = format!("[{code}]: ");
        assert!(cases.iter().any(|case| case.expected.contains(&shown)), "no case shows {code}");
    }
}

#[test]
fn there_is_a_case_for_every_source_in_both_spellings() {
    let cases = cases();
    let valid = |case: &&Case| case.expected.contains("no mistakes\n");
    for source in variables::SOURCES {
        for open in ["$<", "${"] {
            let used = [format!("{open}{source}:"), format!("{open}{source}(")];
            let shown = cases.iter().filter(valid).any(|case| used.iter().any(|used| case.given.contains(used)));
            assert!(shown, "no case without mistakes has {open}{source}");
        }
    }
}

#[test]
fn every_error_can_be_acted_on() {
    for case in cases() {
        for block in case.expected.split("\n\n").filter(|block| block.starts_with("error[")) {
            let own = block.lines().any(|line| line.starts_with("hint: ") && !line.ends_with("says more"));
            assert!(own, "no hint in {}:\n{block}", case.path.display());
        }
    }
}
