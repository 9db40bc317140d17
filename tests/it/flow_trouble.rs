//! What goes wrong around a deployment: each with a clear error and its exit code, nothing lost, and the next `deploy` works.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use crate::support::Project;

/// A function that is a zip already: no compiler is needed to deploy it.
const STACK: &str = "
service: trouble
provider:
  name: aws
  runtime: provided.al2023
  region: us-east-1
stages:
  dev: { target: local }
functions:
  Echo:
    handler: bootstrap
    package: { artifact: echo.zip }
";

/// A project whose only function is a zip with this entry.
fn project(entry: &str, bytes: &[u8]) -> Project {
    let project = Project::empty();
    project.write("stack.yaml", STACK);
    zip(&project, entry, bytes);
    project
}

fn zip(project: &Project, entry: &str, bytes: &[u8]) {
    use std::io::Write;
    let file = std::fs::File::create(project.path().join("echo.zip")).unwrap();
    let mut zip = zip::ZipWriter::new(file);
    let options = zip::write::SimpleFileOptions::default().unix_permissions(0o755);
    zip.start_file(entry, options).unwrap();
    zip.write_all(bytes).unwrap();
    zip.finish().unwrap();
}

/// Makes the directory of the zip say that its entry unpacks to so many bytes.
fn claim(project: &Project, bytes: u32) {
    let path = project.path().join("echo.zip");
    let mut zip = std::fs::read(&path).unwrap();
    let header = zip.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    zip[header + 24..header + 28].copy_from_slice(&bytes.to_le_bytes());
    std::fs::write(path, zip).unwrap();
}

fn plain() -> Project {
    project("bootstrap", b"#!/bin/sh\nexit 0\n")
}

fn deploys(project: &Project) {
    project.run(&["--stage", "dev"]).expect(0).says("trouble is deployed to dev on this machine");
}

#[test]
fn a_mistake_in_the_configuration_is_shown_and_the_stack_stays() {
    let project = plain();
    deploys(&project);
    for (broken, code, says) in [
        (STACK.replace("functions:", "functions: ["), 3, "stack.yaml:11:"),
        (STACK.replace("provided.al2023", "cobol"), 3, "there is no runtime `cobol`"),
        (STACK.replace("service: trouble", "service: $<self:custom.nothing>"), 3, "`custom.nothing` is not defined"),
        (STACK.replace("artifact: echo.zip", "artifact: nothere.zip"), 3, "nothere.zip"),
        (
            STACK.replace("provided.al2023", "rust").replace("package: { artifact: echo.zip }", ""),
            3,
            "stack.yaml:11:14",
        ),
    ] {
        project.write("stack.yaml", &broken);
        project.run(&["--stage", "dev"]).expect(code).says(says);
        project.write("stack.yaml", STACK);
        project.run(&["info"]).expect(0).says("trouble-dev-Echo");
    }
    project.run(&["--stage", "dev"]).expect(0).says("nothing to change");
}

#[test]
fn a_zip_over_lambdas_limit_is_refused_with_its_largest_files() {
    let project = project("models/weights.bin", b"weights");
    claim(&project, 263_000_000);
    project.run(&["--stage", "dev"]).expect(4).says("Lambda takes");
    zip(&project, "bootstrap", b"#!/bin/sh\nexit 0\n");
    deploys(&project);
}

#[test]
fn a_port_that_another_program_has_is_named_and_freed_the_next_deploy_works() {
    let project = plain();
    deploys(&project);
    let endpoint =
        project.run(&["local", "status", "--json"]).expect(0).json()["endpoint"].as_str().unwrap().to_owned();
    project.run(&["local", "stop"]).expect(0);
    let taken = TcpListener::bind(endpoint.trim_start_matches("http://")).unwrap();
    let port = taken.local_addr().unwrap().port();
    project
        .run(&["--stage", "dev"])
        .expect(5)
        .says(&format!("port {port} of 127.0.0.1"))
        .says("is taken by another program");
    drop(taken);
    project.run(&["--stage", "dev"]).expect(0).says("nothing to change");
}

#[test]
fn a_state_folder_that_cannot_be_written_is_named_and_freed_the_next_deploy_works() {
    let project = plain();
    let in_the_way = project.write(".deploy/local", "a file where a folder belongs");
    project.run(&["--stage", "dev"]).expect(5).says(".deploy/local").says("that you may write to");
    std::fs::remove_file(in_the_way).unwrap();
    deploys(&project);
}

#[test]
fn a_damaged_state_is_named_and_not_thrown_away() {
    let project = plain();
    deploys(&project);
    project.run(&["local", "stop"]).expect(0);
    let state = project.path().join(".deploy/local/state.redb");
    let good = std::fs::read(&state).unwrap();
    std::fs::write(&state, "no database").unwrap();
    project.run(&["--stage", "dev"]).expect(5).says("state.redb");
    assert_eq!(std::fs::read(&state).unwrap(), b"no database", "what is there stays there");
    std::fs::write(&state, good).unwrap();
    project.run(&["--stage", "dev"]).expect(0).says("nothing to change");
}

#[test]
fn an_interrupted_deploy_says_what_goes_on_and_the_next_one_converges() {
    let project = plain();
    deploys(&project);
    project.write("stack.yaml", &STACK.replace("handler: bootstrap", "handler: bootstrap\n    memorySize: 256"));
    let pid = project.run(&["local", "status", "--json"]).expect(0).json()["pid"].to_string();
    let mut deploy = project.command(&["--stage", "dev"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(deploy.stderr.take().unwrap()).lines();
    let begun = lines.find(|line| line.as_ref().is_ok_and(|line| line.starts_with("Changing the stack")));
    assert!(begun.is_some(), "the deployment begins");
    // A local AWS that stands still, so that the deployment cannot end before the interrupt reaches it.
    signal("STOP", &pid);
    signal("INT", &deploy.id().to_string());
    let code = ended(&mut deploy);
    signal("CONT", &pid);
    let rest: Vec<String> = lines.map_while(Result::ok).collect();
    assert_eq!(code, Some(130), "{rest:#?}");
    assert!(rest.iter().any(|line| line.contains("goes on")), "{rest:#?}");
    project.run(&["--stage", "dev"]).expect(0);
    project.run(&["--stage", "dev"]).expect(0).says("nothing to change");
}

fn signal(name: &str, pid: &str) {
    // The shell's own: not every machine has a program of that name.
    let killed = Command::new("sh").arg("-c").arg(format!("kill -{name} {pid}")).status().unwrap();
    assert!(killed.success(), "kill -{name} {pid}");
}

/// The exit code of a process that ends by itself.
fn ended(child: &mut Child) -> Option<i32> {
    child.wait().unwrap().code()
}
