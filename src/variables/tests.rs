//! Whole projects in a temporary folder, resolved.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Mutex;

use serde_json::{Value, json};

use super::*;
use crate::project::{Options, read};

/// A cloud that knows what a test wrote down, and remembers what it was asked.
#[derive(Debug, Default)]
struct Scripted {
    asked: Mutex<Vec<String>>,
}

impl Scripted {
    fn note(&self, question: String) {
        self.asked.lock().expect("no test panics here").push(question);
    }
}

impl Cloud for Scripted {
    fn default_region(&self, profile: Option<&str>) -> Option<String> {
        profile.map(|_| "eu-north-1".to_owned())
    }

    async fn account(&self, at: &At) -> Result<String, Refusal> {
        self.note(format!("account {}", at.target.as_str()));
        Ok("012345678901".to_owned())
    }

    async fn parameter(&self, at: &At, name: &str, decrypt: bool) -> Result<Option<Parameter>, Refusal> {
        self.note(format!("parameter {} {name} {decrypt}", at.region));
        let (kind, value) = match name {
            "/plain" => (ParameterKind::String, "from ${self:service}"),
            "/list" => (ParameterKind::StringList, "a,b"),
            "/secret" => (ParameterKind::SecureString, "{\"user\": \"u\", \"password\": \"p\"}"),
            _ => return Ok(None),
        };
        Ok(Some(Parameter { kind, value: value.to_owned() }))
    }

    async fn output(&self, at: &At, stack: &str, output: &str) -> Result<Option<String>, Refusal> {
        self.note(format!("output {} {:?} {stack}.{output}", at.region, at.account));
        Ok((stack == "other-dev").then(|| "arn".to_owned()))
    }

    async fn object(&self, _: &At, bucket: &str, key: &str) -> Result<Option<String>, Refusal> {
        self.note(format!("object {bucket} {key}"));
        if bucket == "closed" { Err(Refusal::new("Access Denied")) } else { Ok(Some("content".to_owned())) }
    }
}

struct Case {
    folder: tempfile::TempDir,
    options: Options,
    environment: HashMap<String, String>,
}

fn case(files: &[(&str, &str)]) -> Case {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    let options = Options { directory: folder.path().to_owned(), ..Options::default() };
    Case { folder, options, environment: HashMap::new() }
}

impl Case {
    fn run_with(&self, cloud: Scripted) -> (Result<Resolved, Invalid>, Vec<String>) {
        let project = read(self.options.clone()).expect("a project");
        let machine = Machine::new(project.root.clone(), cloud).with_environment(self.environment.clone());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let resolved = runtime.block_on(resolve(&project, &machine));
        let mut asked = machine.cloud().asked.lock().expect("no test panics here").clone();
        asked.sort();
        (resolved, asked)
    }

    fn resolved(&self) -> Resolved {
        match self.run_with(Scripted::default()).0 {
            Ok(resolved) => resolved,
            Err(invalid) => panic!("{}", shown(&invalid)),
        }
    }

    fn value(&self) -> Value {
        let mut value = self.resolved().document.to_json();
        value.as_object_mut().expect("a mapping").shift_remove("provider");
        value
    }

    fn mistakes(&self) -> String {
        match self.run_with(Scripted::default()).0 {
            Ok(resolved) => panic!("there is no mistake: {}", resolved.document.to_json()),
            Err(invalid) => shown(&invalid),
        }
    }
}

fn shown(invalid: &Invalid) -> String {
    let each = invalid.diagnostics.0.iter().map(|each| crate::diagnostic::render(each, &invalid.sources, false));
    each.collect::<Vec<_>>().join("\n")
}

fn stack(text: &str) -> Case {
    case(&[("stack.yaml", text)])
}

#[test]
fn both_spellings_mean_the_same_and_cloudformation_keeps_its_own() {
    let case =
        stack("service: a\nb: $<self:service>-${self:service}\nc: !Sub '${AWS::Region} ${Table} ${self:service}'\n");
    assert_eq!(case.value(), json!({"service": "a", "b": "a-a", "c": {"Fn::Sub": "${AWS::Region} ${Table} a"}}));
}

#[test]
fn the_sign_up_application_s_fallback_takes_the_example_until_env_yml_is_there() {
    let stack = "service: s\ncustom:\n  slack: $<file(env.yml):slack, file(env.example.yml):slack>\n  token: $<self:custom.slack.token>\n";
    let example = ("env.example.yml", "slack: {token: example, team: t}\n");
    let fresh = case(&[("stack.yaml", stack), example]);
    assert_eq!(fresh.value()["custom"], json!({"slack": {"token": "example", "team": "t"}, "token": "example"}));
    let own =
        case(&[("stack.yaml", stack), example, ("env.yml", "slack: {token: own}\n"), (".gitignore", "env.yml\n")]);
    let resolved = own.resolved();
    let custom = resolved.document.get("custom").expect("custom");
    assert_eq!(custom.to_json(), json!({"slack": {"token": "own"}, "token": "own"}));
    assert!(custom.get("token").expect("token").secret);
    assert!(custom.get("slack").and_then(|slack| slack.get("token")).expect("token").secret);
    assert!(!resolved.document.get("service").expect("service").secret);
}

#[test]
fn variables_inside_an_included_file_are_resolved() {
    let case = case(&[
        ("stack.yaml", "service: s\ndefinition: $<file(machine.yml)>\n"),
        ("machine.yml", "States:\n  A: {Resource: 'arn:$<opt:stage, self:provider.stage>:$<self:service>'}\n"),
    ]);
    assert_eq!(case.value()["definition"], json!({"States": {"A": {"Resource": "arn:dev:s"}}}));
}

#[test]
fn stage_and_region_have_defaults_before_self_is_resolved() {
    let mut case =
        stack("service: s\na: $<opt:stage, self:provider.stage>/$<self:provider.region>/$<sls:stage>/$<aws:region>\n");
    assert_eq!(case.value()["a"], "dev/us-east-1/dev/us-east-1");
    case.options.stage = Some("prod".to_owned());
    case.options.profile = Some("p".to_owned());
    assert_eq!(case.value()["a"], "prod/eu-north-1/prod/eu-north-1");
    let resolved = case.resolved();
    assert_eq!(
        resolved.document.get("provider").expect("provider").to_json(),
        json!({"stage": "prod", "region": "eu-north-1"})
    );
}

#[test]
fn the_stage_of_the_file_stays_the_file_s() {
    let mut case = stack("service: s\nprovider: {name: aws, stage: test}\na: $<self:provider.stage>/$<sls:stage>\n");
    assert_eq!(case.value()["a"], "test/test");
    case.options.stage = Some("prod".to_owned());
    assert_eq!(case.value()["a"], "test/prod");
}

#[test]
fn stages_say_where_they_run() {
    let text = "service: s\nstages:\n  dev: {target: local}\n  prod: {target: aws}\n";
    let mut case = stack(text);
    assert_eq!(case.resolved().target, Target::Local);
    case.options.stage = Some("prod".to_owned());
    assert_eq!(case.resolved().target, Target::Aws);
    case.options.stage = Some("prdo".to_owned());
    let mistakes = case.mistakes();
    assert!(
        mistakes.contains("error[unknown-stage]: there is no stage `prdo`: `stages` has `dev` and `prod`"),
        "{mistakes}"
    );
    assert!(mistakes.contains("did you mean `prod`?"), "{mistakes}");
    case.options.target = Some(Target::Local);
    assert_eq!(case.resolved().target, Target::Local);
    assert_eq!(stack("service: s\n").resolved().target, Target::Aws);
}

#[test]
fn the_network_is_asked_once_for_what_is_needed_and_only_then() {
    let case = stack(
        "service: s\na: $<ssm:/plain>\nb: $<ssm:/plain> again\nc: $<ssm(eu-west-1):/list>\nd: $<self:service, cf:none.Out>\n\
         e: $<cf(eu-west-1, 111122223333):other-dev.Arn>\nf: $<cf:none.Out, s3:bucket/key>\ng: $<aws:accountId>\n",
    );
    let (resolved, asked) = case.run_with(Scripted::default());
    let value = resolved.map_err(|invalid| shown(&invalid)).expect("no mistakes").document.to_json();
    assert_eq!(value["a"], "from s");
    assert_eq!(value["b"], "from s again");
    assert_eq!(value["c"], json!(["a", "b"]));
    assert_eq!(
        (&value["d"], &value["e"], &value["f"], &value["g"]),
        (&json!("s"), &json!("arn"), &json!("content"), &json!("012345678901"))
    );
    assert_eq!(
        asked,
        [
            "account aws",
            "object bucket key",
            "output eu-west-1 Some(\"111122223333\") other-dev.Arn",
            "output us-east-1 None none.Out",
            "parameter eu-west-1 /list true",
            "parameter us-east-1 /plain true",
        ]
    );
}

#[test]
fn secrets_keep_their_mark_through_every_step() {
    let case = stack(
        "service: s\nsecrets: [API_KEY, custom.db.password]\na: x-$<self:b.password>\nb: $<ssm:/secret>\n\
         custom: {db: {password: p, user: u}, API_KEY: k}\nc: $<self:custom.db>\nd: $<self:custom.API_KEY>!\n",
    );
    let document = case.resolved().document;
    let secret = |path: &str| path.split('.').try_fold(&document, |node, key| node.get(key)).expect("a value").secret;
    for path in ["a", "b", "b.password", "custom.db.password", "c.password", "d", "custom.API_KEY"] {
        assert!(secret(path), "{path}");
    }
    for path in ["service", "c.user", "custom"] {
        assert!(!secret(path), "{path}");
    }
}

#[test]
fn a_circle_is_told_with_every_place_on_it() {
    let mistakes =
        stack("service: s\ncustom:\n  a: $<self:custom.b>\n  b: x $<self:custom.c>\n  c: $<self:custom.a>\n")
            .mistakes();
    assert!(
        mistakes.contains(
            "error[variable-cycle]: `custom.a` needs `custom.b`, which needs `custom.c`, which needs `custom.a`"
        ),
        "{mistakes}"
    );
    assert_eq!(mistakes.matches("error[").count(), 1, "{mistakes}");
    for place in ["stack.yaml:3:6", "stack.yaml:4:6", "stack.yaml:5:6"] {
        assert!(mistakes.contains(place), "{mistakes}");
    }
    assert!(stack("service: s\na: $<self:>\n").mistakes().contains("`a` needs itself"));
}

#[test]
fn a_file_s_parts_may_need_each_other_and_the_rest_of_the_project() {
    let case = case(&[
        ("stack.yaml", "service: s\ncustom: $<file(custom.yml)>\n"),
        ("custom.yml", "a: $<self:custom.b>\nb: $<self:service>\n"),
    ]);
    assert_eq!(case.value()["custom"], json!({"a": "s", "b": "s"}));
}

#[test]
fn what_is_not_there_is_named_with_the_nearest_name() {
    let case = case(&[
        ("stack.yaml", "functions:\n  f:\n    environment:\n      SLACK_TOKEN: $<file(env.yml):slack.tokn>\n"),
        ("env.yml", "private: 1\n\nslack:\n  token: x\n  team: y\n"),
    ]);
    assert_eq!(
        case.mistakes(),
        "error[variable-not-found]: `slack.tokn` is not defined in `env.yml`\n ──▶ stack.yaml:4:36\n  │\n\
         4 │       SLACK_TOKEN: $<file(env.yml):slack.tokn>\n  │                                    ^^^^^^^^^^\n\
         note: `slack` is defined here, with keys `token` and `team`\n  ──▶ env.yml:3:1\nhint: did you mean `slack.token`?\n"
    );
}

#[test]
fn null_is_missing_and_a_literal_null_is_a_value() {
    assert_eq!(
        stack("a: $<self:b, 'x'>\nb: null\nc: $<opt:none, null>\n").value(),
        json!({"a": "x", "b": null, "c": null})
    );
}

#[test]
fn literals_nesting_and_whole_values() {
    let mut case = stack(
        "service: s\na: $<opt:x, 5>\nb: $<opt:x, true>\nc: $<opt:x, \"q\\\"\\u00e9\">\nd: $<self:custom.$<opt:stage, 'dev'>.memory>\n\
         custom: {dev: {memory: 256}}\ne: [$<self:custom>, '$<strToBool($<env:FLAG>)>']\nf: \\$<self:service> \\${self:service}\n\
         g: $<param:p>\nparams: {default: {p: 1}, dev: {p: $<self:custom.dev.memory>}}\n",
    );
    case.environment.insert("FLAG".to_owned(), "TRUE".to_owned());
    let value = case.value();
    assert_eq!(
        (&value["a"], &value["b"], &value["c"], &value["d"]),
        (&json!(5), &json!(true), &json!("q\"é"), &json!(256))
    );
    assert_eq!(value["e"], json!([{"dev": {"memory": 256}}, true]));
    assert_eq!(value["f"], "$<self:service> ${self:service}");
    assert_eq!(value["g"], 256);
}

#[test]
fn dotenv_files_are_read_when_asked_for() {
    let mut case = case(&[
        ("stack.yaml", "useDotenv: true\na: $<env:A>\nb: $<env:B>\nc: $<env:C>\n"),
        (".env", "A=1\nB=2\nC=3\n"),
        (".env.dev", "A=dev\n"),
        (".gitignore", ".env*\n"),
    ]);
    case.environment.insert("C".to_owned(), "process".to_owned());
    let document = case.resolved().document;
    let value = document.to_json();
    assert_eq!((&value["a"], &value["b"], &value["c"]), (&json!("dev"), &json!("2"), &json!("process")));
    assert!(document.get("a").expect("a").secret && !document.get("c").expect("c").secret);
}

#[test]
fn nesting_bombs_end_with_the_bound_that_they_broke() {
    let deep = format!("a: {}1{}\n", "$<self:".repeat(2000), ">".repeat(2000));
    assert!(stack(&deep).mistakes().contains("more than 16 deep"));
    let chain: String = (0..400).map(|at| format!("a{at}: $<self:a{}>\n", at + 1)).collect();
    assert!(stack(&format!("{chain}a400: 1\n")).mistakes().contains("error[limit-exceeded]"));
    let wide: String =
        (0..40).map(|at| format!("a{at}: [$<self:a{0}>, $<self:a{0}>, $<self:a{0}>]\n", at + 1)).collect();
    assert!(stack(&format!("{wide}a40: 1\n")).mistakes().contains("more than 500000 values"));
    let text: String = (0..60).map(|at| format!("a{at}: $<self:a{0}>$<self:a{0}>\n", at + 1)).collect();
    assert!(stack(&format!("{text}a60: word\n")).mistakes().contains("more than 8 MiB of text"));
}

#[test]
fn several_mistakes_are_reported_in_one_run_by_place() {
    let mistakes = stack("a: $<slef:x>\nb: $<self.x>\nc: $<self:x\nd: $<opt:x>\ne: x$<self:f>\nf: {}\n").mistakes();
    let codes: Vec<&str> = mistakes.lines().filter(|line| line.starts_with("error[")).collect();
    assert_eq!(codes.len(), 5, "{mistakes}");
    assert!(codes[0].starts_with("error[unknown-source]: there is no variable source `slef`"), "{mistakes}");
    assert!(mistakes.contains("did you mean `self:x`?"), "{mistakes}");
}

#[test]
fn a_serverless_file_keeps_what_is_no_variable_there() {
    let case = case(&[("serverless.yml", "a: $<name> ${foo:bar} ${aws:username} ${x}\nb: ${self:a}\n")]);
    assert_eq!(case.value()["a"], "$<name> ${foo:bar} ${aws:username} ${x}");
}

#[test]
fn only_the_keys_that_a_command_needs_are_resolved() {
    let case = stack("service: $<self:custom.name>\ncustom: {name: n, x: $<aws:accountId>}\n");
    let project = read(case.options.clone()).expect("a project");
    let machine = Machine::new(project.root.clone(), NoCloud).with_environment(HashMap::new());
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let resolved = runtime.block_on(resolve_only(&project, &machine, &["service"])).expect("no mistakes");
    assert_eq!(resolved.document.get("service").expect("service").to_json(), "n");
    assert!(resolved.document.get("custom").is_none());
    assert!(Path::new(&case.folder.path()).exists());
}
