//! One process of one function version with its Runtime API: initialise, invoke, time out, end.

use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, interval_at};

use super::api::{Event, Report, RuntimeApi};
use super::failure::timeout_words;
use super::launch::LaunchError;
use super::log::LogStream;
use super::process::{Process, exit_words};
use super::{FunctionFailure, Invocation, Request, Spec, environment, launch, memory};
use crate::Cloud;

/// How long an initialisation may take before it is tried again as part of the first invocation.
/// Source: Lambda developer guide, "Understanding the Lambda execution environment lifecycle", Init phase.
const INIT_LIMIT: Duration = Duration::from_secs(10);
/// How often the memory of a working function is looked at.
const MEMORY_EVERY: Duration = Duration::from_millis(100);

/// A process that takes one event after the other.
#[derive(Debug)]
pub struct Sandbox {
    spec: Arc<Spec>,
    process: Process,
    api: RuntimeApi,
    reports: mpsc::UnboundedReceiver<Report>,
    log: LogStream,
    /// Until the first invocation has reported it.
    init_ms: Option<f64>,
    /// Until the first invocation begins; its log has the line.
    announce_init: bool,
    max_memory_bytes: u64,
}

/// How an attempt to initialise or invoke ended when not with the function's own result.
enum Ended {
    Failed(FunctionFailure),
    Exited(ExitStatus),
    OutOfMemory,
    TimedOut,
    Broken(std::io::Error),
}

impl Sandbox {
    /// Starts a process and waits for its first question, or for its end, within [`INIT_LIMIT`]; a failed initialisation
    /// is tried once more as part of the invocation, within the function's timeout, as Lambda does.
    ///
    /// # Errors
    /// The finished invocation, when the function cannot be initialised.
    pub async fn start(cloud: &Arc<Cloud>, spec: &Arc<Spec>, request: &Request) -> Result<Sandbox, Box<Invocation>> {
        let log = LogStream::new(cloud, &spec.region, &spec.log_group, stream_name(cloud, spec));
        log.begin();
        log.line(&init_start_line(spec));
        let began = Instant::now();
        let first = Sandbox::attempt(spec, &log, INIT_LIMIT).await;
        let first = match first {
            Ok(mut sandbox) => {
                sandbox.init_ms = Some(millis(began));
                return Ok(sandbox);
            }
            Err(LaunchFailure::Launch(error)) => return Err(refused(spec, request, &log, &error).await),
            Err(LaunchFailure::Ended(ended)) => ended,
        };
        log.line(&init_report_line(millis(began), "init", &first, spec));
        Sandbox::start_again(spec, request, log).await
    }

    /// The second attempt, which counts as part of the invocation.
    async fn start_again(spec: &Arc<Spec>, request: &Request, log: LogStream) -> Result<Sandbox, Box<Invocation>> {
        let began = Instant::now();
        match Sandbox::attempt(spec, &log, Duration::from_secs(spec.timeout_s)).await {
            Ok(sandbox) => Ok(sandbox),
            Err(LaunchFailure::Launch(error)) => Err(refused(spec, request, &log, &error).await),
            Err(LaunchFailure::Ended(ended)) => {
                log.line(&start_line(spec, request));
                let (failure, status) = failure_of(ended, spec, request, &log);
                finish_log(spec, request, &log, began, None, 0, &status).await;
                Err(Box::new(Invocation { result: Err(failure), log: log.tail() }))
            }
        }
    }

    async fn attempt(spec: &Arc<Spec>, log: &LogStream, limit: Duration) -> Result<Sandbox, LaunchFailure> {
        let (api, reports) = RuntimeApi::listen().await.map_err(LaunchError::Io)?;
        let (mut command, lifeline, family) = launch::command(spec)?;
        let scratch = scratch(spec).map_err(LaunchError::Io)?;
        command.envs(environment::of(spec, family, &api.address(), log.name(), scratch.path()));
        let process = Process::start(command, lifeline, scratch, log).map_err(LaunchError::Io)?;
        let mut sandbox = Sandbox {
            spec: Arc::clone(spec),
            process,
            api,
            reports,
            log: log.clone(),
            init_ms: None,
            announce_init: true,
            max_memory_bytes: 0,
        };
        match sandbox.until(limit, |report| matches!(report, Report::Ready)).await {
            Ok(_) => Ok(sandbox),
            Err(ended) => {
                sandbox.process.kill().await;
                Err(LaunchFailure::Ended(ended))
            }
        }
    }

    /// True while the process can take an event.
    pub fn is_alive(&mut self) -> bool {
        self.process.is_alive()
    }

    /// The version it runs.
    pub fn spec(&self) -> &Arc<Spec> {
        &self.spec
    }

    /// Gives `request` to the function; the second value is the sandbox again when it can take another one.
    pub async fn invoke(mut self, cloud: &Cloud, request: &Request) -> (Invocation, Option<Sandbox>) {
        if !std::mem::take(&mut self.announce_init) {
            self.log.begin();
        }
        self.log.line(&start_line(&self.spec, request));
        let began = Instant::now();
        let timeout = Duration::from_secs(self.spec.timeout_s);
        self.api.offer(event_of(request, cloud.clock.now_ms(), timeout)).await;
        let ended = self.until(timeout, |report| matches!(report, Report::Finished { .. })).await;
        let (result, status, reusable) = match ended {
            Ok(Report::Finished { result, .. }) => {
                self.process.settle_output().await;
                let status = result.as_ref().err().map_or_else(String::new, |failure| error_status(&failure.kind));
                (result, status, true)
            }
            Ok(_) => unreachable_report(request),
            Err(ended) => {
                self.process.kill().await;
                let (failure, status) = failure_of(ended, &self.spec, request, &self.log);
                (Err(failure), status, false)
            }
        };
        let init_ms = self.init_ms.take();
        finish_log(&self.spec, request, &self.log, began, init_ms, self.max_memory_bytes, &status).await;
        let invocation = Invocation { result, log: self.log.tail() };
        (invocation, reusable.then_some(self))
    }

    /// Waits for a report that `wanted` accepts, or for what ends the wait otherwise.
    async fn until(&mut self, limit: Duration, wanted: impl Fn(&Report) -> bool) -> Result<Report, Ended> {
        let deadline = Instant::now() + limit;
        let mut memory = interval_at(Instant::now() + MEMORY_EVERY / 5, MEMORY_EVERY);
        loop {
            tokio::select! {
                biased;
                Some(report) = self.reports.recv() => match report {
                    Report::InitFailed(failure) => {
                        self.look_at_memory();
                        return Err(Ended::Failed(failure));
                    }
                    report if wanted(&report) => {
                        self.look_at_memory();
                        return Ok(report);
                    }
                    _ => {}
                },
                exit = self.process.exited() => return Err(match exit {
                    Ok(status) => Ended::Exited(status),
                    Err(error) => Ended::Broken(error),
                }),
                _ = memory.tick() => {
                    if self.look_at_memory() > self.spec.memory_mb * 1024 * 1024 {
                        return Err(Ended::OutOfMemory);
                    }
                }
                () = tokio::time::sleep_until(deadline) => return Err(Ended::TimedOut),
            }
        }
    }

    fn look_at_memory(&mut self) -> u64 {
        let now = self.process.id().map_or(0, memory::resident_bytes);
        self.max_memory_bytes = self.max_memory_bytes.max(now);
        now
    }
}

enum LaunchFailure {
    Launch(LaunchError),
    Ended(Ended),
}

impl From<LaunchError> for LaunchFailure {
    fn from(error: LaunchError) -> LaunchFailure {
        LaunchFailure::Launch(error)
    }
}

/// `until` only returns reports that its caller wanted; said as a failure rather than a panic.
fn unreachable_report(request: &Request) -> (Result<bytes::Bytes, FunctionFailure>, String, bool) {
    let failure = FunctionFailure::platform("Runtime.Unknown", &request.request_id, "unexpected report");
    let status = error_status(&failure.kind);
    (Err(failure), status, false)
}

fn event_of(request: &Request, now_ms: i64, timeout: Duration) -> Event {
    Event {
        request_id: request.request_id.clone(),
        payload: request.payload.clone(),
        deadline_ms: now_ms + i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX / 2),
        invoked_arn: request.invoked_arn.clone(),
        trace: request.trace.clone(),
        client_context: request.client_context.clone(),
    }
}

/// The failure a caller sees and the end of the REPORT line.
fn failure_of(ended: Ended, spec: &Spec, request: &Request, log: &LogStream) -> (FunctionFailure, String) {
    let id = request.request_id.as_str();
    let failure = match ended {
        Ended::Failed(failure) => failure,
        Ended::Exited(status) => FunctionFailure::platform("Runtime.ExitError", id, &exit_words(status)),
        Ended::OutOfMemory => {
            FunctionFailure::platform("Runtime.OutOfMemory", id, "Runtime exited with error: signal: killed")
        }
        Ended::TimedOut => {
            let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ");
            log.line(&format!("{now} {id} {}", timeout_words(spec.timeout_s)));
            return (FunctionFailure::timed_out(id, spec.timeout_s), "\tStatus: timeout".to_owned());
        }
        Ended::Broken(error) => FunctionFailure::platform("Runtime.Unknown", id, &error.to_string()),
    };
    let from_platform = failure.kind.starts_with("Runtime.");
    if from_platform {
        log.line(&format!("RequestId: {id} Error: {}", platform_message(&failure)));
        log.line(&failure.kind);
    }
    let status = error_status(&failure.kind);
    (failure, status)
}

fn platform_message(failure: &FunctionFailure) -> String {
    let document: serde_json::Value = serde_json::from_slice(&failure.document).unwrap_or_default();
    let message = document["errorMessage"].as_str().unwrap_or_default();
    message.split_once("Error: ").map_or(message, |(_, words)| words).to_owned()
}

fn error_status(kind: &str) -> String {
    format!("\tStatus: error\tError Type: {kind}")
}

async fn refused(spec: &Spec, request: &Request, log: &LogStream, error: &LaunchError) -> Box<Invocation> {
    let failure = FunctionFailure::platform("Runtime.InvalidEntrypoint", &request.request_id, &error.to_string());
    log.line(&start_line(spec, request));
    log.line(&format!("RequestId: {} Error: {error}", request.request_id));
    log.line("Runtime.InvalidEntrypoint");
    finish_log(spec, request, log, Instant::now(), None, 0, &error_status(&failure.kind)).await;
    Box::new(Invocation { result: Err(failure), log: log.tail() })
}

/// A directory that lives as long as the process: what `/tmp` is on AWS.
fn scratch(spec: &Spec) -> std::io::Result<tempfile::TempDir> {
    let parent = spec.work_dir.join("tmp");
    std::fs::create_dir_all(&parent)?;
    tempfile::Builder::new().prefix("sandbox-").tempdir_in(parent)
}

fn stream_name(cloud: &Cloud, spec: &Spec) -> String {
    let day = cloud.clock.now().strftime("%Y/%m/%d");
    format!("{day}/[{}]{}", spec.version, uuid::Uuid::new_v4().simple())
}

fn init_start_line(spec: &Spec) -> String {
    let name = spec.runtime.replacen("provided.", "provided:", 1).replacen("python", "python:", 1);
    let name = name.strip_suffix(".x").map_or(name.clone(), |name| name.replacen("nodejs", "nodejs:", 1));
    let digest = blank_digest(&spec.runtime);
    format!(
        "INIT_START Runtime Version: {name}.v1\tRuntime Version ARN: arn:aws:lambda:{}::runtime:{digest}",
        spec.region
    )
}

/// A stable stand-in for the digest that names AWS's build of a runtime.
fn blank_digest(runtime: &str) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(runtime.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn init_report_line(init_ms: f64, phase: &str, ended: &Ended, _spec: &Spec) -> String {
    let status = match ended {
        Ended::TimedOut => "timeout".to_owned(),
        Ended::Failed(failure) => format!("error\tError Type: {}", failure.kind),
        Ended::OutOfMemory => "error\tError Type: Runtime.OutOfMemory".to_owned(),
        Ended::Exited(_) | Ended::Broken(_) => "error\tError Type: Runtime.ExitError".to_owned(),
    };
    format!("INIT_REPORT Init Duration: {init_ms:.2} ms\tPhase: {phase}\tStatus: {status}")
}

fn start_line(spec: &Spec, request: &Request) -> String {
    format!("START RequestId: {} Version: {}", request.request_id, spec.version)
}

async fn finish_log(
    spec: &Spec,
    request: &Request,
    log: &LogStream,
    began: Instant,
    init_ms: Option<f64>,
    memory_bytes: u64,
    status: &str,
) {
    let id = &request.request_id;
    let limit_ms = spec.timeout_s as f64 * 1000.0;
    let duration = millis(began).min(limit_ms);
    let init = init_ms.map_or_else(String::new, |init| format!("\tInit Duration: {init:.2} ms"));
    let billed = (duration + init_ms.unwrap_or(0.0)).ceil();
    let used = memory_bytes.div_ceil(1024 * 1024).min(spec.memory_mb);
    log.line(&format!("END RequestId: {id}"));
    log.line(&format!(
        "REPORT RequestId: {id}\tDuration: {duration:.2} ms\tBilled Duration: {billed} ms\tMemory Size: {} MB\t\
         Max Memory Used: {used} MB{init}{status}\t",
        spec.memory_mb
    ));
    log.flush().await;
}

fn millis(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}
