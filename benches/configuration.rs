//! How long a large configuration takes: read, resolved, decoded, checked, its template made.
//!
//!     cargo bench --workspace --bench configuration
//!
//! The first lines tell the peak memory of one whole run at each size, in a process of its own (Linux only).

#![allow(clippy::print_stdout)]

use std::hint::black_box;
use std::path::Path;
use std::process::Command;

use criterion::{BenchmarkId, Criterion, Throughput};
use deploy::project::{self, Options};
use deploy::variables::{Machine, NoCloud};
use deploy::{stack, template, variables};

/// The program's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many functions a configuration has; each of them holds ten variables.
const SIZES: &[usize] = &[200, 500, 1_000, 2_000];

/// Asks this program for one run at a size instead of measuring.
const ONE_RUN: &str = "DEPLOY_BENCH_FUNCTIONS";

/// A project of `functions` functions with ten variables each, half of them through another file or a fallback.
fn write_project(folder: &Path, functions: usize) {
    let mut text = String::from(
        "service: orders\nprovider:\n  name: aws\n  runtime: rust\n  memorySize: 256\ncustom:\n  values: $<file(values.yml)>\n  region: $<opt:region, 'eu-central-1'>\nfunctions:\n",
    );
    let mut values = String::new();
    for at in 0..functions {
        text.push_str(&format!(
            "  worker{at}:\n    handler: worker\n    description: Takes $<self:service> number {at} at $<sls:stage>\n    timeout: $<self:custom.values.worker{at}.timeout, 6>\n    memorySize: $<param:memory, self:provider.memorySize>\n    environment:\n      TABLE: $<self:service>-$<sls:stage>-{at}\n      QUEUE: $<self:custom.values.worker{at}.queue>\n      REGION: $<self:custom.region>\n      TOKEN: $<env:TOKEN, 'none'>\n    events:\n      - http: POST orders/{at}\n"
        ));
        values.push_str(&format!("worker{at}:\n  timeout: {}\n  queue: $<self:service>-queue-{at}\n", 3 + at % 20));
    }
    std::fs::write(folder.join("stack.yaml"), text).expect("a file");
    std::fs::write(folder.join("values.yml"), values).expect("a file");
}

/// What `deploy validate` does, the number of the template's resources.
fn validated(folder: &Path) -> usize {
    let options = Options { directory: folder.to_owned(), ..Options::default() };
    let project = project::read(options).expect("a project");
    let world = Machine::new(project.root.clone(), NoCloud);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let resolved = runtime.block_on(variables::resolve(&project, &world)).expect("variables have values");
    let stack = stack::decode(&resolved).expect("a stack");
    let rendered = template::render(&stack, &template::placeholders(&stack)).expect("a template");
    rendered.template.resources.len()
}

/// What a process for one run prints: the most memory that it had resident.
fn one_run(functions: usize) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write_project(folder.path(), functions);
    black_box(validated(folder.path()));
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    println!("{}", status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("VmHWM: not known here"));
}

/// Starts this program for one run of each size.
fn memory() {
    for functions in SIZES {
        let program = std::env::current_exe().expect("this program has a path");
        let output = Command::new(program).env(ONE_RUN, functions.to_string()).output().expect("it starts");
        println!("{functions} functions: {}", String::from_utf8_lossy(&output.stdout).trim());
    }
}

fn configuration(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("configuration");
    group.sample_size(20);
    for functions in SIZES {
        let folder = tempfile::tempdir().expect("a temporary folder");
        write_project(folder.path(), *functions);
        group.throughput(Throughput::Elements(*functions as u64));
        group.bench_with_input(BenchmarkId::from_parameter(functions), folder.path(), |bencher, folder| {
            bencher.iter(|| black_box(validated(folder)));
        });
    }
    group.finish();
}

fn main() {
    if let Some(functions) = std::env::var(ONE_RUN).ok().and_then(|text| text.parse().ok()) {
        return one_run(functions);
    }
    memory();
    let mut criterion = Criterion::default().configure_from_args();
    configuration(&mut criterion);
    criterion.final_summary();
}
