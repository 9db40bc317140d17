//! A sandbox's log stream: lines of the function and of the platform on their way to CloudWatch Logs.

use std::io::PipeReader;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe::Receiver;
use tokio::sync::{mpsc, oneshot};

use crate::Cloud;

/// A line longer than this is cut into several events, as Logs' limit for one event is 256 KiB with its overhead.
const EVENT_BYTES: usize = 256 * 1024 - 26;
/// Lines wait at most this long before they are written.
const FLUSH_EVERY: Duration = Duration::from_millis(250);
/// Logs takes at most this many bytes in one call; the rest follows in the next.
const BATCH_BYTES: usize = 900 * 1024;
/// Logs takes at most this many events in one call.
const BATCH_EVENTS: usize = 10_000;

/// Where one sandbox's lines go.
#[derive(Clone, Debug)]
pub struct LogStream(Arc<Inner>);

struct Inner {
    cloud: Weak<Cloud>,
    region: String,
    group: String,
    stream: String,
    pending: Mutex<Pending>,
    /// Held over a write, so that batches arrive in order; true once group and stream exist.
    writing: tokio::sync::Mutex<bool>,
}

#[derive(Default)]
struct Pending {
    events: Vec<(i64, String)>,
    /// Lines since the current invocation began.
    tail: String,
    flush_scheduled: bool,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogStream").field("group", &self.group).field("stream", &self.stream).finish_non_exhaustive()
    }
}

impl LogStream {
    /// The stream `stream` of `group`; both are made with the first line.
    pub fn new(cloud: &Arc<Cloud>, region: &str, group: &str, stream: String) -> LogStream {
        LogStream(Arc::new(Inner {
            cloud: Arc::downgrade(cloud),
            region: region.to_owned(),
            group: group.to_owned(),
            stream,
            pending: Mutex::default(),
            writing: tokio::sync::Mutex::new(false),
        }))
    }

    /// The stream's name.
    pub fn name(&self) -> &str {
        &self.0.stream
    }

    /// Appends one line, without its line end.
    pub fn line(&self, text: &str) {
        let now = self.0.cloud.upgrade().map_or(0, |cloud| cloud.clock.now_ms());
        let schedule = {
            let mut pending = self.0.pending.lock().unwrap_or_else(PoisonError::into_inner);
            pending.tail.push_str(text);
            pending.tail.push('\n');
            for piece in pieces(text) {
                pending.events.push((now, format!("{piece}\n")));
            }
            !std::mem::replace(&mut pending.flush_scheduled, true)
        };
        if schedule {
            let stream = self.clone();
            tokio::spawn(async move {
                tokio::time::sleep(FLUSH_EVERY).await;
                stream.flush().await;
            });
        }
    }

    /// Begins an invocation: what is logged from here on is its tail.
    pub fn begin(&self) {
        self.0.pending.lock().unwrap_or_else(PoisonError::into_inner).tail.clear();
    }

    /// The lines since [`LogStream::begin`].
    pub fn tail(&self) -> String {
        self.0.pending.lock().unwrap_or_else(PoisonError::into_inner).tail.clone()
    }

    /// Writes what is waiting.
    pub async fn flush(&self) {
        let mut exists = self.0.writing.lock().await;
        let events = {
            let mut pending = self.0.pending.lock().unwrap_or_else(PoisonError::into_inner);
            pending.flush_scheduled = false;
            std::mem::take(&mut pending.events)
        };
        let Some(cloud) = self.0.cloud.upgrade() else { return };
        if events.is_empty() {
            return;
        }
        if !*exists {
            self.create(&cloud).await;
            *exists = true;
        }
        for batch in batches(events) {
            let input = json!({"logGroupName": self.0.group, "logStreamName": self.0.stream, "logEvents": batch});
            if let Err(fault) = cloud.invoke("logs", "PutLogEvents", &self.0.region, input).await {
                tracing::warn!(group = self.0.group, %fault, "log lines of a function are lost");
            }
        }
    }

    async fn create(&self, cloud: &Arc<Cloud>) {
        let group = json!({"logGroupName": self.0.group});
        let stream = json!({"logGroupName": self.0.group, "logStreamName": self.0.stream});
        for (operation, input) in [("CreateLogGroup", group), ("CreateLogStream", stream)] {
            match cloud.invoke("logs", operation, &self.0.region, input).await {
                Err(fault) if fault.code != "ResourceAlreadyExistsException" => {
                    tracing::warn!(group = self.0.group, %fault, "a function's log stream cannot be made");
                }
                _ => {}
            }
        }
    }
}

fn batches(events: Vec<(i64, String)>) -> Vec<Vec<Value>> {
    let mut batches: Vec<Vec<Value>> = Vec::new();
    let mut size = 0;
    for (timestamp, message) in events {
        size += message.len() + 26;
        if batches.last().is_none_or(|batch| batch.len() >= BATCH_EVENTS) || size > BATCH_BYTES {
            batches.push(Vec::new());
            size = message.len() + 26;
        }
        if let Some(batch) = batches.last_mut() {
            batch.push(json!({"timestamp": timestamp, "message": message}));
        }
    }
    batches
}

fn pieces(text: &str) -> Vec<&str> {
    let mut rest = text;
    let mut pieces = Vec::new();
    while rest.len() > EVENT_BYTES {
        let cut = (0..=EVENT_BYTES).rev().find(|at| rest.is_char_boundary(*at)).unwrap_or(rest.len());
        let (piece, after) = rest.split_at(cut);
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    pieces
}

/// Reads a process's output into its log stream, line by line.
#[derive(Debug)]
pub struct Drain {
    settle: mpsc::Sender<oneshot::Sender<()>>,
    task: tokio::task::AbortHandle,
}

impl Drain {
    /// Reads from `pipe` until it ends.
    ///
    /// # Errors
    /// When the pipe cannot be read without blocking.
    pub fn start(pipe: PipeReader, log: LogStream) -> std::io::Result<Drain> {
        let receiver = Receiver::from_owned_fd(OwnedFd::from(pipe))?;
        let (settle, requests) = mpsc::channel(1);
        let task = tokio::spawn(read(receiver, requests, log)).abort_handle();
        Ok(Drain { settle, task })
    }

    /// Returns when everything that is in the pipe now has been read.
    pub async fn settle(&self) {
        let (done, wait) = oneshot::channel();
        if self.settle.send(done).await.is_ok() {
            // An ended reader has read everything.
            let _ = wait.await;
        }
    }
}

impl Drop for Drain {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn read(mut pipe: Receiver, mut requests: mpsc::Receiver<oneshot::Sender<()>>, log: LogStream) {
    let mut waiting: Vec<oneshot::Sender<()>> = Vec::new();
    let mut line = Vec::new();
    let mut buffer = vec![0_u8; 16 * 1024];
    loop {
        let empty = rustix::io::ioctl_fionread(pipe.as_fd()).is_ok_and(|bytes| bytes == 0);
        if empty && !waiting.is_empty() {
            // A prompt without a line end belongs to this invocation.
            emit(&mut line, &log);
            for done in waiting.drain(..) {
                // Who no longer waits need not be told.
                let _ = done.send(());
            }
        }
        tokio::select! {
            biased;
            count = pipe.read(&mut buffer) => match count {
                Ok(0) | Err(_) => break,
                Ok(count) => split(&buffer[..count], &mut line, &log),
            },
            Some(done) = requests.recv() => waiting.push(done),
        }
    }
    emit(&mut line, &log);
}

fn split(bytes: &[u8], line: &mut Vec<u8>, log: &LogStream) {
    for byte in bytes {
        if *byte == b'\n' || line.len() >= EVENT_BYTES {
            log.line(String::from_utf8_lossy(line).trim_end_matches('\r'));
            line.clear();
        }
        if *byte != b'\n' {
            line.push(*byte);
        }
    }
}

fn emit(line: &mut Vec<u8>, log: &LogStream) {
    if !line.is_empty() {
        log.line(String::from_utf8_lossy(line).as_ref());
        line.clear();
    }
}
