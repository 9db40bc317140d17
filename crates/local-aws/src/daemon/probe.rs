//! Is this project's local AWS there?

use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use uuid::Uuid;

use super::credentials::Credentials;
use super::running::Running;
use super::state_dir::StateDir;
use crate::wire::{HEALTH_PATH, prove, sigv4};

/// How long a server may take to prove itself.
const PATIENCE: Duration = Duration::from_secs(2);

/// The longest answer to the liveness question.
const LONGEST_ANSWER: u64 = 16 * 1024;

/// The local AWS that runs from `state_dir`, if one does and proves that it knows the project's secret.
pub async fn find(state_dir: &Path) -> Option<Running> {
    let state_dir = StateDir::at(state_dir);
    let credentials = Credentials::read(&state_dir).ok()??;
    let port = state_dir.port().ok()??;
    let answer = tokio::time::timeout(PATIENCE, ask(port, &credentials.secret_access_key)).await.ok()?;
    let found = answer?;
    Some(Running {
        endpoint: format!("http://127.0.0.1:{port}"),
        port,
        pid: found.pid,
        account: credentials.account,
        region: credentials.region,
        access_key_id: credentials.access_key_id,
        secret_access_key: credentials.secret_access_key,
        build: found.build,
        stacks: found.stacks,
    })
}

/// Who answered.
struct Found {
    pid: u32,
    build: String,
    stacks: usize,
}

/// The process that answers on `port`, if its answer proves that it knows `secret`.
async fn ask(port: u16, secret: &str) -> Option<Found> {
    let nonce = Uuid::new_v4().simple().to_string();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    let request =
        format!("GET {HEALTH_PATH}?nonce={nonce} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = Vec::new();
    stream.take(LONGEST_ANSWER).read_to_end(&mut answer).await.ok()?;
    let body = answer.windows(4).position(|window| window == b"\r\n\r\n").map(|at| &answer[at + 4..])?;
    let body: Value = serde_json::from_slice(body).ok()?;
    let proof = body["proof"].as_str()?;
    if !sigv4::same(proof.as_bytes(), prove(secret, &nonce).as_bytes()) {
        return None;
    }
    Some(Found {
        pid: body["pid"].as_u64()?.try_into().ok()?,
        build: body["build"].as_str().unwrap_or_default().to_owned(),
        stacks: body["stacks"].as_u64().and_then(|count| count.try_into().ok()).unwrap_or_default(),
    })
}
