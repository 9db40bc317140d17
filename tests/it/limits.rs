//! Files and variables without measure: each bound is named, and nothing hangs.

use std::path::Path;

use deploy::diagnostic::{Code, Invalid};
use deploy::project::{self, Options};
use deploy::variables::{self, Machine, NoCloud, Resolved};

use crate::support::project::Project;

fn resolved(files: &[(&str, String)]) -> Result<Resolved, Invalid> {
    let root = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(root.path().join(name), text).unwrap();
    }
    resolved_in(root.path())
}

fn resolved_in(root: &Path) -> Result<Resolved, Invalid> {
    let project = project::read(Options { directory: root.to_owned(), ..Options::default() })?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(variables::resolve(&project, &Machine::new(root, NoCloud)))
}

/// The only mistake is a bound, and its message has these words.
#[track_caller]
fn bounded(files: &[(&str, String)], words: &str) {
    let invalid = resolved(files).expect_err("a bound");
    let found: Vec<_> = invalid.diagnostics.0.iter().map(|each| (each.code, each.message.as_str())).collect();
    assert!(matches!(found.as_slice(), [(Code::LimitExceeded, text)] if text.contains(words)), "{found:?}");
}

fn stack(text: String) -> Vec<(&'static str, String)> {
    vec![("stack.yaml", text)]
}

#[test]
fn a_file_of_ten_megabytes_is_refused() {
    bounded(&stack(format!("service: a\ncustom: {}\n", "x".repeat(10_000_000))), "8 MiB");
    let including = "service: a\ncustom: $<file(big.txt)>\n".to_owned();
    bounded(&[("stack.yaml", including), ("big.txt", "x".repeat(10_000_000))], "8 MiB");
}

#[test]
fn brackets_by_the_hundred_thousand_are_refused() {
    bounded(&stack(format!("service: a\ncustom: {}", "[".repeat(100_000))), "100 levels");
    bounded(&stack(format!("service: a\ncustom: {}", "{a: ".repeat(100_000))), "100 levels");
    bounded(
        &stack(format!("service: a\n{}", (0..3_000).map(|at| format!("{}a:\n", " ".repeat(at))).collect::<String>())),
        "100 levels",
    );
}

#[test]
fn variables_inside_each_other_by_the_hundred_thousand_are_refused() {
    for open in ["$<self:", "${self:", "$<file(", "${strToBool("] {
        bounded(&stack(format!("service: a\ncustom: \"{}\"\n", open.repeat(100_000))), "16 deep");
    }
}

#[test]
fn aliases_that_double_are_refused() {
    let mut text = "service: a\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for at in 1..12 {
        let aliases = vec![format!("*a{}", at - 1); 10].join(", ");
        text.push_str(&format!("a{at}: &a{at} [{aliases}]\n"));
    }
    bounded(&stack(text), "500000 values");
}

#[test]
fn variables_that_double_are_refused() {
    let mut trees = "service: a\ncustom:\n  a0: [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    let mut texts = format!("service: a\ncustom:\n  a0: {}\n", "x".repeat(1_000));
    for at in 1..12 {
        let before = at - 1;
        trees.push_str(&format!("  a{at}: [{}]\n", vec![format!("$<self:custom.a{before}>"); 10].join(", ")));
        texts.push_str(&format!("  a{at}: {}\n", format!("$<self:custom.a{before}>").repeat(10)));
    }
    bounded(&stack(trees), "500000 values");
    bounded(&stack(texts), "8 MiB");
}

#[test]
fn a_long_text_of_many_variables_is_resolved() {
    let text = format!("service: a\ncustom: '{}'\n", "$<self:service> ".repeat(20_000));
    let resolved = resolved(&stack(text)).expect("no mistake");
    assert_eq!(resolved.document.get("custom").and_then(|custom| custom.as_str()).map(str::len), Some(40_000));
}

#[test]
fn a_file_with_very_many_names_is_read() {
    let names: String = (0..50_000).map(|at| format!("NAME{at}=$NAME{}\n", at / 2)).collect();
    let files = [("stack.yaml", "service: a\nuseDotenv: true\ncustom: $<env:NAME49999>\n".to_owned()), (".env", names)];
    assert!(resolved(&files).is_ok());
}

#[test]
fn of_very_many_mistakes_a_person_sees_a_hundred_and_a_machine_all() {
    let functions: String = (0..300).map(|at| format!("  f{at}: {{handler: a.b, timeuot: 3}}\n")).collect();
    let stack = format!("service: a\nprovider: {{name: aws, runtime: python3.13}}\nfunctions:\n{functions}");
    let project = Project::with_stack(&stack);
    let told = project.run(&["validate"]).expect(3).all();
    assert_eq!(told.matches("error[unknown-key]").count(), 100);
    assert!(told.contains("200 more errors are not shown; `--json` shows all\n"), "{told}");
    let told = project.run(&["validate", "--json"]).expect(3).all();
    assert_eq!(told.matches("\"unknown-key\"").count(), 300);
}
