//! A deployer, an AWS and a proxy between them, all on loopback. To the deployer it is an account of AWS.

use std::process::Command;

use local_aws::Clock;
use local_aws::daemon::LocalAws;
use local_aws::wire::Call;
use serde_json::{Value, json};
use sha2::Digest;
use tokio::runtime::Runtime;

use super::application;
use super::project::{Project, Ran};
use super::proxy::Proxy;

const STACK: &str = "signup-dev";

/// What is listed of each service: service, operation, the list in the answer, the name in an entry.
const INVENTORY: &[(&str, &str, &str, &str)] = &[
    ("cloudformation", "DescribeStacks", "Stacks", "StackName"),
    ("s3", "ListBuckets", "Buckets", "Name"),
    ("lambda", "ListFunctions", "Functions", "FunctionName"),
    ("iam", "ListRoles", "Roles", "RoleName"),
    ("logs", "DescribeLogGroups", "logGroups", "logGroupName"),
    ("dynamodb", "ListTables", "TableNames", ""),
    ("apigateway", "GetRestApis", "item", "name"),
    ("states", "ListStateMachines", "stateMachines", "name"),
];

/// A deployer, an AWS and a proxy between them.
pub struct Lab {
    pub proxy: Proxy,
    project: Project,
    runtime: Runtime,
    local: LocalAws,
}

impl Lab {
    /// With nothing in it.
    pub fn new() -> Lab {
        Lab::under(Clock::system())
    }

    /// With an AWS for which it is always that time.
    pub fn with_clock(now: jiff::Timestamp) -> Lab {
        Lab::under(Clock::fixed(now))
    }

    fn under(clock: Clock) -> Lab {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let local = runtime.block_on(LocalAws::start_in_memory(clock)).unwrap();
        Lab { proxy: Proxy::before(&local.running().endpoint), project: Project::empty(), runtime, local }
    }

    /// The project of the deployer.
    pub fn project(&self) -> &Project {
        &self.project
    }

    /// From now on the project is this version of the application.
    pub fn write(&self, version: &str) {
        application::write(self.project.path(), version);
    }

    /// `deploy ARGS --target aws` towards the AWS of this lab.
    pub fn command(&self, args: &[&str]) -> Command {
        self.command_in(&self.project, args)
    }

    /// The same in another project's folder.
    pub fn command_in(&self, project: &Project, args: &[&str]) -> Command {
        let running = self.local.running();
        let mut command = project.command(args);
        command.args(["--target", "aws"]).env("AWS_ENDPOINT_URL", &self.proxy.endpoint);
        command.env("AWS_EC2_METADATA_DISABLED", "true").env("AWS_ACCESS_KEY_ID", running.access_key_id);
        command.env("AWS_SECRET_ACCESS_KEY", running.secret_access_key);
        command
    }

    /// Runs a command to its end; the proxy may kill it.
    pub fn run(&self, args: &[&str]) -> Ran {
        let mut command = self.command(args);
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        let child = command.spawn().unwrap();
        self.proxy.victim(child.id());
        Ran::of(child.wait_with_output().unwrap())
    }

    /// Asks the AWS itself, past the proxy.
    pub fn ask(&self, service: &str, operation: &str, input: Value) -> local_aws::wire::Output {
        self.ask_with(service, operation, input, Vec::new())
    }

    /// The same with a body.
    pub fn ask_with(&self, service: &str, operation: &str, input: Value, payload: Vec<u8>) -> local_aws::wire::Output {
        let asked = self.local.cloud().answer(Call::internal(service, operation, "us-east-1", input, payload.into()));
        self.runtime.block_on(asked).unwrap_or_else(|fault| panic!("{operation}: {fault:?}"))
    }

    /// The access key of the account, and its secret.
    pub fn keys(&self) -> (String, String) {
        let running = self.local.running();
        (running.access_key_id.clone(), running.secret_access_key.clone())
    }

    /// Waits until a stack has come to rest; its status.
    pub fn rests(&self, stack: &str) -> String {
        for _ in 0..1000 {
            let found = self.ask("cloudformation", "DescribeStacks", json!({ "StackName": stack })).body;
            let status = found["Stacks"][0]["StackStatus"].as_str().unwrap().to_owned();
            if status == "REVIEW_IN_PROGRESS" || !status.ends_with("_IN_PROGRESS") {
                return status;
            }
            self.runtime.block_on(tokio::task::yield_now());
        }
        panic!("{stack} does not come to rest");
    }

    /// Everything that there is in the account, by kind.
    pub fn inventory(&self) -> Vec<(&'static str, Vec<String>)> {
        let listed = INVENTORY.iter().map(|(service, operation, list, name)| {
            let answer = self.ask(service, operation, json!({})).body;
            let entries =
                answer[list].as_array().unwrap_or_else(|| panic!("{operation} has no {list}: {answer}")).clone();
            let name = |entry: &Value| if name.is_empty() { entry.clone() } else { entry[name].clone() };
            (*operation, entries.iter().map(|entry| name(entry).as_str().unwrap_or_default().to_owned()).collect())
        });
        listed.collect()
    }

    /// How many there are of each kind: names have random endings.
    pub fn counts(&self) -> Vec<(&'static str, usize)> {
        self.inventory().into_iter().map(|(kind, names)| (kind, names.len())).collect()
    }

    /// The stack stands, its functions run the code that the project has now, and every zip in its bucket is whole.
    pub fn assert_stands(&self) {
        let stacks = self.ask("cloudformation", "DescribeStacks", json!({ "StackName": STACK })).body;
        let status = stacks["Stacks"][0]["StackStatus"].as_str().unwrap().to_owned();
        assert!(matches!(status.as_str(), "CREATE_COMPLETE" | "UPDATE_COMPLETE"), "{status}");
        let functions = self.ask("lambda", "ListFunctions", json!({})).body;
        for name in application::FUNCTIONS {
            let zip = std::fs::read(self.project.path().join(format!("{name}.zip"))).unwrap();
            let function = functions["Functions"].as_array().unwrap().iter().find(|function| {
                function["FunctionName"].as_str().is_some_and(|known| known == format!("{STACK}-{name}"))
            });
            assert_eq!(function.unwrap()["CodeSha256"], base64(&sha2::Sha256::digest(&zip)), "{name}");
        }
        for bucket in &self.inventory()[1].1 {
            let objects = self.ask("s3", "ListObjectsV2", json!({ "Bucket": bucket })).body;
            for object in objects["Contents"].as_array().unwrap() {
                let key = object["Key"].as_str().unwrap();
                let body = self.ask("s3", "GetObject", json!({ "Bucket": bucket, "Key": key })).payload.unwrap();
                if key.ends_with(".zip") {
                    assert_whole(key, &body);
                } else {
                    serde_json::from_slice::<Value>(&body).unwrap_or_else(|error| panic!("{key}: {error}"));
                }
            }
        }
    }

    /// Nothing at all is left in the account.
    pub fn assert_empty(&self) {
        let left: Vec<_> = self.inventory().into_iter().filter(|(_, names)| !names.is_empty()).collect();
        assert!(left.is_empty(), "left behind: {left:?}");
    }
}

/// Every entry of the zip has the checksum that its directory says.
fn assert_whole(key: &str, bytes: &[u8]) {
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap_or_else(|error| panic!("{key}: {error}"));
    assert!(!zip.is_empty(), "{key} is empty");
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index).unwrap();
        std::io::copy(&mut entry, &mut std::io::sink()).unwrap_or_else(|error| panic!("{key}: {error}"));
    }
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
