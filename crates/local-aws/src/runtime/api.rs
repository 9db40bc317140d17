//! The Lambda Runtime API of one sandbox, on a loopback listener of its own.
//!
//! Source: Lambda developer guide, "Using the Lambda runtime API for custom runtimes".

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::FunctionFailure;

/// The largest result a function may return.
/// Source: Lambda quotas, "Invocation payload", 6 MB; the message names 6,291,556 bytes.
pub const RESPONSE_LIMIT_BYTES: usize = 6_291_556;

/// One event as `invocation/next` hands it out.
#[derive(Clone, Debug)]
pub struct Event {
    pub request_id: String,
    pub payload: Bytes,
    pub deadline_ms: i64,
    pub invoked_arn: String,
    pub trace: String,
    pub client_context: Option<String>,
}

/// What a function tells through the API.
#[derive(Clone, Debug)]
pub enum Report {
    /// It asks for an event: its initialisation is done.
    Ready,
    /// Its initialisation failed.
    InitFailed(FunctionFailure),
    /// It finished the event `request_id`.
    Finished { request_id: String, result: Result<Bytes, FunctionFailure> },
}

/// The listener of one sandbox; dropping it closes every connection.
#[derive(Debug)]
pub struct RuntimeApi {
    address: SocketAddr,
    events: mpsc::Sender<Event>,
    session: Arc<Session>,
    task: tokio::task::AbortHandle,
}

#[derive(Debug)]
struct Session {
    host: String,
    events: tokio::sync::Mutex<mpsc::Receiver<Event>>,
    reports: mpsc::UnboundedSender<Report>,
    /// The event that is being worked on.
    current: Mutex<Option<String>>,
}

impl RuntimeApi {
    /// Listens on a free loopback port; the function's reports arrive at the returned receiver.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn listen() -> std::io::Result<(RuntimeApi, mpsc::UnboundedReceiver<Report>)> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (events, receiver) = mpsc::channel(1);
        let (reports, told) = mpsc::unbounded_channel();
        let session = Arc::new(Session {
            host: address.to_string(),
            events: tokio::sync::Mutex::new(receiver),
            reports,
            current: Mutex::new(None),
        });
        let task = tokio::spawn(accept(listener, Arc::clone(&session))).abort_handle();
        Ok((RuntimeApi { address, events, session, task }, told))
    }

    /// `127.0.0.1:PORT`, the value of `AWS_LAMBDA_RUNTIME_API`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Hands `event` to the function's next (or waiting) question for one.
    pub async fn offer(&self, event: Event) {
        *self.session.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(event.request_id.clone());
        // The receiver lives as long as the session, which we hold.
        let _ = self.events.send(event).await;
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, session: Arc<Session>) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { return };
                let session = Arc::clone(&session);
                connections.spawn(async move {
                    let service = hyper::service::service_fn(move |request| {
                        let session = Arc::clone(&session);
                        async move { Ok::<_, Infallible>(session.answer(request).await) }
                    });
                    // A function that hangs up in the middle is seen by its sandbox.
                    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

type Answer = Response<Full<Bytes>>;

impl Session {
    async fn answer(&self, request: Request<Incoming>) -> Answer {
        // A page in a browser must not be able to speak for the function.
        let host = request.headers().get(http::header::HOST).and_then(|host| host.to_str().ok());
        if host != Some(self.host.as_str()) || request.headers().contains_key(http::header::ORIGIN) {
            return refusal(StatusCode::FORBIDDEN, "Forbidden", "the Runtime API is for the function's process only");
        }
        let path = request.uri().path().to_owned();
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let post = request.method() == Method::POST;
        match parts.as_slice() {
            ["2018-06-01", "runtime", "invocation", "next"] if request.method() == Method::GET => self.next().await,
            ["2018-06-01", "runtime", "invocation", id, "response"] if post => self.response(id, request).await,
            ["2018-06-01", "runtime", "invocation", id, "error"] if post => self.error(id, request).await,
            ["2018-06-01", "runtime", "init", "error"] if post => self.init_error(request).await,
            ["2020-01-01", "extension", ..] | ["2022-07-01", "telemetry"] | ["2020-08-15", "logs"] => refusal(
                StatusCode::FORBIDDEN,
                "Extension.NotSupported",
                "the local AWS does not support Lambda extensions; see docs/local-aws.md",
            ),
            ["2018-06-01", "runtime", "restore", ..] => refusal(
                StatusCode::FORBIDDEN,
                "Restore.NotSupported",
                "the local AWS does not support SnapStart; see docs/local-aws.md",
            ),
            _ => refusal(StatusCode::NOT_FOUND, "NotFound", "the Runtime API has no such path"),
        }
    }

    async fn next(&self) -> Answer {
        let mut events = self.events.lock().await;
        self.tell(Report::Ready);
        let Some(event) = events.recv().await else {
            return refusal(StatusCode::GONE, "Gone", "the sandbox is closed");
        };
        let mut answer = Response::builder()
            .header("Content-Type", "application/json")
            .header("Lambda-Runtime-Aws-Request-Id", event.request_id)
            .header("Lambda-Runtime-Deadline-Ms", event.deadline_ms)
            .header("Lambda-Runtime-Invoked-Function-Arn", event.invoked_arn)
            .header("Lambda-Runtime-Trace-Id", event.trace);
        if let Some(context) = event.client_context {
            answer = answer.header("Lambda-Runtime-Client-Context", context);
        }
        answer.body(Full::new(event.payload)).unwrap_or_else(|_| {
            refusal(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", "the event cannot be written as a response")
        })
    }

    async fn response(&self, id: &str, request: Request<Incoming>) -> Answer {
        if let Some(refused) = self.not_current(id) {
            return refused;
        }
        let body = match Limited::new(request.into_body(), RESPONSE_LIMIT_BYTES).collect().await {
            Ok(body) => body,
            Err(_) => return self.too_large(id),
        };
        let failed = body.trailers().and_then(|trailers| trailers.get("lambda-runtime-function-error-type")).cloned();
        let bytes = body.to_bytes();
        match failed {
            // A streamed response that breaks off says so behind its body.
            Some(kind) => {
                let kind = kind.to_str().unwrap_or("Runtime.StreamError").to_owned();
                let failure = FunctionFailure::plain(&kind, "the function ended its response stream with an error");
                self.finish(id, Err(failure))
            }
            None => self.finish(id, Ok(bytes)),
        }
    }

    fn too_large(&self, id: &str) -> Answer {
        let message =
            format!("Response payload size exceeded maximum allowed payload size ({RESPONSE_LIMIT_BYTES} bytes).");
        self.finish(id, Err(FunctionFailure::plain("Function.ResponseSizeTooLarge", &message)));
        let message = format!("Exceeded maximum allowed payload size ({RESPONSE_LIMIT_BYTES} bytes).");
        refusal(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", &message)
    }

    async fn error(&self, id: &str, request: Request<Incoming>) -> Answer {
        if let Some(refused) = self.not_current(id) {
            return refused;
        }
        let failure = failure(request).await;
        self.finish(id, Err(failure))
    }

    async fn init_error(&self, request: Request<Incoming>) -> Answer {
        let failure = failure(request).await;
        self.tell(Report::InitFailed(failure));
        accepted()
    }

    fn not_current(&self, id: &str) -> Option<Answer> {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        (current.as_deref() != Some(id))
            .then(|| refusal(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID"))
    }

    fn finish(&self, id: &str, result: Result<Bytes, FunctionFailure>) -> Answer {
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.tell(Report::Finished { request_id: id.to_owned(), result });
        accepted()
    }

    fn tell(&self, report: Report) {
        // Nobody listens once the sandbox is being closed.
        let _ = self.reports.send(report);
    }
}

/// The failure that a function reports: its document as it is, its type from the header or the document.
async fn failure(request: Request<Incoming>) -> FunctionFailure {
    let header = request.headers().get("lambda-runtime-function-error-type").and_then(|kind| kind.to_str().ok());
    let header = header.map(str::to_owned);
    let bytes = match Limited::new(request.into_body(), RESPONSE_LIMIT_BYTES).collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => Bytes::new(),
    };
    let document: Option<Value> = serde_json::from_slice(&bytes).ok();
    let inner = document.as_ref().and_then(|document| document["errorType"].as_str()).map(str::to_owned);
    let kind = header.or(inner).unwrap_or_else(|| "Unknown".to_owned());
    match document {
        Some(_) => FunctionFailure { kind, document: bytes },
        None => FunctionFailure::plain(&kind, &String::from_utf8_lossy(&bytes)),
    }
}

fn accepted() -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from_static(b"{\"status\":\"OK\"}\n")));
    *answer.status_mut() = StatusCode::ACCEPTED;
    answer
}

fn refusal(status: StatusCode, kind: &str, message: &str) -> Answer {
    let body = json!({"errorMessage": message, "errorType": kind}).to_string();
    let mut answer = Response::new(Full::new(Bytes::from(body)));
    *answer.status_mut() = status;
    answer
}
