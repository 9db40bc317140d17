//! A sign-up application of prebuilt zips: REST API → state machine → three functions, and a table. Nothing is compiled.

use std::io::Write;
use std::path::Path;

/// The table of the people who signed up, at the end of a `stack.yaml`.
macro_rules! people {
    () => {
        r#"
resources:
  Resources:
    People:
      Type: AWS::DynamoDB::Table
      Properties:
        TableName: signup-dev
        AttributeDefinitions: [{ AttributeName: email, AttributeType: S }]
        KeySchema: [{ AttributeName: email, KeyType: HASH }]
        BillingMode: PAY_PER_REQUEST
"#
    };
}

/// The head of a `stack.yaml` whose functions are in Rust and run on this machine.
macro_rules! local_rust {
    ($service:literal) => {
        concat!(
            "service: ",
            $service,
            r#"
provider:
  name: aws
  runtime: rust
  stage: dev
  region: us-east-1
stages:
  dev: { target: local }
"#
        )
    };
}

pub(crate) use {local_rust, people};

pub const STACK: &str = concat!(
    r#"
service: signup
provider: { name: aws, runtime: python3.13, stage: dev, region: us-east-1 }
functions:
  RecordDB: { handler: app.main, package: { artifact: RecordDB.zip }, environment: { VERSION: "1" } }
  RecordAC: { handler: app.main, package: { artifact: RecordAC.zip } }
  Notify: { handler: app.main, package: { artifact: Notify.zip } }
stepFunctions:
  stateMachines:
    signup:
      events:
        - http: { path: signup, method: POST, cors: true }
      definition:
        StartAt: RecordDB
        States:
          RecordDB: { Type: Task, Resource: !GetAtt RecordDBLambdaFunction.Arn, Next: RecordAC }
          RecordAC: { Type: Task, Resource: !GetAtt RecordACLambdaFunction.Arn, Next: Notify }
          Notify: { Type: Task, Resource: !GetAtt NotifyLambdaFunction.Arn, End: true }
"#,
    people!()
);

/// The three functions of [`STACK`].
pub const FUNCTIONS: &[&str] = &["RecordDB", "RecordAC", "Notify"];

/// Writes the application; of another `version`, code and configuration of `RecordDB` are others.
pub fn write(folder: &Path, version: &str) {
    let stack = STACK.replace(r#"VERSION: "1""#, &format!("VERSION: \"{version}\""));
    std::fs::write(folder.join("stack.yaml"), stack).unwrap();
    for name in FUNCTIONS {
        write_code(folder, name, if *name == "RecordDB" { version } else { "1" });
    }
}

/// Writes the code of one function.
pub fn write_code(folder: &Path, name: &str, version: &str) {
    let mut zip = zip::ZipWriter::new(std::fs::File::create(folder.join(format!("{name}.zip"))).unwrap());
    zip.start_file("app.py", zip::write::SimpleFileOptions::default()).unwrap();
    write!(zip, "def main(event, context):\n    return {{'{name}': '{version}', 'event': event}}\n").unwrap();
    zip.finish().unwrap();
}
