//! How long a template takes: decoding the model and rendering, without I/O, at 3 to 2000 functions.
//!
//! Every function has a request of the REST API and a queue, every tenth a schedule, and one state machine calls all of them.

use std::fmt::Write as _;
use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use deploy::project::{self, Options};
use deploy::variables::{self, At, Cloud, Machine, Parameter, Refusal, Resolved};
use deploy::{stack, template};

/// A cloud that has nothing: the configuration asks for nothing.
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

fn configuration(count: usize) -> String {
    let mut text =
        "service: bench\nprovider: {name: aws, runtime: python3.13, region: us-east-1}\nfunctions:\n".to_owned();
    for index in 0..count {
        let _ = writeln!(text, "  function{index}:\n    handler: app.run{index}\n    events:");
        let _ = writeln!(text, "      - http: {{path: 'items{index}/{{id}}', method: get, cors: true}}");
        let _ = writeln!(text, "      - sqs: arn:aws:sqs:us-east-1:123456789012:queue{index}");
        if index % 10 == 0 {
            let _ = writeln!(text, "      - schedule: rate(5 minutes)");
        }
    }
    text.push_str(
        "stepFunctions:\n  stateMachines:\n    all:\n      definition:\n        StartAt: s0\n        States:\n",
    );
    for index in 0..count {
        let next = if index + 1 < count { format!("Next: s{}", index + 1) } else { "End: true".to_owned() };
        let _ = writeln!(
            text,
            "          s{index}: {{Type: Task, Resource: {{'Fn::GetAtt': [function{index}, Arn]}}, {next}}}"
        );
    }
    text
}

fn resolved(count: usize) -> Resolved {
    let root = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(root.path().join("stack.yaml"), configuration(count)).expect("a file");
    let options = Options { directory: root.path().to_owned(), ..Options::default() };
    let project = project::read(options).unwrap_or_else(|invalid| panic!("{:?}", invalid.diagnostics));
    let machine = Machine::new(&project.root, Empty);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime
        .block_on(variables::resolve(&project, &machine))
        .unwrap_or_else(|invalid| panic!("{:?}", invalid.diagnostics))
}

fn stack_and_template(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("stack and template");
    group.sample_size(10);
    for count in [3, 50, 200, 2000] {
        let resolved = resolved(count);
        group.throughput(Throughput::Elements(count as u64));
        group.bench_with_input(BenchmarkId::from_parameter(count), &resolved, |bencher, resolved| {
            bencher.iter(|| {
                let stack = stack::decode(black_box(resolved)).unwrap_or_else(|found| panic!("{found:?}"));
                let artifacts = template::placeholders(&stack);
                template::render(&stack, &artifacts).unwrap_or_else(|found| panic!("{found:?}"))
            });
        });
    }
    group.finish();
}

criterion_group!(benches, stack_and_template);
criterion_main!(benches);
