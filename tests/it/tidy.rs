//! The rules of the house that a program can check.

use std::path::{Path, PathBuf};

/// The stages in the order in which data flows; each may use those before it.
const STAGES: &[&str] = &[
    "source",
    "diagnostic",
    "project",
    "variables",
    "stack",
    "artifact",
    "template",
    "plan",
    "apply",
    "observe",
    "report",
];

/// Where the clock, the environment and randomness come in.
const EDGES: &[&str] = &[
    "src/aws/",
    "src/cli/",
    "src/run.rs",
    "src/report/",
    // What rules a cargo build, and the age of cached zips.
    "src/artifact/rust.rs",
    "src/artifact/cargo.rs",
    "src/artifact/cache.rs",
    // Reads the process's environment behind the `World` trait.
    "src/variables/world.rs",
    "src/variables/machine.rs",
    "crates/local-aws/src/clock.rs",
    "crates/local-aws/src/daemon/",
    "crates/local-aws/src/runtime/",
    "crates/local-aws/src/store.rs",
    "crates/local-aws/src/store/",
];

struct Source {
    /// Relative to the workspace, with `/`.
    path: String,
    /// Without its unit tests.
    text: String,
}

fn workspace() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &str) -> Vec<Source> {
    let mut found = Vec::new();
    collect(&workspace().join(folder), &mut found);
    assert!(!found.is_empty(), "{folder} has no sources");
    found
}

fn collect(folder: &Path, found: &mut Vec<Source>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(workspace()).unwrap().to_string_lossy().replace('\\', "/");
            if name.ends_with("/tests.rs") || name.contains("/tests/") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default().to_owned();
            found.push(Source { path: name, text: code });
        }
    }
}

/// The lines of `sources` with any of `words`, comments apart.
fn lines_with<'a>(sources: &'a [Source], words: &'a [&str]) -> impl Iterator<Item = String> + 'a {
    sources.iter().flat_map(move |source| {
        let code = source.text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
        code.filter(move |(_, line)| words.iter().any(|word| line.contains(word)))
            .map(move |(index, line)| format!("{}:{}: {}", source.path, index + 1, line.trim()))
    })
}

fn assert_none(rule: &str, lines: Vec<String>) {
    assert!(lines.is_empty(), "{rule}:\n{}", lines.join("\n"));
}

#[test]
fn a_stage_uses_only_stages_before_it() {
    let mut broken = Vec::new();
    for (at, stage) in STAGES.iter().enumerate() {
        let sources = sources(&format!("src/{stage}"));
        let later: Vec<String> = STAGES[at + 1..].iter().map(|later| format!("crate::{later}")).collect();
        let words: Vec<&str> =
            later.iter().map(String::as_str).filter(|word| !(*stage == "plan" && *word == "crate::apply")).collect();
        broken.extend(lines_with(&sources, &words).filter(|line| !line.contains("pub use")));
    }
    assert_none("a stage imports a later one", broken);
}

#[test]
fn the_pure_stages_know_nothing_of_aws_clients_terminal_or_command_line() {
    let mut broken = Vec::new();
    for stage in ["source", "diagnostic", "project", "variables", "stack", "artifact", "template"] {
        let sources = sources(&format!("src/{stage}"));
        broken.extend(lines_with(&sources, &["crate::aws", "crate::report", "crate::cli"]));
    }
    assert_none("a stage before plan names aws, report or cli", broken);
}

#[test]
fn only_one_room_names_the_sdk() {
    let sources: Vec<Source> =
        sources("src").into_iter().filter(|source| !source.path.starts_with("src/aws/")).collect();
    assert_none(
        "aws_sdk_* outside of src/aws",
        lines_with(&sources, &["aws_sdk_", "aws_config", "aws_sigv4"]).collect(),
    );
}

#[test]
fn only_the_report_writes_to_the_terminal() {
    let may = |source: &Source| source.path.starts_with("src/report/") || source.path == "src/main.rs";
    let sources: Vec<Source> = sources("src").into_iter().filter(|source| !may(source)).collect();
    let words = ["println!", "eprintln!", "print!(", "eprint!(", "io::stdout", "io::stderr", "process::exit"];
    assert_none("a write to the terminal outside of src/report", lines_with(&sources, &words).collect());
}

#[test]
fn clock_environment_and_randomness_enter_at_named_edges() {
    let mut all = sources("src");
    all.extend(sources("crates"));
    let pure: Vec<Source> =
        all.into_iter().filter(|source| !EDGES.iter().any(|edge| source.path.starts_with(edge))).collect();
    let pure: Vec<Source> = pure
        .into_iter()
        .filter(|source| !source.path.contains("/benches/") && !source.path.contains("/examples/"))
        .collect();
    let words = ["SystemTime::now", "Timestamp::now", "env::var(", "env::vars", "Zoned::now"];
    assert_none("clock or environment outside of the named edges", lines_with(&pure, &words).collect());
}

#[test]
fn the_pure_crates_do_no_input_or_output() {
    let mut sources = sources("crates/asl/src");
    sources.extend(self::sources("crates/cfn/src"));
    let words = ["std::fs", "TcpStream", "UdpSocket", "std::process", "std::thread", "tokio", "async fn", "std::env"];
    assert_none("I/O in a pure crate", lines_with(&sources, &words).collect());
}

#[test]
fn crates_depend_on_each_other_in_one_direction() {
    let dependencies = |manifest: &str| {
        let text = std::fs::read_to_string(workspace().join(manifest)).unwrap();
        let ours = ["asl", "cfn", "local-aws", "deploy"];
        let named = move |name: &&&str| text.lines().any(|line| line.starts_with(&format!("{name}.workspace")));
        ours.iter().filter(named).copied().collect::<Vec<&str>>()
    };
    assert!(dependencies("crates/asl/Cargo.toml").is_empty());
    assert!(dependencies("crates/cfn/Cargo.toml").is_empty());
    assert_eq!(dependencies("crates/local-aws/Cargo.toml"), ["asl", "cfn"]);
    assert_eq!(dependencies("Cargo.toml"), ["asl", "cfn", "local-aws"]);
}

#[test]
fn no_room_is_called_utils() {
    let mut all = sources("src");
    all.extend(sources("crates"));
    let vague = ["utils", "helpers", "common", "misc", "manager", "imp"];
    let named = |source: &Source| {
        let parts = source.path.trim_end_matches(".rs").split('/');
        parts.into_iter().any(|part| vague.contains(&part))
    };
    assert_none(
        "a file without a noun",
        all.iter().filter(|source| named(source)).map(|source| source.path.clone()).collect(),
    );
}

#[test]
fn nothing_is_left_unfinished() {
    let mut all = sources("src");
    all.extend(sources("crates"));
    all.extend(sources("functions"));
    let words = [concat!("to", "do!("), concat!("unimple", "mented!("), concat!("FIX", "ME"), concat!("XX", "X ")];
    assert_none("unfinished work", lines_with(&all, &words).collect());
}

#[test]
fn no_tls_library_in_c_is_pulled_in() {
    let lock = std::fs::read_to_string(workspace().join("Cargo.lock")).unwrap();
    for unwanted in ["aws-lc-sys", "openssl-sys", "native-tls"] {
        assert!(!lock.contains(&format!("name = \"{unwanted}\"")), "{unwanted} is in Cargo.lock");
    }
}
