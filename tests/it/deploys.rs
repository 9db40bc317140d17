//! How many calls a deployment makes, and how long it takes: first, unchanged, with the code of some functions changed,
//! through CloudFormation and directly, removed.
//!
//! `cargo test` counts the calls of a small application; `benches/deploys` prints the table of docs/performance.md.

use std::io::Write;
use std::time::{Duration, Instant};

use crate::support::Project;
use crate::support::proxy::Proxy;

/// An unchanged deployment asks at most so often.
const UNCHANGED: usize = 4;
/// Code of so many functions is changed directly, with at most three calls and two for each.
const CHANGED: usize = 3;
/// How long the first deployment of 200 functions may take, where the program is built for release.
const FIRST_OF_200: Duration = Duration::from_secs(2);

/// An application of many functions, the local AWS as a process of its own, and a proxy that counts.
struct Bench {
    project: Project,
    proxy: Proxy,
    environment: Vec<(String, String)>,
    functions: usize,
}

/// What one command took.
struct Cost {
    calls: Vec<String>,
    took: Duration,
}

impl Bench {
    fn new(functions: usize) -> Bench {
        let project = Project::empty();
        // 500 resources are the most that a stack may have: no versions, so that 200 functions fit.
        let mut stack =
            "service: many\nprovider: { name: aws, runtime: python3.13, stage: dev, versionFunctions: false }\n\
                         functions:\n"
                .to_owned();
        for index in 0..functions {
            let events = if index == 0 { ", events: [{ http: { path: first, method: get } }]" } else { "" };
            stack.push_str(&format!(
                "  f{index}: {{ handler: app.main, package: {{ artifact: f{index}.zip }}{events} }}\n"
            ));
        }
        project.write("stack.yaml", &stack);
        project.run(&["local", "start"]).expect(0);
        let environment: Vec<(String, String)> =
            project.run(&["local", "env"]).expect(0).stdout.lines().map(variable).collect();
        let endpoint = environment.iter().find(|(name, _)| name == "AWS_ENDPOINT_URL").unwrap().1.clone();
        let bench = Bench { project, proxy: Proxy::before(&endpoint), environment, functions };
        (0..functions).for_each(|index| bench.write_code(index, 1));
        bench
    }

    fn write_code(&self, index: usize, version: u32) {
        let file = std::fs::File::create(self.project.path().join(format!("f{index}.zip"))).unwrap();
        let mut zip = zip::ZipWriter::new(file);
        zip.start_file("app.py", zip::write::SimpleFileOptions::default()).unwrap();
        write!(zip, "def main(event, context):\n    return {{'f{index}': {version}}}\n").unwrap();
        zip.finish().unwrap();
    }

    fn cost(&self, args: &[&str]) -> Cost {
        self.proxy.clear();
        let mut command = self.project.command(args);
        command.args(["--target", "aws"]).env("AWS_EC2_METADATA_DISABLED", "true");
        command.envs(self.environment.iter().cloned()).env("AWS_ENDPOINT_URL", &self.proxy.endpoint);
        let begun = Instant::now();
        let output = command.output().unwrap();
        let took = begun.elapsed();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        Cost { calls: self.proxy.calls(), took }
    }

    /// Deploys first, unchanged, with one function changed, and removes; each with its cost.
    fn run(&self) -> Vec<(&'static str, Cost)> {
        let mut costs = vec![("first", self.cost(&["--stage", "dev"])), ("unchanged", self.cost(&["--stage", "dev"]))];
        (0..CHANGED).for_each(|index| self.write_code(index, 2));
        costs.push(("code of 3", self.cost(&["--stage", "dev"])));
        (0..CHANGED).for_each(|index| self.write_code(index, 3));
        costs.push(("code of 3, --fast", self.cost(&["--stage", "dev", "--fast"])));
        costs.push(("removed", self.cost(&["remove"])));
        costs
    }
}

/// `export NAME='VALUE'`
fn variable(line: &str) -> (String, String) {
    let (name, value) = line.trim_start_matches("export ").split_once('=').unwrap();
    (name.to_owned(), value.trim_matches('\'').to_owned())
}

#[test]
fn an_unchanged_deployment_and_a_direct_change_ask_few_calls() {
    let bench = Bench::new(3);
    bench.run().iter().for_each(|(what, cost)| assert_bar(what, cost));
}

fn assert_bar(what: &str, cost: &Cost) {
    let most = match what {
        "unchanged" => UNCHANGED,
        "code of 3, --fast" => 3 + 2 * CHANGED,
        _ => usize::MAX,
    };
    assert!(!cost.calls.is_empty() && cost.calls.len() <= most, "{what}: {:?}", cost.calls);
}

#[test]
fn the_table_of_costs() {
    if std::env::var_os("DEPLOY_COSTS").is_none() {
        return;
    }
    println!(
        "| functions | what | calls | of these without uploads and looks at progress | wall time |\n|---|---|---|---|---|"
    );
    for functions in [3, 50, 200] {
        let bench = Bench::new(functions);
        for (what, cost) in bench.run() {
            let repeated = ["HeadObject", "PutObject", "DescribeStackEvents"];
            let others = cost.calls.iter().filter(|name| !repeated.contains(&name.as_str())).count();
            println!("| {functions} | {what} | {} | {others} | {} ms |", cost.calls.len(), cost.took.as_millis());
            assert_bar(what, &cost);
            let is_release = std::env::var_os("DEPLOY_BINARY").is_some();
            assert!(
                !is_release || what != "first" || bench.functions < 200 || cost.took < FIRST_OF_200,
                "{:?}",
                cost.took
            );
        }
    }
}
