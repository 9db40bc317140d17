//! Variables that ask AWS, here the local one: parameters, outputs, objects. (It has no Secrets Manager: a golden case shows that.)

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{PayloadChecksumKind, SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use local_aws::daemon;
use serde_json::{Value, json};

use crate::support::{Project, http};

const PRODUCER: &str = "service: shared
provider: { name: aws, runtime: rust }
stages: { dev: { target: local } }
resources:
  Resources:
    Files: { Type: AWS::S3::Bucket, Properties: { BucketName: shared-files } }
  Outputs:
    Motto: { Value: many hands }
";

const CONSUMER: &str = "service: reader
provider: { name: aws, runtime: rust }
stages: { dev: { target: local } }
custom:
  account: $<aws:accountId>
  plain: $<ssm:/plain>
  elsewhere: $<ssm(us-east-1):/plain>
  list: $<ssm:/list>
  raw: $<ssm(raw):/list>
  secure: $<ssm:/secure>
  sealed: $<ssm(noDecrypt):/secure>
  password: $<ssm:/database>
  part: $<self:custom.password.user> of $<self:custom.plain>
  output: $<cf:shared-dev.Motto>
  there: $<cf(us-east-1):shared-dev.Motto>
  object: $<s3:shared-files/notes.txt>
  missing: $<cf:shared-dev.Nothing, ssm:/nothing, s3:shared-files/nothing, 'none'>
";

/// Sends a signed request to the project's local AWS.
fn send(running: &daemon::Running, service: &str, method: &str, path: &str, target: Option<&str>, body: &str) {
    let url = format!("{}{path}", running.endpoint);
    let identity = Credentials::new(&running.access_key_id, &running.secret_access_key, None, None, "test").into();
    let mut settings = SigningSettings::default();
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region("us-east-1")
        .name(service)
        .time(SystemTime::now())
        .settings(settings)
        .build()
        .unwrap();
    let host = running.endpoint.trim_start_matches("http://").to_owned();
    let mut headers = vec![("host".to_owned(), host)];
    headers.extend(target.map(|target| ("x-amz-target".to_owned(), target.to_owned())));
    headers.extend(target.map(|_| ("content-type".to_owned(), "application/x-amz-json-1.1".to_owned())));
    let named = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let request = SignableRequest::new(method, &url, named, SignableBody::Bytes(body.as_bytes())).unwrap();
    let (instructions, _) = sign(request, &params.into()).unwrap().into_parts();
    headers.extend(instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())));
    let sent: Vec<(&str, &str)> = headers.iter().skip(1).map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let answer = http::request(method, &url, &sent, body);
    assert_eq!(answer.status, 200, "{method} {path} {target:?}: {answer:?}");
}

fn fill(project: &Project) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let state = project.path().join(".deploy/local");
    let running = runtime.block_on(daemon::ensure(&state, env!("CARGO_BIN_EXE_deploy").as_ref())).unwrap();
    let put = |name: &str, kind: &str, value: &str| {
        let body = json!({"Name": name, "Type": kind, "Value": value}).to_string();
        send(&running, "ssm", "POST", "/", Some("AmazonSSM.PutParameter"), &body);
    };
    put("/plain", "String", "from $");
    put("/list", "StringList", "a,b");
    put("/secure", "SecureString", "hunter2");
    put("/database", "SecureString", r#"{"user": "ada"}"#);
    send(&running, "s3", "PUT", "/shared-files/notes.txt", None, "written of ${self:service}");
}

fn custom(project: &Project, options: &[&str]) -> Value {
    let options: Vec<&str> = ["print", "--path", "custom", "--json"].iter().chain(options).copied().collect();
    project.run(&options).expect(0).json()
}

#[test]
fn parameters_secrets_outputs_and_objects_of_aws_are_values() {
    let project = Project::with_stack(PRODUCER);
    project.run(&["--stage", "dev"]).expect(0);
    fill(&project);
    project.write("stack.yaml", CONSUMER);
    let open = custom(&project, &["--reveal"]);
    for (key, value) in [
        ("account", json!("000000000000")),
        ("plain", json!("from $")),
        ("elsewhere", json!("from $")),
        ("list", json!(["a", "b"])),
        ("raw", json!("a,b")),
        ("secure", json!("hunter2")),
        ("password", json!({"user": "ada"})),
        ("part", json!("ada of from $")),
        ("output", json!("many hands")),
        ("there", json!("many hands")),
        ("object", json!("written of reader")),
        ("missing", json!("none")),
    ] {
        assert_eq!(open[key], value, "{key}");
    }
    assert_ne!(open["sealed"], "hunter2");
    let hidden = custom(&project, &[]);
    for key in ["secure", "sealed", "part"] {
        assert_eq!(hidden[key], "***", "{key}");
    }
    assert_eq!(hidden["password"], json!({"user": "***"}));
    assert_eq!(hidden["plain"], "from $");
    project.run(&["print", "--why", "custom.secure"]).expect(0).says("ssm:/secure");
}
